/**
 * Lists: how a page is asked for, cut and answered. A page is read with one row more than it shows; that row tells whether
 * another page follows. A cursor is the id of the last row shown, so a row that is added or removed meanwhile moves nothing.
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

/** A cursor that a list itself gave out before; anything else is refused as `invalid_cursor`, never answered by an empty page. */
export const cursorLike = (fits: (text: string) => boolean) =>
  z
    .string()
    .refine((text) => text.length <= CURSOR_CHARS_MAX && fits(text), {
      error: "Give the `next_cursor` of the page before, unchanged.",
      params: { reason: "invalid_cursor" },
    })
    .meta({ description: "The `next_cursor` of the page before.", maxLength: CURSOR_CHARS_MAX });

/** A cursor of a list whose rows have ids of one prefix. Whose id it is, is judged where the caller is known. */
export const cursorOf = (prefix: Prefix) => cursorLike((text) => parseId(text)?.prefix === prefix).optional();

/** A cursor of a list whose rows are counted: the number of the last one. */
export const numberCursor = () => cursorLike((text) => /^\d{1,15}$/.test(text)).optional();

/** How many rows are read for a page of `limit`: one more than it shows. */
export const rowsFor = (limit: number): number => limit + 1;

/** The page that the rows begin with, which were read as `rowsFor` says, in the list's order. */
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

/** A list that is short by its own bound, whole on its one page. */
export const wholeList = <View>(data: View[]): Page<View> => ({ data, next_cursor: null });

/**
 * A page over two stores that a row moves between: the object, asked first, and the records. Both were read as `rowsFor` says,
 * newest first. What the object has counts unless the record is newer: at the same version the object's is the whole view, which
 * a record is a copy of without the caller's free fields.
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

/** The fields that have a value: an absent field is not an undefined one. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}

/** A time of a query, which its schema has checked. */
export const timeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : (millisecondsOf(text) ?? undefined);
