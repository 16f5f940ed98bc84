/** What all walkthroughs share: an operator, AWS, pods that really run their steps, and lines that say what was seen. */

import { readFileSync } from "node:fs";
import {
  CreateAddonCommand,
  DeleteAddonCommand,
  DescribeAddonCommand,
  EKSClient,
  ListAddonsCommand,
} from "@aws-sdk/client-eks";
import { parseAllDocuments, stringify } from "yaml";
import { podsOf } from "../operator/deployments.ts";
import { type Fixture, QUICK, startFixture, until } from "../operator/fixture.ts";
import type { DataPlane } from "../sandbox/data-plane/start.ts";
import type { StepOutcome } from "../sandbox/data-plane/workload/workload.ts";
import { startOperator } from "../sandbox/operator.ts";
import { CLUSTER_NAME, REGION } from "../sandbox/sandbox.ts";

export interface Guide extends Fixture {
  readonly dataPlane: DataPlane;
  /** Applies a file of config/samples in the guide's namespace; documents that have a namespace keep it. */
  applySample(file: string, change?: (text: string) => string): Promise<void>;
  /** Runs the steps in the first pod with the label, as the pod itself would. */
  inPod(selector: string, ...steps: readonly string[]): Promise<readonly StepOutcome[]>;
  /** Makes the agent add-on as a user would with the AWS CLI, and waits until it is ACTIVE: its states in order. */
  installAgent(configurationValues?: string): Promise<readonly string[]>;
  /** Deletes it again, and waits until EKS lists none. */
  removeAgent(): Promise<void>;
  condition(
    name: string,
    type: string,
  ): Promise<{ status: string; reason: string; message: string } | undefined>;
}

const AGENT = "eks-pod-identity-agent";
const AGENT_VERSION = "v1.0.0-eksbuild.1";

/** The settings that a guide would make too long to look at: how often AWS is looked at, how long a webhook may lag. */
const PACE = {
  ...QUICK,
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
  const { sandbox, namespace } = fixture;
  const { dataPlane } = sandbox;
  if (!dataPlane) throw new Error("a guide needs a data plane");
  const guide: Guide = Object.assign(fixture, {
    dataPlane,
    applySample: async (file: string, change = (text: string) => text) => {
      const text = change(readFileSync(`config/samples/${file}`, "utf8"));
      const objects = parseAllDocuments(text).map((one) => one.toJS() as { metadata: object });
      const placed = objects.map((one) => ({ ...one, metadata: { namespace, ...one.metadata } }));
      await sandbox.apply(placed.map((one) => stringify(one)).join("---\n"));
    },
    inPod: async (selector: string, ...steps: readonly string[]) => {
      const [pod] = await podsOf(sandbox, namespace, selector);
      if (!pod) throw new Error(`no pod ${selector} runs`);
      return dataPlane.runWorkload({ pod: { namespace, name: pod.metadata.name }, steps });
    },
    installAgent: (configurationValues?: string) => installAgent(guide, configurationValues),
    removeAgent: () => removeAgent(guide),
    condition: async (name: string, type: string) => {
      const object = await fixture.get(name);
      return object?.status?.conditions?.find((one) => one.type === type);
    },
  });
  return guide;
}

/** A line of what was seen, below the step's own. */
export function saw(line: string): void {
  console.log(`      ${line}`);
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

export function restart(guide: Guide, env: Readonly<Record<string, string>> = {}) {
  return startOperator({ ...guide.sandbox.environment, ...PACE, ...env });
}

const ADDON = { clusterName: CLUSTER_NAME, addonName: AGENT };

/** As the AWS CLI of a user would: with the environment that `make sandbox` prints. */
function eksOf({ sandbox: { environment } }: Guide): EKSClient {
  const { AWS_ENDPOINT_URL: endpoint = "", AWS_SECRET_ACCESS_KEY = "" } = environment;
  // The operator's key may only do what its policy allows.
  const credentials = {
    accessKeyId: "AKIAUSER000000000000",
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
  };
  return new EKSClient({ endpoint, region: REGION, credentials });
}

async function installAgent(
  guide: Guide,
  configurationValues: string | undefined,
): Promise<readonly string[]> {
  const eks = eksOf(guide);
  const values = configurationValues === undefined ? {} : { configurationValues };
  const wanted = { ...ADDON, addonVersion: AGENT_VERSION, ...values };
  const { addon } = await eks.send(new CreateAddonCommand(wanted));
  const states = new Set<string>([addon?.status ?? ""]);
  await until("the add-on is ACTIVE", async () => {
    const { addon: seen } = await eks.send(new DescribeAddonCommand(ADDON));
    states.add(seen?.status ?? "");
    return seen?.status === "ACTIVE";
  });
  eks.destroy();
  return [...states];
}

async function removeAgent(guide: Guide): Promise<void> {
  const eks = eksOf(guide);
  await eks.send(new DeleteAddonCommand(ADDON));
  await until("the add-on is gone", async () => {
    const { addons = [] } = await eks.send(new ListAddonsCommand({ clusterName: CLUSTER_NAME }));
    return addons.length === 0;
  });
  eks.destroy();
}
