/** What Kubernetes refused, as a Failure: one small table by HTTP status. */
import { Failure, type Retry } from "../plan/outcome.ts";

export class KubeError extends Failure {
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Milliseconds the server asked us to wait; `undefined` if it did not. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    message: string,
    more: {
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
      /** Nothing can be made in the namespace any more: it is being deleted. */
      readonly isNamespaceLeaving?: boolean;
    } = {},
  ) {
    const { reason, retry } = more.isNamespaceLeaving
      ? CONFLICT
      : meaning(status, more.retryAfterMs);
    super(reason, message, retry, { cause: more.cause });
    this.status = status;
    this.retryAfterMs = more.retryAfterMs;
  }
}

interface Meaning {
  readonly reason: string;
  readonly retry: Retry;
}

/** Somebody else wrote in between: the watch is about to show it. */
const CONFLICT: Meaning = { reason: "KubernetesConflict", retry: { kind: "after", ms: 200 } };

function meaning(status: number, retryAfterMs: number | undefined): Meaning {
  switch (status) {
    case 401:
      // A token that has just expired or a busy authenticator, more often than a wrong kubeconfig.
      return { reason: "KubernetesForbidden", retry: { kind: "backoff" } };
    case 403:
      return { reason: "KubernetesForbidden", retry: { kind: "never" } };
    case 404:
    case 409:
      return CONFLICT;
    case 400:
    case 422:
      return { reason: "KubernetesRefused", retry: { kind: "never" } };
    default:
      return {
        reason: "KubernetesUnavailable",
        retry:
          retryAfterMs === undefined ? { kind: "backoff" } : { kind: "after", ms: retryAfterMs },
      };
  }
}

/** @param body what the server sent: a Status object as text, usually */
export function refused(
  status: number,
  body: string,
  what: string,
  retryAfter?: string,
): KubeError {
  const seconds = Number(retryAfter);
  const { message, details } = statusOf(body);
  return new KubeError(status, `${what}: ${message || `HTTP ${status}`}`, {
    retryAfterMs: retryAfter !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined,
    // It is said with 403, like a right that somebody has to grant.
    isNamespaceLeaving: (details?.causes ?? []).some(
      ({ reason }) => reason === "NamespaceTerminating",
    ),
  });
}

/** Nothing says where the API server is, or what it says cannot be read. */
export function noCredentials(cause: unknown): Failure {
  const why = cause === undefined ? "none were found" : firstLine(cause);
  const message = `no Kubernetes credentials (${why}): set KUBECONFIG to a kubeconfig file, or run in a cluster with a ServiceAccount`;
  return new Failure("KubernetesUnavailable", message, { kind: "never" }, { cause });
}

/** A token file, a certificate or an exec plugin that worked before, or may work later. */
export function unreadableCredentials(cause: unknown): KubeError {
  return new KubeError(0, `cannot read the Kubernetes credentials: ${firstLine(cause)}`, { cause });
}

function firstLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.trim().split("\n")[0] || "unknown";
}

export function unreachable(cause: unknown, what: string): KubeError {
  const { code, message } = cause as { code?: string; message?: string };
  return new KubeError(
    0,
    `${what}: no answer from the API server (${code ?? message ?? "unknown"})`,
    { cause },
  );
}

/** What we read of a Status object. */
interface Status {
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string }[] };
}

function statusOf(body: string): Status {
  try {
    return (JSON.parse(body) as Status | null) ?? {};
  } catch {
    return { message: body.slice(0, 200) };
  }
}
