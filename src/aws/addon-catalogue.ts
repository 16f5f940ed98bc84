/** EKS's catalogue of add-ons, and the cluster that it is read for: both change rarely, and are kept for a while. */
import type { CatalogueEntry, Recommendation } from "../plan/addon.ts";
import type { ClusterFacts } from "../plan/resources.ts";
import type { Addons, Cluster } from "./ports.ts";

export interface CatalogueOptions {
  readonly addons: Pick<Addons, "versions" | "recommendations">;
  readonly cluster: Cluster;
  readonly clusterName: string;
  /** How long an answer is kept, in milliseconds. */
  readonly keptMs: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

interface Kept {
  readonly answer: Promise<unknown>;
  readonly until: number;
}

export class AddonCatalogue {
  readonly #options: CatalogueOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: CatalogueOptions) {
    this.#options = options;
  }

  /** Its Kubernetes version and its mode may change while the operator runs. */
  cluster(): Promise<ClusterFacts> {
    const { cluster, clusterName } = this.#options;
    return this.#once("cluster", () => cluster.describe(clusterName));
  }

  /** All versions of the add-on that there are for the cluster's Kubernetes version; none: there is no such add-on. */
  async entry(addonName: string): Promise<CatalogueEntry> {
    const { version } = await this.cluster();
    return this.#once(`versions ${addonName} ${version}`, () =>
      this.#options.addons.versions(addonName, version),
    );
  }

  /** None: that version does not take roles through EKS Pod Identity. */
  recommendations(addonName: string, version: string): Promise<readonly Recommendation[]> {
    return this.#once(`configuration ${addonName} ${version}`, () =>
      this.#options.addons.recommendations(addonName, version),
    );
  }

  /** What failed is not kept. */
  #once<T>(key: string, read: () => Promise<T>): Promise<T> {
    const now = this.#options.now();
    const kept = this.#kept.get(key);
    if (kept && now < kept.until) return kept.answer as Promise<T>;
    const answer = read();
    this.#kept.set(key, { answer, until: now + this.#options.keptMs });
    answer.catch(() => this.#kept.delete(key));
    return answer;
  }
}
