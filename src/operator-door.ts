/**
 * The one handler behind every route of operators: recognise the operator, parse, ask the operator object of the
 * jurisdiction named, answer. Jobs that walk both jurisdictions are summed here.
 */
import { readOperator } from "./access/operators.ts";
import { readAtMost } from "./base/bounded.ts";
import { readJson } from "./base/json.ts";
import { parseWith } from "./base/parse.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "./base/refusal.ts";
import { BODY_BYTES_MAX } from "./base/route.ts";
import { purgeAll, walk } from "./cron.ts";
import type { C } from "./door.ts";
import type { OperatorRoute } from "./operators.routes.ts";
import { problemResponse } from "./problem.ts";
import type { Doors } from "./wiring.ts";

/** Serves one request of an operators' route. */
export async function serveOperator(c: C, route: OperatorRoute, doors: Doors): Promise<Response> {
  const outcome = await serve(c, route, doors);
  if (isRefused(outcome)) {
    c.set("code", outcome.refused);
    return problemResponse(outcome, c.get("requestId"));
  }
  return new Response(JSON.stringify(outcome.ok), {
    status: route.status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

async function serve(c: C, route: OperatorRoute, doors: Doors): Promise<Outcome<unknown>> {
  const headers = { authorization: c.req.header("authorization"), assertion: c.req.header("cf-access-jwt-assertion") };
  const operator = await readOperator(doors.operators, headers, doors.accessKeys);
  if (operator === null) return refuse("unauthenticated");
  const parsed = await parse(c, route);
  if (isRefused(parsed)) return parsed;
  const question = route.ask(parsed.ok as never, doors.policy);
  if (isRefused(question)) return question;
  const { where, input } = question.ok;
  if (where === "both") return job(route.verb, operator.subject, doors);
  const outcome = await doors.operator(where).ask(operator.subject, route.verb, input);
  return route.verb === "tenants.list" && !isRefused(outcome)
    ? paged(outcome.ok as { id: string }[], input as { limit: number })
    : outcome;
}

async function parse(c: C, route: OperatorRoute): Promise<Outcome<unknown>> {
  const query = parseWith(route.query, c.req.query());
  if (isRefused(query)) return query;
  const params = parseWith(route.params, c.req.param());
  if (isRefused(params)) return refuse("not_found");
  if (route.body === null) return { ok: { body: undefined, query: query.ok, params: params.ok } };
  const bytes = await readAtMost(c.req.raw.body, BODY_BYTES_MAX);
  if (bytes === null) return refuse("body_too_large", { detail: `A body here has at most ${BODY_BYTES_MAX} bytes.` });
  const json = readJson(bytes);
  if ("fault" in json) return refuse("malformed_body");
  const body = parseWith(route.body, json.value);
  return isRefused(body) ? body : { ok: { body: body.ok, query: query.ok, params: params.ok } };
}

function paged(rows: { id: string }[], { limit }: { limit: number }): Outcome<unknown> {
  return { ok: { data: rows, next_cursor: rows.length === limit ? (rows.at(-1)?.id ?? null) : null } };
}

/** The jobs that walk every tenant of both jurisdictions. */
async function job(verb: string, operator: string, doors: Doors): Promise<Outcome<unknown> | Refusal> {
  if (verb === "purge.run") return { ok: await purgeAll(doors, operator) };
  const uses = new Map<number, number>(doors.rootVersions.map((version) => [version, 0]));
  const newest = Math.max(...doors.rootVersions);
  let rewrapped = 0;
  for (const jurisdiction of ["eu", "us"] as const) {
    for await (const roots of walk(doors, jurisdiction, operator, verb)) {
      if ((roots as number[]).includes(newest)) rewrapped += 1;
      for (const root of roots as number[]) uses.set(root, (uses.get(root) ?? 0) + 1);
    }
  }
  const remaining = [...uses].reduce((sum, [version, count]) => (version === newest ? sum : sum + count), 0);
  if (verb === "keys.rewrap") return { ok: { rewrapped, remaining } };
  return { ok: { data: [...uses].sort(([a], [b]) => a - b).map(([version, count]) => ({ version, uses: count })) } };
}
