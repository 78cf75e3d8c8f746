/**
 * British numbers that odd signs stand in, as in `07700=900=123`: signs which else keep amounts, orders and sizes apart. Such digits
 * are a number where all of them are a whole one of the +44 plan and the signs stand as they do in one, not as in a list. Pure.
 */
import { beginsAsFraction, digitAt, endsAt, isBritish, isHours, isLetterAt, type Match } from "./british.ts";
import { classOf, CLASS } from "./characters.ts";
import { COLON, TIMES, type Scan } from "./digit-runs.ts";
import { TAG } from "./escapes.ts";
import { APART, isTight, lengthOf, type Run } from "./run.ts";

/** Whether a number with odd signs may begin with a run: with `0`, or the 4 of its calling code. */
export const mayBeOdd = (scan: Scan, run: Run): boolean => {
  const lead = scan.digits[run.from];
  return lead === 0 || lead === 4;
};

/** The number that begins with a run and has odd signs in it, or null. `fresh`: no digits that are left stand right before it. */
export function oddAt(text: string, scan: Scan, first: Run, fresh: boolean): Match | null {
  const national = first.from + leadOf(scan, first.from);
  const to = national + 10;
  if (national === first.from || first.to >= to) return null;
  const lead = scan.digits[national];
  if (lead === 0 || lead === 4 || lead === 6) return null;
  const last = scan.runOf(to - 1);
  if (last === null) return null;
  const abroad = first.plus || (national - first.from > 3 && lengthOf(first) > 1);
  if (!abroad && isList(scan, first, last, to, fresh)) return null;
  const gaps = gapsBetween(first, last);
  if (gaps === null || !(abroad || isOne(text, gaps, first, last, digitAt(scan, first.from), fresh))) return null;
  if (!endsAt(text, scan, last, to) || !isBritish(scan, national, 10)) return null;
  return beginsAsFraction(scan, first) || isHours(scan, first) ? null : { last, to, code: 44 };
}

/** Whether a sign that joins short groups goes on before or behind them as well: told without a look at each of them. */
function isList(scan: Scan, first: Run, last: Run, to: number, fresh: boolean): boolean {
  if (lengthOf(first) >= 3 || last.odd === 0 || last.next?.odd !== last.odd) return false;
  return (!fresh && first.odd === last.odd) || scan.runsBetween(first.from, to - 1) > to - first.from - LONG;
}

/** How many digits stand before the national ones: `0`, `44`, `0044`, and a further `(0)`; 0 where they are none of these. */
function leadOf(scan: Scan, from: number): number {
  const skip = digitAt(scan, from) !== 0 ? 0 : digitAt(scan, from + 1) === 0 ? 2 : -1;
  if (skip < 0) return 1;
  if (digitAt(scan, from + skip) !== 4 || digitAt(scan, from + skip + 1) !== 4) return 0;
  return skip + (digitAt(scan, from + skip + 2) === 0 ? 3 : 2);
}

/** What stands between the runs of a number; used again for the next. */
type Gaps = {
  count: number;
  /** How many have no odd sign. */
  plain: number;
  /** How many have an odd sign with a space or a comma at one side of it alone. */
  sided: number;
  /** The one odd sign of all gaps; 0 where there are several. */
  sign: number;
  /** How many digits the shortest and the longest run have. */
  shortest: number;
  longest: number;
};
const between: Gaps = { count: 0, plain: 0, sided: 0, sign: 0, shortest: 0, longest: 0 };

/** What stands between two runs; null where none of it is odd, or it keeps them apart: an amount's sign before it, a time's colon. */
function gapsBetween(first: Run, last: Run): Gaps | null {
  between.count = between.plain = between.sided = 0;
  between.shortest = between.longest = lengthOf(first);
  let sign = 0;
  let several = false;
  let any = false;
  for (let run = first; run !== last;) {
    const { next } = run;
    if (next === null || (next.gap === APART && next.odd === 0)) return null;
    run = next;
    const length = lengthOf(run);
    between.count++;
    between.shortest = Math.min(between.shortest, length);
    between.longest = Math.max(between.longest, length);
    if (run.odd === 0 && run.gap !== CLASS.colon) {
      between.plain++;
      continue;
    }
    const odd = run.odd === 0 ? COLON : Math.abs(run.odd);
    if (run.odd === COLON && length === 2) return null;
    if (run.odd < 0 && odd !== TAG) {
      if (isAmount(odd)) return null;
      between.sided++;
    }
    any ||= run.odd !== 0;
    several ||= sign !== 0 && sign !== odd;
    sign = odd;
  }
  between.sign = several ? 0 : sign;
  return any ? between : null;
}

/** So many digits in a group are no count and no key of a list. */
const LONG = 5;

/** Whether runs without a calling code are one number's: one odd sign joins them all, or groups as numbers have them. */
function isOne(text: string, gaps: Gaps, first: Run, last: Run, lead: number, fresh: boolean): boolean {
  const { sign, shortest } = gaps;
  if (sign === 0) return false;
  // `#07 #700`: orders, colours and tags where anything else stands among them.
  if (gaps.sided > 0 && (gaps.sided < gaps.count || gaps.count < 2)) return false;
  if (gaps.sided > 0 && (isLetterAt(text, first.start - 1) || isLetterAt(text, last.end))) return false;
  if (gaps.plain > 0) return shortest >= 3 && sign !== COLON && !isAmount(sign);
  // A constant such as 0x1632960123.
  if (gaps.count === 1 && lengthOf(first) === 1 && (text.charCodeAt(first.end) | 0x20) === TIMES) return false;
  if (gaps.sided === 0 && (lengthOf(first) >= 3 || gaps.longest >= LONG)) return true;
  const goesOn = last.next !== null && Math.abs(last.next.odd) === sign;
  if (goesOn || isTight(first) || !(fresh || Math.abs(first.odd) !== sign)) return false;
  // Pairs that begin with 44 are a draw or sizes.
  return lead === 0 || gaps.longest !== 2;
}

const HASH = 0x23;
const AT = 0x40;
const EQUALS = 0x3d;

/** Whether a sign stands beside amounts: of money, in per cent, times something. */
const isAmount = (sign: number): boolean =>
  sign === TIMES ||
  (!(sign === HASH || sign === AT || sign === EQUALS || sign === TAG) && classOf(sign) === CLASS.barrier);
