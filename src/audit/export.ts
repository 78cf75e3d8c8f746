/**
 * Checks an export of the audit log, line by line, with only the file, signed heads and a public key. Called by
 * `scripts/audit-verify.mjs`. Holds one hash and the heads, so a log of any length is checked in one pass. The report
 * names what could not be checked; `ok` means only that no rule that was checked is broken.
 */
import { canonical } from "../base/canonical.ts";
import { contradiction, findFork, follow, isFault, truncation, type FaultKind } from "./chain.ts";
import { GENESIS, readEntry, type Head } from "./entry.ts";
import { readHead, renamedKey, verifyHead, type HeadFault, type ReadHead } from "./head.ts";

/** The line with a signed head, directly after the last entry that it covers. */
export function headLine(note: string): string {
  return canonical({ signed_head: note });
}

export type ExportOptions = {
  /** The public key text that must have signed every head. Without it signatures are not checked, and the report says so. */
  publicKey?: string;
  /**
   * Earlier names of this log, as in a head's first line, from before its deployment had a stable name. A head with one
   * of them counts as this log's if the same key signed it.
   */
  otherNames?: readonly string[];
  /** Signed heads kept from elsewhere: earlier exports, `audit.head` events. */
  heads?: readonly string[];
  /** The export begins after this entry. Without it the first line must be entry 1, or lines are missing. */
  after?: number;
};

/** What is wrong. `line` counts from 1, and is null for a head from elsewhere and at the end of the file. */
export type ExportFault = { fault: FaultKind | HeadFault["fault"] | "no_head"; line: number | null; detail: string };

export type ExportReport = {
  /** How many entries were read, and the chain's head after the last. */
  entries: number;
  end: Head;
  origin: string | null;
  /** The sizes of the heads that were compared with the chain, and of those that end before this export. */
  headsChecked: number[];
  headsBefore: number[];
  signaturesChecked: boolean;
};

export type ExportCheck = {
  /** Takes the next line, without its newline. After a fault the check ends. */
  line(text: string): ExportFault | null;
  /** Call once, after the last line. */
  end(): { ok: ExportReport } | ExportFault;
};

/** Opens a check; answers a fault at once if the heads from elsewhere are invalid or contradict each other. */
export function checkExport(options: ExportOptions): ExportCheck | ExportFault {
  const heads: Head[] = [];
  let origin: string | null = null;
  for (const note of options.heads ?? []) {
    const read = readNote(note, options, origin);
    if ("fault" in read) return { ...read, line: null };
    origin ??= read.origin;
    heads.push(read.head);
  }
  const fork = findFork(heads);
  return fork === null ? new Check(options, heads, origin) : { fault: fork.fault, line: null, detail: fork.detail };
}

class Check implements ExportCheck {
  readonly #options: ExportOptions;
  readonly #after: number;
  readonly #heads: Head[];
  readonly #checked: number[] = [];
  #origin: string | null;
  #lines = 0;
  #entries = 0;
  /** Null until the first entry of a partial export gives, by its `prev`, the hash before it. */
  #at: Head | null;

  constructor(options: ExportOptions, heads: Head[], origin: string | null) {
    this.#options = options;
    this.#after = options.after ?? 0;
    this.#heads = heads;
    this.#origin = origin;
    this.#at = this.#after === 0 ? GENESIS : (heads.find(({ size }) => size === this.#after) ?? null);
    if (this.#at !== null && heads.some(({ size }) => size === this.#after)) this.#checked.push(this.#after);
  }

  line(text: string): ExportFault | null {
    this.#lines++;
    const fault = text.startsWith('{"signed_head":') ? this.#head(text) : this.#entry(text);
    return fault === null ? null : { fault: fault.fault, line: this.#lines, detail: fault.detail };
  }

  end(): { ok: ExportReport } | ExportFault {
    const end = this.#at ?? { size: this.#after, hash: GENESIS.hash };
    const newest = this.#heads.reduce((most, { size }) => Math.max(most, size), -1);
    const beyond = this.#heads.find(({ size }) => size > end.size);
    if (beyond !== undefined) return { ...truncation(end.size, beyond), line: null };
    if (newest < 0 && this.#options.publicKey !== undefined) {
      return { fault: "no_head", line: null, detail: "there is no signed head, in the file or beside it" };
    }
    if (newest >= 0 && newest < end.size) {
      const detail = `entries ${newest + 1} to ${end.size} stand behind the newest signed head`;
      return { fault: "unsigned", line: null, detail };
    }
    return {
      ok: {
        entries: this.#entries,
        end,
        origin: this.#origin,
        headsChecked: this.#checked,
        headsBefore: this.#heads.map(({ size }) => size).filter((size) => size < this.#after),
        signaturesChecked: this.#options.publicKey !== undefined,
      },
    };
  }

  #entry(text: string): { fault: FaultKind; detail: string } | null {
    const before = this.#at ?? { size: this.#after, hash: readEntry(text)?.prev ?? GENESIS.hash };
    const step = follow(before, text);
    if (isFault(step)) return step;
    this.#at = step.head;
    this.#entries++;
    const signed = this.#heads.find(({ size }) => size === step.head.size);
    if (signed === undefined) return null;
    this.#checked.push(signed.size);
    return contradiction(step.head, signed);
  }

  #head(text: string): Omit<ExportFault, "line"> | null {
    const note = noteOf(text);
    if (note === null) return { fault: "malformed_head", detail: "the line is not a signed head" };
    const read = readNote(note, this.#options, this.#origin);
    if ("fault" in read) return read;
    this.#origin ??= read.origin;
    const at = this.#at ?? { size: this.#after, hash: read.head.hash };
    if (read.head.size > at.size) return truncation(at.size, read.head);
    if (read.head.size < at.size) {
      return { fault: "gap", detail: `a head of size ${read.head.size} stands behind entry ${at.size}` };
    }
    if (!this.#checked.includes(read.head.size)) this.#checked.push(read.head.size);
    this.#heads.push(read.head);
    return contradiction(at, read.head);
  }
}

/** A note's head, verified if there is a key; all heads of one check must be of one log, under any of its names. */
function readNote(note: string, options: ExportOptions, origin: string | null): ReadHead | HeadFault {
  const { publicKey, otherNames = [] } = options;
  const plain = readHead(note);
  if ("fault" in plain) return plain;
  const isOther = otherNames.includes(plain.origin);
  const key = publicKey !== undefined && isOther ? renamedKey(publicKey, plain.origin) : publicKey;
  const read = key === undefined ? plain : verifyHead(note, key);
  if ("fault" in read || origin === null || read.origin === origin) return read;
  if (isOther || otherNames.includes(origin)) return read;
  return { fault: "other_key", detail: `one head is of ${origin}, another of ${read.origin}` };
}

function noteOf(line: string): string | null {
  try {
    const value: unknown = JSON.parse(line);
    const note = (value as { signed_head?: unknown }).signed_head;
    return typeof note === "string" && headLine(note) === line ? note : null;
  } catch {
    return null;
  }
}
