/**
 * The one handler behind every route of tenants: read the key's MAC, read the body strictly, parse, ask the tenant's object
 * once, put on the belt what it left to do, answer. Counts and secrets never pass through here in clear.
 */
import type { Context } from "hono";
import { readApiKey } from "./access/api-key.ts";
import type { Origin } from "./access/caller.ts";
import { readWholeAtMost } from "./base/bounded.ts";
import { parseId, parseToken, tenantId, type Owner } from "./base/ids.ts";
import { readJson } from "./base/json.ts";
import { sha256 } from "./base/seal.ts";
import { parseWith } from "./base/parse.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "./base/refusal.ts";
import type { Route } from "./base/route.ts";
import { judgeResolved, judgeUrl } from "./base/outside-url.ts";
import { finishGet, finishList, type FinishDeps } from "./messages/finish.ts";
import type { Note } from "./messages/message.ts";
import { problemOf, problemResponse } from "./problem.ts";
import type { Call, Reply } from "./ports.ts";
import type { Doors } from "./wiring.ts";

export type Bindings = {
  Bindings: Env;
  Variables: { requestId: string; tenant: string | null; route: string; code: string | null };
};
export type C = Context<Bindings>;

const KEY_PATTERN = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e][\x21-\x7e]{0,254}))$/;

/** Serves one request of a tenant's route. */
export async function serveTenant(c: C, route: Route, doors: Doors): Promise<Response> {
  const requestId = c.get("requestId");
  const fail = (refusal: Refusal) => {
    c.set("code", refusal.refused);
    return problemResponse(refusal, requestId);
  };
  const key = readApiKey(doors.door, c.req.header("authorization"));
  if (key === null) return fail(refuse("unauthenticated"));
  c.set("tenant", key.owner.code);
  const read = await readRequest(c, route);
  if (isRefused(read)) return fail(read);
  const parsed = parseRequest(c, route, read.ok.value);
  if (isRefused(parsed)) return fail(parsed);
  const foreign = foreignId(c, key.owner);
  if (foreign !== null) return fail(foreign);
  const input = route.input(parsed.ok as never);
  if (isRefused(input)) return fail(input);
  const unreachable = await judgeTarget(route, input.ok, doors);
  if (unreachable !== null) return fail(unreachable);
  const call: Call = {
    credential: key.credential,
    origin: originOf(c),
    verb: route.verb,
    input: input.ok,
    repeat: read.ok.repeat,
    secret: route.repeat?.secret ?? [],
  };
  const reply = await doors.tenant(key.owner).ask(call);
  if (reply.after.dispatch.length + reply.after.wake.length > 0) {
    c.executionCtx.waitUntil(doors.outside(key.owner, reply.after).catch(() => undefined)); // the rows are there; the alarm finds them
  }
  const outcome = await finished(route, reply.outcome, call, key.owner, doors);
  const response = isRefused(outcome) ? fail(outcome) : answer(route, presented(outcome.ok));
  addLimits(response.headers, reply);
  return response;
}

/** The body's bytes, its value, and how the request may be repeated. */
async function readRequest(c: C, route: Route): Promise<Outcome<{ value: unknown; repeat: Call["repeat"] }>> {
  const header = c.req.header("idempotency-key");
  const bytes = await readWholeAtMost(c.req.raw, route.bodyBytesMax);
  if (bytes === null)
    return refuse("body_too_large", { detail: `A body here has at most ${route.bodyBytesMax} bytes.` });
  const repeat = repeatOf(route, header, bytes);
  if (isRefused(repeat)) return repeat;
  if (route.body === null) return { ok: { value: undefined, repeat: repeat.ok } };
  if (!/^application\/json(;|$)/i.test(c.req.header("content-type") ?? "application/json"))
    return refuse("unsupported_media_type");
  const json = bytes.length === 0 ? { value: {} } : readJson(bytes);
  if ("fault" in json) return refuse("malformed_body", { detail: FAULTS[json.fault] });
  return { ok: { value: json.value, repeat: repeat.ok } };
}

const FAULTS = {
  not_utf8: "The body is not UTF-8.",
  not_json: "The body is not JSON.",
  repeated_key: "The body names a key twice in one object; two readers would see two values.",
  too_deep: "The body is nested too deeply.",
};

function repeatOf(route: Route, header: string | undefined, bytes: Uint8Array): Outcome<Call["repeat"]> {
  if (route.repeat === null || header === undefined) return { ok: null };
  const match = KEY_PATTERN.exec(header);
  const key = match?.[1] ?? match?.[2];
  if (key === undefined) return refuse("idempotency_key_invalid");
  return { ok: { route: `${route.method} ${route.path}`, key, bodyDigest: sha256(bytes) } };
}

function parseRequest(c: C, route: Route, value: unknown): Outcome<{ body: unknown; query: unknown; params: unknown }> {
  const query = queryOf(c);
  if (isRefused(query)) return query;
  const parsedQuery = parseWith(route.query, query.ok);
  if (isRefused(parsedQuery)) return parsedQuery;
  const params = parseWith(route.params, c.req.param());
  if (isRefused(params)) return refuse("not_found");
  const body: Outcome<unknown> = route.body === null ? { ok: undefined } : parseWith(route.body, value);
  if (isRefused(body)) return body;
  return { ok: { body: body.ok, query: parsedQuery.ok, params: params.ok } };
}

/** Query parameters, each at most once: of two values, two readers would choose differently. */
function queryOf(c: C): Outcome<Record<string, string>> {
  const query: Record<string, string> = {};
  for (const [name, values] of Object.entries(c.req.queries())) {
    const [value] = values;
    if (values.length !== 1 || value === undefined) {
      return refuse("malformed_body", { detail: "A query parameter is given twice." });
    }
    query[name] = value;
  }
  return { ok: query };
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

/** A URL of the tenant's is judged, name resolved, before the object hears of it. */
async function judgeTarget(route: Route, input: unknown, doors: Doors): Promise<Refusal | null> {
  if (!route.refuses.includes("url_refused")) return null;
  const { url } = input as { url?: string };
  if (url === undefined) return null;
  const judged = judgeUrl(url, doors.policy);
  if ("refused" in judged) return judged;
  if (judged.url.kind !== "name") return null;
  const resolved = judgeResolved(await doors.resolve(judged.url.host));
  return isRefused(resolved) ? resolved : null;
}

/** Where the platform says the request came from. A client's forwarding headers are not read at all. */
export function originOf(c: C): Origin {
  const auth = (c.req.raw.cf as IncomingRequestCfProperties | undefined)?.tlsClientAuth;
  const verified = auth?.certPresented === "1" && auth.certVerified === "SUCCESS" && auth.certRevoked === "0";
  return {
    ip: c.req.header("cf-connecting-ip") ?? null,
    certificate: verified ? auth.certFingerprintSHA256.toLowerCase() : null,
  };
}

/** Completes what the object alone cannot answer, from the records. */
async function finished(
  route: Route,
  outcome: Outcome<unknown>,
  call: Call,
  owner: Owner,
  doors: Doors,
): Promise<Outcome<unknown>> {
  if (route.finish === null || isRefused(outcome)) return outcome;
  const deps: FinishDeps = {
    db: doors.records(owner.jurisdiction),
    tenant: tenantId(owner),
    notes: async (ids) => {
      const notes = await doors.tenant(owner).ask({ ...call, verb: "messages.notes", input: { ids }, repeat: null });
      return isRefused(notes.outcome) ? {} : (notes.outcome.ok as Record<string, Note>);
    },
  };
  if (route.finish === "messages.get") return finishGet(deps, (call.input as { id: string }).id, outcome.ok as never);
  return finishList(deps, outcome.ok as never);
}

/** Refusals inside an answer (a batch's) in the form of problems. */
function presented(value: unknown): unknown {
  const data = (value as { data?: unknown } | null)?.data;
  if (!Array.isArray(data) || !data.some((item) => typeof item === "object" && item !== null && "problem" in item))
    return value;
  return {
    ...(value as object),
    data: (data as { problem?: Refusal }[]).map((item) =>
      item.problem === undefined ? item : { ...item, problem: problemOf(item.problem, null) },
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
