/** What is added to the SDK's own handling of a call: failures in our words, the limiter, and a report of each attempt. */
import type { EKSClient } from "@aws-sdk/client-eks";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { Fence } from "../plan/leadership.ts";
import { Failure } from "../plan/outcome.ts";
import { type Answer, answerOf } from "./error-codes.ts";
import { codeOf, failureOf, statusOf } from "./failures.ts";
import { type Family, familyOf, type Limiter, type Timers } from "./limiter.ts";
import type { Input } from "./refused.ts";

/** One request on the wire; a call has up to two. Never its parameters. */
export interface Attempt {
  /** In IAM's spelling, e.g. "iam:CreateRole". */
  readonly action: string;
  readonly family: Family;
  /** From the moment the limiter let it go. */
  readonly durationMs: number;
  /** "ok", or the name of the error. */
  readonly outcome: string;
  readonly answer: Answer;
}

export interface Installation {
  readonly service: "eks" | "iam";
  readonly limiter: Limiter;
  readonly timers: Timers;
  /** Ends what waits for its turn. */
  readonly signal: AbortSignal;
  readonly onAttempt: (attempt: Attempt) => void;
  /** Asked before each attempt that changes something. */
  readonly fence: Fence;
}

/** The part of a client's middleware stack that is used here; the SDK types it for each service anew. */
type Step = (call: { readonly input: Input }) => Promise<unknown>;
type Middleware = (next: Step, context: { readonly commandName?: string }) => Step;
interface Stack {
  add(
    middleware: Middleware,
    where: { readonly step: "initialize"; readonly priority: "high"; readonly name: string },
  ): void;
  addRelativeTo(
    middleware: Middleware,
    where: {
      readonly relation: "before" | "after";
      readonly toMiddleware: string;
      readonly name: string;
    },
  ): void;
}

export function install(client: EKSClient | IAMClient, how: Installation): void {
  const stack = client.middlewareStack as unknown as Stack;
  stack.add((next, { commandName }) => inOurWords(next, actionOf(how, commandName), how), {
    step: "initialize",
    priority: "high",
    name: "failures",
  });
  // Inside the retry, so that each attempt counts; before signing, as a signature lasts only five minutes.
  stack.addRelativeTo((next, { commandName }) => inTurn(next, actionOf(how, commandName), how), {
    relation: "before",
    toMiddleware: "httpSigningMiddleware",
    name: "limiter",
  });
  // Last of all: waiting for one's turn, or for credentials, may take longer than the right to write.
  stack.addRelativeTo((next, { commandName }) => fenced(next, actionOf(how, commandName), how), {
    relation: "after",
    toMiddleware: "httpSigningMiddleware",
    name: "fence",
  });
}

function actionOf({ service }: Installation, commandName = ""): string {
  return `${service}:${commandName.replace(/Command$/, "")}`;
}

function inOurWords(next: Step, action: string, { signal }: Installation): Step {
  return async (call) => {
    try {
      return await next(call);
    } catch (thrown) {
      if (signal.aborted && thrown === signal.reason) throw stopped(action);
      throw failureOf(thrown, { action, input: call.input });
    }
  };
}

/** No fault of anybody's: the next process makes the call. */
function stopped(action: string): Failure {
  return new Failure("AWSUnavailable", `the operator stopped before ${action}`, {
    kind: "backoff",
  });
}

function inTurn(next: Step, action: string, how: Installation): Step {
  const { limiter, timers, signal, onAttempt } = how;
  const family = familyOf(action);
  return async (call) => {
    const sentAt = await limiter.turn(family, signal);
    const report = (outcome: string, answer: Answer) =>
      onAttempt({ action, family, durationMs: timers.now() - sentAt, outcome, answer });
    try {
      const result = await next(call);
      report("ok", "ok");
      return result;
    } catch (thrown) {
      // It was not sent.
      if (thrown instanceof Failure) throw thrown;
      const code = codeOf(thrown);
      const answer = answerOf(code, statusOf(thrown));
      if (answer === "throttled") limiter.throttled(family, sentAt);
      report(code, answer);
      throw thrown;
    }
  };
}

function fenced(next: Step, action: string, { fence }: Installation): Step {
  if (familyOf(action).endsWith("-read")) return next;
  return async (call) => {
    fence();
    return next(call);
  };
}
