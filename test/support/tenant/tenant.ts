// The service as its callers see it, inside the runtime: operators, tenants with a key, and the few looks behind the
// scenes that a test of storage needs. Waits for what is to happen; never for a time.
import { createScheduledController, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import type { TenantObject } from "../../../src/index.ts";
import { parseTenantId } from "../../../src/base/ids.ts";
import { patience } from "../run/patience.ts";

export type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- answers, judged by the tests that read them
export type Answer = { status: number; body: Json; headers: Headers };

const BASE = "http://127.0.0.1:8787";
/** Where the tests' callers call from. */
const ADDRESS = "192.0.2.10";
/** Nothing that is awaited takes longer on a quiet machine. */
const WAIT_MS_MAX = 20_000;

async function ask(credential: string, route: string, body?: unknown, headers: Record<string, string> = {}) {
  const [method = "GET", path = "/"] = route.split(" ");
  const init: RequestInit = { method, headers: { authorization: `Bearer ${credential}`, "cf-connecting-ip": ADDRESS, "content-type": "application/json", ...headers } }; // prettier-ignore
  if (body !== undefined) init.body = typeof body === "string" ? body : JSON.stringify(body);
  const response = await exports.default.fetch(new Request(BASE + path, init));
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : (JSON.parse(text) as Json) };
}

/** A call by the operator. */
export const operator = (route: string, body?: unknown): Promise<Answer> =>
  ask((env as unknown as { ADMIN_TOKEN: string }).ADMIN_TOKEN, route, body);

export type Tenant = {
  id: string;
  key: string;
  call: (route: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** Sends and answers the message. */
  send: (over?: Json) => Promise<Json>;
  /** The message once it is in one of these states. */
  until: (id: string, ...states: string[]) => Promise<Json>;
  /** Rows of the tenant's object. */
  rows: (query: string) => Promise<Json[]>;
  stub: () => DurableObjectStub<TenantObject>;
};

/** A new tenant with a key that may do everything. */
export async function newTenant(over: Json = {}): Promise<Tenant> {
  const made = await operator("POST /admin/v1/tenants", { name: "Test", jurisdiction: "eu", environment: "sandbox", ...over }); // prettier-ignore
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const id = String(made.body["id"]);
  const issued = await operator(`POST /admin/v1/tenants/${id}/keys`, { name: "all", scopes: ["*"] });
  return tenantOf(id, String(issued.body["secret"]));
}

/** A tenant that there is, by its id and key. */
export function tenantOf(id: string, key: string): Tenant {
  const owner = parseTenantId(id)!;
  const call: Tenant["call"] = (route, body, headers) => ask(key, route, body, headers);
  const stub = () => env.TENANTS.get(env.TENANTS.idFromName(`${owner.jurisdiction}:${owner.code}`));
  return {
    id,
    key,
    call,
    stub,
    send: async (over = {}) => {
      const sent = await call("POST /v1/messages", { to: "+447700900123", purpose: "service", text: "Hello", ...over });
      if (sent.status !== 202) throw new Error(JSON.stringify(sent.body));
      return sent.body;
    },
    until: (message, ...states) =>
      until(async () => {
        const { body } = await call(`GET /v1/messages/${message}`);
        return states.includes(String(body["state"])) ? body : null;
      }),
    rows: (query) =>
      runInDurableObject(stub(), (_object, state) => state.storage.sql.exec(query).toArray() as unknown as Json[]),
  };
}

/** Asks until there is an answer: what is awaited is an event, and nothing is assumed about how long it takes. */
export async function until<T>(look: () => Promise<T | null>, what = "what was awaited"): Promise<T> {
  const patienceMs = patience(WAIT_MS_MAX);
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${patienceMs} ms`);
    await scheduler.wait(20);
  }
}

/** Fires a cron event and waits for all it began. */
export async function cron(schedule: string): Promise<void> {
  const { default: worker } = await import("../../../src/index.ts");
  await worker.scheduled(createScheduledController({ cron: schedule, scheduledTime: new Date() }), env);
}

/** Every row of every table of a tenant's object, as one text: to say what is not in it. */
export function everything(tenant: Tenant, without: readonly string[] = []): Promise<string> {
  return runInDurableObject(tenant.stub(), (_object, state) => {
    const tables = state.storage.sql.exec<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'`).toArray(); // prettier-ignore
    const bytes = (value: unknown) => (value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value);
    return tables
      .filter(({ name }) => !without.includes(name))
      .map(({ name }) =>
        JSON.stringify(state.storage.sql.exec(`SELECT * FROM "${name}"`).toArray(), (_key, value: unknown) =>
          bytes(value),
        ),
      ) // prettier-ignore
      .join("\n");
  });
}

/** Where it is counted that a number was named; of a request that leaves nothing else. */
const NAMING = ["counters", "audit", "events", "alerts"];

/** Runs `act` and says that it left nothing in any row but the counts of numbers it named, each in the audit. */
export async function leavesOnlyNaming(tenant: Tenant, act: () => Promise<void>): Promise<void> {
  const acts = () => tenant.rows(`SELECT json_extract(entry, '$.act') AS act FROM audit`);
  const [before, entries] = [await everything(tenant, NAMING), (await acts()).length];
  await act();
  if ((await everything(tenant, NAMING)) !== before) throw new Error("a row was left");
  const others = (await acts())
    .slice(entries)
    .filter(({ act: name }) => !/^key\.(named_numbers|limit_reached)$/.test(String(name)));
  if (others.length > 0) throw new Error(`entered: ${JSON.stringify(others)}`);
  const told = await tenant.rows(`SELECT DISTINCT type FROM events WHERE type <> 'alert.limit'`); // a reached limit is told
  if (told.length > 0) throw new Error(`told: ${JSON.stringify(told)}`);
  const raised = await tenant.rows(`SELECT DISTINCT type FROM alerts WHERE type <> 'alert.limit'`);
  if (raised.length > 0) throw new Error(`raised: ${JSON.stringify(raised)}`);
  for (const { name, windows } of await tenant.rows(`SELECT name, windows FROM counters`)) {
    const { mc = 0, keys = {} } = JSON.parse(String(windows)) as { mc?: number; keys?: object };
    const named = name === "account" || (String(name).startsWith("r|") && mc === 0 && Object.keys(keys).length > 0);
    if (!named) throw new Error(`counted: ${String(name)}`);
  }
}
