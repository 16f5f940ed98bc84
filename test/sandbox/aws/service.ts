/** What the gateway needs to know of a service: which operations it has and how it puts answers on the wire. */
import type { AwsError } from "./aws-error.ts";
import type { Session } from "./sessions.ts";
import type { World } from "./world.ts";

export type ServiceName = "eks" | "eks-auth" | "iam" | "s3" | "sts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a caller must be allowed, beside what is known of the caller. */
export interface Permission {
  /** "s3:GetObject" */
  readonly action: string;
  readonly resource: string;
  /** Condition keys of this request. */
  readonly keys?: Readonly<Record<string, string | readonly string[]>>;
}

/** One operation, carried out: its answer, if it has one. @throws AwsError */
export type Operation<P> = (world: World, parameters: P, caller: Session | undefined) => unknown;

/** A call as it came in, with all that is needed to carry it out. */
export interface Call {
  readonly service: ServiceName;
  /** As the service model names it, such as "CreateRole". */
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Which attempt of the SDK this is, from 1. */
  readonly attempt: number;
  readonly userAgent: string;
  /** The Authorization header; "" where there is none. */
  readonly authorization: string;
  /** What credentials of a role are checked for; without it nothing but an administrator may make the call. */
  permission?(world: World): Permission;
  /** @param caller `undefined`: an administrator */
  perform(world: World, caller: Session | undefined): unknown;
  answer(result: unknown, requestId: string): Reply;
  refuse(error: AwsError, requestId: string): Reply;
}

export const isRead = (operation: string): boolean =>
  /^(Get|List|Describe|Simulate)/.test(operation);
