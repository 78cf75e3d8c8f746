/**
 * The words by which people steer the texts they get, in English and Welsh. A word counts only when it is the whole text, but for
 * case, spaces and punctuation: "stop by at six" is a sentence, not a wish. Pure.
 */

/** `stop`: these texts. `stop_all`: all of this business's. `start`: take it back. `help`: who is this. */
export type Word = "stop" | "stop_all" | "start" | "help";

/** Twilio's and AWS's common lists, the CTIA's, and what Welsh-speaking people write. `END` and `CANCEL` among them by custom. */
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

/** Longer than any word with room for its punctuation; a long text is no word and is not looked at. */
const CHARS_MAX = 40;

/** The word that a text is, or null. */
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
