/**
 * Writing a batch of records so that one that cannot be written holds up no other: the whole batch first, and where that fails, its
 * halves, down to the row.
 */
import { isRowFault } from "../storage/record-db.ts";
import type { RecordRow } from "../contract/room.ts";

export type Outcome = {
  written: readonly RecordRow[];
  /** Rows that cannot be written by themselves, and why. */
  bad: readonly { row: RecordRow; error: unknown }[];
  /** Rows that were not written because the records cannot be reached. */
  left: readonly RecordRow[];
  /** What kept them from being reached. */
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
