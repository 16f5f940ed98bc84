/** Joins what reconcilers work with: AWS with what is known of it, and Kubernetes. */
import { clusterPodIdentityAssociation } from "./api/cluster-pod-identity-association.ts";
import { FINALIZER } from "./api/group.ts";
import {
  type PodIdentityAssociation,
  podIdentityAssociation,
} from "./api/pod-identity-association.ts";
import { EksAssociations } from "./aws/associations.ts";
import type { AwsClients } from "./aws/clients.ts";
import { Inventory } from "./aws/inventory.ts";
import { IamRoles } from "./aws/roles.ts";
import type { Logger } from "./engine/log.ts";
import type { Guardrails } from "./guardrails.ts";
import type { KubeClient } from "./kube/client.ts";
import { Definition } from "./kube/crd.ts";
import { dryRunPod } from "./kube/dry-run-pod.ts";
import { Objects } from "./kube/objects.ts";
import { ServiceAccounts } from "./kube/service-accounts.ts";
import type { Store } from "./kube/store.ts";
import { Workloads } from "./kube/workloads.ts";
import { originOf } from "./plan/origin.ts";
import { addonNameOf } from "./plan/ownership.ts";
import type { ClusterFacts } from "./plan/resources.ts";
import type { Aws, Ports } from "./reconcilers/ports.ts";
import type { Settings } from "./settings.ts";
import { claims, setsTexts } from "./sweeps.ts";
import { ASSOCIATIONS, type Watches } from "./watches.ts";

export function observedAws(
  cluster: ClusterFacts,
  store: Store<PodIdentityAssociation>,
  {
    clients: { eks, iam },
    settings,
    log,
  }: { readonly clients: AwsClients; readonly settings: Settings; readonly log: Logger },
): Aws {
  const ports = {
    roles: new IamRoles(iam),
    associations: new EksAssociations(eks, cluster.name),
  };
  const inventory = new Inventory({
    ...ports,
    now: () => performance.now(),
    consistencyWindowMs: settings.CONSISTENCY_WINDOW,
    rolePath: settings.ROLE_PATH,
    needsTexts: () => [...store.values()].some(setsTexts),
    claimed: () => claims(store, cluster),
    log,
  });
  return { ...ports, inventory };
}

export function portsOf({
  client,
  watches,
  guardrails,
  ...others
}: Pick<Ports, "agent" | "aws" | "events" | "log" | "pods" | "lookAgain"> & {
  readonly client: KubeClient;
  readonly watches: Watches;
  readonly guardrails: Guardrails;
}): Ports {
  const own = new Definition(client, podIdentityAssociation.plural);
  const templates = new Definition(client, clusterPodIdentityAssociation.plural);
  return {
    ...others,
    objects: new Objects(client, ASSOCIATIONS, {
      seen: watches.associations,
      finalizer: FINALIZER,
    }),
    addonObjects: { all: () => watches.addons.store.values() },
    exists: (resource) => {
      const addon = addonNameOf(resource);
      const { associations, addons } = watches;
      return addon === undefined
        ? associations.store.get(resource) !== undefined
        : addons.store.get(addon) !== undefined;
    },
    clock: { monotonic: () => performance.now(), timestamp },
    rulebook: {
      guardrails: () => guardrails.all(),
      labelsOf: (namespace) => watches.namespaces.store.get(namespace)?.metadata.labels,
    },
    serviceAccounts: new ServiceAccounts(client, watches.serviceAccounts.store),
    workloads: new Workloads(client),
    dryRunPod: (key) => dryRunPod(client, key),
    // With the kind of the templates go all that were made of them.
    isUninstalled: async (object) =>
      (await own.isBeingDeleted()) ||
      (originOf(object) === "fan-out" && (await templates.isBeingDeleted())),
  };
}

/** RFC 3339, in seconds. */
export function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
