import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { RecordDb } from "../../src/storage/record-db.ts";
import type { Message } from "../../src/messages/message.ts";
import { listRecords, purgeRecords, readRecord, writeRecords } from "../../src/messages/records/store.ts";
import { newTenant, operator } from "../support/tenant/tenant.ts";

const OWNER = "e12345678";
const tenant = `ten_${OWNER}`;
const tokenOf = (n: number, owner = OWNER) => `tok_${owner}0${String(n % 2).padStart(26, "0")}`;
const message = (n: number, over: Partial<Message> = {}, owner = OWNER): Message => ({
  id: `msg_${owner}0${String(n).padStart(26, "0")}`,
  state: "sent",
  version: 3,
  purpose: "service",
  token: tokenOf(n, owner),
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
const db = env.DB_EU;
const rows = async () => (await db.prepare(`SELECT count(*) AS n FROM messages`).first<{ n: number }>())?.n ?? -1;
beforeEach(async () => void (await db.prepare(`DELETE FROM messages`).run()));

describe("the ledger of records", () => {
  it("has one row a message however often it is written, and a newer version is never overwritten by an older", async () => {
    for (const version of [3, 3, 5, 4, 1]) {
      await writeRecords(db, ended(message(1, { version, state: version === 5 ? "delivered" : "sent" })));
      expect(await rows()).toBe(1);
    }
    expect(await readRecord(db, tenant, message(1).id)).toMatchObject({ state: "delivered", sequence: 5 });
    expect(await listRecords(db, { tenant, state: "sent" }, 10)).toEqual([]);
    expect(await listRecords(db, { tenant }, 10)).toHaveLength(1);
  });

  it("holds one row where a batch brings a message twice, in two states", async () => {
    const twice = [message(1, { version: 4, state: "delivered" }), message(1), message(2), message(2, { version: 4 })];
    await writeRecords(db, ended(...twice));
    expect((await listRecords(db, { tenant }, 10)).map(({ sequence, state }) => [sequence, state])).toEqual([
      [4, "sent"],
      [4, "delivered"],
    ]);
    expect(await rows()).toBe(2);
  });

  it("accepts no record in a state that no list shows", async () => {
    await expect(writeRecords(db, ended(message(1), message(2, { state: "queued" })))).rejects.toThrow(RangeError);
    expect(await rows()).toBe(0);
  });

  it("fits the platform's limit of values, also if every message was tried fifty times", async () => {
    const attempt = {
      carrier: `car_${"0".repeat(36)}`,
      outcome: "throttled",
      at: 1,
      latencyMs: 100,
      code: "http_429",
    } as const;
    const tried = Array.from({ length: 600 }, (_, n) => message(n + 2_000, { attempts: Array.from({ length: 80 }, () => attempt) })); // prettier-ignore
    const sizes: number[] = [];
    const measured: RecordDb = {
      prepare: (query) => ({
        bind: (...values) => {
          sizes.push(...values.map((value) => Buffer.byteLength(String(value))));
          return db.prepare(query).bind(...values);
        },
      }),
      batch: (statements) => db.batch(statements as D1PreparedStatement[]),
    };
    await writeRecords(measured, ended(...tried));
    expect(Math.max(...sizes)).toBeLessThan(2_000_000);
    expect(sizes.length).toBeGreaterThan(2);
    expect(await listRecords(db, { tenant }, 1_000)).toHaveLength(600);
  });

  it("shows and purges no other tenant's rows, whatever ids and tokens are asked for", async () => {
    const [mine, theirs] = ["e00000001", "e00000002"];
    const all = Array.from({ length: 1_200 }, (_, n) => message(n + 100, { state: n % 3 === 0 ? "delivered" : "sent" }, mine)); // prettier-ignore
    await writeRecords(db, ended(...all));
    const [asMine, asTheirs] = [`ten_${mine}`, `ten_${theirs}`];
    const { id, token } = message(100, {}, mine);
    expect(await listRecords(db, { tenant: asTheirs }, 10)).toEqual([]);
    expect(await listRecords(db, { tenant: asTheirs, token }, 10)).toEqual([]);
    expect(await listRecords(db, { tenant: asTheirs, token, from: `msg_${mine}`, to: "msg_~", before: "msg_~" }, 10)).toEqual([]); // prettier-ignore
    expect(await listRecords(db, { tenant: asTheirs, from: `msg_${mine}`, to: "msg_~" }, 10)).toEqual([]);
    expect(await readRecord(db, asTheirs, id)).toBeNull();
    expect(await purgeRecords(db, asTheirs, "msg_f", 5_000)).toBe(0);
    expect(await listRecords(db, { tenant: asMine, token: tokenOf(1, mine) }, 1_000)).toHaveLength(600);
    const before = message(200, {}, mine).id;
    expect(await purgeRecords(db, asMine, before, 60)).toBe(60);
    expect(await purgeRecords(db, asMine, before, 60)).toBe(40);
    expect(await listRecords(db, { tenant: asMine, to: before }, 10)).toEqual([]);
    expect(await purgeRecords(db, asMine, "msg_~", 5_000)).toBe(1_100);
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
      const recorded = async ({ id }: { id: string }) => (await listRecords(db, { tenant: id }, 10)).length;
      expect([await recorded(mine), await recorded(theirs)]).toEqual([1, 0]);
    }
    expect([await env.KEYS_EU.get(`tenant-keys/${eu.id}`), await env.KEYS_US.get(`tenant-keys/${us.id}`)]).not.toContain(null); // prettier-ignore
    expect([await env.KEYS_EU.get(`tenant-keys/${us.id}`), await env.KEYS_US.get(`tenant-keys/${eu.id}`)]).toEqual([null, null]); // prettier-ignore
    const listed = async (jurisdiction: string) => (await operator(`GET /admin/v1/tenants?jurisdiction=${jurisdiction}`)).body["data"].map(({ id }: { id: string }) => id); // prettier-ignore
    expect(await listed("eu")).not.toContain(us.id);
    expect(await listed("us")).toContain(us.id);
  });
});
