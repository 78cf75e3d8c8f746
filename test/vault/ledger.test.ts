import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/base/clock.ts";
import { IdMaker } from "../../src/base/ids.ts";
import { maskOf, parseNumber, type Num } from "../../src/sms/phone.ts";
import { randomBytes } from "../../src/base/random.ts";
import { KEY_BYTES, toBase64 } from "../../src/base/seal.ts";
import { bytesOf } from "../../src/storage/sql.ts";
import { dayOf, TENANT_SUBJECT, VaultLedger, type Contact } from "../../src/vault/ledger.ts";
import type { TenantKeys } from "../../src/vault/tenant-keys.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const owner = { jurisdiction: "eu", code: "12345678" } as const;
const newKeys = (): TenantKeys => ({ epoch: 1, epochs: new Map([[1, randomBytes(KEY_BYTES)]]), index: randomBytes(KEY_BYTES) }); // prettier-ignore

function vaultOver(sql: NodeSql, keys: TenantKeys, whose: { jurisdiction: "eu" | "us"; code: string } = owner) {
  VaultLedger.migrate(sql);
  return new VaultLedger(sql, whose, new IdMaker(whose), keys);
}
function numberOf(n: number): Num {
  const parsed = parseNumber(`+447700900${String(n).padStart(3, "0")}`);
  if ("refused" in parsed) throw new Error("a drama number");
  return parsed.number;
}
function add(vault: VaultLedger, n: number, kept = false, now = NOON) {
  const number = numberOf(n);
  const index = vault.indexOf(number.e164);
  return vault.find(index) ?? vault.add(number, index, maskOf(number.e164), "block", kept, now);
}
const plain = (contact: Contact | null) => (contact === null ? null : { ...contact, index: toBase64(contact.index) });
const counts = (sql: NodeSql) =>
  ["subjects", "tokens", "number_index"].map((table) => sql.exec(`SELECT 1 FROM ${table}`).toArray().length);

describe("a number in the vault", () => {
  it("has one subject, one token and one index row, is found by number and token, and opens", () => {
    const sql = nodeSql();
    const vault = vaultOver(sql, newKeys());
    const made = add(vault, 123);
    expect(plain(add(vault, 123))).toEqual(plain(made));
    expect(counts(sql)).toEqual([1, 1, 1]);
    expect(plain(vault.findToken(made.token))).toEqual(plain(made));
    expect(vault.openNumber(made.token)).toBe("+447700900123");
    expect(add(vault, 124).subject).not.toBe(made.subject);
    expect(vault.findToken("tok_e1234567800000000000000000000000000")).toBeNull();
    expect(vault.openNumber("tok_nobody")).toBeNull();
  });

  it("is nowhere in plaintext or in a hash that anyone could repeat", () => {
    const sql = nodeSql();
    const vault = vaultOver(sql, newKeys());
    for (let n = 0; n < 50; n++) add(vault, n);
    const dump = ["subjects", "tokens", "number_index"].map(
      (table) =>
      JSON.stringify(sql.exec(`SELECT * FROM ${table}`).toArray(), (_key, value: unknown) => value instanceof ArrayBuffer ? Buffer.from(value).toString("latin1") : value), // prettier-ignore
    );
    expect(dump.join()).not.toMatch(/7700900|0770/);
    const other = vaultOver(nodeSql(), newKeys());
    expect(other.indexOf("+447700900000")).not.toEqual(vault.indexOf("+447700900000"));
    expect(vault.keyedName("reference", "x")).not.toEqual(vault.keyedName("line", "x"));
    expect(vault.keyedName("number", "+447700900000")).toEqual(vault.indexOf("+447700900000"));
  });

  it("opens under no other tenant's keys and not for another tenant with the same keys", () => {
    const [sql, keys] = [nodeSql(), newKeys()];
    const { token } = add(vaultOver(sql, keys), 1);
    expect(vaultOver(sql, keys).openNumber(token)).toBe("+447700900001");
    expect(vaultOver(sql, newKeys()).openNumber(token)).toBeNull();
    expect(vaultOver(sql, keys, { ...owner, code: "87654321" }).openNumber(token)).toBeNull();
  });

  it("moved to another record does not open there", () => {
    const [sql, keys] = [nodeSql(), newKeys()];
    const vault = vaultOver(sql, keys);
    const [one, two] = [add(vault, 1), add(vault, 2)];
    sql.exec(`UPDATE tokens SET subject = ?, sealed = (SELECT sealed FROM tokens WHERE token = ?) WHERE token = ?`, one.subject, one.token, two.token); // prettier-ignore
    expect(vault.openNumber(two.token)).toBeNull();
    const sealed = vault.sealText(one.subject, "msg_1", "text", "Hello")!;
    expect(vault.openText(one.subject, "msg_1", "text", sealed)).toBe("Hello");
    for (const [subject, record, field] of [
      [two.subject, "msg_1", "text"],
      [one.subject, "msg_2", "text"],
      [one.subject, "msg_1", "note"],
    ] as const)
      // prettier-ignore
      expect(vault.openText(subject, record, field, sealed)).toBeNull();
  });

  it("is sealed with an IV of its own every time: 10,000 seals under one key have 10,000 IVs", () => {
    const sql = nodeSql();
    const vault = vaultOver(sql, newKeys());
    const { subject } = add(vault, 1);
    const ivs = new Set<string>();
    for (let n = 0; n < 10_000; n++) ivs.add(toBase64(vault.sealText(subject, "m", "text", "Hi")!.subarray(0, 12)));
    expect(ivs.size).toBe(10_000);
  });
});

describe("use", () => {
  it("costs at most one row a day, and being kept is never taken back", () => {
    const sql = nodeSql();
    const vault = vaultOver(sql, newKeys());
    const { token } = add(vault, 1);
    const rows = (kept: boolean, now: number) => {
      const before = Number(sql.exec<{ n: number }>(`SELECT total_changes() AS n`).one().n);
      vault.touch(token, kept, now);
      return Number(sql.exec<{ n: number }>(`SELECT total_changes() AS n`).one().n) - before;
    };
    expect([rows(false, NOON), rows(false, NOON + 1), rows(false, NOON - DAY_MS)]).toEqual([0, 0, 0]);
    expect([rows(false, NOON + DAY_MS), rows(false, NOON + DAY_MS)]).toEqual([1, 0]);
    expect([rows(true, NOON), rows(true, NOON), rows(false, NOON)]).toEqual([1, 0, 0]);
    expect(sql.exec<{ seen_day: number; kept: number }>(`SELECT seen_day, kept FROM tokens`).one()).toEqual({ seen_day: dayOf(NOON + DAY_MS), kept: 1 }); // prettier-ignore
  });
});

describe("the network that a carrier named", () => {
  it("is known of the contact from then on, costs a row only when it changes, and goes with the number", () => {
    const sql = nodeSql();
    const vault = vaultOver(sql, newKeys());
    const { token, index } = add(vault, 1);
    add(vault, 2);
    const rows = (network: string) => {
      const before = Number(sql.exec<{ n: number }>(`SELECT total_changes() AS n`).one().n);
      vault.seenOn(token, network);
      return Number(sql.exec<{ n: number }>(`SELECT total_changes() AS n`).one().n) - before;
    };
    expect(vault.find(index)?.network).toBeNull(); // and remembered so
    expect([rows("23410"), rows("23410")]).toEqual([1, 0]);
    expect([vault.find(index)?.network, vault.findToken(token)?.network]).toEqual(["23410", "23410"]);
    expect([rows("23415"), vault.find(index)?.network]).toEqual([1, "23415"]);
    expect(sql.exec(`SELECT 1 FROM tokens WHERE network IS NOT NULL`).toArray()).toHaveLength(1);
    vault.forgetUnkept(dayOf(NOON) + 1, 100);
    expect(rows("23420")).toBe(0);
  });

  it("has its column also in an object from before there was one", () => {
    const sql = nodeSql();
    sql.exec(`CREATE TABLE tokens(token TEXT PRIMARY KEY, subject TEXT NOT NULL, sealed BLOB NOT NULL,
      number_index BLOB NOT NULL, block TEXT NOT NULL, country TEXT NOT NULL, kind TEXT NOT NULL, mask TEXT NOT NULL,
      created_at INTEGER NOT NULL, seen_day INTEGER NOT NULL, kept INTEGER NOT NULL) STRICT, WITHOUT ROWID`);
    const vault = vaultOver(sql, newKeys());
    const { token } = add(vault, 1);
    vault.seenOn(token, "23410");
    expect(vault.findToken(token)?.network).toBe("23410");
  });
});

describe("forgetting", () => {
  it("takes numbers nobody kept and nobody used since, whole, and leaves every other", () => {
    const sql = nodeSql();
    const vault = vaultOver(sql, newKeys());
    const [old, kept, used] = [add(vault, 1), add(vault, 2, true), add(vault, 3)];
    const text = vault.sealText(old.subject, "msg_1", "text", "Hello")!;
    vault.touch(used.token, false, NOON + 5 * DAY_MS);
    expect(vault.forgetUnkept(dayOf(NOON), 100)).toBe(0);
    expect(vault.forgetUnkept(dayOf(NOON) + 1, 100)).toBe(1);
    expect(counts(sql)).toEqual([2, 2, 2]);
    expect([vault.findToken(old.token), vault.find(old.index), vault.openNumber(old.token)]).toEqual([
      null,
      null,
      null,
    ]);
    expect(vault.openText(old.subject, "msg_1", "text", text)).toBeNull();
    expect(vault.sealText(old.subject, "msg_1", "text", "x")).toBeNull();
    expect([vault.openNumber(kept.token), vault.openNumber(used.token)]).toEqual(["+447700900002", "+447700900003"]);
    expect(add(vault, 1).token).not.toBe(old.token);
  });

  it("is bounded", () => {
    const vault = vaultOver(nodeSql(), newKeys());
    for (let n = 0; n < 10; n++) add(vault, n);
    expect([vault.forgetUnkept(dayOf(NOON) + 1, 7), vault.forgetUnkept(dayOf(NOON) + 1, 7)]).toEqual([7, 3]);
  });
});

describe("turning the epoch", () => {
  it("moves every subject, and then the old epoch's key opens nothing of it", () => {
    const [sql, first] = [nodeSql(), newKeys()];
    const vault = vaultOver(sql, first);
    const made = Array.from({ length: 25 }, (_, n) => add(vault, n));
    const secret = vault.sealText(TENANT_SUBJECT, "wbh_1", "secret", "whsec")!;
    const both: TenantKeys = { ...first, epoch: 2, epochs: new Map([...first.epochs, [2, randomBytes(KEY_BYTES)]]) };
    const turning = vaultOver(sql, both);
    const done: [number, number][] = [];
    for (let left = 1; left > 0;) {
      const step = turning.rewrapSubjects(10);
      done.push([step.moved, step.left]);
      left = step.left;
    }
    expect(done).toEqual([[10, 16], [10, 6], [6, 0]]); // prettier-ignore
    expect(turning.rewrapSubjects(10)).toEqual({ moved: 0, left: 0 });
    const only = (epoch: number) => vaultOver(sql, { ...both, epoch, epochs: new Map([[epoch, both.epochs.get(epoch)!]]) }); // prettier-ignore
    for (const { token } of made) {
      expect(only(2).openNumber(token)).toMatch(/^\+447700900/);
      expect(only(1).openNumber(token)).toBeNull();
    }
    expect(only(2).openText(TENANT_SUBJECT, "wbh_1", "secret", secret)).toBe("whsec");
    expect(only(1).openText(made[0]!.subject, "msg", "text", secret)).toBeNull();
  });

  it("leaves a copy from before it closed, once the old epoch's key is gone", () => {
    const [sql, first] = [nodeSql(), newKeys()];
    const { token } = add(vaultOver(sql, first), 1);
    const copy = nodeSql();
    VaultLedger.migrate(copy);
    for (const table of ["subjects", "tokens", "number_index"]) {
      for (const row of sql.exec(`SELECT * FROM ${table}`).toArray()) {
        const values = Object.values(row).map((value) => (value instanceof ArrayBuffer ? bytesOf(value) : value));
        copy.exec(`INSERT INTO ${table} VALUES(${values.map(() => "?").join()})`, ...(values as never[]));
      }
    }
    const both: TenantKeys = { ...first, epoch: 2, epochs: new Map([...first.epochs, [2, randomBytes(KEY_BYTES)]]) };
    vaultOver(sql, both).rewrapSubjects(100);
    const after: TenantKeys = { ...both, epochs: new Map([[2, both.epochs.get(2)!]]) };
    expect(vaultOver(copy, both).openNumber(token)).toBe("+447700900001");
    expect(vaultOver(copy, after).openNumber(token)).toBeNull();
    expect(vaultOver(sql, after).openNumber(token)).toBe("+447700900001");
  });
});
