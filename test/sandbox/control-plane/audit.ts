/** What the API server's own audit log says of the ServiceAccounts that run in the cluster: who asked for what, and whether it was allowed. */
import { readFile } from "node:fs/promises";
import { stringify } from "yaml";

/** One line for each answer; a watch is told of when it begins, for it may never end. */
export const AUDIT_POLICY = stringify({
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    // The control plane's own, which are many.
    { level: "None", userGroups: ["system:serviceaccounts:kube-system"] },
    { level: "Metadata", userGroups: ["system:serviceaccounts"] },
    { level: "None" },
  ],
});

/** As RBAC sees it. */
export interface Request {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** "" if it is about the object itself. */
  readonly subresource: string;
  /** "": all of them, or no namespaced resource. */
  readonly namespace: string;
  /** "": a list, or a name that the server gives. */
  readonly name: string;
}

interface AuditEvent {
  readonly requestReceivedTimestamp: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Requests {
  /** Each kind of request once, with the first object it was about. */
  readonly allowed: readonly Request[];
  readonly forbidden: readonly Request[];
}

export interface Requester {
  /** Of a ServiceAccount. */
  readonly namespace: string;
  readonly name: string;
  /** What it asked for before does not count. @default all counts */
  readonly since?: Date;
}

export async function requestsOf(
  { namespace, name, since = new Date(0) }: Requester,
  auditLog: string,
): Promise<Requests> {
  const username = `system:serviceaccount:${namespace}:${name}`;
  const events = (await readFile(auditLog, "utf8"))
    .split("\n")
    // The last one may be being written.
    .slice(0, -1)
    .filter((line) => line.includes(`"${username}"`))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ user, objectRef }) => user.username === username && objectRef?.resource)
    .filter(({ requestReceivedTimestamp }) => new Date(requestReceivedTimestamp) >= since);
  const decided = (decision: string) =>
    distinct(
      events.filter(
        ({ annotations }) => annotations?.["authorization.k8s.io/decision"] === decision,
      ),
    );
  return { allowed: decided("allow"), forbidden: decided("forbid") };
}

function distinct(events: readonly AuditEvent[]): readonly Request[] {
  const requests = new Map<string, Request>();
  for (const { verb, objectRef: of = {} } of events) {
    const { apiGroup: group = "", resource = "", subresource = "", namespace = "", name = "" } = of;
    const request = { verb, group, resource, subresource, namespace, name };
    // Of some resources a rule names single objects.
    const object = group === "apiextensions.k8s.io" || resource === "leases" ? name : "";
    const kind = [verb, group, resource, subresource, object].join(" ");
    if (!requests.has(kind)) requests.set(kind, request);
  }
  return [...requests.values()];
}
