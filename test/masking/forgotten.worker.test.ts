/**
 * People who were forgotten: their ended session is not opened again, their next text does no harm, and whatever else waits for
 * the tenant's alarm goes on.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { isRefused } from "../../src/base/refusal.ts";
import { everything, newTenant, type Tenant } from "../support/tenant/tenant.ts";
import {
  advance,
  ALICE,
  arrives,
  BOB,
  newPool,
  opened,
  proxiesOf,
  sandboxAccount,
  shown,
  texts,
  told,
} from "../support/tenant/masked-lines.ts";

const HOOK = "http://127.0.0.1:65002/hook";
const DAY = 86_400;

beforeEach(
  () =>
    void vi
      .spyOn(globalThis, "fetch")
      .mockImplementation(async (url) => (url === HOOK ? new Response(null, { status: 204 }) : new Response("ok"))),
);

/** Two nights, a hundred days in all: longer than a number that nobody asked to keep is kept. */
async function forget(tenant: Tenant): Promise<void> {
  for (const days of [50, 50]) {
    await advance(tenant, days * DAY);
    await tenant.stub().purge(null);
  }
}

async function forgottenSession(tenant: Tenant) {
  await newPool(tenant, 4, { cool_off_days: 365 });
  expect((await tenant.call("PUT /v1/masking/intercept", { url: HOOK, on_failure: "open" })).status).toBe(200);
  const session = await opened(tenant);
  const [alices] = proxiesOf(session) as [string, string];
  await tenant.call(`POST /v1/sessions/${session["id"]}/close`);
  await forget(tenant);
  expect(await tenant.rows("SELECT token FROM tokens")).toEqual([]);
  return { id: String(session["id"]), alices };
}

/** A text as a carrier brings it, whole or in parts. */
async function brings(tenant: Tenant, to: string, text: string, part?: { ref: string; nth: number; of: number }) {
  const id = crypto.randomUUID();
  const inbound = { id, from: ALICE, to, text, ...(part === undefined ? {} : { part }) };
  return isRefused(await tenant.stub().inbound(await sandboxAccount(), [inbound])) ? "refused" : "taken";
}

test("a session whose people were purged is not reopened, and the refusal says why", { timeout: 60_000 }, async () => {
  const tenant = await newTenant();
  const { id } = await forgottenSession(tenant);
  const again = await tenant.call(`POST /v1/sessions/${id}/reopen`, {});
  expect([again.status, again.body["code"]]).toEqual([409, "people_forgotten"]);
  expect((await tenant.call(`GET /v1/sessions/${id}`)).body["state"]).toBe("closed");
  expect(await told(tenant, id)).not.toContain("session.reopened");
});

/** Opens the session behind the service's back, as a version did that did not look whether its people were still known. */
async function reopenedByOldVersion(tenant: Tenant): Promise<void> {
  await runInDurableObject(tenant.stub(), (_object, { storage }) => {
    storage.sql.exec("UPDATE sessions SET state = 'open', ended_at = NULL, reason = NULL");
    storage.sql.exec("UPDATE pairs SET state = 'open', until = NULL");
  });
  await evictDurableObject(tenant.stub());
}

test.each([
  ["closed", async (tenant: Tenant, id: string) => void (await tenant.call(`POST /v1/sessions/${id}/reopen`, {}))],
  ["reopened by an older version", reopenedByOldVersion],
])(
  "a text of a forgotten person to a session that is %s, whole or in halves, stops neither the next text nor the alarm, also after a restart",
  { timeout: 60_000 },
  async (_what, before) => {
    const tenant = await newTenant();
    const { id, alices } = await forgottenSession(tenant);
    await before(tenant, id);
    expect(await brings(tenant, alices, "A whole text")).toBe("taken");
    expect(await brings(tenant, alices, "The first half", { ref: "7", nth: 1, of: 2 })).toBe("taken");
    const scheduled = await tenant.send({ schedule_at: new Date(await clock(tenant, 300)).toISOString() });
    await advance(tenant, 120);
    await evictDurableObject(tenant.stub());
    await advance(tenant, 300);
    await runDurableObjectAlarm(tenant.stub());
    expect(await tenant.rows("SELECT nth FROM parts")).toEqual([]);
    await tenant.until(scheduled["id"], "sent", "delivered");
    expect(await shown(tenant, BOB)).toEqual([]);
    expect(await everything(tenant)).not.toMatch(/whole text|first half/);
  },
);

test(
  "a stranger who was purged and texts a relay address again is a new stranger: their text arrives",
  { timeout: 60_000 },
  async () => {
    const tenant = await newTenant();
    await newPool(tenant, 4, { cool_off_days: 365 });
    const relay = (await tenant.call("POST /v1/relays", { to: BOB, idle_seconds: 3_600 })).body;
    expect(await texts(tenant, ALICE, String(relay["number"]), "The first time")).toBe("relayed");
    const { from } = await arrives(tenant, BOB, "The first time");
    await forget(tenant);
    expect(await texts(tenant, ALICE, String(relay["number"]), "After a long time")).toBe("relayed");
    const again = await arrives(tenant, BOB, "After a long time");
    expect(again.from).not.toBe(from); // the number that stood for the forgotten one stands for nobody else in its cool-off
    expect(await texts(tenant, BOB, again.from, "I remember you")).toBe("relayed");
    await arrives(tenant, ALICE, "I remember you");
  },
);

async function clock(tenant: Tenant, seconds: number): Promise<number> {
  return Date.parse(String((await tenant.call("GET /v1/sandbox/clock")).body["now"])) + seconds * 1_000;
}
