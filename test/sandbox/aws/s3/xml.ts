/** S3's answers: XML without the envelope of the Query protocol. */
import { XMLBuilder } from "fast-xml-parser";
import type { AwsError } from "../aws-error.ts";
import type { Reply } from "../service.ts";

const builder = new XMLBuilder({ format: false, suppressEmptyNode: true, ignoreAttributes: false });
const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** A result: XML, the text of an object, or nothing. */
export type S3Result =
  | { readonly xml: string; readonly content: object }
  | { readonly text: string }
  | { readonly location: string }
  | { readonly etag: string };

export function s3Answer(result: S3Result, requestId: string): Reply {
  const headers = { "x-amz-request-id": requestId };
  if ("text" in result) {
    return {
      status: 200,
      headers: { ...headers, "content-type": "application/octet-stream" },
      body: result.text,
    };
  }
  if ("location" in result)
    return { status: 200, headers: { ...headers, location: result.location }, body: "" };
  if ("etag" in result)
    return { status: 200, headers: { ...headers, etag: result.etag }, body: "" };
  const body: unknown = builder.build({
    [result.xml]: { "@_xmlns": NAMESPACE, ...result.content },
  });
  return {
    status: 200,
    headers: { ...headers, "content-type": "application/xml" },
    body: String(body),
  };
}

export function s3Refusal({ code, message, status }: AwsError, requestId: string): Reply {
  const body: unknown = builder.build({
    Error: { Code: code, Message: message, RequestId: requestId },
  });
  const headers = { "x-amz-request-id": requestId, "content-type": "application/xml" };
  return { status, headers, body: String(body) };
}
