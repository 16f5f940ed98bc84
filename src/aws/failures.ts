/** The one place that knows what AWS's exceptions mean: what users read, and when to try again. */
import { Failure, type Retry } from "../plan/outcome.ts";
import { REFUSALS } from "./refusals.ts";
import type { Input, Refused } from "./refused.ts";

export interface Call {
  readonly action: string;
  readonly input: Input;
}

/** What AWS refused. `code` tells the adapters what is gone or exists already. */
export class AwsFailure extends Failure {
  readonly code: string;
  /** AWS's own words: a 409 of EKS has the id in it. */
  readonly text: string;

  constructor(refused: Refused, meaning: Meaning, cause: unknown) {
    super(meaning.reason, meaning.message, meaning.retry, { cause });
    this.code = refused.code;
    this.text = refused.text;
  }
}

export interface Meaning {
  readonly reason: string;
  readonly message: string;
  readonly retry: Retry;
}

/** What a call threw, as a Failure. What did not come from AWS or the way there is returned as it is. */
export function failureOf(thrown: unknown, call: Call): unknown {
  if (thrown instanceof Failure || !(thrown instanceof Error)) return thrown;
  const refused: Refused = {
    code: codeOf(thrown),
    status: statusOf(thrown),
    text: cleaned(thrown.message),
    ...call,
  };
  const row = REFUSALS.find(({ applies }) => applies(refused));
  if (!row && !cameFromTheWire(thrown)) return thrown;
  const meaning = row ? { ...row, message: row.message(refused) } : unforeseen(refused);
  return new AwsFailure(refused, meaning, thrown);
}

/** Whether a call was refused because the thing itself is not there (any more). */
export function isGone(thrown: unknown): boolean {
  return (
    thrown instanceof AwsFailure &&
    thrown.reason !== "ClusterNotFound" &&
    ["NoSuchEntity", "ResourceNotFound", "NotFound"].includes(thrown.code)
  );
}

/** The outcome of a call, or `undefined` if what it is about is gone. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (thrown) {
    if (isGone(thrown)) return undefined;
    throw thrown;
  }
}

/** The exception's name without its suffix, or the code of a socket's error. */
export function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "Unknown";
  const { code } = thrown as { readonly code?: unknown };
  const name = thrown.name === "Error" && typeof code === "string" ? code : thrown.name;
  return name.replace(/Exception$/, "");
}

/** HTTP status; `undefined` if no answer came. */
export function statusOf(thrown: unknown): number | undefined {
  const { $metadata } = (thrown ?? {}) as {
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  return $metadata?.httpStatusCode;
}

/** The SDK marks all it has sent; an answer that it could not read has neither name nor status of use. */
function cameFromTheWire(thrown: Error): boolean {
  return "$metadata" in thrown || "$response" in thrown;
}

function unforeseen({ code, status, text, action }: Refused): Meaning {
  const retry: Retry = { kind: "backoff" };
  if (status === undefined || status < 400) {
    return { reason: "AWSUnavailable", message: `the answer to ${action} is not AWS's`, retry };
  }
  return { reason: "InvalidParameter", message: `AWS refused ${action}: ${code}: ${text}`, retry };
}

const LONGEST_TEXT = 500;

/** Request ids differ with each retry, and would rewrite the status each time. */
export function cleaned(text: string, longest = LONGEST_TEXT): string {
  return text
    .replace(/\s*Encoded authorization failure message:\s*\S+/gi, "")
    .replace(/\s*\([^()]*Request ?ID:[^()]*\)/gi, "")
    .replace(/[\s,;]*\bRequest ?-?ID:?\s*[\w-]+/gi, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, longest)
    .replace(/[.\s]+$/, "");
}
