/** Plans of add-ons as tables: what is wanted, what is there, what has to be done. */
import { expect } from "chai";
import type { EksAddonSpec } from "../../src/api/eks-addon.ts";
import { isOutside } from "../../src/plan/addon-ownership.ts";
import { planAddon } from "../../src/plan/addon-plan.ts";
import { addonFailure } from "../../src/plan/addon-state.ts";
import { addonTeardown } from "../../src/plan/addon-teardown.ts";
import { asFailure } from "../../src/plan/outcome.ts";
import {
  addonOf,
  addonTags,
  CNI_POLICY,
  CNI_ROLE,
  inAddon,
  OTHER_ROLE,
  seen,
  seenRole,
  sent,
  step,
  steps,
  VERSION,
  wantedAddon,
} from "./addon-examples.ts";
import { cluster } from "./examples.ts";

const named = (roleArn: string, serviceAccountName = "aws-node") => ({
  identities: [{ serviceAccountName, roleArn }],
});
const recommended = wantedAddon({
  identities: [{ serviceAccountName: "aws-node", recommended: true }],
});
const own = wantedAddon({
  identities: [{ serviceAccountName: "aws-node", role: { managedPolicies: [CNI_POLICY] } }],
});
const roleIn = ({ identities }: typeof own) => {
  const role = identities?.[0]?.role;
  if (!role) throw new Error("it wants no role");
  return role;
};
const shared = seenRole(roleIn(recommended), { tags: { "podidentity.io/shared": "true" } });
const ownRole = seenRole(roleIn(own));
const somebody = { "podidentity.io/owner": "arn:other", "podidentity.io/installation": "x" };

describe("the plan of an add-on", () => {
  it("installs it with version, configuration, namespace, tags and identities in one call", () => {
    const spec = { configurationValues: { a: 1 }, namespace: "net", tags: { team: "x" } };
    const create = step(
      "CreateAddon",
      wantedAddon({ ...spec, ...named(CNI_ROLE) }),
      seen(undefined),
    );
    expect(create).to.deep.equal({
      type: "CreateAddon",
      name: "vpc-cni",
      version: VERSION,
      configuration: '{"a":1}',
      namespace: "net",
      resolveConflicts: "NONE",
      tags: { team: "x", ...addonTags },
      identities: [{ serviceAccount: "aws-node", roleArn: CNI_ROLE }],
    });
  });

  const differences: [string, Partial<EksAddonSpec>, Parameters<typeof addonOf>[0], string[]][] = [
    ["nothing differs", {}, {}, []],
    ["its version differs", {}, { version: "v1.9.3-eksbuild.2" }, ["UpdateAddon"]],
    ["its configuration differs", { configurationValues: { a: 1 } }, {}, ["UpdateAddon"]],
    [
      "its configuration differs in form alone",
      { configurationValues: { a: 1, b: [true] } },
      { configuration: ' {"b": [true], "a": 1}' },
      [],
    ],
    ["an empty configuration is asked for and there is none", { configurationValues: {} }, {}, []],
    [
      "its configuration is no JSON",
      { configurationValues: { a: 1 } },
      { configuration: "a: 1" },
      ["UpdateAddon"],
    ],
    ["no configuration is asked for", {}, { configuration: '{"a":1}' }, []],
    ["a tag is missing", { tags: { team: "x" } }, {}, ["TagAddon"]],
    ["there is a tag too many", {}, { tags: { ...addonTags, x: "y" } }, ["UntagAddon"]],
    ["EKS installs it", { tags: { team: "x" } }, { status: "CREATING" }, ["AddonCreating"]],
    ["EKS updates it", { tags: { team: "x" } }, { status: "UPDATING" }, ["AddonUpdating"]],
    ["EKS deletes it", {}, { status: "DELETING" }, ["AddonDeleting"]],
    ["it could not be installed", {}, { status: "CREATE_FAILED" }, ["UpdateAddon"]],
    ["it could not be updated", {}, { status: "UPDATE_FAILED" }, ["UpdateAddon"]],
    ["it is degraded", {}, { status: "DEGRADED" }, ["AddonDegraded"]],
    ["it is degraded and old", {}, { status: "DEGRADED", version: "v1" }, ["UpdateAddon"]],
    ["it could not be deleted", {}, { status: "DELETE_FAILED" }, ["AddonFailed"]],
  ];
  for (const [situation, spec, changes, expected] of differences) {
    it(`does ${expected.join(", ") || "nothing"} where ${situation}`, () =>
      expect(steps(wantedAddon(spec), seen(addonOf(changes)))).to.deep.equal(expected));
  }

  it("sends the way to resolve conflicts with each update, and only what differs", () => {
    const desired = wantedAddon({ resolveConflicts: "Preserve" });
    expect(step("UpdateAddon", desired, seen(addonOf({ version: "v1.9.3" })))).to.deep.equal({
      type: "UpdateAddon",
      name: "vpc-cni",
      version: VERSION,
      resolveConflicts: "PRESERVE",
      configuration: undefined,
      identities: undefined,
    });
  });

  it("sends the configuration that is there with each update, lest EKS forget it", () => {
    const addon = addonOf({ version: "v1.9.3", configuration: "a: 1" });
    expect(step("UpdateAddon", wantedAddon(), seen(addon))?.configuration).to.equal("a: 1");
  });

  it("does not ask EKS to preserve anything when it installs", () => {
    const desired = wantedAddon({ resolveConflicts: "Preserve" });
    expect(step("CreateAddon", desired, seen(undefined))?.resolveConflicts).to.equal("NONE");
  });
});

describe("the identities that are sent", () => {
  const mine = inAddon("aws-node", CNI_ROLE);
  const theirs = inAddon("other", OTHER_ROLE, { team: "network" });
  const rows: [string, Partial<EksAddonSpec>, (typeof mine)[], string[] | undefined][] = [
    ["none, where the spec names none", {}, [mine, theirs], undefined],
    ["none, where all are as wanted", named(CNI_ROLE), [mine], undefined],
    ["none, where others are there besides", named(CNI_ROLE), [mine, theirs], undefined],
    [
      "what somebody else gave the add-on together with what is wanted",
      named(CNI_ROLE),
      [theirs],
      [`other ${OTHER_ROLE}`, `aws-node ${CNI_ROLE}`],
    ],
    [
      "another role for the same ServiceAccount",
      named(OTHER_ROLE),
      [mine, theirs],
      [`other ${OTHER_ROLE}`, `aws-node ${OTHER_ROLE}`],
    ],
    [
      "all but ours that left the spec",
      named(CNI_ROLE, "aws-node-helper"),
      [mine, theirs],
      [`other ${OTHER_ROLE}`, `aws-node-helper ${CNI_ROLE}`],
    ],
    ["an empty list, where the spec has one", { identities: [] }, [mine, theirs], []],
    [
      "none, where an empty list is asked for and there are none",
      { identities: [] },
      [],
      undefined,
    ],
  ];
  for (const [what, spec, associations, expected] of rows) {
    it(`are ${what}`, () =>
      expect(sent(wantedAddon(spec), seen(addonOf({ associations })))).to.deep.equal(expected));
  }

  it("are not sent when only tags of an association differ", () => {
    const associations = [inAddon("aws-node", CNI_ROLE, {})];
    const desired = wantedAddon(named(CNI_ROLE));
    expect(steps(desired, seen(addonOf({ associations })))).to.deep.equal(["TagAssociation"]);
  });

  for (const status of ["CREATING", "UPDATING", "CREATE_FAILED", "UPDATE_FAILED"]) {
    it(`get our tags as soon as EKS has made them, also while the add-on is ${status}`, () => {
      const associations = [inAddon("aws-node", CNI_ROLE, {})];
      const around = seen(addonOf({ associations, status }));
      expect(steps(wantedAddon(named(CNI_ROLE)), around)[0]).to.equal("TagAssociation");
    });
  }

  it("leave out one without tags that has a role of ours which left the spec", () => {
    const associations = [inAddon("aws-node-helper", ownRole.arn, {}), theirs];
    const around = seen(addonOf({ associations }), { formerRoles: [ownRole] });
    expect(sent(wantedAddon(named(CNI_ROLE)), around)).to.deep.equal([
      `other ${OTHER_ROLE}`,
      `aws-node ${CNI_ROLE}`,
    ]);
  });

  it("are not sent while EKS does not show one that the add-on has", () => {
    const around = seen(addonOf({ unread: ["a-new"] }));
    expect(steps(wantedAddon(named(CNI_ROLE)), around)).to.deep.equal(["ConcurrentModification"]);
    expect(steps(wantedAddon(), around)).to.deep.equal([]);
  });

  it("are not taken away from another installation by an empty list", () => {
    const around = seen(addonOf({ associations: [mine, inAddon("other", OTHER_ROLE, somebody)] }));
    expect(steps(wantedAddon({ identities: [] }), around)).to.deep.equal(["AssociationConflict"]);
  });

  it("get our tags only when the role is as wanted", () => {
    const associations = [inAddon("aws-node", OTHER_ROLE, {})];
    const desired = wantedAddon(named(CNI_ROLE));
    expect(steps(desired, seen(addonOf({ associations })))).to.deep.equal(["UpdateAddon"]);
  });
});

describe("whose an add-on is", () => {
  const rows: [string, object, boolean, string[]][] = [
    ["nobody's", {}, false, ["AddonConflict"]],
    ["nobody's, and may be taken over", {}, true, ["TagAddon"]],
    ["retained", { "podidentity.io/retained-from": cluster.arn }, false, ["AddonConflict"]],
    ["another installation's", somebody, true, ["AddonConflict"]],
    [
      "another EKSAddon's",
      { ...addonTags, "podidentity.io/resource": "EKSAddon/other" },
      true,
      ["DuplicateClaim"],
    ],
  ];
  for (const [whose, tags, adopts, expected] of rows) {
    it(`decides: ${whose}`, () => {
      const desired = wantedAddon({ adoptionPolicy: adopts ? "Addon" : "Never" });
      const addon = addonOf({ tags: tags as Record<string, string> });
      expect(steps(desired, seen(addon))).to.deep.equal(expected);
    });
  }

  it("lets one that was left behind be taken over", () => {
    const addon = addonOf({ tags: { ...addonTags, "podidentity.io/resource": "EKSAddon/gone" } });
    const around = seen(addon, { abandonedBy: ["EKSAddon/gone"] });
    expect(steps(wantedAddon({ adoptionPolicy: "Addon" }), around)).to.deep.equal(["TagAddon"]);
  });

  it("changes nothing but tags of what was made with the cluster and is as the spec says", () => {
    const associations = [inAddon("aws-node", CNI_ROLE, {})];
    const desired = wantedAddon({ ...named(CNI_ROLE), adoptionPolicy: "Addon" });
    const around = seen(addonOf({ associations, tags: {} }));
    expect(steps(desired, around)).to.deep.equal(["TagAddon", "TagAssociation"]);
  });

  it("is a conflict where it is in another namespace than the spec's", () =>
    expect(steps(wantedAddon({ namespace: "net" }), seen(addonOf()))).to.deep.equal([
      "AddonConflict",
    ]));
});

describe("associations that stand in the way", () => {
  const desired = wantedAddon(named(CNI_ROLE));
  const alien = { ...inAddon("aws-node", OTHER_ROLE, { team: "x" }), ownerArn: undefined };

  it("outside the add-on are named with id and tags, before anything is done", () => {
    const around = seen(undefined, { outside: [alien] });
    expect(steps(own, around)).to.deep.equal(["AssociationConflict"]);
    expect(conflictMessage(own, around)).to.contain("a-aws-node").and.contain("team=x");
  });

  const places: [
    string,
    ReturnType<typeof inAddon>,
    ReturnType<typeof addonOf> | undefined,
    boolean,
  ][] = [
    ["nobody's, before the add-on is there", alien, undefined, true],
    ["nobody's, beside the add-on", alien, addonOf(), true],
    ["of an add-on that was there before", inAddon("aws-node", OTHER_ROLE), undefined, true],
    [
      "of the add-on itself, which does not show it yet",
      inAddon("x", OTHER_ROLE),
      addonOf(),
      false,
    ],
  ];
  for (const [whose, association, there, expected] of places) {
    it(`are ${expected ? "outside" : "inside"}: ${whose}`, () =>
      expect(isOutside(association, there)).to.equal(expected));
  }

  it("of a PodIdentityAssociation name it", () => {
    const tags = { ...addonTags, "podidentity.io/resource": "kube-system/cni" };
    const outside = [{ ...inAddon("aws-node", OTHER_ROLE, tags), ownerArn: undefined }];
    const message = conflictMessage(desired, seen(addonOf(), { outside }));
    expect(message).to.contain("PodIdentityAssociation kube-system/cni").and.contain("a-aws-node");
  });

  it("inside the add-on are left alone where another installation has tagged them", () => {
    const associations = [inAddon("aws-node", OTHER_ROLE, somebody)];
    expect(steps(desired, seen(addonOf({ associations })))).to.deep.equal(["AssociationConflict"]);
  });
});

function conflictMessage(...[wanted, around]: Parameters<typeof steps>): string {
  const todo = planAddon(wanted, around, 10_000);
  return "conflict" in todo ? todo.conflict.message : "";
}

describe("a recommended role", () => {
  const account = seen(addonOf());
  const rows: [string, ReturnType<typeof seen>, string[]][] = [
    [
      "is made where there is none",
      account,
      ["CreateRole", "AttachPolicy", "TagRole", "UpdateAddon"],
    ],
    ["is used as it stands", seen(addonOf(), { roles: [shared] }), ["UpdateAddon"]],
    [
      "is used as it stands, though nobody has tagged it",
      seen(addonOf(), { roles: [{ ...shared, tags: {} }] }),
      ["UpdateAddon"],
    ],
    [
      "is finished where an operator was killed",
      seen(addonOf(), {
        roles: [seenRole(roleIn(recommended), { managedPolicyArns: [] })],
      }),
      ["AttachPolicy", "TagRole", "UpdateAddon"],
    ],
    [
      "is not used where it lacks a policy",
      seen(addonOf(), { roles: [{ ...shared, managedPolicyArns: [] }] }),
      ["RecommendedRoleUnsuitable"],
    ],
    [
      "is not used where it has one policy more",
      seen(addonOf(), { roles: [{ ...shared, managedPolicyArns: [CNI_POLICY, "arn:x"] }] }),
      ["RecommendedRoleUnsuitable"],
    ],
    [
      "is not used where it has an inline policy",
      seen(addonOf(), { roles: [{ ...shared, inlinePolicies: { p: "hash" } }] }),
      ["RecommendedRoleUnsuitable"],
    ],
    [
      "is not used where its trust policy shuts the ServiceAccount out",
      seen(addonOf(), { roles: [shared], shutOut: new Map([[shared.name.toLowerCase(), "no"]]) }),
      ["RecommendedRoleUnsuitable"],
    ],
  ];
  for (const [what, around, expected] of rows) {
    it(what, () => expect(steps(recommended, around)).to.deep.equal(expected));
  }

  it("has the console's name, no owner, no cluster in its trust, and is marked until it is whole", () => {
    const { name, path, tags, trustPolicy, managedPolicyArns } = roleIn(recommended);
    expect({ name, path, tags, managedPolicyArns }).to.deep.equal({
      name: "AmazonEKSPodIdentityAmazonVPCCNIRole",
      path: "/",
      tags: { "podidentity.io/shared": "pending" },
      managedPolicyArns: [CNI_POLICY],
    });
    expect(trustPolicy).to.contain("aws-node").and.not.to.contain(cluster.name);
    expect(step("TagRole", recommended, account)?.tags).to.deep.equal({
      "podidentity.io/shared": "true",
    });
  });

  it("keeps the path that it has", () => {
    const arn = "arn:aws:iam::111122223333:role/service-role/AmazonEKSPodIdentityAmazonVPCCNIRole";
    const around = seen(addonOf(), { roles: [{ ...shared, arn }] });
    expect(sent(recommended, around)).to.deep.equal([`aws-node ${arn}`]);
  });

  it("is for you to make where the operator makes none", () => {
    const identities = [{ serviceAccountName: "aws-node", recommended: true }];
    const desired = wantedAddon({ identities }, { manageRoles: false });
    expect(steps(desired, account)).to.deep.equal(["ManagedRolesDisabled"]);
    expect(conflictMessage(desired, account)).to.contain(CNI_POLICY).and.contain(shared.name);
    expect(steps(desired, seen(addonOf(), { roles: [shared] }))).to.deep.equal(["UpdateAddon"]);
  });

  it("of an add-on that the console has no name for is cut to 64 characters, told by a hash", () => {
    const known = [{ serviceAccount: "s".repeat(60), policies: [CNI_POLICY] }];
    const [identity] = wantedAddon({ recommendedIdentities: true }, { known }).identities ?? [];
    expect(identity?.role?.name).to.match(/^AmazonEKSPodIdentity-vpc-cni-s+-[0-9a-f]{10}$/);
    expect(identity?.role?.name).to.have.length(64);
  });
});

describe("a role of an add-on's own", () => {
  const pointed = addonOf({ associations: [inAddon("aws-node", ownRole.arn)] });
  const former = seenRole(roleIn(own), { name: "former", arn: OTHER_ROLE });

  it("is named after object and ServiceAccount, and carries our tags", () => {
    const { name, tags, path } = roleIn(own);
    expect(name).to.match(/^EKSAddon-cni-aws-node-[0-9a-f]{10}$/);
    expect({ tags, path }).to.deep.equal({ tags: addonTags, path: "/podidentity/" });
  });

  const rows: [string, Parameters<typeof steps>, string[]][] = [
    [
      "is made before the add-on needs it",
      [own, seen(undefined)],
      ["CreateRole", "AttachPolicy", "CreateAddon"],
    ],
    ["is left alone where it is as wanted", [own, seen(pointed, { roles: [ownRole] })], []],
    [
      "is repaired, what it gains first and what it loses last",
      [own, seen(pointed, { roles: [{ ...ownRole, managedPolicyArns: ["arn:x"] }] })],
      ["AttachPolicy", "DetachPolicy"],
    ],
    [
      "loses what was not granted before the add-on gets it",
      [own, seen(addonOf(), { roles: [{ ...ownRole, managedPolicyArns: ["arn:x"] }] })],
      ["DetachPolicy", "AttachPolicy", "UpdateAddon"],
    ],
    [
      "goes when nobody needs it any more",
      [own, seen(pointed, { roles: [ownRole], formerRoles: [former] })],
      ["DetachPolicy", "DeleteRole"],
    ],
    [
      "stays while an association of the add-on points to it",
      [wantedAddon(), seen(pointed, { formerRoles: [ownRole] })],
      [],
    ],
    [
      "is released when the spec only names it from now on",
      [wantedAddon(named(ownRole.arn)), seen(pointed, { formerRoles: [ownRole] })],
      ["TagRole", "UntagRole"],
    ],
    [
      "is not taken from another cluster",
      [own, seen(addonOf(), { roles: [{ ...ownRole, tags: somebody }] })],
      ["RoleNotOwned"],
    ],
  ];
  for (const [what, [desired, around], expected] of rows) {
    it(what, () => expect(steps(desired, around)).to.deep.equal(expected));
  }
});

describe("what the spec of an add-on must not ask for", () => {
  const old = { known: [] };
  const china = named("arn:aws-cn:iam::111122223333:role/r");
  const deep = JSON.parse(`${'{"a":'.repeat(60)}1${"}".repeat(60)}`) as Record<string, unknown>;
  const rows: [string, Parameters<typeof wantedAddon>, reason: string, says: string][] = [
    [
      "roles for a version without EKS Pod Identity",
      [{ recommendedIdentities: true }, old],
      "AddonIdentityNotSupported",
      VERSION,
    ],
    [
      "a ServiceAccount that it has not",
      [named(CNI_ROLE, "node")],
      "AddonServiceAccountUnknown",
      "aws-node",
    ],
    [
      "the recommended role where AWS recommends no policies",
      [{ identities: [{ serviceAccountName: "aws-node-helper", recommended: true }] }],
      "AddonIdentityNotSupported",
      "roleArn or role",
    ],
    [
      "one role for two ServiceAccounts, each of which would have its trust policy",
      [
        {
          identities: [
            { serviceAccountName: "aws-node", role: { name: "both" } },
            { serviceAccountName: "aws-node-helper", role: { name: "Both" } },
          ],
        },
      ],
      "RoleNameConflict",
      "aws-node-helper",
    ],
    [
      "recommended roles where AWS recommends none at all: an empty list would take all away",
      [{ recommendedIdentities: true }, { known: [{ serviceAccount: "a", policies: [] }] }],
      "AddonIdentityNotSupported",
      "recommends no policies",
    ],
    ["a role of another partition", [china], "RolePartitionMismatch", "aws-cn"],
    [
      "a role of its own where the operator makes none",
      [{ identities: [{ serviceAccountName: "aws-node", role: {} }] }, { manageRoles: false }],
      "ManagedRolesDisabled",
      "roleArn",
    ],
    [
      "a configuration without a bottom",
      [{ configurationValues: deep }],
      "ConfigurationInvalid",
      "deep",
    ],
  ];
  for (const [what, request, reason, says] of rows) {
    it(what, () => {
      let failure = asFailure(new Error("nothing"));
      try {
        wantedAddon(...request);
      } catch (thrown) {
        failure = asFailure(thrown);
      }
      expect(failure.reason).to.equal(reason);
      expect(failure.message).to.contain(says);
    });
  }

  it("is not asked where all identities go: any version can do that", () =>
    expect(wantedAddon({ identities: [] }, old).identities).to.deep.equal([]));

  it("leaves alone the ServiceAccounts for which AWS recommends nothing", () => {
    const { identities } = wantedAddon({ recommendedIdentities: true });
    expect(identities?.map(({ key }) => key.serviceAccount)).to.deep.equal(["aws-node"]);
  });

  it("takes entries before the recommendation of their ServiceAccount", () => {
    const known = [
      { serviceAccount: "aws-node", policies: [CNI_POLICY] },
      { serviceAccount: "second", policies: [CNI_POLICY] },
    ];
    const { identities } = wantedAddon(
      { ...named(OTHER_ROLE), recommendedIdentities: true },
      { known },
    );
    expect(identities?.map(({ key, kind }) => `${key.serviceAccount} ${kind}`)).to.deep.equal([
      "aws-node named",
      "second shared",
    ]);
  });
});

describe("why an add-on is not where it should be", () => {
  const issue = (code: string, message: string) => ({ code, message, resourceIds: [] });
  const fields = 'DaemonSet.apps aws-node - .spec.template.spec.containers[name="aws-node"].image';

  it("names the fields that conflict, and both ways out", () => {
    const update = { status: "Failed", errors: [issue("ConfigurationConflict", fields)] };
    const failure = addonFailure(addonOf({ status: "UPDATE_FAILED" }), update);
    expect(failure.reason).to.equal("ConfigurationConflict");
    expect(failure.message).to.contain(fields).and.contain("Overwrite").and.contain("Preserve");
  });

  it("is in EKS's words for anything else, each once", () => {
    const issues = [issue("AccessDenied", "may not")];
    const addon = addonOf({ status: "CREATE_FAILED", healthIssues: issues });
    const failure = addonFailure(addon, { status: "Failed", errors: issues });
    expect(failure.reason).to.equal("AddonFailed");
    expect(failure.message.match(/may not/g)).to.have.length(1);
  });
});

describe("what goes with an EKSAddon", () => {
  const associations = [
    inAddon("aws-node", ownRole.arn),
    inAddon("other", OTHER_ROLE, { team: "network" }),
  ];
  const addon = addonOf({ associations });
  const roles = [ownRole, shared];
  const rows: [Parameters<typeof addonTeardown>[0], typeof addon, string[]][] = [
    ["Delete", addon, ["DeleteAddon", "DetachPolicy", "DeleteRole"]],
    ["Delete", { ...addon, status: "DELETING" }, ["DetachPolicy", "DeleteRole"]],
    ["Delete", { ...addon, tags: somebody }, ["DetachPolicy", "DeleteRole"]],
    [
      "Preserve",
      addon,
      ["TagAssociation", "UntagAssociation", "DeleteAddon", "TagRole", "UntagRole"],
    ],
    [
      "Retain",
      addon,
      ["TagAssociation", "UntagAssociation", "TagAddon", "UntagAddon", "TagRole", "UntagRole"],
    ],
  ];
  for (const [policy, there, expected] of rows) {
    const whose = there.tags === somebody ? "another's" : there.status;
    it(`with ${policy} (${whose}): ${expected.join(", ")}`, () => {
      const actions = addonTeardown(policy, own.owner, { addon: there, roles });
      expect(actions.map(({ type }) => type)).to.deep.equal(expected);
    });
  }

  it("keeps the software with Preserve alone", () => {
    const preserve = (policy: "Delete" | "Preserve") =>
      addonTeardown(policy, own.owner, { addon, roles: [] }).flatMap((one) =>
        one.type === "DeleteAddon" ? one.preserve : [],
      );
    expect([preserve("Delete"), preserve("Preserve")]).to.deep.equal([[false], [true]]);
  });
});
