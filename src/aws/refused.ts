/** A call to AWS that was refused, as the table of refusals sees it. */

/** A call as it was refused. */
export interface Refused {
  /** The exception's name without "Exception": IAM's modeled errors have the suffix, its others do not. */
  readonly code: string;
  /** HTTP status; `undefined` if no answer came. */
  readonly status: number | undefined;
  /** AWS's own words, without request ids and encoded messages. */
  readonly text: string;
  /** In IAM's spelling, e.g. "iam:AttachRolePolicy". */
  readonly action: string;
  readonly input: Input;
}

/** The parameters of a call, of which messages name the object. */
export type Input = Readonly<Record<string, unknown>>;
