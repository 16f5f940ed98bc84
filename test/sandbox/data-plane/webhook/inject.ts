/**
 * Decides what EKS's pod webhook adds to a Pod: for an association the agent's address and a token for it, else for a
 * role annotation (IRSA) the role and a token for STS. It adds, and never changes what the Pod says itself.
 */
import type { Container, EnvVar, Pod, Volume } from "../pod.ts";
import { parseNames, parseSeconds } from "./annotations.ts";

export interface Identity {
  readonly namespace: string;
  readonly serviceAccount: string;
}

export interface InjectSettings {
  readonly region: string;
  /** Whether a ServiceAccount's eks.amazonaws.com/role-arn counts. */
  readonly irsa: boolean;
  /** Webhooks before the spring of 2026 set no label. */
  readonly label: boolean;
  /** Whether AWS_STS_REGIONAL_ENDPOINTS is set where the ServiceAccount does not say. */
  readonly regionalSts: boolean;
}

export interface Surroundings {
  /** ServiceAccounts that have an association, as far as the webhook knows. */
  readonly identities: readonly Identity[];
  /** Of the Pod's ServiceAccount; none if it does not exist. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly settings: InjectSettings;
  /** Of tokens, where no annotation says. */
  readonly expirationSeconds: number;
}

export interface PatchOperation {
  readonly op: "add";
  readonly path: string;
  readonly value: unknown;
}

/** What one of the two methods adds. */
interface Method {
  readonly env: (tokenFile: string) => readonly [EnvVar, EnvVar];
  readonly volume: string;
  readonly audience: string;
  readonly mountPath: string;
  readonly tokenName: string;
  readonly label: boolean;
}

const DOMAIN = "eks.amazonaws.com";
const REGION_NAMES = ["AWS_DEFAULT_REGION", "AWS_REGION"];
const STS_NAME = "AWS_STS_REGIONAL_ENDPOINTS";

const CONTAINER_CREDENTIALS = {
  env: (tokenFile: string) =>
    [
      { name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", value: "http://169.254.170.23/v1/credentials" },
      { name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", value: tokenFile },
    ] as const,
  volume: "eks-pod-identity-token",
  audience: "pods.eks.amazonaws.com",
  mountPath: "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
  tokenName: "eks-pod-identity-token",
};

const WEB_IDENTITY = {
  volume: "aws-iam-token",
  mountPath: "/var/run/secrets/eks.amazonaws.com/serviceaccount",
  tokenName: "token",
  label: false,
};

/** @returns a JSON patch; `undefined` if the Pod stays as it is */
export function inject(pod: Pod, around: Surroundings): readonly PatchOperation[] | undefined {
  const method = methodOf(pod, around);
  if (!method) return undefined;
  const { volumes } = pod.spec;
  const namesake = volumes?.find(({ name }) => name === method.volume);
  // Somebody else's volume by our name: env and mounts would point at a token that is not there.
  if (namesake && !isTokenOf(method, namesake)) return undefined;
  const change = containerChange(pod, method, around);
  const { containers, initContainers = [] } = pod.spec;
  return [
    ...(method.label ? [labelPatch(pod)] : []),
    ...(namesake ? [] : [volumePatch(pod, tokenVolume(pod, method, around))]),
    add("/spec/containers", containers.map(change)),
    ...(initContainers.length > 0 ? [add("/spec/initContainers", initContainers.map(change))] : []),
  ];
}

/** An association beats the annotation: even if both are there, there are no IRSA variables. */
function methodOf(
  { metadata, spec }: Pod,
  { identities, annotations, settings }: Surroundings,
): Method | undefined {
  const name = spec.serviceAccountName ?? "default";
  const isAssociated = identities.some(
    ({ namespace, serviceAccount }) => namespace === metadata.namespace && serviceAccount === name,
  );
  if (isAssociated) return { ...CONTAINER_CREDENTIALS, label: settings.label };
  const role = settings.irsa ? annotations[`${DOMAIN}/role-arn`] : undefined;
  if (!role) return undefined;
  return {
    ...WEB_IDENTITY,
    audience: annotations[`${DOMAIN}/audience`] ?? "sts.amazonaws.com",
    env: (tokenFile) => [
      { name: "AWS_ROLE_ARN", value: role },
      { name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: tokenFile },
    ],
  };
}

function isTokenOf({ audience, tokenName }: Method, { projected }: Volume): boolean {
  return (projected?.sources ?? []).some(
    ({ serviceAccountToken: token }) => token?.audience === audience && token.path === tokenName,
  );
}

function tokenVolume({ metadata }: Pod, method: Method, around: Surroundings): Volume {
  const key = `${DOMAIN}/token-expiration`;
  const expirationSeconds =
    parseSeconds(metadata.annotations?.[key]) ??
    parseSeconds(around.annotations[key]) ??
    around.expirationSeconds;
  const { volume: name, audience, tokenName: path } = method;
  const serviceAccountToken = { audience, expirationSeconds, path };
  return { name, projected: { sources: [{ serviceAccountToken }] } };
}

/** What becomes of each container. */
function containerChange(
  pod: Pod,
  method: Method,
  { annotations, settings }: Surroundings,
): (container: Container) => Container {
  const skipped = parseNames(pod.metadata.annotations?.[`${DOMAIN}/skip-containers`]);
  const regional = annotations[`${DOMAIN}/sts-regional-endpoints`];
  const regionalSts = regional === undefined ? settings.regionalSts : regional === "true";
  const groups: readonly (readonly EnvVar[])[] = [
    ...(regionalSts ? [[{ name: STS_NAME, value: "regional" }]] : []),
    REGION_NAMES.map((name) => ({ name, value: settings.region })),
    method.env(tokenFileOf(pod, method)),
  ];
  const { volume: name, mountPath } = method;
  return (container) => {
    if (skipped.has(container.name)) return container;
    const { env = [], volumeMounts = [] } = container;
    const own = new Set(env.map((one) => one.name));
    const isMounted = volumeMounts.some((mount) => mount.name === name);
    return {
      ...container,
      // One of a pair that the Pod sets itself keeps out the other too: half of ours would be worse than none.
      env: [...env, ...groups.filter((group) => !group.some((one) => own.has(one.name))).flat()],
      volumeMounts: isMounted
        ? volumeMounts
        : [...volumeMounts, { name, readOnly: true, mountPath }],
    };
  };
}

function tokenFileOf({ spec }: Pod, { mountPath, tokenName }: Method): string {
  const file = `${mountPath}/${tokenName}`;
  const { nodeSelector = {} } = spec;
  const isWindows = ["kubernetes.io/os", "beta.kubernetes.io/os"].some(
    (key) => nodeSelector[key] === "windows",
  );
  return isWindows ? `C:${file.replaceAll("/", "\\")}` : file;
}

function labelPatch({ metadata }: Pod): PatchOperation {
  if (!metadata.labels) return add("/metadata/labels", { [`${DOMAIN}/pod-identity`]: "enabled" });
  return add(`/metadata/labels/${DOMAIN}~1pod-identity`, "enabled");
}

function volumePatch({ spec }: Pod, volume: Volume): PatchOperation {
  return spec.volumes ? add("/spec/volumes/0", volume) : add("/spec/volumes", [volume]);
}

const add = (path: string, value: unknown): PatchOperation => ({ op: "add", path, value });
