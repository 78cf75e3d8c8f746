/** One tenant, and the short ways in which the walk over every act makes what an act needs. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { ALICE, importNumbers, newPool, opened, sandboxAccount } from "../tenant/masked-lines.ts";
import { newTenant, operator, until, type Answer, type Json, type Tenant } from "../tenant/tenant.ts";
import { started } from "../tenant/verifications.ts";

export const CAROL = "+447700900333";
export let tenant: Tenant;
/** The sandbox's own carrier account, as a number names it. */
export let own: { account: string };
/** A pool. */
export let couriers: string;
let named = 0;
/** A name that nothing has yet. */
export const newName = (kind: string): string => `${kind} ${(named += 1)}`;

/** The tenant that does all that a key does, with a pool of virtual numbers. */
export async function furnishWorld(): Promise<void> {
  tenant = await newTenant();
  own = { account: await sandboxAccount() };
  couriers = await newPool(tenant, 24, { cool_off_days: 0 }, 800);
}

export type Entry = { act: string; actor: { type: string; id: string }; subject: { id: string } | null; seq: number };

export async function entriesOf(of: Tenant | null, after: number): Promise<Entry[]> {
  const ask = (cursor: number) =>
    of === null
      ? operator(`GET /admin/v1/audit?limit=500&cursor=${cursor}`)
      : of.call(`GET /v1/audit?limit=500&cursor=${cursor}`);
  const found: Entry[] = [];
  for (let cursor: number | null = after; cursor !== null;) {
    const body = well(await ask(cursor));
    found.push(...(body["data"] as Entry[]));
    cursor = body["next_cursor"] === null ? null : Number(body["next_cursor"]);
  }
  return found;
}

export const newest = async (of: Tenant | null): Promise<number> => (await entriesOf(of, 0)).at(-1)?.seq ?? 0;

export const well = ({ status, body }: Answer): Json => {
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
};

/** Runs an act and says that these entries, by such an actor, are new in the log. */
export async function enters(
  of: Tenant | null,
  by: string,
  acts: readonly string[],
  act: () => Promise<unknown>,
): Promise<void> {
  const before = await newest(of);
  await act();
  const found = await until(
    async () => {
      const entries = await entriesOf(of, before);
      return acts.every((name) => entries.some((entry) => entry.act === name)) ? entries : null;
    },
    `the entries ${acts.join(", ")}`,
  );
  for (const name of acts) {
    const entry = found.find((one) => one.act === name && one.actor.type === by);
    expect(entry, `${name} by ${by}: ${JSON.stringify(found)}`).toBeDefined();
    expect(entry?.actor.id).toMatch(by === "key" ? /^key_/ : /./);
  }
}

export const id = async (answer: Promise<Answer>): Promise<string> => String(well(await answer)["id"]);
export const call = (route: string, body?: unknown): Promise<Answer> => tenant.call(route, body);
export const newKey = () => id(call("POST /v1/keys", { name: "one", scopes: ["messages:read"] }));
export const newRelay = async (to: string) => {
  await importInto(couriers);
  return id(call("POST /v1/relays", { to, pool_id: couriers }));
};
/** One more number for the pool, that nobody had. */
async function importInto(pool: string): Promise<void> {
  const number = (await importNumbers(tenant, 1, (fresh += 1))).at(-1);
  well(await call(`POST /v1/pools/${pool}/numbers`, { numbers: [number] }));
}
let fresh = 900;
export const newHook = () => id(call("POST /v1/webhooks", { url: "https://192.0.9.1/hook", events: ["*"] }));
export const BUDGET = {
  name: "Day",
  window: "day",
  limit: { amount: 1_000_000_000, currency: "GBP" },
  soft_levels: [1],
  without_price: "pass", // it must not stand against the other acts
};
export const newBudget = () => call("POST /v1/budgets", BUDGET);
export const newService = () => id(call("POST /v1/verify/services", { name: newName("Service") }));
export const newTemplate = () =>
  id(
    call("POST /v1/verify/templates", {
      name: newName("Template"),
      texts: { "en-GB": "{{code}} is your code" },
    }),
  );
export const scheduled = async () => {
  const { now } = (await call("GET /v1/sandbox/clock")).body;
  return id(
    call("POST /v1/messages", {
      to: ALICE,
      purpose: "service",
      text: "Later",
      schedule_at: new Date(Date.parse(String(now)) + 3_600_000).toISOString(),
    }),
  );
};
export const tokenOf = async (to: string) => String(well(await call("POST /v1/tokens", { number: to }))["token"]);
export const session = (over: Json = {}) => opened(tenant, { pool_id: couriers, ...over });
export const participant = (of: Json): string => String(of["participants"][0]["id"]);
let codes = 0;
/** The number of the newest code. */
export const numberOfCode = (): string => `+4477009004${String(codes).padStart(2, "0")}`;
/** A started code, to a number of its own. */
export const code = async () => started(tenant, { to: `+4477009004${String((codes += 1)).padStart(2, "0")}` });

export const gateway = (): Json => ({
  name: "Gateway",
  kind: "http",
  mode: "test",
  url: "http://127.0.0.1:65001/gateway",
  secret: `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`,
});
export const twilio = (): Json => ({
  name: "Carrier",
  kind: "twilio",
  mode: "test",
  account_sid: `AC${"a".repeat(32)}`,
  auth_token: crypto.randomUUID().replaceAll("-", ""),
});
export const newCarrier = (body: Json = gateway()): Promise<string> => id(operator("POST /admin/v1/carriers", body));

/** An alert that is open; answers its id. */
export async function openAlert(): Promise<string> {
  well(await operator(`POST /admin/v1/tenants/${tenant.id}/sign-in/reset`));
  return String(well(await call("GET /v1/alerts?limit=1"))["data"][0].id);
}

/** A failed job, made as a fault of storage makes one; answers its id. */
export async function failedJob(): Promise<string> {
  const made = `job_${String((await session())["id"]).slice(4)}`;
  await runInDurableObject(tenant.stub(), (_object, { storage }) => {
    storage.sql.exec(
      `INSERT INTO failed_jobs(id, step, row, failures, error, first_at, last_at, again_at) VALUES(?,'masking.sessions','x',5,'Error',1,1,NULL)`,
      made,
    );
  });
  await evictDurableObject(tenant.stub()); // it keeps them in memory
  return made;
}
