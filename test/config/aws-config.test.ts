/** config/aws: CloudFormation, Terraform and the plain documents say the same, and no document says too much. */
import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import {
  documentOf,
  type Installation,
  POLICIES,
  type PolicyName,
  PROFILES,
  placeholdersOf,
  SANDBOX,
} from "./aws-documents.ts";
import { resourcesWith } from "./cloudformation.ts";

/** Nothing of it is a default. */
const OTHER: Installation = {
  partition: "aws-cn",
  accountId: "444455556666",
  region: "cn-north-1",
  clusterName: "prod",
  installationId: "blue",
  rolePath: "/teams/pods/",
  passableRoles: ["arn:aws-cn:iam::444455556666:role/a/*", "arn:aws-cn:iam::444455556666:role/b"],
  namespace: "identity",
  serviceAccount: "operator",
};

const DOCUMENTS = globSync("config/aws/policies/*.json").map((file) => basename(file, ".json"));

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly Resource: string | readonly string[];
}

function statementsOf(name: string, installation: Installation = SANDBOX): readonly Statement[] {
  return (JSON.parse(documentOf(name, installation)) as { Statement: Statement[] }).Statement;
}

describe("config/aws", () => {
  it("has the documents that profiles are made of, and no others", () => {
    expect(DOCUMENTS).to.have.members([...POLICIES, "boundary", "trust"]);
  });

  describe("render.sh", () => {
    let directory: string;
    before(() => {
      directory = mkdtempSync(join(tmpdir(), "render-"));
      const { partition, accountId, region, clusterName, installationId, rolePath } = OTHER;
      const options = {
        cluster: clusterName,
        account: accountId,
        installation: installationId,
        "role-path": rolePath,
        passable: OTHER.passableRoles.join(","),
        namespace: OTHER.namespace,
        "service-account": OTHER.serviceAccount,
        partition,
        region,
      };
      const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
      execFileSync("bash", ["config/aws/render.sh", ...flags, directory]);
    });
    after(() => rmSync(directory, { recursive: true }));

    for (const name of DOCUMENTS) {
      it(`fills ${name}.json in, and leaves no placeholder`, () => {
        const written = readFileSync(join(directory, `${name}.json`), "utf8");
        expect(JSON.parse(written)).to.deep.equal(JSON.parse(documentOf(name, OTHER)));
        expect(written).to.not.include("${");
      });
    }

    it("takes the roles below /shared/ where no others are named", () => {
      const given = ["--cluster", "demo", "--region", "us-west-2", "--account", "111122223333"];
      execFileSync("bash", ["config/aws/render.sh", ...given, directory]);
      const written = readFileSync(join(directory, "associations.json"), "utf8");
      expect(JSON.parse(written)).to.deep.equal(JSON.parse(documentOf("associations")));
    });

    it("refuses the role path /, below which every role of the account is", () => {
      const given = ["--cluster", "a", "--region", "b", "--account", "c", "--role-path", "/"];
      const run = () =>
        execFileSync("bash", ["config/aws/render.sh", ...given, directory], { stdio: "pipe" });
      expect(run).to.throw("usage: render.sh");
    });
  });

  describe("verify.sh", () => {
    const script = readFileSync("config/aws/verify.sh", "utf8");
    const run = (...given: readonly string[]) =>
      execFileSync("bash", [...given], { stdio: "pipe", encoding: "utf8" });

    it("is valid, and asks for a cluster before it asks AWS anything", () => {
      expect(run("-n", "config/aws/verify.sh")).to.equal("");
      expect(() => run("config/aws/verify.sh")).to.throw("usage: verify.sh --cluster NAME");
    });

    it("numbers its checks without a gap, and the checklist explains each", () => {
      const numbers = [...script.matchAll(/^\s*(?:check|row \w+) (\d+) /gm)].map(([, one]) =>
        Number(one),
      );
      const last = Math.max(...numbers);
      const all = Array.from({ length: last }, (_, index) => index + 1);
      expect([...new Set(numbers)]).to.deep.equal(all);
      const checklist = readFileSync("docs/real-cluster-checklist.md", "utf8");
      const told = [...checklist.matchAll(/^\| (\d+)(?:(, |–)(\d+))? \|/gm)].flatMap(
        ([, first, , end]) => all.slice(Number(first) - 1, Number(end ?? first)),
      );
      expect(told).to.deep.equal(all);
    });

    it("makes nothing unless it is told to", () => {
      const [readOnly = ""] = script.split("if [[ $write == false ]]");
      expect(readOnly).to.include("check 5 ");
      expect(readOnly.match(/aws \w+ (create|put|delete|update|attach|tag)-/g)).to.equal(null);
    });
  });

  describe("the CloudFormation template", () => {
    const stack = (more: object) =>
      resourcesWith({
        "AWS::Partition": OTHER.partition,
        "AWS::AccountId": OTHER.accountId,
        "AWS::Region": OTHER.region,
        "AWS::StackId": "stack",
        ClusterName: OTHER.clusterName,
        InstallationId: OTHER.installationId,
        RolePath: OTHER.rolePath,
        PassableRoles: OTHER.passableRoles,
        OperatorNamespace: OTHER.namespace,
        OperatorServiceAccount: OTHER.serviceAccount,
        ...more,
      });
    const documentsIn = (resources: ReturnType<typeof stack>) =>
      [resources["OperatorRole"]?.["ManagedPolicyArns"] as string[]]
        .flat()
        .map((reference) => resources[reference.slice(2)]?.["PolicyDocument"]);

    for (const [profile, names] of Object.entries(PROFILES)) {
      it(`gives the profile ${profile} the policies ${names.join(", ")}`, () => {
        const expected = names.map((name) => JSON.parse(documentOf(name, OTHER)));
        expect(documentsIn(stack({ Profile: profile }))).to.deep.equal(expected);
      });
    }

    it("can do without bulk reads, and with unbounded roles", () => {
      const changed = stack({ Profile: "roles", BulkReads: "false", Unbounded: "true" });
      const names: PolicyName[] = ["associations", "roles", "unbounded"];
      const expected = names.map((name) => JSON.parse(documentOf(name, OTHER)));
      expect(documentsIn(changed)).to.deep.equal(expected);
    });

    it("makes the boundary that the default guardrail names", () => {
      const { Path, ManagedPolicyName, PolicyDocument } =
        stack({ Profile: "roles" })["Boundary"] ?? {};
      expect(PolicyDocument).to.deep.equal(JSON.parse(documentOf("boundary", OTHER)));
      const guardrail = readFileSync("config/guardrails/default.yaml", "utf8");
      const named = /permissionsBoundaryArn: "([^"]+)"/
        .exec(guardrail)?.[1]
        ?.replace("${AWS::Region}", OTHER.region)
        .replace("${EKS::ClusterName}", OTHER.clusterName);
      expect(named).to.match(/:policy\//);
      expect(named?.split(":policy")[1]).to.equal(`${String(Path)}${String(ManagedPolicyName)}`);
    });

    it("makes no boundary where no roles are made", () => {
      expect(stack({ Profile: "associations" })).to.not.have.property("Boundary");
    });

    it("lets nobody but the operator's ServiceAccount have the role, and nobody take its association over", () => {
      const { OperatorRole, OperatorAssociation } = stack({});
      const trust = JSON.parse(documentOf("trust", OTHER));
      expect(OperatorRole?.["AssumeRolePolicyDocument"]).to.deep.equal(trust);
      expect(OperatorRole?.["Path"]).to.equal("/podidentity-operator/");
      expect(OperatorAssociation).to.deep.equal({
        ClusterName: OTHER.clusterName,
        Namespace: OTHER.namespace,
        ServiceAccount: OTHER.serviceAccount,
        RoleArn: "→ OperatorRole.Arn",
        Tags: [{ Key: "podidentity.io/owner", Value: "stack" }],
      });
    });
  });

  describe("the Terraform module", () => {
    const main = readFileSync("config/aws/terraform/main.tf", "utf8");
    const block = (name: string) =>
      new RegExp(`\\n {2}${name} = \\{\\n([\\s\\S]*?)\\n {2}\\}`).exec(main)?.[1] ?? "";

    it("reads the documents themselves, and fills in every placeholder", () => {
      expect(main).to.include('file("${path.module}/../policies/${name}.json")');
      const known = [...block("placeholders").matchAll(/^ {4}"([^"]+)"/gm)].map(([, name]) => name);
      expect(known).to.have.members(Object.keys(placeholdersOf(SANDBOX)));
    });

    it("attaches to each profile what CloudFormation does", () => {
      const profiles = [...block("profiles").matchAll(/^ {4}(\w+) += (\[.*\])$/gm)].map(
        ([, name, list = ""]) => [name, JSON.parse(list)],
      );
      const withoutBulkReads = Object.entries(PROFILES).map(([name, list]) => [
        name,
        list.filter((one) => one !== "bulk-reads"),
      ]);
      expect(Object.fromEntries(profiles)).to.deep.equal(Object.fromEntries(withoutBulkReads));
      expect(main).to.include('local.manages_roles && var.bulk_reads ? ["bulk-reads"] : []');
      expect(main).to.include('local.manages_roles && var.unbounded ? ["unbounded"] : []');
    });

    it("has role and boundary where the policies expect them", () => {
      expect(main.match(/path += "\/podidentity-operator\/"/g)).to.have.length(2);
      expect(main).to.include('path   = "/podidentity-boundary/"');
      expect(main).to.include('name   = "${data.aws_region.current.name}-${var.cluster_name}"');
    });
  });

  describe("the documents", () => {
    // IAM's quota for a managed policy, without white space; the longest names that AWS allows.
    const longest: Installation = {
      ...SANDBOX,
      partition: "aws-us-gov",
      region: "ap-southeast-2",
      clusterName: "c".repeat(100),
      installationId: "i".repeat(64),
    };
    for (const name of [...POLICIES, "boundary"]) {
      it(`${name}.json fits into a managed policy`, () => {
        const text = documentOf(name, longest).replaceAll(/\s/g, "");
        expect(text.length).to.be.at.most(6144);
      });
    }

    for (const name of POLICIES) {
      const allowed = statementsOf(name).filter(({ Effect }) => Effect === "Allow");
      it(`${name}.json allows no action with a wildcard`, () => {
        const actions = allowed.flatMap(({ Action = [] }) => [Action].flat());
        expect(actions).to.not.have.length(0);
        expect(actions.filter((action) => action.includes("*"))).to.deep.equal([]);
      });
      it(`${name}.json writes to no resource "*", nor to all roles`, () => {
        const wide = allowed.filter(({ Resource }) =>
          [Resource].flat().some((one) => one === "*" || one.endsWith(":role/*")),
        );
        const writes = wide
          .flatMap(({ Action = [] }) => [Action].flat())
          .filter((action) => !/^\w+:(Get|List|Describe)/.test(action));
        expect(writes).to.deep.equal([]);
      });
    }

    it("each have statements of different names, which docs/aws.md explains", () => {
      const docs = readFileSync("docs/aws.md", "utf8");
      for (const name of [...POLICIES, "boundary"]) {
        const sids = statementsOf(name).map(({ Sid }) => Sid);
        expect(new Set(sids).size).to.equal(sids.length);
        expect(sids.filter((sid) => !docs.includes(`\`${sid}\``))).to.deep.equal([]);
      }
    });
  });
});
