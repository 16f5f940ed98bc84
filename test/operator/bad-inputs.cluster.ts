/** Every bad input by name, on a genuine API server: refused with a reason and a remedy, and nothing is written to AWS. */
import { expect } from "chai";
import { refused } from "../api/refused.ts";
import { badInputs, guardrails, jsonOf } from "./bad-inputs.ts";
import { type Fixture, manifest, openGuardrail, startFixture, sweeps, until } from "./fixture.ts";

/** Bulk reads, and looks for the agent, go on all the time; whatever else is read, is read for an object. */
const SWEEPS = new Set([
  "ListPodIdentityAssociations",
  "GetAccountAuthorizationDetails",
  "ListRoles",
  "DescribeCluster",
  "DescribeAddon",
]);

const NARROW = "bad-inputs-narrow";
const NONE = "bad-inputs-none";

describe("a bad input", function () {
  this.timeout(240_000);
  let it_: Fixture;
  let done = 0;
  let writes = 0;

  before(async () => {
    it_ = await startFixture({ guardrails: [] });
    for (const name of [NARROW, NONE]) await it_.sandbox.kubectl("create", "namespace", name);
    const open = openGuardrail("open", it_.namespace);
    for (const rail of guardrails(open, NARROW, [it_.namespace, NARROW])) {
      await it_.sandbox.apply(JSON.stringify(rail));
    }
    const known = ["wait", "--for=condition=Ready", "podidentityguardrails", "--all"];
    await it_.sandbox.kubectl(...known, "--timeout=90s");
    // What other files have left in this control plane is looked at, too.
    await it_.sandbox.kubectl("delete", "pia", "--all", "-A", "--timeout=120s");
    await until("the operator has done with it", () => hasNoObject(it_));
  });
  after(async () => {
    await it_.stop();
    console.log(`bad inputs: ${done} refused, ${writes} AWS writes`);
  });
  beforeEach(() => it_.sandbox.aws.resetCalls());
  afterEach(async function () {
    writes += Object.values(it_.effects()).reduce((sum, effects) => sum + effects, 0);
    // Each of the others waits until there is no object.
    if (this.currentTest?.isFailed()) await it_.sandbox.kubectl("delete", "pia", "--all", "-A");
  });

  const namespaceOf = (where: "open" | "narrow" | "none" | "kube-system" = "open") =>
    ({ open: it_.namespace, narrow: NARROW, none: NONE, "kube-system": "kube-system" })[where];

  for (const [index, { what, spec, kind, name = `bad-${index}`, says }] of refused.entries()) {
    it(`is refused at admission: ${what}`, async () => {
      const { stderr, code } = await it_.sandbox.controlPlane.kubectl(["create", "-f", "-"], {
        stdin: JSON.stringify({
          ...manifest(it_.namespace, name, spec),
          ...(kind === undefined ? {} : { kind, metadata: { name } }),
          spec,
        }),
      });
      expect(stderr).to.contain(says);
      expect(code).to.not.equal(0);
      expect(it_.effects()).to.deep.equal({});
      done += 1;
    });
  }

  for (const [index, { what, spec, reason, says, where, roles = [] }] of badInputs.entries()) {
    it(`is refused because it ${what}: ${reason}`, async () => {
      for (const role of roles) it_.sandbox.aws.putRole(role);
      if (roles.length > 0) await sweeps(it_);
      it_.sandbox.aws.resetCalls();
      const [namespace, name] = [namespaceOf(where), `refused-${index}`];
      const made = await it_.sandbox.controlPlane.kubectl(["create", "-f", "-"], {
        stdin: jsonOf(manifest(namespace, name, spec)),
      });
      expect(made.stderr).to.equal("");
      const ready = await it_.untilReady(name, `False ${reason}`, namespace);
      const conditions = ready.status?.conditions ?? [];
      const message = conditions.find(({ type }) => type === "Ready")?.message;
      expect(message).to.contain(says);
      expect(conditions.find(({ type }) => type === "Stalled")?.status).to.equal("True");
      await it_.sandbox.kubectl("delete", "pia", name, "-n", namespace, "--timeout=90s");
      expect(it_.effects()).to.deep.equal({});
      if (isSeenInTheObject(reason)) expect(readsOf(it_)).to.deep.equal([]);
      await until("the operator has done with it", () => hasNoObject(it_));
      done += 1;
    });
  }
});

/** What the object and the guardrails alone show needs no call at all. */
function isSeenInTheObject(reason: string): boolean {
  return /Allowed$|^NoGuardrail|^Action|^TooMany|Mismatch$|^Policy|^Placeholder|Required$/.test(
    reason,
  );
}

/** What it still reads for one that is gone would be taken for a read of the next. */
async function hasNoObject({ operator }: Fixture): Promise<boolean> {
  const metrics = await (await fetch(`${operator.probes}/metrics`)).text();
  const isIdle = /^podidentity_reconciles_running{controller="PodIdentityAssociation"} 0$/m;
  return (
    isIdle.test(metrics) && !/^podidentity_objects{kind="PodIdentityAssociation"/m.test(metrics)
  );
}

function readsOf({ sandbox }: Fixture): readonly string[] {
  return sandbox.aws
    .calls()
    .filter(({ operation }) => !SWEEPS.has(operation) && operation !== "ListPolicies")
    .filter(({ operation }) => operation !== "DescribePodIdentityAssociation")
    .map(({ operation }) => operation);
}
