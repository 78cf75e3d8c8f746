/**
 * The caller's metadata of a verification: stored sealed among the messages' notes, shown with phone numbers in it masked.
 */
import { DAY_MS } from "../base/clock.ts";
import { maskNumbersIn } from "../sms/phone.ts";
import type { VerifyDeps } from "./deps.ts";
import type { Verification } from "./code/verification.ts";

type Metadata = Record<string, string>;
type NoteDeps = Pick<VerifyDeps, "vault" | "notes" | "policy">;

/** Stores the metadata sealed, for as long as the tenant keeps notes. */
export function keepMetadata(deps: NoteDeps, id: string, subject: string, metadata: Metadata, now: number): void {
  const sealed = deps.vault.sealText(subject, id, "note", JSON.stringify({ metadata }));
  if (sealed !== null) deps.notes.put(id, subject, sealed, now + deps.policy().keepNotesDays * DAY_MS);
}

/** The metadata for an answer, or null. */
export function metadataOf(deps: NoteDeps, { id, facts }: Pick<Verification, "id" | "facts">): Metadata | null {
  return facts.note ? readMetadata(deps, id) : null;
}

/** As `metadataOf`, for a verification that may have become a record. */
export function readMetadata(deps: NoteDeps, id: string): Metadata | null {
  const note = deps.notes.get(id);
  const text = note === null ? null : deps.vault.openText(note.subject, id, "note", note.sealed);
  if (text === null) return null;
  const { metadata } = JSON.parse(text) as { metadata: Metadata };
  return masked(metadata);
}

function masked(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [maskNumbersIn(name), maskNumbersIn(value)]),
  );
}
