/**
 * The one handler of all tenant routes: check the key's MAC, read the body strictly, parse it, ask the tenant's object
 * once, put on the queue what it left to do, answer. The console's pages ask the same
 * routes by `askRoute`, with a person's session in place of a key: there is no second way to a tenant's data.
 */
import { z } from "zod";
import type { C } from "./context.ts";
import { readApiKey } from "../access/api-key.ts";
import type { Origin } from "../access/caller.ts";
import { parseId, parseToken, tenantId, type Owner } from "../base/ids.ts";
import type { Repeatable } from "../access/idempotency.ts";
import { readRepeat } from "../access/repeat-header.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { csvOf } from "../contract/csv.ts";
import { given } from "../contract/list.ts";
import type { Route, RouteOf } from "../contract/route.ts";
import type { Answered, Asker } from "../contract/verb.ts";
import { doAfterwards } from "./effects.ts";
import { judgeResolved, judgeUrl } from "../net/outside-url.ts";
import { problemOf, problemResponse } from "./problem.ts";
import type { Asking, Call, Reply, TenantVerbName, TenantVerbs } from "../rpc/tenant.ts";
import { jsonOf, queryOf, readBody, requestBytes } from "./request.ts";
import type { Doors } from "./doors.ts";

/** A credential whose MAC is ours, and whose it is. */
type Key = NonNullable<ReturnType<typeof readApiKey>>;

/** A request as its route reads it; `page` is the page of the console that asks. */
export type RouteRequest = {
  query: Record<string, string>;
  params: Record<string, string>;
  body: unknown;
  repeat: Repeatable | null;
  page?: string;
};
type Answer = { outcome: Outcome<Answered>; reply: Pick<Reply<TenantVerbName>, "replayed" | "room"> | null };

/** Serves one request of a tenant's route. */
export async function serveTenant<K extends TenantVerbName>(
  c: C,
  route: RouteOf<TenantVerbs, K>,
  doors: Doors,
): Promise<Response> {
  const fail = (refusal: Refusal) => problemResponse(c, refusal);
  const key = readApiKey(doors.door, c.req.header("authorization"));
  if (key === null) return fail(refuse("unauthenticated"));
  c.set("tenant", key.owner.code);
  const read = await readRequest(c, route);
  if (isRefused(read)) return fail(read);
  const query = queryOf(c);
  if (isRefused(query)) return fail(query);
  const { value: body, repeat } = read.ok;
  const { outcome, reply } = await askRoute(
    c,
    route,
    key,
    { query: query.ok, params: c.req.param(), body, repeat },
    doors,
  );
  const response = isRefused(outcome) ? fail(outcome) : answer(route, outcome.ok, wantsCsv(c, route, query.ok));
  if (reply !== null) addLimits(response.headers, reply);
  return response;
}

/** Asks a route of the credential's tenant: parses, judges, asks the object, and makes the answer as a program would see it. */
export async function askRoute<K extends TenantVerbName>(
  c: C,
  route: RouteOf<TenantVerbs, K>,
  key: Key,
  { query, params, body, repeat, page }: RouteRequest,
  doors: Doors,
): Promise<Answer> {
  const refused = (outcome: Refusal): Answer => ({ outcome, reply: null });
  const parsed = route.read({ query, params, body: () => ({ ok: body }) });
  if (isRefused(parsed)) return refused(parsed);
  const foreign = foreignId(params, key.owner) ?? foreignCursor({ query, body }, key.owner);
  if (foreign !== null) return refused(foreign);
  const input = parsed.ok();
  if (isRefused(input)) return refused(input);
  const { credential, owner } = key;
  const asking = { credential, origin: originOf(c), verb: route.verb };
  const unreachable = await judgeTarget(route.urlIn(input.ok), asking, owner, doors);
  if (unreachable !== null) return refused(unreachable);
  const secret = route.repeat?.secret ?? [];
  const call: Call<K> = { ...asking, input: input.ok, repeat, secret, ...given({ page }) };
  const reply = await doors.tenant(owner).ask(call);
  doAfterwards(c, doors, owner, reply.effects);
  const outcome = await route.finish(reply.outcome, input.ok, {
    ...askerOf(c, key, doors),
    records: doors.records(owner.jurisdiction),
    tenant: tenantId(owner),
    problemOf: (refusal) => problemOf(refusal, c.get("site"), null),
  });
  return { outcome, reply };
}

/** Asks the key's tenant, as the caller of this request. */
export function askerOf(c: C, { owner, credential }: Key, doors: Doors): Asker<TenantVerbs> {
  const origin = originOf(c);
  return {
    ask: async (verb, input) => {
      const call = { credential, origin, verb, input, repeat: null, secret: [] };
      const { outcome, effects } = await doors.tenant(owner).ask(call);
      doAfterwards(c, doors, owner, effects);
      return outcome;
    },
  };
}

/** The body's bytes, its value, and how the request may be repeated. */
async function readRequest(c: C, route: Route): Promise<Outcome<{ value: unknown; repeat: Repeatable | null }>> {
  const header = c.req.header("idempotency-key");
  const body = await readBody(c, route.bodyBytesMax);
  if (isRefused(body)) return body;
  const repeat: Outcome<Repeatable | null> =
    route.repeat === null
      ? { ok: null }
      : readRepeat(`${route.method} ${route.path}`, header, requestBytes(c, body.ok));
  if (isRefused(repeat)) return repeat;
  const json = route.body === null ? { ok: undefined } : jsonOf(c, body.ok);
  return isRefused(json) ? json : { ok: { value: json.ok, repeat: repeat.ok } };
}

const Cursor = z.object({ cursor: z.string() });

/** An id of another tenant is answered like an unknown one, and wakes no object. */
function foreignId(params: Record<string, string>, owner: Owner): Refusal | null {
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

/** A cursor must name a row of the caller's tenant; any other is refused. */
function foreignCursor({ query, body }: { query: unknown; body: unknown }, owner: Owner): Refusal | null {
  const named = Cursor.safeParse(query).data?.cursor ?? Cursor.safeParse(body).data?.cursor;
  const id = named === undefined ? null : parseId(named);
  if (id === null || (id.code === owner.code && id.jurisdiction === owner.jurisdiction)) return null;
  const detail = "The cursor is not one of this tenant's lists.";
  return refuse("invalid_cursor", { errors: [{ field: "cursor", code: "invalid_cursor", detail }] });
}

/**
 * Judges a tenant's URL, with its name resolved, before the object stores it. Resolving is a call to the outside, so
 * the object is asked first whether the caller may ask this verb; endpoints are registered rarely, so the second call
 * is cheap.
 */
async function judgeTarget(url: string | null, asking: Asking, owner: Owner, doors: Doors): Promise<Refusal | null> {
  if (url === null) return null;
  const judged = judgeUrl(url, doors.policy);
  if ("refused" in judged) return judged;
  if (judged.url.kind !== "name") return null;
  const refused = await doors.tenant(owner).mayAsk(asking);
  if (refused !== null) return refused;
  const resolved = judgeResolved(await doors.resolve(judged.url.host));
  return isRefused(resolved) ? resolved : null;
}

/** Where the request came from, as the platform says. A client's forwarding headers are never read. */
export function originOf(c: C): Origin {
  const auth = (c.req.raw.cf as IncomingRequestCfProperties | undefined)?.tlsClientAuth;
  const verified = auth?.certPresented === "1" && auth.certVerified === "SUCCESS" && auth.certRevoked === "0";
  const fingerprint = String(auth?.certFingerprintSHA256 ?? "").toLowerCase();
  return {
    ip: c.req.header("cf-connecting-ip") ?? null,
    certificate: verified && fingerprint !== "" ? fingerprint : null,
  };
}

/** Whether the list shall be CSV: a program says so by its `accept`, a link by `format`. */
function wantsCsv(c: C, route: Route, query: Record<string, string>): boolean {
  if (!route.csv) return false;
  return (
    query["format"] === "csv" || (query["format"] === undefined && /\btext\/csv\b/.test(c.req.header("accept") ?? ""))
  );
}

function answer(route: Route, value: Answered, csv: boolean): Response {
  if (route.status === 204) return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
  const [body, type] = csv ? [csvOf(value), "text/csv; charset=utf-8"] : [JSON.stringify(value), "application/json"];
  return new Response(body, { status: route.status, headers: { "content-type": type, "cache-control": "no-store" } });
}

/** Announces the key's tightest limit (draft-ietf-httpapi-ratelimit-headers). */
function addLimits(headers: Headers, reply: Pick<Reply<TenantVerbName>, "replayed" | "room">): void {
  if (reply.replayed) headers.set("idempotency-replayed", "true");
  if (reply.room === null) return;
  const { quota, windowSeconds, left, resetSeconds } = reply.room;
  headers.set("ratelimit-policy", `"key";q=${quota};w=${windowSeconds}`);
  headers.set("ratelimit", `"key";r=${left};t=${resetSeconds}`);
}
