/**
 * The records of messages that have ended, in the jurisdiction's D1. They hold tokens, country, mask, state, times and prices; no
 * number, no text, no ciphertext of either.
 */
import type { RecordDb } from "../storage/record-db.ts";
import { listRows, purgeRows, readRow, writeRows, type RecordFilter as Filter } from "../storage/records.ts";
import { viewOf, type Message, type MessageView } from "./message.ts";

const TABLE = { name: "messages", columns: ["state", "token", "reference"] } as const;
export type RecordFilter = Filter<(typeof TABLE.columns)[number]>;

/** Writes ended messages, each with the keyed name of the caller's reference. */
export async function writeRecords(
  db: RecordDb,
  tenant: string,
  ended: readonly { message: Message; reference: Uint8Array | null }[],
): Promise<void> {
  const rows = ended.map(({ message, reference }) => ({
    id: message.id,
    version: message.version,
    record: JSON.stringify(viewOf(message, null)),
    state: message.state,
    token: message.token,
    reference: reference === null ? null : Buffer.from(reference).toString("base64url"),
  }));
  await writeRows(db, TABLE, tenant, rows);
}

/** One record of the tenant, or null. */
export async function readRecord(db: RecordDb, tenant: string, id: string): Promise<MessageView | null> {
  const record = await readRow(db, TABLE, tenant, id);
  return record === null ? null : messageOf(record);
}

/** The records of a list, newest first. */
export async function listRecords(db: RecordDb, filter: RecordFilter, limit: number): Promise<MessageView[]> {
  return (await listRows(db, TABLE, filter, limit)).map(messageOf);
}

/** Deletes records with ids before one, in chunks; answers how many went. */
export function purgeRecords(db: RecordDb, tenant: string, idBefore: string, limit: number): Promise<number> {
  return purgeRows(db, TABLE, tenant, idBefore, limit);
}

const messageOf = (record: string): MessageView => JSON.parse(record) as MessageView;
