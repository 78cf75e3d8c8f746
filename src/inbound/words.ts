/**
 * The keywords STOP, START and HELP in English and Welsh. A keyword counts only as the whole text, apart from case, spaces and
 * punctuation: "stop by at six" is not a STOP. Pure.
 */

/** `stop`: texts from this sender. `stop_all`: from all of the tenant's. `start`: takes a stop back. `help`: who is texting. */
export type Word = "stop" | "stop_all" | "start" | "help";

/** The lists of Twilio, AWS and the CTIA (`END` and `CANCEL` are theirs), and Welsh equivalents. */
const WORDS: Readonly<Record<Word, readonly string[]>> = {
  stop: [
    "stop",
    "unsubscribe",
    "end",
    "quit",
    "cancel",
    "revoke",
    "opt out",
    "optout",
    "remove",
    "arret",
    "stopio",
    "stopiwch",
    "peidio",
    "peidiwch",
    "dim mwy",
    "diwedd",
    "dad danysgrifio",
    "dadtanysgrifio",
  ],
  stop_all: ["stopall", "stop all", "unsubscribe all", "stop pob un", "stopio popeth", "stop popeth"],
  start: ["start", "unstop", "opt in", "optin", "subscribe", "dechrau", "dechreuwch", "ailddechrau"],
  help: ["help", "info", "cymorth", "gwybodaeth"],
};

const BY_TEXT: ReadonlyMap<string, Word> = new Map(
  (Object.keys(WORDS) as Word[]).flatMap((word) => WORDS[word].map((text): [string, Word] => [text, word])),
);

/** Longer than any keyword with its punctuation; a longer text is not examined. */
const CHARS_MAX = 40;

/** The keyword that the text is, or null. */
export function wordOf(text: string): Word | null {
  if (text.length > CHARS_MAX) return null;
  const plain = text
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  return BY_TEXT.get(plain) ?? null;
}
