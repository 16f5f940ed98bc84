/** Joins the parts of EKS add-ons, and what looks for the one that is the Pod Identity agent. */
import { Agent } from "./agent.ts";
import { eksAddon } from "./api/eks-addon.ts";
import { FINALIZER } from "./api/group.ts";
import { AddonCatalogue } from "./aws/addon-catalogue.ts";
import type { EksAddons } from "./aws/addons.ts";
import type { AwsClients } from "./aws/clients.ts";
import { EksCluster } from "./aws/cluster.ts";
import { Controller, type Ending } from "./engine/controller.ts";
import type { Logger } from "./engine/log.ts";
import { agentDaemonSet } from "./kube/agent.ts";
import type { KubeClient } from "./kube/client.ts";
import { Definition } from "./kube/crd.ts";
import { Objects } from "./kube/objects.ts";
import type { OperatorMetrics } from "./metrics.ts";
import { AGENT_ADDON } from "./plan/addon.ts";
import type { ClusterFacts } from "./plan/resources.ts";
import { EksAddonReconciler } from "./reconcilers/eks-addon.ts";
import type { Mode } from "./reconcilers/pod-identity-association.ts";
import type { Ports } from "./reconcilers/ports.ts";
import type { Settings } from "./settings.ts";
import { ADDONS, type Watches } from "./watches.ts";

/** A cluster has a dozen, and EKS works on each for minutes. */
const ADDONS_AT_ONCE = 4;

export interface AddonAssembly {
  /** Of EKSAddons. */
  readonly addons: Controller;
  lookAtAllAddons(): void;
}

export function assembleAddons(
  {
    client,
    watches,
    ports,
    addons,
  }: {
    readonly client: KubeClient;
    readonly watches: Watches;
    readonly ports: Ports;
    readonly addons: EksAddons;
  },
  { fixed, readOnly }: Mode,
  {
    settings,
    log,
    metrics,
    clients: { eks },
  }: {
    readonly settings: Settings;
    readonly log: Logger;
    readonly metrics: Pick<OperatorMetrics, "reconciled">;
    readonly clients: AwsClients;
  },
): AddonAssembly {
  const own = new Definition(client, eksAddon.plural);
  const catalogue = new AddonCatalogue({
    addons,
    cluster: new EksCluster(eks),
    clusterName: fixed.cluster.name,
    keptMs: settings.ADDON_CATALOGUE,
    now: () => ports.clock.monotonic(),
  });
  const reconciler = new EksAddonReconciler(
    {
      ...ports,
      objects: new Objects(client, ADDONS, { seen: watches.addons, finalizer: FINALIZER }),
      associations: ports.objects,
      isUninstalled: () => own.isBeingDeleted(),
      addons,
      catalogue,
    },
    { fixed, readOnly, pollMs: settings.ADDON_POLL, retryMs: settings.ADDON_RETRY },
  );
  const controller = new Controller({
    reconciler,
    log,
    concurrency: ADDONS_AT_ONCE,
    stalledRetryMs: settings.STALLED_RETRY,
    maxBackoffMs: settings.RETRY_MAX,
    onEnd: (ending: Ending) => metrics.reconciled(ending),
  });
  return {
    addons: controller,
    lookAtAllAddons: () => {
      for (const name of watches.addons.store.keys()) controller.enqueue(name, "resync");
    },
  };
}

/** Whether it is there is the same for all associations. */
export function assembleAgent(
  { isAutoMode = false }: ClusterFacts,
  {
    client,
    addons,
    ...how
  }: {
    readonly client: KubeClient;
    readonly addons: EksAddons;
    readonly log: Logger;
    readonly onChange: () => void;
  },
): Agent {
  return new Agent({
    ...how,
    isAutoMode,
    addonStatus: async () => (await addons.describe(AGENT_ADDON))?.status,
    daemonSet: () => agentDaemonSet(client),
  });
}
