/** The Deployment of config/ and the operator agree: variables, port, path of the probes, time to end. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { readSettings, type Settings } from "../../src/settings.ts";
import { TEMPLATES } from "../../tools/chart/templates.ts";

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
}

const { spec } = parse(readFileSync("config/operator/deployment.yaml", "utf8")).spec.template;
const [container] = spec.containers as [Container];
const variables = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
const INSTALLED = { CLUSTER_NAME: "demo", AWS_REGION: "us-west-2" };

describe("the Deployment", () => {
  it("sets variables that the operator reads, to values that it takes", () => {
    const settings = readSettings({ ...variables, ...INSTALLED }, "pod-identity-system");
    expect(settings).to.include.all.keys(Object.keys(variables));
    expect(settings).to.include({ LEADER_ELECTION: true, OPERATOR_MODE: "Apply" });
  });

  it("is told what is missing, where nobody has filled in the cluster", () => {
    expect(() => readSettings(variables, "pod-identity-system")).to.throw(
      /CLUSTER_NAME is empty: set it .*AWS_REGION is empty: set it/,
    );
  });

  it("has the port on which probes are served", () => {
    const { PROBE_ADDRESS }: Settings = readSettings({ ...variables, ...INSTALLED }, "x");
    const [port] = container.ports;
    expect(`:${port?.containerPort}`).to.equal(PROBE_ADDRESS);
  });

  it("gives the operator more time to end than it takes", () => {
    const { SHUTDOWN_DEADLINE } = readSettings({ ...variables, ...INSTALLED }, "x");
    expect(spec.terminationGracePeriodSeconds * 1000).to.be.greaterThan(SHUTDOWN_DEADLINE);
  });

  it("is what the chart knows all variables of, so that none can be set twice", () => {
    const template = TEMPLATES.find(({ source }) => source === "operator/deployment.yaml");
    const expressions = Object.values(template?.set?.["Deployment/pod-identity-operator"] ?? {});
    const block = expressions.find((one) => one.includes("the chart sets it")) ?? "";
    for (const name of Object.keys(variables)) expect(block).to.include(`"${name}"`);
  });
});
