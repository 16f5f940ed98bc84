/**
 * The floor: the same writes as the operator makes for a new object, with the same clients and at the
 * same concurrency, in a bare loop that decides nothing.
 */
import PQueue from "p-queue";
import { FINALIZER } from "../../src/api/group.ts";
import type { EksAssociations } from "../../src/aws/associations.ts";
import type { IamRoles } from "../../src/aws/roles.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { desired } from "../../src/plan/desired.ts";
import type { Surroundings } from "../../src/plan/surroundings.ts";
import { forEach, manifest, POLICY, RESOURCE } from "./load.ts";

export interface Clients {
  readonly kube: KubeClient;
  readonly roles: IamRoles;
  readonly associations: EksAssociations;
}

/** The operator's shipped default. */
const CONCURRENCY = 20;

/** @returns milliseconds from the first object to the last write */
export async function floorOfCreation(
  clients: Clients,
  surroundings: Surroundings,
  load: { readonly namespace: string; readonly count: number },
): Promise<number> {
  const { kube } = clients;
  let events = 0;
  const counting = Object.assign(Object.create(kube) as KubeClient, {
    create: async (...args: Parameters<KubeClient["create"]>) => {
      await kube.create(...args);
      events += 1;
    },
  });
  const recorder = new EventRecorder(counting, {
    controller: "floor",
    instance: "floor",
    onError: console.error,
  });
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const startedAt = performance.now();
  await forEach(load.count, async (index) => {
    const object = await kube.create(RESOURCE, manifest(load.namespace, index));
    void queue.add(() => bare(object, clients, { surroundings, recorder }));
  });
  await queue.onIdle();
  while (events < load.count) await new Promise((resolve) => setTimeout(resolve, 5));
  return performance.now() - startedAt;
}

async function bare(
  object: KubeObject,
  { kube, roles, associations }: Clients,
  {
    surroundings,
    recorder,
  }: { readonly surroundings: Surroundings; readonly recorder: EventRecorder },
): Promise<void> {
  const { namespace = "", name, uid } = object.metadata;
  const spec = {
    serviceAccountName: name,
    role: { inlinePolicies: [{ name: "read", document: POLICY }] },
  } as unknown as Parameters<typeof desired>[1];
  const {
    role,
    key,
    roleArn,
    session,
    associationTags: tags,
  } = desired({ namespace, name }, spec, surroundings);
  if (!role) throw new Error("the load has roles");
  await kube.mergePatch(RESOURCE, object.metadata, {
    body: { metadata: { finalizers: [FINALIZER] } },
  });
  await roles.create(role);
  await roles.change({
    type: "PutInlinePolicy",
    name: role.name,
    policyName: "read",
    document: role.inlinePolicies["read"] ?? "",
  });
  await associations.create({ key, roleArn, tags, session });
  const status = {
    roleArn,
    roleName: role.name,
    conditions: [condition("Ready"), condition("RoleReady"), condition("AssociationReady")],
  };
  await kube.mergePatch(RESOURCE, object.metadata, {
    body: { metadata: { uid }, status },
    subresource: "status",
  });
  recorder.record(object, {
    type: "Normal",
    reason: "Applied",
    action: "Reconcile",
    note: `made ${roleArn}`,
  });
}

function condition(type: string): object {
  return {
    type,
    status: "True",
    reason: "Reconciled",
    message: "the role and its association are in AWS as wanted",
    observedGeneration: 1,
    lastTransitionTime: new Date().toISOString(),
  };
}
