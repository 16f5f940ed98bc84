/** The emulator's HTTP surface: EKS and EKS Auth by path, S3 by its signature, IAM and STS as POST /, the controls below /_sandbox. */
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { AwsError } from "./aws-error.ts";
import type { Controls } from "./controls/controls.ts";
import { type Request, ROUTES, restCall } from "./eks/operations.ts";
import type { ReviewToken } from "./eks-auth/assume-role.ts";
import { ASSUME_ROLE_PATH, assumeRoleCall } from "./eks-auth/call.ts";
import type { Gateway } from "./gateway.ts";
import { type Origin, queryCall } from "./iam/operations.ts";
import { isS3, s3Call } from "./s3/operations.ts";
import type { Call } from "./service.ts";
import { parseQuery } from "./wire/query.ts";

interface Environment {
  readonly Bindings: HttpBindings;
}

type RequestContext = Context<Environment>;

export function httpSurface(
  gateway: Gateway,
  controls: Controls,
  reviewToken: ReviewToken,
): Hono<Environment> {
  const app = new Hono<Environment>();
  const serve = (context: RequestContext, call: Call) => send(context, gateway, call);
  // Buckets have any names: only the signature tells S3 from the others.
  app.use(async (context, next) => {
    const { authorization } = origin(context);
    return isS3(authorization) ? serve(context, s3Call(await s3Request(context))) : next();
  });
  app.post(ASSUME_ROLE_PATH, async (context) =>
    serve(context, await assumeRoleCall(await request(context), reviewToken)),
  );
  for (const route of ROUTES) {
    app.on(route.method, route.path, async (context) =>
      serve(context, restCall(route, await request(context))),
    );
  }
  app.post("/", async (context) =>
    serve(context, queryCall(parseQuery(await context.req.text()), origin(context))),
  );
  app.post("/_sandbox/:control", (context) => control(context, controls));
  app.notFound(async (context) =>
    serve(
      context,
      restCall({ operation: "UnknownOperation", run: unknownOperation }, await request(context)),
    ),
  );
  return app;
}

function unknownOperation(): never {
  const message = "the emulator has no such operation";
  throw new AwsError({ code: "UnknownOperationException", status: 404, message });
}

async function request(context: RequestContext): Promise<Request> {
  return {
    ...origin(context),
    labels: context.req.param() as Record<string, string>,
    query: new URL(context.req.url).searchParams,
    body: await context.req.text(),
  };
}

async function s3Request(context: RequestContext): Promise<Parameters<typeof s3Call>[0]> {
  const { pathname, searchParams: query } = new URL(context.req.url);
  const path = decodeURIComponent(pathname);
  return {
    ...origin(context),
    method: context.req.method,
    path,
    query,
    body: await context.req.text(),
  };
}

function origin({ req }: RequestContext): Origin {
  const attempt = /attempt=(\d+)/.exec(req.header("amz-sdk-request") ?? "")?.[1];
  return {
    attempt: Number(attempt ?? 1),
    userAgent: req.header("user-agent") ?? "",
    authorization: req.header("authorization") ?? "",
  };
}

async function send(context: RequestContext, gateway: Gateway, call: Call): Promise<Response> {
  const reply = await gateway.serve(call);
  if (reply !== "reset") return new Response(reply.body, reply);
  context.env.incoming.socket.resetAndDestroy();
  return RESPONSE_ALREADY_SENT;
}

async function control(context: RequestContext, controls: Controls): Promise<Response> {
  const name = context.req.param("control") ?? "";
  if (!Object.hasOwn(controls, name)) return context.text(`no control ${name}`, 404);
  const run = controls[name as keyof Controls] as (given: unknown) => unknown;
  try {
    const body = await context.req.text();
    const result = await run((body === "" ? null : JSON.parse(body)) ?? undefined);
    return result === undefined ? context.body(null, 204) : context.json(result as object);
  } catch (error) {
    return context.text(error instanceof Error ? error.message : String(error), 400);
  }
}
