/**
 * Checks a chain: each entry must follow from the one before, and all must agree with the signed heads. The ledger uses
 * it on its rows and the offline verifier on an export, so both apply the same rules. Never repairs, and never throws
 * for bad data: a fault is an answer.
 */
import { GENESIS, leafHash, readEntry, type AuditEntry, type Head } from "./entry.ts";

/**
 * What can be wrong with a log:
 * - `unreadable`: a line is not an entry in canonical form;
 * - `gap`: an entry is not the next in number, so one was deleted, inserted or moved;
 * - `broken`: an entry does not carry the hash of the one before, so one of the two was changed;
 * - `contradicted`: the chain is consistent, but a signed head has another hash: it was rewritten, or is a fork;
 * - `truncated`: a signed head counts more entries than there are: the log was cut or rolled back;
 * - `forked`: two heads of one size differ;
 * - `unsigned`: entries come after the newest head, so no signature covers them.
 */
export type FaultKind = "unreadable" | "gap" | "broken" | "contradicted" | "truncated" | "forked" | "unsigned";

/** `seq` is the number of the first entry that cannot be right (for a cut log: of the first that is missing). */
export type Fault = { fault: FaultKind; seq: number; detail: string };

export type Followed = { head: Head; entry: AuditEntry };

/** One step: the head after `text`, if `text` is the entry that follows `before`. */
export function follow(before: Head, text: string): Followed | Fault {
  const seq = before.size + 1;
  const entry = readEntry(text);
  if (entry === null) return { fault: "unreadable", seq, detail: "it is not an audit entry in canonical JSON" };
  if (entry.seq !== seq) {
    return { fault: "gap", seq, detail: `entry ${seq} should stand here, but the entry says ${entry.seq}` };
  }
  if (entry.prev !== before.hash) {
    const changed = seq === 1 ? "it was changed" : `entry ${before.size} or this one was changed`;
    return { fault: "broken", seq, detail: `\`prev\` is not the hash of what stands before: ${changed}` };
  }
  return { head: { size: seq, hash: leafHash(text) }, entry };
}

/** Whether a check found a fault. */
export function isFault(value: object): value is Fault {
  return "fault" in value;
}

/** The first two heads that cannot be of the same log, as a fault; null when there are none. */
export function findFork(heads: readonly Head[]): Fault | null {
  const seen = new Map<number, string>([[GENESIS.size, GENESIS.hash]]);
  for (const { size, hash } of heads) {
    const other = seen.get(size) ?? hash;
    if (other !== hash) {
      return { fault: "forked", seq: size, detail: `two heads of size ${size} differ: ${other} and ${hash}` };
    }
    seen.set(size, hash);
  }
  return null;
}

/** A fault if an earlier signed head differs from the log's head of the same size. */
export function contradiction(ours: Head, signed: Head): Fault | null {
  if (ours.hash === signed.hash) return null;
  return {
    fault: "contradicted",
    seq: ours.size,
    detail: `the head signed at size ${ours.size} has ${signed.hash}, these entries give ${ours.hash}`,
  };
}

/** A signed head beyond the end of the log. */
export function truncation(size: number, signed: Head): Fault {
  return {
    fault: "truncated",
    seq: size + 1,
    detail: `a signed head counts ${signed.size} entries, the log ends at ${size}`,
  };
}
