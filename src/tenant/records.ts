/**
 * Writes a batch of records so that one that cannot be written delays no other: first the whole batch, and if that
 * fails its halves, down to single rows.
 */
import { isRowFault } from "../storage/record-db.ts";
import type { RecordRow } from "../contract/room.ts";

export type Outcome = {
  written: readonly RecordRow[];
  /** Rows that cannot be written even alone, and why. */
  bad: readonly { row: RecordRow; error: unknown }[];
  /** Rows that were not written because D1 cannot be reached. */
  left: readonly RecordRow[];
  /** The error with which D1 failed. */
  fault: unknown;
};

const NOTHING: Outcome = { written: [], bad: [], left: [], fault: null };

/** Writes the rows. Never throws. A batch of n rows with one bad one takes about 2 log n writes. */
export async function writeRows(
  rows: readonly RecordRow[],
  write: (part: readonly RecordRow[]) => Promise<void>,
): Promise<Outcome> {
  if (rows.length === 0) return NOTHING;
  try {
    await write(rows);
    return { ...NOTHING, written: rows };
  } catch (error) {
    const [row, second] = rows;
    if (!isRowFault(error)) return { ...NOTHING, left: rows, fault: error };
    if (row !== undefined && second === undefined) return { ...NOTHING, bad: [{ row, error }] };
    const middle = Math.ceil(rows.length / 2);
    const first = await writeRows(rows.slice(0, middle), write);
    if (first.fault !== null) return { ...first, left: [...first.left, ...rows.slice(middle)] };
    const rest = await writeRows(rows.slice(middle), write);
    return {
      written: [...first.written, ...rest.written],
      bad: [...first.bad, ...rest.bad],
      left: [...first.left, ...rest.left],
      fault: rest.fault,
    };
  }
}
