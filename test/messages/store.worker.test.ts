import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { RecordDb } from "../../src/storage/record-db.ts";
import type { Message } from "../../src/messages/message.ts";
import { listRecords, purgeRecords, readRecord, writeRecords } from "../../src/messages/store.ts";
import { newTenant, operator } from "../support/tenant/tenant.ts";

const message = (n: number, over: Partial<Message> = {}): Message => ({
  id: `msg_e123456780${String(n).padStart(26, "0")}`,
  state: "sent",
  version: 3,
  purpose: "service",
  token: `tok_${n % 2}`,
  subject: "sub",
  account: "car_1",
  facts: { batch: null, key: "key", sender: null, encoding: "gsm7", segments: 1, country: "GB", kind: "drama", mask: "+44•••••••23", scheduleAt: null, expiresAt: 1, createdAt: 1, routes: [], price: null, note: false }, // prettier-ignore
  attempts: [],
  lease: null,
  due: null,
  reason: null,
  sentAt: null,
  endedAt: null,
  ...over,
});
const ended = (...messages: Message[]) => messages.map((one) => ({ message: one, reference: null }));

describe("the ledger of records", () => {
  it("has one row a message however often it is written, and a newer version is never overwritten by an older", async () => {
    const tenant = "ten_e12345678";
    const db = env.DB_EU;
    for (const version of [3, 3, 5, 4, 1]) {
      await writeRecords(db, tenant, ended(message(1, { version, state: version === 5 ? "delivered" : "sent" })));
    }
    expect(await readRecord(db, tenant, message(1).id)).toMatchObject({ state: "delivered", sequence: 5 });
    const filter = { tenant, state: "sent" as const };
    expect(await listRecords(db, filter, 10)).toEqual([]);
    expect(await listRecords(db, { tenant }, 10)).toHaveLength(1);
  });

  it("is written in values that the platform takes, also when every message was tried fifty times", async () => {
    const attempt = {
      carrier: `car_${"0".repeat(36)}`,
      outcome: "throttled",
      at: 1,
      latencyMs: 100,
      code: "http_429",
    } as const;
    const tried = Array.from({ length: 600 }, (_, n) => message(n + 2_000, { attempts: Array.from({ length: 50 }, () => attempt) })); // prettier-ignore
    const sizes: number[] = [];
    const db: RecordDb = {
      prepare: (query) => ({
        bind: (...values) => {
          sizes.push(...values.map((value) => Buffer.byteLength(String(value))));
          return env.DB_EU.prepare(query).bind(...values);
        },
      }),
    };
    await writeRecords(db, "ten_e00000003", ended(...tried));
    expect(Math.max(...sizes)).toBeLessThan(2_000_000);
    expect(sizes.length).toBeGreaterThan(1);
    expect(await listRecords(env.DB_EU, { tenant: "ten_e00000003" }, 1_000)).toHaveLength(600);
  });

  it("shows and purges no other tenant's rows", async () => {
    const db = env.DB_EU;
    await writeRecords(db, "ten_e00000001", ended(...Array.from({ length: 1_200 }, (_, n) => message(n + 100))));
    expect(await listRecords(db, { tenant: "ten_e00000002" }, 10)).toEqual([]);
    expect(await readRecord(db, "ten_e00000002", message(100).id)).toBeNull();
    expect(await purgeRecords(db, "ten_e00000002", "msg_f", 5_000)).toBe(0);
    expect(await listRecords(db, { tenant: "ten_e00000001", token: "tok_1" }, 1_000)).toHaveLength(600);
    expect(await purgeRecords(db, "ten_e00000001", message(200).id, 60)).toBe(60);
    expect(await purgeRecords(db, "ten_e00000001", message(200).id, 60)).toBe(40);
  });
});

describe("two jurisdictions", () => {
  it("share no object, no record and no key: a tenant of one leaves nothing in the other", async () => {
    const [eu, us] = [await newTenant({ jurisdiction: "eu" }), await newTenant({ jurisdiction: "us" })];
    expect([eu.id.slice(0, 5), us.id.slice(0, 5)]).toEqual(["ten_e", "ten_u"]);
    for (const tenant of [eu, us]) {
      const { id, to } = await tenant.send();
      expect([id[4], to.token[4]]).toEqual([tenant.id[4], tenant.id[4]]);
      await tenant.until(id, "delivered");
      await tenant.call("POST /v1/sandbox/clock", { advance_seconds: 60 });
      const other = tenant === eu ? us : eu;
      expect((await other.call(`GET /v1/messages/${id}`)).status).toBe(404);
      expect((await other.call(`GET /v1/tokens/${to.token}`)).status).toBe(404);
      expect((await operator(`GET /admin/v1/tenants/${tenant.id}`)).status).toBe(200);
    }
    for (const [db, mine, theirs] of [
      [env.DB_EU, eu, us],
      [env.DB_US, us, eu],
    ] as const) {
      // prettier-ignore
      const rows = async (tenant: string) => (await db.prepare(`SELECT 1 FROM messages WHERE tenant = ?`).bind(tenant).all()).results.length; // prettier-ignore
      expect([await rows(mine.id), await rows(theirs.id)]).toEqual([1, 0]);
    }
    expect([await env.KEYS_EU.get(`tenant-keys/${eu.id}`), await env.KEYS_US.get(`tenant-keys/${us.id}`)]).not.toContain(null); // prettier-ignore
    expect([await env.KEYS_EU.get(`tenant-keys/${us.id}`), await env.KEYS_US.get(`tenant-keys/${eu.id}`)]).toEqual([null, null]); // prettier-ignore
    const listed = async (jurisdiction: string) => (await operator(`GET /admin/v1/tenants?jurisdiction=${jurisdiction}`)).body["data"].map(({ id }: { id: string }) => id); // prettier-ignore
    expect(await listed("eu")).not.toContain(us.id);
    expect(await listed("us")).toContain(us.id);
  });
});
