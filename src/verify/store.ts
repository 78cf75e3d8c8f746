/**
 * The records of verifications that have ended, in the jurisdiction's D1. They hold tokens, masks, states and times; no number,
 * no code, no digest, no text, no context.
 */
import { idStemOf, ownerOfTenant, stemOf, withoutStem } from "../base/ids.ts";
import type { RecordDb } from "../storage/record-db.ts";
import {
  countRows,
  listRows,
  purgeRows,
  readRow,
  writeRows,
  type RecordFilter,
  type RecordTable,
} from "../storage/records.ts";
import { viewOf, type State, type Verification, type VerificationView } from "./code/verification.ts";
import { RECORDED_STATES, rowOfVerification, verificationOfRow } from "./record.ts";

export const VERIFICATION_RECORDS: RecordTable<State> = {
  name: "verifications",
  states: RECORDED_STATES,
  columns: ["token"],
};

/** Which records of a tenant; `token` is a whole one. */
export type TenantFilter = RecordFilter & { tenant: string };

/** Writes ended verifications. */
export async function writeVerifications(db: RecordDb, ended: readonly Verification[]): Promise<void> {
  const rows = ended.map((verification) => rowOfVerification(viewOf(verification, null, null)));
  await writeRows(db, VERIFICATION_RECORDS, rows);
}

/** One record of the tenant, or null. */
export async function readVerification(db: RecordDb, tenant: string, id: string): Promise<VerificationView | null> {
  const row = await readRow(db, VERIFICATION_RECORDS, idStemOf("ver", tenant), id);
  return row === null ? null : verificationOfRow(row);
}

/** The records of a list, newest first. */
export async function listVerifications(
  db: RecordDb,
  { tenant, ...filter }: TenantFilter,
  limit: number,
): Promise<VerificationView[]> {
  return (await listRows(db, VERIFICATION_RECORDS, idStemOf("ver", tenant), shortened(tenant, filter), limit)).map(
    verificationOfRow,
  );
}

/** Deletes records with ids before one, in chunks; answers how many went. */
export function purgeVerifications(db: RecordDb, tenant: string, idBefore: string, limit: number): Promise<number> {
  return purgeRows(db, VERIFICATION_RECORDS, idStemOf("ver", tenant), idBefore, limit);
}

/** How many records the tenant has. */
export const countVerifications = (db: RecordDb, tenant: string): Promise<number> =>
  countRows(db, VERIFICATION_RECORDS, idStemOf("ver", tenant));

/** The filter with its token as the rows have it. */
function shortened(tenant: string, filter: RecordFilter): RecordFilter {
  if (filter.token === undefined) return filter;
  return { ...filter, token: withoutStem(stemOf("tok", ownerOfTenant(tenant)), filter.token) };
}
