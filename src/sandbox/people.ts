/**
 * What the handset calls a line. The names are the handset's own: nobody gave them, and they are no more than a way to tell phones
 * apart. The number always stands beside the name.
 */

/** Magic numbers are called by what they do, in a word or two. */
const MAGIC_NAMES: Readonly<Record<string, string>> = {
  "900901": "Undelivered",
  "900902": "Unknown",
  "900903": "Slow",
  "900904": "Refused",
  "900905": "Throttled",
  "900906": "Twice",
  "900907": "Out of order",
  "900908": "No receipt",
  "900909": "Late receipt",
};

/** By the last two digits, so that 201 is Asha and 202 Ben, as in the stories of `npm start`. */
const NAMES = (
  "Iris Asha Ben Carla Dev Ewa Femi Gwen Hari Ines Jonas Alice Lena Mateo Nia Omar Pia Quinn Rosa Sofia Tariq Uma Bob Sam Wren Xenia Yusuf Zoe " +
  "Anouk Bilal Chloe Dylan Elif Farid Greta Hugo Isla Jamal Kaia Leo Mina Noor Olga Priya Ravi Sioned Theo Una Vera Will"
).split(" ");

/** Colours there are for lines. */
const HUES = 6;

/** A line's name and colour; `magic` where its number misbehaves on purpose. */
export function personOf(number: string): { name: string; hue: number; magic: boolean } {
  const ending = Number(number.slice(-3));
  const magic = number.startsWith("+447700") ? MAGIC_NAMES[number.slice(-6)] : undefined;
  const name = magic ?? NAMES[ending % NAMES.length] ?? "Somebody";
  return { name, hue: ending % HUES, magic: magic !== undefined };
}

/** A number as people in the United Kingdom write it; any other as it stands. */
export const spaced = (number: string): string => number.replace(/^\+44(\d{4})(\d{6})$/, "0$1 $2");

/**
 * The code of a text, for copying: the only run of four to ten digits that stands alone. A run after `#` on the last line, as in
 * origin-bound codes, is the same code again. A text with two different runs has none, because nobody could say which it is.
 */
export function codeIn(text: string): string | null {
  const runs = text.match(/(?<![\d+.,:/£$€-])\b\d{4,10}\b(?![.,:/-]?\d)/g) ?? [];
  const [code, ...others] = new Set(runs);
  return code === undefined || others.length > 0 ? null : code;
}
