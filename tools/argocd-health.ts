/** Argo CD's health scripts, as keys of its ConfigMap: one for each kind, all the same. */
import { stringify } from "yaml";
import type { ResourceDefinition } from "../src/api/crd.ts";
import { GROUP } from "../src/api/group.ts";

const NOTE = `# Generated from health.lua by \`make generate\`: what Argo CD says of our objects. It adds these keys and leaves others:
#   kubectl apply --server-side --field-manager podidentity -f config/argocd/argocd-cm.yaml
# One key for each kind, since Argo CD as EKS runs it knows no wildcard for a group.
`;

export function argocdConfigMap(
  kinds: readonly Pick<ResourceDefinition, "kind">[],
  script: string,
): string {
  const data = kinds.map(({ kind }) => [
    `resource.customizations.health.${GROUP}_${kind}`,
    script.trimEnd(),
  ]);
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "argocd-cm", namespace: "argocd" },
    data: Object.fromEntries(data),
  };
  return `${NOTE}${stringify(configMap, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
