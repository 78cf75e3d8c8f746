/**
 * Reading across the two homes of a verification: the object while it lives and an hour longer, the records afterwards. The
 * object is always asked first; a verification is recorded before it leaves, so nobody's own write is missing in between.
 */
import { refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { RecordDb } from "../storage/record-db.ts";
import type { CheckAnswer } from "./check.ts";
import { mergedPage, rowsFor, type Page } from "../contract/list.ts";
import { listVerifications, readVerification } from "./store.ts";
import type { ListPart, Part } from "./verbs.ts";
import { endReason, type VerificationView } from "./code/verification.ts";

export type FinishDeps = {
  db: RecordDb;
  tenant: string;
  /** The caller's own metadata of recorded ones, which stay in the object. */
  notes: (ids: string[]) => Promise<Record<string, Record<string, string>>>;
};

/** One verification, from wherever it is. */
export async function finishGet(deps: FinishDeps, id: string, part: Part): Promise<Outcome<VerificationView>> {
  if (part.verification !== null) return { ok: part.verification };
  const record = await readVerification(deps.db, deps.tenant, id);
  return record === null ? refuse("not_found") : { ok: { ...record, metadata: part.metadata } };
}

/** A check of one that is a record: its final state and the reason, not a bare 404. */
export async function finishCheck(deps: FinishDeps, id: string): Promise<Outcome<CheckAnswer>> {
  const record = await readVerification(deps.db, deps.tenant, id);
  if (record === null) return refuse("not_found");
  const { state, reason } = record;
  return { ok: { state, valid: false, reason: endReason(state, reason), attempts_left: 0 } };
}

/** Sending or canceling one that is a record: it was there, and it is too late. */
export async function finishEnded(deps: FinishDeps, id: string): Promise<Refusal> {
  const record = await readVerification(deps.db, deps.tenant, id);
  return refuse(record === null ? "not_found" : "verification_ended");
}

/** A page of both, newest first. */
export async function finishList(deps: FinishDeps, part: ListPart): Promise<Outcome<Page<VerificationView>>> {
  const records = await listVerifications(deps.db, { ...part.records, tenant: deps.tenant }, rowsFor(part.limit));
  const notes = records.length === 0 ? {} : await deps.notes(records.map((record) => record.id));
  const recorded = records.map((record) => ({ ...record, metadata: notes[record.id] ?? null }));
  return { ok: mergedPage(part.live, recorded, part.limit) };
}
