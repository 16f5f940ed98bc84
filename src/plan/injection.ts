/** Does a pod, as the API server admitted it, have the credentials of EKS Pod Identity? Nothing is asked of the pod itself. */
import type { Container, Pod } from "./pod.ts";

/**
 * - `injected`: it has the credentials of EKS Pod Identity
 * - `missing`: it has none, and would get them if it were made again
 * - `irsa`: it has those of IAM roles for service accounts instead
 * - `skipped`: it asks to be left without
 * - `unsupported`: it runs where there is no Pod Identity agent
 * - `shadowed`: its own environment names other credentials, which SDKs take first
 */
export type Injection = "injected" | "missing" | "irsa" | "skipped" | "unsupported" | "shadowed";

const AUDIENCE = "pods.eks.amazonaws.com";
const FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
/** The agent's addresses are 169.254.170.23 and [fd00:ec2::23]; nobody has verified the latter, so any link-local one will do. */
const AGENT =
  /^http:\/\/(?:169\.254\.\d+\.\d+|\[fd00:ec2:[0-9a-f:]*\])(?::\d+)?\/v1\/credentials$/i;

/** Come before the container's credentials in the chains of AWS's SDKs (developer guides: credential providers). */
const EARLIER_IN_CHAIN = [
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];
const WEB_IDENTITY = "AWS_WEB_IDENTITY_TOKEN_FILE";

const SKIP_LABEL = "eks.amazonaws.com/skip-pod-identity-webhook";
const SKIP_CONTAINERS = "eks.amazonaws.com/skip-containers";

export interface Finding {
  readonly injection: Injection;
  /** Where it needs saying: the variable that shadows, the platform that is not supported; else "". */
  readonly detail: string;
}

export function injectionOf(pod: Pod): Finding {
  const platform = unsupportedPlatform(pod);
  if (platform) return { injection: "unsupported", detail: platform };
  if (pod.metadata.labels?.[SKIP_LABEL] !== undefined) return plain("skipped");
  const injected = isInjected(pod);
  const shadow = shadowOf(pod, injected);
  if (shadow) return { injection: "shadowed", detail: shadow };
  if (injected) return plain("injected");
  if (hasVolume(pod, "sts.amazonaws.com") || hasVariable(pod, WEB_IDENTITY)) return plain("irsa");
  return plain(skipsAll(pod) ? "skipped" : "missing");
}

const plain = (injection: Injection) => ({ injection, detail: "" });

function unsupportedPlatform({ metadata, spec }: Pod): string {
  const isFargate =
    metadata.labels?.["eks.amazonaws.com/fargate-profile"] !== undefined ||
    spec?.schedulerName === "fargate-scheduler" ||
    spec?.nodeName?.startsWith("fargate-") === true;
  if (isFargate) return "Fargate";
  const isWindows = [spec?.os?.name, spec?.nodeSelector?.["kubernetes.io/os"]].includes("windows");
  return isWindows ? "Windows" : "";
}

/** The label of newer webhooks is no proof: older ones set none, and anybody may write it. */
function isInjected(pod: Pod): boolean {
  const isAgents = ({ name, value = "" }: { name: string; value?: string }) =>
    name === FULL_URI && AGENT.test(value);
  return hasVolume(pod, AUDIENCE) && containers(pod).some(({ env }) => env?.some(isAgents));
}

/** The variable that comes first, and the container that sets it. */
function shadowOf(pod: Pod, injected: boolean): string {
  const earlier = injected ? [...EARLIER_IN_CHAIN, WEB_IDENTITY] : EARLIER_IN_CHAIN;
  for (const { name: container, env = [] } of pod.spec?.containers ?? []) {
    const found = env.find(
      ({ name, value = "" }) => earlier.includes(name) || (name === FULL_URI && !AGENT.test(value)),
    );
    if (found) return `${found.name} of container ${container}`;
  }
  return "";
}

function skipsAll({ metadata, spec }: Pod): boolean {
  const skipped = (metadata.annotations?.[SKIP_CONTAINERS] ?? "").split(",").map((s) => s.trim());
  return (spec?.containers ?? []).every(({ name }) => skipped.includes(name));
}

function hasVolume({ spec }: Pod, audience: string): boolean {
  return (spec?.volumes ?? []).some(({ projected }) =>
    projected?.sources?.some(
      ({ serviceAccountToken }) => serviceAccountToken?.audience === audience,
    ),
  );
}

function hasVariable(pod: Pod, variable: string): boolean {
  return containers(pod).some(({ env }) => env?.some(({ name }) => name === variable));
}

function containers({ spec }: Pod): readonly Container[] {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
}
