/** What an EKSAddon's status says in each state, and who may have an add-on. */
import { expect } from "chai";
import type { EksAddon, EksAddonStatus } from "../../src/api/eks-addon.ts";
import { addonStatus, addonStatusWithDefault } from "../../src/api/eks-addon-status.ts";
import { addonRival } from "../../src/plan/addon-claims.ts";
import { planAddon } from "../../src/plan/addon-plan.ts";
import {
  type AddonEnding,
  addonStatusOf,
  suspendedAddonStatus,
} from "../../src/plan/addon-status.ts";
import { usersOf } from "../../src/plan/claims.ts";
import { Failure, type Outcome } from "../../src/plan/outcome.ts";
import {
  addonOf,
  addonSpec,
  addonTags,
  CNI_POLICY,
  CNI_ROLE,
  catalogue,
  inAddon,
  OTHER_ROLE,
  seen,
  VERSION,
  wantedAddon,
} from "./addon-examples.ts";
import { cluster } from "./examples.ts";

const moment = { generation: 1, cluster, now: "2026-01-01T00:00:00Z" };
const desired = wantedAddon({
  identities: [{ serviceAccountName: "aws-node", roleArn: CNI_ROLE }],
});
const resolved = {
  version: VERSION,
  available: "v1.20.0-eksbuild.1",
  entry: catalogue.versions[1],
};
const associations = [inAddon("aws-node", CNI_ROLE), inAddon("other", OTHER_ROLE, {})];
const whole = { desired, resolved, seen: seen(addonOf({ associations })) };
const SETTLED: Outcome = { kind: "settled" };
const fails = (reason: string, kind: "never" | "sweep" | "backoff"): Outcome => ({
  kind: "failed",
  failure: new Failure(reason, "why", { kind }),
});
const waits = (reason: string): Outcome => ({
  kind: "waiting",
  reason,
  message: "soon",
  checkAfterMs: 1,
});
const ended = (ending: AddonEnding, before?: EksAddonStatus) =>
  addonStatusOf(before, ending, moment);
const todo = planAddon(desired, seen(undefined), 1);
const actions = "actions" in todo ? todo.actions : [];
const ready = ended({ ...whole, outcome: SETTLED, updateId: "u-1" });

describe("the conditions of an EKSAddon", () => {
  const rows: [string, EksAddonStatus, Readonly<Record<string, string>>][] = [
    ["fresh", addonStatusWithDefault.parse(undefined), { Ready: "Unknown Pending" }],
    ["all is as wanted", ready, { Ready: "True Reconciled" }],
    [
      "EKS is installing",
      ended({ ...whole, outcome: waits("AddonCreating") }),
      { Ready: "False AddonCreating", Reconciling: "True AddonCreating" },
    ],
    [
      "the user must act",
      ended({ outcome: fails("AddonUnknown", "never") }),
      { Ready: "False AddonUnknown", Stalled: "True AddonUnknown" },
    ],
    [
      "EKS finds it degraded",
      ended({ ...whole, outcome: fails("AddonDegraded", "sweep") }),
      { Ready: "False AddonDegraded", Stalled: "True AddonDegraded" },
    ],
    [
      "AWS has an outage",
      ended({ outcome: fails("AWSUnavailable", "backoff") }, ready),
      { Ready: "False AWSUnavailable", Reconciling: "True AWSUnavailable" },
    ],
    [
      "mode Plan has something to do",
      ended({ ...whole, outcome: SETTLED, planned: actions }),
      { Ready: "Unknown Planned" },
    ],
    [
      "mode Plan has nothing to do",
      ended({ ...whole, outcome: SETTLED, planned: [] }),
      { Ready: "True Reconciled" },
    ],
    [
      "it is suspended",
      suspendedAddonStatus(ready, moment),
      { Ready: "True Reconciled", Suspended: "True Suspended" },
    ],
    [
      "it is the agent on EKS Auto Mode",
      ended({ outcome: SETTLED, isBuiltIn: true }),
      { Ready: "True AgentBuiltIn" },
    ],
  ];
  for (const [state, status, expected] of rows) {
    it(`say so when ${state}`, () => {
      const shown = (status.conditions ?? []).map(({ type, status: is, reason }) => [
        type,
        `${is} ${reason}`,
      ]);
      expect(Object.fromEntries(shown)).to.deep.equal(expected);
      expect(() => addonStatus.parse(status)).not.to.throw();
    });
  }
});

describe("the status of an EKSAddon", () => {
  it("has version, newer version, EKS's status, and identities of its own and of others", () =>
    expect(ready).to.deep.include({
      version: VERSION,
      availableVersion: "v1.20.0-eksbuild.1",
      addonStatus: "ACTIVE",
      requiresIamPermissions: true,
      identitySummary: "1/1",
      updateId: "u-1",
      identities: [
        {
          serviceAccountName: "aws-node",
          roleArn: CNI_ROLE,
          associationArn: associations[0]?.arn,
          recommendedPolicies: [CNI_POLICY],
        },
        { serviceAccountName: "other", roleArn: OTHER_ROLE, associationArn: associations[1]?.arn },
      ],
    }));

  it("does not count an association that has another role", () => {
    const pointsElsewhere = seen(addonOf({ associations: [inAddon("aws-node", OTHER_ROLE)] }));
    const { identitySummary, identities } = ended({
      ...whole,
      seen: pointsElsewhere,
      outcome: SETTLED,
    });
    expect(identitySummary).to.equal("0/1");
    expect(identities?.[0]).to.not.have.property("associationArn");
  });

  it("says nothing of an add-on that is not its own", () => {
    const theirs = seen(addonOf({ associations, tags: {} }));
    const status = ended({ ...whole, seen: theirs, outcome: fails("AddonConflict", "sweep") });
    expect(status).to.not.have.any.keys("addonArn", "addonStatus");
    expect(status.identitySummary).to.equal("0/1");
  });

  it("shows the calls of mode Plan as they would be sent", () => {
    const [call] = ended({ ...whole, outcome: SETTLED, planned: actions }).plannedActions ?? [];
    expect(call).to.deep.include({ call: "eks:CreateAddon" });
    expect(call?.parameters).to.deep.include({ addonName: "vpc-cni", addonVersion: VERSION });
  });

  it("keeps what was known through an outage, and does not change with a second look", () => {
    const outage = { outcome: fails("AWSUnavailable", "backoff") };
    expect(ended(outage, ready)).to.deep.include({ addonArn: ready.addonArn, updateId: "u-1" });
    const later = addonStatusOf(ready, { ...whole, outcome: SETTLED }, { ...moment, now: "later" });
    expect(later).to.deep.equal(ready);
  });
});

describe("a role", () => {
  const arn = OTHER_ROLE;
  const user = (more: object): EksAddon => ({
    metadata: { name: "cni", uid: "1" },
    spec: addonSpec(),
    status: { identities: [{ serviceAccountName: "aws-node", roleArn: arn, ...more }] },
  });
  const users = (addon: EksAddon, owner = "2") =>
    usersOf(arn, { metadata: { name: "x", uid: owner } }, { all: [], addons: [addon], cluster });

  it("is in use while an add-on has it", () =>
    expect(users(user({ associationArn: "arn:a" }))).to.deep.equal(["EKSAddon cni"]));

  it("is not in use by an add-on that does not have it yet, or whose own it is", () => {
    expect(users(user({}))).to.deep.equal([]);
    expect(users(user({ associationArn: "arn:a" }), "1")).to.deep.equal([]);
  });
});

describe("of two EKSAddons for one add-on", () => {
  const object = (name: string, creationTimestamp: string, more: object = {}): EksAddon => ({
    metadata: { name, creationTimestamp, ...more },
    spec: addonSpec(),
  });
  const older = object("older", "2026-01-01T00:00:00Z");
  const younger = object("cni", "2026-01-02T00:00:00Z");
  const leaving = object("older", "2026-01-01T00:00:00Z", { deletionTimestamp: "x" });
  const other = { ...older, spec: addonSpec({ addonName: "coredns" }) };
  const rival = (one: EksAddon, all: EksAddon[], tags?: Readonly<Record<string, string>>) =>
    addonRival(one, { owner: desired.owner, addon: tags && addonOf({ tags }), all })?.reason;

  const rows: [string, string | undefined, string | undefined][] = [
    ["the younger steps back", rival(younger, [older, younger]), "DuplicateClaim"],
    ["the older goes on", rival(older, [older, younger]), undefined],
    [
      "the younger keeps what its tags prove its own",
      rival(younger, [older], addonTags),
      undefined,
    ],
    ["the younger goes on when the older leaves", rival(younger, [leaving]), undefined],
    ["another add-on is in nobody's way", rival(younger, [other]), undefined],
  ];
  for (const [what, found, expected] of rows) it(what, () => expect(found).to.equal(expected));
});
