/** Is the EKS Pod Identity agent there, without which no pod gets the credentials of any association? */
import { AGENT_ADDON } from "./addon.ts";
import type { NewCondition } from "./conditions.ts";

/** What was found; `undefined`: there is none; "unknown": it could not be read. */
export interface AgentEvidence {
  readonly isAutoMode: boolean;
  /** EKS's status of the add-on. */
  readonly addonStatus: string | undefined;
  /** "namespace/name" of a DaemonSet that somebody else installed. */
  readonly daemonSet: string | undefined;
}

/** An add-on in one of these has no agent yet, or no more. */
const ABSENT: ReadonlySet<string> = new Set(["CREATING", "CREATE_FAILED", "DELETING"]);

const UNKNOWN = "unknown";

/** AgentReady of every association; it never lowers Ready: nothing is wrong with the association itself. */
export function agentCondition({
  isAutoMode,
  addonStatus,
  daemonSet,
}: AgentEvidence): NewCondition {
  if (isAutoMode) return running("nodes of EKS Auto Mode have the Pod Identity agent built in");
  const isInstalled = addonStatus !== undefined && addonStatus !== UNKNOWN;
  if (isInstalled && !ABSENT.has(addonStatus)) {
    // The same whatever EKS does to it: thousands of objects would have to say something else.
    return running(`EKS add-on ${AGENT_ADDON} runs the Pod Identity agent`);
  }
  if (daemonSet !== undefined && daemonSet !== UNKNOWN) {
    return running(`DaemonSet ${daemonSet} runs the Pod Identity agent`);
  }
  if (isInstalled) {
    return missing(
      `EKS add-on ${AGENT_ADDON} is not installed yet, or is going: pods get no credentials without it; \`aws eks describe-addon\` shows how far it is`,
    );
  }
  if (addonStatus === UNKNOWN || daemonSet === UNKNOWN) {
    const unread = addonStatus === UNKNOWN ? `add-on ${AGENT_ADDON}` : "DaemonSets";
    return {
      type: "AgentReady",
      status: "Unknown",
      reason: "AgentUnknown",
      message: `the operator could not look for the Pod Identity agent: it may not read ${unread}, or had no answer`,
    };
  }
  return missing(
    `the cluster has no Pod Identity agent, so pods get no credentials: apply config/samples/agent.yaml, or install EKS add-on ${AGENT_ADDON}`,
  );
}

function running(message: string): NewCondition {
  return { type: "AgentReady", status: "True", reason: "AgentRunning", message };
}

function missing(message: string): NewCondition {
  return { type: "AgentReady", status: "False", reason: "AgentMissing", message };
}
