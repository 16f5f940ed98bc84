/** Joins the parts of EKS add-ons. */
import { eksAddon } from "./api/eks-addon.ts";
import { FINALIZER } from "./api/group.ts";
import { AddonCatalogue } from "./aws/addon-catalogue.ts";
import { EksAddons } from "./aws/addons.ts";
import type { AwsClients } from "./aws/clients.ts";
import { EksCluster } from "./aws/cluster.ts";
import { Controller } from "./engine/controller.ts";
import type { Logger } from "./engine/log.ts";
import type { KubeClient } from "./kube/client.ts";
import { Definition } from "./kube/crd.ts";
import { Objects } from "./kube/objects.ts";
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
  }: { readonly client: KubeClient; readonly watches: Watches; readonly ports: Ports },
  { fixed, readOnly }: Mode,
  {
    settings,
    log,
    clients: { eks },
  }: { readonly settings: Settings; readonly log: Logger; readonly clients: AwsClients },
): AddonAssembly {
  const addons = new EksAddons(eks, fixed.cluster.name, ports.aws.associations);
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
  });
  return {
    addons: controller,
    lookAtAllAddons: () => {
      for (const name of watches.addons.store.keys()) controller.enqueue(name, "resync");
    },
  };
}
