/**
 * The face of a room: everything that the code that joins the rooms needs to know of one. Each room's `room.ts`
 * declares it, and `tenant/rooms.ts` lists it with its floor. docs/adding-a-room.md shows a whole small room.
 *
 * Erasing and exporting a person, and figures, will be members of the face below `purges`, added for every room at
 * once.
 */
import type { IdMaker } from "../base/ids.ts";
import type { Migration } from "../storage/migrations.ts";
import type { RecordDb } from "../storage/record-db.ts";
import type { Sql } from "../storage/sql.ts";
import type { VerbTable } from "./verb.ts";

/** What every room of a tenant is given. A room that needs more adds it in the type of its own ground. */
export type Ground = {
  sql: Sql;
  ids: IdMaker;
  /** The tenant's time: real, or a sandbox's own. */
  now: () => number;
  realNow: () => number;
  /** Called with every deadline that is set, so that the one alarm is set in time without a query in every request. */
  soon: (at: number) => void;
};

/** A row that is due. `run` may throw: then only this row is tried again later. */
export type DueRow = { id: string; run: () => void };

/**
 * One kind of background work of the alarm. A row that throws delays no other row, and a step that fails delays no
 * other step: the rows of a step run in one transaction, which is undone and run again without a row that threw.
 */
export type Step = {
  /** `room.what`: names the step in alerts, in the list of failed jobs and in the log. */
  name: string;
  /** Rows in one run of the alarm; after a full run the next follows at once. */
  rowsMax: number;
  due: (now: number, limit: number) => readonly DueRow[];
  /** The next deadline later than `after`, on the tenant's clock; null when nothing waits. */
  nextAt: (now: number, after: number) => number | null;
  /** For rows without a deadline of their own: gives a failed row one, so that the cursor can move past it. */
  putOff?: (row: string, until: number) => void;
  /** What the rows leave to be written to D1, outside the transaction. */
  recording?: Recording;
};

/** A row to be recorded: the version that was read, and until when the row stays in the object after that. */
export type RecordRow = { id: string; version: number; until: number | null };

/** Rows that a step has found. `write` holds its data, so it may run after the rooms were rebuilt. */
export type RecordBatch = {
  rows: readonly RecordRow[];
  /** Where the step's cursor moves once every row is recorded or put off. */
  cursor: string | null;
  write: (db: RecordDb, ids: readonly string[]) => Promise<void>;
};

/** How ended rows become records in D1. A record that cannot be written delays no other. */
export type Recording = {
  name: string;
  /** What the step has found since the last call; null when it found nothing. */
  take: () => RecordBatch | null;
  /**
   * In a transaction: removes recorded rows and puts the others off until `again`. A row that changed since it was read
   * stays.
   */
  settle: (done: {
    written: readonly RecordRow[];
    left: readonly RecordRow[];
    again: number;
    cursor: string | null;
  }) => void;
};

/** One class of rows that are deleted after their time, in the object or in D1; answers how many were deleted. */
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
  /** The newest stored id of each table that is listed by id: new ids come after it. */
  newestIds?: () => readonly (string | null)[];
  /** A sandbox's clock was moved: work under way in real time keeps its remaining time. */
  clockMoved?: (milliseconds: number) => void;
};

/**
 * A room: its tables, and how it is built from the ground and the rooms before it in the list. It is built when the
 * object wakes and rebuilt after a failed transaction, so that memory never disagrees with storage.
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
 * The list of an object's rooms, in build order. Adding a room that needs something that neither the ground nor an
 * earlier room has does not compile.
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
