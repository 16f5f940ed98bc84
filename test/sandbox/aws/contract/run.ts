/** Starts the emulator and asks it, with boto3 and the aws CLI, what the contract says AWS answers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startAws } from "../start.ts";
import { pythonWith } from "./venv.ts";

const python = await pythonWith(join(import.meta.dirname, "requirements.txt"));
const aws = await startAws({ clusters: [{ name: "contract" }] });
const suite = spawn(python, ["-B", join(import.meta.dirname, "main.py")], {
  stdio: "inherit",
  env: {
    PATH: process.env["PATH"],
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
  },
});
const [code] = (await once(suite, "exit")) as [number | null];
await aws.stop();
process.exitCode = code ?? 1;
