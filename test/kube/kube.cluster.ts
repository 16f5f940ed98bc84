/** The Kubernetes layer against a genuine API server: what it answers, refuses, and forgets when it dies. */
import { KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { KubeClient, type Resource } from "../../src/kube/client.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import { serviceAccountIssuer } from "../../src/kube/issuer.ts";
import { pagedList } from "../../src/kube/list-watch.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { Objects } from "../../src/kube/objects.ts";
import { Reflector } from "../../src/kube/reflector.ts";
import { Transport } from "../../src/kube/transport.ts";
import { until } from "../operator/fixture.ts";
import type { ControlPlane } from "../sandbox/control-plane/start.ts";
import { sharedControlPlane } from "../sandbox/shared.ts";
import { CONFIG_MAPS, eventually, thrownBy } from "./fixture.ts";

type WithStatus = KubeObject & { readonly status?: object };

const NAMESPACE = "kube-layer";
const CRDS = new URL("../../crds/", import.meta.url).pathname;
const PIAS: Resource = {
  group: "podidentity.io",
  version: "v1alpha1",
  plural: "podidentityassociations",
  namespaced: true,
};

const configMap = (name: string, value = "1") => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: NAMESPACE },
  data: { value },
});
const association = (name: string): WithStatus & { spec: object } => ({
  apiVersion: "podidentity.io/v1alpha1",
  kind: "PodIdentityAssociation",
  metadata: { name, namespace: NAMESPACE },
  spec: { serviceAccountName: name, roleArn: "arn:aws:iam::111122223333:role/reader" },
});

describe("on a genuine API server", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let transport: Transport;
  let client: KubeClient;
  let stop: AbortController;
  const ended: Promise<void>[] = [];

  function connect(kubeconfig: string): Transport {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    return new Transport(config, "podidentity/1.2.3");
  }

  function watch<T extends KubeObject>(resource: Resource) {
    const told: string[] = [];
    const reflector = new Reflector<T>({
      transport,
      resource,
      onError: () => {},
      durations: { backoffBase: 50, backoffMax: 200 },
    });
    reflector.store.subscribe((key, change) => told.push(`${change} ${key}`));
    ended.push(reflector.run(stop.signal));
    return { reflector, told: () => told.filter((line) => line.includes(` ${NAMESPACE}/`)) };
  }

  before(async function () {
    this.timeout(0);
    controlPlane = await sharedControlPlane();
    await kubectl("create", "namespace", NAMESPACE);
    await kubectl("apply", "--server-side", "-k", CRDS);
    await kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=90s");
  });
  after(async () => {
    await kubectl("delete", "namespace", NAMESPACE, "--wait=false");
  });
  beforeEach(() => {
    stop = new AbortController();
    transport = connect(controlPlane.kubeconfig);
    client = new KubeClient(transport);
  });
  afterEach(async () => {
    stop.abort(new Error("stop"));
    await Promise.all(ended.splice(0));
    await transport.close();
  });

  async function kubectl(...args: readonly string[]): Promise<string> {
    const { stdout, stderr, code } = await controlPlane.kubectl(args);
    expect(code, stderr).to.equal(0);
    return stdout;
  }

  it("500 requests at once share at most 32 connections", async () => {
    const open = () =>
      process
        .getActiveResourcesInfo()
        .filter((kind) => kind === "TLSWrap" || kind === "TCPSocketWrap").length;
    const before = open();
    let most = 0;
    const requests = Array.from({ length: 500 }, async () => {
      await transport.json({ method: "GET", path: "/api/v1/namespaces/default" });
      most = Math.max(most, open() - before);
    });
    await Promise.all(requests);
    expect(most).to.be.within(1, 64);
  });

  it("a ServiceAccount's token is enough to read who signs tokens", async () => {
    const kubeconfig = await controlPlane.kubeconfigForServiceAccount(NAMESPACE, "default");
    const asPod = connect(kubeconfig);
    expect(await serviceAccountIssuer(asPod)).to.equal(controlPlane.issuer);
    const problem = await thrownBy(new KubeClient(asPod).create(CONFIG_MAPS, configMap("no")));
    expect(problem).to.include({ status: 403, reason: "KubernetesForbidden" });
    await asPod.close();
  });

  it("a streamed list holds what a paged one holds", async () => {
    const names = Array.from({ length: 510 }, (_, n) => `many-${n}`);
    await Promise.all(names.map((name) => client.create(CONFIG_MAPS, configMap(name))));
    const reflector = new Reflector<KubeObject>({
      transport,
      resource: CONFIG_MAPS,
      project: (object) => object,
      onError: () => {},
    });
    ended.push(reflector.run(stop.signal));
    await reflector.synced;
    const { objects } = await pagedList(transport, CONFIG_MAPS, (object) => object, stop.signal);
    // Others' come and go meanwhile: the controllers make one in each namespace, and namespaces are being deleted.
    const ours = (keys: Iterable<string>) =>
      [...keys].filter((key) => key.startsWith(`${NAMESPACE}/many-`));
    expect(ours(objects.keys())).to.have.length(510);
    expect(ours(reflector.store.keys())).to.have.members(ours(objects.keys()));
    for (const key of ours(objects.keys())) {
      expect(reflector.store.get(key)).to.deep.equal(objects.get(key));
    }
  });

  it("a watch tells, after the API server was killed and is back, what has changed since", async () => {
    await client.create(CONFIG_MAPS, configMap("stays"));
    await client.create(CONFIG_MAPS, configMap("goes"));
    const { reflector, told } = watch(CONFIG_MAPS);
    await reflector.synced;
    const before = told().length;
    await controlPlane.apiServer.kill();
    await eventually(() => expect(reflector.outOfTouchMs).to.be.greaterThan(0));
    await controlPlane.apiServer.start();
    await client.delete(CONFIG_MAPS, { name: "goes", namespace: NAMESPACE });
    await client.create(CONFIG_MAPS, configMap("comes"));
    await eventually(() => {
      const since = told().slice(before);
      expect(since).to.include(`deleted ${NAMESPACE}/goes`);
      expect(since).to.include(`added ${NAMESPACE}/comes`);
      expect(since).to.not.include(`added ${NAMESPACE}/stays`);
    });
    expect(reflector.store.get(`${NAMESPACE}/goes`)).to.equal(undefined);
    expect(reflector.outOfTouchMs).to.equal(0);
  });

  it("our finalizer and status are written, refused for a namesake, and wake nobody", async () => {
    const { reflector, told } = watch<WithStatus>(PIAS);
    const seen = { seen: reflector, finalizer: "podidentity.io/teardown" };
    const objects = new Objects<WithStatus>(client, PIAS, seen);
    await reflector.synced;
    const key = `${NAMESPACE}/reader`;
    const created = await client.create(PIAS, association("reader"));
    await eventually(() => expect(objects.get(key)).to.not.equal(undefined));

    const claimed = await objects.addFinalizer(created);
    expect(claimed.metadata.finalizers).to.deep.equal(["podidentity.io/teardown"]);
    expect(await thrownBy(objects.addFinalizer(created))).to.have.property("status", 409);
    const written = await objects.patchStatus(claimed, { clusterName: "demo", roleName: "r" });
    expect(written.status).to.have.property("roleName", "r");
    const removed = await objects.patchStatus(written, { clusterName: "demo" });
    expect(removed.status).to.deep.equal({ clusterName: "demo" });

    const stranger = { ...removed, metadata: { ...removed.metadata, uid: "0000" } };
    const problem = await thrownBy(objects.patchStatus(stranger, { roleName: "wrong" }));
    expect(problem).to.have.property("status", 422);

    await client.create(PIAS, association("marker"));
    await eventually(() => expect(told()).to.include(`added ${NAMESPACE}/marker`));
    expect(told()).to.deep.equal([`added ${key}`, `added ${NAMESPACE}/marker`]);

    await client.delete(PIAS, created.metadata);
    await eventually(() => expect(objects.get(key)?.metadata.deletionTimestamp).to.be.a("string"));
    await objects.removeFinalizer(created);
    await eventually(() => expect(objects.get(key)).to.equal(undefined));
    expect(await client.get(PIAS, created.metadata)).to.equal(undefined);
  });

  it("kubectl shows our Events, also those of an object without a namespace", async () => {
    const errors: unknown[] = [];
    const recorder = new EventRecorder(client, {
      controller: "podidentity.io/operator",
      instance: "pod-1",
      onError: (thrown) => errors.push(thrown),
    });
    const event = { type: "Warning", reason: "NoGuardrail", action: "Reconcile" } as const;
    const regarded = await client.create(PIAS, association("told"));
    recorder.record(regarded, { ...event, note: "é".repeat(2_000) });
    const metadata = { name: NAMESPACE, uid: "1" };
    recorder.record({ apiVersion: "v1", kind: "Namespace", metadata }, { ...event, note: "seen" });
    const look = (namespace: string, object: string) =>
      kubectl("events", "-n", namespace, "--for", object, "--no-headers");
    let shown = ["", ""];
    await until("both are shown", async () => {
      shown = [
        await look(NAMESPACE, "podidentityassociation/told"),
        await look("default", `namespace/${NAMESPACE}`),
      ];
      return !shown.includes("");
    });
    expect(errors).to.deep.equal([]);
    expect(shown[0]).to.match(/Warning\s+NoGuardrail\s+PodIdentityAssociation\/told\s+éé/);
    expect(shown[1]).to.match(/Warning\s+NoGuardrail\s+Namespace\/kube-layer\s+seen/);
  });
});
