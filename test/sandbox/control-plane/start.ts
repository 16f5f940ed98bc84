/** Starts a genuine Kubernetes control plane on this machine: etcd, kube-apiserver and, if asked, kube-controller-manager. */
import { randomBytes } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  FILES,
} from "./arguments.ts";
import { ensureBinaries, type Report } from "./binaries.ts";
import { CertificateAuthority, createTokenKey, type User } from "./certificates.ts";
import { Component } from "./component.ts";
import { freePort } from "./free-port.ts";
import { type Credentials, writeKubeconfig } from "./kubeconfig.ts";
import { type KubectlOptions, type KubectlResult, runKubectl } from "./kubectl.ts";
import { Readiness } from "./readiness.ts";
import { Watchdog } from "./watchdog.ts";

export interface ControlPlaneOptions {
  /** Genuine controllers: garbage collector, namespaces, workloads, ServiceAccounts, role aggregation. */
  readonly controllerManager: boolean;
  /** Told what the start waits for, and later if a component ends unasked. */
  readonly report: Report;
  /** Of ServiceAccount tokens. @default one like those of EKS, in us-west-2 */
  readonly issuer?: string;
}

export interface ControlPlane {
  /** "https://127.0.0.1:port" */
  readonly url: string;
  readonly issuer: string;
  /** PEM file of what signed the server's certificate. */
  readonly caFile: string;
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
  /** Runs it to its end, as the administrator unless `kubeconfig` says otherwise; a failure is a result too. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** Kills everything and removes the folder. May be called again. */
  stop(): Promise<void>;
}

/** The API server as a test of outages sees it. */
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
  const more = controllerManager ? (["kube-controller-manager"] as const) : [];
  const names = ["etcd", "kube-apiserver", "kubectl", ...more] as const;
  const programs = await ensureBinaries(names, report);
  const directory = await mkdtemp(join(tmpdir(), "pod-identity-sandbox-"));
  const starting = new Starting({ directory, programs, ...options });
  try {
    return await starting.run();
  } catch (problem) {
    await starting.stop();
    throw problem;
  }
}

interface StartingOptions extends ControlPlaneOptions {
  readonly directory: string;
  readonly programs: Awaited<ReturnType<typeof ensureBinaries>>;
}

/** What has been started so far, so that a failure half-way leaves nothing behind. */
class Starting {
  readonly #options: StartingOptions;
  readonly #watchdog: Watchdog;
  readonly #components: Component[] = [];
  #readiness: Readiness | undefined;

  constructor(options: StartingOptions) {
    this.#options = options;
    this.#watchdog = new Watchdog(options.directory);
  }

  async run(): Promise<ControlPlane> {
    const { directory, programs, issuer = issuerLikeEks(), controllerManager } = this.#options;
    const [authority, port] = await Promise.all([CertificateAuthority.create(), freePort()]);
    const [admin] = await Promise.all([
      authority.issueClient({ name: "admin", groups: ["system:masters"] }),
      writeCredentials(directory, authority),
    ]);
    const url = `https://127.0.0.1:${port}`;
    const cluster = { url, ca: authority.certificate, directory };
    const kubeconfigOf = async (user: User, credentials?: Credentials) =>
      writeKubeconfig(cluster, user.name, credentials ?? (await authority.issueClient(user)));
    const kubeconfig = await writeKubeconfig(cluster, "admin", admin);
    const readiness = new Readiness(url, { ca: authority.certificate, ...admin });
    this.#readiness = readiness;

    const etcd = this.#component("etcd", etcdArguments());
    await etcd.start(() => readiness.accepts(join(directory, FILES.etcdSocket)));
    const apiServer = this.#component("kube-apiserver", apiServerArguments(port, issuer));
    const startApiServer = () => apiServer.start(() => readiness.isReady());
    await startApiServer();
    if (controllerManager) {
      const own = await kubeconfigOf({ name: "system:kube-controller-manager", groups: [] });
      const manager = this.#component("kube-controller-manager", controllerManagerArguments(own));
      await manager.start(() => readiness.hasControllers());
    }

    const kubectl = { program: programs.kubectl, kubeconfig, cache: join(directory, "kubectl") };
    const run = (args: readonly string[], more?: KubectlOptions) => runKubectl(kubectl, args, more);
    return {
      url,
      issuer,
      caFile: join(directory, FILES.ca),
      directory,
      kubeconfig,
      apiServer: {
        get pid() {
          return apiServer.pid;
        },
        kill: () => apiServer.kill(),
        start: startApiServer,
      },
      kubeconfigFor: (user) => kubeconfigOf(user),
      kubeconfigForServiceAccount: async (namespace, name) => {
        const args = ["create", "token", name, `--namespace=${namespace}`, "--duration=24h"];
        const { stdout, stderr, code } = await run(args);
        if (code !== 0) throw new Error(stderr.trim());
        return writeKubeconfig(cluster, `${namespace}.${name}`, { token: stdout.trim() });
      },
      kubectl: run,
      stop: () => this.stop(),
    };
  }
}
