/**
 * Ways round the mask in a text: telephone numbers, e-mail addresses, links, and digits spelled out as words. A guess, on the side
 * of what people do on purpose; the labelled texts in its test say how good it is. Pure.
 */
import { findEmails, findHandles, findLinks, type Place } from "../sms/links.ts";
import { findNumbers } from "../sms/phone.ts";
import { findSpelledNumbers } from "../sms/spelled-digits.ts";
import { SLIPS, type ContentPolicy, type Slip } from "./session.ts";

/** Where something stands in a text (UTF-16 offsets, end exclusive). */
export type Found = { slip: Slip; start: number; end: number };

/** What stands where something was taken out. */
export const REMOVED = "[removed]";

/** What finds each kind, the surest first: of two that overlap, the first keeps its place. */
const FINDERS: readonly [Slip, (text: string) => Place[]][] = [
  ["emails", findEmails],
  ["links", findLinks],
  ["numbers", findNumbers],
  ["links", findHandles],
  ["spelled_digits", findSpelledNumbers],
];

/** Everything of these kinds in the text that could lead round the mask, in order, each place once. */
export function findSlips(text: string, kinds: readonly Slip[] = SLIPS): Found[] {
  const taken = new Uint8Array(text.length);
  const found: Found[] = [];
  for (const [slip, find] of FINDERS) {
    if (!kinds.includes(slip)) continue;
    for (const { start, end } of find(text)) {
      if (taken.subarray(start, end).includes(1)) continue;
      taken.fill(1, start, end);
      found.push({ slip, start, end });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/**
 * The text as it may go on, and what was in it that the policy does not simply let pass. Each kind is looked for whatever the
 * others are, so a number in a link is stripped where links pass.
 */
export function applyContent(text: string, policy: ContentPolicy): { text: string; slips: Slip[] } {
  const stripped = SLIPS.filter((slip) => policy[slip] === "strip");
  const warned = SLIPS.filter((slip) => policy[slip] === "warn");
  const removed = stripped.length === 0 ? [] : findSlips(text, stripped);
  const slips = new Set(removed.map(({ slip }) => slip));
  for (const slip of warned) if (findSlips(text, [slip]).length > 0) slips.add(slip);
  let out = "";
  let from = 0;
  for (const { start, end } of removed) {
    out += text.slice(from, start) + REMOVED;
    from = end;
  }
  return { text: out + text.slice(from), slips: SLIPS.filter((slip) => slips.has(slip)) };
}
