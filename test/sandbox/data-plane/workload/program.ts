/**
 * What runs in a Pod: calls AWS with the genuine SDK, which finds region and credentials by itself, and prints one
 * line of JSON for each step.
 *
 *     program.ts <endpoint> "s3:GetObject bucket key" "sts:GetCallerIdentity" …
 */
import { readFile } from "node:fs/promises";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const [endpoint = "", ...steps] = process.argv.slice(2);

const sts = new STSClient({ endpoint });
const s3 = new S3Client({ endpoint, forcePathStyle: true });

const ACTIONS: Readonly<Record<string, (...args: string[]) => Promise<unknown>>> = {
  credentials: async () => {
    const { accessKeyId, expiration } = await sts.config.credentials();
    return { accessKeyId, expiration };
  },
  agent: askAgent,
  "sts:GetCallerIdentity": async () => {
    const { Account, Arn, UserId } = await sts.send(new GetCallerIdentityCommand());
    return { Account, Arn, UserId };
  },
  "s3:ListBuckets": async () => {
    const { Buckets = [] } = await s3.send(new ListBucketsCommand());
    return Buckets.map(({ Name }) => Name);
  },
  "s3:ListObjects": async (bucket) => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.map(({ Key }) => Key);
  },
  "s3:GetObject": async (bucket, key) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body?.transformToString();
  },
  "s3:PutObject": async (bucket, key, ...words) => {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: words.join(" ") }));
  },
  "s3:CreateBucket": async (bucket) => {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  },
};

/** As the guides do it with curl: the SDK tells neither the account nor why it was refused. Secrets stay here. */
async function askAgent(): Promise<object> {
  const {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: url = "",
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile = "",
  } = process.env;
  const headers = { authorization: await readFile(tokenFile, "utf8") };
  const answer = await fetch(url, { headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  const given = JSON.parse(text) as Record<string, unknown>;
  const { AccountId, Expiration } = given;
  return { fields: Object.keys(given), AccountId, Expiration };
}

async function outcomeOf(step: string): Promise<object> {
  const [name = "", ...args] = step.split(" ");
  try {
    const action = ACTIONS[name];
    if (!action) throw new Error(`there is no step ${name}`);
    // Without credentials a missing region would be complained of first, which is not what is missing.
    if (step !== "agent") await sts.config.credentials();
    return { step, ok: true, result: (await action(...args)) ?? null };
  } catch (problem) {
    const error = problem instanceof Error ? problem : new Error(String(problem));
    return { step, ok: false, error: { name: error.name, message: error.message } };
  }
}

for (const step of steps) console.log(JSON.stringify(await outcomeOf(step)));
