/** The cluster's side of EKS Pod Identity on a genuine control plane: webhook, nodes, agent, add-ons, and processes in Pods. */
import { readFile } from "node:fs/promises";
import type { InstalledAddon } from "../aws/controls/addons.ts";
import { Components } from "../control-plane/components.ts";
import type { ControlPlane } from "../control-plane/start.ts";
import { startInstaller } from "./addons/installer.ts";
import { type Agent, startAgent } from "./agent/agent.ts";
import { type EksAuthOptions, eksAuth } from "./agent/eks-auth.ts";
import { startGenuineAgent } from "./agent/genuine.ts";
import { connectTo } from "./cluster.ts";
import { type Nodes, startNodes } from "./nodes/nodes.ts";
import { genuineWebhook } from "./webhook/genuine.ts";
import type { Identity } from "./webhook/inject.ts";
import { startWebhook, type Webhook, type WebhookOptions } from "./webhook/webhook.ts";
import { runWorkload, type StepOutcome, type Workload } from "./workload/workload.ts";

export interface DataPlaneOptions {
  readonly controlPlane: ControlPlane;
  /** The emulated AWS: EKS Auth for the agent, STS and S3 for workloads. */
  readonly endpoint: string;
  readonly clusterName: string;
  readonly region: string;
  /** ServiceAccounts with an association, as far as EKS has told the webhook. */
  readonly identities: () => readonly Identity[];
  /** What EKS is to have in the cluster. @default nothing */
  readonly addons?: () => readonly InstalledAddon[];
  /** Where several share a control plane, each has namespaces of its own. @default all */
  readonly namespaces?: readonly string[] | undefined;
  readonly report: (line: string) => void;
}

export interface DataPlane {
  readonly webhook: Webhook;
  readonly nodes: Nodes;
  readonly agent: Agent;
  /** @throws Error if the Pod does not run */
  runWorkload(workload: Workload): Promise<readonly StepOutcome[]>;
  /** The nodes stay: others may share them. */
  stop(): Promise<void>;
}

/** `WEBHOOK_BIN` and `AGENT_BIN` name AWS's own programs, where there are some; else ours play them. */
export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { controlPlane, endpoint, region, namespaces, report, addons = () => [] } = options;
  const transport = connectTo(controlPlane);
  const components = await Components.create(report);
  const webhook = await startWebhook({
    ...options,
    transport,
    issueServing: () => controlPlane.issueServing(),
    ca: await readFile(controlPlane.caFile, "utf8"),
    genuine: genuineProgram(options, components),
  });
  const nodes = await startNodes({ transport, region, namespaces, report });
  const agent = await agentOf(options, components);
  const installer = startInstaller({ ...options, transport, addons });
  return {
    webhook,
    nodes,
    agent,
    runWorkload: (workload) =>
      runWorkload(workload, { transport, endpoint, agentPort: agent.port }),
    stop: async () => {
      await installer.stop();
      await webhook.remove();
      await nodes.stop();
      await agent.stop();
      await components.stop();
      await transport.close();
    },
  };
}

function genuineProgram(
  { controlPlane: { kubeconfig }, identities }: DataPlaneOptions,
  components: Components,
): WebhookOptions["genuine"] {
  const program = process.env["WEBHOOK_BIN"];
  if (!program) return undefined;
  return (at) => genuineWebhook(program, { ...at, components, kubeconfig, identities });
}

function agentOf(options: EksAuthOptions, components: Components): Promise<Agent> {
  const program = process.env["AGENT_BIN"];
  if (!program) return startAgent(eksAuth(options));
  return startGenuineAgent(program, options, components);
}
