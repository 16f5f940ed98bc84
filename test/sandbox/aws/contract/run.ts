/**
 * Starts the emulator and asks it, with boto3 and the aws CLI, what the contract says AWS answers; then runs
 * config/aws/verify.sh against it, which is written for real AWS.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { startAws } from "../start.ts";
import { pythonWith } from "./venv.ts";

const python = await pythonWith(join(import.meta.dirname, "requirements.txt"));
const aws = await startAws({ clusters: [{ name: "contract" }] });
const environment = {
  PATH: `${dirname(python)}:${process.env["PATH"]}`,
  AWS_ENDPOINT_URL: aws.endpoint,
  AWS_REGION: aws.account.region,
  AWS_DEFAULT_REGION: aws.account.region,
  AWS_ACCESS_KEY_ID: "contract",
  AWS_SECRET_ACCESS_KEY: "contract",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
  NO_PROXY: "127.0.0.1",
  CONTRACT_CLUSTER: "contract",
  CONTRACT_ACCOUNT: aws.account.id,
};

async function codeOf(command: string, ...given: readonly string[]): Promise<number> {
  const child = spawn(command, given, { stdio: "inherit", env: environment });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

const contract = await codeOf(python, "-B", join(import.meta.dirname, "main.py"));
aws.putRole({ name: "any" });
const before = aws.arns();
const verified = await codeOf("bash", "config/aws/verify.sh", "--cluster", "contract", "--write");
const isLeft = aws.arns().join() !== before.join();
if (isLeft) console.log("config/aws/verify.sh did not take everything away again");
await aws.stop();
process.exitCode = contract || verified || (isLeft ? 1 : 0);
