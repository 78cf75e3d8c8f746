/**
 * The records of messages that have ended, in the jurisdiction's D1. They hold tokens, country, mask, state, times and prices; no
 * number, no text, no ciphertext of either.
 */
import { recordStore } from "../../contract/records.ts";
import type { RecordDb } from "../../storage/record-db.ts";
import { writeRows, type RecordTable } from "../../storage/records.ts";
import { viewOf, type Message, type State } from "../message.ts";
import { messageOfRow, RECORDED_STATES, rowOfMessage } from "./layout.ts";

export const MESSAGE_RECORDS: RecordTable<State> = {
  name: "messages",
  states: RECORDED_STATES,
  columns: ["reference", "token"],
};

/** Writes ended messages, each with the keyed name of the caller's reference. */
export async function writeRecords(
  db: RecordDb,
  ended: readonly { message: Message; reference: Uint8Array | null }[],
): Promise<void> {
  const rows = ended.map(({ message, reference }) =>
    rowOfMessage(
      viewOf(message, null),
      reference === null ? null : Buffer.from(reference).toString("base64url"),
      message.facts,
    ),
  );
  await writeRows(db, MESSAGE_RECORDS, rows);
}

export const {
  read: readRecord,
  list: listRecords,
  purge: purgeRecords,
  count: countRecords,
} = recordStore(MESSAGE_RECORDS, "msg", messageOfRow);
