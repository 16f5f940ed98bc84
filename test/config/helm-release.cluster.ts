/** A release from its first installation to its end, on an API server that has never heard of us. */
import { expect } from "chai";
import { type ControlPlane, startControlPlane } from "../sandbox/control-plane/start.ts";
import { type Helm, helmOn } from "../sandbox/helm.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { type Values, valuesOf } from "./chart.ts";

const NAMESPACE = "identity";
const WHERE = ["podidentity", "--namespace", NAMESPACE];

describe("a release", function () {
  this.timeout(FIRST_BUILD_MS);
  let controlPlane: ControlPlane;
  let helm: Helm;

  before(async () => {
    controlPlane = await startControlPlane({ controllerManager: false, report: console.error });
    helm = await helmOn(controlPlane);
  });
  after(() => controlPlane?.stop());

  const get = async (...args: readonly string[]) => {
    const { stdout, stderr, code } = await controlPlane.kubectl(["get", ...args]);
    return code === 0 ? stdout : stderr;
  };
  const expectDone = async (...args: readonly string[]) => {
    const { stdout, stderr, code } = await helm(...args);
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
    return stdout;
  };
  const upgrade = (values: Values) => expectDone("upgrade", ...WHERE, "chart", ...valuesOf(values));
  const guardrail = () => get("pig", "default", "-o", "jsonpath={.metadata.uid}");
  const boundary = () =>
    get("pig", "default", "-o", "jsonpath={.spec.managedRoles.permissionsBoundaryArn}");

  it("brings the definitions and the first guardrail, and says what it allows", async () => {
    const notes = await expectDone(
      ...["install", ...WHERE, "chart", "--create-namespace"],
      ...valuesOf({}),
    );
    expect(notes).to.include("cluster demo in us-west-2");
    expect(notes).to.include("Every role gets the permissions boundary");
    expect(await boundary()).to.include(":policy/podidentity-boundary/");
    expect(await get("deployment", "-n", NAMESPACE, "-o", "name")).to.include("identity-operator");
  });

  it("keeps that very guardrail when it is upgraded, and changes it where the values do", async () => {
    const uid = await guardrail();
    await upgrade({});
    expect(await guardrail()).to.equal(uid);
    const other = "arn:aws:iam::111122223333:policy/another";
    await upgrade({ permissionsBoundaryArn: other });
    expect(await guardrail()).to.equal(uid);
    expect(await boundary()).to.equal(other);
  });

  it("takes the guardrail away where the values say None, and brings it back", async () => {
    await upgrade({ defaultGuardrail: "None" });
    expect(await guardrail()).to.include("NotFound");
    const notes = await upgrade({ defaultGuardrail: "Open" });
    expect(notes).to.include("NO permissions boundary");
    expect(await guardrail()).to.match(/^[0-9a-f-]{36}$/);
  });

  it("leaves the definitions and all objects behind when it goes, and finds them when it comes again", async () => {
    const sample = ["-f", "config/samples/s3-reader.yaml"];
    await controlPlane.kubectl(["apply", ...sample]);
    const uid = () => get("pia", "s3-reader", "-o", "jsonpath={.metadata.uid}");
    const before = await uid();
    await expectDone("uninstall", ...WHERE);
    expect(await get("deployment", "-n", NAMESPACE, "-o", "name")).to.equal("");
    expect(await get("clusterrole", "podidentity-operator")).to.include("NotFound");
    expect(await uid()).to.equal(before);
    await expectDone("install", ...WHERE, "chart", ...valuesOf({}));
    expect(await uid()).to.equal(before);
  });
});
