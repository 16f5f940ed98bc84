/** The operator's ServiceAccount with the very rights that config/ ships, on a control plane of the sandbox. */
import { parseAllDocuments, stringify } from "yaml";
import type { ControlPlane } from "./control-plane/start.ts";

export const OPERATOR = { namespace: "pod-identity-system", name: "pod-identity-operator" };

const PROBE = "podidentity-probe";

/** All features: the default installation, and what is added to it for EFFECTIVE_PROBE=DryRun. */
const INSTALLATION = "config/example";

const RIGHTS = [
  "Namespace",
  "ServiceAccount",
  "ClusterRole",
  "ClusterRoleBinding",
  "Role",
  "RoleBinding",
];

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** What `kubectl kustomize` makes of a folder. @throws Error with what it says */
export async function kustomized(
  controlPlane: ControlPlane,
  directory: string,
): Promise<readonly Manifest[]> {
  const path = new URL(`../../${directory}`, import.meta.url).pathname;
  const { stdout, stderr, code } = await controlPlane.kubectl(["kustomize", path]);
  if (code !== 0) throw new Error(`kubectl kustomize ${directory}: ${stderr.trim()}`);
  return parseAllDocuments(stdout).map((one) => one.toJS() as Manifest);
}

/** Of what config/ ships: the operator's account, its rights, and the roles of those who use it. */
export async function shippedRights(controlPlane: ControlPlane): Promise<readonly Manifest[]> {
  const all = await kustomized(controlPlane, INSTALLATION);
  // Together with the right to create pods comes what narrows it to trying them.
  return all.filter(({ kind, metadata }) => RIGHTS.includes(kind) || metadata.name === PROBE);
}

const kubeconfigs = new WeakMap<ControlPlane, Promise<string>>();

/** Path of the operator's own kubeconfig; the first call on a control plane applies its rights. */
export function operatorKubeconfig(controlPlane: ControlPlane): Promise<string> {
  const kubeconfig =
    kubeconfigs.get(controlPlane) ??
    applyRights(controlPlane).then(() =>
      controlPlane.kubeconfigForServiceAccount(OPERATOR.namespace, OPERATOR.name),
    );
  kubeconfigs.set(controlPlane, kubeconfig);
  return kubeconfig;
}

/** Again all of them, whatever a test has taken away. */
export async function applyRights(controlPlane: ControlPlane): Promise<void> {
  const stdin = (await shippedRights(controlPlane)).map((one) => stringify(one)).join("---\n");
  const { stderr, code } = await controlPlane.kubectl(["apply", "--server-side", "-f", "-"], {
    stdin,
  });
  if (code !== 0) throw new Error(`kubectl apply: ${stderr.trim()}`);
}
