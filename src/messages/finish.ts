/**
 * Reading across the two homes of a message: the object while it lives, the records when it has ended. The object is always
 * asked first; a message is recorded before it leaves the object, so nobody's own write is ever missing in between.
 */
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { Help } from "../contract/route.ts";
import type { QuestionsOf } from "../contract/verb.ts";
import type { MessageView, Note } from "./message.ts";
import { listRecords, readRecord } from "./store.ts";
import type { ListPart, MessagesVerbs } from "./verbs.ts";

type FinishDeps = Pick<Help<QuestionsOf<MessagesVerbs>>, "records" | "tenant" | "ask">;

export type Page = { data: MessageView[]; next_cursor: string | null };

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

/** A page of both homes, newest first; where both have a message, the newer version counts. */
export async function finishList(deps: FinishDeps, part: ListPart): Promise<Outcome<Page>> {
  const records = await listRecords(deps.records, { ...part.records, tenant: deps.tenant }, part.limit + 1);
  const notes = await notesOf(deps, records);
  const merged = new Map<string, MessageView>();
  for (const record of records) merged.set(record.id, withNote(record, notes[record.id] ?? null));
  for (const live of part.live) {
    const recorded = merged.get(live.id);
    if (recorded === undefined || recorded.sequence < live.sequence) merged.set(live.id, live);
  }
  const data = [...merged.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, part.limit);
  const more = merged.size > part.limit;
  return { ok: { data, next_cursor: more ? (data.at(-1)?.id ?? null) : null } };
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
