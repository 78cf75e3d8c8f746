/**
 * Joins the parts of a text as UTF-16 code units, since a part may end inside a character; a mark stands for missing parts. Pure.
 */

/** Marks missing parts for the reader. */
export const GAP = "[...]";

export type PartText = { nth: number; text: string };

/** The parts joined in order; `total` is how many there should be. */
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

/** Joins two pieces with a space, unless one is there already. */
function spaced(before: string, after: string): string {
  const touches = before !== "" && !/\s$/.test(before) && !/^\s/.test(after);
  return `${before}${touches ? " " : ""}${after}`;
}
