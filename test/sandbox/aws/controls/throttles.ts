/** Token buckets, one per API family, as AWS throttles: a burst, then a steady rate. */
import { AwsError, REFUSALS } from "../aws-error.ts";
import type { Clock } from "../clock.ts";
import { type Call, isRead } from "../service.ts";
import type { Family, Settings } from "../settings.ts";

export function familyOf({ service, operation }: Pick<Call, "service" | "operation">): Family {
  if (service === "sts" || service === "s3" || service === "eks-auth") return service;
  return `${service}-${isRead(operation) ? "read" : "write"}`;
}

interface Level {
  readonly tokens: number;
  readonly at: number;
}

export class Throttles {
  readonly #clock: Clock;
  readonly #levels = new Map<Family, Level>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws AwsError if the family's bucket is empty */
  check(call: Call, { throttles }: Settings): void {
    const family = familyOf(call);
    const bucket = throttles[family];
    if (!bucket) {
      this.#levels.delete(family);
      return;
    }
    const at = this.#clock.now();
    const level = this.#levels.get(family) ?? { tokens: bucket.burst, at };
    const refilled = level.tokens + ((at - level.at) / 1000) * bucket.callsPerSecond;
    const tokens = Math.min(bucket.burst, refilled);
    if (tokens < 1) {
      this.#levels.set(family, { tokens, at });
      throw new AwsError(
        call.service === "eks" ? REFUSALS.eks.tooManyRequests : REFUSALS.iam.throttling,
      );
    }
    this.#levels.set(family, { tokens: tokens - 1, at });
  }
}
