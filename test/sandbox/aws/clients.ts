/** SDK clients for an emulator, without retries, so that a test sees every answer. */
import { EKS } from "@aws-sdk/client-eks";
import { IAM } from "@aws-sdk/client-iam";
import { STS } from "@aws-sdk/client-sts";
import type { Aws } from "./start.ts";

export interface Clients {
  readonly eks: EKS;
  readonly iam: IAM;
  readonly sts: STS;
  destroy(): void;
}

/** @param maxAttempts of the SDK, 1 where a test wants to see each answer */
export function clientsOf({ endpoint, account }: Aws, maxAttempts = 1): Clients {
  const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
  const config = { endpoint, region: account.region, credentials, maxAttempts };
  const clients = { eks: new EKS(config), iam: new IAM(config), sts: new STS(config) };
  return {
    ...clients,
    destroy: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
