/**
 * The face of a room: everything that whoever joins the rooms needs to know of one. `room.ts` of each room shows it; its name
 * stands in the list (tenant/rooms.ts) with its floor. docs/adding-a-room.md shows the whole of a small one.
 *
 * When a person can be erased and exported, and when figures are told, the face gets what that needs, for every room at once:
 * those members belong below `purges`.
 */
import type { IdMaker } from "../base/ids.ts";
import type { Migration } from "../storage/migrations.ts";
import type { RecordDb } from "../storage/record-db.ts";
import type { Sql } from "../storage/sql.ts";
import type { VerbTable } from "./verb.ts";

/** What every room of a tenant is built on. A room that needs more names it in the type of its own ground. */
export type Ground = {
  sql: Sql;
  ids: IdMaker;
  /** The tenant's time: real, or a sandbox's own. */
  now: () => number;
  realNow: () => number;
  /** Hears of every deadline that is set, so that the one alarm comes in time without a query for it in every request. */
  soon: (at: number) => void;
};

/** A row about which something has to be done. `run` may throw: then this row alone is tried again later. */
export type DueRow = { id: string; run: () => void };

/**
 * One kind of background work of the alarm. Its rows run in one transaction; when one throws, the transaction is undone and run
 * again without that row, so no row keeps another from its turn. Neither does a step that fails keep the next from running.
 */
export type Step = {
  /** `room.what`: names the step in alerts, in the list of failed jobs and in the log. */
  name: string;
  /** Rows in one run of the alarm; a run that was full is followed by the next at once. */
  rowsMax: number;
  due: (now: number, limit: number) => readonly DueRow[];
  /** The next deadline that lies behind `after`, on the tenant's clock; null when nothing waits. */
  nextAt: (now: number, after: number) => number | null;
  /** For rows without a deadline of their own: gives one to a row that failed, so that a cursor may move past it. */
  putOff?: (row: string, until: number) => void;
  /** What the rows leave to be written into D1, outside the transaction. */
  recording?: Recording;
};

/** A row that is to become a record: as it was read, and until when it stays here although it is recorded. */
export type RecordRow = { id: string; version: number; until: number | null };

/** Rows that a step has found. `write` holds what it writes, so it may run after the rooms were built anew. */
export type RecordBatch = {
  rows: readonly RecordRow[];
  /** Where the step's cursor moves once every row is recorded or put off. */
  cursor: string | null;
  write: (db: RecordDb, ids: readonly string[]) => Promise<void>;
};

/** How ended rows become records in D1. A record that cannot be written holds up no other. */
export type Recording = {
  name: string;
  /** What the step has found since the last time; null when that is nothing. */
  take: () => RecordBatch | null;
  /** In a transaction: recorded rows leave, those left over come again at `again`. A row that moved since it was read stays. */
  settle: (done: {
    written: readonly RecordRow[];
    left: readonly RecordRow[];
    again: number;
    cursor: string | null;
  }) => void;
};

/** One kind of rows that go when their time has passed; answers how many went. In the object, or in D1. */
export type PurgeClass =
  | { name: string; drop: (now: number, limit: number) => number }
  | {
      name: string;
      dropRecords: (db: RecordDb, tenant: string, now: number, limit: number) => Promise<number>;
      /** How many of them the tenant has; counted with each purge. */
      countRecords: (db: RecordDb, tenant: string) => Promise<number>;
    };

/** What a room shows. */
export type RoomFace = {
  verbs: VerbTable;
  steps: readonly Step[];
  purges: readonly PurgeClass[];
  /** The newest stored id of each table in which cursors walk ids: ids made from now on come after it. */
  newestIds?: () => readonly (string | null)[];
  /** A sandbox's clock was moved: what is under way in real time keeps the time it had. */
  clockMoved?: (milliseconds: number) => void;
};

/**
 * A room: its tables, and how it is built on the ground and the rooms that stand before it in the list. It is built when the object
 * wakes, and again whenever a transaction failed, so that nothing in memory disagrees with what is stored.
 */
export type Room<Name extends string, G, Below, Face extends RoomFace> = {
  name: Name;
  migrations: readonly Migration[];
  open: (ground: G, below: Below) => Face;
};

/** Declares a room; the compiler infers its name, what it needs and what it shows. */
export function room<Name extends string, G, Below, Face extends RoomFace>(
  declared: Room<Name, G, Below, Face>,
): Room<Name, G, Below, Face> {
  return declared;
}

type Named<Name extends string, Face> = { readonly [N in Name]: Face };
type Opened<Rooms> = { rooms: Rooms; faces: readonly RoomFace[] };
type Listed = { name: string; floor: number; migrations: readonly Migration[] };

/**
 * The list of an object's rooms, in the order in which they are built. Adding one that needs what neither the ground nor a room
 * before it has does not compile.
 */
export class RoomList<G, Rooms extends object> {
  readonly listed: readonly Listed[];
  /** Builds every room. */
  readonly open: (ground: G) => Opened<Rooms>;

  private constructor(listed: readonly Listed[], open: (ground: G) => Opened<Rooms>) {
    this.listed = listed;
    this.open = open;
  }

  /** A list without rooms, over a ground of this type. */
  static over<G>(): RoomList<G, object> {
    return new RoomList<G, object>([], () => ({ rooms: {}, faces: [] }));
  }

  /** The list with one more room, on this floor. */
  add<Name extends string, Face extends RoomFace>(
    floor: number,
    { name, migrations, open }: Room<Name, G, Rooms, Face>,
  ): RoomList<G, Rooms & Named<Name, Face>> {
    return new RoomList([...this.listed, { name, floor, migrations }], (ground) => {
      const { rooms, faces } = this.open(ground);
      const face = open(ground, rooms);
      return { rooms: { ...rooms, [name]: face } as Rooms & Named<Name, Face>, faces: [...faces, face] };
    });
  }
}

/** The rooms of a list, by name. */
export type RoomsOf<List> = List extends RoomList<infer _G, infer Rooms> ? Rooms : never;

type VerbsIn<Face> = Face extends { verbs: infer V } ? V : never;

/** The verbs of all rooms, in one table. */
export type VerbsOf<Rooms> = {
  [Name in keyof Rooms]: (verbs: VerbsIn<Rooms[Name]>) => void;
}[keyof Rooms] extends (verbs: infer All) => void
  ? All
  : never;
