/**
 * What a person said to being texted: yes or stop, for a purpose, to one sender or to all of a tenant's. Pure.
 */
import { isoOf } from "../base/clock.ts";
import type { Purpose } from "../sms/purpose.ts";

/** How the tenant or we heard of it. `stop_word`: the person texted it; `carrier`: the carrier told. */
export const SOURCES = ["web", "app", "phone", "paper", "import", "other", "stop_word", "carrier"] as const;
export type Source = (typeof SOURCES)[number];
/** Sources that a caller may name: the rest are our own ears. */
export const REPORTED_SOURCES = [
  "web",
  "app",
  "phone",
  "paper",
  "import",
  "other",
] as const satisfies readonly Source[];

export type Standing = "given" | "withdrawn";

/**
 * One word of one person, kept as it was said: the next word does not change it. What was texted and replaced goes after thirteen
 * months; all else is kept for ever.
 */
export type Consent = {
  id: string;
  /** Keyed name of the number: nothing without the tenant's index key, and all that is kept of it beside the mask. */
  who: Uint8Array;
  mask: string;
  country: string;
  purpose: Purpose;
  /** The sender it was said to; null for all of the tenant's. */
  sender: string | null;
  standing: Standing;
  source: Source;
  /** The wording that was shown, or its version. */
  wording: string | null;
  saidAt: number;
  createdAt: number;
};

/** What counts of two words about one purpose, to one sender and to all: the later one. Of two at once, stop counts. */
export function later<Word extends Pick<Consent, "saidAt" | "standing">>(a: Word | null, b: Word | null): Word | null {
  if (a === null || b === null) return a ?? b;
  if (a.saidAt !== b.saidAt) return a.saidAt > b.saidAt ? a : b;
  return a.standing === "withdrawn" ? a : b;
}

/**
 * A sender as people see it: names whatever their capitals, spaces and dashes, numbers with or without their plus. A stop to one
 * spelling is a stop to all that look like it.
 */
export function seenAs(sender: string): string {
  const plain = sender
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\p{Cf}\p{Z}\s.\p{Pd}_]/gu, "");
  return plain.replace(/^\+(?=\d+$)/, "") || sender;
}

/** The consent in the contract's words. The token is shown only to those who named the person by it. */
export function consentView(consent: Consent, token: string | null) {
  const { id, mask, country, purpose, sender, standing, source, wording, saidAt, createdAt } = consent;
  return {
    id,
    to: { ...(token === null ? {} : { token }), mask, country },
    purpose,
    sender,
    state: standing,
    source,
    wording,
    said_at: isoOf(saidAt),
    created_at: isoOf(createdAt),
  };
}

export type ConsentView = ReturnType<typeof consentView>;
