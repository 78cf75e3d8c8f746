/**
 * The records of verifications that have ended, in the jurisdiction's D1. They hold tokens, masks, states and times; no number,
 * no code, no digest, no text, no context.
 */
import type { RecordDb } from "../storage/record-db.ts";
import { listRows, purgeRows, readRow, writeRows, type RecordFilter as Filter } from "../storage/records.ts";
import { viewOf, type Verification, type VerificationView } from "./code/verification.ts";

const TABLE = { name: "verifications", columns: ["state", "token"] } as const;
export type RecordFilter = Filter<(typeof TABLE.columns)[number]>;

/** Writes ended verifications. */
export async function writeVerifications(db: RecordDb, tenant: string, ended: readonly Verification[]): Promise<void> {
  const rows = ended.map((verification) => ({
    id: verification.id,
    version: verification.version,
    record: JSON.stringify(viewOf(verification, null, null)),
    state: verification.state,
    token: verification.token,
  }));
  await writeRows(db, TABLE, tenant, rows);
}

/** One record of the tenant, or null. */
export async function readVerification(db: RecordDb, tenant: string, id: string): Promise<VerificationView | null> {
  const record = await readRow(db, TABLE, tenant, id);
  return record === null ? null : verificationOf(record);
}

/** The records of a list, newest first. */
export async function listVerifications(
  db: RecordDb,
  filter: RecordFilter,
  limit: number,
): Promise<VerificationView[]> {
  return (await listRows(db, TABLE, filter, limit)).map(verificationOf);
}

/** Deletes records with ids before one, in chunks; answers how many went. */
export function purgeVerifications(db: RecordDb, tenant: string, idBefore: string, limit: number): Promise<number> {
  return purgeRows(db, TABLE, tenant, idBefore, limit);
}

const verificationOf = (record: string): VerificationView => JSON.parse(record) as VerificationView;
