/** Every command of README.md and docs/getting-started.md does what its page says, in the order of the page. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { documentsOf, PROFILES } from "../config/aws-documents.ts";
import { QUICK } from "../operator/fixture.ts";
import type { KubectlResult } from "../sandbox/control-plane/kubectl.ts";
import { type ControlPlane, startControlPlane } from "../sandbox/control-plane/start.ts";
import { type Helm, helmOn } from "../sandbox/helm.ts";
import { type Operator, startOperator } from "../sandbox/operator.ts";
import { joinSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import { FIRST_BUILD_MS } from "../sandbox/shared.ts";
import { OPERATOR } from "../sandbox/shipped-rights.ts";
import { type Command, commandsOf } from "./commands.ts";

/** What cannot be run here, by how it begins. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "aws cloudformation deploy ":
    "needs an AWS account; the operator below has what its Profile allows, and test/config/aws-config.test.ts reads its template",
  "make image ":
    "needs Docker; test/config/image.cluster.ts runs what the Dockerfile puts together",
  "docker push ": "needs a registry",
  "make test": "is what runs this",
};

const reasonNotTo = ({ text: line }: Command) =>
  Object.entries(ELSEWHERE).find(([start]) => line.startsWith(start))?.[1];

/** What differs between two runs: the hash in a role's name, a time, and how wide a column is. */
const alike = (line: string) =>
  line
    .replace(/-[0-9a-f]{10}\b/g, "-HASH")
    .replace(/\b\d+m?\d*s$/, "TIME")
    .replace(/ +/g, " ")
    .trim();

describe("the commands of README.md and docs/getting-started.md", function () {
  this.timeout(FIRST_BUILD_MS);
  this.slow(60_000);
  let controlPlane: ControlPlane;
  let helm: Helm;
  let sandbox: Sandbox | undefined;
  let operator: Operator | undefined;
  before(async () => {
    controlPlane = await startControlPlane({ controllerManager: false, report: console.error });
    helm = await helmOn(controlPlane);
  });
  after(async () => {
    await operator?.kill();
    await sandbox?.stop();
    await controlPlane?.stop();
  });

  /** What EKS and the nodes are to an installed release: the emulated AWS, and the operator with the release's own rights. */
  async function bringToLife(): Promise<void> {
    sandbox = await joinSandbox(controlPlane, { dataPlane: { namespaces: ["default"] } });
    const { aws, environment } = sandbox;
    const { partition, region, id: accountId } = aws.account;
    const key = environment["AWS_ACCESS_KEY_ID"] ?? "";
    const own = { partition, region, accountId };
    aws.configure({ callers: { [key]: documentsOf(PROFILES.roles, own) } });
    const { namespace, name } = OPERATOR;
    const KUBECONFIG = await controlPlane.kubeconfigForServiceAccount(namespace, name);
    operator = await startOperator({ ...environment, ...QUICK, KUBECONFIG });
  }

  async function make(target: string): Promise<KubectlResult> {
    const child = spawn("make", [target], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<number | null>((done) => child.once("close", done));
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      ended,
    ]);
    return { stdout, stderr, code };
  }

  /** @throws Error for a command that is neither known here nor among those that cannot be run */
  async function run({ text: line, words }: Command): Promise<KubectlResult> {
    const [program, ...args] = words;
    if (program === "kubectl") return controlPlane.kubectl(args);
    if (line === "make demo") return make("demo");
    if (program !== "helm") throw new Error(`nobody has said how "${line}" is tried`);
    const result = await helm(...args.map((arg) => (arg === "config/chart" ? "chart" : arg)));
    if (args[0] === "install" && result.code === 0) await bringToLife();
    return result;
  }

  function declare(command: Command): void {
    const why = reasonNotTo(command);
    if (why !== undefined) {
      it(`(${command.text}: ${why})`);
      return;
    }
    it(`$ ${command.text}`, async () => {
      const { stdout, stderr, code } = await run(command);
      expect(code, stderr).to.equal(0);
      const lines = stdout.trimEnd().split("\n").map(alike);
      if (command.output.length > 0) expect(lines).to.deep.equal(command.output.map(alike));
    });
  }

  const begun = commandsOf("docs/getting-started.md");
  const [back] = commandsOf("docs/getting-started.md", "And back");
  const shown = commandsOf("README.md");
  for (const command of begun) {
    if (command.text !== back?.text) declare(command);
  }
  it("and its pod has the credentials", async () => {
    const args = ["wait", "--for=jsonpath={.status.pods.summary}=1/1", "pia/s3-reader"];
    const { stderr, code } = await controlPlane.kubectl([...args, "--timeout=120s"]);
    expect(code, stderr).to.equal(0);
  });
  for (const command of shown) declare(command);
  if (back) declare(back);

  it("leave nothing in AWS", () => {
    expect(sandbox?.aws.state().associations).to.deep.equal([]);
    expect(sandbox?.aws.state().roles).to.deep.equal([]);
  });

  it("and all that are said to need something else are there", () => {
    const all = [...begun, ...shown].map(({ text: line }) => line);
    for (const start of Object.keys(ELSEWHERE)) {
      expect(
        all.some((line) => line.startsWith(start)),
        start,
      ).to.equal(true);
    }
  });
});
