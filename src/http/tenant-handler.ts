/**
 * The one handler behind every route of tenants: read the key's MAC, read the body strictly, parse, ask the tenant's object
 * once, put on the belt what it left to do, answer. Counts and secrets never pass through here in clear.
 */
import { z } from "zod";
import type { C } from "./context.ts";
import { readApiKey } from "../access/api-key.ts";
import type { Origin } from "../access/caller.ts";
import { parseId, parseToken, tenantId, type Owner } from "../base/ids.ts";
import { parseWith } from "../contract/parse.ts";
import { readRepeat } from "../access/repeat-header.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { Route } from "../contract/route.ts";
import { finished } from "./complete.ts";
import { doAfterwards } from "./effects.ts";
import { judgeResolved, judgeUrl } from "../net/outside-url.ts";
import { problemOf, problemResponse } from "./problem.ts";
import type { Call, Reply } from "../rpc/tenant.ts";
import { jsonOf, queryOf, readBody, requestBytes } from "./request.ts";
import type { Doors } from "./doors.ts";

/** Serves one request of a tenant's route. */
export async function serveTenant(c: C, route: Route, doors: Doors): Promise<Response> {
  const fail = (refusal: Refusal) => problemResponse(c, refusal);
  const key = readApiKey(doors.door, c.req.header("authorization"));
  if (key === null) return fail(refuse("unauthenticated"));
  c.set("tenant", key.owner.code);
  const read = await readRequest(c, route);
  if (isRefused(read)) return fail(read);
  const parsed = parseRequest(c, route, read.ok.value);
  if (isRefused(parsed)) return fail(parsed);
  const foreign = foreignId(c, key.owner) ?? foreignCursor(parsed.ok, key.owner);
  if (foreign !== null) return fail(foreign);
  const input = route.input(parsed.ok as never);
  if (isRefused(input)) return fail(input);
  const call: Call = {
    credential: key.credential,
    origin: originOf(c),
    verb: route.verb,
    input: input.ok,
    repeat: read.ok.repeat,
    secret: route.repeat?.secret ?? [],
  };
  const unreachable = await judgeTarget(route, call, key.owner, doors);
  if (unreachable !== null) return fail(unreachable);
  const reply = await doors.tenant(key.owner).ask(call);
  doAfterwards(c, doors, key.owner, reply.effects);
  const outcome = await finished(route.finish, reply.outcome, call.input, {
    db: doors.records(key.owner.jurisdiction),
    tenant: tenantId(key.owner),
    ask: async (verb, asked) =>
      (await doors.tenant(key.owner).ask({ ...call, verb, input: asked, repeat: null })).outcome,
  });
  const response = isRefused(outcome) ? fail(outcome) : answer(route, presented(outcome.ok, c.get("site")));
  addLimits(response.headers, reply);
  return response;
}

/** The body's bytes, its value, and how the request may be repeated. */
async function readRequest(c: C, route: Route): Promise<Outcome<{ value: unknown; repeat: Call["repeat"] }>> {
  const header = c.req.header("idempotency-key");
  const body = await readBody(c, route.bodyBytesMax);
  if (isRefused(body)) return body;
  const repeat: Outcome<Call["repeat"]> =
    route.repeat === null
      ? { ok: null }
      : readRepeat(`${route.method} ${route.path}`, header, requestBytes(c, body.ok));
  if (isRefused(repeat)) return repeat;
  const json = route.body === null ? { ok: undefined } : jsonOf(c, body.ok);
  return isRefused(json) ? json : { ok: { value: json.ok, repeat: repeat.ok } };
}

type Parsed = { body: unknown; query: unknown; params: unknown };
const Cursor = z.object({ cursor: z.string() });

function parseRequest(c: C, route: Route, value: unknown): Outcome<Parsed> {
  const query = queryOf(c);
  if (isRefused(query)) return query;
  const parsedQuery = parseWith(route.query, query.ok);
  if (isRefused(parsedQuery)) return parsedQuery;
  const params = parseWith(route.params, c.req.param());
  if (isRefused(params)) return refuse(route.path.includes("{token}") ? "token_unknown" : "not_found");
  const body: Outcome<unknown> = route.body === null ? { ok: undefined } : parseWith(route.body, value);
  if (isRefused(body)) return body;
  return { ok: { body: body.ok, query: parsedQuery.ok, params: params.ok } };
}

/** An id of somebody else's looks the same as one that was never given, and wakes nobody. */
function foreignId(c: C, owner: Owner): Refusal | null {
  const params = c.req.param() as Record<string, string>;
  if (params["id"] !== undefined) {
    const id = parseId(params["id"]);
    if (id === null || id.code !== owner.code || id.jurisdiction !== owner.jurisdiction) return refuse("not_found");
  }
  if (params["token"] !== undefined) {
    const token = parseToken(params["token"]);
    if (token === null || token.code !== owner.code || token.jurisdiction !== owner.jurisdiction)
      return refuse("token_unknown");
  }
  return null;
}

/** A cursor names the caller's own row: of another tenant's there is no page, and no list begins behind it. */
function foreignCursor({ query, body }: Parsed, owner: Owner): Refusal | null {
  const named = Cursor.safeParse(query).data?.cursor ?? Cursor.safeParse(body).data?.cursor;
  const id = named === undefined ? null : parseId(named);
  if (id === null || (id.code === owner.code && id.jurisdiction === owner.jurisdiction)) return null;
  const detail = "The cursor is not one of this tenant's lists.";
  return refuse("invalid_cursor", { errors: [{ field: "cursor", code: "invalid_cursor", detail }] });
}

/**
 * A URL of the tenant's is judged, name resolved, before the object keeps it. Asking a resolver is a call to the outside,
 * so the object is first asked whether this caller may at all: endpoints are registered rarely, the second trip is cheap.
 */
async function judgeTarget(route: Route, call: Call, owner: Owner, doors: Doors): Promise<Refusal | null> {
  if (!route.refuses.includes("url_refused")) return null;
  const { url } = call.input as { url?: string };
  if (url === undefined) return null;
  const judged = judgeUrl(url, doors.policy);
  if ("refused" in judged) return judged;
  if (judged.url.kind !== "name") return null;
  const allowed = await doors.tenant(owner).ask({ ...call, verb: "webhooks.list", input: null, repeat: null });
  if (isRefused(allowed.outcome)) return allowed.outcome;
  const resolved = judgeResolved(await doors.resolve(judged.url.host));
  return isRefused(resolved) ? resolved : null;
}

/** Where the platform says the request came from. A client's forwarding headers are not read at all. */
export function originOf(c: C): Origin {
  const auth = (c.req.raw.cf as IncomingRequestCfProperties | undefined)?.tlsClientAuth;
  const verified = auth?.certPresented === "1" && auth.certVerified === "SUCCESS" && auth.certRevoked === "0";
  const fingerprint = String(auth?.certFingerprintSHA256 ?? "").toLowerCase();
  return {
    ip: c.req.header("cf-connecting-ip") ?? null,
    certificate: verified && fingerprint !== "" ? fingerprint : null,
  };
}

/** Refusals inside an answer (a batch's) in the form of problems. */
function presented(value: unknown, site: string): unknown {
  const data = (value as { data?: unknown } | null)?.data;
  if (!Array.isArray(data) || !data.some((item) => typeof item === "object" && item !== null && "problem" in item))
    return value;
  return {
    ...(value as object),
    data: (data as { problem?: Refusal }[]).map((item) =>
      item.problem === undefined ? item : { ...item, problem: problemOf(item.problem, site, null) },
    ),
  };
}

function answer(route: Route, value: unknown): Response {
  if (route.status === 204) return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
  return new Response(JSON.stringify(value), {
    status: route.status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

/** The key's tightest limit, announced (draft-ietf-httpapi-ratelimit-headers). */
function addLimits(headers: Headers, reply: Reply): void {
  if (reply.replayed) headers.set("idempotency-replayed", "true");
  if (reply.room === null) return;
  const { quota, windowSeconds, left, resetSeconds } = reply.room;
  headers.set("ratelimit-policy", `"key";q=${quota};w=${windowSeconds}`);
  headers.set("ratelimit", `"key";r=${left};t=${resetSeconds}`);
}
