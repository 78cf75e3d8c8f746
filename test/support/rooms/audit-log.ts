/** Audit logs for tests: a filled ledger over `nodeSql`, a signer, and exports with their signed head. */
import { generateKeyPairSync } from "node:crypto";
import type { NewEntry } from "../../../src/audit/entry.ts";
import { headLine } from "../../../src/audit/export.ts";
import { headSigner, publicKeyText, type HeadSigner } from "../../../src/audit/head.ts";
import { AUDIT_TABLE, AuditLedger } from "../../../src/audit/ledger.ts";
import { nodeSql, type NodeSql } from "./node-sql.ts";

export const START = Date.UTC(2026, 10, 23, 10, 0, 0);
export const ORIGIN = "maskline.test/audit/ten_e1234567";

export function entry(n: number, over: Partial<NewEntry> = {}): NewEntry {
  return {
    actor: { type: "key", id: "key_1" },
    act: n % 3 === 0 ? "token.revealed" : "message.sent",
    subject: { type: "message", id: `msg_${n}` },
    reason: 'dispute\u2028Zoë "said"',
    facts: { country: "GB", segments: n, ok: true, none: null, outcomes: { sent: n, refused: 0 } },
    ...over,
  };
}

export type Log = { sql: NodeSql; ledger: AuditLedger };

/** A ledger with `size` entries; `mark` makes two logs differ from their first entry on. */
export function log(size: number, mark = ""): Log {
  const sql = nodeSql(AUDIT_TABLE);
  const ledger = new AuditLedger(sql);
  grow(ledger, size, mark);
  return { sql, ledger };
}

export function grow(ledger: AuditLedger, by: number, mark = ""): void {
  const from = ledger.head().size;
  for (let n = from + 1; n <= from + by; n++) ledger.append(entry(n), START + n * 1000, () => `aud_${mark}${n}`);
}

export type Key = { signer: HeadSigner; publicKey: string; pkcs8: string };

/** A key under a name; with `pkcs8` one that is there already. */
export function newKey(origin = ORIGIN, pkcs8 = newPkcs8()): Key {
  const signer = headSigner(origin, pkcs8);
  return { signer, publicKey: publicKeyText(signer), pkcs8 };
}

function newPkcs8(): string {
  const der = generateKeyPairSync("ed25519").privateKey.export({ format: "der", type: "pkcs8" });
  return btoa(String.fromCharCode(...der));
}

/** The signed head of a ledger; fails the test when the ledger refuses. */
export function signed(ledger: AuditLedger, signer: HeadSigner): string {
  const outcome = ledger.signedHead(signer, []);
  if ("fault" in outcome) throw new Error(outcome.detail);
  return outcome.ok;
}

/** The whole log as lines, with its signed head as the last one. */
export function exported(ledger: AuditLedger, signer: HeadSigner): string[] {
  const lines: string[] = [];
  let after: number | null = 0;
  while (after !== null) {
    const page: { ndjson: string; next: number | null } = ledger.export({ after });
    lines.push(...page.ndjson.split("\n").slice(0, -1));
    after = page.next;
  }
  return [...lines, headLine(signed(ledger, signer))];
}
