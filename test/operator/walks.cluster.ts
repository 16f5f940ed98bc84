/** However a spec came to be what it is: AWS shows the last valid one, and nothing of the way there. */
import { expect } from "chai";
import fc from "fast-check";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { ASSOCIATIONS } from "../../src/watches.ts";
import { connectTo } from "../sandbox/data-plane/cluster.ts";
import {
  type Fixture,
  manifest,
  openGuardrail,
  startFixture,
  sweeps,
  UNBOUNDED_ROLES,
  until,
} from "./fixture.ts";
import { walkSeed } from "./walk-seed.ts";

const WALKS = 12;
const LONGEST = 7;

const SEED = walkSeed(1_128_104_500);

const document = (Action: string[], Resource: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource }],
});
const action = fc.subarray(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"], { minLength: 1 });
const resource = fc.constantFrom(
  "arn:aws:s3:::a/*",
  "arn:${AWS::Partition}:s3:::${AWS::AccountId}",
);
const tags = fc.dictionary(
  fc.constantFrom("team", "tier", "Owner"),
  fc.constantFrom("a", "b", ""),
  { maxKeys: 3 },
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const scope = fc.constantFrom("ServiceAccount", "Namespace", "Cluster", "Account");

const role = (walk: number, namespace: string) =>
  fc.record({
    name: optional(fc.constantFrom(`walk-${walk}-x-${namespace}`, `walk-${walk}-y-${namespace}`)),
    description: optional(fc.constantFrom("reads", "writes")),
    maxSessionDurationSeconds: optional(fc.constantFrom(3600, 7200)),
    permissionsBoundaryArn: optional(fc.constant("arn:aws:iam::aws:policy/AmazonS3FullAccess")),
    managedPolicies: optional(fc.subarray(["AmazonS3ReadOnlyAccess", "AmazonS3FullAccess"])),
    inlinePolicies: optional(
      fc.uniqueArray(
        fc.record({
          name: fc.constantFrom("one", "two", "three"),
          document: fc.tuple(action, resource).map(([a, r]) => document(a, r)),
        }),
        { selector: ({ name }) => name, maxLength: 3 },
      ),
    ),
    tags: optional(tags),
    trustScope: optional(scope),
  });

/** Valid specs: what they allow in AWS is all that counts. */
function spec(walk: number, namespace: string): fc.Arbitrary<object> {
  const common = fc.record({
    targetRoleArn: optional(fc.constantFrom("arn:aws:iam::444455556666:role/t")),
    tags: optional(fc.constantFrom({ team: "a" }, { cost: "b" }, {})),
  });
  const owned = role(walk, namespace).map((one) => ({ role: one }));
  const named = fc.constantFrom("reader", "writer").map((name) => ({
    roleArn: `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/shared/${name}`,
  }));
  const tagless = fc.tuple(role(walk, namespace), optional(action)).map(([one, policy]) => ({
    role: { ...one, trustScope: "Cluster" },
    sessionTags: "Disabled",
    ...(policy ? { sessionPolicy: document(policy, "*") } : {}),
  }));
  return fc.tuple(common, fc.oneof(owned, named, tagless)).map(([a, b]) => ({ ...a, ...b }));
}

const bad = fc.constantFrom(
  { role: { managedPolicies: ["NoSuchPolicy"] } },
  { role: { inlinePolicies: [{ name: "p", document: document(["s3:GetObject"], "bucket") }] } },
  { role: { inlinePolicies: [{ name: "p", document: { Version: "2012-01-01" } }] } },
  { roleArn: "arn:aws:iam::999988887777:role/x" },
  { roleArn: "arn:aws-cn:iam::111122223333:role/x" },
  { role: { managedPolicies: ["arn:aws:iam::999988887777:policy/x"] } },
);

/** The same way for the same seed, whatever the namespace. */
const wayOf = (walk: number, namespace: string, seed: number) => {
  const step = fc.record({
    good: spec(walk, namespace),
    wrong: bad,
    strays: fc.boolean(),
    waits: fc.boolean(),
  });
  const [way = []] = fc.sample(fc.array(step, { minLength: 2, maxLength: LONGEST }), {
    seed,
    numRuns: 1,
  });
  return way;
};

describe(`${WALKS} random walks of a spec (seed ${SEED})`, function () {
  this.timeout(10 * 60_000);
  let it_: Fixture;
  /** Twelve at a time look at their object again and again: kubectl would leave the operator no time. */
  let client: KubeClient;
  let direct = "";
  before(async () => {
    it_ = await startFixture({ isUnbounded: true });
    client = new KubeClient(connectTo(it_.sandbox.controlPlane));
    for (const name of ["reader", "writer"]) it_.sandbox.aws.putRole({ name, path: "/shared/" });
    direct = `${it_.namespace}-direct`;
    await it_.sandbox.kubectl("create", "namespace", direct);
    await it_.sandbox.apply(
      JSON.stringify(openGuardrail("direct", direct, { managedRoles: UNBOUNDED_ROLES })),
    );
    await sweeps(it_);
  });
  after(async () => {
    await it_.sandbox.kubectl("delete", "pia", "--all", "-n", direct, "--timeout=120s");
    await client.transport.close();
    await it_.stop();
  });

  /** Of the objects of one namespace, in words that do not depend on the namespace. */
  function stateOf(namespace: string): string {
    const { roles, associations } = it_.sandbox.aws.state();
    const isTheirs = (tags: Readonly<Record<string, string>>) =>
      tags["podidentity.io/resource"]?.startsWith(`${namespace}/`) ?? false;
    const shown = {
      roles: roles
        .filter((one) => isTheirs(one.tags))
        .map(({ roleId: _, createdAt: __, managedPolicyArns, ...rest }) => ({
          ...rest,
          managedPolicyArns: managedPolicyArns.toSorted(),
        })),
      associations: associations
        .filter((one) => one.namespace === namespace)
        .map(({ associationId: _, associationArn: __, createdAt: ___, modifiedAt, ...rest }) => ({
          ...rest,
          modifiedAt: modifiedAt > 0,
        })),
    };
    const sorted = JSON.stringify(shown, (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    );
    const plain = sorted.replaceAll(namespace, "NAMESPACE").replace(/-[0-9a-f]{10}\b/g, "-HASH");
    const { roles: r, associations: a } = JSON.parse(plain) as Record<string, object[]>;
    const inOrder = (all: object[] = []) => all.map((one) => JSON.stringify(one)).toSorted();
    return [...inOrder(r), ...inOrder(a)].join("\n");
  }

  const replace = async (namespace: string, walk: number, wanted: object) => {
    const object = manifest(namespace, `walk-${walk}`, wanted);
    const { stderr, code } = await it_.sandbox.controlPlane.kubectl(["apply", "-f", "-"], {
      stdin: JSON.stringify(object),
    });
    if (code !== 0) throw new Error(stderr);
  };
  const settled = async (walk: number, status: "True" | "False", namespace = it_.namespace) => {
    const name = `walk-${walk}`;
    let last: PodIdentityAssociation | undefined;
    await until(
      `${namespace}/${name} is Ready=${status}`,
      async () => {
        last = await client.get<PodIdentityAssociation>(ASSOCIATIONS, { namespace, name });
        const ready = last?.status?.conditions?.find(({ type }) => type === "Ready");
        const isSeen = last?.status?.observedGeneration === last?.metadata.generation;
        return isSeen && ready?.status === status;
      },
      () => JSON.stringify({ spec: last?.spec, status: last?.status }),
    );
  };

  const seeds = fc.sample(fc.noBias(fc.nat(2 ** 31 - 1)), { seed: SEED, numRuns: WALKS });
  const steps = seeds.map((seed, walk) => ({
    walk,
    way: (namespace: string) => wayOf(walk, namespace, seed),
  }));
  type Step = ReturnType<typeof wayOf>[number];

  const take = async (walk: number, { good, wrong, strays, waits }: Step) => {
    if (strays) await replace(it_.namespace, walk, wrong);
    if (strays && waits) await settled(walk, "False");
    await replace(it_.namespace, walk, good);
    if (waits) await settled(walk, "True");
  };

  it("ends where the last valid spec leads directly, with bad ones on the way", async () => {
    await Promise.all(
      steps.map(async ({ walk, way }) => {
        for (const step of way(it_.namespace)) await take(walk, step);
        await settled(walk, "True");
        await replace(direct, walk, way(direct).at(-1)?.good ?? {});
        await settled(walk, "True", direct);
      }),
    );
    await sweeps(it_);
    expect(stateOf(it_.namespace)).to.equal(stateOf(direct));
  });

  it("stays there through a bad spec, and when the good one comes back nothing is written", async () => {
    it_.sandbox.aws.resetCalls();
    const before = stateOf(it_.namespace);
    await Promise.all(
      steps.map(async ({ walk, way }) => {
        const { good = {}, wrong = {} } = way(it_.namespace).at(-1) ?? {};
        await replace(it_.namespace, walk, wrong);
        await settled(walk, "False");
        await replace(it_.namespace, walk, good);
        await settled(walk, "True");
      }),
    );
    await sweeps(it_);
    expect(stateOf(it_.namespace)).to.equal(before);
    expect(it_.effects()).to.deep.equal({});
  });

  it("leaves nothing when the objects go", async () => {
    await it_.sandbox.kubectl("delete", "pia", "--all", "-n", it_.namespace, "--timeout=120s");
    expect(stateOf(it_.namespace)).to.equal("");
  });
});
