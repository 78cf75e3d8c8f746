import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { GENESIS, leafHash, readEntry, sealEntry } from "../../src/audit/entry.ts";
import { entry } from "../support/rooms/audit-log.ts";

const whole = { ...entry(1), id: "aud_1", seq: 1, at: "2026-11-23T10:00:00.000Z" };

test("a sealed entry is canonical JSON and its hash is SHA-256 over 0x00 and that text", () => {
  const bare = { id: "aud_1", seq: 1, at: whole.at, actor: whole.actor, act: "key.created", subject: null };
  const { text, hash } = sealEntry(GENESIS.hash, bare);
  expect(text).toBe(
    `{"act":"key.created","actor":{"id":"key_1","type":"key"},"at":"2026-11-23T10:00:00.000Z","id":"aud_1",` +
      `"prev":"${"0".repeat(64)}","seq":1,"subject":null}`,
  );
  const bytes = new TextEncoder().encode(text);
  const expected = createHash("sha256").update(Uint8Array.of(0)).update(bytes).digest("hex");
  expect(hash).toBe(expected);
});

test("the leaf hash is RFC 6962's: of the empty entry it is the published one", () => {
  expect(leafHash("")).toBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
});

test("a sealed entry is read back whole", () => {
  const { text } = sealEntry(GENESIS.hash, whole);
  expect(readEntry(text)).toEqual({ ...whole, prev: GENESIS.hash });
});

test("the hash moves with every field and with the entry before", () => {
  const hashes = [
    sealEntry(GENESIS.hash, whole),
    sealEntry("1".repeat(64), whole),
    sealEntry(GENESIS.hash, { ...whole, id: "aud_2" }),
    sealEntry(GENESIS.hash, { ...whole, seq: 2 }),
    sealEntry(GENESIS.hash, { ...whole, at: "2026-11-23T10:00:00.001Z" }),
    sealEntry(GENESIS.hash, { ...whole, act: "x.y" }),
    sealEntry(GENESIS.hash, { ...whole, actor: { type: "operator", id: "key_1" } }),
    sealEntry(GENESIS.hash, { ...whole, subject: null }),
    sealEntry(GENESIS.hash, { ...whole, reason: "" }),
    sealEntry(GENESIS.hash, { ...whole, facts: {} }),
  ].map(({ hash }) => hash);
  expect(new Set(hashes).size).toBe(hashes.length);
});

test.each([
  ["not JSON", "{"],
  ["an array", "[]"],
  ["null", "null"],
  ["a space more", sealEntry(GENESIS.hash, whole).text.replace(":", ": ")],
  ["a repeated key", sealEntry(GENESIS.hash, whole).text.replace('{"act":', '{"act":"a.b","act":')],
  ["no id", JSON.stringify({ seq: 1 })],
  ["an unknown actor type", sealEntry(GENESIS.hash, whole).text.replace('"type":"key"', '"type":"ghost"')],
  ["a fractional seq", sealEntry(GENESIS.hash, { ...whole, seq: 1.5 }).text],
  ["a time of another form", sealEntry(GENESIS.hash, { ...whole, at: "2026-11-23 10:00" }).text],
  ["a prev that is no hash", sealEntry("abc", whole).text],
])("%s is not read as an entry", (_name, text) => {
  expect(readEntry(text)).toBeNull();
});

test("an entry of 65,535 bytes is sealed and one byte more is our mistake", () => {
  const frame = sealEntry(GENESIS.hash, { ...whole, reason: "" }).text;
  const room = 65_535 - new TextEncoder().encode(frame).length;
  expect(new TextEncoder().encode(sealEntry(GENESIS.hash, { ...whole, reason: "a".repeat(room) }).text)).toHaveLength(
    65_535,
  );
  expect(() => sealEntry(GENESIS.hash, { ...whole, reason: "a".repeat(room + 1) })).toThrow(RangeError);
  expect(() => sealEntry(GENESIS.hash, { ...whole, reason: "€".repeat(room / 2) })).toThrow(RangeError);
});
