/**
 * The operator's settings: the only place that names environment variables, their units and defaults.
 * AWS credentials and endpoints are the SDK's own variables and not read here.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";

/** Where Kubernetes says in every pod which namespace that is in. */
const POD_NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/** A number of seconds from the environment, as milliseconds. */
function seconds(standard: number): z.ZodType<number> {
  return z.coerce
    .number({ error: "must be a number of seconds" })
    .positive({ error: "must be more than 0 seconds" })
    .default(standard)
    .transform((value) => value * 1000);
}

function yesOrNo(standard: "true" | "false"): z.ZodType<boolean> {
  return z
    .enum(["true", "false"], { error: "must be true or false" })
    .default(standard)
    .transform((text) => text === "true");
}

const environment = z.object({
  /** Name of the EKS cluster that this operator runs in. */
  CLUSTER_NAME: z
    .string({ error: "is missing: set it to the name of the EKS cluster this operator runs in" })
    .min(1, { error: "is empty: set it to the name of the EKS cluster this operator runs in" }),
  AWS_REGION: z
    .string({ error: "is missing: set it to the cluster's region, e.g. us-west-2" })
    .min(1, { error: "is empty: set it to the cluster's region, e.g. us-west-2" }),
  /** Keeps two operators apart that share a cluster ARN; part of every ownership tag. */
  INSTALLATION_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, {
      error: "may have 1 to 64 letters, digits, '.', '_' and '-'",
    })
    .default("default"),
  /** Path of the IAM roles the operator makes. */
  ROLE_PATH: z
    .string()
    .regex(/^\/([\x21-\x2e\x30-\x7e]+\/)*$/, {
      error: "must begin and end with /, e.g. /podidentity/",
    })
    .max(512)
    .default("/podidentity/"),
  /** Trust scope of roles whose spec names none. */
  DEFAULT_TRUST_SCOPE: z
    .enum(["ServiceAccount", "Namespace", "Cluster", "Account"], {
      error: "must be ServiceAccount, Namespace, Cluster or Account",
    })
    .default("ServiceAccount"),
  /** Plan: nothing in AWS is changed for any object; each shows what would be done. */
  OPERATOR_MODE: z.enum(["Apply", "Plan"], { error: "must be Apply or Plan" }).default("Apply"),
  /** false: no role is made, changed or deleted; objects name roles that exist. */
  MANAGE_ROLES: yesOrNo("true"),
  /** Namespace that the operator runs in: guardrails reach it by name only. Default: the pod's own; empty: not known. */
  OPERATOR_NAMESPACE: z.string().default(""),
  /** false: pods are not watched; nothing is said of them, and no workload is restarted. */
  VERIFY_PODS: yesOrNo("true"),
  /** DryRun: Ready waits until a pod that is only tried comes back with the credentials. */
  EFFECTIVE_PROBE: z.enum(["Off", "DryRun"], { error: "must be Off or DryRun" }).default("Off"),
  /** Workloads restarted in a minute at most, over all objects. */
  RESTARTS_PER_MINUTE: z.coerce
    .number({ error: "must be a number of restarts" })
    .int({ error: "must be a whole number of restarts" })
    .min(1, { error: "must be at least 1; podRestart: Never restarts nothing" })
    .default(10),
  /** PodIdentityAssociations made in a minute at most for annotations of IRSA: pods that work change their credentials. */
  IRSA_PER_MINUTE: z.coerce
    .number({ error: "must be a number of associations" })
    .int({ error: "must be a whole number of associations" })
    .min(1, { error: "must be at least 1; without a guardrail that allows IRSA none is made" })
    .default(30),
  /** true: of several replicas the one that holds a Lease works, and the others wait. */
  LEADER_ELECTION: yesOrNo("false"),
  /** Name of that Lease, in OPERATOR_NAMESPACE. */
  LEASE_NAME: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, {
      error: "must be the name of a Lease: lower-case letters, digits, '-' and '.'",
    })
    .default("podidentity-operator"),
  /** A leader that has not renewed its Lease for so long is replaced. Seconds; others see them rounded up. */
  LEASE_DURATION: seconds(15),
  /** A leader that could not renew it for so long writes nothing any more and ends. Seconds. */
  RENEW_DEADLINE: seconds(10),
  /** Between two renewals, and between two looks of those who wait. Seconds. */
  RENEW_PERIOD: seconds(2),
  /** Objects reconciled at once. */
  CONCURRENCY: z.coerce
    .number({ error: "must be a whole number from 1 to 200" })
    .int({ error: "must be a whole number from 1 to 200" })
    .min(1, { error: "must be a whole number from 1 to 200" })
    .max(200, { error: "must be a whole number from 1 to 200" })
    .default(20),
  /** Where /healthz, /readyz and /metrics are served: "host:port" or ":port". */
  PROBE_ADDRESS: z
    .string()
    .regex(/^.*:\d{1,5}$/, { error: "must be host:port or :port" })
    .default(":8081"),
  LOG_LEVEL: z
    .enum(["error", "warn", "info", "debug"], { error: "must be error, warn, info or debug" })
    .default("info"),
  /** Calls a second that each API family (IAM and EKS, reads and writes) may reach while AWS does not throttle. */
  AWS_MAX_CALLS_PER_SECOND: z.coerce
    .number({ error: "must be a number of calls a second" })
    .positive({ error: "must be more than 0 calls a second" })
    .default(500),
  /** What AWS lists is not believed about a thing that we wrote less than this long ago. Seconds. */
  CONSISTENCY_WINDOW: seconds(30),
  /** Between two bulk reads of the cluster's associations; longer by itself from 1,000 associations on. Seconds. */
  ASSOCIATION_SWEEP: seconds(100),
  /** Between two bulk reads of the account's roles. Seconds. */
  ROLE_SWEEP: seconds(500),
  /** Within which every association is described once, as far as 1.5 calls a second allow. Seconds. */
  DESCRIBE_ROTATION: seconds(780),
  /** Between two looks at every EKS add-on that an object is about. Seconds. */
  ADDON_SWEEP: seconds(120),
  /** Between two looks at an add-on that EKS is installing, updating or deleting. Seconds. */
  ADDON_POLL: seconds(10),
  /** Until an add-on that EKS could not bring where it should be is tried once more. Seconds. */
  ADDON_RETRY: seconds(300),
  /** How long is believed what EKS's catalogue offers: AWS moves its default versions now and then. Seconds. */
  ADDON_CATALOGUE: seconds(3600),
  /** Between two looks for the Pod Identity agent. Seconds. */
  AGENT_CHECK: seconds(300),
  /** Longest pause between two tries of what AWS refuses for the moment; the first is 1 s. Seconds. */
  RETRY_MAX: seconds(20),
  /** Until an object whose user must act is looked at again unasked. Seconds. */
  STALLED_RETRY: seconds(1800),
  /** How long an association must be allowed no more before `onViolation: Revoke` deletes it. Seconds. */
  REVOKE_AFTER: seconds(10),
  /** Between two looks at whether the status of guardrails has to be written. Seconds. */
  GUARDRAIL_STATUS: seconds(2),
  /** EKS gives new pods the credentials at most so long after an association was made (5 to 10 s were seen). Seconds. */
  WEBHOOK_SETTLE: seconds(20),
  /** Pods older than this when the association came are not restarted by podRestart: Initial. Seconds. */
  RESTART_WINDOW: seconds(600),
  /** Between two restarts of one workload by podRestart: Stale. Seconds. */
  RESTART_INTERVAL: seconds(600),
  /** A ServiceAccount may come so long after its association before status says that it is missing. Seconds. */
  SERVICE_ACCOUNT_PATIENCE: seconds(600),
  /** From the first change among an object's pods until its status is looked at again. Seconds. */
  POD_STATUS_DELAY: seconds(2),
  /** The same while pods keep changing: it doubles up to this. Seconds. */
  POD_STATUS_DELAY_MAX: seconds(20),
  /** Between two tries of EFFECTIVE_PROBE. Seconds. */
  PROBE_INTERVAL: seconds(2),
  /** Without a watch on the API server for so long, the operator is not ready: it does not see what users change. Seconds. */
  WATCH_GRACE: seconds(10),
  /** Until a stop ends what still runs. Seconds. */
  SHUTDOWN_DEADLINE: seconds(8),
});

/** What one setting alone cannot say. */
const consistent = environment.superRefine((settings, { addIssue }) => {
  if (!settings.LEADER_ELECTION) return;
  const refuse = (name: string, message: string) =>
    addIssue({ code: "custom", path: [name], message });
  if (settings.OPERATOR_NAMESPACE === "") {
    refuse(
      "OPERATOR_NAMESPACE",
      "is missing: LEADER_ELECTION=true keeps its Lease there, so set it to the operator's namespace",
    );
  }
  if (settings.RENEW_DEADLINE >= settings.LEASE_DURATION) {
    refuse("RENEW_DEADLINE", "must be less than LEASE_DURATION: else two replicas may write");
  }
  if (settings.RENEW_PERIOD >= settings.RENEW_DEADLINE) {
    refuse("RENEW_PERIOD", "must be less than RENEW_DEADLINE: else the Lease is lost at once");
  }
});

export type Settings = Readonly<z.infer<typeof environment>>;

/**
 * @param podNamespace the namespace of this pod; "" if there is none
 * @throws Error with one sentence for each wrong variable: its name and what to write.
 */
export function readSettings(
  variables: Readonly<Record<string, string | undefined>>,
  podNamespace = readPodNamespace(),
): Settings {
  const region = variables["AWS_REGION"] ?? variables["AWS_DEFAULT_REGION"];
  const namespace = variables["OPERATOR_NAMESPACE"] || podNamespace;
  const read = consistent.safeParse({
    ...variables,
    AWS_REGION: region,
    OPERATOR_NAMESPACE: namespace,
  });
  if (read.success) return read.data;
  throw new Error(
    read.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
  );
}

function readPodNamespace(): string {
  try {
    return readFileSync(POD_NAMESPACE_FILE, "utf8").trim();
  } catch {
    // Not in a pod.
    return "";
  }
}
