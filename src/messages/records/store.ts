/**
 * The records of messages that have ended, in the jurisdiction's D1. They hold tokens, country, mask, state, times and prices; no
 * number, no text, no ciphertext of either.
 */
import { idStemOf, ownerOfTenant, stemOf, withoutStem } from "../../base/ids.ts";
import type { RecordDb } from "../../storage/record-db.ts";
import {
  countRows,
  listRows,
  purgeRows,
  readRow,
  writeRows,
  type RecordFilter,
  type RecordTable,
} from "../../storage/records.ts";
import { viewOf, type Message, type MessageView, type State } from "../message.ts";
import { messageOfRow, RECORDED_STATES, rowOfMessage } from "./layout.ts";

export const MESSAGE_RECORDS: RecordTable<State> = {
  name: "messages",
  states: RECORDED_STATES,
  columns: ["reference", "token"],
};

/** Which records of a tenant; `token` is a whole one. */
export type TenantFilter = RecordFilter & { tenant: string };

/** Writes ended messages, each with the keyed name of the caller's reference. */
export async function writeRecords(
  db: RecordDb,
  ended: readonly { message: Message; reference: Uint8Array | null }[],
): Promise<void> {
  const rows = ended.map(({ message, reference }) =>
    rowOfMessage(viewOf(message, null), reference === null ? null : Buffer.from(reference).toString("base64url")),
  );
  await writeRows(db, MESSAGE_RECORDS, rows);
}

/** One record of the tenant, or null. */
export async function readRecord(db: RecordDb, tenant: string, id: string): Promise<MessageView | null> {
  const row = await readRow(db, MESSAGE_RECORDS, idStemOf("msg", tenant), id);
  return row === null ? null : messageOfRow(row);
}

/** The records of a list, newest first. */
export async function listRecords(
  db: RecordDb,
  { tenant, ...filter }: TenantFilter,
  limit: number,
): Promise<MessageView[]> {
  return (await listRows(db, MESSAGE_RECORDS, idStemOf("msg", tenant), shortened(tenant, filter), limit)).map(
    messageOfRow,
  );
}

/** Deletes records with ids before one, in chunks; answers how many went. */
export function purgeRecords(db: RecordDb, tenant: string, idBefore: string, limit: number): Promise<number> {
  return purgeRows(db, MESSAGE_RECORDS, idStemOf("msg", tenant), idBefore, limit);
}

/** How many records the tenant has. */
export const countRecords = (db: RecordDb, tenant: string): Promise<number> =>
  countRows(db, MESSAGE_RECORDS, idStemOf("msg", tenant));

/** The filter with its token as the rows have it. */
function shortened(tenant: string, filter: RecordFilter): RecordFilter {
  if (filter.token === undefined) return filter;
  return { ...filter, token: withoutStem(stemOf("tok", ownerOfTenant(tenant)), filter.token) };
}
