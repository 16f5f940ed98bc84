/** Events are what the API server takes, say each thing once in two minutes, and never fail anything. */
import { expect } from "chai";
import { KubeClient } from "../../src/kube/client.ts";
import { KubeError } from "../../src/kube/errors.ts";
import { type Event, EventRecorder } from "../../src/kube/events.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { json, status } from "./fake-api.ts";
import { eventually, Fixture } from "./fixture.ts";

const object: KubeObject = {
  apiVersion: "podidentity.io/v1alpha1",
  kind: "PodIdentityAssociation",
  metadata: { name: "a", namespace: "team", uid: "1" },
};
const applied: Event = {
  type: "Normal",
  reason: "Applied",
  action: "Reconcile",
  note: "create role r",
};

describe("events", () => {
  let fixture: Fixture;
  let errors: unknown[];
  let now: number;
  let recorder: EventRecorder;

  beforeEach(async () => {
    fixture = new Fixture();
    errors = [];
    now = 0;
    recorder = new EventRecorder(new KubeClient(await fixture.transport()), {
      controller: "podidentity.io/operator",
      instance: "pod-1",
      onError: (thrown) => errors.push(thrown),
      now: () => now,
    });
  });
  afterEach(() => fixture.stop());

  async function written(count: number): Promise<readonly Record<string, unknown>[]> {
    await eventually(() => expect(fixture.api.requests).to.have.length(count));
    return fixture.api.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }
  const created = json(201, {});

  it("carry all that events.k8s.io/v1 asks for, with a time in microseconds", async () => {
    fixture.api.answerNext(created);
    recorder.record(object, applied);
    const [event] = await written(1);
    const { eventTime, metadata, ...rest } = event ?? {};
    expect(fixture.api.requests[0]?.path).to.equal("/apis/events.k8s.io/v1/namespaces/team/events");
    expect(eventTime).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(metadata)
      .to.have.property("name")
      .that.matches(/^a\.[0-9a-f]{16}$/);
    expect(rest).to.deep.equal({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      reportingController: "podidentity.io/operator",
      reportingInstance: "pod-1",
      regarding: {
        apiVersion: "podidentity.io/v1alpha1",
        kind: "PodIdentityAssociation",
        namespace: "team",
        name: "a",
        uid: "1",
      },
      ...applied,
    });
  });

  it("of an object without a namespace are in default, as the API server wants it", async () => {
    fixture.api.answerNext(created);
    recorder.record({ ...object, metadata: { name: "a", uid: "1" } }, applied);
    const [event] = await written(1);
    expect(event).to.have.nested.property("metadata.namespace", "default");
    expect(event?.["regarding"]).to.not.have.property("namespace");
  });

  it("say the same of the same object once in two minutes", async () => {
    const another = { ...object, metadata: { ...object.metadata, uid: "2" } };
    fixture.api.answerNext(...Array(5).fill(created));
    recorder.record(object, applied);
    recorder.record(object, applied);
    recorder.record(another, applied);
    recorder.record(object, { ...applied, note: "delete role r" });
    now = 119_999;
    recorder.record(object, applied);
    now = 120_000;
    recorder.record(object, applied);
    expect(await written(4)).to.have.length(4);
  });

  it("forget the oldest of very many, not the newest", () => {
    let later = 0;
    const counted: string[] = [];
    const counting = new EventRecorder(
      {
        create: (_: unknown, { note }: { note: string }) => {
          counted.push(note);
          return Promise.resolve({});
        },
      } as unknown as KubeClient,
      { controller: "c", instance: "i", onError: () => {}, now: () => later },
    );
    const say = (...notes: readonly unknown[]) => {
      for (const note of notes) counting.record(object, { ...applied, note: String(note) });
    };
    say(0);
    later = 60_000;
    say(...Array.from({ length: 9_999 }, (_, n) => n + 1));
    later = 120_000;
    say(0, "one more");
    counted.length = 0;
    say("one more", 0, 2, 1);
    expect(counted).to.deep.equal(["1"]);
  });

  it("are cut to 1 KiB without breaking a character", async () => {
    fixture.api.answerNext(created);
    recorder.record(object, { ...applied, note: `x${"é".repeat(1_000)}` });
    const [event] = await written(1);
    expect(event?.["note"]).to.equal(`x${"é".repeat(511)}`);
  });

  it("that cannot be written are reported, and nothing is thrown", async () => {
    fixture.api.answerNext(status(403, "events is forbidden"));
    recorder.record(object, applied);
    await eventually(() => expect(errors).to.have.length(1));
    expect(errors[0]).to.be.instanceOf(KubeError).with.property("status", 403);
  });
});
