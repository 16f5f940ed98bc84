/** An operator that is killed before or after any write for an EKSAddon: the next one ends where an undisturbed one does. */
import { expect } from "chai";
import { startOperator } from "../sandbox/operator.ts";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { type AddonFixture, addonState, roleArn, startAddonFixture } from "./addon-fixture.ts";
import { ADDON_PACE } from "./addons.ts";
import { QUICK, sweeps, until } from "./fixture.ts";

const ADDON = "aws-efs-csi-driver";
const CONTROLLER = "efs-csi-controller-sa";
const NODE = "efs-csi-node-sa";
const own = { role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] } };
const installed = {
  addonName: ADDON,
  configurationValues: { useFIPS: true },
  identities: [
    { serviceAccountName: CONTROLLER, ...own },
    { serviceAccountName: NODE, recommended: true },
  ],
};

interface Scenario {
  readonly what: string;
  /** What is there before. */
  readonly prepare: (it_: AddonFixture) => Promise<void>;
  readonly act: (it_: AddonFixture) => Promise<void>;
  readonly ends: (it_: AddonFixture) => Promise<unknown>;
}

const isReady = (it_: AddonFixture) => it_.untilReady("efs", "True Reconciled");
const isGone = (it_: AddonFixture) =>
  until("it is gone", async () => (await it_.get("efs")) === undefined);
const isInstalled = async (it_: AddonFixture) => {
  await it_.apply("efs", installed);
  await isReady(it_);
};
const isSomebodys = async ({ aws }: AddonFixture) => {
  const identities = [CONTROLLER, NODE].map((serviceAccount) => ({
    serviceAccount,
    roleArn: roleArn("foreign"),
  }));
  aws.putAddon({ cluster: CLUSTER_NAME, name: ADDON, identities });
};
const remove = async ({ base }: AddonFixture) => {
  await base.sandbox.kubectl("delete", "eksaddon", "efs", "--wait=false");
};

const SCENARIOS: readonly Scenario[] = [
  {
    what: "is installed",
    prepare: async () => undefined,
    act: (it_) => it_.apply("efs", installed),
    ends: isReady,
  },
  {
    what: "gets other identities",
    prepare: isInstalled,
    act: (it_) =>
      it_.apply("efs", {
        addonName: ADDON,
        tags: { team: "a" },
        identities: [
          { serviceAccountName: CONTROLLER, roleArn: roleArn("named") },
          { serviceAccountName: NODE, ...own },
        ],
      }),
    ends: isReady,
  },
  {
    what: "is taken over",
    prepare: isSomebodys,
    act: (it_) =>
      it_.apply("efs", {
        addonName: ADDON,
        adoptionPolicy: "Addon",
        identities: [{ serviceAccountName: CONTROLLER, ...own }],
      }),
    ends: isReady,
  },
  { what: "is deleted", prepare: isInstalled, act: remove, ends: isGone },
  {
    what: "is let go with its software",
    prepare: async (it_) => {
      await it_.apply("efs", { ...installed, deletionPolicy: "Preserve" });
      await isReady(it_);
    },
    act: remove,
    ends: isGone,
  },
];

describe("an EKSAddon whose operator is killed", function () {
  this.timeout(FIRST_BUILD_MS);
  let it_: AddonFixture;

  before(async () => {
    it_ = await startAddonFixture({ aws: { settings: { addonLagMs: 100 } } });
    clean();
    await sweeps(it_.base);
  });
  after(() => it_.stop());

  /** AWS as it is before each run. */
  function clean(): void {
    const { aws } = it_;
    for (const { associationId: id } of aws.state().associations) {
      aws.deleteAssociation({ cluster: CLUSTER_NAME, id });
    }
    for (const { name } of aws.state().roles) aws.deleteRole({ name });
    for (const name of ["foreign", "named"]) aws.putRole({ name });
  }

  async function run({ prepare, act, ends }: Scenario, during: () => Promise<void>) {
    const { aws } = it_;
    await prepare(it_);
    if (await it_.get("efs")) await it_.looks(ADDON);
    aws.resetCalls();
    await Promise.all([act(it_), during()]);
    await ends(it_);
    const ended = { state: addonState(aws), effects: it_.base.effects() };
    const writes = aws.calls().filter(({ tookEffect }) => tookEffect);
    if (await it_.get("efs")) await it_.remove("efs");
    clean();
    await sweeps(it_.base);
    return { ...ended, operations: writes.map(({ operation }) => operation) };
  }

  for (const scenario of SCENARIOS) {
    it(`at any moment while it ${scenario.what} has nothing lost and nothing twice`, async () => {
      const { operations, ...undisturbed } = await run(scenario, async () => undefined);
      expect(operations.length).to.be.greaterThan(1);
      for (const [at, operation] of operations.entries()) {
        const skip = operations.slice(0, at).filter((one) => one === operation).length;
        for (const when of ["before", "after"] as const) {
          const { operations: _, ...disturbed } = await run(scenario, async () => {
            const fault = { operation, skip, when, times: 1, answer: "hang" } as const;
            await it_.aws.untilHit({ id: it_.aws.addFault(fault), hits: 1 });
            await it_.base.operator.kill();
            it_.aws.clearFaults();
            it_.base.operator = await startOperator({
              ...it_.base.sandbox.environment,
              ...QUICK,
              ...ADDON_PACE,
            });
          });
          const moment = `killed ${when} ${operation} ${skip + 1}`;
          expect(disturbed.state, moment).to.deep.equal(undisturbed.state);
          expect(disturbed.effects, moment).to.deep.equal(undisturbed.effects);
        }
      }
    });
  }
});
