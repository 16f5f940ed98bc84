/** Versions of add-ons: which is wanted, which is newer. */
import { expect } from "chai";
import { compareVersions, resolveVersion } from "../../src/plan/addon-version.ts";
import { asFailure } from "../../src/plan/outcome.ts";
import { catalogue, VERSION } from "./addon-examples.ts";

const LATEST = "v1.20.0-eksbuild.1";
const OLD = "v1.9.3-eksbuild.2";

describe("versions of an add-on", () => {
  const rising = [
    "v1.9.3-eksbuild.2",
    "v1.9.3-eksbuild.10",
    "v1.10.0-eksbuild.1",
    "v1.10.0-eksbuild.2",
    "v1.19.0-eksbuild.1",
    "v2.0.0-eksbuild.1",
  ];
  it("are compared number by number, the build included", () =>
    expect([...rising].reverse().sort(compareVersions)).to.deep.equal(rising));
});

interface Situation {
  readonly version?: string;
  readonly updatePolicy?: "Manual" | "Automatic";
  readonly noted?: string;
  readonly installed?: string;
}

const resolve = (situation: Situation, entry = catalogue) =>
  resolveVersion(
    {
      addonName: "vpc-cni",
      version: "Default",
      updatePolicy: "Manual",
      noted: undefined,
      installed: undefined,
      kubernetes: "1.36",
      ...situation,
    },
    entry,
  );

describe("the version that is wanted", () => {
  const rows: [string, Situation, version: string, available?: string][] = [
    ["AWS's default, where nothing is installed", {}, VERSION],
    ["the newest, where Latest is asked for", { version: "Latest" }, LATEST],
    ["what was resolved before, where the add-on is gone", { noted: OLD }, OLD, VERSION],
    ["AWS's default, where the former one is no longer offered", { noted: "v0.1" }, VERSION],
    ["what is installed, and the newer default only shows", { installed: OLD }, OLD, VERSION],
    [
      "what is installed, and the newest only shows",
      { installed: VERSION, version: "Latest" },
      VERSION,
      LATEST,
    ],
    [
      "the newer default, with updatePolicy Automatic",
      { installed: OLD, updatePolicy: "Automatic" },
      VERSION,
    ],
    [
      "what is installed, though AWS's default is older",
      { installed: LATEST, updatePolicy: "Automatic" },
      LATEST,
    ],
    ["a version that is written out, downwards too", { installed: VERSION, version: OLD }, OLD],
    [
      "a version that is written out, and the newer default shows",
      { installed: OLD, version: OLD },
      OLD,
      VERSION,
    ],
    [
      "an installed version that is no longer offered",
      { installed: "v1.0.0", version: "v1.0.0" },
      "v1.0.0",
      VERSION,
    ],
  ];
  for (const [what, situation, version, available] of rows) {
    it(`is ${what}`, () => {
      const { version: found, available: shown } = resolve(situation);
      expect([found, shown]).to.deep.equal([version, available]);
    });
  }

  it("stays what is installed where the catalogue has nothing for this Kubernetes version", () =>
    expect(resolve({ installed: OLD }, { ...catalogue, versions: [] }).version).to.equal(OLD));

  const refusal = (situation: Situation, entry = catalogue) => {
    try {
      resolve(situation, entry);
    } catch (thrown) {
      return asFailure(thrown);
    }
    return undefined;
  };

  it("is AddonUnknown where EKS has no such add-on", () => {
    const failure = refusal({}, { defaultNamespace: undefined, versions: [] });
    expect(failure?.reason).to.equal("AddonUnknown");
    expect(failure?.message).to.contain("no add-on vpc-cni for Kubernetes 1.36");
  });

  it("is AddonVersionUnknown where it has no such version, with the default and the nearest", () => {
    const failure = refusal({ version: "v1.20.0-eksbuild.9" });
    expect(failure?.reason).to.equal("AddonVersionUnknown");
    expect(failure?.message).to.contain(`default is ${VERSION}`).and.to.contain(LATEST);
  });
});
