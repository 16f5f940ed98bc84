/** Faults before and after a call took effect, throttles and missing permissions. */
import { expect } from "chai";
import { REFUSALS } from "./aws-error.ts";
import { clientsOf } from "./clients.ts";
import { refusalOf, Sandbox, TRUST } from "./testing.ts";

describe("the emulated AWS, failing", () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.start();
    await sandbox.createRole("reader");
  });
  afterEach(() => sandbox.stop());

  const existing = () => sandbox.aws.state().associations.length;
  const lastCall = () => sandbox.aws.calls().at(-1);

  it("refuses before a call takes effect, as often as told, then no more", async () => {
    sandbox.aws.addFault({
      operation: "CreatePodIdentityAssociation",
      times: 2,
      answer: REFUSALS.eks.tooManyRequests,
    });
    for (const _ of [1, 2]) {
      expect(await refusalOf(sandbox.associate("app", "reader"))).to.equal(
        "TooManyRequestsException: Too Many Requests",
      );
      expect(existing()).to.equal(0);
    }
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.equal("accepted");
  });

  it("refuses after a call took effect: it exists although the caller was told otherwise", async () => {
    sandbox.aws.addFault({
      operation: "CreatePodIdentityAssociation",
      when: "after",
      times: 1,
      answer: REFUSALS.eks.server,
    });
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.match(/^ServerException/);
    expect(existing()).to.equal(1);
    expect(lastCall()).to.include({ status: 500, error: "ServerException", tookEffect: true });
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.match(
      /^ResourceInUseException: Association already exists: a-[0-9a-z]{17}$/,
    );
  });

  it("cuts the connection before or after a call took effect", async () => {
    const create = {
      operation: "CreatePodIdentityAssociation",
      times: 1,
      answer: "reset",
    } as const;
    sandbox.aws.addFault({ ...create, when: "before" });
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.match(
      /ECONNRESET|socket hang up/,
    );
    expect(existing()).to.equal(0);
    sandbox.aws.addFault({ ...create, when: "after" });
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.match(
      /ECONNRESET|socket hang up/,
    );
    expect(existing()).to.equal(1);
    expect(lastCall()).to.include({ status: 0, error: "ConnectionReset", tookEffect: true });
  });

  it("answers the SDK's own retry after a lost answer with the association made at first", async () => {
    sandbox.aws.addFault({
      operation: "CreatePodIdentityAssociation",
      when: "after",
      times: 1,
      answer: "reset",
    });
    const retrying = clientsOf(sandbox.aws, 2);
    const { association } = await retrying.eks.createPodIdentityAssociation({
      clusterName: "demo",
      namespace: "team",
      serviceAccount: "app",
      roleArn: "arn:aws:iam::111122223333:role/reader",
    });
    retrying.destroy();
    expect(
      sandbox.aws.state().associations.map(({ associationId }) => associationId),
    ).to.deep.equal([association?.associationId]);
    const attempts = sandbox.aws.calls({ operation: "CreatePodIdentityAssociation" });
    expect(attempts.map(({ attempt, tookEffect }) => [attempt, tookEffect])).to.deep.equal([
      [1, true],
      [2, false],
    ]);
  });

  it("leaves a call without an answer until the fault is removed", async () => {
    const id = sandbox.aws.addFault({ operation: "GetRole", answer: "hang" });
    const call = refusalOf(sandbox.clients.iam.getRole({ RoleName: "reader" }));
    await sandbox.aws.untilHit({ id, hits: 1 });
    expect(sandbox.aws.faults()).to.deep.equal([{ id, hits: 1, hanging: 1 }]);
    sandbox.aws.removeFault({ id });
    expect(await call).to.match(/ECONNRESET|socket hang up/);
  });

  it("strikes only the calls whose parameters it names, and after those it is told to skip", async () => {
    await sandbox.createRole("other");
    sandbox.aws.addFault({
      service: "iam",
      where: { RoleName: "reader" },
      skip: 1,
      answer: REFUSALS.iam.server,
    });
    const read = (RoleName: string) => refusalOf(sandbox.clients.iam.getRole({ RoleName }));
    expect(await read("reader")).to.equal("accepted");
    expect(await read("reader")).to.match(/^ServiceFailureException/);
    expect(await read("other")).to.equal("accepted");
    sandbox.aws.clearFaults();
    expect(await read("reader")).to.equal("accepted");
  });

  it("strikes by any condition that a test in the same process gives", async () => {
    sandbox.aws.addFault({
      matches: ({ parameters }) => String(parameters["RoleName"]).startsWith("re"),
      answer: REFUSALS.iam.concurrentModification,
    });
    expect(await refusalOf(sandbox.clients.iam.getRole({ RoleName: "reader" }))).to.match(
      /^ConcurrentModificationException/,
    );
  });

  it("throttles one family of calls and not the others, and refills with time", async () => {
    sandbox.aws.configure({ throttles: { "iam-write": { callsPerSecond: 1, burst: 2 } } });
    const tag = () =>
      refusalOf(
        sandbox.clients.iam.tagRole({ RoleName: "reader", Tags: [{ Key: "a", Value: "b" }] }),
      );
    expect([await tag(), await tag(), await tag()]).to.deep.equal([
      "accepted",
      "accepted",
      "Throttling: Rate exceeded",
    ]);
    expect(await refusalOf(sandbox.clients.iam.getRole({ RoleName: "reader" }))).to.equal(
      "accepted",
    );
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.equal("accepted");
    sandbox.aws.advance({ ms: 1_000 });
    expect([await tag(), await tag()]).to.deep.equal(["accepted", "Throttling: Rate exceeded"]);
  });

  it("refuses what the caller has no permission for, naming action and resource", async () => {
    sandbox.aws.configure({
      deniedActions: ["iam:TagRole", "iam:PassRole", "eks:DescribeCluster"],
    });
    const { iam, eks } = sandbox.clients;
    expect(
      await refusalOf(iam.tagRole({ RoleName: "reader", Tags: [{ Key: "a", Value: "b" }] })),
    ).to.match(
      /^AccessDenied: .* is not authorized to perform: iam:TagRole on resource: arn:aws:iam::111122223333:role\/reader/,
    );
    expect(await refusalOf(sandbox.associate("app", "reader"))).to.match(
      /^AccessDeniedException: .* is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role\/reader/,
    );
    expect(await refusalOf(eks.describeCluster({ name: "demo" }))).to.match(
      /^AccessDeniedException/,
    );
  });

  it("keeps to the quotas it is given", async () => {
    sandbox.aws.configure({ quotas: { rolesPerAccount: 2, associationsPerCluster: 1 } });
    await sandbox.createRole("second");
    expect(await refusalOf(sandbox.createRole("third", TRUST))).to.equal(
      "LimitExceededException: Cannot exceed quota for RolesPerAccount: 2",
    );
    await sandbox.associate("app", "reader");
    expect(await refusalOf(sandbox.associate("other", "reader"))).to.match(
      /^ResourceLimitExceededException/,
    );
  });
});
