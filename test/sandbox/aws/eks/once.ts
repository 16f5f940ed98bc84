/** Runs a write once per idempotency token: the same token gets the first answer again and changes nothing. */
import type { World } from "../world.ts";
import type { Parameters } from "./parameters.ts";
import { invalidParameter } from "./refusals.ts";

/** NV: what a token does that comes back with other parameters. */
export function once<T>(world: World, parameters: Parameters, write: () => T): T {
  const { clientRequestToken: token, ...rest } = parameters;
  if (typeof token !== "string") return write();
  const known = world.tokens.find<T>(token, rest);
  if (known && !known.same && world.settings.unverified.tokenReuse === "Refused") {
    throw invalidParameter("clientRequestToken was already used with different parameters");
  }
  if (known) return known.answer;
  const answer = write();
  world.tokens.remember(token, rest, answer);
  return answer;
}
