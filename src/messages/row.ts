/**
 * The row of a live message, without its sealed text, and the message that it holds. Pure.
 */
import type { Purpose } from "../sms/purpose.ts";
import type { Attempt, Facts, Message, State } from "./message.ts";

export type Row = {
  id: string;
  state: string;
  version: number;
  purpose: string;
  token: string;
  subject: string;
  account: string | null;
  facts: string;
  attempts: string;
  lease: number | null;
  due: number | null;
  reason: string | null;
  sent_at: number | null;
  ended_at: number | null;
  reference: ArrayBuffer | null;
};

/** The columns of `Row`. */
export const COLUMNS = `id, state, version, purpose, token, subject, account, facts, attempts, lease, due, reason, sent_at,
  ended_at, reference`;

/** The message in a row. Throws where its facts cannot be read. */
export function messageOf(row: Row): Message {
  return {
    id: row.id,
    state: row.state as State,
    version: row.version,
    purpose: row.purpose as Purpose,
    token: row.token,
    subject: row.subject,
    account: row.account,
    facts: JSON.parse(row.facts) as Facts,
    attempts: JSON.parse(row.attempts) as Attempt[],
    lease: row.lease,
    due: row.due,
    reason: row.reason,
    sentAt: row.sent_at,
    endedAt: row.ended_at,
  };
}
