/** Rights as single atoms, and an API server's own answer to what is left when one of them is taken away. */
import type { Request } from "../sandbox/control-plane/audit.ts";
import type { ControlPlane } from "../sandbox/control-plane/start.ts";
import { type Manifest, OPERATOR } from "../sandbox/shipped-rights.ts";

const RBAC = "rbac.authorization.k8s.io";

/** The smallest part of a rule. */
export interface Atom {
  /** Of the Role; undefined for a ClusterRole. */
  readonly namespace: string | undefined;
  readonly verb: string;
  readonly group: string;
  /** With its subresource, as RBAC writes it. */
  readonly resource: string;
  /** The one object it is about; undefined for all. */
  readonly name: string | undefined;
}

interface Role extends Manifest {
  readonly rules: readonly {
    readonly verbs: readonly string[];
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
}

interface Binding extends Manifest {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly namespace?: string; readonly name: string }[];
}

/** What the operator's ServiceAccount is given. */
export function atomsOfOperator(manifests: readonly Manifest[]): readonly Atom[] {
  const bindings = manifests.filter(({ kind }) => kind.endsWith("RoleBinding")) as Binding[];
  const bound = bindings
    .filter(({ subjects }) =>
      subjects.some(
        ({ namespace, name }) => namespace === OPERATOR.namespace && name === OPERATOR.name,
      ),
    )
    .map(({ roleRef }) => `${roleRef.kind}/${roleRef.name}`);
  return manifests
    .filter(({ kind, metadata }) => bound.includes(`${kind}/${metadata.name}`))
    .flatMap((role) => atomsOf(role as Role));
}

function atomsOf({ metadata, rules }: Role): readonly Atom[] {
  return rules.flatMap(({ verbs, apiGroups, resources, resourceNames = [undefined] }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          resourceNames.map((name) => ({
            namespace: metadata.namespace,
            verb,
            group,
            resource,
            name,
          })),
        ),
      ),
    ),
  );
}

/** As a sentence would name it. */
export const nameOf = ({ verb, resource, group, name }: Omit<Atom, "namespace">) =>
  `${verb} ${resource}${group ? `.${group}` : ""}${name ? ` ${name}` : ""}`;

export const resourceOf = ({ resource, subresource }: Request) =>
  subresource ? `${resource}/${subresource}` : resource;

/** Whether it is this right that the request is made with. Nothing here decides: the API server does. */
export const isAbout = (atom: Atom, request: Request) =>
  atom.verb === request.verb &&
  atom.group === request.group &&
  atom.resource === resourceOf(request) &&
  (atom.name === undefined || atom.name === request.name);

/** One user for each atom, who has all of them but that one; "everything" has all. */
export function mutants(atoms: readonly Atom[]): readonly object[] {
  const all = grantsTo("mutant-everything", atoms);
  return [
    ...all,
    ...atoms.flatMap((atom, index) =>
      grantsTo(
        mutant(index),
        atoms.filter((one) => one !== atom),
      ),
    ),
  ];
}

export const mutant = (index: number | "everything") => `mutant-${index}`;

function grantsTo(user: string, atoms: readonly Atom[]): readonly object[] {
  const namespaces = [...new Set(atoms.map(({ namespace }) => namespace))];
  return namespaces.flatMap((namespace) => {
    const kind = namespace ? "Role" : "ClusterRole";
    const metadata = { name: user, ...(namespace ? { namespace } : {}), labels: { mutant: "yes" } };
    const rules = atoms
      .filter((one) => one.namespace === namespace)
      .map(({ verb, group, resource, name }) => ({
        verbs: [verb],
        apiGroups: [group],
        resources: [resource],
        ...(name ? { resourceNames: [name] } : {}),
      }));
    const apiVersion = `${RBAC}/v1`;
    const roleRef = { apiGroup: RBAC, kind, name: user };
    const subjects = [{ apiGroup: RBAC, kind: "User", name: user }];
    return [
      { apiVersion, kind, metadata, rules },
      { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects },
    ];
  });
}

export interface Question {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly request: Request;
}

/** The API server's authorizer on each, in order. @throws Error with what kubectl said */
export async function answers(
  controlPlane: ControlPlane,
  questions: readonly Question[],
): Promise<readonly boolean[]> {
  const items = questions.map(({ user, groups, request }) => ({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user, ...(groups ? { groups } : {}), resourceAttributes: request },
  }));
  const stdin = items.map((one) => JSON.stringify(one)).join("\n");
  const { stdout, stderr, code } = await controlPlane.kubectl(
    ["create", "-f", "-", "-o", "jsonpath={.status.allowed}{'\\n'}"],
    { stdin },
  );
  if (code !== 0) throw new Error(`kubectl create: ${stderr.trim()}`);
  const allowed = stdout.trim().split("\n");
  if (allowed.length !== questions.length) throw new Error(`${allowed.length} answers: ${stdout}`);
  return allowed.map((text) => text === "true");
}
