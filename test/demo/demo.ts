/**
 * `make demo`: what a visitor sees first. One YAML becomes a role and an association, drift is repaired,
 * deleting the YAML takes everything away. All that is shown is real output, and it succeeds only if all
 * of it was seen. `KEEP=1` leaves sandbox and operator running.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { documentsOf, PROFILES } from "../config/aws-documents.ts";
import { type Operator, startOperator } from "../sandbox/operator.ts";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { operatorKubeconfig } from "../sandbox/shipped-rights.ts";
import { AwsView } from "./aws.ts";
import { command, heading, show } from "./screen.ts";

const SAMPLE = "config/samples/s3-reader.yaml";
const POD = "config/samples/s3-reader-pod.yaml";
const OBJECT = "podidentityassociation/s3-reader";
const root = new URL("../../", import.meta.url).pathname;

/** In production a sweep comes every 100 s (associations) and 500 s (roles): too long to look at. */
const QUICK_SWEEPS = { ASSOCIATION_SWEEP: "2", ROLE_SWEEP: "2", CONSISTENCY_WINDOW: "1" };
const OPERATORS_KEY = "AKIADEMO000000000000";
const PATIENCE_MS = 120_000;

async function demo(sandbox: Sandbox, operator: Operator): Promise<void> {
  const aws = new AwsView(sandbox);
  const kubectl = async (...args: readonly string[]) => {
    command(`kubectl ${args.join(" ")}`);
    show(await sandbox.kubectl(...args));
  };

  heading("1. One small YAML …");
  show(readFileSync(`${root}${SAMPLE}`, "utf8"));
  await kubectl("apply", "-f", SAMPLE);
  await kubectl("wait", "--for=condition=Ready", OBJECT, "--timeout=120s");
  await kubectl("get", "podidentityassociations");

  heading("2. … is a role and an association in AWS");
  show(await aws.roles());
  show(await aws.associations());

  heading("3. A pod of the ServiceAccount really gets the credentials");
  await kubectl("apply", "-f", POD);
  await until("status says so", async () => (await pods(sandbox)).includes("1/1"));
  await kubectl("get", "podidentityassociations");
  command("aws sts get-caller-identity   (in the pod)");
  show(await identity(sandbox));

  heading("4. Somebody deletes the association and detaches the policy behind its back");
  await aws.meddle();
  show(`associations in AWS: ${(await aws.associations()) || "none"}`);
  await until("the association comes back", async () =>
    (await aws.associations()).includes("s3-reader"),
  );
  await until("the policy comes back", async () =>
    (await aws.roles()).includes("AmazonS3ReadOnlyAccess"),
  );
  await until("an Event tells it", async () => (await events(sandbox)).includes("DriftRepaired"));
  heading("   The next sweep puts it right (every 2 s here, 100 s and 500 s in production)");
  show(await aws.associations());
  command(`kubectl events --for ${OBJECT}`);
  show(await events(sandbox));

  if (process.env["KEEP"] === "1") return keep(sandbox);

  heading("5. Deleting the YAML takes everything away");
  await kubectl("delete", "-f", POD, "--timeout=120s");
  await kubectl("delete", "-f", SAMPLE, "--timeout=120s");
  const { roles, associations } = sandbox.aws.state();
  show(`left in AWS: ${roles.length} roles, ${associations.length} associations`);
  if (roles.length + associations.length > 0) throw new Error("something was left in AWS");
  const code = await operator.stop();
  if (code !== 0) throw new Error(`the operator ended with exit code ${code}`);
}

function pods(sandbox: Sandbox): Promise<string> {
  return sandbox.kubectl("get", OBJECT, "-o", "jsonpath={.status.pods.summary}");
}

/** Who the pod is to AWS, by the genuine SDK in a process with the pod's own environment. */
async function identity({ dataPlane }: Sandbox): Promise<string> {
  const pod = { namespace: "default", name: "s3-reader" };
  const [outcome] = (await dataPlane?.runWorkload({ pod, steps: ["sts:GetCallerIdentity"] })) ?? [];
  if (!outcome?.ok) throw new Error(outcome?.error.message ?? "the pod said nothing");
  return JSON.stringify(outcome.result, undefined, 2);
}

function events(sandbox: Sandbox): Promise<string> {
  return sandbox.kubectl("events", "--for", OBJECT);
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline)
      throw new Error(`waited ${PATIENCE_MS / 1000} s in vain: ${what}`);
    await delay(100);
  }
}

async function keep(sandbox: Sandbox): Promise<void> {
  heading("It keeps running. In another shell:");
  for (const [name, value] of Object.entries(sandbox.environment)) show(`export ${name}=${value}`);
  show("kubectl get pia -A");
  heading("Ctrl-C ends it");
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
}

const report = (line: string) => console.log(line);
let sandbox: Sandbox | undefined;
let operator: Operator | undefined;
try {
  report("starting a Kubernetes control plane and an AWS emulator on this machine");
  sandbox = await startSandbox({ controllerManager: false, dataPlane: true, report });
  // With the rights that config/ gives it in AWS and in the cluster, and no others.
  sandbox.aws.configure({ callers: { [OPERATORS_KEY]: documentsOf(PROFILES.roles) } });
  operator = await startOperator({
    ...sandbox.environment,
    ...QUICK_SWEEPS,
    AWS_ACCESS_KEY_ID: OPERATORS_KEY,
    KUBECONFIG: await operatorKubeconfig(sandbox.controlPlane),
  });
  report(`the operator is ready after ${(process.uptime()).toFixed(0)} s`);
  await demo(sandbox, operator);
  heading(
    process.env["KEEP"] === "1" ? "Stopped." : `Seen it all, in ${process.uptime().toFixed(0)} s.`,
  );
} catch (problem) {
  heading(`demo failed: ${problem instanceof Error ? problem.message : problem}`);
  for (const line of operator?.lines.slice(-10) ?? []) report(line);
  process.exitCode = 1;
} finally {
  operator?.signal("SIGTERM");
  await sandbox?.stop();
}
