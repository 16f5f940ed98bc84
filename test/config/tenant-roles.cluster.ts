/** What the roles for users of the operator allow, right by right, and nothing else. */
import { expect } from "chai";
import { until } from "../operator/fixture.ts";
import type { ControlPlane } from "../sandbox/control-plane/start.ts";
import { FIRST_BUILD_MS, sharedControlPlane } from "../sandbox/shared.ts";
import { operatorKubeconfig } from "../sandbox/shipped-rights.ts";
import { answers } from "./rights.ts";

const READ = ["get", "list", "watch"];
const ALL = [...READ, "create", "update", "patch", "delete", "deletecollection"];

const RESOURCES = [
  "podidentityassociations",
  "podidentityassociations/status",
  "clusterpodidentityassociations",
  "clusterpodidentityassociations/status",
  "podidentityguardrails",
  "podidentityguardrails/status",
];

const ROLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "podidentity-view": { podidentityassociations: READ },
  "podidentity-edit": { podidentityassociations: ALL },
  "podidentity-guardrail-admin": {
    podidentityguardrails: ALL,
    clusterpodidentityassociations: ALL,
  },
};

describe("the role", function () {
  this.timeout(FIRST_BUILD_MS);
  let controlPlane: ControlPlane;
  const binding = (role: string) => `${role}-tried`;

  before(async () => {
    controlPlane = await sharedControlPlane();
    await operatorKubeconfig(controlPlane);
    for (const role of Object.keys(ROLES)) {
      const bound = [`--clusterrole=${role}`, `--user=${role}`];
      await controlPlane.kubectl(["create", "clusterrolebinding", binding(role), ...bound]);
    }
  });
  after(() =>
    controlPlane.kubectl(["delete", "clusterrolebinding", ...Object.keys(ROLES).map(binding)]),
  );

  for (const [user, rights] of Object.entries(ROLES)) {
    it(`${user} allows what it should, and nothing else of ours`, async () => {
      const all = RESOURCES.flatMap((resource) => ALL.map((verb) => ({ resource, verb })));
      const questions = all.map(({ resource, verb }) => {
        const [name = "", subresource = ""] = resource.split("/");
        const of = { group: "podidentity.io", resource: name, subresource };
        return { user, request: { verb, ...of, namespace: "", name: "" } };
      });
      const expected = all.map(({ resource, verb }) => rights[resource]?.includes(verb) ?? false);
      let given: readonly boolean[] = [];
      await until("the API server knows of it", async () => {
        given = await answers(controlPlane, questions);
        return given.includes(true);
      });
      const texts = (are: readonly boolean[]) =>
        all.filter((_, index) => are[index]).map(({ resource, verb }) => `${verb} ${resource}`);
      expect(texts(given)).to.deep.equal(texts(expected));
    });
  }
});
