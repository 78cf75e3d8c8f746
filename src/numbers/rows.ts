/**
 * A row of the table of virtual numbers, and its conversion to a `VirtualNumber`.
 */
import type { NumberKind } from "../sms/phone.ts";
import type { Capability, NumberState, Price, VirtualNumber } from "./number.ts";

export type NumberRow = {
  id: string;
  e164: string;
  account: string;
  country: string;
  kind: string;
  facts: string;
  pool: string | null;
  state: string;
  uses: number;
  session: string | null;
  until: number | null;
  created_at: number;
};
/** A number from its row. */
export function numberOf(row: NumberRow): VirtualNumber {
  const { id, e164, account, country, kind, pool, state, uses, session, until, created_at: createdAt } = row;
  const facts = JSON.parse(row.facts) as { capabilities: Capability[]; price: Price | null; tags: string[]; lent?: true }; // prettier-ignore
  const known = { kind: kind as NumberKind, state: state as NumberState };
  return { id, e164, account, country, pool, uses, session, until, createdAt, ...facts, ...known };
}
