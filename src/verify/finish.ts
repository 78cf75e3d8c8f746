/**
 * Reading verifications from the object, for 70 minutes after their start, and from the records in D1 afterwards. The object is read
 * first; a verification is recorded before it leaves the object, so that callers always see their own writes.
 */
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { Help } from "../contract/route.ts";
import type { QuestionsOf } from "../contract/verb.ts";
import type { CheckAnswer } from "./check.ts";
import { mergedPage, rowsFor, type Page } from "../contract/list.ts";
import { listVerifications, readVerification } from "./store.ts";
import type { ListPart, Part, VerifyVerbs } from "./verbs.ts";
import { endReason, type VerificationView } from "./code/verification.ts";

type FinishDeps = Pick<Help<QuestionsOf<VerifyVerbs>>, "records" | "tenant" | "ask">;

/** One verification, from the object or the records. */
export async function finishGet(deps: FinishDeps, id: string, part: Part): Promise<Outcome<VerificationView>> {
  if (part.verification !== null) return { ok: part.verification };
  const record = await readVerification(deps.records, deps.tenant, id);
  return record === null ? refuse("not_found") : { ok: { ...record, metadata: part.metadata } };
}

/** The answer to a check of a recorded verification: its final state and the reason, not a 404. */
export async function finishCheck(deps: FinishDeps, id: string): Promise<Outcome<CheckAnswer>> {
  const record = await readVerification(deps.records, deps.tenant, id);
  if (record === null) return refuse("not_found");
  const { state, reason } = record;
  return { ok: { state, valid: false, reason: endReason(state, reason), attempts_left: 0 } };
}

/** The refusal to send or cancel a verification that is a record (ended) or does not exist. */
export async function finishEnded(deps: FinishDeps, id: string): Promise<Refusal> {
  const record = await readVerification(deps.records, deps.tenant, id);
  return refuse(record === null ? "not_found" : "verification_ended");
}

/** A page of both, newest first. */
export async function finishList(deps: FinishDeps, part: ListPart): Promise<Outcome<Page<VerificationView>>> {
  const records = await listVerifications(deps.records, { ...part.records, tenant: deps.tenant }, rowsFor(part.limit));
  const notes = await notesOf(deps, records);
  const recorded = records.map((record) => ({ ...record, metadata: notes[record.id] ?? null }));
  return { ok: mergedPage(part.live, recorded, part.limit) };
}

/** The metadata of recorded verifications, which stay in the object. */
async function notesOf(
  deps: FinishDeps,
  records: readonly VerificationView[],
): Promise<Record<string, Record<string, string>>> {
  if (records.length === 0) return {};
  const notes = await deps.ask("verify.notes", { ids: records.map(({ id }) => id) });
  return isRefused(notes) ? {} : notes.ok;
}
