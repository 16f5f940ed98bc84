/** The real SDK against the emulated AWS: the endpoint and credentials come from its own environment variables. */
import { type AwsClients, type ClientOptions, createClients } from "../../src/aws/clients.ts";
import type { Attempt } from "../../src/aws/middleware.ts";
import { startAws } from "../sandbox/aws/start.ts";

export interface Wire {
  readonly aws: Awaited<ReturnType<typeof startAws>>;
  readonly clients: AwsClients;
  /** Every attempt that was reported. */
  readonly attempts: readonly Attempt[];
  stop(): Promise<void>;
}

const VARIABLES = {
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE000000000",
  AWS_SECRET_ACCESS_KEY: "example",
  AWS_EC2_METADATA_DISABLED: "true",
};

export async function connect(options: Partial<ClientOptions> = {}): Promise<Wire> {
  const aws = await startAws();
  const restore = setEnvironment({ ...VARIABLES, AWS_ENDPOINT_URL: aws.endpoint });
  const attempts: Attempt[] = [];
  const clients = createClients({
    region: "us-west-2",
    version: "1.2.3",
    maxCallsPerSecond: 500,
    signal: new AbortController().signal,
    // Both ends are this process: where it is held up, the emulator has not failed.
    connectTimeoutMs: 30_000,
    requestTimeoutMs: 30_000,
    onAttempt: (attempt) => attempts.push(attempt),
    ...options,
  });
  const stop = async () => {
    clients.close();
    restore();
    await aws.stop();
  };
  return { aws, clients, attempts, stop };
}

function setEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  return () => {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  };
}

/** What a call threw, or "nothing". */
export async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (thrown) {
    return thrown;
  }
  return "nothing";
}
