/** One more cluster of the guide's account: a control plane of its own, and the operator that runs in it. */
import { documentsOf, type PolicyName } from "../config/aws-documents.ts";
import { startControlPlane } from "../sandbox/control-plane/start.ts";
import { type Operator, startOperator } from "../sandbox/operator.ts";
import { applyCrds, kubectlOf, type Sandbox } from "../sandbox/sandbox.ts";
import { operatorKubeconfig } from "../sandbox/shipped-rights.ts";
import { type Guide, PACE } from "./guide.ts";

export interface SecondCluster extends Pick<Sandbox, "kubectl" | "apply"> {
  /** From now on EKS says this of it; an operator that knew something else ends, and another one starts. */
  become(facts: Parameters<Sandbox["aws"]["putCluster"]>[0]): Promise<void>;
  stop(): Promise<void>;
}

export interface SecondClusterOptions {
  /** What its operator may do in AWS: these, made out for its cluster. */
  readonly policies: readonly PolicyName[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function startSecondCluster(
  { sandbox: { aws, environment } }: Guide,
  { policies, env }: SecondClusterOptions,
): Promise<SecondCluster> {
  const controlPlane = await startControlPlane({ controllerManager: false, report: console.error });
  const kubectl = kubectlOf(controlPlane);
  await applyCrds(kubectl);
  const KUBECONFIG = await operatorKubeconfig(controlPlane);
  let operator: Operator | undefined;
  return {
    ...kubectl,
    become: async (facts) => {
      const { name: clusterName } = facts;
      await operator?.stop();
      aws.putCluster({ ...facts, issuer: controlPlane.issuer });
      const key = `AKIA${clusterName.toUpperCase().padEnd(16, "0")}`;
      const documents = documentsOf(policies, { clusterName });
      aws.configure({ callers: { ...aws.settings().callers, [key]: documents } });
      const own = { KUBECONFIG, CLUSTER_NAME: clusterName, AWS_ACCESS_KEY_ID: key };
      operator = await startOperator({ ...environment, ...PACE, ...env, ...own });
    },
    stop: async () => {
      await operator?.kill();
      await controlPlane.stop();
    },
  };
}
