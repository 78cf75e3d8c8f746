/**
 * Phrases as data, found in one pass over a text's words. A phrase is words with a space between; `(a|b)` is one of them, `x?` may be
 * missing, `*` stands for up to three words of one sentence, `#` for a word with a digit. Each word looks at the phrases that begin
 * with it and no further than a phrase is long, so a text costs what its length says. Pure.
 */
import type { Word } from "./normal.ts";

/** What a list of phrases means: the name of a signal. */
export type Phrases<Name extends string> = Readonly<Record<Name, string>>;

/** Where a signal was found: indexes of words, end exclusive. */
export type Found<Name extends string> = { name: Name; from: number; to: number };

/** What may follow the words read so far. */
type Step<Name extends string> = {
  next: Map<string, Step<Name>>;
  digit: Step<Name> | null;
  gap: Step<Name> | null;
  ends: Name[];
};
const stepOf = <Name extends string>(): Step<Name> => ({ next: new Map(), digit: null, gap: null, ends: [] });

const GAP_MAX = 3;
/** So many words before a phrase are looked at for a `never`. */
const NEGATION_WORDS = 12;
const NEGATIONS: ReadonlySet<string> = new Set([
  "never",
  "not",
  "dont",
  "wont",
  "cannot",
  "cant",
  "nobody",
  "no",
  "without",
]);
const ENDS: ReadonlySet<string> = new Set([".", "!", "?", "\n"]);

/** Phrases as a tree of words. */
export class Lexicon<Name extends string> {
  readonly #root: Step<Name> = stepOf();
  readonly #negatable: ReadonlySet<Name>;

  /** `negatable` names signals that a `never` or a `don't` before the phrase turns round. */
  constructor(phrases: Phrases<Name>, negatable: ReadonlySet<Name>) {
    this.#negatable = negatable;
    for (const name of namesOf(phrases))
      for (const phrase of phrases[name].split(";"))
        for (const words of variants(phrase.trim().split(/\s+/))) this.#add(name, words);
  }

  #add(name: Name, words: readonly string[]): void {
    let step = this.#root;
    for (const word of words) step = following(step, word);
    if (words.length > 0 && words[0] !== "" && !step.ends.includes(name)) step.ends.push(name);
  }

  /** Every phrase that is found, in order of its first word. */
  find(words: readonly Word[]): Found<Name>[] {
    const found: Found<Name>[] = [];
    for (let from = 0; from < words.length; from++) {
      if (!this.#begins(words[from])) continue;
      const ends = new Map<Name, number>();
      read(words, from, this.#root, ends);
      for (const [name, to] of ends)
        if (!this.#negatable.has(name) || !isNegated(words, from)) found.push({ name, from, to });
    }
    return found;
  }

  #begins(word: Word | undefined): boolean {
    if (word === undefined) return false;
    const { next, digit } = this.#root;
    return (
      next.has(word.text) ||
      (word.plain !== word.text && next.has(word.plain)) ||
      (digit !== null && isNumber(word.text))
    );
  }
}

/** The step behind a word of a phrase, made where it is not there yet. */
function following<Name extends string>(step: Step<Name>, word: string): Step<Name> {
  if (word === "*") return (step.gap ??= stepOf());
  if (word === "#") return (step.digit ??= stepOf());
  const known = step.next.get(word);
  if (known !== undefined) return known;
  const made = stepOf<Name>();
  step.next.set(word, made);
  return made;
}

/** Reads on from a step: notes the phrases that end here, each where it ends first. Two gaps in a phrase at most, so this is bounded. */
function read<Name extends string>(
  words: readonly Word[],
  at: number,
  step: Step<Name>,
  ends: Map<Name, number>,
): void {
  for (const name of step.ends) if (!ends.has(name)) ends.set(name, at);
  const word = words[at];
  if (word === undefined) return;
  const next = step.next.get(word.text);
  if (next !== undefined) read(words, at + 1, next, ends);
  if (word.plain !== word.text) {
    const plain = step.next.get(word.plain);
    if (plain !== undefined) read(words, at + 1, plain, ends);
  }
  if (step.digit !== null && isNumber(word.text)) read(words, at + 1, step.digit, ends);
  if (step.gap === null) return;
  for (let gap = 0; gap <= GAP_MAX && at + gap < words.length; gap++) {
    read(words, at + gap, step.gap, ends);
    if (ENDS.has(words[at + gap]?.text ?? ".")) return;
  }
}

/** Whether a word has a digit. */
function isNumber(word: string): boolean {
  for (let at = 0; at < word.length; at++) {
    const unit = word.charCodeAt(at);
    if (unit >= 0x30 && unit <= 0x39) return true;
  }
  return false;
}

const namesOf = <Name extends string>(phrases: Phrases<Name>): Name[] => {
  const names: Name[] = [];
  for (const name in phrases) names.push(name);
  return names;
};

function isNegated(words: readonly Word[], at: number): boolean {
  for (let back = 1; back <= NEGATION_WORDS; back++) {
    const word = words[at - back]?.text ?? ".";
    if (ENDS.has(word)) return false;
    if (NEGATIONS.has(word)) return true;
  }
  return false;
}

/** All that a phrase with alternatives and optional words can be. */
function variants(parts: readonly string[]): string[][] {
  let all: string[][] = [[]];
  for (const part of parts) {
    const optional = part.endsWith("?") && part.length > 1;
    const bare = optional ? part.slice(0, -1) : part;
    const choices = bare.startsWith("(") ? bare.slice(1, -1).split("|") : [bare];
    const next = choices.flatMap((choice) => all.map((words) => [...words, ...choice.split("_")]));
    all = optional ? [...all, ...next] : next;
  }
  return all;
}
