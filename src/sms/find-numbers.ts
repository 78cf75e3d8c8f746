/**
 * Finds telephone numbers in a text and replaces them by their masks. Whatever `parseNumber` takes as a recipient is found here:
 * it asks this file. Linear in the text; a guess where nothing says what digits mean, on the side of hiding. Pure.
 */
import {
  beginsAsFraction,
  britishAt,
  digitAt,
  GLUED_DIGITS_MAX,
  isBritish,
  isHours,
  isLetterAt,
  isNoteAt,
  isScores,
  isShortLead,
  NINE,
  PRICE_DIGITS_MAX,
  reach,
  TEN,
  type Match,
} from "./british.ts";
import { CLASS, classOf } from "./characters.ts";
import { DIGITS_MIN, endInside, isDigit, scanDigits, type Scan } from "./digit-runs.ts";
import { DEAD } from "./digit-pattern.ts";
import { isIdAt, type IdMemory } from "./ids-in-text.ts";
import { DOTS, isCodeOfTwo, maskFrom } from "./mask.ts";
import { isInUse, planFor } from "./number-plan.ts";
import { mayBeOdd, oddAt } from "./odd-signs.ts";
import { closesIn } from "./text-reading.ts";
import { APART, isTight, lengthOf, SHORT, type Run } from "./run.ts";

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
  const scan = scanDigits(text, true);
  const { taken } = scan;
  const found = numbersIn(text, scan);
  const literal = taken ? numbersIn(text, scanDigits(text, false)) : [];
  return literal.length === 0 ? found : merged(found, literal);
}

/** In order, without overlap: what overlaps becomes one place with the mask of the longer. */
function merged(...all: FoundNumber[][]): FoundNumber[] {
  const out: FoundNumber[] = [];
  for (const one of all.flat().toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = out.at(-1);
    if (last === undefined || one.start >= last.end) out.push(one);
    else out[out.length - 1] = { ...last, end: Math.max(last.end, one.end) };
  }
  return out;
}

function numbersIn(text: string, scan: Scan): FoundNumber[] {
  const found: FoundNumber[] = [];
  if (scan.total < DIGITS_MIN) return found;
  const ids: IdMemory = { start: -1, end: -1, isId: false };
  let free = true; // whether what stands before the run belongs to no digits that are left
  for (let run = scan.first; run !== null;) {
    if (run.block === SHORT && !mayBeOdd(scan, run)) {
      free = false;
      run = run.next;
      continue;
    }
    let match = run.block === SHORT ? null : matchAt(text, scan, run, free || run.gap === APART);
    if (match === null && cutTail(text, scan, run)) continue;
    if (match === null && scan.odd && mayBeOdd(scan, run)) match = oddAt(text, scan, run, free);
    const end = match === null ? 0 : endOf(text, scan, match);
    if (match === null || isIdAt(text, run.start, end, ids)) {
      free = false;
      run = run.next;
      continue;
    }
    const start = run.openAt >= 0 && closesIn(text, run.start, end) ? run.openAt : run.start;
    const shown = `${digitAt(scan, match.to - 2)}${digitAt(scan, match.to - 1)}`;
    found.push({ start, end, mask: match.code === null ? DOTS + shown : maskFrom(String(match.code), shown) });
    free = true;
    run = behind(match, end);
  }
  return found;
}

/** 15 digits of E.164, the `00` before them and the `(0)` inside them. */
export const DIGITS_MAX = 18;

/** Where the number ends in the text: with its run, marks on the last digit included, or inside the run. */
const endOf = (text: string, { decodes }: Scan, { last, to }: Match): number =>
  last.to === to ? last.end : endInside(text, last, to - last.from, decodes);

/** The run with which to go on; digits that the number left of its last run become a run of their own. */
function behind({ last, to }: Match, end: number): Run | null {
  if (last.to === to) return last.next;
  beginAt(last, end, to);
  return last;
}

/** Makes a run begin at a later digit of it, with nothing before it. */
function beginAt(run: Run, start: number, from: number): void {
  run.start = start;
  run.from = from;
  run.plus = false;
  run.openAt = -1;
  run.gap = APART;
  run.odd = 0;
}

/**
 * Cuts a mobile number off digits that something before it was glued to, such as a box or a price: `Bx42007700900123`. True
 * where it did: the run is then the number alone.
 */
function cutTail(text: string, scan: Scan, run: Run): boolean {
  if (lengthOf(run) < 12 || lengthOf(run) > 11 + PRICE_DIGITS_MAX) return false;
  const from = run.to - 11;
  if (digitAt(scan, from) !== 0) return false;
  const few = lengthOf(run) <= 11 + GLUED_DIGITS_MAX;
  const glued =
    digitAt(scan, from + 1) === 7 ? few || isGluedAt(text, run.start - 1) : few && isNoteBefore(text, scan, run, from);
  if (!glued || !isBritish(scan, from + 1, 10)) return false;
  beginAt(run, endInside(text, run, from - run.from, scan.decodes), from);
  return true;
}

/** Whether digits of another kind end before this digit of a run, as those of a footnote do. */
function isNoteBefore(text: string, { decodes }: Scan, run: Run, from: number): boolean {
  const end = endInside(text, run, from - run.from, decodes);
  return text.charCodeAt(end - 1) >= 0x80 && isDigit(text.charCodeAt(end));
}

/** Whether a letter or a currency sign stands at this place. */
function isGluedAt(text: string, at: number): boolean {
  const kind = at < 0 ? CLASS.space : classOf(text.charCodeAt(at));
  return kind === CLASS.letter || kind === CLASS.barrier;
}

/** The number that begins with a run, or null. `fresh`: no digits that are left stand right before it. */
function matchAt(text: string, scan: Scan, first: Run, fresh: boolean): Match | null {
  const lead = digitAt(scan, first.from);
  const next = digitAt(scan, first.from + 1);
  // The 00 before a calling code is written as one; zeros with a space between are somebody's digits.
  const doubleZero = lead === 0 && next === 0 && lengthOf(first) > 1;
  if (doubleZero && digitAt(scan, first.from + 2) === 0) return null;
  if ((first.plus && lead !== 0) || doubleZero) {
    const abroad = internationalAt(text, scan, first, doubleZero ? 2 : 0);
    if (abroad !== null) return abroad;
  }
  if (lead === 0 && next === 0) return null;
  if (lead === 0) return nationalAt(text, scan, first, fresh) ?? (fresh ? groupsAt(text, scan, first) : null);
  if (lead === 4 && next === 4) {
    const bare = ukAt(text, scan, first, digitAt(scan, first.from + 2) === 0 ? 3 : 2, fresh);
    if (bare !== null) return bare;
  }
  if (lead === 7) return bareMobileAt(text, scan, first, fresh);
  return fresh ? groupsAt(text, scan, first) : null;
}

/** How many of the digits from `at` are the calling code, and which it is. */
function callingCodeAt(scan: Scan, at: number): { code: number; length: number } {
  const [one, two, three] = [digitAt(scan, at), digitAt(scan, at + 1), digitAt(scan, at + 2)];
  if (one === 1 || one === 7) return { code: one, length: 1 };
  const pair = one * 10 + two;
  return isCodeOfTwo(pair) ? { code: pair, length: 2 } : { code: pair * 10 + three, length: 3 };
}

/** The longest reading with a calling code that is in use; behind a plus, else, the longest that may be one. */
function internationalAt(text: string, scan: Scan, first: Run, skip: number): Match | null {
  const from = first.from + skip;
  const { code, length } = callingCodeAt(scan, from);
  const codeEnd = from + length;
  if (code === 44) return ukAt(text, scan, first, skip + (digitAt(scan, codeEnd) === 0 ? 3 : 2), true);
  if (digitAt(scan, from) === 0) return null;
  const plan = planFor(code);
  const trunk = code !== 1 && digitAt(scan, codeEnd) === 0;
  let national = plan?.start ?? DEAD;
  let behindTrunk = trunk ? national : DEAD;
  let best: Match | null = null;
  let maybe: Match | null = null;
  let at = codeEnd;
  for (let last: Run | null = first; last !== null && last.to - from <= DIGITS_MAX; last = last.next) {
    if (last !== first && (last.gap === APART || last.plus)) break;
    if (last !== first && !first.plus && beginsBritish(text, scan, last)) break;
    for (; at < last.to && plan !== null; at++) {
      national = plan.step(national, digitAt(scan, at));
      if (at > codeEnd) behindTrunk = plan.step(behindTrunk, digitAt(scan, at));
    }
    const total = last.to - from;
    if (national === DEAD && behindTrunk === DEAD && !first.plus) break;
    if (total < DIGITS_MIN) continue;
    const isKnown =
      plan !== null &&
      (plan.isNumber(national, last.to - codeEnd) || (trunk && plan.isNumber(behindTrunk, last.to - codeEnd - 1)));
    if (isKnown) best = { last, to: last.to, code };
    else if (first.plus && total >= PLUS_DIGITS_MIN && total <= E164_DIGITS_MAX) maybe = { last, to: last.to, code };
  }
  return best ?? maybe;
}

/** Whether a British number begins with this run, which is then no group of another: as of a meter's `004636` and what stands behind it. */
const beginsBritish = (text: string, scan: Scan, run: Run): boolean =>
  lengthOf(run) > 2 && digitAt(scan, run.from) === 0 && nationalAt(text, scan, run, true) !== null;

/** So many digits behind a plus are a number even where no plan has it. */
const PLUS_DIGITS_MIN = 10;
const E164_DIGITS_MAX = 15;

/** A number of the +44 plan whose ten (or nine) national digits begin `skip` digits behind the start of a run. */
function ukAt(text: string, scan: Scan, first: Run, skip: number, fresh: boolean): Match | null {
  const national = first.from + skip;
  const behindPlus = first.plus || (digitAt(scan, first.from) === 0 && digitAt(scan, first.from + 1) === 0);
  const ten = reach(text, scan, first, national + 10);
  if (ten !== null && (behindPlus || isBritish(scan, national, 10))) {
    const short = isTight(first) && !fresh && lengthOf(first) <= 2;
    // Digits in groups of four that go on are a card's or an account's: `4471 4929 1234 5678`.
    const goesOn = lengthOf(first) > skip && (ten.next?.gap ?? APART) !== APART;
    if (behindPlus || ten === first || !(short || goesOn)) return { last: ten, to: national + 10, code: 44 };
  }
  const nine = behindPlus ? reach(text, scan, first, national + 9) : null;
  return nine !== null && isBritish(scan, national, 9) ? { last: nine, to: national + 9, code: 44 } : null;
}

/** `0` and ten British digits, wherever they stand; `0` and nine, where they stand by themselves. */
function nationalAt(text: string, scan: Scan, first: Run, fresh: boolean): Match | null {
  const national = first.from + 1;
  const ten = reach(text, scan, first, national + 10);
  const nine = isShortLead(scan, national) ? scan.together(first, national + 8) : null;
  const known = ten === null && nine === null ? 0 : britishAt(scan, national);
  if (known === 0 || beginsAsFraction(scan, first) || isHours(scan, first)) return null;
  if (ten !== null && lengthOf(first) === 1 && isScores(first, ten)) return null;
  // The day or month of a date that stands before it: `2024-07-12 1234567`.
  const isPart = ten !== first && !fresh && isTight(first) && lengthOf(first) <= 2;
  if (ten !== null && !isPart && known & TEN) return { last: ten, to: national + 10, code: 44 };
  if (nine === null || nine.to !== national + 9 || !(known & NINE) || !(fresh || !isTight(first))) return null;
  const glued = isLetterAt(text, first.start - 1) || (nine === first && isLetterAt(text, nine.end));
  return glued ? null : { last: nine, to: national + 9, code: 44 };
}

/** A British mobile written without its 0: ten digits that stand by themselves, or in groups as `to` takes them. */
function bareMobileAt(text: string, scan: Scan, first: Run, fresh: boolean): Match | null {
  // 70 is a personal number's, and more often the beginning of a meter's.
  if ((isTight(first) && !fresh) || digitAt(scan, first.from + 1) === 0) return null;
  const to = first.from + 10;
  const last = scan.together(first, to - 1);
  if (last === null || last.rough !== first.rough) return null;
  if (last.to !== to && !(last.to <= to + GLUED_DIGITS_MAX && isNoteAt(text, scan, last, to))) return null;
  // Groups that others stand before or behind are an account's or an order's: `8060 7934 0510 92`, `733-6817724-4154937`.
  const alone = (fresh || first.gap !== CLASS.space) && !(last.next !== null && isTight(last.next));
  if (last === first ? isInCode(text, first) : !alone || isHealthNumber(scan, first)) return null;
  return isBritish(scan, first.from, 10) ? { last, to, code: 44 } : null;
}

/** Whether the digits are a part of a code such as a parcel's: one letter, and digits before that. */
function isInCode(text: string, { start }: Run): boolean {
  return start > 1 && isLetterAt(text, start - 1) && isDigit(text.charCodeAt(start - 2));
}

/** Whether ten digits are grouped as a number of the National Health Service, and its check digit is right. */
function isHealthNumber(scan: Scan, first: Run): boolean {
  const second = first.next;
  if (lengthOf(first) !== 3 || second === null || lengthOf(second) !== 3 || second.gap !== CLASS.space) return false;
  let sum = 0;
  for (let at = 0; at < 10; at++) sum += digitAt(scan, first.from + at) * (at === 9 ? 1 : 10 - at);
  return sum % 11 === 0;
}

/** Groups of digits that only numbers of other countries are written in; they stand by themselves and are grouped alike. */
function groupsAt(text: string, scan: Scan, first: Run): Match | null {
  if (lengthOf(first) > 5) return null;
  let last = first;
  let groups = 1;
  let alike = true;
  let shortest = lengthOf(first);
  for (let more = first.next; more !== null && more.gap !== APART && more.plain; more = more.next) {
    if (groups > 1 && more.gap !== last.gap) alike = false;
    if (++groups > GROUPS_MAX + 1 || more.to - first.from > GROUPED_DIGITS_MAX) return null;
    shortest = Math.min(shortest, lengthOf(more));
    last = more;
  }
  const total = last.to - first.from;
  if (groups < 2 || total < 9) return null;
  if (isAmerican(scan, first, groups)) {
    // Ten digits with spaces alone, and no 1 before them, are a number of the National Health Service as well.
    if (alike && last.gap === CLASS.space && groups === 3) return null;
    return isInUse(1, scan.digits, last.to - 10, last.to) ? { last, to: last.to, code: 1 } : null;
  }
  // `AB/085/283880` is a policy, and `092 2608 71` a number of the tax office.
  if (groups === 3 && lengthOf(first) === 3 && lengthOf(last) === 2) return null;
  if (first.start > 0 && text.charAt(first.start - 1) === "/") return null;
  if (!alike || digitAt(scan, first.from) !== 0 || digitAt(scan, first.from + 1) === 0) return null;
  const pairs = groups === 5 && total === 10 && shortest === 2 && !isDraw(scan, first.from);
  const few = groups <= 3 && lengthOf(first) <= 4 && shortest >= 2;
  return pairs || few ? { last, to: last.to, code: null } : null;
}

/** National numbers of other countries that are written in groups have no more digits. */
const GROUPED_DIGITS_MAX = 11;

/** Five pairs that rise and stay under 60 are a draw, sizes or minutes. */
function isDraw(scan: Scan, from: number): boolean {
  let before = -1;
  for (let at = from; at < from + 10; at += 2) {
    const pair = digitAt(scan, at) * 10 + digitAt(scan, at + 1);
    if (pair >= 60 || pair <= before) return false;
    before = pair;
  }
  return true;
}

/** More groups than numbers of other countries are written in. */
const GROUPS_MAX = 5;

/** Three, three and four digits, perhaps behind a 1. */
function isAmerican(scan: Scan, first: Run, groups: number): boolean {
  const led = groups === 4 && lengthOf(first) === 1 && digitAt(scan, first.from) === 1;
  const a = led ? first.next : first;
  const b = a?.next ?? null;
  const c = b?.next ?? null;
  if (a === null || b === null || c === null || !(led || groups === 3)) return false;
  return lengthOf(a) === 3 && lengthOf(b) === 3 && lengthOf(c) === 4;
}
