/**
 * Reading across the two homes of a message: the object while it lives, the records when it has ended. The object is always
 * asked first; a message is recorded before it leaves the object, so nobody's own write is ever missing in between.
 */
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { Help } from "../contract/route.ts";
import type { QuestionsOf } from "../contract/verb.ts";
import { mergedPage, rowsFor, type Page } from "../contract/list.ts";
import type { MessageView, Note } from "./message.ts";
import { listRecords, readRecord } from "./records/store.ts";
import type { ListPart, MessagesVerbs } from "./verbs.ts";

type FinishDeps = Pick<Help<QuestionsOf<MessagesVerbs>>, "records" | "tenant" | "ask">;

/** One message, from wherever it is. */
export async function finishGet(
  deps: FinishDeps,
  id: string,
  part: { message: MessageView | null; note: Note | null },
): Promise<Outcome<MessageView>> {
  if (part.message !== null) return { ok: part.message };
  const record = await readRecord(deps.records, deps.tenant, id);
  return record === null ? refuse("not_found") : { ok: withNote(record, part.note) };
}

/** A message that has moved on to the records was there, and it is too late: not the same as one that never was. */
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

/** The caller's own notes of ended messages, which stay in the object. */
async function notesOf(deps: FinishDeps, records: readonly MessageView[]): Promise<Record<string, Note>> {
  if (records.length === 0) return {};
  const notes = await deps.ask("messages.notes", { ids: records.map(({ id }) => id) });
  return isRefused(notes) ? {} : notes.ok;
}

function withNote(record: MessageView, note: Note | null): MessageView {
  return note === null ? record : { ...record, reference: note.reference, metadata: note.metadata };
}
