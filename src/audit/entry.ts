/**
 * One audit entry: actor, act, subject and reason, in a chain in which each entry holds the hash of the one before.
 * Used by the ledger to append and by the offline verifier to read. Pure; clock and ids come from the caller. Never
 * holds a number, a text or an e-mail address: actors and subjects are opaque ids, so a log can be kept for ever.
 */
import { createHash } from "node:crypto";
import { canonical } from "../base/canonical.ts";
import type { ActingAs, Actor } from "../contract/record.ts";

export const ACTOR_TYPES = [
  "key",
  "person",
  "operator",
  "system",
  "carrier",
  "developer",
] as const satisfies readonly Actor["type"][];

export type Subject = { type: string; id: string };
export type Facts = Record<string, string | number | boolean | null | Record<string, number>>;

/** The act, as a verb passes it. Leave out an absent `reason`; `undefined` is not JSON and throws. */
export type NewEntry = {
  actor: Actor | (Actor & ActingAs);
  /** What was done, as `thing.done`: "message.sent", "token.revealed", "key.created". */
  act: string;
  subject: Subject | null;
  reason?: string;
  facts?: Facts;
};

/** A whole entry. `seq` counts from 1 without gaps; `at` is RFC 3339 in UTC; `prev` is the hash of the entry before. */
export type AuditEntry = NewEntry & { id: string; seq: number; at: string; prev: string };

/** The head of a chain: the number of entries and the last one's hash, which fixes every entry up to it. */
export type Head = { size: number; hash: string };

/** Before the first entry: 64 zeros, which no SHA-256 is known to give. */
export const GENESIS: Head = Object.freeze({ size: 0, hash: "0".repeat(64) });

/** C2SP tlog-tiles length-prefixes an entry with 16 bits; we keep to it so that a Merkle log can be added later. */
export const ENTRY_BYTES_MAX = 65_535;

/** The canonical text of an entry and its hash. */
export type Sealed = { text: string; hash: string };

/**
 * Seals an entry after the entry with hash `prevHash`: its canonical JSON (RFC 8785) and SHA-256(0x00 ‖ JSON), the leaf
 * hash of RFC 6962, so the entries can become leaves of a Merkle tree later. Deterministic. Throws a TypeError for what
 * canonical JSON refuses and a RangeError beyond 65,535 bytes; both are programming errors.
 */
export function sealEntry(prevHash: string, entry: Omit<AuditEntry, "prev">): Sealed {
  const text = canonical({ ...entry, prev: prevHash });
  // A UTF-16 unit is at most three bytes of UTF-8, so almost no entry must be encoded to know its size.
  if (text.length * 3 > ENTRY_BYTES_MAX && new TextEncoder().encode(text).length > ENTRY_BYTES_MAX) {
    throw new RangeError(`an audit entry is at most ${ENTRY_BYTES_MAX} bytes`);
  }
  return { text, hash: leafHash(text) };
}

/** SHA-256(0x00 ‖ text) in hex. U+0000 is the byte 0x00 in UTF-8, so one update hashes prefix and text. */
export function leafHash(text: string): string {
  return createHash("sha256")
    .update("\0" + text, "utf8")
    .digest("hex");
}

/**
 * Reads a sealed text, or null: not JSON, not in canonical form, a field missing or of the wrong type. Unknown fields
 * are accepted, because the hash covers them and a later version may add some.
 */
export function readEntry(text: string): AuditEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (!isEntry(value) || canonical(value) !== text) return null;
  } catch {
    return null;
  }
  return value;
}

const RFC3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const HASH = /^[0-9a-f]{64}$/;

function isEntry(value: unknown): value is AuditEntry {
  if (!isRecord(value)) return false;
  const { id, seq, at, actor, act, subject, reason, facts, prev } = value;
  return (
    typeof id === "string" &&
    Number.isSafeInteger(seq) &&
    typeof at === "string" &&
    RFC3339_UTC.test(at) &&
    isReference(actor) &&
    ACTOR_TYPES.some((type) => type === actor.type) &&
    typeof act === "string" &&
    (subject === null || isReference(subject)) &&
    (reason === undefined || typeof reason === "string") &&
    (facts === undefined || isFacts(facts)) &&
    typeof prev === "string" &&
    HASH.test(prev)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isReference(value: unknown): value is Subject {
  return isRecord(value) && typeof value["type"] === "string" && typeof value["id"] === "string";
}

function isFacts(value: unknown): value is Facts {
  if (!isRecord(value)) return false;
  return Object.values(value).every((fact) =>
    isRecord(fact)
      ? Object.values(fact).every((count) => typeof count === "number")
      : fact === null || ["string", "number", "boolean"].includes(typeof fact),
  );
}
