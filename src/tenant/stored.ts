/**
 * What a rooms has to know of its own storage when it wakes, and which events it writes whoever listens.
 */
import type { IdMaker } from "../base/ids.ts";
import { first, type Sql } from "../storage/sql.ts";
import type { MessagesLedger } from "../messages/ledger.ts";
import { ENDED } from "../messages/message.ts";

/** Events that are kept whether or not an endpoint asked for them: how a message ended. */
export const ALWAYS_TOLD: ReadonlySet<string> = new Set(["unknown", "unconfirmed", ...ENDED]);

/** Ids made from now on come after every stored one, whatever the clock did meanwhile: cursors depend on it. */
export function riseAboveStored(sql: Sql, ids: IdMaker, messages: Pick<MessagesLedger, "looked">): void {
  for (const table of ["messages", "events", "verifications", "sessions", "interactions", "inbox"]) {
    const newest = first<{ id: string | null }>(sql, `SELECT max(id) AS id FROM ${table}`)?.id;
    if (typeof newest === "string") ids.startAfter(newest);
  }
  const looked = messages.looked(); // its row may be gone by now
  if (looked !== "") ids.startAfter(looked);
}
