/** EKS's pod webhook in the sandbox: registered with the API server, started, broken and mended again. */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { KubeClient } from "../../../../src/kube/client.ts";
import type { KubeObject } from "../../../../src/kube/object.ts";
import { SERVICE_ACCOUNTS } from "../../../../src/kube/service-accounts.ts";
import type { Transport } from "../../../../src/kube/transport.ts";
import type { KeyPair } from "../../control-plane/certificates.ts";
import { freePort } from "../../control-plane/free-port.ts";
import { type Listening, listen } from "../listening.ts";
import type { Pod } from "../pod.ts";
import { WEBHOOK_CONFIGURATIONS, webhookConfiguration } from "./configuration.ts";
import { type Identity, type InjectSettings, inject, type PatchOperation } from "./inject.ts";
import { webhookServer } from "./server.ts";

/** Ours, or AWS's own. */
export interface WebhookProgram {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface Webhook extends WebhookProgram {
  /** Of its MutatingWebhookConfiguration. */
  readonly name: string;
  /** What the genuine program cannot change while it runs; there it does nothing. */
  configure(change: Partial<InjectSettings>): void;
  /** Stops it for good, and takes its configuration from the API server. */
  remove(): Promise<void>;
}

export interface WebhookOptions {
  readonly transport: Transport;
  readonly region: string;
  /** ServiceAccounts with an association, as far as EKS has told the webhook. */
  readonly identities: () => readonly Identity[];
  readonly issueServing: () => Promise<KeyPair>;
  /** PEM of what signs that. */
  readonly ca: string;
  /** Absent: all. */
  readonly namespaces?: readonly string[] | undefined;
  /** Makes the genuine program. @default ours */
  readonly genuine?:
    | ((at: {
        readonly port: number;
        readonly serving: KeyPair;
        readonly settings: InjectSettings;
      }) => Promise<WebhookProgram>)
    | undefined;
}

/** EKS spreads the renewals of tokens that are good for a day. */
const SHORTEST_EXPIRATION = 79_200;
const LONGEST_EXPIRATION = 86_400;

const CALLED_WITHIN_MS = 60_000;
const TRY_EVERY_MS = 20;
/** It is always there, and no test makes Pods in it; the namespaces of a test may be still to come. */
const TRIED_IN = "kube-public";

/** Returns when the API server calls it: no Pod made from then on passes it by. */
export async function startWebhook(options: WebhookOptions): Promise<Webhook> {
  const { transport, region, ca, namespaces } = options;
  const client = new KubeClient(transport);
  const port = await freePort();
  const serving = await options.issueServing();
  const settings = { region, irsa: true, label: true, regionalSts: true };
  // The genuine program does not tell.
  let isCalled = options.genuine !== undefined;
  const program = options.genuine
    ? await options.genuine({ port, serving, settings })
    : ownProgram(port, serving, (pod) => {
        isCalled = true;
        return mutate(pod, client, { ...options, settings });
      });
  const name = namespaces
    ? `pod-identity-webhook-${randomBytes(4).toString("hex")}`
    : "pod-identity-webhook";
  await program.start();
  const configuration = webhookConfiguration({
    name,
    port,
    ca,
    namespaces: namespaces && [...namespaces, TRIED_IN],
  });
  await client.apply(WEBHOOK_CONFIGURATIONS, configuration, "sandbox");
  await untilCalled(() => isCalled, client, transport);
  return {
    name,
    start: () => program.start(),
    stop: () => program.stop(),
    configure: (change) => void Object.assign(settings, change),
    remove: async () => {
      // A test may have ended the API server; then nobody calls the webhook any more.
      await client.delete(WEBHOOK_CONFIGURATIONS, { name }).catch(() => undefined);
      await program.stop();
    },
  };
}

/** The API server learns of a configuration a moment after it has taken it: a Pod is tried until then. */
async function untilCalled(
  isCalled: () => boolean,
  client: KubeClient,
  transport: WebhookOptions["transport"],
): Promise<void> {
  // Where no controllers run, nobody else makes it.
  const account = { metadata: { namespace: TRIED_IN, name: "default" } };
  await client.create(SERVICE_ACCOUNTS, account).catch(() => undefined);
  const spec = { containers: [{ name: "tried", image: "tried" }] };
  const body = { apiVersion: "v1", kind: "Pod", metadata: { name: "tried" }, spec };
  const path = `/api/v1/namespaces/${TRIED_IN}/pods?dryRun=All`;
  const deadline = performance.now() + CALLED_WITHIN_MS;
  let problem: unknown;
  while (!isCalled()) {
    if (performance.now() > deadline) {
      throw new Error("the API server does not call the webhook", { cause: problem });
    }
    await transport.json({ method: "POST", path, body }).catch((thrown: unknown) => {
      problem = thrown;
    });
    await delay(TRY_EVERY_MS);
  }
}

function ownProgram(
  port: number,
  serving: KeyPair,
  answer: (pod: Pod) => Promise<readonly PatchOperation[] | undefined>,
): WebhookProgram {
  let running: Listening | undefined;
  return {
    start: async () => {
      running ??= await listen(webhookServer(serving, answer), port);
    },
    stop: async () => {
      await running?.close();
      running = undefined;
    },
  };
}

async function mutate(
  pod: Pod,
  client: KubeClient,
  { identities, settings }: Pick<WebhookOptions, "identities"> & { settings: InjectSettings },
): Promise<readonly PatchOperation[] | undefined> {
  const name = pod.spec.serviceAccountName ?? "default";
  const { namespace = "" } = pod.metadata;
  const account = await client.get<KubeObject>(SERVICE_ACCOUNTS, { namespace, name });
  return inject(pod, {
    identities: identities(),
    annotations: account?.metadata.annotations ?? {},
    settings,
    expirationSeconds:
      SHORTEST_EXPIRATION + Math.floor(Math.random() * (LONGEST_EXPIRATION - SHORTEST_EXPIRATION)),
  });
}
