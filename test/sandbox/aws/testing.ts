/** What the emulator's own tests share: an emulator whose clock stands still, and the shortest role and association. */

import { type Clients, clientsOf } from "./clients.ts";
import type { Clock } from "./clock.ts";
import { type Aws, type AwsOptions, startAws } from "./start.ts";

export const TRUST: string = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
    },
  ],
});

export const roleArn = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;

/** An emulator, its clients, and how long calls were made to sleep. Time passes by `aws.advance` only. */
export class Sandbox {
  readonly aws: Aws;
  readonly clients: Clients;
  readonly sleeps: readonly number[];

  constructor(aws: Aws, sleeps: readonly number[]) {
    this.aws = aws;
    this.clients = clientsOf(aws);
    this.sleeps = sleeps;
  }

  static async start(options: AwsOptions = {}): Promise<Sandbox> {
    const sleeps: number[] = [];
    const clock: Clock = {
      now: () => Date.UTC(2026, 10, 22),
      sleep: async (ms) => {
        sleeps.push(ms);
      },
    };
    return new Sandbox(await startAws({ clock, ...options }), sleeps);
  }

  async stop(): Promise<void> {
    this.clients.destroy();
    await this.aws.stop();
  }

  async createRole(name: string, trust: string = TRUST): Promise<void> {
    await this.clients.iam.createRole({ RoleName: name, AssumeRolePolicyDocument: trust });
  }

  /** Returns the id. */
  async associate(serviceAccount: string, role: string): Promise<string> {
    const { association } = await this.clients.eks.createPodIdentityAssociation({
      clusterName: "demo",
      namespace: "team",
      serviceAccount,
      roleArn: roleArn(role),
    });
    return association?.associationId ?? "";
  }

  /** Names of the ServiceAccounts in a list of associations. */
  async listed(): Promise<readonly string[]> {
    const { associations } = await this.clients.eks.listPodIdentityAssociations({
      clusterName: "demo",
    });
    return (associations ?? []).map(({ serviceAccount }) => serviceAccount ?? "").sort();
  }
}

/** How a call was refused: its error name and text; "accepted" if it was not. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "accepted";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
