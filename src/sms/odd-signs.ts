/**
 * British numbers that odd signs stand in, as in `07700=900=123`: signs which else keep amounts, orders and sizes apart. Such digits
 * are a number where all of them are a whole one of the +44 plan and the signs do not stand as they do before prices. Pure.
 */
import { beginsAsFraction, digitAt, endsAt, isBritish, isHours, type Match } from "./british.ts";
import { CLASS, classOf } from "./characters.ts";
import { APART, COLON, lengthOf, TIMES, type Run, type Scan } from "./digit-runs.ts";

/** Whether a number with odd signs may begin with a run: with `0`, or the 4 of its calling code. */
export const mayBeOdd = (scan: Scan, run: Run): boolean => {
  const lead = scan.digits[run.from];
  return lead === 0 || lead === 4;
};

/** The number that begins with a run and has odd signs in it, or null. */
export function oddAt(text: string, scan: Scan, first: Run): Match | null {
  const national = first.from + leadOf(scan, first.from);
  const to = national + 10;
  if (national === first.from || first.to >= to) return null;
  const lead = scan.digits[national];
  if (lead === 0 || lead === 4 || lead === 6) return null;
  const last = scan.runOf(to - 1);
  if (last === null || !endsAt(text, scan, last, to) || !isJoined(text, first, last)) return null;
  const isNumber = isBritish(scan, national, 10) && !beginsAsFraction(scan, first) && !isHours(scan, first);
  return isNumber ? { last, to, code: 44 } : null;
}

/** How many digits stand before the national ones: `0`, `44`, `0044`, and a further `(0)`; 0 where they are none of these. */
function leadOf(scan: Scan, from: number): number {
  const skip = digitAt(scan, from) !== 0 ? 0 : digitAt(scan, from + 1) === 0 ? 2 : -1;
  if (skip < 0) return 1;
  if (digitAt(scan, from + skip) !== 4 || digitAt(scan, from + skip + 1) !== 4) return 0;
  return skip + (digitAt(scan, from + skip + 2) === 0 ? 3 : 2);
}

/** Whether nothing between the runs of a number says that they are amounts, sizes, times or orders of their own. */
function isJoined(text: string, first: Run, last: Run): boolean {
  let oneSided = 0;
  let gaps = 0;
  let odd = 0;
  for (let run = first; run !== last; gaps++) {
    const { next } = run;
    if (next === null || (next.gap === APART && next.odd === 0)) return false;
    if (next.odd !== 0) odd++;
    if (next.odd < 0) {
      // `#1 #2 #3` and `5% 10%`: amounts never, orders where something else stands between two of them.
      if (isAmount(-next.odd) || (oneSided++ > 0 && next.odd !== run.odd)) return false;
    } else if (next.odd === COLON && lengthOf(next) === 2) return false;
    run = next;
  }
  if (odd === 0 || (oneSided > 0 && (oneSided < gaps || gaps < 2))) return false;
  // A constant such as 0x1234.
  return odd > 1 || lengthOf(first) > 1 || (text.charCodeAt(first.end) | 0x20) !== TIMES;
}

const HASH = 0x23;
const AT = 0x40;
const EQUALS = 0x3d;

/** Whether a sign stands beside amounts: of money, in per cent, times something. */
const isAmount = (sign: number): boolean =>
  sign !== HASH && sign !== AT && sign !== EQUALS && classOf(sign) === CLASS.barrier;
