/** Settings: what stands where nothing is set, and what a wrong one says. */
import { expect } from "chai";
import { readSettings } from "../src/settings.ts";

const least = { CLUSTER_NAME: "demo", AWS_REGION: "us-west-2" };

describe("settings", () => {
  it("have these production defaults (durations in milliseconds)", () =>
    expect(readSettings(least, "")).to.deep.equal({
      ...least,
      INSTALLATION_ID: "default",
      OPERATOR_MODE: "Apply",
      MANAGE_ROLES: true,
      OPERATOR_NAMESPACE: "",
      REVOKE_AFTER: 10_000,
      GUARDRAIL_STATUS: 2_000,
      ROLE_PATH: "/podidentity/",
      DEFAULT_TRUST_SCOPE: "ServiceAccount",
      LEADER_ELECTION: false,
      LEASE_NAME: "podidentity-operator",
      LEASE_DURATION: 15_000,
      RENEW_DEADLINE: 10_000,
      RENEW_PERIOD: 2_000,
      CONCURRENCY: 20,
      VERIFY_PODS: true,
      EFFECTIVE_PROBE: "Off",
      RESTARTS_PER_MINUTE: 10,
      IRSA_PER_MINUTE: 30,
      WEBHOOK_SETTLE: 20_000,
      RESTART_WINDOW: 600_000,
      RESTART_INTERVAL: 600_000,
      SERVICE_ACCOUNT_PATIENCE: 600_000,
      POD_STATUS_DELAY: 2_000,
      POD_STATUS_DELAY_MAX: 20_000,
      PROBE_INTERVAL: 2_000,
      PROBE_ADDRESS: ":8081",
      LOG_LEVEL: "info",
      AWS_MAX_CALLS_PER_SECOND: 500,
      CONSISTENCY_WINDOW: 30_000,
      ASSOCIATION_SWEEP: 100_000,
      ROLE_SWEEP: 500_000,
      DESCRIBE_ROTATION: 780_000,
      ADDON_SWEEP: 120_000,
      ADDON_POLL: 10_000,
      ADDON_RETRY: 300_000,
      ADDON_CATALOGUE: 3_600_000,
      AGENT_CHECK: 300_000,
      RETRY_MAX: 20_000,
      STALLED_RETRY: 1_800_000,
      WATCH_GRACE: 10_000,
      SHUTDOWN_DEADLINE: 8_000,
    }));

  it("take the region from AWS_DEFAULT_REGION too", () =>
    expect(
      readSettings({ CLUSTER_NAME: "demo", AWS_DEFAULT_REGION: "eu-west-1" }).AWS_REGION,
    ).to.equal("eu-west-1"));

  it("take the operator's namespace from the pod, unless it is set", () => {
    const inPod = (set: object) => readSettings({ ...least, ...set }, "of-the-pod");
    expect(inPod({}).OPERATOR_NAMESPACE).to.equal("of-the-pod");
    expect(inPod({ OPERATOR_NAMESPACE: "set" }).OPERATOR_NAMESPACE).to.equal("set");
    expect(inPod({ LEADER_ELECTION: "true" }).LEADER_ELECTION).to.equal(true);
  });

  const elected = { ...least, LEADER_ELECTION: "true", OPERATOR_NAMESPACE: "system" };
  const wrong: [Record<string, string>, string][] = [
    [{ AWS_REGION: "us-west-2" }, "CLUSTER_NAME is missing: set it to the name of the EKS cluster"],
    [{ CLUSTER_NAME: "demo" }, "AWS_REGION is missing: set it to the cluster's region"],
    [{ ...least, ROLE_PATH: "podidentity" }, "ROLE_PATH must begin and end with /"],
    [{ ...least, DEFAULT_TRUST_SCOPE: "Pod" }, "DEFAULT_TRUST_SCOPE must be ServiceAccount"],
    [{ ...least, CONCURRENCY: "0" }, "CONCURRENCY must be a whole number from 1 to 200"],
    [{ ...least, LEADER_ELECTION: "true" }, "OPERATOR_NAMESPACE is missing: LEADER_ELECTION=true"],
    [{ ...least, LEASE_NAME: "A b" }, "LEASE_NAME must be the name of a Lease"],
    [{ ...elected, RENEW_DEADLINE: "15" }, "RENEW_DEADLINE must be less than LEASE_DURATION"],
    [{ ...elected, RENEW_PERIOD: "10" }, "RENEW_PERIOD must be less than RENEW_DEADLINE"],
    [{ ...least, ROLE_SWEEP: "soon" }, "ROLE_SWEEP must be a number of seconds"],
  ];
  for (const [variables, sentence] of wrong) {
    it(`say: ${sentence}…`, () => expect(() => readSettings(variables, "")).to.throw(sentence));
  }
});
