/**
 * Contact details in a text, by which people could bypass masking: telephone numbers, e-mail addresses, links, and digits spelled out
 * as words. Heuristic, tuned to finding what people write on purpose; the labelled texts in its test measure it. Pure.
 */
import { findEmails, findHandles, findLinks, type Place } from "../sms/links.ts";
import { findNumbers } from "../sms/phone.ts";
import { findSpelledNumbers } from "../sms/spelled-digits.ts";
import { SLIPS, type ContentPolicy, type Slip } from "./session.ts";

/** A place in a text (UTF-16 offsets, end exclusive). */
export type Found = { slip: Slip; start: number; end: number };

/** Replaces what was removed. */
export const REMOVED = "[removed]";

/** Finders of each kind, the most reliable first: of two finds that overlap, the first is kept. */
const FINDERS: readonly [Slip, (text: string) => Place[]][] = [
  ["emails", findEmails],
  ["links", findLinks],
  ["numbers", findNumbers],
  ["links", findHandles],
  ["spelled_digits", findSpelledNumbers],
];

/** Contact details of these kinds in the text, in order, without overlaps. */
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
 * The text to relay, and the kinds found in it that the policy strips or warns of. Each kind is searched on its own, so a number in a
 * link is stripped where links pass.
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
