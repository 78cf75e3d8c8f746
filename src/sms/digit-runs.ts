/**
 * A text as runs of digits and what stands between them: the one reading of characters by which numbers are accepted, masked,
 * stripped and scanned for. One pass, no backtracking. Pure.
 */
import { CLASS, classOf, valueOf } from "./characters.ts";
import { DOTS } from "./mask.ts";

/** Between two runs: they do not belong together, or what separates them when that is not a single character. */
export const APART = -1;
const SEVERAL = 99;

/** Digits without a break. Offsets are UTF-16 units of the text; `from` and `to` lie in the digits of the whole text. */
export type Run = {
  start: number;
  end: number;
  from: number;
  to: number;
  plus: boolean;
  /** Where a bracket opens right before the run; -1 where none does. */
  openAt: number;
  /** The class of the one character between the last run and this, `SEVERAL`, or `APART`. */
  gap: number;
  /** Whether the gap has only what people put between the groups of one number. */
  plain: boolean;
};

export type Scan = {
  /** All digits of the text in order, whatever script they came in. */
  digits: string;
  runs: Run[];
};

/** More characters than this between two groups and they are not one number's. */
export const GAP_MAX = 8;
/** So many bullets in a row hide something: a mask, whose last two digits begin no number. */
const HIDING_BULLETS = 3;

/** What was read since the last digit. */
class Gap {
  length = 0;
  kind: number = APART;
  plain = true;
  broken = true; // nothing stands before the first run
  bullets = 0;
  plusAt = -1;
  openAt = -1;
  behindDigit = false;

  reset(): void {
    this.length = 0;
    this.kind = APART;
    this.plain = true;
    this.broken = false;
    this.bullets = 0;
    this.plusAt = -1;
    this.openAt = -1;
    this.behindDigit = true;
  }

  /** A letter ends everything that could have gone on. */
  end(): void {
    this.broken = true;
    this.bullets = 0;
    this.plusAt = -1;
    this.openAt = -1;
    this.behindDigit = false;
  }

  /** One more character. A plus counts for the digits behind it, with a space or a bracket between at most. */
  widen(kind: number, at: number): void {
    this.length++;
    this.kind = this.length === 1 || (kind === CLASS.space && this.kind === CLASS.space) ? kind : SEVERAL;
    this.bullets = kind === CLASS.bullet ? this.bullets + 1 : 0;
    if (kind > CLASS.slash || kind === CLASS.plus) this.plain = false;
    if (kind === CLASS.barrier || this.bullets >= HIDING_BULLETS) this.broken = true;
    if (kind === CLASS.space) {
      if (this.length === 2 && this.plusAt >= 0 && this.behindDigit) this.plusAt = -1; // `18+ …` is an age
      return;
    }
    if (kind === CLASS.open) {
      if (this.plusAt < 0) this.openAt = at;
      return;
    }
    if (kind !== CLASS.plus) this.openAt = -1;
    this.plusAt = kind === CLASS.plus ? at : -1;
  }
}

/** Reads the text once. */
export function scanDigits(text: string): Scan {
  const scan: Scan = { digits: "", runs: [] };
  const gap = new Gap();
  let hidden = 0; // digits still to come that belong to a mask
  for (let at = 0; at < text.length;) {
    const codePoint = codePointAt(text, at);
    const kind = classOf(codePoint);
    if (kind === CLASS.letter) {
      gap.end();
    } else if (kind >= CLASS.space) {
      gap.widen(kind, at);
      hidden = gap.bullets >= DOTS.length ? 2 : 0;
    } else if (kind < CLASS.format) {
      if (hidden === 0) {
        at = readRun(text, at, scan, gap);
        continue;
      }
      hidden--;
      gap.end();
    }
    at += codePoint > 0xffff ? 2 : 1;
  }
  return scan;
}

/** The code point at a place; half of a surrogate pair where it stands alone. */
function codePointAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00 ? (text.codePointAt(at) ?? unit) : unit;
}

/** Reads the digits from this place on, and what sits on or between them unseen; returns where the next character is. */
function readRun(text: string, at: number, scan: Scan, gap: Gap): number {
  const run = begin(scan, gap, at);
  let next = at;
  while (next < text.length) {
    const unit = text.charCodeAt(next);
    if (unit < 0x30 || unit > 0x39) break;
    next++;
  }
  let digits = text.slice(at, next); // most digits are ASCII and stand side by side
  run.end = next;
  while (next < text.length) {
    const codePoint = codePointAt(text, next);
    const kind = classOf(codePoint);
    if (kind === CLASS.letter || kind >= CLASS.space) break;
    next += codePoint > 0xffff ? 2 : 1;
    const value = valueOf(kind);
    if (value >= 0) digits += String.fromCharCode(ZERO + value);
    if (value >= 0 || (kind === CLASS.mark && run.end === next - 1)) run.end = next;
  }
  scan.digits += digits;
  run.to = run.from + digits.length;
  scan.runs.push(run);
  gap.reset();
  return next;
}

const ZERO = 0x30;

/** Where the `count`th digit of a run ends in the text. */
export function endInside(text: string, { start }: Run, count: number): number {
  let left = count;
  for (let at = start; at < text.length;) {
    const codePoint = codePointAt(text, at);
    at += codePoint > 0xffff ? 2 : 1;
    if (valueOf(classOf(codePoint)) >= 0 && --left === 0) return at;
  }
  return text.length;
}

function begin({ digits, runs }: Scan, gap: Gap, at: number): Run {
  const from = digits.length;
  const plus = gap.plusAt >= 0;
  const glued = plus && gap.length === 1;
  const before = runs.at(-1);
  const isTime = gap.kind === CLASS.colon && before !== undefined && before.to - before.from <= 2;
  const apart = gap.broken || gap.length > GAP_MAX || isTime || (plus && !glued);
  return {
    start: plus ? gap.plusAt : at,
    end: at,
    from,
    to: from,
    plus,
    openAt: gap.openAt,
    gap: apart ? APART : gap.kind,
    plain: gap.plain,
  };
}
