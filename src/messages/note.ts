/**
 * A message's free fields: stored sealed under the person's key, and shown with phone numbers in them masked.
 */
import { maskNumbersIn } from "../sms/phone.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { MessagesLedger } from "./ledger.ts";
import type { Note } from "./message.ts";

/** The free fields as every answer shows them: any phone number in them is masked. */
export function shownNote({ reference, metadata }: Note): Note {
  const masked =
    metadata === null
      ? null
      : Object.fromEntries(
          Object.entries(metadata).map(([name, value]) => [maskNumbersIn(name), maskNumbersIn(value)]),
        );
  return { reference: reference === null ? null : maskNumbersIn(reference), metadata: masked };
}

/** The free fields of a stored message, opened and masked; null where there are none or their key was destroyed. */
export function readNote(deps: { ledger: MessagesLedger; vault: VaultLedger }, id: string): Note | null {
  const note = deps.ledger.note(id);
  const text = note === null ? null : deps.vault.openText(note.subject, id, "note", note.sealed);
  return text === null ? null : shownNote(JSON.parse(text) as Note);
}
