/** A whole sandbox: a genuine control plane with what an installation applies, an AWS emulator, and the environment that joins them. */
import { randomBytes } from "node:crypto";
import { documentOf } from "../config/aws-documents.ts";
import { type Aws, type AwsOptions, startAws } from "./aws/start.ts";
import { type ControlPlane, startControlPlane } from "./control-plane/start.ts";
import { connectTo } from "./data-plane/cluster.ts";
import { type DataPlane, type DataPlaneOptions, startDataPlane } from "./data-plane/start.ts";
import { tokenReviewer } from "./data-plane/token-review.ts";

export interface Sandbox {
  readonly controlPlane: ControlPlane;
  readonly aws: Aws;
  /** Where it was asked for. */
  readonly dataPlane: DataPlane | undefined;
  /** What the operator, kubectl and the aws CLI need to find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** @throws Error with what kubectl said, if it fails */
  kubectl(...args: readonly string[]): Promise<string>;
  apply(manifest: string): Promise<string>;
  stop(): Promise<void>;
}

export interface SandboxOptions {
  /** Genuine controllers: garbage collector, namespaces, workloads. */
  readonly controllerManager: boolean;
  readonly report: (line: string) => void;
  readonly aws?: Partial<AwsOptions>;
  /** Pods get what EKS gives them: webhook, nodes, agent, add-ons. @default none, and Pods stay Pending */
  readonly dataPlane?: true | Pick<DataPlaneOptions, "namespaces">;
}

export const CLUSTER_NAME = "demo";
export const REGION = "us-west-2";
const DEFAULT_GUARDRAIL = new URL("../../config/guardrails/default.yaml", import.meta.url).pathname;
const CRDS = new URL("../../crds/", import.meta.url).pathname;

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const issuer = `https://oidc.eks.${REGION}.amazonaws.com/id/${randomBytes(16).toString("hex").toUpperCase()}`;
  const { controllerManager, report } = options;
  const controlPlane = await startControlPlane({ controllerManager, report, issuer });
  const sandbox = await joinSandbox(controlPlane, options);
  await sandbox.kubectl("apply", "--server-side", "-f", DEFAULT_GUARDRAIL);
  return {
    ...sandbox,
    stop: async () => {
      await sandbox.stop();
      await controlPlane.stop();
    },
  };
}

/** A sandbox on a control plane that is there already; stopping it leaves the control plane running. */
export async function joinSandbox(
  controlPlane: ControlPlane,
  options: Pick<SandboxOptions, "aws" | "dataPlane"> & Partial<Pick<SandboxOptions, "report">>,
): Promise<Sandbox> {
  const cluster = { name: CLUSTER_NAME, issuer: controlPlane.issuer };
  const transport = connectTo(controlPlane);
  const aws = await startAws({
    clusters: [cluster],
    reviewToken: tokenReviewer(transport),
    ...options.aws,
  });
  // As config/aws leaves an account: the default guardrail gives it to every role.
  const boundary = { path: "/podidentity-boundary/", document: documentOf("boundary") };
  aws.putPolicy({ name: `${aws.account.region}-${CLUSTER_NAME}`, ...boundary });
  const kubectl = kubectlOf(controlPlane);
  await applyCrds(kubectl);
  const dataPlane = await dataPlaneOf(controlPlane, aws, options);
  return {
    controlPlane,
    aws,
    dataPlane,
    environment: {
      KUBECONFIG: controlPlane.kubeconfig,
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_REGION: REGION,
      // The aws CLI of the first generation knows this name only.
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: "AKIAOPERATOR00000000",
      AWS_SECRET_ACCESS_KEY: "sandbox",
      CLUSTER_NAME,
    },
    ...kubectl,
    stop: async () => {
      await dataPlane?.stop();
      await aws.stop();
      await transport.close();
    },
  };
}

async function dataPlaneOf(
  controlPlane: ControlPlane,
  aws: Aws,
  { dataPlane, report = console.error }: Parameters<typeof joinSandbox>[1],
): Promise<DataPlane | undefined> {
  if (!dataPlane) return undefined;
  return startDataPlane({
    ...(dataPlane === true ? {} : dataPlane),
    controlPlane,
    endpoint: aws.endpoint,
    clusterName: CLUSTER_NAME,
    region: REGION,
    identities: () => aws.identities({ cluster: CLUSTER_NAME }),
    addons: () => aws.installedAddons({ cluster: CLUSTER_NAME }),
    report,
  });
}

/** kubectl as the administrator of a control plane. */
export function kubectlOf(controlPlane: ControlPlane): Pick<Sandbox, "kubectl" | "apply"> {
  const run = async (args: readonly string[], stdin?: string) => {
    const options = stdin === undefined ? {} : { stdin };
    const { stdout, stderr, code } = await controlPlane.kubectl(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr.trim()}`);
    return stdout;
  };
  return {
    kubectl: (...args) => run(args),
    apply: (manifest) => run(["apply", "-f", "-"], manifest),
  };
}

/** Returns when the API server serves them. */
export async function applyCrds({ kubectl }: Pick<Sandbox, "kubectl">): Promise<void> {
  await kubectl("apply", "--server-side", "-k", CRDS);
  await kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=120s");
}
