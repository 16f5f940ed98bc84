/** The data plane's own connection to the API server, with an administrator's rights. */
import { KubeConfig } from "@kubernetes/client-node";
import { Transport } from "../../../src/kube/transport.ts";
import type { ControlPlane } from "../control-plane/start.ts";

export function connectTo({ kubeconfig }: Pick<ControlPlane, "kubeconfig">): Transport {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return new Transport(config, "sandbox-data-plane");
}
