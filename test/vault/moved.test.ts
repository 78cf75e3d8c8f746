// What is sealed opens where it was sealed and nowhere else (T44): not in another row, field or tenant, under no other key,
// with no bit changed, and every failure looks the same: null.
import { beforeEach, expect, test } from "vitest";
import { IdMaker, newTenantCode, type Owner } from "../../src/base/ids.ts";
import { maskOf, parseNumber } from "../../src/sms/phone.ts";
import { bytesOf } from "../../src/storage/sql.ts";
import { randomBytes } from "../../src/base/random.ts";
import { open, seal } from "../../src/base/seal.ts";
import { Keyring } from "../../src/vault/keyring.ts";
import { TENANT_SUBJECT, VaultLedger, type Contact } from "../../src/vault/ledger.ts";
import { createTenantKeys, loadTenantKeys, type KeyStore, type TenantKeys } from "../../src/vault/tenant-keys.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";

type Vault = { sql: NodeSql; vault: VaultLedger; owner: Owner; keys: TenantKeys; reopened: () => VaultLedger };

const newKeys = (): TenantKeys => ({ epoch: 1, epochs: new Map([[1, randomBytes(32)]]), index: randomBytes(32) });

function newVault(keys = newKeys()): Vault {
  const sql = nodeSql();
  VaultLedger.migrate(sql);
  const owner: Owner = { jurisdiction: "eu", code: newTenantCode() };
  const reopened = () => new VaultLedger(sql, owner, new IdMaker(owner), keys); // without the keys it had in memory
  return { sql, vault: reopened(), owner, keys, reopened };
}

function add({ vault }: Vault, last: number): Contact {
  const parsed = parseNumber(`+447700900${String(last).padStart(3, "0")}`);
  if ("refused" in parsed) throw new Error("not a number");
  const { number } = parsed;
  return vault.add(number, vault.indexOf(number.e164), maskOf(number.e164), "block", true, 0);
}

const column = ({ sql }: Vault, table: string, name: string, key: string, id: string): Uint8Array =>
  bytesOf(sql.exec<{ value: ArrayBuffer }>(`SELECT ${name} AS value FROM ${table} WHERE ${key} = ?`, id).one().value);
const put = ({ sql }: Vault, table: string, name: string, key: string, id: string, value: Uint8Array): void =>
  void sql.exec(`UPDATE ${table} SET ${name} = ? WHERE ${key} = ?`, value, id);

let a: Vault;
let b: Vault;
beforeEach(() => {
  a = newVault();
  b = newVault();
});

test("numbers whose ciphertexts are swapped between two rows do not open, and open again when swapped back", () => {
  const [one, two] = [add(a, 1), add(a, 2)];
  const sealed = [one, two].map(({ token }) => column(a, "tokens", "sealed", "token", token)) as [
    Uint8Array,
    Uint8Array,
  ];
  put(a, "tokens", "sealed", "token", one.token, sealed[1]);
  put(a, "tokens", "sealed", "token", two.token, sealed[0]);
  for (const { token } of [one, two])
    for (const vault of [a.vault, a.reopened()]) expect(vault.openNumber(token)).toBeNull();
  put(a, "tokens", "sealed", "token", one.token, sealed[0]);
  expect(a.reopened().openNumber(one.token)).toBe("+447700900001");
});

test("a row that names another person's key, or carries another person's wrapped key, does not open", () => {
  const [one, two] = [add(a, 1), add(a, 2)];
  a.sql.exec(`UPDATE tokens SET subject = ? WHERE token = ?`, two.subject, one.token);
  expect(a.reopened().openNumber(one.token)).toBeNull();
  a.sql.exec(`UPDATE tokens SET subject = ? WHERE token = ?`, one.subject, one.token);
  put(a, "subjects", "wrapped", "subject", one.subject, column(a, "subjects", "wrapped", "subject", two.subject));
  expect(a.reopened().openNumber(one.token)).toBeNull();
});

test("whole rows moved to another tenant do not open, even where both tenants had the same keys", () => {
  for (const target of [b, newVault(a.keys)]) {
    const one = add(a, target === b ? 3 : 4);
    for (const [table, key, id] of [
      ["tokens", "token", one.token],
      ["subjects", "subject", one.subject],
    ] as const) {
      const row = a.sql.exec(`SELECT * FROM ${table} WHERE ${key} = ?`, id).one();
      const values = Object.values(row) as (string | number | ArrayBuffer)[];
      target.sql.exec(
        `INSERT INTO ${table}(${Object.keys(row).join(",")}) VALUES(${values.map(() => "?").join(",")})`,
        ...values,
      );
    }
    expect(a.reopened().openNumber(one.token)).not.toBeNull();
    expect(target.reopened().openNumber(one.token)).toBeNull();
  }
});

test("a text opens in its own record and field only", () => {
  const { subject } = add(a, 5);
  const sealed = a.vault.sealText(subject, "msg_1", "text", "Hello");
  if (sealed === null) throw new Error("not sealed");
  expect(a.reopened().openText(subject, "msg_1", "text", sealed)).toBe("Hello");
  const other = add(a, 6);
  for (const [whose, record, field] of [
    [subject, "msg_2", "text"],
    [subject, "msg_1", "note"],
    [subject, "msg_1|text", ""],
    [subject, "msg_1", "text|1"],
    [subject, "", "msg_1|text"],
    [other.subject, "msg_1", "text"],
    [TENANT_SUBJECT, "msg_1", "text"],
    ["sub_absent", "msg_1", "text"],
  ] as const) {
    expect(a.vault.openText(whose, record, field, sealed), `${record} ${field}`).toBeNull();
  }
  expect(b.vault.openText(TENANT_SUBJECT, "msg_1", "text", sealed)).toBeNull();
});

test("each flipped bit, each cut and each added byte is one identical null, and nothing of the plaintext is seen", () => {
  const one = add(a, 7);
  const places = [
    ["tokens", "sealed", "token", one.token],
    ["subjects", "wrapped", "subject", one.subject],
  ] as const;
  for (const [table, name, key, id] of places) {
    const good = column(a, table, name, key, id);
    const bad: Uint8Array[] = [
      new Uint8Array(0),
      good.subarray(1),
      good.subarray(0, -1),
      good.subarray(0, 12),
      good.subarray(0, 28),
    ];
    bad.push(
      Uint8Array.from([...good, 0]),
      Uint8Array.from([0, ...good]),
      new Uint8Array(good.length),
      good.toReversed(),
    );
    for (let bit = 0; bit < good.length * 8; bit += 1)
      bad.push(good.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
    for (const value of bad) {
      put(a, table, name, key, id, value);
      expect(a.reopened().openNumber(one.token)).toBeNull();
    }
    put(a, table, name, key, id, good);
    expect(a.reopened().openNumber(one.token)).toBe("+447700900007");
  }
});

test("two seals of one text have nothing in common, and no two initialisation vectors are the same", () => {
  const key = randomBytes(32);
  const ivs = new Set(
    Array.from({ length: 10_000 }, () => Buffer.from(seal(key, "same", "a").subarray(0, 12)).toString("hex")),
  );
  expect(ivs.size).toBe(10_000);
  expect(open(randomBytes(32), seal(key, "same", "a"), "a")).toBeNull();
});

test("an older version of a row that comes back opens: rolling back is found by the audit, not by the seal", () => {
  const one = add(a, 8);
  const old = column(a, "tokens", "sealed", "token", one.token);
  put(a, "tokens", "sealed", "token", one.token, old);
  expect(a.reopened().openNumber(one.token)).toBe("+447700900008"); // docs/threat-model.md says so
});

test("a tenant's keys do not open as another tenant's, another epoch's, another kind's, or with a bit changed", async () => {
  const kept = new Map<string, string>();
  const keyStore: KeyStore = {
    get: (name) => Promise.resolve(kept.get(name) ?? null),
    put: (name, value) => Promise.resolve(void kept.set(name, value)),
    delete: (name) => Promise.resolve(void kept.delete(name)),
  };
  const ring = Keyring.parse(JSON.stringify({ 1: Buffer.from(randomBytes(32)).toString("base64") }));
  await createTenantKeys(keyStore, ring, "ten_a");
  const good = kept.get("tenant-keys/ten_a") ?? "";
  expect(await loadTenantKeys(keyStore, ring, "ten_a")).not.toBeNull();
  kept.set("tenant-keys/ten_b", good);
  expect(await loadTenantKeys(keyStore, ring, "ten_b")).toBeNull();
  await createTenantKeys(keyStore, ring, "ten_c");
  const theirs = JSON.parse(kept.get("tenant-keys/ten_c") ?? "") as object;
  for (const part of ["epochs", "index"]) {
    kept.set(
      "tenant-keys/ten_c",
      JSON.stringify({ ...theirs, [part]: (JSON.parse(good) as Record<string, unknown>)[part] }),
    );
    expect(await loadTenantKeys(keyStore, ring, "ten_c"), part).toBeNull();
  }
  type Shelved = { epoch: number; epochs: Record<string, { sealed: string }>; index: { sealed: string } };
  const changed = (change: (record: Shelved) => void): string => {
    const record = JSON.parse(good) as Shelved;
    change(record);
    return JSON.stringify(record);
  };
  const sealedOf = (record: Shelved) => record.epochs["1"]?.sealed ?? "";
  for (const text of [
    changed((record) => void (record.index.sealed = sealedOf(record))),
    changed((record) => void (record.epochs["1"] = record.index)),
    changed((record) => void ((record.epochs["2"] = record.epochs["1"] ?? record.index), (record.epoch = 2))),
    changed((record) => void (record.epoch = 2)),
    changed((record) => void (record.index.sealed = `A${record.index.sealed.slice(1)}`.replace(/^AA/, "BA"))),
  ]) {
    kept.set("tenant-keys/ten_a", text);
    expect(await loadTenantKeys(keyStore, ring, "ten_a")).toBeNull();
  }
  kept.set("tenant-keys/ten_a", good);
  const other = Keyring.parse(JSON.stringify({ 1: Buffer.from(randomBytes(32)).toString("base64") }));
  expect(await loadTenantKeys(keyStore, other, "ten_a")).toBeNull();
});
