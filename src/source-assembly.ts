/** Joins the parts of the sources: annotations of ServiceAccounts, and templates of many associations. */
import { FINALIZER } from "./api/group.ts";
import { Alarms } from "./engine/alarms.ts";
import { Controller, type Ending } from "./engine/controller.ts";
import type { Logger } from "./engine/log.ts";
import type { KubeClient } from "./kube/client.ts";
import { Generated } from "./kube/generated.ts";
import { Objects } from "./kube/objects.ts";
import type { OperatorMetrics } from "./metrics.ts";
import type { Namespace } from "./plan/guardrail.ts";
import { AnnotationReconciler } from "./reconcilers/annotations.ts";
import { FanOutReconciler } from "./reconcilers/fan-out.ts";
import type { Mode } from "./reconcilers/pod-identity-association.ts";
import type { Ports } from "./reconcilers/ports.ts";
import type { SourcePorts } from "./reconcilers/source-ports.ts";
import type { Settings } from "./settings.ts";
import { ASSOCIATIONS, TEMPLATES, type Watches } from "./watches.ts";

/** They only write to Kubernetes, and each of a template's looks writes ten at once. */
const SOURCES_AT_ONCE = 5;

export interface SourceAssembly {
  /** Of ServiceAccounts with annotations. */
  readonly annotations: Controller;
  /** Of ClusterPodIdentityAssociations. */
  readonly templates: Controller;
  /** Of ClusterPodIdentityAssociations whose children change. */
  readonly templateAlarms: Alarms;
}

interface SourceSurroundings {
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Pick<OperatorMetrics, "reconciled">;
}

export function assembleSources(
  {
    client,
    watches,
    ports,
  }: { readonly client: KubeClient; readonly watches: Watches; readonly ports: Ports },
  { fixed, readOnly, operatorNamespace }: Mode,
  { settings, log, metrics }: SourceSurroundings,
): SourceAssembly {
  const sourcePorts: SourcePorts = {
    ...ports,
    children: new Generated(client, ASSOCIATIONS),
    serviceAccount: (key) => watches.serviceAccounts.store.get(key),
    namespaces: () => namespacesOf(watches),
    templates: new Objects(client, TEMPLATES, { seen: watches.templates, finalizer: FINALIZER }),
  };
  const irsaPerMinute = settings.IRSA_PER_MINUTE;
  const mode = { fixed, readOnly, operatorNamespace, irsaPerMinute };
  const how = {
    log,
    concurrency: SOURCES_AT_ONCE,
    stalledRetryMs: settings.STALLED_RETRY,
    maxBackoffMs: settings.RETRY_MAX,
    onEnd: (ending: Ending) => metrics.reconciled(ending),
  };
  const templates = new Controller({ ...how, reconciler: new FanOutReconciler(sourcePorts, mode) });
  return {
    annotations: new Controller({
      ...how,
      reconciler: new AnnotationReconciler(sourcePorts, mode),
    }),
    templates,
    templateAlarms: new Alarms({
      // Where one namespace refuses it until somebody acts, a resync would wait as long: others come and go.
      ring: (name) => templates.enqueue(name, "user"),
      firstMs: settings.POD_STATUS_DELAY,
      longestMs: settings.POD_STATUS_DELAY_MAX,
    }),
  };
}

/** Nothing can be made in a namespace that is on its way out. */
function* namespacesOf({ namespaces }: Watches): Iterable<Namespace> {
  for (const { metadata } of namespaces.store.values()) {
    if (!metadata.deletionTimestamp) yield { name: metadata.name, labels: metadata.labels ?? {} };
  }
}
