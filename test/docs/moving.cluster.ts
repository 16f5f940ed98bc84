/** Moving an association here from another tool, by the very YAML of docs/coming-from.md. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import type { PodIdentityGuardrail } from "../../src/api/pod-identity-guardrail.ts";
import { type Fixture, openGuardrail, startFixture, sweeps, until } from "../operator/fixture.ts";
import { CLUSTER_NAME } from "../sandbox/sandbox.ts";

const ROLE = "arn:aws:iam::111122223333:role/team/reader";

/** The YAML blocks of the page's numbered steps. */
const [rules, object] = [
  ...readFileSync("docs/coming-from.md", "utf8").matchAll(/^ {4}```yaml\n([^`]*)^ {4}```/gm),
].map(([, block = ""]) => parse(block.replace(/^ {4}/gm, "")));

describe("moving an association, as docs/coming-from.md says it,", function () {
  this.timeout(120_000);
  let it_: Fixture;
  let id: string;
  const { metadata, spec } = object as PodIdentityAssociation;
  const association = () => it_.sandbox.aws.state().associations[0];
  before(async () => {
    it_ = await startFixture({ guardrails: [], passableRoles: [ROLE] });
    it_.sandbox.aws.putRole({ name: "reader", path: "/team/" });
    id = it_.sandbox.aws.putAssociation({
      clusterName: CLUSTER_NAME,
      namespace: it_.namespace,
      serviceAccount: spec.serviceAccountName,
      roleArn: ROLE,
      tags: { "made-by": "another-tool" },
    }).associationId;
    const allowed = rules as Partial<PodIdentityGuardrail["spec"]>;
    await it_.sandbox.apply(stringify(openGuardrail("moving", it_.namespace, allowed)));
    await sweeps(it_);
    it_.sandbox.aws.resetCalls();
  });
  after(() => it_.stop());

  it("plans tags and nothing else, and does nothing", async () => {
    expect(spec.mode).to.equal("Plan");
    await it_.apply(metadata.name, spec);
    const { status } = await it_.untilReady(metadata.name, "Unknown Planned");
    const calls = status?.plannedActions?.map(({ call }) => call);
    expect(calls).to.have.members(["eks:TagResource", "eks:UntagResource"]);
    expect(it_.effects()).to.deep.equal({});
  });

  it("then takes it over as it is: same id, same role", async () => {
    const { mode: _, ...applied } = spec;
    await it_.apply(metadata.name, applied);
    await it_.untilReady(metadata.name, "True Reconciled");
    expect(it_.effects()).to.deep.equal({ "eks:TagResource": 1, "eks:UntagResource": 1 });
    expect(association()).to.include({ associationId: id, roleArn: ROLE });
  });

  it("and a role of its own takes the place of the old one in the same association, and leaves that alone", async () => {
    it_.sandbox.aws.resetCalls();
    const { mode: _, roleArn: __, ...rest } = spec;
    await it_.apply(metadata.name, {
      ...rest,
      role: { managedPolicies: ["AmazonS3ReadOnlyAccess"] },
    });
    await until("the role is another", () => association()?.roleArn !== ROLE);
    await it_.untilReady(metadata.name, "True Reconciled");
    expect(association()?.associationId).to.equal(id);
    expect(Object.keys(it_.effects())).to.have.members([
      "iam:CreateRole",
      "iam:AttachRolePolicy",
      "eks:UpdatePodIdentityAssociation",
    ]);
    expect(it_.sandbox.aws.state().roles.map(({ arn }) => arn)).to.include(ROLE);
  });
});
