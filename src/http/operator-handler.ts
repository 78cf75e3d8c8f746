/**
 * The one handler behind every route of operators: recognise the operator, parse, ask the operator object of the
 * jurisdiction named, answer.
 */
import type { Repeatable } from "../access/idempotency.ts";
import { OPERATORS_HOME } from "../access/people/operators.ts";
import { readRepeat } from "../access/repeat-header.ts";
import { readOperator } from "../access/operators.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { BODY_BYTES_MAX, type Raw } from "../contract/route.ts";
import type { Answered } from "../contract/verb.ts";
import type { Operating, OperatorVerbName, OperatorVerbs } from "../rpc/operator.ts";
import type { C } from "./context.ts";
import { ADMIN_TOKEN, isRepeatable, type JobRoute, type OperatorRouteOf } from "../contract/operator-route.ts";
import { problemResponse } from "./problem.ts";
import { isFromAnotherSite, jsonOf, queryOf, readBody, requestBytes } from "./request.ts";
import type { Doors } from "./doors.ts";

/** Serves one request of an operators' route. */
export async function serveOperator<K extends OperatorVerbName>(
  c: C,
  route: OperatorRouteOf<OperatorVerbs, K> | JobRoute<Doors>,
  doors: Doors,
): Promise<Response> {
  const outcome = await serve(c, route, doors);
  if (isRefused(outcome)) return problemResponse(c, outcome);
  return new Response(JSON.stringify(outcome.ok), {
    status: route.status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

async function serve<K extends OperatorVerbName>(
  c: C,
  route: OperatorRouteOf<OperatorVerbs, K> | JobRoute<Doors>,
  doors: Doors,
): Promise<Outcome<Answered>> {
  const headers = { authorization: c.req.header("authorization"), assertion: c.req.header("cf-access-jwt-assertion") };
  if (isFromAnotherSite(c))
    return refuse("unauthenticated", { detail: "The request was caused by another site's page." });
  const operator = await readOperator(doors.operators, headers, doors.accessKeys);
  if (operator === null) return refuse("unauthenticated");
  const bytes = await readBody(c, BODY_BYTES_MAX);
  if (isRefused(bytes)) return bytes;
  const query = queryOf(c);
  if (isRefused(query)) return query;
  const raw: Raw = { query: query.ok, params: c.req.param(), body: () => jsonOf(c, bytes.ok) };
  const repeat = isRepeatable(route)
    ? readRepeat(`${route.method} ${c.req.path}`, c.req.header("idempotency-key"), requestBytes(c, bytes.ok))
    : { ok: null };
  return askOperatorRoute(route, { id: operator.subject }, raw, repeat, doors);
}

/**
 * Asks an operators' route, as whoever was recognised: by the API's door above, or by the console's, whose pages have no other way
 * to anything.
 */
export async function askOperatorRoute<K extends OperatorVerbName>(
  route: OperatorRouteOf<OperatorVerbs, K> | JobRoute<Doors>,
  operator: Operating,
  raw: Raw,
  repeat: Outcome<Repeatable | null>,
  doors: Doors,
): Promise<Outcome<Answered>> {
  if (route.job !== null) {
    const read = route.read(raw);
    if (isRefused(read)) return read;
    await tellTokenUse(operator, doors);
    return { ok: await route.job(operator, doors) };
  }
  const question = route.read(raw, doors.policy);
  if (isRefused(question)) return question;
  if (isRefused(repeat)) return repeat;
  const { where, input } = question.ok;
  await tellTokenUse(operator, doors);
  return doors.operator(where).ask(operator, route.verb, input, repeat.ok);
}

/** A question with the admin token is told, because operators sign in; what is refused before it is asked wakes no object. */
async function tellTokenUse({ id }: Operating, doors: Doors): Promise<void> {
  if (id === ADMIN_TOKEN) await doors.operator(OPERATORS_HOME.jurisdiction).tokenUsed();
}
