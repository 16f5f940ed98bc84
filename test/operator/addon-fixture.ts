/** An operator with quick looks at add-ons, and what tests of EKSAddons do to it from outside. */
import { stringify } from "yaml";
import type { EksAddon } from "../../src/api/eks-addon.ts";
import { PROFILES } from "../config/aws-documents.ts";
import type { Aws, AwsOptions } from "../sandbox/aws/start.ts";
import { ADDON_PACE, clearAddons, getAddons, untilAddonReady } from "./addons.ts";
import { type Fixture, startFixture, until } from "./fixture.ts";

export const roleArn = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

export interface AddonFixture {
  readonly base: Fixture;
  readonly aws: Aws;
  all(): Promise<readonly EksAddon[]>;
  get(name: string): Promise<EksAddon | undefined>;
  apply(name: string, spec: object): Promise<void>;
  /** Deletes it and waits until it is gone. */
  remove(name: string): Promise<void>;
  /** Waits until the Ready condition of what was applied last is so, e.g. "True Reconciled". */
  untilReady(name: string, expected: string): Promise<EksAddon>;
  /** Waits until the operator has looked at this add-on so many times more. */
  looks(addonName: string, times?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startAddonFixture({
  env,
  aws,
  isUnbounded = true,
}: {
  readonly aws?: Partial<AwsOptions>;
  readonly env?: Record<string, string>;
  /** Own roles may do without a boundary. @default true */
  readonly isUnbounded?: boolean;
} = {}): Promise<AddonFixture> {
  const base = await startFixture({
    env: { ...ADDON_PACE, ...env },
    aws: { settings: { addonLagMs: 300 }, ...aws },
    policies: PROFILES.addons,
    isUnbounded,
  });
  const { sandbox } = base;
  const all = () => getAddons(sandbox);
  const described = (addonName: string) =>
    sandbox.aws.calls({ service: "eks", operation: "DescribeAddon", where: { addonName } }).length;
  return {
    base,
    aws: sandbox.aws,
    all,
    get: async (name) => (await all()).find(({ metadata }) => metadata.name === name),
    apply: async (name, spec) => {
      await sandbox.apply(stringify(manifest(name, spec)));
    },
    remove: async (name) => {
      await sandbox.kubectl("delete", "eksaddon", name, "--timeout=90s");
    },
    untilReady: (name, expected) => untilAddonReady(sandbox, name, expected),
    looks: async (addonName, times = 2) => {
      const enough = described(addonName) + times;
      await until(`${addonName} is looked at`, () => described(addonName) >= enough);
    },
    stop: async () => {
      await base.operator.kill();
      await clearAddons(sandbox);
      await base.stop();
    },
  };
}

export function manifest(name: string, spec: object): object {
  return {
    apiVersion: "podidentity.io/v1alpha1",
    kind: "EKSAddon",
    metadata: { name },
    spec,
  };
}

/** What AWS has of add-ons, in words that do not depend on ids and times, sorted. */
export function addonState(aws: Pick<Aws, "state">): readonly string[] {
  const { addons, associations, roles } = aws.state();
  const names = new Map(addons.map(({ arn, name }) => [arn, name]));
  return [
    ...addons.map(({ name, version, status, namespace, tags, configurationValues }) =>
      text("add-on", { name, version, status, namespace, tags, configurationValues }),
    ),
    ...associations.map(({ namespace, serviceAccount, roleArn: role, tags, ownerArn }) => {
      const owner = ownerArn === undefined ? "" : (names.get(ownerArn) ?? "one that is gone");
      return text("association", { namespace, serviceAccount, role, tags, owner });
    }),
    ...roles.map(
      ({ name, path, trustPolicy, tags, managedPolicyArns, inlinePolicies, description }) => {
        const policies = managedPolicyArns.toSorted();
        const facts = { name, path, trustPolicy, tags, policies, inlinePolicies, description };
        return text("role", facts);
      },
    ),
  ].toSorted();
}

function text(what: string, facts: object): string {
  const inOrder = (_: string, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return `${what} ${JSON.stringify(facts, inOrder)}`;
}
