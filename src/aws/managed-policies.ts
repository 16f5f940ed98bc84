/** The names of AWS's own managed policies: a bare name in a spec has a path that only AWS knows. */
import { type IAMClient, paginateListPolicies } from "@aws-sdk/client-iam";

/** IAM's most; AWS has about 1,500 policies. */
const PAGE = 1000;

/** AWS adds policies now and then. */
const KEPT_MS = 24 * 3600_000;

export class AwsManagedPolicies {
  readonly #client: IAMClient;
  readonly #now: () => number;
  #read: { readonly at: number; readonly arns: Promise<ReadonlyMap<string, string>> } | undefined;

  constructor(client: IAMClient, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  /** ARN by bare name. Read once a day, whoever asks; a failed read is not kept. */
  async arns(): Promise<ReadonlyMap<string, string>> {
    const now = this.#now();
    if (!this.#read || now - this.#read.at > KEPT_MS) {
      const read = { at: now, arns: this.#list() };
      this.#read = read;
      read.arns.catch(() => {
        if (this.#read === read) this.#read = undefined;
      });
    }
    return this.#read.arns;
  }

  async #list(): Promise<ReadonlyMap<string, string>> {
    const arns = new Map<string, string>();
    const pages = paginateListPolicies({ client: this.#client, pageSize: PAGE }, { Scope: "AWS" });
    for await (const { Policies = [] } of pages) {
      for (const { PolicyName, Arn } of Policies) if (PolicyName && Arn) arns.set(PolicyName, Arn);
    }
    return arns;
  }
}
