/**
 * A person's consent to texts or its withdrawal, for a purpose, to one sender or to all of a tenant's. Pure.
 */
import { isoOf } from "../base/clock.ts";
import type { Purpose } from "../sms/purpose.ts";

/** Where the record comes from. `stop_word`: the person texted it; `carrier`: the carrier reported it. */
export const SOURCES = ["web", "app", "phone", "paper", "import", "other", "stop_word", "carrier"] as const;
export type Source = (typeof SOURCES)[number];
/** Sources that a caller may name; the others are recorded by the service itself. */
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
 * One record, never changed: a later statement is a record of its own. A replaced record that was texted is purged after thirteen
 * months; all others are kept.
 */
export type Consent = {
  id: string;
  /** Keyed name of the number, which only the tenant's index key can compute; beside it only the mask is stored. */
  who: Uint8Array;
  mask: string;
  country: string;
  purpose: Purpose;
  /** The sender it is about; null for all of the tenant's. */
  sender: string | null;
  standing: Standing;
  source: Source;
  /** The wording that was shown, or its version. */
  wording: string | null;
  saidAt: number;
  createdAt: number;
};

/** Of two records for one purpose, the one in force: the later; of two with the same time the withdrawal. */
export function later<Word extends Pick<Consent, "saidAt" | "standing">>(a: Word | null, b: Word | null): Word | null {
  if (a === null || b === null) return a ?? b;
  if (a.saidAt !== b.saidAt) return a.saidAt > b.saidAt ? a : b;
  return a.standing === "withdrawn" ? a : b;
}

/**
 * The form under which spellings of a sender count as one: without case, spaces and dashes, numbers without their plus. A stop to
 * one spelling holds for all of them.
 */
export function seenAs(sender: string): string {
  const plain = sender
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\p{Cf}\p{Z}\s.\p{Pd}_]/gu, "");
  return plain.replace(/^\+(?=\d+$)/, "") || sender;
}

/** The consent as the API shows it. The token is included only if the request named the person by it. */
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
