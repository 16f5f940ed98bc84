/** What all walkthroughs share: an operator, AWS, pods that really run their steps, and lines that say what was seen. */

import { readFileSync } from "node:fs";
import { parseAllDocuments, stringify } from "yaml";
import type { EksAddon } from "../../src/api/eks-addon.ts";
import { ADDON_PACE, addonReady, clearAddons, untilAddonReady } from "../operator/addons.ts";
import { podsOf } from "../operator/deployments.ts";
import { type Fixture, QUICK, startFixture, until } from "../operator/fixture.ts";
import type { DataPlane } from "../sandbox/data-plane/start.ts";
import type { StepOutcome } from "../sandbox/data-plane/workload/workload.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

export interface Guide extends Fixture {
  readonly dataPlane: DataPlane;
  /** Applies a file of config/samples in the guide's namespace; documents that have a namespace keep it. */
  applySample(file: string, change?: (text: string) => string): Promise<void>;
  /** Runs the steps in the first pod with the label, as the pod itself would. */
  inPod(selector: string, ...steps: readonly string[]): Promise<readonly StepOutcome[]>;
  condition(
    name: string,
    type: string,
  ): Promise<{ status: string; reason: string; message: string } | undefined>;
  /** Waits until the object says that the cluster has the agent: in these words. */
  untilAgentRuns(name: string): Promise<string>;
}

/** The settings that a guide would make too long to look at: how often AWS is looked at, how long a webhook may lag. */
export const PACE: Readonly<Record<string, string>> = {
  ...QUICK,
  ...ADDON_PACE,
  WEBHOOK_SETTLE: "1",
  POD_STATUS_DELAY: "0.1",
  POD_STATUS_DELAY_MAX: "0.5",
};

/** Calls to IAM that would change something: with roles that exist there are none. */
export function iamWrites({ sandbox }: Guide): readonly string[] {
  const calls = sandbox.aws.calls({ service: "iam" }).map(({ operation }) => operation);
  return calls.filter((operation) => !/^(Get|List)/.test(operation));
}

export async function startGuide(options: Parameters<typeof startFixture>[0] = {}): Promise<Guide> {
  const fixture = await startFixture({
    dataPlane: ["kube-system"],
    ...options,
    env: { ...PACE, ...options.env },
  });
  const { sandbox, namespace, stop } = fixture;
  const { dataPlane } = sandbox;
  if (!dataPlane) throw new Error("a guide needs a data plane");
  const condition = async (name: string, type: string) =>
    (await fixture.get(name))?.status?.conditions?.find((one) => one.type === type);
  return Object.assign(fixture, {
    dataPlane,
    applySample: async (file: string, change = (text: string) => text) => {
      const objects = parseAllDocuments(change(sample(file))).map(
        (one) => one.toJS() as { metadata: object },
      );
      const placed = objects.map((one) => ({ ...one, metadata: { namespace, ...one.metadata } }));
      await sandbox.apply(placed.map((one) => stringify(one)).join("---\n"));
    },
    inPod: async (selector: string, ...steps: readonly string[]) => {
      const [pod] = await podsOf(sandbox, namespace, selector);
      if (!pod) throw new Error(`no pod ${selector} runs`);
      return dataPlane.runWorkload({ pod: { namespace, name: pod.metadata.name }, steps });
    },
    condition,
    untilAgentRuns: async (name: string) => {
      const seen = () => condition(name, "AgentReady");
      await until("the agent is seen", async () => (await seen())?.reason === "AgentRunning");
      return (await seen())?.message ?? "";
    },
    stop: async () => {
      await fixture.operator.kill();
      await clearAddons(sandbox);
      await stop();
    },
  });
}

/** Text of a file of config/samples. */
export function sample(file: string): string {
  return readFileSync(`config/samples/${file}`, "utf8");
}

/** What was seen, below the step's own line. */
export function saw(text: string): void {
  for (const line of text.trimEnd().split("\n")) console.log(`      ${line}`);
}

/** What a step gave. @throws Error with what AWS refused it for */
export function resultOf(outcome: StepOutcome | undefined): unknown {
  if (outcome?.ok) return outcome.result;
  throw new Error(outcome ? `${outcome.step}: ${outcome.error.message}` : "there was no such step");
}

/** Name and text of what a step was refused for; "" if it was not. */
export function refusalOf(outcome: StepOutcome | undefined): string {
  return outcome && !outcome.ok ? `${outcome.error.name}: ${outcome.error.message}` : "";
}

/** Longer than any test: what is held so takes its course when the setting is changed. */
export const HELD_MS = 24 * 60 * 60_000;

/** How long EKS works on an add-on once it has been seen doing it. */
const ADDON_LAG_MS = 1_500;

/**
 * Waits until the EKSAddon is ready: its states in order, as `kubectl get eksaddons` shows them. The guide has begun
 * with `addonLagMs: HELD_MS`, so that EKS is still at it however late one looks.
 */
export async function addonStates(
  cluster: Pick<Sandbox, "kubectl" | "aws">,
  name: string,
): Promise<readonly string[]> {
  const states = new Set<string>();
  const see = (addon: EksAddon) => {
    const { addonStatus } = addon.status ?? {};
    if (addonStatus !== undefined) states.add(`${addonStatus}, Ready ${addonReady(addon)}`);
  };
  await untilAddonReady(cluster, name, "False AddonCreating", see);
  cluster.aws.configure({ addonLagMs: ADDON_LAG_MS });
  await untilAddonReady(cluster, name, "True Reconciled", see);
  return [...states];
}

/** How an add-on comes that was not there. */
export const INSTALLED = ["CREATING, Ready False AddonCreating", "ACTIVE, Ready True Reconciled"];
