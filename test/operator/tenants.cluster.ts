/** What somebody with `edit` in one namespace can get from AWS: what a guardrail grants, and nothing else. */
import { expect } from "chai";
import { stringify } from "yaml";
import { generatedRoleName } from "../../src/plan/names.ts";
import { sharedControlPlane } from "../sandbox/shared.ts";
import { type Fixture, manifest, openGuardrail, startFixture, sweeps, until } from "./fixture.ts";
import {
  ADMINISTRATOR,
  ATTEMPTS,
  BOUNDARY,
  bringUp,
  CHANGES,
  expectForbidden,
  expectTrust,
  INVALID,
  inline,
  READ_ONLY,
  ROLE_OF_ALL,
  restart,
  startTenant,
  type Tenant,
} from "./tenants.ts";

const CLUSTER_ARN = "arn:aws:eks:us-west-2:111122223333:cluster/demo";
const good = {
  Effect: "Allow",
  Action: ["s3:Get?bject*", "s3:ListBucket"],
  Resource: ["arn:aws:s3:::tenant-a/*", "arn:aws:s3:::tenant-${aws:username}"],
};
const allowed = { role: { managedPolicies: [READ_ONLY], ...inline(good).role } };

describe("a tenant with only `edit` in a namespace", function () {
  this.timeout(240_000);
  let tenant: Tenant;
  let elsewhere = "";
  let number = 0;
  const next = () => {
    number += 1;
    return `app-${number}`;
  };
  const aws = () => tenant.fixture.sandbox.aws;
  const admin = (args: string) => tenant.fixture.sandbox.kubectl(...args.split(" "));
  const change = (name: string, spec: object) =>
    tenant.kubectl(`patch pia ${name} --type=merge -p ${JSON.stringify({ spec })}`);
  const roles = () => aws().state().roles;
  const roleNamed = (name: string) => roles().find((one) => one.name === name);

  before(async () => {
    tenant = await startTenant();
    elsewhere = `${tenant.fixture.namespace}-platform`;
    await admin(`create namespace ${elsewhere}`);
    const open = { namespaceSelector: { matchLabels: { team: "platform" } } };
    await tenant.fixture.sandbox.apply(stringify(openGuardrail("platform", elsewhere, open)));
    await admin(`label namespace ${elsewhere} team=platform`);
    const foreign = { managedPolicyArns: [ADMINISTRATOR] };
    aws().putRole({ name: "OrganizationAccountAccessRole", ...foreign });
    aws().putRole({ name: "tenant-admin", ...foreign });
    aws().putRole({ name: "tenant-app", path: "/shared/" });
    await sweeps(tenant.fixture);
  });
  after(() => tenant.fixture.stop());
  beforeEach(() => aws().resetCalls());

  for (const [what, spec, reason] of ATTEMPTS) {
    it(`does not get ${what}: ${reason}, 0 AWS writes`, async () => {
      const name = next();
      expect((await tenant.create(name, spec)).stderr).to.equal("");
      await tenant.fixture.untilReady(name, `False ${reason}`);
      expect(tenant.fixture.effects()).to.deep.equal({});
    });
  }

  it("sees nothing in AWS change by waiting, nor when all of that is deleted", async () => {
    await sweeps(tenant.fixture);
    expect((await tenant.kubectl("delete pia --all --timeout=90s")).code).to.equal(0);
    await sweeps(tenant.fixture);
    expect(tenant.fixture.effects()).to.deep.equal({});
  });

  for (const [situation, spec] of Object.entries(INVALID)) {
    it(`cannot even write ${situation}`, async () => {
      const { stderr, code } = await tenant.create(next(), spec);
      expect(stderr).to.contain("is invalid");
      expect(code).to.equal(1);
    });
  }

  it("gets what the guardrail allows, with the boundary on the role and no trust but in its ServiceAccount", async () => {
    const name = next();
    await tenant.create(name, allowed);
    const { status } = await tenant.fixture.untilReady(name, "True Reconciled");
    const made = roleNamed(status?.roleName ?? "");
    expect(made?.permissionsBoundaryArn).to.equal(BOUNDARY);
    expect(made?.managedPolicyArns).to.deep.equal([READ_ONLY]);
    expect(JSON.parse(made?.inlinePolicies["p"] ?? "").Statement).to.deep.equal([good]);
    expectTrust(made, tenant.fixture.namespace, name);
    const existing = next();
    await tenant.create(existing, { roleArn: "arn:aws:iam::111122223333:role/shared/tenant-app" });
    await tenant.fixture.untilReady(existing, "True Reconciled");
  });

  for (const [what, spec, reason] of CHANGES) {
    it(`cannot change what it has into ${what}: ${reason}, 0 AWS writes`, async () => {
      const name = next();
      await tenant.create(name, allowed);
      await tenant.fixture.untilReady(name, "True Reconciled");
      aws().resetCalls();
      await change(name, spec);
      await tenant.fixture.untilReady(name, `False ${reason}`);
      await sweeps(tenant.fixture);
      expect(tenant.fixture.effects()).to.deep.equal({});
    });
  }

  for (const path of ["/podidentity/", "/"]) {
    it(`cannot take over a role with more rights that waits at ${path} under the name that will be generated`, async () => {
      const name = next();
      const roleName = generatedRoleName(CLUSTER_ARN, tenant.fixture.namespace, name);
      const role = aws().putRole({ name: roleName, path, managedPolicyArns: [ADMINISTRATOR] });
      await tenant.create(name, { role: {}, adoptionPolicy: "AssociationAndRole" });
      await tenant.fixture.untilReady(name, "False RoleNameConflict");
      expect(await tenant.said(name)).to.contain("adoption is Forbidden");
      await tenant.kubectl(`delete pia ${name} --timeout=90s`);
      expect(tenant.fixture.effects()).to.deep.equal({});
      expect(roleNamed(roleName)).to.deep.equal(role);
    });
  }

  it("may not write a status, a guardrail or labels of its namespace, nor anything in another namespace", async () => {
    const name = next();
    await tenant.create(name, { role: {} });
    await tenant.fixture.untilReady(name, "True Reconciled");
    aws().resetCalls();
    const { kubectl, fixture } = tenant;
    const theirs = stringify(manifest(elsewhere, "theirs", { role: {} }));
    const patches = [
      `patch pia ${name} --subresource=status --type=merge -p {"status":{"roleName":"x"}}`,
      'patch pig tight --type=merge -p {"spec":{"sessionTags":"Optional"}}',
      'patch pig tight --subresource=status --type=merge -p {"status":{"allowed":1}}',
      "delete pig tight",
      `label namespace ${fixture.namespace} team=platform`,
      `create rolebinding more --clusterrole=cluster-admin --serviceaccount=${name}:${name}`,
      `-n ${elsewhere} get pia`,
    ];
    for (const args of patches) expectForbidden(await kubectl(args));
    expectForbidden(await kubectl("create -f -", stringify(openGuardrail("mine", elsewhere))));
    expectForbidden(await kubectl(`-n ${elsewhere} create -f -`, theirs));
    await sweeps(fixture);
    expect(fixture.effects()).to.deep.equal({});
  });

  it("gets nothing by annotating its ServiceAccount as for IRSA", async () => {
    const annotation = `eks.amazonaws.com/role-arn=${ROLE_OF_ALL}`;
    expect((await tenant.kubectl(`annotate sa tenant ${annotation}`)).code).to.equal(0);
    await sweeps(tenant.fixture);
    expect(tenant.fixture.effects()).to.deep.equal({});
  });

  it("cannot hold up another namespace's object by naming its role", async () => {
    const { fixture } = tenant;
    await fixture.sandbox.apply(stringify(manifest(elsewhere, "theirs", { role: {} })));
    await admin(`-n ${elsewhere} wait --for=condition=Ready pia/theirs --timeout=90s`);
    const roleArn = await admin(`-n ${elsewhere} get pia theirs -o jsonpath={.status.roleArn}`);
    const name = next();
    await tenant.create(name, { role: {} });
    await fixture.untilReady(name, "True Reconciled");
    await change(name, { role: null, roleArn });
    await fixture.untilReady(name, "False RoleNotAllowed");
    await admin(`-n ${elsewhere} delete pia theirs --timeout=90s`);
    expect(aws().arns()).not.to.contain(roleArn);
  });

  for (const down of [false, true]) {
    const when = down ? "while the operator is down" : "under the operator's eyes";
    it(`deletes what it made and nothing foreign, even if somebody writes a foreign role and association into its status ${when}`, async () => {
      const { fixture } = tenant;
      const [made, refused] = [next(), next()];
      await tenant.create(made, { role: {} });
      await tenant.create(refused, { role: { trustScope: "Account" } });
      await fixture.untilReady(made, "True Reconciled");
      await fixture.untilReady(refused, "False TrustScopeNotAllowed");
      const foreign = putForeign(number);
      if (down) await fixture.operator.kill();
      for (const name of [made, refused]) {
        const patch = JSON.stringify({ status: foreign.status });
        await admin(
          `-n ${fixture.namespace} patch pia ${name} --subresource=status --type=merge -p ${patch}`,
        );
        await tenant.kubectl(`delete pia ${name} --wait=false`);
      }
      if (down) await restart(fixture);
      await until("both are gone", async () =>
        (await Promise.all([made, refused].map(fixture.get))).every((one) => one === undefined),
      );
      await sweeps(fixture);
      expect(roles()).to.deep.include.members(foreign.roles);
      const { associations } = aws().state();
      expect(associations).to.deep.include(foreign.association);
      expect(associations.filter(({ serviceAccount }) => serviceAccount === made)).to.be.empty;
    });
  }

  /** Roles and an association of others: untagged, and those of an object of another namespace. */
  function putForeign(nr: number) {
    const tags = {
      "podidentity.io/owner": CLUSTER_ARN,
      "podidentity.io/installation": "default",
      "podidentity.io/resource": `${elsewhere}/keeps`,
    };
    const roles = [
      aws().putRole({ name: `foreign-${nr}` }),
      aws().putRole({ name: `sibling-${nr}`, path: "/podidentity/", tags }),
    ] as const;
    const [{ arn: roleArn, name: roleName }, { name: previousRoleName }] = roles;
    const association = aws().putAssociation({
      clusterName: "demo",
      namespace: "kube-system",
      serviceAccount: `foreign-${nr}`,
      roleArn,
    });
    const { associationId, associationArn } = association;
    const status = { roleName, roleArn, previousRoleName, associationId, associationArn };
    return { roles, association, status };
  }
});

describe("two tenants whose namespace and name are the same string when put together", function () {
  this.timeout(240_000);
  let it_: Fixture;
  before(async () => {
    it_ = await startFixture({ guardrails: [] });
  });
  after(() => it_.stop());

  it("have a role and an association each, which trusts only its own namespace", async () => {
    const { sandbox, namespace } = it_;
    const pairs = [
      [`${namespace}-a`, "b-c"],
      [`${namespace}-a-b`, "c"],
    ] as const;
    for (const [ns, name] of pairs) {
      await sandbox.kubectl("create", "namespace", ns);
      await sandbox.apply(stringify(openGuardrail(`open-${ns}`, ns)));
      await sandbox.apply(stringify(manifest(ns, name, { role: {} })));
    }
    for (const [ns] of pairs) {
      await sandbox.kubectl(
        ..."wait pia --all --for=condition=Ready --timeout=90s -n".split(" "),
        ns,
      );
    }
    const { roles, associations } = sandbox.aws.state();
    expect(roles).to.have.length(2);
    expect(associations).to.have.length(2);
    for (const [ns, name] of pairs) {
      const association = associations.find((one) => one.namespace === ns);
      const made = roles.find(({ arn }) => arn === association?.roleArn);
      expectTrust(made, ns, name);
    }
    for (const [ns, name] of pairs) {
      await sandbox.kubectl("-n", ns, "delete", "pia", name, "--timeout=90s");
    }
    expect(sandbox.aws.state().roles).to.deep.equal([]);
  });
});

describe("one manifest in two places of AWS", function () {
  this.timeout(240_000);
  const namespace = "twins";
  before(async () => {
    const { kubectl } = await sharedControlPlane();
    expect((await kubectl(["create", "namespace", namespace])).code).to.equal(0);
  });

  const here = { id: "111122223333", region: "us-west-2", partition: "aws" };
  const others = {
    "a cluster of the same name in another region": { ...here, region: "eu-central-1" },
    "another account, region and partition": {
      id: "444455556666",
      region: "cn-north-1",
      partition: "aws-cn",
    },
  };
  for (const [what, other] of Object.entries(others)) {
    it(`(${what}) becomes Ready in both, with a role name and ARNs of its own`, async () => {
      const names = new Set<string | undefined>();
      for (const place of [here, other]) {
        const { id, region, partition } = place;
        const iam = `arn:${partition}:iam::${id}`;
        const { managed, existing, role } = await bringUp(namespace, place);
        names.add(role?.name);
        expect(managed?.roleArn).to.equal(role?.arn);
        expect(role?.arn).to.equal(`${iam}:role/podidentity/${role?.name}`);
        expect(role?.trustPolicy).to.contain(`"arn:${partition}:eks:${region}:${id}:cluster/demo"`);
        expect(role?.permissionsBoundaryArn).to.equal(
          `${iam}:policy/podidentity-boundary/boundary`,
        );
        expect(role?.managedPolicyArns[0]).to.match(
          new RegExp(`^arn:${partition}:iam::aws:policy/`),
        );
        expect(role?.inlinePolicies["p"]).to.contain(`"arn:${partition}:s3:::tenant-${id}/*"`);
        expect(existing?.roleArn).to.equal(`${iam}:role/shared/tenant-app`);
      }
      expect(names.size).to.equal(2);
    });
  }
});
