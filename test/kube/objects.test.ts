/** Finalizers and status: as few patches as can be, each with what keeps it from hitting somebody else's write. */
import { expect } from "chai";
import { KubeClient, type Resource } from "../../src/kube/client.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { Objects } from "../../src/kube/objects.ts";
import { Reflector } from "../../src/kube/reflector.ts";
import { json, status } from "./fake-api.ts";
import { Fixture, thrownBy } from "./fixture.ts";

type WithStatus = KubeObject & { readonly status?: object };

const FINALIZER = "podidentity.io/teardown";
const RESOURCE: Resource = {
  group: "podidentity.io",
  version: "v1alpha1",
  plural: "podidentityassociations",
  namespaced: true,
};
const PATH = "/apis/podidentity.io/v1alpha1/namespaces/team/podidentityassociations/a";

const object = (
  version: number,
  finalizers: readonly string[] = [],
  more: object = {},
): WithStatus => ({
  metadata: {
    name: "a",
    namespace: "team",
    uid: "1",
    resourceVersion: String(version),
    finalizers,
    annotations: {},
  },
  ...more,
});

describe("writes to an object", () => {
  let fixture: Fixture;
  let reflector: Reflector<WithStatus>;
  let objects: Objects<WithStatus>;
  let woken: number;

  beforeEach(async () => {
    fixture = new Fixture();
    const transport = await fixture.transport();
    reflector = new Reflector<WithStatus>({ transport, resource: RESOURCE, onError: () => {} });
    objects = new Objects<WithStatus>(new KubeClient(transport), RESOURCE, {
      seen: reflector,
      finalizer: FINALIZER,
    });
    reflector.store.put(object(1));
    woken = 0;
    reflector.store.subscribe(() => {
      woken += 1;
    });
  });
  afterEach(() => fixture.stop());

  const sent = () =>
    fixture.api.requests.map(({ method, path, body, headers }) => {
      const type = headers["content-type"]?.replace(/application\/(.*)-patch\+json/, "$1");
      return { method, path, type, body: JSON.parse(body) as unknown };
    });

  it("add our finalizer to those that are there, only if the object is as it was read", async () => {
    fixture.api.answerNext(json(200, object(2, ["other/one", FINALIZER])));
    const written = await objects.addFinalizer(object(1, ["other/one"]));
    const metadata = { finalizers: ["other/one", FINALIZER], resourceVersion: "1" };
    expect(sent()).to.deep.equal([
      { method: "PATCH", path: PATH, type: "merge", body: { metadata } },
    ]);
    expect(written.metadata.resourceVersion).to.equal("2");
  });

  it("send nothing where the finalizer is there already, or is gone already", async () => {
    const has = object(1, [FINALIZER]);
    expect(await objects.addFinalizer(has)).to.equal(has);
    await objects.removeFinalizer(object(1));
    expect(fixture.api.requests).to.have.length(0);
  });

  it("remove our finalizer alone, from the newest version that is known", async () => {
    reflector.store.put(object(5, ["other/one", FINALIZER]));
    fixture.api.answerNext(json(200, object(6, ["other/one"])));
    await objects.removeFinalizer(object(1, [FINALIZER]));
    const metadata = { finalizers: ["other/one"], resourceVersion: "5" };
    expect(sent()).to.deep.equal([
      { method: "PATCH", path: PATH, type: "merge", body: { metadata } },
    ]);
  });

  it("leave the finalizer of a namesake made since alone", async () => {
    const namesake = object(9, [FINALIZER]);
    reflector.store.put({ ...namesake, metadata: { ...namesake.metadata, uid: "2" } });
    await objects.removeFinalizer(object(1, [FINALIZER]));
    expect(fixture.api.requests).to.have.length(0);
  });

  it("say that somebody else wrote in between, so that it is tried again soon", async () => {
    fixture.api.answerNext(status(409, "the object has been modified"));
    const problem = await thrownBy(objects.addFinalizer(object(1)));
    expect(problem).to.deep.include({ status: 409, retry: { kind: "after", ms: 200 } });
  });

  it("make the status as it should be, for this very object and no namesake", async () => {
    const before = { observedGeneration: 1, roleName: "r", previousRoleName: "old" };
    const after = { observedGeneration: 2, roleName: "r", previousRoleName: undefined };
    fixture.api.answerNext(json(200, object(2, [], { status: after })));
    await objects.patchStatus(object(1, [], { status: before }), after);
    const body = [
      { op: "test", path: "/metadata/uid", value: "1" },
      { op: "add", path: "/status", value: { observedGeneration: 2, roleName: "r" } },
    ];
    expect(sent()).to.deep.equal([{ method: "PATCH", path: `${PATH}/status`, type: "json", body }]);
  });

  it("send nothing where the status is as it should be", async () => {
    const same = object(1, [], { status: { roleName: "r", conditions: [{ type: "Ready" }] } });
    const next = { conditions: [{ type: "Ready" }], previousRoleName: undefined, roleName: "r" };
    expect(await objects.patchStatus(same, next)).to.equal(same);
    expect(fixture.api.requests).to.have.length(0);
  });

  it("are in the store at once, and wake nobody", async () => {
    fixture.api.answerNext(json(200, object(2, [FINALIZER])), json(200, object(3, [FINALIZER])));
    const claimed = await objects.addFinalizer(object(1));
    await objects.patchStatus(claimed, { roleName: "r" });
    expect(objects.get("team/a")?.metadata.resourceVersion).to.equal("3");
    expect(woken).to.equal(0);
  });
});
