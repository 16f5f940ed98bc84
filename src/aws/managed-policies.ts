/** The names of AWS's own managed policies: a bare name in a spec has a path that only AWS knows. */
import { type IAMClient, paginateListPolicies } from "@aws-sdk/client-iam";

/** IAM's most; AWS has about 1,500 policies. */
const PAGE = 1000;

/** AWS adds policies now and then. */
const KEPT_MS = 24 * 3600_000;

/** A refused or failed read is not asked again by every object that comes along. */
const REFUSAL_KEPT_MS = 10_000;

type Arns = ReadonlyMap<string, string>;

export class AwsManagedPolicies {
  readonly #client: IAMClient;
  readonly #now: () => number;
  #read: { readonly arns: Promise<Arns>; until: number } | undefined;
  #last: Arns | undefined;

  constructor(client: IAMClient, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  /** ARN by bare name. Read once a day, whoever asks; the list of yesterday serves while today's cannot be read. */
  async arns(): Promise<Arns> {
    if (!this.#read || this.#now() > this.#read.until) {
      const read = { arns: this.#list(), until: this.#now() + KEPT_MS };
      this.#read = read;
      read.arns.then(
        (arns) => {
          this.#last = arns;
        },
        () => {
          read.until = this.#now() + REFUSAL_KEPT_MS;
        },
      );
    }
    try {
      return await this.#read.arns;
    } catch (thrown) {
      if (this.#last) return this.#last;
      throw thrown;
    }
  }

  async #list(): Promise<Arns> {
    const arns = new Map<string, string>();
    const pages = paginateListPolicies({ client: this.#client, pageSize: PAGE }, { Scope: "AWS" });
    for await (const { Policies = [] } of pages) {
      for (const { PolicyName, Arn } of Policies) if (PolicyName && Arn) arns.set(PolicyName, Arn);
    }
    return arns;
  }
}
