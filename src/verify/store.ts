/**
 * The records of verifications that have ended, in the jurisdiction's D1. They hold tokens, masks, states and times; no number,
 * no code, no digest, no text, no context.
 */
import { recordStore } from "../contract/records.ts";
import type { RecordDb } from "../storage/record-db.ts";
import { writeRows, type RecordTable } from "../storage/records.ts";
import { viewOf, type State, type Verification } from "./code/verification.ts";
import { RECORDED_STATES, rowOfVerification, verificationOfRow } from "./record.ts";

export const VERIFICATION_RECORDS: RecordTable<State> = {
  name: "verifications",
  states: RECORDED_STATES,
  columns: ["token"],
};

/** Writes ended verifications. */
export async function writeVerifications(db: RecordDb, ended: readonly Verification[]): Promise<void> {
  const rows = ended.map((verification) => rowOfVerification(viewOf(verification, null, null)));
  await writeRows(db, VERIFICATION_RECORDS, rows);
}

export const {
  read: readVerification,
  list: listVerifications,
  purge: purgeVerifications,
  count: countVerifications,
} = recordStore(VERIFICATION_RECORDS, "ver", verificationOfRow);
