/** One more cluster of the guide's account: a control plane of its own, and the operator that runs in it. */
import { startControlPlane } from "../sandbox/control-plane/start.ts";
import { type Operator, startOperator } from "../sandbox/operator.ts";
import { applyCrds, kubectlOf, type Sandbox } from "../sandbox/sandbox.ts";
import { type Guide, PACE } from "./guide.ts";

export interface SecondCluster extends Pick<Sandbox, "kubectl" | "apply"> {
  /** From now on EKS says this of it; an operator that knew something else ends, and another one starts. */
  become(facts: Parameters<Sandbox["aws"]["putCluster"]>[0]): Promise<void>;
  stop(): Promise<void>;
}

export async function startSecondCluster({ sandbox }: Guide): Promise<SecondCluster> {
  const controlPlane = await startControlPlane({ controllerManager: false, report: console.error });
  const { issuer, kubeconfig } = controlPlane;
  const kubectl = kubectlOf(controlPlane);
  await applyCrds(kubectl);
  let operator: Operator | undefined;
  return {
    ...kubectl,
    become: async (facts) => {
      await operator?.stop();
      sandbox.aws.putCluster({ ...facts, issuer });
      const own = { KUBECONFIG: kubeconfig, CLUSTER_NAME: facts.name };
      operator = await startOperator({ ...sandbox.environment, ...PACE, ...own });
    },
    stop: async () => {
      await operator?.kill();
      await controlPlane.stop();
    },
  };
}
