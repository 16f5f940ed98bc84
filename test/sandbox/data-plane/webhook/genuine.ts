/**
 * Runs AWS's own webhook in the place of ours. Its flags are those of main.go in aws/amazon-eks-pod-identity-webhook
 * (2026-08); the file of identities is what EKS's control plane writes for it (pkg/containercredentials/types.go).
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeyPair } from "../../control-plane/certificates.ts";
import type { Components } from "../../control-plane/components.ts";
import { freePort } from "../../control-plane/free-port.ts";
import { isListening } from "../listening.ts";
import type { Identity, InjectSettings } from "./inject.ts";
import type { WebhookProgram } from "./webhook.ts";

export const WEBHOOK_FILES = {
  certificate: "webhook.crt",
  key: "webhook.key",
  identities: "identities.json",
} as const;

/** How stale its file may be: little beside the lag that the emulated AWS adds itself. */
const REWRITE_EVERY_MS = 100;

export function webhookArguments(options: {
  readonly port: number;
  readonly metricsPort: number;
  readonly kubeconfig: string;
  /** Where its files are. */
  readonly directory: string;
  readonly settings: Pick<InjectSettings, "region" | "regionalSts">;
}): string[] {
  const { port, metricsPort, kubeconfig, directory, settings } = options;
  return [
    "--in-cluster=false",
    `--kubeconfig=${kubeconfig}`,
    `--port=${port}`,
    `--metrics-port=${metricsPort}`,
    `--tls-cert=${join(directory, WEBHOOK_FILES.certificate)}`,
    `--tls-key=${join(directory, WEBHOOK_FILES.key)}`,
    `--aws-default-region=${settings.region}`,
    `--sts-regional-endpoint=${settings.regionalSts}`,
    `--watch-container-credentials-config=${join(directory, WEBHOOK_FILES.identities)}`,
  ];
}

/** The file's whole text. */
export function identitiesFile(identities: readonly Identity[]): string {
  return JSON.stringify({ identities });
}

export async function genuineWebhook(
  program: string,
  options: {
    readonly components: Components;
    readonly port: number;
    readonly kubeconfig: string;
    readonly serving: KeyPair;
    readonly settings: InjectSettings;
    readonly identities: () => readonly Identity[];
  },
): Promise<WebhookProgram> {
  const { components, port, kubeconfig, serving, settings, identities } = options;
  const { directory } = components;
  const write = (file: string, text: string) =>
    writeFile(join(directory, file), text, { mode: 0o600 });
  await write(WEBHOOK_FILES.certificate, serving.certificate);
  await write(WEBHOOK_FILES.key, serving.key);
  const metricsPort = await freePort();
  const args = webhookArguments({ port, metricsPort, kubeconfig, directory, settings });
  const webhook = components.add("webhook", program, args);
  let written = "";
  const rewrite = async () => {
    const text = identitiesFile(identities());
    if (text === written) return;
    written = text;
    await write(WEBHOOK_FILES.identities, text);
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    start: async () => {
      await rewrite();
      timer = setInterval(() => void rewrite(), REWRITE_EVERY_MS);
      await webhook.start(() => isListening(port));
    },
    stop: async () => {
      clearInterval(timer);
      await webhook.kill();
    },
  };
}
