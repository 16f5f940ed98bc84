/**
 * Plays scheduler and kubelet: binds waiting Pods to nodes, reports them running and ready, lets go those that are
 * deleted. Never touches what a Pod is to run: no variables, volumes or labels.
 */

import { WorkQueue } from "../../../../src/engine/work-queue.ts";
import { KubeClient, type Resource } from "../../../../src/kube/client.ts";
import { KubeError } from "../../../../src/kube/errors.ts";
import { type KubeObject, keyOf } from "../../../../src/kube/object.ts";
import { Reflector } from "../../../../src/kube/reflector.ts";
import type { Transport } from "../../../../src/kube/transport.ts";
import { PODS, type Pod } from "../pod.ts";
import { type NodePlace, nodeFor, nodeObject, nodePlaces, nodeStatus } from "./placement.ts";
import { reportOf } from "./pod-status.ts";

export interface NodesOptions {
  readonly transport: Transport;
  readonly region: string;
  /** Absent: all. */
  readonly namespaces?: readonly string[] | undefined;
  readonly report: (line: string) => void;
}

/** Which Pod. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

export interface Nodes {
  readonly names: readonly string[];
  /** Whether Pods of the namespace are reported ready; at first they are. */
  setReady(namespace: string, ready: boolean): void;
  /** Its containers end with exit code 0, as those of a Job do. */
  complete(pod: PodName): void;
  stop(): Promise<void>;
}

const NODES: Resource = { group: "", version: "v1", plural: "nodes", namespaced: false };
const CONCURRENCY = 16;
const RETRY_MS = 250;
const STOP_WITHIN_MS = 2_000;

export async function startNodes(options: NodesOptions): Promise<Nodes> {
  const places = nodePlaces(options.region);
  const client = new KubeClient(options.transport);
  for (const place of places) await join(client, place);
  const kubelet = new Kubelet(client, places, options);
  await kubelet.start();
  return kubelet;
}

/** Several data planes on one control plane share the nodes. */
async function join(client: KubeClient, place: NodePlace): Promise<void> {
  const { name } = place;
  await client.create(NODES, nodeObject(place)).catch(unless(409));
  // The API server makes new nodes with the taint not-ready, which a controller that is not here would take off.
  await client.mergePatch(NODES, { name }, { body: { spec: { taints: null } } });
  const status = nodeStatus(place, new Date().toISOString());
  await client.mergePatch(NODES, { name }, { body: { status }, subresource: "status" });
}

class Kubelet implements Nodes {
  readonly names: readonly string[];
  readonly #client: KubeClient;
  readonly #places: readonly NodePlace[];
  readonly #namespaces: ReadonlySet<string> | undefined;
  readonly #pods: Reflector<Pod>;
  readonly #queue: WorkQueue;
  readonly #report: (line: string) => void;
  readonly #stop = new AbortController();
  readonly #unready = new Set<string>();
  readonly #completed = new Set<string>();
  #running: Promise<void> | undefined;
  #turn = 0;

  constructor(client: KubeClient, places: readonly NodePlace[], options: NodesOptions) {
    const { transport, namespaces, report } = options;
    this.names = places.map(({ name }) => name);
    this.#client = client;
    this.#places = places;
    this.#namespaces = namespaces && new Set(namespaces);
    this.#report = report;
    const onError = (thrown: unknown) => this.#tell(thrown);
    this.#pods = new Reflector<Pod>({ transport, resource: PODS, onError });
    this.#queue = new WorkQueue({
      concurrency: CONCURRENCY,
      baseMs: RETRY_MS,
      run: (key) => this.#run(key),
    });
  }

  async start(): Promise<void> {
    this.#pods.store.subscribe((key, change, pod) => {
      if (change === "deleted") this.#completed.delete(key);
      else if (this.#isHere(pod)) this.#queue.add(key, "user");
    });
    this.#running = this.#pods.run(this.#stop.signal);
    await this.#pods.synced;
  }

  setReady(namespace: string, ready: boolean): void {
    if (ready) this.#unready.delete(namespace);
    else this.#unready.add(namespace);
    for (const pod of this.#pods.store.values()) {
      if (pod.metadata.namespace === namespace && this.#isHere(pod)) {
        this.#queue.add(keyOf(pod), "user");
      }
    }
  }

  complete({ namespace, name }: PodName): void {
    const key = `${namespace}/${name}`;
    this.#completed.add(key);
    this.#queue.add(key, "user");
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#queue.shutdown(STOP_WITHIN_MS);
    await this.#running;
  }

  #isHere({ metadata }: Pod): boolean {
    return this.#namespaces?.has(metadata.namespace ?? "") ?? true;
  }

  async #run(key: string): Promise<void> {
    const pod = this.#pods.store.get(key);
    if (!pod || this.#stop.signal.aborted) return;
    try {
      await this.#step(key, pod);
      this.#queue.forget(key);
    } catch (problem) {
      // Gone, or changed by somebody: the watch shows it.
      if (problem instanceof KubeError && [404, 409].includes(problem.status)) return;
      this.#tell(problem);
      this.#queue.addRateLimited(key);
    }
  }

  async #step(key: string, pod: Pod): Promise<void> {
    if (pod.metadata.deletionTimestamp) await this.#letGo(pod);
    else if (pod.spec.nodeName) await this.#reportStatus(key, pod);
    else await this.#bind(pod);
  }

  async #bind(pod: Pod): Promise<void> {
    const node = nodeFor(pod, this.#places, this.#turn++);
    if (!node) return;
    const { name, uid } = pod.metadata;
    const target = { apiVersion: "v1", kind: "Node", name: node };
    await this.#client.transport.json({
      method: "POST",
      path: `${pathOf(pod)}/binding`,
      body: { apiVersion: "v1", kind: "Binding", metadata: { name, uid }, target },
    });
  }

  async #reportStatus(key: string, pod: Pod): Promise<void> {
    const { uid, namespace = "" } = pod.metadata;
    const health = this.#completed.has(key)
      ? "Succeeded"
      : this.#unready.has(namespace)
        ? "NotReady"
        : "Ready";
    const status = reportOf(pod, health, new Date().toISOString());
    if (!status) return;
    const body = { metadata: { uid }, status };
    await this.#client.mergePatch(PODS, pod.metadata, { body, subresource: "status" });
  }

  async #letGo(pod: Pod): Promise<void> {
    // Whoever's finalizer is left will let go of it.
    if (pod.metadata.deletionGracePeriodSeconds === 0) return;
    await this.#client.transport.json({
      method: "DELETE",
      path: pathOf(pod),
      body: { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } },
    });
  }

  #tell(thrown: unknown): void {
    if (!this.#stop.signal.aborted) this.#report(`nodes: ${String(thrown)}`);
  }
}

function pathOf({ metadata }: KubeObject): string {
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
}

function unless(status: number): (problem: unknown) => void {
  return (problem) => {
    if (!(problem instanceof KubeError && problem.status === status)) throw problem;
  };
}
