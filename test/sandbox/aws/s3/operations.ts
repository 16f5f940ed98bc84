/** As much of S3 as the guides use: make and list buckets; list, get and put objects. Path style, REST with XML. */
import { createHash } from "node:crypto";
import { AwsError } from "../aws-error.ts";
import type { Origin } from "../iam/operations.ts";
import type { Call, Permission } from "../service.ts";
import type { Bucket, World } from "../world.ts";
import { type S3Result, s3Answer, s3Refusal } from "./xml.ts";

export interface S3Request extends Origin {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

interface Operation {
  readonly name: string;
  /** What the caller must be allowed. */
  readonly permission: (partition: string) => Permission;
  readonly run: (world: World) => S3Result;
}

/** Whether a request was signed for S3: its paths would be taken for others' otherwise. */
export function isS3(authorization: string): boolean {
  return /Credential=[^,\s]*\/s3\/aws4_request/.test(authorization);
}

export function s3Call({ method, path, query, body, ...origin }: S3Request): Call {
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const { name, permission, run } = operationOf({ method, bucket, key, query, body });
  return {
    ...origin,
    service: "s3",
    operation: name,
    parameters: { Bucket: bucket, Key: key },
    permission: (world) => permission(world.account.partition),
    perform: (world) => run(world),
    answer: (result, requestId) => s3Answer(result as S3Result, requestId),
    refuse: s3Refusal,
  };
}

interface Parts extends Pick<S3Request, "method" | "query" | "body"> {
  readonly bucket: string;
  readonly key: string;
}

function operationOf({ method, bucket, key, query, body }: Parts): Operation {
  const on = (resource: string) => (partition: string) => `arn:${partition}:s3:::${resource}`;
  const one = (
    name: string,
    action: string,
    resource: (partition: string) => string,
    run: Operation["run"],
  ) => ({
    name,
    permission: (partition: string) => ({ action, resource: resource(partition) }),
    run,
  });
  if (method === "GET" && bucket === "")
    return one("ListBuckets", "s3:ListAllMyBuckets", () => "*", listBuckets);
  if (method === "PUT" && key === "") {
    return one("CreateBucket", "s3:CreateBucket", on(bucket), (world) =>
      createBucket(world, bucket),
    );
  }
  if (method === "GET" && key === "") {
    const prefix = query.get("prefix") ?? "";
    const list = one("ListObjectsV2", "s3:ListBucket", on(bucket), (world) =>
      listObjects(world, bucket, prefix),
    );
    return {
      ...list,
      permission: (partition) => ({ ...list.permission(partition), keys: { "s3:prefix": prefix } }),
    };
  }
  const object = on(`${bucket}/${key}`);
  if (method === "GET")
    return one("GetObject", "s3:GetObject", object, (world) => getObject(world, bucket, key));
  if (method === "PUT") {
    return one("PutObject", "s3:PutObject", object, (world) =>
      putObject(world, { bucket, key, body }),
    );
  }
  return one("UnknownOperation", "s3:UnknownOperation", object, () => {
    throw refused(
      "MethodNotAllowed",
      405,
      "The specified method is not allowed against this resource.",
    );
  });
}

function listBuckets(world: World): S3Result {
  const buckets = [...world.buckets.values()].map(({ name, createdAt }) => ({
    Name: name,
    CreationDate: new Date(createdAt).toISOString(),
  }));
  return { xml: "ListAllMyBucketsResult", content: { Buckets: { Bucket: buckets } } };
}

function createBucket(world: World, name: string): S3Result {
  if (world.buckets.get(name)) {
    const message =
      "Your previous request to create the named bucket succeeded and you already own it.";
    throw refused("BucketAlreadyOwnedByYou", 409, message);
  }
  world.buckets.set(name, { name, createdAt: world.clock.now(), objects: {} });
  return { location: `/${name}` };
}

function listObjects(world: World, name: string, prefix: string): S3Result {
  const { objects } = bucketOf(world, name);
  const contents = Object.entries(objects)
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, text]) => ({ Key: key, Size: Buffer.byteLength(text), ETag: etagOf(text) }));
  const counts = { KeyCount: contents.length, MaxKeys: 1000, IsTruncated: false };
  return {
    xml: "ListBucketResult",
    content: { Name: name, Prefix: prefix, ...counts, Contents: contents },
  };
}

function getObject(world: World, name: string, key: string): S3Result {
  const text = bucketOf(world, name).objects[key];
  if (text === undefined) throw refused("NoSuchKey", 404, "The specified key does not exist.");
  return { text };
}

function putObject(
  world: World,
  {
    bucket: name,
    key,
    body,
  }: { readonly bucket: string; readonly key: string; readonly body: string },
): S3Result {
  const bucket = bucketOf(world, name);
  world.buckets.set(name, { ...bucket, objects: { ...bucket.objects, [key]: body } });
  return { etag: etagOf(body) };
}

function bucketOf(world: World, name: string): Bucket {
  const bucket = world.buckets.get(name);
  if (!bucket) throw refused("NoSuchBucket", 404, "The specified bucket does not exist");
  return bucket;
}

const etagOf = (text: string) => `"${createHash("md5").update(text).digest("hex")}"`;

function refused(code: string, status: number, message: string): AwsError {
  return new AwsError({ code, status, message });
}
