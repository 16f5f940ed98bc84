/**
 * Runs AWS's own agent in the place of ours. Its flags are those of cmd/server.go in aws/eks-pod-identity-agent
 * (v0.1.37); how it calls EKS Auth and what it keeps is its own.
 */

import type { Components } from "../../control-plane/components.ts";
import { freePort } from "../../control-plane/free-port.ts";
import { isListening } from "../listening.ts";
import type { Agent } from "./agent.ts";
import type { EksAuthOptions } from "./eks-auth.ts";

export interface AgentPorts {
  readonly port: number;
  readonly probes: number;
  readonly metrics: number;
}

export function agentArguments(
  { endpoint, clusterName }: EksAuthOptions,
  { port, probes, metrics }: AgentPorts,
): string[] {
  return [
    "server",
    `--cluster-name=${clusterName}`,
    `--endpoint=${endpoint}`,
    // Instead of the two link-local addresses, which need root; it looks at the Host header all the same.
    "--bind-hosts=127.0.0.1",
    `--port=${port}`,
    `--probe-port=${probes}`,
    "--metrics-address=127.0.0.1",
    `--metrics-port=${metrics}`,
  ];
}

/** The node's role, which real agents get from the instance. */
export function agentEnvironment({ region }: EksAuthOptions): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "AKIASANDBOX000000000",
    AWS_SECRET_ACCESS_KEY: "sandbox",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

export async function startGenuineAgent(
  program: string,
  options: EksAuthOptions,
  components: Components,
): Promise<Agent> {
  const [port, probes, metrics] = [await freePort(), await freePort(), await freePort()];
  const args = agentArguments(options, { port, probes, metrics });
  const agent = components.add("agent", program, args, agentEnvironment(options));
  const start = () => agent.start(() => isListening(port));
  await start();
  return {
    port,
    clearCache: async () => {
      await agent.kill();
      await start();
    },
    stop: () => agent.kill(),
  };
}
