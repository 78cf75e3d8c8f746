/**
 * Figures across their two stores: the object, which is asked first, and D1, which has the days that are over. Nothing is in both parts
 * of an answer: the object names the days that it has told.
 */
import { DAY_MS } from "../base/clock.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import { wholeList } from "../contract/list.ts";
import type { Help } from "../contract/route.ts";
import type { QuestionsOf } from "../contract/verb.ts";
import { readDays } from "./days.ts";
import { Groups, type Group, type Span } from "./groups.ts";
import { dayOf } from "./ledger.ts";
import type { Part, StatsVerbs } from "./verbs.ts";

type FinishDeps = Pick<Help<QuestionsOf<StatsVerbs>>, "records" | "tenant">;

/** The whole answer. */
export async function finishFigures<Row>(
  { records, tenant }: FinishDeps,
  { span, groups: told, here, complete }: Part,
  rowOf: (span: Span, group: Group) => Row,
): Promise<Outcome<{ data: Row[]; next_cursor: string | null; complete: boolean }>> {
  const groups = new Groups(span, told);
  const [from, to] = [dayOf(span.from), dayOf(span.to)];
  if (span.step === "day")
    await readDays(records, tenant, { from, to }, (day, entries) => {
      if (!here.includes(day)) groups.add(day * DAY_MS, entries);
    });
  const rows = groups.rows();
  return isRefused(rows) ? rows : { ok: { ...wholeList(rows.ok.map((group) => rowOf(span, group))), complete } };
}
