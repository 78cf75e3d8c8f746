// What no file of the project may say, as a pure function over {path: text}.
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Files } from "../support/source/tree.ts";

/** Numbers that regulators set aside for fiction; a number written like any other may be somebody's. */
const FICTION = [
  /^447700900\d{3}$/, // Ofcom, mobile: the range that `base/phone.ts` knows
  /^44(?:1632960|2079460|3069990|8081570|9098790)\d{3,4}$/, // Ofcom: no area, London, UK-wide, freephone, premium
  /^44(?:113|114|115|116|117|118|121|131|141|151|161)4960\d{3}$/, // Ofcom: the cities
  /^44(?:1914980|2896496|2920180)\d{3,4}$/, // Ofcom: Tyneside, Northern Ireland, Cardiff
  /^1[2-9]\d{2}55501\d{2}$/, // NANPA: 555-0100 to 555-0199
  /^33(?:199|261|353|465|536|639)\d{6}$/, // Arcep
  /^61491570\d{3}$/, // ACMA
];

/** Files that are allowed one kind of words, with the reason. */
const ALLOWED: Record<string, string[]> = {
  number: ["package-lock.json"], // hashes hold digits
  registry: ["package-lock.json"],
  machine: [],
  claim: [],
};
const itself = /^test\/laws\/words/;

const NUMBER =
  /(?<![\w.])(?:\+|00)[1-9](?:[ -]?\d){6,14}(?!\d)|(?<![\w.+])0(?:7|1|2|3|8|9)\d{2,3}[ -]?\d{3}[ -]?\d{3,4}(?![\w])/g;
const REGISTRY =
  /\b(?:registry\.npmjs\.org|npmjs\.com|registry\.yarnpkg\.com|npm\.pkg\.github\.com|pypi\.org|crates\.io|jsr\.io|ghcr\.io|docker\.io)\b/g;
const MACHINE = /(?<![\w.:/-])\/(?:work|home|root|Users|tmp)\/\w[\w./-]*/g;
const CLAIM = /\bUK (?:data )?residency\b|\bend-to-end[ -]encrypt\w*/gi;
const DENIED = /\b(?:no|not|never|neither|nor|without|cannot|isn't|doesn't)\b/i;

/** A word alone, and as a part of a name: `belt`, `queueBelt`, `BELT_MS`. */
const inNames = (word: string): RegExp => {
  const [lower, upper] = [word, word[0]?.toUpperCase() + word.slice(1)];
  const own = `(?<![A-Za-z])(?:${lower}|${upper})s?(?![a-z])`;
  return new RegExp(`${own}|(?<=[a-z0-9])${upper}s?(?![a-z])|(?<![A-Z])${word.toUpperCase()}S?(?![A-Z])`, "g");
};
/** Two words of a sentence, also over the end of a comment's line. */
const inText = (first: string, second: string): RegExp =>
  new RegExp(`\\b(?:${first})(?:\\s|\\*|//)+(?:${second})\\b`, "gi");

/** Metaphors that the source once had for terms of the field. */
const METAPHORS: readonly { where: RegExp; word: RegExp; instead: string }[] = [
  { where: /^src\//, word: inNames("belt"), instead: "write queue tracker" },
  // A released migration keeps its table's old name.
  { where: /^src\//, word: /(?<!TABLE |EXISTS )conveyor/gi, instead: "write sweep, or queue tracker" },
  { where: /^src\//, word: /shel(?:f|ves)/gi, instead: "write key store" },
  { where: /^src\//, word: inNames("mind"), instead: "write rooms" },
  { where: /^src\//, word: inText("first|next|last|second", "looks?"), instead: "write sweep" },
  { where: /^src\//, word: inText("look|looks|looked|looking", "again"), instead: "write check, sweep or poll again" },
  {
    where: /^src\/verify\//,
    word: /(?:(?<=[a-z])L|\bL)etter(?:s?\b|(?=[A-Z]))|\bletter(?=[A-Z]|\s*[:=(,)}\]?]|\.\w)|\b(?:an?|the|its|this|each|sealed) letter\b/g,
    instead: "write code message",
  },
];

/** A number in E.164 digits without the plus. */
const digits = (written: string) => written.replace(/\D/g, "").replace(/^00/, "").replace(/^0/, "44");

/** Ofcom's mobile range cut short, or with something behind it: still nobody's, since no longer number begins with it. */
const DRAMA_PART = /^447700900\d*$/;

/** Every British mobile, given out already or not: a block that is free today is somebody's tomorrow. */
const BRITISH_MOBILE = /^447[1-9]\d{8}$/;

/** Whether the digits, read to any of their separators or to the end, are a number that a network may have given out. */
function mayBeSomebodys(written: string): boolean {
  const parts = written.split(/[ -]/);
  return parts.some((_, at) => {
    const read = parts.slice(0, at + 1).join("");
    const number = digits(read);
    if (DRAMA_PART.test(number) || FICTION.some((range) => range.test(number))) return false;
    if (BRITISH_MOBILE.test(number)) return true;
    const e164 = read.startsWith("00") ? `+${read.slice(2)}` : read;
    return parsePhoneNumberFromString(e164, { defaultCountry: "GB", extract: false })?.isValid() === true;
  });
}

/** The sentence that holds a place of a text. */
function sentenceAt(text: string, at: number): string {
  const before = Math.max(text.lastIndexOf(". ", at), text.lastIndexOf("\n\n", at), text.lastIndexOf("|", at));
  const after = /[.|](?:\s|$)|\n\n/.exec(text.slice(at));
  return text.slice(before + 1, after ? at + after.index : undefined);
}

/** Every word that must not be there, each with what to write instead. */
export function badWords(files: Files): string[] {
  return Object.entries(files).flatMap(([path, text]) => {
    if (itself.test(path)) return [];
    const found = (kind: string, pattern: RegExp, instead: string, isFine: (match: RegExpExecArray) => boolean) =>
      ALLOWED[kind]?.includes(path)
        ? []
        : [...text.matchAll(pattern)]
            .filter((match) => !isFine(match))
            .map((match) => `${path}:${text.slice(0, match.index).split("\n").length}: ${match[0]}: ${instead}`);
    return [
      ...found(
        "number",
        NUMBER,
        "use Ofcom's drama numbers, +447700900000 to +447700900999",
        (match) => !mayBeSomebodys(match[0]),
      ),
      ...found("registry", REGISTRY, "name the package, not the host it comes from", () => false),
      ...found("machine", MACHINE, "use a path from the root of the project", () => false),
      ...found(
        "claim",
        CLAIM,
        "say it only to deny it: the platform has no UK jurisdiction, and carriers read texts",
        (match) => DENIED.test(sentenceAt(text, match.index)),
      ),
      ...METAPHORS.filter(({ where }) => where.test(path)).flatMap(({ word, instead }) =>
        found("metaphor", word, instead, () => false),
      ),
    ];
  });
}
