/**
 * How the parts of a text become the text: joined as code units, since a part is cut wherever its last unit falls, with a sign
 * where some are missing. Pure.
 */

/** Stands where parts of a text are missing, for whoever reads it. */
export const GAP = "[...]";

export type PartText = { nth: number; text: string };

/** The text that the parts make, in their order; `total` is how many there should be. */
export function joinParts(parts: readonly PartText[], total: number): { text: string; complete: boolean } {
  let text = "";
  let last = 0;
  for (const part of parts.toSorted((a, b) => a.nth - b.nth)) {
    if (part.nth > last + 1) text = spaced(text, GAP);
    text = part.nth > last + 1 ? spaced(text, part.text) : text + part.text;
    last = part.nth;
  }
  return { text: last < total ? spaced(text, GAP) : text, complete: parts.length === total };
}

/** Two pieces with one space between them where neither brings one. */
function spaced(before: string, after: string): string {
  const touches = before !== "" && !/\s$/.test(before) && !/^\s/.test(after);
  return `${before}${touches ? " " : ""}${after}`;
}
