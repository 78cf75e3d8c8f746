/**
 * Completing an answer from the records, where the tenant's object alone cannot: by the name a route's row gives.
 */
import type { RecordDb } from "../storage/record-db.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import { finishCancel, finishGet, finishList } from "../messages/finish.ts";
import type { Note } from "../messages/message.ts";
import { finishCheck, finishEnded, finishGet as finishVerification, finishList as finishVerifications } from "../verify/finish.ts"; // prettier-ignore

export type FinishDeps = {
  db: RecordDb;
  tenant: string;
  /** Asks the tenant's object once more, as the same caller. */
  ask: (verb: string, input: unknown) => Promise<Outcome<unknown>>;
};

type Finisher = {
  /** Completes what the object answered, or what it no longer knows. */
  on: "answer" | "not_found";
  run: (deps: FinishDeps, id: string, part: never) => Promise<Outcome<unknown>>;
};

const FINISHERS: Record<string, Finisher> = {
  "messages.get": { on: "answer", run: (deps, id, part) => finishGet(messages(deps), id, part) },
  "messages.list": { on: "answer", run: (deps, _id, part) => finishList(messages(deps), part) },
  "messages.cancel": { on: "not_found", run: (deps, id) => finishCancel(messages(deps), id) },
  "verify.get": { on: "answer", run: (deps, id, part) => finishVerification(verifications(deps), id, part) },
  "verify.list": { on: "answer", run: (deps, _id, part) => finishVerifications(verifications(deps), part) },
  "verify.check": { on: "not_found", run: (deps, id) => finishCheck(verifications(deps), id) },
  "verify.ended": { on: "not_found", run: (deps, id) => finishEnded(verifications(deps), id) },
};

/** The whole answer. A refusal of the object's stays one, unless it only means that the thing is a record by now. */
export async function finished(
  name: string | null,
  outcome: Outcome<unknown>,
  input: unknown,
  deps: FinishDeps,
): Promise<Outcome<unknown>> {
  const finisher = name === null ? undefined : FINISHERS[name];
  if (finisher === undefined) return outcome;
  const { id = "" } = (input ?? {}) as { id?: string };
  if (finisher.on === "not_found") {
    const gone = isRefused(outcome) && outcome.refused === "not_found";
    return gone ? finisher.run(deps, id, undefined as never) : outcome;
  }
  return isRefused(outcome) ? outcome : finisher.run(deps, id, outcome.ok as never);
}

function notesBy<T>({ ask }: FinishDeps, verb: string): (ids: string[]) => Promise<Record<string, T>> {
  return async (ids) => {
    const notes = await ask(verb, { ids });
    return isRefused(notes) ? {} : (notes.ok as Record<string, T>);
  };
}

const messages = (deps: FinishDeps) => ({ ...deps, notes: notesBy<Note>(deps, "messages.notes") });
const verifications = (deps: FinishDeps) => ({
  ...deps,
  notes: notesBy<Record<string, string>>(deps, "verify.notes"),
});
