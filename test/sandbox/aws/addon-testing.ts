/** What the tests of the emulated add-ons share: the shortest calls, and roles for identities. */
import type { Addon, CreateAddonRequest, Update, UpdateAddonRequest } from "@aws-sdk/client-eks";
import type { AwsOptions } from "./start.ts";
import { roleArn, Sandbox } from "./testing.ts";
import type { Association } from "./world.ts";

export const LAG_MS = 60_000;

const CLUSTER = { clusterName: "demo" };

/** An emulator whose add-ons take a minute, with the roles cni, ebs and efs. */
export class AddonSandbox extends Sandbox {
  static async withAddons(options: AwsOptions = {}): Promise<AddonSandbox> {
    const settings = { addonLagMs: LAG_MS, ...options.settings };
    const { aws, sleeps } = await Sandbox.start({ ...options, settings });
    const sandbox = new AddonSandbox(aws, sleeps);
    for (const name of ["cni", "ebs", "efs"]) aws.putRole({ name });
    return sandbox;
  }

  async create(addonName: string, more: Partial<CreateAddonRequest> = {}): Promise<Addon> {
    const { addon = {} } = await this.clients.eks.createAddon({ ...CLUSTER, addonName, ...more });
    return addon;
  }

  /** Makes it and lets it become what it becomes. */
  async created(addonName: string, more: Partial<CreateAddonRequest> = {}): Promise<Addon> {
    await this.create(addonName, more);
    this.pass();
    return this.addon(addonName);
  }

  async update(addonName: string, more: Partial<UpdateAddonRequest>): Promise<Update> {
    const { update = {} } = await this.clients.eks.updateAddon({ ...CLUSTER, addonName, ...more });
    return update;
  }

  /** Updates it and lets that end. */
  async updated(addonName: string, more: Partial<UpdateAddonRequest>): Promise<Addon> {
    await this.update(addonName, more);
    this.pass();
    return this.addon(addonName);
  }

  async addon(addonName: string): Promise<Addon> {
    const { addon = {} } = await this.clients.eks.describeAddon({ ...CLUSTER, addonName });
    return addon;
  }

  delete(addonName: string, preserve?: boolean) {
    const more = preserve === undefined ? {} : { preserve };
    return this.clients.eks.deleteAddon({ ...CLUSTER, addonName, ...more });
  }

  /** The time that an add-on takes. */
  pass(): void {
    this.aws.advance({ ms: LAG_MS });
  }

  /** "aws-node cni", in order. */
  identities(): readonly string[] {
    return this.associations()
      .map((one) => `${one.serviceAccount} ${one.roleArn.split("/").at(-1)}`)
      .sort();
  }

  associations(): readonly Association[] {
    return this.aws.state().associations;
  }
}

export const identity = (serviceAccount: string, role: string) => ({
  serviceAccount,
  roleArn: roleArn(role),
});
