/**
 * Lists: how a page is requested, read and answered. A page is read with one row more than it shows, which says whether
 * another page follows. A cursor is the id of the last row shown, so rows added or removed meanwhile shift no page.
 */
import { z } from "zod";
import { parseId, type Prefix } from "../base/ids.ts";
import { millisecondsOf } from "../base/clock.ts";

/** A page of a list; `next_cursor` is null on the last one. */
export type Page<View> = { data: View[]; next_cursor: string | null };

/** The answer of every list. */
export const pageOf = <View extends z.ZodType>(view: View) =>
  z.object({ data: z.array(view), next_cursor: z.string().nullable() });

/** How many rows a page may show at most, unless its route says otherwise. */
export const PAGE_MAX = 100;
const PAGE_DEFAULT = 20;

/** The `limit` of a list's query. */
export const limitUpTo = (max: number = PAGE_MAX, usual: number = PAGE_DEFAULT) =>
  z.coerce.number().int().min(1).max(max).default(usual);

const CURSOR_CHARS_MAX = 64;

/** A cursor that a list gave out. Anything else is refused as `invalid_cursor`, never answered with an empty page. */
export const cursorLike = (fits: (text: string) => boolean) =>
  z
    .string()
    .refine((text) => text.length <= CURSOR_CHARS_MAX && fits(text), {
      error: "Give the `next_cursor` of the page before, unchanged.",
      params: { reason: "invalid_cursor" },
    })
    .meta({ description: "The `next_cursor` of the page before.", maxLength: CURSOR_CHARS_MAX });

/** A cursor of a list whose rows have ids of one prefix. The handler, which knows the caller, checks the owner. */
export const cursorOf = (prefix: Prefix) => cursorLike((text) => parseId(text)?.prefix === prefix).optional();

/** A cursor of a list with numbered rows: the number of the last row shown. */
export const numberCursor = () => cursorLike((text) => /^\d{1,15}$/.test(text)).optional();

/** How many rows to read for a page of `limit`: one more than it shows. */
export const rowsFor = (limit: number): number => limit + 1;

/** Cuts the page from rows that were read with `rowsFor`, in the list's order. */
export function pageFrom<Row extends { id: string }>(rows: readonly Row[], limit: number): Page<Row> {
  const data = rows.slice(0, limit);
  return { data, next_cursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
}

/** Reads a page and shows its rows. */
export function readPage<Row extends { id: string }, View>(
  limit: number,
  read: (rows: number) => readonly Row[],
  view: (row: Row) => View,
): Page<View> {
  const { data, next_cursor } = pageFrom(read(rowsFor(limit)), limit);
  return { data: data.map(view), next_cursor };
}

/** A list with a small bound of its own, as a single page. */
export const wholeList = <View>(data: View[]): Page<View> => ({ data, next_cursor: null });

/**
 * A page over the two stores of a row: the object, read first, and D1's records. Both were read with `rowsFor`, newest
 * first. The object's row is shown unless the record is newer: at the same version the object's has the caller's free
 * fields, which a record lacks.
 */
export function mergedPage<Row extends { id: string; sequence: number }>(
  live: readonly Row[],
  records: readonly Row[],
  limit: number,
): Page<Row> {
  const merged = new Map(records.map((record) => [record.id, record]));
  for (const row of live) {
    const recorded = merged.get(row.id);
    if (recorded === undefined || recorded.sequence <= row.sequence) merged.set(row.id, row);
  }
  return pageFrom(
    [...merged.values()].sort((a, b) => (a.id < b.id ? 1 : -1)),
    limit,
  );
}

type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** The fields that have a value; undefined ones are left out. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}

/** A time from a query; the schema has checked it. */
export const timeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : (millisecondsOf(text) ?? undefined);
