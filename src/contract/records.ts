/**
 * A room's records in the jurisdiction's D1, as the room reads them: of one tenant, by whole ids and tokens. How rows are stored is
 * `storage/records.ts`; what one holds is the room's layout.
 */
import { idStemOf, ownerOfTenant, stemOf, withoutStem, type Prefix } from "../base/ids.ts";
import type { RecordDb } from "../storage/record-db.ts";
import {
  countRows,
  listRows,
  purgeRows,
  readRow,
  type RecordFilter,
  type RecordRow,
  type RecordTable,
} from "../storage/records.ts";

/** Which records of a tenant; `token` is a whole one. */
export type TenantFilter = RecordFilter & { tenant: string };

/** What a room's records are asked for. */
export type RecordStore<View> = {
  /** One record of the tenant, or null. */
  read: (db: RecordDb, tenant: string, id: string) => Promise<View | null>;
  /** The records of a list, newest first. */
  list: (db: RecordDb, filter: TenantFilter, limit: number) => Promise<View[]>;
  /** Deletes records with ids before one, in chunks; answers how many went. */
  purge: (db: RecordDb, tenant: string, idBefore: string, limit: number) => Promise<number>;
  /** How many records the tenant has. */
  count: (db: RecordDb, tenant: string) => Promise<number>;
};

/** The records of a table whose ids begin with `prefix`; `viewOfRow` reads one by the room's layout. */
export function recordStore<State extends string, View>(
  table: RecordTable<State>,
  prefix: Prefix,
  viewOfRow: (row: RecordRow<State>) => View,
): RecordStore<View> {
  return {
    read: async (db, tenant, id) => {
      const row = await readRow(db, table, idStemOf(prefix, tenant), id);
      return row === null ? null : viewOfRow(row);
    },
    list: async (db, { tenant, ...filter }, limit) => {
      const rows = await listRows(db, table, idStemOf(prefix, tenant), asStored(tenant, filter), limit);
      return rows.map(viewOfRow);
    },
    purge: (db, tenant, idBefore, limit) => purgeRows(db, table, idStemOf(prefix, tenant), idBefore, limit),
    count: (db, tenant) => countRows(db, table, idStemOf(prefix, tenant)),
  };
}

/** The filter with its token as the rows have it. */
function asStored(tenant: string, filter: RecordFilter): RecordFilter {
  if (filter.token === undefined) return filter;
  return { ...filter, token: withoutStem(stemOf("tok", ownerOfTenant(tenant)), filter.token) };
}
