import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { patience } from "../support/run/patience.ts";
import { checkExport } from "../../src/audit/export.ts";
import { readHead, verifyHead } from "../../src/audit/head.ts";
import { parseTenantId } from "../../src/base/ids.ts";
import { listRecords } from "../../src/messages/records/store.ts";
import { cron, everything, newTenant, operator, type Json, type Tenant } from "../support/tenant/tenant.ts";

const NIGHTLY = "17 3 * * *";
const DAY = 86_400;

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const advance = (tenant: Tenant, seconds: number) =>
  tenant.call("POST /v1/sandbox/clock", { advance_seconds: seconds });
const records = async (tenant: Tenant) => {
  const db = parseTenantId(tenant.id)?.jurisdiction === "us" ? env.DB_US : env.DB_EU;
  return (await listRecords(db, { tenant: tenant.id }, 1_000)).length;
};
const audit = async (tenant: Tenant, act: string): Promise<Json[]> =>
  (await tenant.call(`GET /v1/audit?act=${act}&limit=500`)).body["data"];

/** A purge that finds nothing. */
const NOTHING = {
  idempotency: 0,
  numbers: 0,
  events: 0,
  attempts: 0,
  alerts: 0,
  consents: 0,
  people: 0,
  people_sessions: 0,
  pairs: 0,
  habits: 0,
  failed_jobs: 0,
  stats_hours: 0,
  stats_days: 0,
  counters: 0,
  budget_windows: 0,
  handset_texts: 0,
  notes: 0,
  records: 0,
  verify_counts: 0,
  verify_limits: 0,
  destinations: 0,
  verifications: 0,
  kept_texts: 0,
  sessions: 0,
  interactions: 0,
  answered: 0,
  heard: 0,
  held_texts: 0,
  quarantine: 0,
  inbox: 0,
};

/** A tenant with something of every kind that passes its time, and something of each that has not. */
async function aged(over: Json = {}): Promise<Tenant> {
  const tenant = await newTenant(over);
  const old = await tenant.call("POST /v1/messages", { to: "+447700900200", purpose: "service", text: "Old", reference: "old" }, { "idempotency-key": "old" }); // prettier-ignore
  await tenant.until(old.body["id"], "delivered");
  await tenant.call("POST /v1/tokens", { number: "+447700900201" });
  await advance(tenant, 400 * DAY);
  const now = await tenant.call("POST /v1/messages", { to: "+447700900202", purpose: "service", text: "New", reference: "new" }, { "idempotency-key": "new" }); // prettier-ignore
  await tenant.until(now.body["id"], "delivered");
  return tenant;
}

describe("the night's run", { timeout: patience(60_000) }, () => {
  it("takes what has passed its time in both jurisdictions, leaves all else, and says how much went", async () => {
    const tenants = [await aged(), await aged({ jurisdiction: "us" })];
    for (const tenant of tenants) expect(await records(tenant)).toBe(1);
    await cron(NIGHTLY);
    for (const tenant of tenants) {
      const [entry, ...more] = await audit(tenant, "retention.purged");
      expect(more).toEqual([]);
      expect(entry).toMatchObject({ actor: { type: "system", id: "cron" }, subject: null });
      expect(entry?.["facts"].gone).toEqual({
        ...NOTHING,
        idempotency: 1,
        events: 1,
        notes: 1,
        handset_texts: 1,
        counters: 2,
        numbers: 1,
        records: 1,
      });
      expect(await records(tenant)).toBe(0);
      const [masks, texts, kept] = [await tenant.rows(`SELECT mask FROM tokens ORDER BY mask`), await tenant.rows(`SELECT 1 FROM handset_texts`), await tenant.rows(`SELECT 1 FROM idempotency`)]; // prettier-ignore
      expect([masks.map(({ mask }) => mask.slice(-2)), texts.length, kept.length]).toEqual([["01", "02"], 1, 1]);
      const { body: list } = await tenant.call("GET /v1/messages");
      expect(list["data"].map(({ reference }: Json) => reference)).toEqual(["new"]);
    }
    const before = await Promise.all(tenants.map((tenant) => tenant.rows(`SELECT * FROM tokens`)));
    await cron(NIGHTLY);
    for (const [at, tenant] of tenants.entries()) {
      expect((await audit(tenant, "retention.purged")).at(-1)?.["facts"].gone).toEqual(NOTHING);
      expect(await tenant.rows(`SELECT * FROM tokens`)).toEqual(before[at]);
    }
  });

  it("of which one class fails takes all others, says which failed, and takes it the night after", async () => {
    const tenant = await aged();
    await env.DB_EU.exec(`ALTER TABLE messages RENAME TO hidden`);
    try {
      await cron(NIGHTLY);
    } finally {
      await env.DB_EU.exec(`ALTER TABLE hidden RENAME TO messages`);
    }
    expect(await tenant.rows(`SELECT count(*) AS n FROM tokens`)).toEqual([{ n: 2 }]);
    const [entry] = await audit(tenant, "retention.purged");
    expect(await tenant.rows(`SELECT 1 AS told FROM events WHERE type = 'audit.head'`)).toEqual([{ told: 1 }]);
    expect(entry?.["facts"]).toMatchObject({
      broke_off: true,
      failed: "records",
      gone: { idempotency: 1, numbers: 1, records: 0 },
    });
    await cron(NIGHTLY);
    const [, next] = await audit(tenant, "retention.purged");
    expect(next?.["facts"]).toMatchObject({ gone: { idempotency: 0, numbers: 0, records: 1 } });
    expect(next?.["facts"]).not.toHaveProperty("broke_off");
  });

  it("takes the operators' own repeated answers whose day is over, and no others", async () => {
    await newTenant();
    const stub = env.OPERATORS.get(env.OPERATORS.idFromName("eu:operator"));
    const today = Math.floor(Date.now() / 86_400_000);
    const kept = (act: string) => runInDurableObject(stub, (_object, state) => state.storage.sql.exec(act).toArray());
    for (const day of [today - 40, today - 2, today - 1, today])
      await kept(`INSERT INTO idempotency VALUES(${day}, x'0${today - day > 9 ? 9 : today - day}', x'00', x'00', 1)`);
    await cron(NIGHTLY);
    expect(await kept(`SELECT bucket FROM idempotency WHERE length(name) = 1 ORDER BY bucket`)).toEqual([{ bucket: today - 1 }, { bucket: today }]); // prettier-ignore
  });

  it("of a schedule that nobody knows does nothing", async () => {
    const tenant = await aged();
    const before = await everything(tenant);
    for (const schedule of ["", "* * * * *", "17 3 * * 1", " 17 3 * * *"]) await cron(schedule);
    expect(await everything(tenant)).toBe(before);
    expect(await records(tenant)).toBe(1);
  });

  it("goes on behind a class and behind a tenant that cannot be purged now, and says which", async () => {
    const tenants = [await aged(), await aged(), await aged()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const hide = (tenant: Tenant, table: string) =>
      runInDurableObject(
        tenant.stub(),
        (_object, state) => void state.storage.sql.exec(`ALTER TABLE ${table} RENAME TO hidden`),
      );
    const show = (tenant: Tenant, table: string) =>
      runInDurableObject(
        tenant.stub(),
        (_object, state) => void state.storage.sql.exec(`ALTER TABLE hidden RENAME TO ${table}`),
      );
    await hide(tenants[0]!, "notes");
    await hide(tenants[1]!, "audit");
    const { body: report } = await operator("POST /admin/v1/purge");
    await show(tenants[0]!, "notes");
    await show(tenants[1]!, "audit");
    expect(report["failed"]).toEqual({ notes: 1 });
    const [entry] = await audit(tenants[0]!, "retention.purged");
    expect(entry?.["facts"]).toMatchObject({
      failed: "notes",
      gone: { idempotency: 1, notes: 0, numbers: 1, records: 1 },
    });
    expect(await audit(tenants[1]!, "retention.purged")).toHaveLength(0);
    expect(await audit(tenants[2]!, "retention.purged")).toHaveLength(1);
    const { body } = await operator("GET /admin/v1/audit?limit=500");
    expect(body["data"].filter(({ act, facts }: Json) => act === "purge.run" && facts.failed === 2)).not.toEqual([]);
  });

  it("on an operator's demand answers what went, in their name, and signs no head", async () => {
    const tenant = await aged();
    const heads = (await tenant.rows(`SELECT 1 FROM events WHERE type = 'audit.head'`)).length;
    const { status, body } = await operator("POST /admin/v1/purge");
    expect(status).toBe(200);
    expect(body["tenants"]).toBeGreaterThanOrEqual(1);
    expect(body["gone"].records).toBeGreaterThanOrEqual(1);
    expect(await audit(tenant, "retention.purged")).toMatchObject([{ actor: { type: "operator", id: "local-admin" } }]);
    expect((await tenant.rows(`SELECT 1 FROM events WHERE type = 'audit.head'`)).length).toBe(heads);
  });

  it("takes more in one night than one round holds", async () => {
    const tenant = await newTenant();
    await runInDurableObject(tenant.stub(), (_object, state) => {
      state.storage.sql.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
        INSERT INTO idempotency SELECT 1, CAST(printf('%016d', i) AS BLOB), x'00', x'00', 1 FROM n`);
    });
    await tenant.stub().purge(null);
    expect(await tenant.rows(`SELECT count(*) AS n FROM idempotency`)).toEqual([{ n: 0 }]);
  });
});

describe("the audit's head", { timeout: patience(60_000) }, () => {
  const heads = async (tenant: Tenant): Promise<Json[]> =>
    (await tenant.call("GET /v1/events?type=audit.head")).body["data"];

  it("is told once a day, signed by the key the tenant can read, and vouches for the log up to it", async () => {
    const tenant = await newTenant();
    await tenant.send();
    await cron(NIGHTLY);
    await cron(NIGHTLY);
    const told = await heads(tenant);
    expect(told).toHaveLength(1);
    const { head, public_key } = told[0]!["data"];
    expect(public_key).toBe((await tenant.call("GET /v1/audit/key")).body["public_key"]);
    expect(verifyHead(head, public_key)).toMatchObject({ origin: expect.stringContaining(tenant.id) });
    await tenant.send();
    const check = await exportOf(tenant, public_key, [head]);
    expect(check).toHaveProperty("ok");
    const read = readHead(head);
    if ("fault" in read) throw new Error(read.detail);
    expect(check).toMatchObject({
      ok: { signaturesChecked: true, headsChecked: [read.head.size, expect.any(Number)] },
    });
  });

  it("is not signed for a log that was rolled back behind one, and the export says nothing is signed", async () => {
    const tenant = await newTenant();
    for (let n = 0; n < 3; n++) await tenant.send({ to: `+44770090030${n}` });
    await cron(NIGHTLY);
    await runInDurableObject(tenant.stub(), (_object, state) => {
      state.storage.sql.exec(`DELETE FROM audit WHERE seq > 2`);
      state.storage.sql.exec(`DELETE FROM tenant WHERE name = 'head_day'`);
    });
    await cron(NIGHTLY);
    expect(await heads(tenant)).toHaveLength(1);
    const page = await tenant.call("GET /v1/audit/export");
    expect(page.body["head"]).toBeNull();
  });

  it("of a request that then failed is not held against the log", async () => {
    const tenant = await newTenant();
    await tenant.send();
    await runInDurableObject(tenant.stub(), (_object, state) => void state.storage.sql.exec(`CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'storage'); END`)); // prettier-ignore
    const failed = runInDurableObject(tenant.stub(), (object) => object.purge(null).then(() => false, () => true)); // prettier-ignore
    expect(await failed).toBe(true);
    await runInDurableObject(tenant.stub(), (_object, state) => void state.storage.sql.exec(`DROP TRIGGER broken`));
    await tenant.call("GET /v1/messages"); // a later request does not make good what failed
    expect(await env.KEYS_EU.get(`audit-head/${tenant.id}`)).toBeNull();
    const page = await tenant.call("GET /v1/audit/export");
    expect(page.body["head"]).not.toBeNull();
    expect(await env.KEYS_EU.get(`audit-head/${tenant.id}`)).toBe(page.body["head"]);
  });

  it("stands behind a real export, which a changed, missing or added line breaks", async () => {
    const tenant = await newTenant();
    for (let n = 0; n < 5; n++) await tenant.send({ to: `+44770090031${n}` });
    const { public_key } = (await tenant.call("GET /v1/audit/key")).body;
    const lines = await linesOf(tenant);
    expect(judge(lines, public_key)).toHaveProperty("ok");
    expect(judge(lines.toSpliced(2, 1), public_key)).toHaveProperty("fault");
    expect(judge(lines.toSpliced(-2, 1), public_key)).toHaveProperty("fault");
    expect(judge(lines.with(1, lines[1]!.replace("accepted", "excepted")), public_key)).toHaveProperty("fault");
    expect(judge(lines.slice(0, -1), public_key)).toHaveProperty("fault");
    const other = await newTenant();
    expect(judge(lines, (await other.call("GET /v1/audit/key")).body["public_key"])).toHaveProperty("fault");
    expect(lines.join()).not.toMatch(/\+4477009003/);
  });
});

describe("reading the audit", () => {
  it("by time means the moment, however it is spelled", async () => {
    const tenant = await newTenant();
    await tenant.send();
    const [entry] = await audit(tenant, "message.accepted");
    const moment = Date.parse(entry?.["at"]);
    const second = new Date(Math.floor(moment / 1_000) * 1_000).toISOString().replace(".000Z", "Z");
    const next = new Date((Math.floor(moment / 1_000) + 1) * 1_000).toISOString().replace(".000Z", "Z");
    const within = async (query: string) => (await tenant.call(`GET /v1/audit?act=message.accepted&${query}`)).body["data"].length; // prettier-ignore
    expect([await within(`from=${second}`), await within(`to=${next}`), await within(`from=${next}`), await within(`to=${second}`)]).toEqual([1, 1, 0, 0]); // prettier-ignore
  });

  it("shows no other tenant's entries, and not to a key without the scope", async () => {
    const [tenant, other] = [await newTenant(), await newTenant()];
    await tenant.send();
    expect(await audit(other, "message.accepted")).toEqual([]);
    const { body } = await tenant.call("POST /v1/keys", { name: "sender", scopes: ["messages:send"] });
    for (const path of ["", "/export", "/key"]) {
      const refused = await tenant.call(`GET /v1/audit${path}`, undefined, {
        authorization: `Bearer ${body["secret"]}`,
      });
      expect(refused.status).toBe(403);
    }
  });
});

describe("an export of the audit", { timeout: patience(60_000) }, () => {
  const exports = async (tenant: Tenant) => (await audit(tenant, "audit.exported")).map(({ facts }) => facts);

  it("is an act where it begins, wherever that is, and its further pages are none", async () => {
    const tenant = await newTenant();
    const one = async (after: number) => (await tenant.call(`GET /v1/audit/export?after=${after}`)).body["next"];
    for (let n = 0; n < 700; n++) await tenant.call("POST /v1/tokens", { number: "+447700900150" });
    expect(await exports(tenant)).toEqual([]);
    expect(await one(1)).toBe(501);
    expect(await exports(tenant)).toEqual([{ after: 1 }]);
    expect(await one(501)).toBeNull();
    expect(await one(0)).toBe(500);
    expect(await one(500)).toBeNull();
    expect(await exports(tenant)).toEqual([{ after: 1 }, {}]);
    await one(500);
    expect(await exports(tenant)).toEqual([{ after: 1 }, {}, { after: 500 }]);
  });
});

async function linesOf(tenant: Tenant): Promise<string[]> {
  const lines: string[] = [];
  for (let after: number | null = 0; after !== null;) {
    const { body } = await tenant.call(`GET /v1/audit/export?after=${after}`);
    lines.push(...body["ndjson"].split("\n").slice(0, -1));
    if (body["head"] !== null) lines.push(JSON.stringify({ signed_head: body["head"] }));
    after = body["next"];
  }
  return lines;
}

function judge(lines: string[], publicKey: string, heads: string[] = []) {
  const check = checkExport({ publicKey, heads });
  if ("fault" in check) return check;
  for (const line of lines) {
    const fault = check.line(line);
    if (fault !== null) return fault;
  }
  return check.end();
}

const exportOf = async (tenant: Tenant, publicKey: string, heads: string[]) =>
  judge(await linesOf(tenant), publicKey, heads);
