/** Who may reach the control plane: writes the server's credentials, gives out kubeconfigs, runs kubectl. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FILES } from "./arguments.ts";
import { AUDIT_POLICY } from "./audit.ts";
import { CertificateAuthority, createTokenKey, type KeyPair, type User } from "./certificates.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { type KubectlOptions, type KubectlResult, runKubectl } from "./kubectl.ts";

const ADMINISTRATOR: User = { name: "admin", groups: ["system:masters"] };

export interface AccessOptions {
  readonly directory: string;
  readonly url: string;
  /** Path of the program. */
  readonly kubectl: string;
}

export class Access {
  readonly #options: AccessOptions;
  readonly #authority: CertificateAuthority;
  /** The administrator's. */
  readonly credentials: KeyPair;
  /** Path of the administrator's. */
  readonly kubeconfig: string;

  private constructor(
    options: AccessOptions,
    authority: CertificateAuthority,
    admin: { readonly credentials: KeyPair; readonly kubeconfig: string },
  ) {
    this.#options = options;
    this.#authority = authority;
    this.credentials = admin.credentials;
    this.kubeconfig = admin.kubeconfig;
  }

  /** Makes a certificate authority and writes what the components read at their start. */
  static async create(options: AccessOptions): Promise<Access> {
    const authority = await CertificateAuthority.create();
    const [serving, tokenKey, credentials] = await Promise.all([
      authority.issueServing(),
      createTokenKey(),
      authority.issueClient(ADMINISTRATOR),
    ]);
    const files = [
      [FILES.ca, authority.certificate],
      [FILES.servingCertificate, serving.certificate],
      [FILES.servingKey, serving.key],
      [FILES.tokenKey, tokenKey],
      [FILES.auditPolicy, AUDIT_POLICY],
    ] as const;
    for (const [file, content] of files) {
      await writeFile(join(options.directory, file), content, { mode: 0o600 });
    }
    const cluster = { ...options, ca: authority.certificate };
    const kubeconfig = await writeKubeconfig(cluster, ADMINISTRATOR.name, credentials);
    return new Access(options, authority, { credentials, kubeconfig });
  }

  /** PEM. */
  get ca(): string {
    return this.#authority.certificate;
  }

  /** A certificate for one more server on this machine's loopback address. */
  issueServing(): Promise<KeyPair> {
    return this.#authority.issueServing();
  }

  async kubeconfigFor(user: User): Promise<string> {
    const credentials = await this.#authority.issueClient(user);
    return writeKubeconfig({ ...this.#options, ca: this.ca }, user.name, credentials);
  }

  async kubeconfigForServiceAccount(namespace: string, name: string): Promise<string> {
    const args = ["create", "token", name, `--namespace=${namespace}`, "--duration=24h"];
    const { stdout, stderr, code } = await this.kubectl(args);
    if (code !== 0) throw new Error(stderr.trim());
    const cluster = { ...this.#options, ca: this.ca };
    return writeKubeconfig(cluster, `${namespace}.${name}`, { token: stdout.trim() });
  }

  kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<KubectlResult> {
    const { directory, kubectl: program } = this.#options;
    return runKubectl(program, args, {
      kubeconfig: this.kubeconfig,
      ...options,
      cache: join(directory, "kubectl-cache"),
    });
  }
}
