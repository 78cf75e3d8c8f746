/**
 * The one handler behind every route of operators: recognise the operator, parse, ask the operator object of the
 * jurisdiction named, answer. Jobs that walk both jurisdictions are summed here.
 */
import { readRepeat } from "../access/repeat-header.ts";
import { readOperator } from "../access/operators.ts";
import { parseWith } from "../contract/parse.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { BODY_BYTES_MAX } from "../contract/route.ts";
import { runJob } from "../operator/jobs.ts";
import type { C } from "./context.ts";
import { isRepeatable, type OperatorRoute } from "../contract/operator-route.ts";
import { problemResponse } from "./problem.ts";
import { isFromAnotherSite, jsonOf, queryOf, readBody, requestBytes } from "./request.ts";
import type { Doors } from "./doors.ts";

/** Serves one request of an operators' route. */
export async function serveOperator(c: C, route: OperatorRoute, doors: Doors): Promise<Response> {
  const outcome = await serve(c, route, doors);
  if (isRefused(outcome)) return problemResponse(c, outcome);
  return new Response(JSON.stringify(outcome.ok), {
    status: route.status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

async function serve(c: C, route: OperatorRoute, doors: Doors): Promise<Outcome<unknown>> {
  const headers = { authorization: c.req.header("authorization"), assertion: c.req.header("cf-access-jwt-assertion") };
  if (isFromAnotherSite(c))
    return refuse("unauthenticated", { detail: "The request was caused by another site's page." });
  const operator = await readOperator(doors.operators, headers, doors.accessKeys);
  if (operator === null) return refuse("unauthenticated");
  const parsed = await parse(c, route);
  if (isRefused(parsed)) return parsed;
  const question = route.ask(parsed.ok as never, doors.policy);
  if (isRefused(question)) return question;
  const { where, input } = question.ok;
  const repeat = isRepeatable(route)
    ? readRepeat(`${route.method} ${c.req.path}`, c.req.header("idempotency-key"), parsed.ok.bytes)
    : { ok: null };
  if (isRefused(repeat)) return repeat;
  if (where === "both") return runJob(route.verb, operator.subject, doors);
  return doors.operator(where).ask(operator.subject, route.verb, input, repeat.ok);
}

type Parsed = { body: unknown; query: unknown; params: unknown; bytes: Uint8Array };

async function parse(c: C, route: OperatorRoute): Promise<Outcome<Parsed>> {
  const bytes = await readBody(c, BODY_BYTES_MAX);
  if (isRefused(bytes)) return bytes;
  const given = queryOf(c);
  if (isRefused(given)) return given;
  const query = parseWith(route.query, given.ok);
  if (isRefused(query)) return query;
  const params = parseWith(route.params, c.req.param());
  if (isRefused(params)) return refuse("not_found");
  const whole = requestBytes(c, bytes.ok);
  if (route.body === null) return { ok: { body: undefined, query: query.ok, params: params.ok, bytes: whole } };
  const json = jsonOf(c, bytes.ok);
  if (isRefused(json)) return json;
  const body = parseWith(route.body, json.ok);
  return isRefused(body) ? body : { ok: { body: body.ok, query: query.ok, params: params.ok, bytes: whole } };
}
