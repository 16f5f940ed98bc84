/** The way of every call: authorisation, latency, throttling, permissions, faults, the operation itself, the log. */
import { randomUUID } from "node:crypto";
import { AwsError, ConnectionReset, REFUSALS } from "./aws-error.ts";
import type { CallLog } from "./controls/call-log.ts";
import type { Faults } from "./controls/faults.ts";
import type { Throttles } from "./controls/throttles.ts";
import type { Call, Reply } from "./service.ts";
import { checkAuthorization } from "./wire/authorization.ts";
import { denied } from "./wire/denial.ts";
import type { World } from "./world.ts";

export class Gateway {
  readonly #world: World;
  readonly #controls: {
    readonly faults: Faults;
    readonly throttles: Throttles;
    readonly log: CallLog;
  };

  constructor(
    world: World,
    controls: { readonly faults: Faults; readonly throttles: Throttles; readonly log: CallLog },
  ) {
    this.#world = world;
    this.#controls = controls;
  }

  /** "reset": the connection is to be cut. */
  async serve(call: Call): Promise<Reply | "reset"> {
    const { log } = this.#controls;
    const at = this.#world.clock.now();
    const requestId = randomUUID();
    const effect = { tookEffect: false };
    try {
      const result = await this.#carryOut(call, effect);
      log.add(call, at, { status: 200, ...effect });
      return call.answer(result, requestId);
    } catch (thrown) {
      if (thrown instanceof ConnectionReset) {
        log.add(call, at, { status: 0, error: "ConnectionReset", ...effect });
        return "reset";
      }
      const error = thrown instanceof AwsError ? thrown : internal(call, thrown);
      log.add(call, at, { status: error.status, error: error.code, ...effect });
      return call.refuse(error, requestId);
    }
  }

  async #carryOut(call: Call, effect: { tookEffect: boolean }): Promise<unknown> {
    const { faults, throttles } = this.#controls;
    const { settings, clock, ledger } = this.#world;
    checkAuthorization(call, this.#world);
    if (settings.latencyMs > 0) await clock.sleep(settings.latencyMs);
    throttles.check(call, this.#world.settings);
    this.#checkPermission(call);
    await faults.strike(call, "before");
    const before = ledger.revision;
    const result = call.perform(this.#world);
    effect.tookEffect = ledger.revision > before;
    await faults.strike(call, "after");
    return result;
  }

  #checkPermission({ service, operation, parameters }: Call): void {
    const action = `${service}:${operation}`;
    if (!this.#world.settings.deniedActions.includes(action)) return;
    throw denied(this.#world, service, { action, resource: this.#resource(service, parameters) });
  }

  #resource(service: Call["service"], parameters: Call["parameters"]): string {
    const { partition, region, id } = this.#world.account;
    const { RoleName, PolicyArn, clusterName } = parameters;
    if (service === "eks")
      return `arn:${partition}:eks:${region}:${id}:cluster/${String(clusterName ?? "*")}`;
    if (RoleName !== undefined) return `arn:${partition}:iam::${id}:role/${String(RoleName)}`;
    return String(PolicyArn ?? "*");
  }
}

/** A fault of the emulator itself: loud, because a test would otherwise take it for AWS's. */
function internal({ service, operation }: Call, thrown: unknown): AwsError {
  console.error(`emulator fault in ${service}:${operation}`, thrown);
  return new AwsError(service === "eks" ? REFUSALS.eks.server : REFUSALS.iam.server);
}
