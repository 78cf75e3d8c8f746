/**
 * Finds telephone numbers in a text and replaces them by their masks. Whatever `parseNumber` takes as a recipient is found here:
 * it asks this file. Linear in the text; a guess where nothing says what digits mean, on the side of hiding. Pure.
 */
import { CLASS, classOf } from "./characters.ts";
import { APART, endInside, scanDigits, type Run, type Scan } from "./digit-runs.ts";
import { isIdAt, type IdMemory } from "./ids-in-text.ts";
import { callingCodeLength, DOTS, maskFrom } from "./mask.ts";
import { isInUse } from "./number-plan.ts";
import { decodePercent } from "./percent.ts";

/** Where a number stands in a text (UTF-16 offsets, end exclusive) and what to write instead. */
export type FoundNumber = { start: number; end: number; mask: string };

/** Replaces whatever in a free text reads as a telephone number by its mask. Masking twice changes nothing more. */
export function maskNumbersIn(text: string): string {
  let out = "";
  let from = 0;
  for (const { start, end, mask } of findNumbers(text)) {
    out += text.slice(from, start) + mask;
    from = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

/**
 * Finds E.164, `00`, British national and bare `44…` numbers however they are separated and in whatever digits, also where they are
 * glued to letters or to a price; British mobiles without their 0; and American and French groups. Percent-encoded text is
 * read too. UUIDs, ULIDs, our ids, digests, dates and times are left as they are.
 */
export function findNumbers(text: string): FoundNumber[] {
  return findDecoding(text, ENCODINGS_MAX);
}

/** A text may have been percent-encoded more than once on its way, but not so often that reading it takes long. */
const ENCODINGS_MAX = 3;

function findDecoding(text: string, encodings: number): FoundNumber[] {
  const found = findPlain(text);
  const decoded = encodings === 0 ? null : decodePercent(text);
  if (decoded === null) return found;
  const { offsets } = decoded;
  const inside = findDecoding(decoded.text, encodings - 1).map(({ start, end, mask }) => ({
    start: offsets[start] ?? 0,
    end: offsets[end] ?? text.length,
    mask,
  }));
  return merged([...found, ...inside]);
}

/** In order, without overlap: what overlaps becomes one place with the mask of the longer. */
function merged(found: FoundNumber[]): FoundNumber[] {
  const out: FoundNumber[] = [];
  for (const one of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = out.at(-1);
    if (last === undefined || one.start >= last.end) out.push(one);
    else out[out.length - 1] = { ...last, end: Math.max(last.end, one.end) };
  }
  return out;
}

/** A run of digits that is a number's: the run it ends in, its last digit, its calling code where one is known. */
type Match = { last: number; to: number; code: string | null };

/** The shortest number that is found. */
const DIGITS_MIN = 7;
/** 15 digits of E.164, the `00` before them and the `(0)` inside them. */
export const DIGITS_MAX = 18;

function findPlain(text: string): FoundNumber[] {
  const read = scanDigits(text);
  if (read.digits.length < DIGITS_MIN) return [];
  const scan = withoutDates(read);
  const { digits, runs } = scan;
  const found: FoundNumber[] = [];
  const ids: IdMemory = { start: -1, end: -1, isId: false };
  let free = true; // whether what stands before the run belongs to no digits that are left
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i];
    if (run === undefined) break;
    const match = matchAt(text, scan, i, free || run.gap === APART);
    if (match === null && cutTail(text, scan, i)) {
      i--;
      continue;
    }
    const end = match === null ? 0 : endOf(text, scan, match);
    if (match === null || isIdAt(text, run.start, end, ids)) {
      free = false;
      continue;
    }
    const start = run.openAt >= 0 && closesIn(text, run.start, end) ? run.openAt : run.start;
    const shown = digits.slice(match.to - 2, match.to);
    found.push({ start, end, mask: match.code === null ? DOTS + shown : maskFrom(match.code, shown) });
    free = true;
    i = split(scan, match, end);
  }
  return found;
}

/** Where the number ends in the text: with its run, marks on the last digit included, or inside the run. */
function endOf(text: string, { runs }: Scan, { last, to }: Match): number {
  const run = runs[last];
  if (run === undefined) return 0;
  return run.to === to ? run.end : endInside(text, run, to - run.from);
}

/** The run after which to go on; digits that the number left of its last run become a run of their own. */
function split({ runs }: Scan, { last, to }: Match, end: number): number {
  const run = runs[last];
  if (run === undefined || run.to === to) return last;
  runs[last] = { ...run, start: end, from: to, plus: false, openAt: -1, gap: APART };
  return last - 1;
}

/**
 * Cuts a mobile number off digits that something before it was glued to, such as a box or a price: `Bx42007700900123`. True
 * where it did: the run is then the number alone.
 */
function cutTail(text: string, { digits, runs }: Scan, i: number): boolean {
  const run = runs[i];
  if (run === undefined || lengthOf(run) < 12 || lengthOf(run) > 11 + PRICE_DIGITS_MAX) return false;
  const from = run.to - 11;
  const glued = lengthOf(run) <= 11 + GLUED_DIGITS_MAX || isGluedAt(text, run.start - 1);
  if (!glued || !digits.startsWith("07", from) || !isBritish(digits, from + 1, run.to)) return false;
  const start = endInside(text, run, from - run.from);
  runs[i] = { ...run, start, from, plus: false, openAt: -1, gap: APART };
  return true;
}

/** So many digits are glued to a number by chance, as in `24/7` and `1st`. */
const GLUED_DIGITS_MAX = 2;

/** Whether a letter or a currency sign stands at this place. */
function isGluedAt(text: string, at: number): boolean {
  const kind = at < 0 ? CLASS.space : classOf(text.charCodeAt(at));
  return kind === CLASS.letter || kind === CLASS.barrier;
}

function closesIn(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (classOf(text.charCodeAt(at)) === CLASS.close) return true;
  return false;
}

/** The number that begins with run `i`, or null. `fresh`: no digits that are left stand right before it. */
function matchAt(text: string, scan: Scan, i: number, fresh: boolean): Match | null {
  const { digits, runs } = scan;
  const first = runs[i];
  if (first === undefined) return null;
  const lead = digits.charAt(first.from);
  const next = digits.charAt(first.from + 1);
  // The 00 before a calling code is written as one; zeros with a space between are somebody's digits.
  const doubleZero = lead === "0" && next === "0" && lengthOf(first) > 1;
  if (doubleZero && digits.charAt(first.from + 2) === "0") return null;
  if ((first.plus && lead !== "0") || doubleZero) {
    const abroad = internationalAt(text, scan, i, doubleZero ? 2 : 0);
    if (abroad !== null) return abroad;
  }
  if (lead === "0" && next === "0") return null;
  if (lead === "0") return nationalAt(text, scan, i, fresh) ?? (fresh ? groupsAt(scan, i) : null);
  if (lead === "4" && next === "4") {
    const bare = ukAt(text, scan, i, digits.charAt(first.from + 2) === "0" ? 3 : 2, fresh);
    if (bare !== null) return bare;
  }
  if (lead === "7") return bareMobileAt(scan, i, fresh);
  return fresh ? groupsAt(scan, i) : null;
}

/** The longest reading with a calling code that is in use; behind a plus, else, the longest that may be one. */
function internationalAt(text: string, scan: Scan, i: number, skip: number): Match | null {
  const { digits, runs } = scan;
  const first = runs[i];
  if (first === undefined) return null;
  const from = first.from + skip;
  const codeEnd = from + callingCodeLength(digits, from);
  const code = digits.slice(from, codeEnd);
  if (code === "44") return ukAt(text, scan, i, skip + (digits.charAt(codeEnd) === "0" ? 3 : 2), true);
  if (digits.charAt(from) === "0") return null;
  let best: Match | null = null;
  let maybe: Match | null = null;
  for (let last = i; last < runs.length; last++) {
    const run = runs[last];
    if (run === undefined || (last > i && (run.gap === APART || run.plus)) || run.to - from > DIGITS_MAX) break;
    const length = run.to - from;
    if (length < DIGITS_MIN) continue;
    const trunk = code !== "1" && digits.charAt(codeEnd) === "0" && isInUse(code, digits, codeEnd + 1, run.to);
    const known = trunk || isInUse(code, digits, codeEnd, run.to);
    if (known) best = { last, to: run.to, code };
    else if (first.plus && length >= PLUS_DIGITS_MIN && length <= E164_DIGITS_MAX) maybe = { last, to: run.to, code };
  }
  return best ?? maybe;
}

/** So many digits behind a plus are a number even where no plan has it. */
const PLUS_DIGITS_MIN = 10;
const E164_DIGITS_MAX = 15;

/** A number of the +44 plan whose ten (or nine) national digits begin `skip` digits behind the start of run `i`. */
function ukAt(text: string, scan: Scan, i: number, skip: number, fresh: boolean): Match | null {
  const first = scan.runs[i];
  if (first === undefined) return null;
  const national = first.from + skip;
  const ten = reach(text, scan, i, national + 10);
  const known = (to: number) => isBritish(scan.digits, national, to);
  const behindPlus = first.plus || scan.digits.startsWith("00", first.from);
  if (ten !== null && (behindPlus || known(ten.to))) {
    const short = isTight(first) && !fresh && lengthOf(first) <= 2;
    // Digits in groups of four that go on are a card's or an account's: `4471 4929 1234 5678`.
    const goesOn =
      lengthOf(first) > skip && scan.runs[ten.last + 1] !== undefined && scan.runs[ten.last + 1]?.gap !== APART;
    if (behindPlus || ten.last === i || !(short || goesOn)) return { ...ten, code: "44" };
  }
  if (!behindPlus) return null;
  const nine = reach(text, scan, i, national + 9);
  return nine !== null && known(nine.to) ? { ...nine, code: "44" } : null;
}

/** `0` and ten British digits, wherever they stand; `0` and nine, where they stand by themselves. */
function nationalAt(text: string, scan: Scan, i: number, fresh: boolean): Match | null {
  const { digits, runs } = scan;
  const first = runs[i];
  if (first === undefined || isFraction(scan, i)) return null;
  const ten = reach(text, scan, i, first.from + 11);
  if (ten !== null && isBritish(digits, first.from + 1, ten.to)) {
    // The day or month of a date that stands before it: `2024-07-12 1234567`.
    const isPart = ten.last > i && !fresh && isTight(first) && first.to - first.from <= 2;
    if (!isPart) return { ...ten, code: "44" };
  }
  const nine = isShortLead(digits, first.from + 1) ? reach(text, scan, i, first.from + 10) : null;
  const last = nine === null ? undefined : runs[nine.last];
  if (nine === null || last?.to !== nine.to || !(fresh || !isTight(first))) return null;
  const glued = isLetterAt(text, first.start - 1) || (nine.last === i && isLetterAt(text, last.end));
  if (glued || !isBritish(digits, first.from + 1, nine.to)) return null;
  return { ...nine, code: "44" };
}

/** A British mobile written without its 0: ten digits that stand by themselves, or in groups as `to` takes them. */
function bareMobileAt(scan: Scan, i: number, fresh: boolean): Match | null {
  const { digits, runs } = scan;
  const first = runs[i];
  // 70 is a personal number's, and more often the beginning of a meter's.
  if (first === undefined || (isTight(first) && !fresh) || digits.charAt(first.from + 1) === "0") return null;
  for (let last = i; last < runs.length; last++) {
    const run = runs[last];
    if (run === undefined || (last > i && (run.gap === APART || !run.plain))) return null;
    const length = run.to - first.from;
    if (length > 10) return null;
    if (length < 10) continue;
    return isBritish(digits, first.from, run.to) ? { last, to: run.to, code: "44" } : null;
  }
  return null;
}

/** Whether these digits are a national number of the +44 plan, where none begins with 4 or 6. */
function isBritish(digits: string, from: number, to: number): boolean {
  const lead = digits.charAt(from);
  return lead !== "4" && lead !== "6" && isInUse("44", digits, from, to);
}

/** National numbers of nine digits begin with 1 or 8. */
const isShortLead = (digits: string, at: number): boolean => digits.charAt(at) === "1" || digits.charAt(at) === "8";

/** The run in which digit `to` is the last one of a number: at the run's end, or before a price or another number. */
function reach(text: string, { digits, runs }: Scan, i: number, to: number): { last: number; to: number } | null {
  for (let last = i; last < runs.length; last++) {
    const run = runs[last];
    if (run === undefined || (last > i && run.gap === APART)) return null;
    if (run.to < to) continue;
    if (run.to === to) return { last, to };
    const rest = run.to - to;
    const counted = rest <= GLUED_DIGITS_MAX && isLetterAt(text, run.end);
    const price = rest <= PRICE_DIGITS_MAX && isPriceAt(text, run.end);
    const another = rest >= 10 && /^(?:0|44)[1-9]/.test(digits.slice(to, to + 3));
    return counted || price || another ? { last, to } : null;
  }
  return null;
}

/** A price or an age that was run on to a number: `…150p`, `…10p/min`, `…18+`, `…1.50`. */
const PRICE_DIGITS_MAX = 4;
const PRICE = /^(?:p|[+%¢£]|yrs|\/(?:min|m|msg|call|txt|wk|week)|\.\d\d(?!\d))/i;
const PRICE_BEGINS = "pP+%¢£yY/.";
const isPriceAt = (text: string, at: number): boolean =>
  PRICE_BEGINS.includes(text.charAt(at)) && at < text.length && PRICE.test(text.slice(at, at + 8));

const isTight = ({ gap }: Run): boolean => gap !== APART && gap !== CLASS.space && gap < 99;

/** Whether a letter, an underscore or a bullet stands at this place: ids and masks have them, words round numbers a space. */
function isLetterAt(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  const kind = classOf(text.charCodeAt(at));
  return kind === CLASS.letter || kind === CLASS.bullet || text.charAt(at) === "_";
}

/** `0.` and what follows a decimal point: not the groups of a number, unless full stops go on between them. */
function isFraction({ digits, runs }: Scan, i: number): boolean {
  const [zero, rest, more] = [runs[i], runs[i + 1], runs[i + 2]];
  if (zero === undefined || rest === undefined || digits.slice(zero.from, zero.to) !== "0") return false;
  return rest.gap === CLASS.dot && more?.gap !== CLASS.dot;
}

/** The runs without dates, which are no part of any number; what stands behind a date begins anew. */
function withoutDates({ digits, runs }: Scan): Scan {
  const kept: Run[] = [];
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i];
    if (run === undefined) break;
    if (!isDateAt(digits, runs, i)) {
      kept.push(run);
      continue;
    }
    const after = runs[i + 3];
    if (after !== undefined) after.gap = APART;
    i += 2;
  }
  return { digits, runs: kept };
}

/** Whether three runs from `i` on are day, month and year in any usual order. */
function isDateAt(digits: string, runs: readonly Run[], i: number): boolean {
  const [a, b, c] = [runs[i], runs[i + 1], runs[i + 2]];
  if (b === undefined || a === undefined || c === undefined || lengthOf(b) > 2 || lengthOf(a) > 4) return false;
  if (b.gap === APART || b.gap !== c.gap || !b.plain) return false;
  const iso = lengthOf(a) === 4 && lengthOf(b) === 2 && lengthOf(c) === 2 && isTight(b);
  if (!iso && (lengthOf(a) > 2 || lengthOf(c) !== 4)) return false;
  const [yearly, daily] = iso ? [a, c] : [c, a];
  const year = numberIn(digits, yearly);
  const [x, y] = [numberIn(digits, b), numberIn(digits, daily)];
  if (year < 1900 || year > 2099) return false;
  return x >= 1 && y >= 1 && Math.min(x, y) <= 12 && Math.max(x, y) <= 31;
}

const lengthOf = ({ from, to }: Run): number => to - from;
const numberIn = (digits: string, { from, to }: Run): number => Number(digits.slice(from, to));

/** Groups of digits that only numbers of other countries are written in; they stand by themselves and are grouped alike. */
function groupsAt({ digits, runs }: Scan, i: number): Match | null {
  const first = runs[i];
  if (first === undefined || lengthOf(first) > 5) return null;
  let last = i;
  let alike = true;
  for (let more = runs[i + 1]; more !== undefined && more.gap !== APART && more.plain; more = runs[last + 1]) {
    if (last > i && more.gap !== runs[last]?.gap) alike = false;
    if (++last - i > GROUPS_MAX) return null;
  }
  const end = runs[last];
  if (end === undefined || last - i < 1) return null;
  const total = end.to - first.from;
  if (total < 9 || total > 11) return null;
  if (isAmerican(runs, i, last, digits)) {
    // Ten digits with spaces alone, and no 1 before them, are a number of the National Health Service as well.
    if (alike && end.gap === CLASS.space && last - i === 2) return null;
    return isInUse("1", digits, end.to - 10, end.to) ? { last, to: end.to, code: "1" } : null;
  }
  if (!alike || digits.charAt(first.from) !== "0" || digits.charAt(first.from + 1) === "0") return null;
  const groups = runs.slice(i, last + 1).map(lengthOf);
  const pairs =
    groups.length === 5 && groups.every((length) => length === 2) && !isDraw(digits.slice(first.from, end.to));
  const few = groups.length <= 3 && lengthOf(first) <= 4 && groups.every((length) => length >= 2);
  return pairs || few ? { last, to: end.to, code: null } : null;
}

/** Five pairs that rise and stay under 60 are a draw, sizes or minutes. */
function isDraw(digits: string): boolean {
  const pairs = (digits.match(/../g) ?? []).map(Number);
  return pairs.every((pair, at) => pair < 60 && pair > (pairs[at - 1] ?? -1));
}

/** More groups than numbers of other countries are written in. */
const GROUPS_MAX = 5;

/** Three, three and four digits, perhaps behind a 1. */
function isAmerican(runs: readonly Run[], i: number, last: number, digits: string): boolean {
  const [a, b, c] = [runs[last - 2], runs[last - 1], runs[last]];
  if (a === undefined || b === undefined || c === undefined || last - i > 3) return false;
  const one = runs[i];
  const led = last - i === 3 && one !== undefined && lengthOf(one) === 1 && digits.charAt(one.from) === "1";
  return (last - i === 2 || led) && lengthOf(a) === 3 && lengthOf(b) === 3 && lengthOf(c) === 4;
}
