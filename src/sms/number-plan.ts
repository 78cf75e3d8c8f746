/**
 * The numbering plans as the finder asks them: whether digits are a number in use, by the patterns of libphonenumber's metadata
 * but without its parser, which costs a hundred times as much. Whatever the parser takes, these patterns take. Pure.
 */
import metadata from "libphonenumber-js/max/metadata";
import { DigitPattern } from "./digit-pattern.ts";

/** What kinds of number there are, once for the whole service. */
export const NUMBER_KINDS = [
  "mobile",
  "drama",
  "fixed",
  "voip",
  "personal",
  "pager",
  "premium",
  "crown_mobile",
  "other",
] as const;
export type NumberKind = (typeof NUMBER_KINDS)[number];

/**
 * Ofcom's numbers for drama, as seven national digits, each a block of 1,000 that is never allocated
 * (https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama). Only the mobile block is the kind
 * `drama`, because only it can stand for a person who reads texts; the others keep the kind they imitate.
 */
export const DRAMA: ReadonlyMap<string, NumberKind> = new Map<string, NumberKind>([
  ["7700900", "drama"],
  ["1134960", "fixed"], // Leeds
  ["1144960", "fixed"], // Sheffield
  ["1154960", "fixed"], // Nottingham
  ["1164960", "fixed"], // Leicester
  ["1174960", "fixed"], // Bristol
  ["1184960", "fixed"], // Reading
  ["1214960", "fixed"], // Birmingham
  ["1314960", "fixed"], // Edinburgh
  ["1414960", "fixed"], // Glasgow
  ["1514960", "fixed"], // Liverpool
  ["1614960", "fixed"], // Manchester
  ["2079460", "fixed"], // London
  ["1914980", "fixed"], // Tyneside, Durham, Sunderland
  ["2896496", "fixed"], // Northern Ireland
  ["2920180", "fixed"], // Cardiff
  ["1632960", "fixed"], // no area
  ["8081570", "other"], // freephone
  ["3069990", "other"], // UK-wide
  ["9098790", "premium"],
]);

/** What the national numbers of a calling code look like, in all its countries. */
export class Plan extends DigitPattern {
  /** Bit n is set where n digits may be a number. */
  readonly #lengths: number;

  constructor(patterns: readonly string[], lengths: number) {
    super(patterns);
    this.#lengths = lengths;
  }

  /** Whether so many digits that led to this state are a national number of a type in use. */
  isNumber(state: number, length: number): boolean {
    return this.accepts(state) && (this.#lengths & (1 << length)) !== 0;
  }
}

/** Plans by calling code, each made when its code is first met; null where no country has the code. */
const plans: (Plan | null | undefined)[] = [];

/** The plan of a calling code, as a number; null where no country has the code. */
export function planFor(callingCode: number): Plan | null {
  const known = plans[callingCode];
  if (known !== undefined) return known;
  return (plans[callingCode] = planOf(String(callingCode)));
}

/** Whether the digits between two places are a national number of a type in use, in any country of the calling code. */
export function isInUse(callingCode: number, digits: Uint8Array, from: number, to: number): boolean {
  const plan = planFor(callingCode);
  return plan !== null && plan.isNumber(plan.read(digits, from, to), to - from);
}

/** True for the ten national digits of a number for drama. */
export function isDrama(national: string): boolean {
  return national.length === 10 && DRAMA.has(national.slice(0, 7));
}

function planOf(callingCode: string): Plan | null {
  const { country_calling_codes: countriesOf, countries, nonGeographic } = metadata;
  const found: unknown[] = Object.entries(countriesOf)
    .filter(([code]) => code === callingCode)
    .flatMap(([, names]) => names.map((name): unknown => countries[name]));
  for (const [code, plan] of Object.entries(nonGeographic)) if (code === callingCode) found.push(plan);
  const drama = callingCode === "44" ? [`(?:${[...DRAMA.keys()].join("|")})\\d{3}`] : [];
  const patterns = [...drama, ...found.flatMap(typesOf)];
  if (patterns.length === 0) return null;
  const lengths = found.flatMap(lengthsOf).reduce((bits, length) => bits | (1 << length), 0);
  return new Plan(patterns, lengths);
}

/** Where a plan of the metadata has its general pattern, its possible lengths and its types. */
const GENERAL_AT = 2;
const LENGTHS_AT = 3;
const TYPES_AT = 11;

function typesOf(plan: unknown): string[] {
  if (!Array.isArray(plan)) return [];
  const types: unknown = plan[TYPES_AT];
  const found = Array.isArray(types) ? types.flatMap(patternIn) : [];
  return found.length > 0 ? found : patternIn([plan[GENERAL_AT]]);
}

function patternIn(type: unknown): string[] {
  const pattern: unknown = Array.isArray(type) ? type[0] : null;
  return typeof pattern === "string" ? [pattern] : [];
}

function lengthsOf(plan: unknown): number[] {
  const lengths: unknown = Array.isArray(plan) ? plan[LENGTHS_AT] : null;
  return Array.isArray(lengths) ? lengths.filter((length) => typeof length === "number") : [];
}
