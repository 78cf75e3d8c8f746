/**
 * A run of digits without a break, what stands before it, and whether three of them are a date. Pure.
 */
import { CLASS } from "./characters.ts";

/** Between two runs: they do not belong together, or what separates them when that is not a single character. */
export const APART = -1;
export const SEVERAL = 99;
/** The block of runs that have too few digits for a number without what stands behind an odd sign. */
export const SHORT = -1;

/**
 * Digits without a break. Offsets are UTF-16 units of the text; `from` and `to` lie in the digits of the whole text. Runs are used
 * again for the next text, so whoever reads one keeps none.
 */
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
  /**
   * The odd sign (a currency's, # @ = % or an x) that keeps the run apart from the last, though a number may go on behind it; its
   * negative where a space or a comma stands at one side of it alone, as before a price; 0 where none does, or nothing can go on.
   */
  odd: number;
  /** Runs of one block have nothing between them that keeps them apart; -1 where the whole block has too few digits for a number. */
  block: number;
  /** How many gaps up to this run were not plain. */
  rough: number;
  next: Run | null;
};

/** A run of its own for whoever fills it: no two calls give the same. */
export const blankRun = (): Run => ({
  start: 0,
  end: 0,
  from: 0,
  to: 0,
  plus: false,
  openAt: -1,
  gap: APART,
  plain: true,
  odd: 0,
  block: 0,
  rough: 0,
  next: null,
});

/** How many digits a run has. */
export const lengthOf = ({ from, to }: Run): number => to - from;

/** Whether something other than a space joins a run to the one before it. */
export const isTight = ({ gap }: Run): boolean => gap !== APART && gap !== CLASS.space && gap < SEVERAL;

/** The value of a short run. */
function numberIn(digits: Uint8Array, { from, to }: Run): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + (digits[at] ?? 0);
  return value;
}

/** Whether runs of these lengths may be a date: of four, two and two digits, or of one or two, one or two, and four. */
export function isDateLong(lengths: number): boolean {
  if ((lengths & 0xff) !== 4) return lengths === 0x04_02_02;
  const [a, b] = [lengths >> 16, (lengths >> 8) & 0xff];
  return a >= 1 && a <= 2 && b >= 1 && b <= 2;
}

/** Whether three runs are day, month and year in any usual order. */
export function isDate(digits: Uint8Array, a: Run, b: Run, c: Run): boolean {
  const iso = lengthOf(a) === 4;
  if (iso && !isTight(b)) return false;
  const year = numberIn(digits, iso ? a : c);
  const [x, y] = [numberIn(digits, b), numberIn(digits, iso ? c : a)];
  if (year < 1900 || year > 2099) return false;
  return x >= 1 && y >= 1 && Math.min(x, y) <= 12 && Math.max(x, y) <= 31;
}
