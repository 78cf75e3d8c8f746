/**
 * Figures across their two stores: the object, which is asked first, and D1, which has the days that are over. Nothing is in both parts
 * of an answer: the object names the days that it has told.
 */
import { DAY_MS, isoOf } from "../base/clock.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import { wholeList, type Page } from "../contract/list.ts";
import type { Help } from "../contract/route.ts";
import type { QuestionsOf } from "../contract/verb.ts";
import { readDays } from "./days.ts";
import { Groups, type Group, type Span } from "./groups.ts";
import { dayOf } from "./ledger.ts";
import type { Part, StatsVerbs } from "./verbs.ts";

type FinishDeps = Pick<Help<QuestionsOf<StatsVerbs>>, "records" | "tenant">;

/** An answer: its rows, and the time that they are of. */
export type Figures<Row> = Page<Row> & { from: string; to: string; complete: boolean };

/** The whole answer. */
export async function finishFigures<Row>(
  { records, tenant }: FinishDeps,
  { span, groups: told, here, complete }: Part,
  rowOf: (span: Span, group: Group) => Row,
): Promise<Outcome<Figures<Row>>> {
  const groups = new Groups(span, told);
  const [from, to] = [dayOf(span.from), dayOf(span.to)];
  if (span.unit === "day")
    await readDays(records, tenant, { from, to }, (day, entries) => {
      if (!here.includes(day)) groups.add(day * DAY_MS, entries);
    });
  const rows = groups.rows();
  if (isRefused(rows)) return rows;
  const list = wholeList(rows.ok.map((group) => rowOf(span, group)));
  return { ok: { ...list, from: isoOf(span.from), to: isoOf(span.to), complete } };
}
