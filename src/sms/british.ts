/**
 * British numbers among the digits of a text: whether digits are one, where the last of them may end, and what looks like one and
 * is none. Pure.
 */
import { CLASS, classOf } from "./characters.ts";
import { DEAD } from "./digit-pattern.ts";
import { endInside, isDigit, NO_DIGIT, type Scan } from "./digit-runs.ts";
import { isInUse, planFor } from "./number-plan.ts";
import { lengthOf, type Run } from "./run.ts";

/** A run of digits that is a number's: the run it ends in, its last digit, its calling code where one is known. */
export type Match = { last: Run; to: number; code: number | null };

/** The value of a digit of the text, or `NO_DIGIT` behind the last. */
export const digitAt = ({ digits }: Scan, at: number): number => digits[at] ?? NO_DIGIT;

/** So many digits are glued to a number by chance, as in `24/7` and `1st`. */
export const GLUED_DIGITS_MAX = 2;

export const NINE = 1;
export const TEN = 2;

/** Whether nine or ten digits from here (`NINE`, `TEN` or both) are a national number of the +44 plan. */
export function britishAt(scan: Scan, from: number): number {
  const lead = digitAt(scan, from);
  const plan = planFor(44);
  if (plan === null || lead === 4 || lead === 6 || from + 9 > scan.total) return 0;
  const state = plan.read(scan.digits, from, from + 9);
  if (state === DEAD) return 0;
  const nine = plan.isNumber(state, 9) ? NINE : 0;
  if (from + 10 > scan.total) return nine;
  return plan.isNumber(plan.step(state, digitAt(scan, from + 9)), 10) ? nine | TEN : nine;
}

/** Whether so many digits from here are a national number of the +44 plan, where none begins with 4 or 6. */
export function isBritish(scan: Scan, from: number, length: number): boolean {
  const lead = digitAt(scan, from);
  return lead !== 4 && lead !== 6 && isInUse(44, scan.digits, from, from + length);
}

/** National numbers of nine digits begin with 1 or 800. */
export function isShortLead(scan: Scan, at: number): boolean {
  const lead = digitAt(scan, at);
  return lead === 1 || (lead === 8 && digitAt(scan, at + 1) === 0 && digitAt(scan, at + 2) === 0);
}

/** The run in which digit `to` is the last one of a number: at the run's end, or before a price or another number. */
export function reach(text: string, scan: Scan, first: Run, to: number): Run | null {
  const last = scan.together(first, to - 1);
  return last !== null && endsAt(text, scan, last, to) ? last : null;
}

/** Whether a number may end with this digit of a run. */
export function endsAt(text: string, scan: Scan, last: Run, to: number): boolean {
  const rest = last.to - to;
  if (rest === 0) return true;
  const counted = rest <= GLUED_DIGITS_MAX && (isLetterAt(text, last.end) || isNoteAt(text, scan, last, to));
  const price = rest <= PRICE_DIGITS_MAX && isPriceAt(text, last.end);
  return counted || price || (rest >= 10 && beginsNumber(scan, to));
}

/** Whether digits of another kind begin with this digit of a run, as those of a footnote do: `07700900123²`. */
export function isNoteAt(text: string, { decodes }: Scan, run: Run, to: number): boolean {
  if (text.charCodeAt(run.end - 1) < 0x80) return false;
  const end = endInside(text, run, to - run.from, decodes);
  return isDigit(text.charCodeAt(end - 1)) && text.charCodeAt(end) >= 0x80;
}

/** Whether these digits begin as British numbers do: `0` or `44`, and no further 0. */
function beginsNumber(scan: Scan, at: number): boolean {
  const lead = digitAt(scan, at);
  if (lead === 0) return digitAt(scan, at + 1) !== 0;
  return lead === 4 && digitAt(scan, at + 1) === 4 && digitAt(scan, at + 2) !== 0;
}

/** A price or an age that was run on to a number: `…150p`, `…10p/min`, `…18+`, `…1.50`. */
export const PRICE_DIGITS_MAX = 4;
const PRICE = /^(?:p|[+%¢£]|yrs|\/(?:min|m|msg|call|txt|wk|week)|\.\d\d(?!\d))/i;
const PRICE_BEGINS: ReadonlySet<number> = new Set(Array.from("pP+%¢£yY/.", (sign) => sign.charCodeAt(0)));
const isPriceAt = (text: string, at: number): boolean =>
  at < text.length && PRICE_BEGINS.has(text.charCodeAt(at)) && PRICE.test(text.slice(at, at + 8));

const UNDERSCORE = 0x5f;

/** Whether a letter, an underscore or a bullet stands at this place: ids and masks have them, words round numbers a space. */
export function isLetterAt(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  const unit = text.charCodeAt(at);
  const kind = classOf(unit);
  return kind === CLASS.letter || kind === CLASS.bullet || unit === UNDERSCORE;
}

/** `0.` and what follows a decimal point: not the groups of a number, unless full stops go on between them. */
export function beginsAsFraction(scan: Scan, zero: Run): boolean {
  if (lengthOf(zero) !== 1 || digitAt(scan, zero.from) !== 0) return false;
  return zero.next?.gap === CLASS.dot && zero.next.next?.gap !== CLASS.dot;
}

/** Whether single digits stand in pairs, as scores do: `3-1 2-0 0-1`. */
export function isScores(first: Run, last: Run): boolean {
  const odd = first.next?.gap;
  const even = first.next?.next?.gap;
  if (odd === even || lengthOf(first) !== 1) return false;
  let inPair = true;
  for (let run = first.next; run !== null; run = run.next, inPair = !inPair) {
    if (lengthOf(run) !== 1 || run.gap !== (inPair ? odd : even)) return false;
    if (run === last) return true;
  }
  return false;
}

/** Opening hours on the quarter, `0900-1730`, unless the same sign goes on behind them. */
export function isHours(scan: Scan, from: Run): boolean {
  const to = from.next;
  if (to === null || lengthOf(from) !== 4 || lengthOf(to) !== 4 || to.gap === CLASS.space || !to.plain) return false;
  return isQuarter(scan, from) && isQuarter(scan, to) && to.next?.gap !== to.gap;
}

/** Whether four digits are a time on the quarter of an hour. */
function isQuarter(scan: Scan, { from }: Run): boolean {
  const hours = digitAt(scan, from) * 10 + digitAt(scan, from + 1);
  const minutes = digitAt(scan, from + 2) * 10 + digitAt(scan, from + 3);
  return hours <= 24 && minutes < 60 && minutes % 15 === 0;
}
