/** The way of every call: authorisation, latency, throttling, permissions, faults, the operation itself, the log. */
import { randomUUID } from "node:crypto";
import { AwsError, ConnectionReset, REFUSALS } from "./aws-error.ts";
import type { CallLog } from "./controls/call-log.ts";
import type { Faults } from "./controls/faults.ts";
import type { Throttles } from "./controls/throttles.ts";
import { settleAddons } from "./eks/addons/work.ts";
import { principalTags } from "./eks-auth/assume-role.ts";
import { refusedOf } from "./permissions/requirements.ts";
import { policiesOf } from "./permissions/role-policies.ts";
import type { Call, Reply } from "./service.ts";
import { accessKeyOf, type Session, sessionArn } from "./sessions.ts";
import { checkAuthorization } from "./wire/authorization.ts";
import { denied, sessionDenied } from "./wire/denial.ts";
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
    const caller = this.#world.sessions.callerOf(call.authorization);
    if (settings.latencyMs > 0) await clock.sleep(settings.latencyMs);
    throttles.check(call, this.#world.settings);
    if (caller) this.#checkSession(call, caller);
    else {
      this.#checkPermission(call);
      this.#checkCaller(call);
    }
    await faults.strike(call, "before");
    settleAddons(this.#world);
    const before = ledger.revision;
    const result = call.perform(this.#world, caller);
    effect.tookEffect = ledger.revision > before;
    await faults.strike(call, "after");
    return result;
  }

  #checkPermission({ service, operation, parameters }: Call): void {
    const action = `${service}:${operation}`;
    if (!this.#world.settings.deniedActions.includes(action)) return;
    throw denied(this.#world, service, { action, resource: this.#resource(service, parameters) });
  }

  /** By the policies of its key, if a test has given it some. */
  #checkCaller(call: Call): void {
    const world = this.#world;
    const identity = world.settings.callers[accessKeyOf(call.authorization)];
    const refused = identity && refusedOf(world, call, { policies: { identity } });
    if (refused) throw denied(world, call.service, refused);
  }

  /** By the policies of the role that the credentials are of. */
  #checkSession(call: Call, caller: Session): void {
    const world = this.#world;
    const role = [...world.roles.values()].find(({ arn }) => arn === caller.roleArn);
    const tags = principalTags({ ...role?.tags, ...caller.tags });
    const policies = role ? policiesOf(world, role, caller.policy) : { identity: [] };
    const keys = { ...tags, "aws:PrincipalArn": caller.roleArn };
    const refused = refusedOf(world, call, { policies, keys });
    if (refused) throw sessionDenied(call.service, sessionArn(caller), refused);
  }

  #resource(service: Call["service"], parameters: Call["parameters"]): string {
    const { partition, region, id } = this.#world.account;
    const { RoleName, PolicyArn, clusterName } = parameters;
    if (service.startsWith("eks"))
      return `arn:${partition}:eks:${region}:${id}:cluster/${String(clusterName ?? "*")}`;
    if (RoleName !== undefined) return `arn:${partition}:iam::${id}:role/${String(RoleName)}`;
    return String(PolicyArn ?? "*");
  }
}

/** A fault of the emulator itself: loud, because a test would otherwise take it for AWS's. */
function internal({ service, operation }: Call, thrown: unknown): AwsError {
  console.error(`emulator fault in ${service}:${operation}`, thrown);
  return new AwsError(service.startsWith("eks") ? REFUSALS.eks.server : REFUSALS.iam.server);
}
