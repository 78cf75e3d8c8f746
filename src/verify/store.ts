/**
 * The ledger of records: verifications that have ended, in the jurisdiction's D1. One row each, by id and version, so that a
 * repeated batch changes nothing. Holds tokens, masks, states and times; no number, no code, no digest, no text, no context.
 */
import { jsonWrites, type RecordDb } from "../storage/record-db.ts";
import { filtered } from "../storage/sql.ts";
import { viewOf, type State, type Verification, type VerificationView } from "./code/verification.ts";

export type RecordFilter = {
  tenant: string;
  state?: State;
  token?: string;
  before?: string;
  from?: string;
  to?: string;
};

type Row = { record: string };

/** Rows travel as one JSON value. */
export const RECORDS_PER_WRITE_MAX = 500;

/** Writes ended verifications; a newer version replaces an older one, never the other way round. */
export async function writeVerifications(db: RecordDb, tenant: string, ended: readonly Verification[]): Promise<void> {
  const rows = ended.map((verification) => ({
    id: verification.id,
    tenant,
    version: verification.version,
    state: verification.state,
    token: verification.token,
    record: JSON.stringify(viewOf(verification, null, null)),
  }));
  for (const json of jsonWrites(rows, RECORDS_PER_WRITE_MAX)) {
    await db
      .prepare(
        `INSERT INTO verifications(id, tenant, version, state, token, record)
         SELECT json_extract(value, '$.id'), json_extract(value, '$.tenant'), json_extract(value, '$.version'),
           json_extract(value, '$.state'), json_extract(value, '$.token'), json_extract(value, '$.record')
         FROM json_each(?) WHERE true
         ON CONFLICT(id) DO UPDATE SET version = excluded.version, state = excluded.state, record = excluded.record
         WHERE excluded.version > verifications.version`,
      )
      .bind(json)
      .run();
  }
}

/** One record of the tenant, or null. */
export async function readVerification(db: RecordDb, tenant: string, id: string): Promise<VerificationView | null> {
  const row = await db
    .prepare(`SELECT record FROM verifications WHERE id = ? AND tenant = ?`)
    .bind(id, tenant)
    .first<Row>();
  return row === null ? null : (JSON.parse(row.record) as VerificationView);
}

/** The records of a list, newest first. */
export async function listVerifications(
  db: RecordDb,
  filter: RecordFilter,
  limit: number,
): Promise<VerificationView[]> {
  const { where, values } = filtered<string>([
    ["tenant = ?", filter.tenant],
    ["state = ?", filter.state],
    ["token = ?", filter.token],
    ["id < ?", filter.before],
    ["id >= ?", filter.from],
    ["id < ?", filter.to],
  ]);
  const rows = await db
    .prepare(`SELECT record FROM verifications WHERE ${where} ORDER BY id DESC LIMIT ?`)
    .bind(...values, limit)
    .all<Row>();
  return rows.results.map((row) => JSON.parse(row.record) as VerificationView);
}

/** Deletes records of before an id's time, in chunks; answers how many went. */
export async function purgeVerifications(
  db: RecordDb,
  tenant: string,
  idBefore: string,
  limit: number,
): Promise<number> {
  const rows = await db
    .prepare(
      `DELETE FROM verifications WHERE id IN
         (SELECT id FROM verifications WHERE tenant = ? AND id < ? ORDER BY id LIMIT ?) RETURNING id`,
    )
    .bind(tenant, idBefore, limit)
    .all<{ id: string }>();
  return rows.results.length;
}
