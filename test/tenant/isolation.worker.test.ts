/**
 * Background work that throws: the row is undone alone and tried again, then quarantined, told, listed, and tried again when
 * somebody asks. Nothing that stands behind it waits.
 */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { newTenant, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import {
  advance,
  ALICE,
  BOB,
  newPool,
  opened,
  proxiesOf,
  sandboxAccount,
  told,
} from "../support/tenant/masked-lines.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const HOUR = 3_600;

/** Runs SQL behind the service's back, and lets the object read it anew. */
async function tamper(tenant: Tenant, ...statements: string[]): Promise<void> {
  await runInDurableObject(tenant.stub(), (_object, { storage }) => {
    for (const statement of statements) storage.sql.exec(statement);
  });
  await evictDurableObject(tenant.stub());
}

const jobs = async (tenant: Tenant): Promise<Json[]> => (await tenant.call("GET /v1/failed-jobs")).body["data"];
const audited = async (tenant: Tenant, act: string): Promise<Json[]> =>
  (await tenant.call(`GET /v1/audit?act=${act}&limit=100`)).body["data"];
const soon = async (tenant: Tenant, seconds: number): Promise<string> => {
  const { body } = await tenant.call("GET /v1/sandbox/clock");
  return new Date(Date.parse(String(body["now"])) + seconds * 1_000).toISOString();
};

/** Two sessions that expire together; the one that is found first cannot be read. */
async function unreadable() {
  const tenant = await newTenant();
  await newPool(tenant, 4);
  const bad = String((await opened(tenant, { ttl_seconds: HOUR - 1 }))["id"]);
  const good = String((await opened(tenant, { ttl_seconds: HOUR }))["id"]);
  const kept = (await tenant.rows(`SELECT settings FROM sessions WHERE id = '${bad}'`))[0]?.["settings"] as string;
  await tamper(tenant, `UPDATE sessions SET settings = '{' WHERE id = '${bad}'`);
  return { tenant, bad, good, kept };
}

test(
  "a row that throws keeps neither another row of its step nor any other step from its turn",
  { timeout: 60_000 },
  async () => {
    const { tenant, bad, good } = await unreadable();
    const scheduled = await tenant.send({ schedule_at: await soon(tenant, HOUR) });
    const code = (await tenant.call("POST /v1/verifications", { to: BOB })).body;
    await advance(tenant, HOUR + 30);
    expect(await told(tenant, good)).toContain("session.expired");
    expect((await tenant.call(`GET /v1/verifications/${code["id"]}`)).body["state"]).toBe("expired");
    await tenant.until(scheduled["id"], "sent", "delivered");
    expect(await jobs(tenant)).toMatchObject([{ step: "masking.sessions", resource: bad, state: "retrying" }]);
    expect(await told(tenant, bad)).toEqual(["session.opened"]);
  },
);

test(
  "a row that failed five times is quarantined: told once, listed, entered, and not tried again, also after a restart",
  { timeout: 60_000 },
  async () => {
    const { tenant, bad, kept } = await unreadable();
    for (const seconds of [HOUR, 10, 30, 100, 400, 2_000]) await advance(tenant, seconds);
    const [job] = (await jobs(tenant)) as [Json];
    expect(job).toMatchObject({ resource: bad, state: "quarantined", failures: 5, retry_at: null });
    expect(String(job["error"])).toMatch(/^SyntaxError/);
    expect(JSON.stringify(job)).not.toContain("900111");
    expect(await told(tenant, String(job["id"]))).toEqual(["alert.job_quarantined"]);
    expect(await audited(tenant, "job.quarantined")).toMatchObject([{ actor: { type: "system", id: "alarm" } }]);
    await tamper(tenant, `UPDATE sessions SET settings = '${kept}' WHERE id = '${bad}'`);
    await advance(tenant, 24 * HOUR);
    expect(await told(tenant, bad)).toEqual(["session.opened"]); // it could be read by now, and nobody asked
    expect((await jobs(tenant)).map(({ failures }) => failures)).toEqual([5]);

    const again = await tenant.call(`POST /v1/failed-jobs/${job["id"]}/retry`);
    expect([again.status, again.body["state"]]).toEqual([200, "retrying"]);
    await until(async () => ((await told(tenant, bad)).includes("session.expired") ? true : null), "the expiry");
    expect(await jobs(tenant)).toEqual([]);
    expect(await audited(tenant, "job.retried")).toMatchObject([
      { actor: { type: "key" }, subject: { id: job["id"] } },
    ]);
    expect((await tenant.call(`POST /v1/failed-jobs/${job["id"]}/retry`)).status).toBe(404);
  },
);

test(
  "a message that cannot be read keeps no other from being found, recorded and removed",
  { timeout: 60_000 },
  async () => {
    const tenant = await newTenant();
    const bad = await tenant.send();
    await tenant.until(bad["id"], "delivered");
    const good = await tenant.send();
    await tenant.until(good["id"], "delivered");
    await tamper(tenant, `UPDATE messages SET facts = '{' WHERE id = '${bad["id"]}'`);
    await advance(tenant, 60);
    expect(await tenant.rows("SELECT id FROM messages")).toEqual([{ id: bad["id"] }]);
    expect((await tenant.call(`GET /v1/messages/${good["id"]}`)).body["state"]).toBe("delivered");
    expect(await jobs(tenant)).toMatchObject([{ step: "messages.sweep", resource: bad["id"] }]);
  },
);

test(
  "a record that D1 refuses keeps no other from being written, and is quarantined",
  { timeout: 60_000 },
  async () => {
    const tenant = await newTenant();
    const sent = [];
    for (let nth = 0; nth < 7; nth += 1) sent.push(await tenant.send({ to: `+44770090012${nth}` }));
    for (const { id } of sent) await tenant.until(id, "delivered");
    const bad = String(sent[3]?.["id"]);
    await env.DB_EU.exec(
      `CREATE TRIGGER refuses BEFORE INSERT ON messages WHEN new.id = '${bad}' BEGIN SELECT raise(ABORT, 'refused'); END`,
    );
    try {
      await advance(tenant, 60);
      expect(await tenant.rows("SELECT id FROM messages")).toEqual([{ id: bad }]);
      for (const seconds of [70, 70, 100, 400, 2_000]) await advance(tenant, seconds);
      expect(await jobs(tenant)).toMatchObject([{ step: "messages.records", resource: bad, state: "quarantined" }]);
    } finally {
      await env.DB_EU.exec(`DROP TRIGGER refuses`);
    }
    await tenant.call(`POST /v1/failed-jobs/${(await jobs(tenant))[0]?.["id"]}/retry`);
    await until(async () => ((await tenant.rows("SELECT id FROM messages")).length === 0 ? true : null), "the record");
    expect(await jobs(tenant)).toEqual([]);
  },
);

test("a text of a bundle that cannot be taken keeps no other from being stored, and the carrier brings it again", async () => {
  const tenant = await newTenant();
  await newPool(tenant, 4);
  const [alices] = proxiesOf(await opened(tenant)) as [string, string];
  const account = await sandboxAccount();
  await runInDurableObject(tenant.stub(), (_object, { storage }) =>
    storage.sql.exec(
      `CREATE TRIGGER refuses BEFORE INSERT ON inbox WHEN new.number <> '' BEGIN SELECT raise(ABORT, 'refused'); END`,
    ),
  );
  const stranger = "+447700900444";
  const texts = [
    { id: "1", from: stranger, to: alices, text: "A stranger's" },
    { id: "2", from: ALICE, to: alices, text: "One of ours" },
  ];
  // Inside the object: a rejection that crosses the test's border counts as unhandled.
  const bring = () =>
    runInDurableObject(tenant.stub(), (object) =>
      object.inbound(account, texts).then(
        () => "taken",
        () => "failed",
      ),
    );
  expect(await bring()).toBe("failed");
  expect(await tenant.rows("SELECT state FROM interactions")).toEqual([{ state: "relayed" }]);
  await runInDurableObject(tenant.stub(), (_object, { storage }) => storage.sql.exec(`DROP TRIGGER refuses`));
  expect(await bring()).toBe("taken");
  expect(await tenant.rows("SELECT count(*) AS n FROM inbox")).toEqual([{ n: 1 }]);
  expect(await tenant.rows("SELECT state FROM interactions")).toEqual([{ state: "relayed" }]); // once
});
