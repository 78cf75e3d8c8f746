/**
 * Patterns of digits as the metadata of numbering plans writes them (`7(?:[1-3]\d\d|624)\d{6}`), read by an automaton that is made
 * a state at a time as digits ask for it: one table look-up a digit, whatever the pattern. Pure.
 */

/** The state from which no more digits make a match. */
export const DEAD = 0;

/** A place in a pattern: it takes one digit of its set and goes on at `next`; `either` goes on at several without taking any. */
type Place = { digits: number; next: Place | null; either: readonly Place[] };

const END: Place = { digits: 0, next: null, either: [] };

/** One digit or a group of alternatives, as often in a row as said. */
type Part = { digits: number; group: readonly Part[][]; min: number; max: number };

/** What a list of patterns matches, from the first digit to the last. */
export class DigitPattern {
  readonly #places: (readonly Place[])[] = [[]];
  readonly #ids = new Map<Place, number>();
  readonly #known = new Map<string, number>([["", DEAD]]);
  /** What follows each digit in each state, sixteen entries a state. */
  #next = new Int16Array(ROW * 64);
  readonly #accepts: boolean[] = [false];
  /** Where a reading begins. */
  readonly start: number;

  constructor(patterns: readonly string[]) {
    this.start = this.#stateOf(patterns.map((pattern) => placeOf({ ...ONCE, group: partsOf(pattern) }, END)));
  }

  /** The state behind one more digit. */
  step(state: number, digit: number): number {
    const next = this.#next[state * ROW + digit] ?? UNKNOWN;
    return next === UNKNOWN ? this.#make(state, digit) : next;
  }

  /** The state behind the digits between two places, read from the start. */
  read(digits: Uint8Array, from: number, to: number): number {
    let rows = this.#next;
    let state = this.start;
    for (let at = from; at < to && state !== DEAD; at++) {
      const digit = digits[at] ?? 0;
      const next = rows[state * ROW + digit] ?? UNKNOWN;
      if (next !== UNKNOWN) {
        state = next;
        continue;
      }
      state = this.#make(state, digit);
      rows = this.#next; // it may have grown
    }
    return state;
  }

  /** Whether the digits so far are a match. */
  accepts(state: number): boolean {
    return this.#accepts[state] ?? false;
  }

  #make(state: number, digit: number): number {
    const places = this.#places[state] ?? [];
    const behind = places.flatMap(({ digits, next }) => (next !== null && digits & (1 << digit) ? [next] : []));
    const made = this.#stateOf(behind);
    this.#next[state * ROW + digit] = made;
    return made;
  }

  /** The state of being at any of these places; one for each set of them. */
  #stateOf(places: readonly Place[]): number {
    const at = new Set<Place>();
    const visit = (place: Place): void => {
      if (at.has(place)) return;
      at.add(place);
      place.either.forEach(visit);
    };
    places.forEach(visit);
    const taking = [...at].filter((place) => place === END || place.next !== null);
    const name = taking
      .map((place) => this.#idOf(place))
      .toSorted((a, b) => a - b)
      .join();
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const state = this.#places.push(taking) - 1;
    if ((state + 1) * ROW > this.#next.length) {
      const grown = new Int16Array(2 * this.#next.length);
      grown.set(this.#next);
      this.#next = grown;
    }
    this.#next.fill(UNKNOWN, state * ROW, state * ROW + 10);
    this.#accepts.push(taking.includes(END));
    this.#known.set(name, state);
    return state;
  }

  #idOf(place: Place): number {
    const id = this.#ids.get(place) ?? this.#ids.size;
    this.#ids.set(place, id);
    return id;
  }
}

const UNKNOWN = -1;
const ROW = 16;
const ONCE = { digits: 0, min: 1, max: 1 } as const;
const ANY_DIGIT = 0x3ff;

const TOKEN = /\(\?:|\)|\||\[[0-9-]+\]|\\d|[0-9]|\{[0-9]+(?:,[0-9]+)?\}|\?/gy;

/** The alternatives of a pattern; one that is written otherwise than plans are is a fault of ours and throws. */
function partsOf(pattern: string): Part[][] {
  const open: Part[][][] = [[[]]];
  let read = 0;
  for (const [token] of pattern.matchAll(TOKEN)) {
    read += token.length;
    const alternatives = open.at(-1);
    const row = alternatives?.at(-1);
    if (alternatives === undefined || row === undefined) break;
    if (token === "(?:") open.push([[]]);
    else if (token === "|") alternatives.push([]);
    else if (token === ")") {
      open.pop();
      open
        .at(-1)
        ?.at(-1)
        ?.push({ ...ONCE, group: alternatives });
    } else if (token === "?" || token.startsWith("{")) repeat(row, token);
    else row.push({ ...ONCE, digits: digitsOf(token), group: [] });
  }
  const [parts] = open;
  if (read !== pattern.length || parts === undefined || open.length !== 1)
    throw new Error(`A numbering plan has a pattern that cannot be read: ${pattern}`);
  return parts;
}

/** Makes the last part of a row repeat: `?`, `{4}`, `{6,8}`. */
function repeat(row: Part[], token: string): void {
  const last = row.pop();
  if (last === undefined) throw new Error("A numbering plan has a pattern that repeats nothing.");
  const [min = 0, max = min] = token === "?" ? [0, 1] : token.slice(1, -1).split(",").map(Number);
  row.push({ ...last, min, max });
}

/** The set of digits of `7`, `\d` or `[0-46-9]`, a bit each. */
function digitsOf(token: string): number {
  if (token === "\\d") return ANY_DIGIT;
  let digits = 0;
  for (const [, from = "0", to = from] of token.matchAll(/([0-9])(?:-([0-9]))?/g))
    for (let digit = Number(from); digit <= Number(to); digit++) digits |= 1 << digit;
  return digits;
}

/** The place where a part begins that goes on at `next`. */
function placeOf(part: Part, next: Place): Place {
  let place = next;
  for (let times = part.max; times > 0; times--) {
    const one = onceOf(part, place);
    place = times > part.min ? { digits: 0, next: null, either: [one, next] } : one;
  }
  return place;
}

function onceOf({ digits, group }: Part, next: Place): Place {
  if (digits !== 0) return { digits, next, either: [] };
  return {
    digits: 0,
    next: null,
    either: group.map((row) => row.reduceRight((behind, part) => placeOf(part, behind), next)),
  };
}
