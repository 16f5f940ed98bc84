/** Tells of what our objects left behind in AWS: a log line and an Event for each, once, and a number for metrics. */
import type { Inventory } from "./aws/inventory.ts";
import type { Logger } from "./engine/log.ts";
import type { EventRecorder } from "./kube/events.ts";
import type { KubeObject } from "./kube/object.ts";
import { type Orphan, orphansAmong } from "./plan/orphans.ts";
import { type Owner, objectOfTags } from "./plan/ownership.ts";

export interface OrphanOptions {
  readonly inventory: Pick<Inventory, "rolesWhere" | "associationsWhere">;
  readonly us: Pick<Owner, "clusterArn" | "installation">;
  /** Whether there is an object of that "namespace/name". */
  readonly exists: (resource: string) => boolean;
  readonly namespace: (name: string) => KubeObject | undefined;
  readonly events: Pick<EventRecorder, "record">;
  readonly log: Logger;
}

export class Orphans {
  readonly #options: OrphanOptions;
  /** As of the last look: what is seen twice is no object on its way. */
  #seen = new Set<string>();
  readonly #told = new Set<string>();

  constructor(options: OrphanOptions) {
    this.#options = options;
  }

  /** As of the last look. */
  get count(): number {
    return this.#seen.size;
  }

  look(): void {
    const { inventory, us, exists } = this.#options;
    const associations = inventory
      .associationsWhere(({ details }) => details !== undefined)
      .map(({ arn, details }) => ({ arn, tags: details?.tags ?? {} }));
    const found = orphansAmong([...inventory.rolesWhere(() => true), ...associations], us, exists);
    for (const orphan of found) if (this.#seen.has(orphan.arn)) this.#tell(orphan);
    this.#seen = new Set(found.map(({ arn }) => arn));
    for (const arn of this.#told) if (!this.#seen.has(arn)) this.#told.delete(arn);
  }

  /** On the namespace: the object is no more. */
  #tell({ arn, resource }: Orphan): void {
    if (this.#told.has(arn)) return;
    this.#told.add(arn);
    const { log, events, namespace } = this.#options;
    const note = `${arn} was made for ${objectOfTags(resource)}, which is no more; delete it, or take it over by an object with spec.adoptionPolicy`;
    log.warn("left behind", { arn, resource });
    const [name = ""] = resource.split("/");
    const regarding = namespace(name);
    if (!regarding) return;
    events.record(regarding, { type: "Warning", reason: "Orphaned", action: "Sweep", note });
  }
}
