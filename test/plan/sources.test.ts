/** Annotations, templates and claims as tables: what is asked for, what is made, and who comes first. */
import { expect } from "chai";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import { withDefaults } from "../../src/api/pod-identity-association.ts";
import { annotatedRole, annotationChildName } from "../../src/plan/annotations.ts";
import { cedes, duplicateClaim } from "../../src/plan/claims.ts";
import { fanOut } from "../../src/plan/fan-out.ts";
import { fanOutConditions } from "../../src/plan/fan-out-status.ts";
import { annotationsOf } from "../../src/plan/origin.ts";
import { Failure } from "../../src/plan/outcome.ts";

const ROLE = "pod-identity.eks.amazonaws.com/role";
const OWN = "podidentity.io/role";
const IRSA = "eks.amazonaws.com/role-arn";

describe("the annotations of a ServiceAccount", () => {
  const table: [string, Record<string, string>, boolean, string, boolean][] = [
    ["of others", { "example.com/role": "a" }, true, "none", false],
    ["for Pod Identity", { [ROLE]: "a" }, false, "PodIdentity a", false],
    ["under our own name", { [OWN]: "a" }, false, "PodIdentity a", false],
    ["for IRSA where nobody reads them", { [IRSA]: "a" }, false, "none", false],
    ["for IRSA where a guardrail reads them", { [IRSA]: "a" }, true, "IRSA a", false],
    ["for both", { [IRSA]: "a", [ROLE]: "b" }, true, "PodIdentity b", true],
    ["for both, with one role", { [IRSA]: "a", [ROLE]: "a" }, true, "PodIdentity a", false],
    [
      "for both, where nobody reads IRSA's",
      { [IRSA]: "a", [ROLE]: "b" },
      false,
      "PodIdentity b",
      false,
    ],
    ["in both spellings", { [OWN]: "a", [ROLE]: "b" }, false, "PodIdentity b", true],
    ["that are empty", { [ROLE]: "" }, false, "PodIdentity ", false],
  ];
  for (const [what, annotations, readsIrsa, expected, isNoted] of table) {
    it(`${what} ask for ${expected}`, () => {
      const asked = annotatedRole(annotations, { readsIrsa });
      expect(asked ? `${asked.kind} ${asked.roleArn}` : "none").to.equal(expected);
      expect(asked?.note !== undefined).to.equal(isNoted);
    });
  }

  it("give the object a name that Kubernetes takes, however long the ServiceAccount's is", () => {
    expect(annotationChildName("app")).to.equal("sa-app");
    const [a, b] = [
      annotationChildName(`${"a".repeat(250)}x`),
      annotationChildName(`${"a".repeat(250)}y`),
    ];
    expect(a).to.have.length.at.most(63);
    expect(a).to.not.equal(b);
    expect(annotationChildName(`${"a".repeat(48)}.${"b".repeat(60)}`)).to.match(
      /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    );
  });
});

type Kind = "hand-written" | "annotation" | "fan-out";

function object(
  name: string,
  origin: Kind,
  more: {
    readonly created?: number;
    readonly has?: boolean;
    readonly leaving?: boolean;
    readonly source?: string;
  } = {},
): PodIdentityAssociation {
  const owner = {
    "hand-written": { apiVersion: "v1", kind: "ConfigMap" },
    annotation: { apiVersion: "v1", kind: "ServiceAccount" },
    "fan-out": { apiVersion: "podidentity.io/v1alpha1", kind: "ClusterPodIdentityAssociation" },
  }[origin];
  return {
    metadata: {
      name,
      namespace: "team",
      uid: `uid-${name}`,
      creationTimestamp: `2026-11-22T10:00:0${more.created ?? 0}Z`,
      ownerReferences: [{ ...owner, name: "owner", uid: "owner-uid", controller: true }],
      ...(more.leaving ? { deletionTimestamp: "2026-11-22T11:00:00Z" } : {}),
      ...(more.source ? { annotations: { "podidentity.io/source": more.source } } : {}),
    },
    spec: withDefaults({ serviceAccountName: "app", roleArn: "arn:aws:iam::111122223333:role/x" }),
    ...(more.has ? { status: { associationId: "a-1" } } : {}),
  };
}

describe("who comes first", () => {
  const table: [string, PodIdentityAssociation, PodIdentityAssociation][] = [
    ["the older", object("b", "hand-written"), object("a", "hand-written", { created: 1 })],
    ["the first by name", object("a", "hand-written"), object("b", "hand-written")],
    [
      "a person's, though younger",
      object("b", "hand-written", { created: 1 }),
      object("a", "annotation"),
    ],
    [
      "a person's, though the other has it",
      object("b", "hand-written", { created: 1 }),
      object("a", "fan-out", { has: true }),
    ],
    ["an annotation's", object("b", "annotation", { created: 1 }), object("a", "fan-out")],
    ["a template's that has it", object("b", "fan-out", { has: true }), object("a", "annotation")],
    [
      "a younger one that has it",
      object("b", "hand-written", { created: 1, has: true }),
      object("a", "hand-written"),
    ],
    [
      "the one that stays",
      object("b", "hand-written", { created: 1 }),
      object("a", "hand-written", { leaving: true }),
    ],
  ];
  for (const [what, winner, loser] of table) {
    it(`is ${what}`, () => {
      expect(duplicateClaim(winner, [winner, loser])).to.equal(undefined);
      const claim = duplicateClaim(loser, [winner, loser]);
      if (!loser.metadata.deletionTimestamp) expect(claim?.reason).to.equal("DuplicateClaim");
    });
  }

  it("hands over what was made to what a person wrote, and nothing else", () => {
    const hand = object("hand", "hand-written");
    const made = object("made", "annotation");
    expect([
      cedes(made, hand),
      cedes(hand, made),
      cedes(made, object("x", "fan-out")),
      cedes(hand, object("y", "hand-written")),
    ]).to.deep.equal([true, false, false, false]);
  });
});

describe("what a guardrail has to allow", () => {
  const table: [string, PodIdentityAssociation, string[]][] = [
    ["for a person's", object("a", "hand-written", { source: "IRSA" }), []],
    ["for a template's", object("a", "fan-out"), []],
    ["for an annotation's", object("a", "annotation", { source: "PodIdentity" }), ["PodIdentity"]],
    ["for one of IRSA", object("a", "annotation", { source: "IRSA" }), ["IRSA"]],
    ["for one that does not say which", object("a", "annotation"), ["PodIdentity", "IRSA"]],
    [
      "for one that somebody has changed",
      object("a", "annotation", { source: "x" }),
      ["PodIdentity", "IRSA"],
    ],
  ];
  for (const [what, made, expected] of table) {
    it(`${what} is ${expected.join(" and ") || "no annotation"}`, () =>
      expect(annotationsOf(made)).to.deep.equal(expected));
  }
});

describe("a template", () => {
  const spec = withDefaults({
    serviceAccountName: "app",
    roleArn: "arn:aws:iam::111122223333:role/x",
  });
  const template = {
    metadata: { name: "made", uid: "owner-uid" },
    spec: { ...spec, namespaceSelector: { matchLabels: { team: "a" } } },
  };
  const namespaces = [
    { name: "one", labels: { team: "a" } },
    { name: "two", labels: { team: "a" } },
    { name: "three", labels: {} },
  ];
  const child = (
    namespace: string,
    changes: object = {},
    uid = "owner-uid",
  ): PodIdentityAssociation => {
    const made = object("made", "fan-out");
    const ownerReferences = (made.metadata.ownerReferences ?? []).map((owner) => ({
      ...owner,
      uid,
    }));
    return {
      ...made,
      metadata: { ...made.metadata, namespace, ownerReferences },
      spec: { ...spec, ...changes },
    };
  };
  const plan = (...children: readonly PodIdentityAssociation[]) =>
    fanOut(template, {
      namespaces,
      at: (namespace) => children.find(({ metadata }) => metadata.namespace === namespace),
      all: children,
      operatorNamespace: "",
    });
  const names = (all: readonly { metadata: { namespace?: string } }[]) =>
    all.map(({ metadata }) => metadata.namespace);

  it("makes what is missing", () => {
    const { selected, missing, different, obsolete, foreign } = plan(child("one"));
    expect({ selected, missing, different, obsolete, foreign }).to.deep.equal({
      selected: ["one", "two"],
      missing: ["two"],
      different: [],
      obsolete: [],
      foreign: [],
    });
  });
  it("changes what is different", () =>
    expect(names(plan(child("one", { suspend: true }), child("two")).different)).to.deep.equal([
      "one",
    ]));
  it("does not mind the order of keys", () => {
    const turned = Object.fromEntries(Object.entries(spec).reverse());
    expect(
      plan({ ...child("one"), spec: turned as typeof spec }, child("two")).different,
    ).to.deep.equal([]);
  });
  it("takes away where it selects no more", () =>
    expect(names(plan(child("one"), child("two"), child("three")).obsolete)).to.deep.equal([
      "three",
    ]));
  it("leaves what is of a namesake", () => {
    const { missing, different, obsolete, foreign } = plan(
      child("one", {}, "other"),
      child("two"),
      child("three", {}, "other"),
    );
    expect({ missing, different, obsolete, foreign }).to.deep.equal({
      missing: [],
      different: [],
      obsolete: [],
      foreign: ["one/made"],
    });
  });

  const ready = (status: "True" | "False", reason: string, stalled = false) => ({
    conditions: [
      { type: "Ready", status, reason, message: "", lastTransitionTime: "" },
      ...(stalled
        ? [
            {
              type: "Stalled",
              status: "True" as const,
              reason,
              message: "",
              lastTransitionTime: "",
            },
          ]
        : []),
    ],
  });
  const said = (
    children: readonly PodIdentityAssociation[],
    failures: readonly Failure[] = [],
    readOnly = false,
  ) => {
    const { conditions, ready: count } = fanOutConditions({
      plan: plan(...children),
      children,
      failures,
      readOnly,
    });
    return [
      count,
      ...conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    ].join(", ");
  };
  it("is Ready when all of its objects are", () =>
    expect(
      said([
        { ...child("one"), status: ready("True", "Reconciled") },
        { ...child("two"), status: ready("True", "Reconciled") },
      ]),
    ).to.equal("2, Ready True Reconciled"));
  it("is on its way while some are", () =>
    expect(said([{ ...child("one"), status: ready("True", "Reconciled") }, child("two")])).to.equal(
      "1, Ready False Pending, Reconciling True Pending",
    ));
  it("says what one of them needs somebody for", () =>
    expect(
      said([{ ...child("one"), status: ready("False", "NoGuardrail", true) }, child("two")]),
    ).to.equal("0, Ready False NoGuardrail, Stalled True NoGuardrail"));
  it("says what could not be written", () =>
    expect(said([], [new Failure("KubernetesForbidden", "no", { kind: "never" })])).to.equal(
      "0, Ready False KubernetesForbidden, Stalled True KubernetesForbidden",
    ));
  it("says what would be made where nothing is", () =>
    expect(said([], [], true)).to.equal("0, Ready Unknown Planned"));
});
