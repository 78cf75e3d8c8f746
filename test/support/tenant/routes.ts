/** Every route there is, as the router knows it, with what a law needs to call it: its row, and a request that it reads. */
import { tenantRoutes } from "../../../src/http/routes.ts";
import { app } from "../../../src/worker/app.ts";
import type { Route } from "../../../src/contract/route.ts";
import type { OperatorRoute } from "../../../src/contract/operator-route.ts";
import { operatorRoutes } from "../../../src/operator/tenants.routes.ts";

/** Routes without a caller, each with the reason why a stranger may use it. Patterns are of the router. */
export const OPEN: { route: RegExp; why: string }[] = [
  { route: /^GET \/healthz$/, why: "load balancers ask; it says ok or what is not configured, by name" },
  { route: /^GET \/openapi\.json$/, why: "the contract is public" },
  { route: /^GET \/$/, why: "what this service is, and where to go" },
  {
    route: /^GET \/console(\/.*)?$/,
    why: "without a session it leads to the sign-in; what a page shows comes from routes, asked as the person (test/console)",
  },
  {
    route: /^POST \/console\/.+$/,
    why: "forms of the console's pages: they want a session and our own origin (test/console)",
  },
  { route: /^GET \/docs(\/.*)?$/, why: "the contract, to be read" },
  { route: /^GET \/errors(\/(:code|style\.css))?$/, why: "where a problem's type leads; a constant for each code" },
  { route: /^GET \/(assets\/.*|favicon\.\w+)$/, why: "styles and scripts of the pages" },
  { route: /^GET \/handset(\/.*)?$/, why: "the page alone; what it shows comes from routes that want a key" },
  {
    route: /^POST \/handset\/(sign-in|sign-out|clock|answer)$/,
    why: "a page's forms: sign-in takes the key, the others want its session (test/sandbox, test/stories)",
  },
  {
    route: /^POST \/carriers\/:account\/receipts\/:name$/,
    why: "carriers have no key: the path carries a MAC, the body a signature (test/laws/receipts.worker.test.ts)",
  },
  {
    route: /^POST \/carriers\/:account\/inbound$/,
    why: "carriers have no key: the body carries a signature (test/inbound/door.worker.test.ts)",
  },
];

export type Door = { method: string; path: string; tenant: Route | null; operator: OperatorRoute | null };

const patternOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** Every mounted route that is not open, with its row; a route mounted without a row has neither. */
export function closedDoors(): Door[] {
  const doors = app.routes
    .filter(({ method, path }) => !(method === "ALL" && path === "/*"))
    .filter(({ method, path }) => !OPEN.some(({ route }) => route.test(`${method} ${path}`)))
    .map(({ method, path }): Door => {
      const same = (row: { method: string; path: string }) =>
        row.method.toUpperCase() === method && patternOf(row.path) === path;
      return { method, path, tenant: tenantRoutes.find(same) ?? null, operator: operatorRoutes.find(same) ?? null };
    });
  return [...new Map(doors.map((door) => [nameOf(door), door])).values()];
}

export const nameOf = (door: Door): string => `${door.method} ${door.path}`;

/** The row of a door. */
export function rowOf(door: Door): Route | OperatorRoute {
  const row = door.tenant ?? door.operator;
  if (row === null)
    throw new Error(`${nameOf(door)} is mounted without a row: list it as open with a reason, or give it one`);
  return row;
}

/** Limits of the body, in bytes. */
export const bytesMaxOf = (door: Door): number => door.tenant?.bodyBytesMax ?? 64 * 1_024;

/** Ids in a path, by the kind of thing the route is about; `ids` is whose. */
export function pathOf(door: Door, ids: Record<string, string>): string {
  const [, , second = "", third = ""] = door.path.split("/");
  const kind = door.operator !== null ? `admin-${third}` : second === "verify" ? third : second;
  return door.path
    .replace(":id", ids[kind] ?? "")
    .replace(":token", ids["tokens"] ?? "")
    .replace(":template", ids["templates"] ?? "")
    .replace(":budget", ids["budgets"] ?? "")
    .replace(":key", ids["keys"] ?? "")
    .replace(":job", ids["failed-jobs"] ?? "")
    .replace(":participant", ids["participants"] ?? "");
}

/** A body that the route reads, or undefined where it has none. */
export function bodyOf(door: Door): Record<string, unknown> | undefined {
  const row = rowOf(door);
  if (row.body === null) return undefined;
  return structuredClone(row.example ?? {}) as Record<string, unknown>;
}

/** Ids of a tenant that are well formed and name nothing. */
export function absentIds(tenant: string): Record<string, string> {
  const owner = tenant.slice(4);
  const rest = "0" + "01m8000000" + "0000000000000000";
  return {
    messages: `msg_${owner}${rest}`,
    verifications: `ver_${owner}${rest}`,
    services: `svc_${owner}${rest}`,
    budgets: `bud_${owner}${rest}`,
    templates: `tpl_${owner}${rest}`,
    webhooks: `wbh_${owner}${rest}`,
    events: `evt_${owner}${rest}`,
    keys: `key_${owner}${rest}`,
    tokens: `tok_${owner}${rest}`,
    numbers: `num_${owner}${rest}`,
    pools: `pol_${owner}${rest}`,
    sessions: `ses_${owner}${rest}`,
    participants: `par_${owner}${rest}`,
    relays: `rel_${owner}${rest}`,
    screening: `inb_${owner}${rest}`,
    inbound: `inb_${owner}${rest}`,
    people: `per_${owner}${rest}`,
    "people-sessions": `cse_${owner}${rest}`,
    "failed-jobs": `job_${owner}${rest}`,
    alerts: `alr_${owner}${rest}`,
    "admin-alerts": `alr_e00000000${rest}`,
    "admin-operators": `per_e00000000${rest}`,
    "admin-operator-sessions": `cse_e00000000${rest}`,
    "admin-tenants": `ten_${owner.startsWith("u") ? "u" : "e"}zzzzzzzz`,
    "admin-carriers": `car_e00000000${rest}`,
    "admin-numbers": `num_e00000000${rest}`,
  };
}
