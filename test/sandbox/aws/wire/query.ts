/** The AWS Query protocol of IAM and STS: a form in, XML out. */
import { XMLBuilder } from "fast-xml-parser";

export type Query = { readonly [name: string]: QueryValue };
export type QueryValue = string | readonly QueryValue[] | Query;

/** A form as nested values: `Tags.member.1.Key=a` is the first entry of the list Tags. An empty list arrives as `Tags=`. */
export function parseQuery(form: string): Query {
  const root: Branch = new Map();
  for (const [name, value] of new URLSearchParams(form)) plant(root, name.split("."), value);
  return Object.fromEntries([...root].map(([name, branch]) => [name, grown(branch)]));
}

type Branch = Map<string, Branch | string>;

function plant(branch: Branch, [head = "", ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) {
    branch.set(head, value);
    return;
  }
  const known = branch.get(head);
  const next: Branch = known instanceof Map ? known : new Map();
  branch.set(head, next);
  plant(next, rest, value);
}

function grown(branch: Branch | string): QueryValue {
  if (typeof branch === "string") return branch;
  const members = branch.get("member");
  if (members instanceof Map) {
    const inOrder = [...members].sort(([a], [b]) => Number(a) - Number(b));
    return inOrder.map(([, member]) => grown(member));
  }
  return Object.fromEntries([...branch].map(([name, value]) => [name, grown(value)]));
}

const builder = new XMLBuilder({ format: false, suppressEmptyNode: true });

/** Marks a list, which XML writes as `<Name><member>…</member></Name>`. */
export const list = <T>(items: readonly T[]): { readonly member: readonly T[] } => ({
  member: items,
});

export interface Answer {
  readonly operation: string;
  /** `undefined` for operations that answer with nothing but a request id. */
  readonly result: object | undefined;
  readonly requestId: string;
  readonly namespace: string;
}

export function queryAnswer({ operation, result, requestId, namespace }: Answer): string {
  const body: unknown = builder.build({
    [`${operation}Response`]: {
      ...(result === undefined ? {} : { [`${operation}Result`]: present(result) }),
      ResponseMetadata: { RequestId: requestId },
    },
  });
  return String(body).replace(
    `<${operation}Response>`,
    `<${operation}Response xmlns="${namespace}">`,
  );
}

export interface QueryRefusal {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly requestId: string;
  readonly namespace: string;
}

export function queryRefusal({
  code,
  message,
  status,
  requestId,
  namespace,
}: QueryRefusal): string {
  const body: unknown = builder.build({
    ErrorResponse: {
      Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message },
      RequestId: requestId,
    },
  });
  return String(body).replace("<ErrorResponse>", `<ErrorResponse xmlns="${namespace}">`);
}

/** Without the members that are absent; a list without entries becomes an empty element. */
function present(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(present);
  if (value instanceof Date) return `${value.toISOString().slice(0, 19)}Z`;
  if (typeof value !== "object" || value === null) return value;
  const { member } = value as { readonly member?: unknown };
  if (Array.isArray(member) && member.length === 0) return "";
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.map(([name, part]) => [name, present(part)]));
}
