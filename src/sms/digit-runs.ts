/**
 * A text as runs of digits and what stands between them: the one reading of characters by which numbers are accepted, masked,
 * stripped and scanned for. Dates are left out, since they are no part of any number. One pass, no backtracking. Pure.
 */
import { CLASS, classOf, valueOf } from "./characters.ts";
import { BACKSLASH, BEGINS_ESCAPE, PERCENT } from "./escapes.ts";
import { DOTS } from "./mask.ts";
import { hexOf } from "./percent.ts";
import { APART, blankRun, isDate, isDateLong, lengthOf, SEVERAL, SHORT, type Run } from "./run.ts";
import { character, characterAt, endOfDigit } from "./text-reading.ts";

/** Behind the last digit of a text. */
export const NO_DIGIT = 10;
/** So far behind the last digit is looked. */
const BEHIND = 3;

/** The shortest number that is found. */
export const DIGITS_MIN = 7;
/** More characters than this between two groups and they are not one number's. */
const GAP_MAX = 8;
/** So many bullets in a row hide something: a mask, whose last two digits begin no number. */
const HIDING_BULLETS = 3;

/** The digits of one text and their runs, and while it is read what was read since the last digit. */
export class Scan {
  /** The values of all digits of the text in order, whatever script they came in, and `NO_DIGIT` behind the last. */
  readonly digits: Uint8Array;
  /** How many digits there are. */
  total = 0;
  /** Whether escapes have taken up digits: who reads the text as it stands may see another number. */
  taken = false;
  /** Whether odd signs stand between runs. */
  odd = false;
  decodes = true;
  #count = 0;
  readonly #runs: Run[] = [];
  /** The place of each digit's run in the list. */
  readonly #runOf: Uint32Array;

  /** The block that is read, its first digit and its first run; and those of the blocks that odd signs join. */
  #block = 0;
  #blockFrom = 0;
  #blockAt = 0;
  #chainFrom = 0;
  #chainAt = 0;
  /** How many digits the last three runs have, a byte each. */
  #lengths = 0;
  #length = 0;
  #kind: number = APART;
  /** The classes of the first and the last sign in this gap. */
  #first: number = APART;
  #last: number = APART;
  #plain = true;
  #broken = true;
  /** The odd sign in this gap, or 0. */
  #odd = 0;
  #bullets = 0;
  /** The character that was worked out last, its place and where the next is. */
  #seen = 0;
  #seenAt = -1;
  #seenNext = 0;
  #plusAt = -1;
  #openAt = -1;
  #behindDigit = false;
  #behindLetter = false;

  constructor(length: number) {
    this.digits = new Uint8Array(length + BEHIND);
    this.#runOf = new Uint32Array(length);
  }

  /** The first run of the text. */
  get first(): Run | null {
    return this.#count === 0 ? null : (this.#runs[0] ?? null);
  }

  /** The run that a digit is in, where it stands in one block with a run before it. */
  together(first: Run, digit: number): Run | null {
    const run = this.runOf(digit);
    return run !== null && run.block === first.block ? run : null;
  }

  /** How many runs lie between two digits, the last one's included. */
  runsBetween(from: number, to: number): number {
    return (this.#runOf[to] ?? 0) - (this.#runOf[from] ?? 0);
  }

  /** The run that a digit is in. */
  runOf(digit: number): Run | null {
    return digit < this.total ? (this.#runs[this.#runOf[digit] ?? 0] ?? null) : null;
  }

  /** Reads a text; what is escaped in it decoded, or as it stands. */
  read(text: string, decodes: boolean): void {
    character.taken = 0;
    character.escapeEnd = 0;
    this.#seenAt = -1;
    this.odd = false;
    this.decodes = decodes;
    this.total = 0;
    this.#count = 0;
    this.#passLetter();
    this.#plain = true;
    this.#lengths = 0;
    this.#blockFrom = 0;
    this.#blockAt = 0;
    this.#chainFrom = 0;
    this.#chainAt = 0;
    let hidden = 0; // digits still to come that belong to a mask
    for (let at = 0; at < text.length;) {
      const unit = text.charCodeAt(at);
      const isPlain = unit < 0x80 && BEGINS_ESCAPE[unit] === 0;
      const codePoint = isPlain ? unit : this.#characterAt(text, at);
      const kind = classOf(codePoint);
      const next = isPlain ? at + 1 : this.#seenNext;
      if (kind === CLASS.letter) {
        if (this.#behindDigit && isTimes(text, codePoint, next)) this.#passSign(CLASS.barrier, at, TIMES);
        else if (!this.#behindLetter) this.#passLetter();
      } else if (kind >= CLASS.space) {
        this.#passSign(kind, at, codePoint);
        hidden = this.#bullets >= DOTS.length ? 2 : 0;
      } else if (kind < CLASS.format) {
        if (hidden === 0) {
          at = this.#passDigits(text, at);
          continue;
        }
        hidden--;
        this.#passLetter();
      }
      at = next;
    }
    this.digits.fill(NO_DIGIT, this.total, this.total + BEHIND);
    this.taken = character.taken > 0 && this.total + character.taken >= DIGITS_MIN;
  }

  /** A letter ends everything that could have gone on. */
  #passLetter(): void {
    this.#broken = true;
    this.#bullets = 0;
    this.#plusAt = -1;
    this.#openAt = -1;
    this.#behindDigit = false;
    this.#behindLetter = true;
  }

  /** One more sign. A plus counts for the digits behind it, with a space or a bracket between at most. */
  #passSign(kind: number, at: number, codePoint: number): void {
    this.#behindLetter = false;
    const length = ++this.#length;
    if (length === 1) this.#first = kind;
    this.#last = kind;
    this.#kind = length === 1 || (kind === CLASS.space && this.#kind === CLASS.space) ? kind : SEVERAL;
    if (kind === CLASS.space) {
      this.#bullets = 0;
      if (length === 2 && this.#plusAt >= 0 && this.#behindDigit) this.#plusAt = -1; // `18+ …` is an age
      return;
    }
    this.#bullets = kind === CLASS.bullet ? this.#bullets + 1 : 0;
    if (kind > CLASS.slash || kind === CLASS.plus) this.#plain = false;
    if (kind === CLASS.barrier) this.#odd = codePoint;
    if (this.#bullets >= HIDING_BULLETS) this.#broken = true;
    if (kind === CLASS.open) {
      if (this.#plusAt < 0) this.#openAt = at;
      return;
    }
    if (kind !== CLASS.plus) this.#openAt = -1;
    this.#plusAt = kind === CLASS.plus ? at : -1;
  }

  /** Reads runs from this place on, as long as one sign stands between them; returns where the next character is. */
  #passDigits(text: string, at: number): number {
    let next = this.#passRun(text, at);
    this.#bullets = 0;
    this.#plusAt = -1;
    this.#openAt = -1;
    this.#behindDigit = true;
    this.#behindLetter = false;
    while (next + 1 < text.length && isDigit(text.charCodeAt(next + 1))) {
      const unit = text.charCodeAt(next);
      if (unit >= 0x80 || (this.decodes && mayBeEscape(text, next, unit))) break;
      const kind = (unit | 0x20) === TIMES ? CLASS.barrier : classOf(unit);
      if (JOINS[kind] !== 1) break;
      this.#length = 1;
      this.#kind = kind;
      this.#first = this.#last = kind;
      this.#plain = kind < CLASS.comma;
      if (kind === CLASS.barrier) this.#odd = unit === TIMES - 0x20 ? TIMES : unit;
      next = this.#passRun(text, next + 1);
    }
    this.#length = 0;
    this.#plain = true;
    return next;
  }

  /** Reads one run, and what sits on or between its digits unseen. */
  #passRun(text: string, at: number): number {
    const run = this.#begin(at);
    const place = this.#count - 1;
    const { digits } = this;
    const runOf = this.#runOf;
    let next = at;
    let { total } = this;
    while (next < text.length) {
      const unit = text.charCodeAt(next);
      if (isDigit(unit)) {
        digits[total] = unit - ZERO;
        runOf[total++] = place;
        run.end = ++next;
        continue;
      }
      if (unit < 0x80 && !(BEGINS_ESCAPE[unit] === 1 && this.decodes && mayDecode(text, next, unit))) break; // no other character of ASCII is a digit's or unseen
      const kind = classOf(this.#characterAt(text, next));
      if (kind === CLASS.letter || kind >= CLASS.space) break;
      const start = next;
      next = this.#seenNext;
      const value = valueOf(kind);
      if (value >= 0) {
        digits[total] = value;
        runOf[total++] = place;
      }
      if (value >= 0 || (kind === CLASS.mark && run.end === start)) run.end = next;
    }
    const length = total - run.from;
    this.total = total;
    run.to = total;
    this.#lengths = ((this.#lengths << 8) | Math.min(length, 0xff)) & 0xff_ffff;
    this.#odd = 0;
    this.#broken = isDateLong(this.#lengths) && this.#dropDate(run);
    return next;
  }

  /** The code point at a place, which is worked out once where a run ends at it or begins with it. */
  #characterAt(text: string, at: number): number {
    if (at !== this.#seenAt) {
      this.#seen = characterAt(text, at, this.decodes);
      this.#seenAt = at;
      this.#seenNext = character.next;
    }
    return this.#seen;
  }

  #begin(at: number): Run {
    const last = this.#count === 0 ? undefined : this.#runs[this.#count - 1];
    const plus = this.#plusAt >= 0;
    const glued = plus && this.#length === 1;
    const isTime = this.#kind === CLASS.colon && last !== undefined && lengthOf(last) <= 2;
    const apart = this.#broken || this.#length > GAP_MAX || (plus && !glued);
    const odd = apart ? 0 : this.#odd !== 0 ? this.#oddSign() : isTime ? COLON : 0;
    if (apart) this.#endChain();
    else if (odd !== 0) this.#endBlock();
    const count = this.#count++;
    const before = count === 0 ? undefined : this.#runs[count - 1];
    const run = this.#runs[count] ?? (this.#runs[count] = blankRun());
    if (before !== undefined) before.next = run;
    run.next = null;
    run.start = plus ? this.#plusAt : at;
    run.end = at;
    run.from = this.total;
    run.plus = plus;
    run.openAt = this.#openAt;
    run.gap = apart || odd !== 0 ? APART : this.#kind;
    run.odd = odd;
    run.plain = this.#plain;
    run.block = this.#block;
    run.rough = (before?.rough ?? 0) + (this.#plain ? 0 : 1);
    return run;
  }

  /** The odd sign of a gap, negative where what sentences have stands at one side of it alone. */
  #oddSign(): number {
    const first = SENTENCE[this.#first] === 1;
    const last = SENTENCE[this.#last] === 1;
    return first === last ? this.#odd : -this.#odd;
  }

  /** Begins a new block of runs that may go on from the last, which is marked where it has too few digits for a number. */
  #endBlock(): void {
    this.odd = true;
    if (this.total - this.#blockFrom < DIGITS_MIN)
      for (let at = this.#blockAt; at < this.#count; at++) {
        const run = this.#runs[at];
        if (run !== undefined) run.block = SHORT;
      }
    this.#block++;
    this.#blockFrom = this.total;
    this.#blockAt = this.#count;
  }

  /** Begins a new block of runs that goes on from none, and forgets what has too few digits for a number. */
  #endChain(): void {
    if (this.total - this.#chainFrom < DIGITS_MIN) {
      this.total = this.#chainFrom;
      this.#count = this.#chainAt;
    } else this.#block++;
    this.#blockFrom = this.#chainFrom = this.total;
    this.#blockAt = this.#chainAt = this.#count;
  }

  /** Takes the last three runs away where they are a date, and says so; what stands behind it begins anew. */
  #dropDate(c: Run): boolean {
    const a = this.#runs[this.#count - 3];
    const b = this.#runs[this.#count - 2];
    if (a === undefined || b === undefined || b.gap === APART || b.gap !== c.gap || !b.plain) return false;
    if (!isDate(this.digits, a, b, c)) return false;
    this.#count -= 3;
    this.#lengths = 0;
    this.total = a.from;
    const before = this.#count === 0 ? undefined : this.#runs[this.#count - 1];
    if (before !== undefined) before.next = null;
    return true;
  }
}

/** The sign in times and in numbers that are written like them. */
export const COLON = 0x3a;
/** The letter that stands for times. */
export const TIMES = 0x78;

/** Whether a letter is an x between digits, with one space at a side of it at most. */
function isTimes(text: string, codePoint: number, next: number): boolean {
  if ((codePoint | 0x20) !== TIMES) return false;
  const unit = text.charCodeAt(next);
  return isDigitAt(text, classOf(unit) === CLASS.space ? next + 1 : next);
}

const isDigitAt = (text: string, at: number): boolean => at < text.length && valueOf(classOf(text.charCodeAt(at))) >= 0;

/** Whether a sign that begins escapes may do so here: a per cent sign where two hexadecimal digits follow. */
const mayDecode = (text: string, at: number, unit: number): boolean =>
  unit !== PERCENT || (at + 2 < text.length && hexOf(text.charCodeAt(at + 2)) >= 0);

/** Whether a sign with a digit behind it may begin an escape: a per cent sign before two of hexadecimal, a backslash before octal. */
const mayBeEscape = (text: string, at: number, unit: number): boolean =>
  unit === BACKSLASH || (unit === PERCENT && mayDecode(text, at, unit));

/** Classes of signs that may stand alone between the groups of a number, where the next run can be read at once. */
const JOINS = new Uint8Array(CLASS.other + 1);
/** Classes of signs that sentences have beside an amount. */
const SENTENCE = new Uint8Array(CLASS.other + 1);
for (const kind of [CLASS.space, CLASS.dash, CLASS.dot, CLASS.slash, CLASS.comma]) JOINS[kind] = SENTENCE[kind] = 1;
JOINS[CLASS.barrier] = JOINS[CLASS.other] = 1;

const ZERO = 0x30;
/** Whether a UTF-16 unit is a digit of ASCII. */
export const isDigit = (unit: number): boolean => unit >= ZERO && unit <= 0x39;

/** Longer texts get a scan of their own, which is dropped with them. */
const SHARED_LENGTH = 2_048;
const shared = new Scan(SHARED_LENGTH);

/** Reads the text once, decoded or as it stands. What it answers holds until the next text is read. */
export function scanDigits(text: string, decodes: boolean): Scan {
  const scan = text.length <= SHARED_LENGTH ? shared : new Scan(text.length);
  scan.read(text, decodes);
  return scan;
}

/** Where the `count`th digit of a run ends in the text. */
export function endInside(text: string, { start }: Run, count: number, decodes: boolean): number {
  return endOfDigit(text, start, count, decodes);
}
