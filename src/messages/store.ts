/**
 * The ledger of records: messages that have ended, in the jurisdiction's D1. One row each, written once, by id and version,
 * so that a repeated batch changes nothing. Holds tokens, country, mask, state, times and prices; no number, no text, no
 * ciphertext of either.
 */
import { jsonWrites, type RecordDb } from "../storage/record-db.ts";
import { filtered } from "../storage/sql.ts";
import type { Message, MessageView, State } from "./message.ts";
import { viewOf } from "./message.ts";

export type RecordFilter = {
  tenant: string;
  state?: State;
  token?: string;
  reference?: string;
  before?: string;
  from?: string;
  to?: string;
};

type Row = { record: string };

/** A statement takes at most 100 bound values and 100 KB of text, so the rows travel as one JSON value. */
export const RECORDS_PER_WRITE_MAX = 500;

/** Writes ended messages; a newer version of a record replaces an older one, never the other way round. */
export async function writeRecords(
  db: RecordDb,
  tenant: string,
  ended: readonly { message: Message; reference: Uint8Array | null }[],
): Promise<void> {
  const rows = ended.map(({ message, reference }) => ({
    id: message.id,
    tenant,
    version: message.version,
    state: message.state,
    token: message.token,
    reference: reference === null ? null : Buffer.from(reference).toString("base64url"),
    record: JSON.stringify(viewOf(message, null)),
  }));
  for (const json of jsonWrites(rows, RECORDS_PER_WRITE_MAX)) {
    await db
      .prepare(
        `INSERT INTO messages(id, tenant, version, state, token, reference, record)
         SELECT json_extract(value, '$.id'), json_extract(value, '$.tenant'), json_extract(value, '$.version'),
           json_extract(value, '$.state'), json_extract(value, '$.token'), json_extract(value, '$.reference'),
           json_extract(value, '$.record')
         FROM json_each(?) WHERE true
         ON CONFLICT(id) DO UPDATE SET version = excluded.version, state = excluded.state, record = excluded.record
         WHERE excluded.version > messages.version`,
      )
      .bind(json)
      .run();
  }
}

/** One record of the tenant, or null. */
export async function readRecord(db: RecordDb, tenant: string, id: string): Promise<MessageView | null> {
  const row = await db.prepare(`SELECT record FROM messages WHERE id = ? AND tenant = ?`).bind(id, tenant).first<Row>();
  return row === null ? null : (JSON.parse(row.record) as MessageView);
}

/** The records of a list, newest first. */
export async function listRecords(db: RecordDb, filter: RecordFilter, limit: number): Promise<MessageView[]> {
  const { where, values } = filtered<string>([
    ["tenant = ?", filter.tenant],
    ["state = ?", filter.state],
    ["token = ?", filter.token],
    ["reference = ?", filter.reference],
    ["id < ?", filter.before],
    ["id >= ?", filter.from],
    ["id < ?", filter.to],
  ]);
  const rows = await db
    .prepare(`SELECT record FROM messages WHERE ${where} ORDER BY id DESC LIMIT ?`)
    .bind(...values, limit)
    .all<Row>();
  return rows.results.map((row) => JSON.parse(row.record) as MessageView);
}

/** Deletes records that ended before a time, in chunks; answers how many went. */
export async function purgeRecords(db: RecordDb, tenant: string, idBefore: string, limit: number): Promise<number> {
  const rows = await db
    .prepare(
      `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE tenant = ? AND id < ? ORDER BY id LIMIT ?) RETURNING id`,
    )
    .bind(tenant, idBefore, limit)
    .all<{ id: string }>();
  return rows.results.length;
}
