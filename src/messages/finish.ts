/**
 * Reading messages from the object, while they live, and from the records in D1, after they have ended. The object is read first; a
 * message is recorded before it leaves the object, so that callers always see their own writes.
 */
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { Help } from "../contract/route.ts";
import type { QuestionsOf } from "../contract/verb.ts";
import { mergedPage, rowsFor, type Page } from "../contract/list.ts";
import type { MessageView, Note } from "./message.ts";
import { listRecords, readRecord } from "./records/store.ts";
import type { ListPart, MessagesVerbs } from "./verbs.ts";

type FinishDeps = Pick<Help<QuestionsOf<MessagesVerbs>>, "records" | "tenant" | "ask">;

/** One message, from the object or the records. */
export async function finishGet(
  deps: FinishDeps,
  id: string,
  part: { message: MessageView | null; note: Note | null },
): Promise<Outcome<MessageView>> {
  if (part.message !== null) return { ok: part.message };
  const record = await readRecord(deps.records, deps.tenant, id);
  return record === null ? refuse("not_found") : { ok: withNote(record, part.note) };
}

/** The refusal to cancel a message that is a record (`not_cancelable`) or does not exist (`not_found`). */
export async function finishCancel(deps: FinishDeps, id: string): Promise<Refusal> {
  const record = await readRecord(deps.records, deps.tenant, id);
  return record === null
    ? refuse("not_found")
    : refuse("not_cancelable", { detail: `The message is ${record.state}.` });
}

/** A page of both, newest first. */
export async function finishList(deps: FinishDeps, part: ListPart): Promise<Outcome<Page<MessageView>>> {
  const records = await listRecords(deps.records, { ...part.records, tenant: deps.tenant }, rowsFor(part.limit));
  const notes = await notesOf(deps, records);
  return {
    ok: mergedPage(
      part.live,
      records.map((record) => withNote(record, notes[record.id] ?? null)),
      part.limit,
    ),
  };
}

/** The free fields of ended messages, which stay in the object. */
async function notesOf(deps: FinishDeps, records: readonly MessageView[]): Promise<Record<string, Note>> {
  if (records.length === 0) return {};
  const notes = await deps.ask("messages.notes", { ids: records.map(({ id }) => id) });
  return isRefused(notes) ? {} : notes.ok;
}

function withNote(record: MessageView, note: Note | null): MessageView {
  return note === null ? record : { ...record, reference: note.reference, metadata: note.metadata };
}
