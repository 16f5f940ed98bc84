/** Starts a genuine Kubernetes control plane on this machine: etcd, kube-apiserver and, if asked, kube-controller-manager. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Access } from "./access.ts";
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  FILES,
} from "./arguments.ts";
import { type Requester, type Requests, requestsOf } from "./audit.ts";
import { type BinaryName, ensureBinaries, type Report } from "./binaries.ts";
import type { KeyPair, User } from "./certificates.ts";
import type { Component } from "./component.ts";
import { Components } from "./components.ts";
import { freePort } from "./free-port.ts";
import type { KubectlOptions, KubectlResult } from "./kubectl.ts";
import { accepts, Readiness } from "./readiness.ts";

export interface ControlPlaneOptions {
  /** Genuine controllers: garbage collector, namespaces, workloads, ServiceAccounts, role aggregation. */
  readonly controllerManager: boolean;
  /** Told what the start waits for, and later if a component ends unasked. */
  readonly report: Report;
  /** Of ServiceAccount tokens. @default one like those of EKS, in us-west-2 */
  readonly issuer?: string;
  /** false: it refuses to begin a watch with all there is, as servers before 1.32 do. @default true */
  readonly streamingLists?: boolean;
}

export interface ControlPlane {
  /** "https://127.0.0.1:port" */
  readonly url: string;
  readonly issuer: string;
  /** PEM file of what signed the server's certificate. */
  readonly caFile: string;
  /** A certificate of the same authority, for one more server on this machine's loopback address. */
  issueServing(): Promise<KeyPair>;
  /** Its private folder: data, logs, kubeconfigs. Gone after `stop`. */
  readonly directory: string;
  /** Path, for an administrator (group system:masters). */
  readonly kubeconfig: string;
  readonly apiServer: ApiServer;
  /** @returns the path of a kubeconfig with a client certificate; the user has the rights that RBAC gives, at first none */
  kubeconfigFor(user: User): Promise<string>;
  /**
   * @returns the path of a kubeconfig with a token that is good for a day
   * @throws Error with what kubectl said, if there is no such ServiceAccount
   */
  kubeconfigForServiceAccount(namespace: string, name: string): Promise<string>;
  /** What a ServiceAccount has asked for so far, by the API server's audit log. None of kube-system is in it. */
  requestsOf(requester: Requester): Promise<Requests>;
  /** Runs it to its end, as the administrator unless `kubeconfig` says otherwise; a failure is a result too. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** Kills everything and removes the folder. May be called again. */
  stop(): Promise<void>;
}

type ControlPlaneBinary = Exclude<BinaryName, "helm">;

/** The API server, for tests of outages. */
export interface ApiServer {
  /** For signals such as SIGSTOP; `undefined` while it is down. */
  readonly pid: number | undefined;
  /** SIGKILL, then waits until it is gone. */
  kill(): Promise<void>;
  /** Again at the same address, with the same data; resolves when it is ready. */
  start(): Promise<void>;
}

/**
 * Several may run side by side. They end with this process, however it ends.
 *
 * @throws Error with the end of a component's log, if it does not start; with what to install, if there are no binaries
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { controllerManager, report } = options;
  const names: ControlPlaneBinary[] = ["etcd", "kube-apiserver", "kubectl"];
  if (controllerManager) names.push("kube-controller-manager");
  const programs = await ensureBinaries(names, report);
  const components = await Components.create(report);
  try {
    return await start(components, programs, options);
  } catch (problem) {
    await components.stop();
    throw problem;
  }
}

async function start(
  components: Components,
  programs: Readonly<Record<ControlPlaneBinary, string>>,
  { controllerManager, issuer = issuerLikeEks(), streamingLists = true }: ControlPlaneOptions,
): Promise<ControlPlane> {
  const { directory } = components;
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const access = await Access.create({ directory, url, kubectl: programs.kubectl });
  const readiness = new Readiness(url, access.ca, access.credentials);

  const etcd = components.add("etcd", programs.etcd, etcdArguments());
  await etcd.start(() => accepts(join(directory, FILES.etcdSocket)));
  const apiServer = components.add("kube-apiserver", programs["kube-apiserver"], [
    ...apiServerArguments(port, issuer),
    `--feature-gates=WatchList=${streamingLists}`,
  ]);
  await apiServer.start(() => readiness.isApiServerReady());
  if (controllerManager) {
    const user = { name: "system:kube-controller-manager", groups: [] };
    const manager = components.add(
      user.name.replace("system:", ""),
      programs["kube-controller-manager"],
      controllerManagerArguments(await access.kubeconfigFor(user)),
    );
    await manager.start(() => readiness.areControllersReady());
  }
  return {
    url,
    issuer,
    caFile: join(directory, FILES.ca),
    issueServing: () => access.issueServing(),
    directory,
    kubeconfig: access.kubeconfig,
    apiServer: faultsOf(apiServer, readiness),
    kubeconfigFor: (user) => access.kubeconfigFor(user),
    kubeconfigForServiceAccount: (namespace, name) =>
      access.kubeconfigForServiceAccount(namespace, name),
    requestsOf: (requester) => requestsOf(requester, join(directory, FILES.auditLog)),
    kubectl: (args, more) => access.kubectl(args, more),
    stop: async () => {
      await readiness.close();
      await components.stop();
    },
  };
}

function faultsOf(apiServer: Component, readiness: Readiness): ApiServer {
  return {
    get pid() {
      return apiServer.pid;
    },
    kill: () => apiServer.kill(),
    start: () => apiServer.start(() => readiness.isApiServerReady()),
  };
}

function issuerLikeEks(): string {
  return `https://oidc.eks.us-west-2.amazonaws.com/id/${randomBytes(16).toString("hex").toUpperCase()}`;
}
