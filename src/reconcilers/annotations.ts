/** Makes a PodIdentityAssociation of a ServiceAccount's annotation, keeps it equal, and takes it away again. */
import { API_VERSION, SOURCE_ANNOTATION } from "../api/group.ts";
import { type PodIdentityAssociation, withDefaults } from "../api/pod-identity-association.ts";
import type { Reconciler } from "../engine/reconciler.ts";
import { type AnnotatedRole, annotatedRole, annotationChildName } from "../plan/annotations.ts";
import { authorize } from "../plan/authorize.ts";
import { desired } from "../plan/desired.ts";
import { selects } from "../plan/guardrail.ts";
import { hashOf } from "../plan/hash.ts";
import { annotationsOf, sourceOf } from "../plan/origin.ts";
import { asFailure, Failure, type Outcome } from "../plan/outcome.ts";
import { requestOf } from "../plan/request.ts";
import { Pace } from "./pace.ts";
import { SETTLED } from "./result.ts";
import type { Made, Source, SourceMode, SourcePorts } from "./source-ports.ts";

export class AnnotationReconciler implements Reconciler {
  readonly name = "ServiceAccountAnnotation";
  readonly #ports: SourcePorts;
  readonly #mode: SourceMode;
  readonly #pace: Pace;

  constructor(ports: SourcePorts, mode: SourceMode) {
    this.#ports = ports;
    this.#mode = mode;
    this.#pace = new Pace(mode.irsaPerMinute, () => ports.clock.monotonic());
  }

  /** @param key "namespace/name" of the ServiceAccount */
  async reconcile(key: string): Promise<Outcome> {
    const account = this.#ports.serviceAccount(key);
    // The garbage collector takes what it owned.
    if (!account || account.metadata.deletionTimestamp) return SETTLED;
    const { namespace = "", name, annotations } = account.metadata;
    const found = this.#ports.objects.get(`${namespace}/${annotationChildName(name)}`);
    const child = found && sourceOf(found)?.uid === account.metadata.uid ? found : undefined;
    const asked = annotatedRole(annotations, { readsIrsa: this.#readsIrsa(namespace, child) });
    if (!asked) return child ? this.#remove(child) : SETTLED;
    if (asked.note) this.#tell(account, "AnnotationIgnored", asked.note);
    const refusal = this.#refusal(account, asked);
    if (refusal) return this.#refuse(account, asked, refusal);
    if (found && !child) {
      const note = `annotation ${asked.annotation} is not carried out: PodIdentityAssociation ${found.metadata.name} exists and was not made for it; delete or rename it`;
      this.#tell(account, "AnnotationIgnored", note);
      return SETTLED;
    }
    return this.#bringAbout(account, asked, child);
  }

  async #bringAbout(
    account: Source,
    asked: AnnotatedRole,
    child: PodIdentityAssociation | undefined,
  ): Promise<Outcome> {
    const wanted = manifest(account, asked);
    const annotations = wanted.metadata.annotations ?? {};
    const isSame =
      child !== undefined &&
      hashOf(child.spec) === hashOf(wanted.spec) &&
      child.metadata.annotations?.[SOURCE_ANNOTATION] === asked.kind;
    if (isSame || child?.metadata.deletionTimestamp) return SETTLED;
    const { namespace, name } = account.metadata;
    if (this.#mode.readOnly) {
      this.#ports.log.info("would make", { namespace, serviceAccount: name, ...annotations });
      return SETTLED;
    }
    const waitMs = asked.kind === "IRSA" && !child ? this.#pace.take() : 0;
    if (waitMs > 0) return paced(waitMs);
    if (child) await this.#ports.children.replaceSpec(child, wanted.spec, annotations);
    else await this.#ports.children.create(wanted);
    this.#ports.log.info("made for an annotation", { namespace, serviceAccount: name });
    return SETTLED;
  }

  async #remove(child: PodIdentityAssociation): Promise<Outcome> {
    if (!child.metadata.deletionTimestamp && !this.#mode.readOnly) {
      await this.#ports.children.delete(child);
    }
    return SETTLED;
  }

  /** What exists already stays: its own guardrails decide what becomes of it. */
  #refuse(account: Source, { kind, annotation }: AnnotatedRole, failure: Failure): Outcome {
    if (failure.retry.kind === "after") return { kind: "failed", failure };
    const isSilent = kind === "IRSA" && failure.reason === "AnnotationNotAllowed";
    const note = `annotation ${annotation} is not carried out (${failure.reason}): ${failure.message}`;
    if (!isSilent) this.#tell(account, "AnnotationIgnored", note);
    return SETTLED;
  }

  /** `undefined`: nothing speaks against it. */
  #refusal(account: Source, asked: AnnotatedRole): Failure | undefined {
    try {
      return this.#judge(account, asked);
    } catch (thrown) {
      return asFailure(thrown);
    }
  }

  #judge(account: Source, asked: AnnotatedRole): Failure | undefined {
    const { namespace = "" } = account.metadata;
    const wanted = manifest(account, asked);
    const { fixed, operatorNamespace } = this.#mode;
    const name = { namespace, name: wanted.metadata.name };
    const aim = desired(name, wanted.spec, { ...fixed, awsManagedPolicies: undefined });
    const labels = this.#ports.rulebook.labelsOf(namespace);
    if (!labels) throw notSeenYet(namespace);
    if (isReserved(namespace, operatorNamespace)) throw reserved(namespace);
    const decision = authorize(requestOf(wanted, aim), {
      guardrails: this.#ports.rulebook.guardrails(),
      namespace: { name: namespace, labels },
      operatorNamespace,
      rank: 1,
    });
    return decision.allowed ? undefined : decision.failure;
  }

  /** What was made for it and is allowed no more is for its own guardrails to freeze, not for us to delete. */
  #readsIrsa(namespace: string, child: PodIdentityAssociation | undefined): boolean {
    if (child && annotationsOf(child).includes("IRSA")) return true;
    const { rulebook } = this.#ports;
    const where = { name: namespace, labels: rulebook.labelsOf(namespace) ?? {} };
    return rulebook
      .guardrails()
      .some(
        (guardrail) =>
          guardrail.spec.annotations?.includes("IRSA") &&
          selects(guardrail, where, this.#mode.operatorNamespace),
      );
  }

  #tell(account: Source, reason: string, note: string): void {
    this.#ports.events.record(account, { type: "Warning", reason, action: "ReadAnnotation", note });
  }
}

/** The ServiceAccounts that run the cluster and the operator: no annotation is to change what they may do. */
function isReserved(namespace: string, operatorNamespace: string): boolean {
  return namespace === "kube-system" || namespace === operatorNamespace;
}

function reserved(namespace: string): Failure {
  const message = `annotations are not read in namespace ${namespace}: write a PodIdentityAssociation`;
  return new Failure("AnnotationNotAllowed", message, { kind: "never" });
}

function notSeenYet(namespace: string): Failure {
  const message = `namespace ${namespace} has not been seen yet`;
  return new Failure("Pending", message, { kind: "after", ms: 1_000 });
}

function paced(checkAfterMs: number): Outcome {
  const message = "associations for annotations of IRSA are made a few a minute";
  return { kind: "waiting", reason: "Pending", message, checkAfterMs };
}

/** Nothing of the ServiceAccount's own labels and annotations: GitOps tools know their objects by them. */
function manifest({ metadata }: Source, { kind, roleArn }: AnnotatedRole): Made {
  const { name, namespace = "", uid = "" } = metadata;
  return {
    apiVersion: API_VERSION,
    kind: "PodIdentityAssociation",
    metadata: {
      namespace,
      name: annotationChildName(name),
      annotations: { [SOURCE_ANNOTATION]: kind },
      ownerReferences: [{ apiVersion: "v1", kind: "ServiceAccount", name, uid, controller: true }],
    },
    spec: withDefaults({ serviceAccountName: name, roleArn }),
  };
}
