/**
 * The verifications of one tenant while they live, and the counts by destination. There is no index but the primary keys, so a wrong
 * guess writes two rows. Deadlines are found by ids, which begin with their time, as a verification lives ten minutes at most; the
 * destination's row names its newest verifications.
 */
import { CODE_SECONDS } from "./code/code.ts";
import { ulidTime } from "../base/ids.ts";
import {
  bytesOf,
  filtered,
  first,
  readUnchanged,
  removeAsRead,
  swap,
  type Sql,
  type SqlBinding,
} from "../storage/sql.ts";
import { HOUR_MS, minuteAfter, MINUTE_MS, SECOND_MS } from "../base/clock.ts";
import { newDestination, spentAt, rolled, type Destination } from "./locks/locks.ts";
import { mayEnter, type Facts, type Send, type State, type Verification } from "./code/verification.ts";

type Row = {
  id: string;
  state: string;
  version: number;
  token: string;
  subject: string;
  destination: ArrayBuffer;
  attempts: number;
  reason: string | null;
  ended_at: number | null;
  facts: string;
  sends: string;
};

const COLUMNS = `id, state, version, token, subject, destination, attempts, reason, ended_at, facts, sends`;

/**
 * What checks and resends need: the keyed digests of code and context, and the sealed code message. Deleted when it ends; a withheld
 * one has only the context's digest, by which a repeated start finds it.
 */
export type Secrets = { digest: Uint8Array | null; context: Uint8Array | null; codeMessage: Uint8Array | null };

/** What a move may change besides the state. */
export type Change = { attempts?: number; reason?: string | null; endedAt?: number; sends?: Send[] };

/** A verification stays in the object this long from its start, so that checks answer why it ended. Then it becomes a record. */
export const KEPT_HERE_MS = CODE_SECONDS.max * SECOND_MS + HOUR_MS;
/** When one that was made at a time becomes a record: with the others of its minute, because a run for each would cost rows. */
export const recordedAt = (createdAt: number): number => minuteAfter(createdAt + KEPT_HERE_MS + 1);

/** A verification with its secrets. */
export type Whole = { verification: Verification; secrets: Secrets };

/** Cached rows of each kind, about a kilobyte each; beyond it the cache is cleared. */
const IN_MEMORY_MAX = 2_000;

export type ListFilter = { state?: State; token?: string; before?: string; from?: string; to?: string };

/** The live verifications of one tenant. */
export class VerifyLedger {
  readonly #sql: Sql;
  readonly #idPrefix: string;
  readonly #soon: (at: number) => void;
  /** Ends of pending verifications, so that the next deadline needs no index. Read from storage when first needed. */
  #pending: Map<string, number> | null = null;
  /**
   * Caches of verifications and destinations, so that a check within minutes of its start reads no row. Only this ledger writes them,
   * and it is rebuilt from storage when a transaction fails.
   */
  readonly #wholes = new Map<string, Whole>();
  readonly #destinations = new Map<string, Destination>();

  constructor(sql: Sql, idPrefix: string, soon: (at: number) => void) {
    this.#sql = sql;
    this.#idPrefix = idPrefix;
    this.#soon = soon;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS verifications(
      id TEXT PRIMARY KEY, state TEXT NOT NULL, version INTEGER NOT NULL, token TEXT NOT NULL, subject TEXT NOT NULL,
      destination BLOB NOT NULL, attempts INTEGER NOT NULL, reason TEXT, ended_at INTEGER, facts TEXT NOT NULL,
      sends TEXT NOT NULL, digest BLOB, context BLOB, letter BLOB
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS destinations(
      name BLOB PRIMARY KEY, data TEXT NOT NULL, until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(
      `CREATE TABLE IF NOT EXISTS verify_marks(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
    );
  }

  /** Renames the column of the sealed code message, and `fingerprint` in stored JSON. */
  static renameWords(sql: Sql): void {
    sql.exec(`ALTER TABLE verifications RENAME COLUMN letter TO code_message`);
    sql.exec(`UPDATE verifications SET facts = replace(facts, '"print":', '"fingerprint":')`);
    sql.exec(`UPDATE destinations SET
      data = replace(replace(data, '"prints":', '"fingerprints":'), '"print":', '"fingerprint":')`);
  }

  insert(verification: Verification, secrets: Secrets): void {
    const { id, state, facts } = verification;
    this.#sql.exec(
      `INSERT INTO verifications(${COLUMNS}, digest, context, code_message) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
      id,
      state,
      verification.version,
      verification.token,
      verification.subject,
      verification.destination,
      verification.attempts,
      verification.reason,
      verification.endedAt,
      JSON.stringify(facts),
      JSON.stringify(verification.sends),
      secrets.digest,
      secrets.context,
      secrets.codeMessage,
    );
    remember(this.#wholes, id, { verification, secrets });
    if (state === "pending") this.#ends().set(id, facts.expiresAt);
    this.#soon(state === "pending" ? facts.expiresAt : recordedAt(facts.createdAt));
  }

  get(id: string): Verification | null {
    return this.getWhole(id)?.verification ?? null;
  }

  /** A verification with its secrets. */
  getWhole(id: string): Whole | null {
    const known = this.#wholes.get(id);
    if (known !== undefined) return known;
    type Stored = Row & { digest: ArrayBuffer | null; context: ArrayBuffer | null; code_message: ArrayBuffer | null };
    const row = first<Stored>(
      this.#sql,
      `SELECT ${COLUMNS}, digest, context, code_message FROM verifications WHERE id = ?`,
      id,
    );
    if (row === null) return null;
    const bytes = (value: ArrayBuffer | null) => (value === null ? null : bytesOf(value));
    const secrets = { digest: bytes(row.digest), context: bytes(row.context), codeMessage: bytes(row.code_message) };
    const whole = { verification: verificationOf(row), secrets };
    remember(this.#wholes, id, whole);
    return whole;
  }

  /**
   * Moves a verification if the table allows it and its version is the one that was read; an end deletes its secrets in the same
   * write. Answers the moved verification, or null if nothing changed.
   */
  move(verification: Verification, to: State, change: Change): Verification | null {
    return mayEnter(verification.state, to) ? this.#write(verification, to, change) : null;
  }

  /** Changes it without a change of state, if its version is the one that was read. */
  amend(verification: Verification, change: Change): Verification | null {
    return this.#write(verification, verification.state, change);
  }

  #write(verification: Verification, to: State, change: Change): Verification | null {
    const next: Verification = {
      ...verification,
      state: to,
      version: verification.version + 1,
      attempts: change.attempts ?? verification.attempts,
      reason: change.reason === undefined ? verification.reason : change.reason,
      endedAt: change.endedAt ?? verification.endedAt,
      sends: change.sends ?? verification.sends,
    };
    const ended = verification.state === "pending" && to !== "pending";
    const written = swap(this.#sql, "verifications", verification, {
      state: next.state,
      attempts: next.attempts,
      reason: next.reason,
      ended_at: next.endedAt,
      ...(change.sends === undefined ? {} : { sends: JSON.stringify(change.sends) }),
      ...(ended ? { digest: null, context: null, code_message: null } : {}),
    });
    if (!written) return null;
    this.#remember(next, ended);
    if (ended && this.#ends().delete(next.id)) this.#soon(recordedAt(next.facts.createdAt));
    return next;
  }

  /** Updates the cache after a write; an end deletes the secrets from it too. */
  #remember(next: Verification, ended: boolean): void {
    const known = this.#wholes.get(next.id);
    if (known === undefined) return;
    const secrets = ended ? { digest: null, context: null, codeMessage: null } : known.secrets;
    this.#wholes.set(next.id, { verification: next, secrets });
  }

  /** Pending ones whose time has passed. */
  due(now: number, limit: number): string[] {
    const due: string[] = [];
    for (const [id, at] of this.#ends()) {
      if (at > now) continue;
      due.push(id);
      if (due.length >= limit) break;
    }
    return due;
  }

  /** Verifications that were to become records when this minute began, oldest first. */
  old(now: number, limit: number): { id: string; read: () => Verification }[] {
    return this.#sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM verifications WHERE id < ? AND state <> 'pending' ORDER BY id LIMIT ?`,
        this.#idPrefix + ulidTime(Math.max(0, Math.floor(now / MINUTE_MS) * MINUTE_MS - KEPT_HERE_MS)),
        limit,
      )
      .toArray()
      .map((row) => ({ id: row.id, read: () => verificationOf(row) }));
  }

  /** When the next pending verification expires after a time, and the id of the oldest, which becomes a record next. */
  next(after: number): { endsAt: number | null; oldest: string | null } {
    let endsAt: number | null = null;
    for (const at of this.#ends().values()) if (at > after && (endsAt === null || at < endsAt)) endsAt = at;
    const before = this.#idPrefix + ulidTime(Math.max(0, after - KEPT_HERE_MS));
    const query = `SELECT id FROM verifications WHERE id >= ? ORDER BY id LIMIT 1`;
    const oldest = first<{ id: string }>(this.#sql, query, before);
    return { endsAt, oldest: oldest?.id ?? null };
  }

  /** Of rows that were read, those that did not change since. */
  asRead(read: readonly Pick<Verification, "id" | "version">[]): Verification[] {
    return readUnchanged<Row>(this.#sql, "verifications", COLUMNS, read).map(verificationOf);
  }

  /** Those started in a time, newest first. */
  between(from: number, to: number, limit: number): Verification[] {
    const [first = "", last = ""] = [from, to].map((at) => this.#idPrefix + ulidTime(Math.max(0, at)));
    return this.list({ from: first, to: last }, limit);
  }

  /** The oldest id there is, or null. */
  oldestId(): string | null {
    return first<{ id: string | null }>(this.#sql, `SELECT min(id) AS id FROM verifications`)?.id ?? null;
  }

  /** Removes verifications whose present version is recorded; one that moved meanwhile stays, to be recorded again. */
  remove(recorded: readonly Pick<Verification, "id" | "version">[]): void {
    removeAsRead(this.#sql, "verifications", recorded);
    for (const { id } of recorded) this.#wholes.delete(id);
  }

  /** The live rows of a list, newest first. */
  list(filter: ListFilter, limit: number): Verification[] {
    const { where, values } = filtered<SqlBinding>([
      ["id < ?", filter.before],
      ["id >= ?", filter.from],
      ["id < ?", filter.to],
      ["state = ?", filter.state],
      ["token = ?", filter.token],
    ]);
    return this.#sql
      .exec<Row>(`SELECT ${COLUMNS} FROM verifications WHERE ${where} ORDER BY id DESC LIMIT ?`, ...values, limit)
      .toArray()
      .map(verificationOf);
  }

  /** Guesses and failures of verifications that began since a time, from which an hour's failure ratio continues after a restart. */
  guessesSince(time: number): { checks: number; failed: number } {
    const row = first<{ checks: number | null; approved: number | null }>(
      this.#sql,
      `SELECT sum(attempts) AS checks, sum(state = 'approved') AS approved FROM verifications WHERE id >= ?`,
      this.#idPrefix + ulidTime(Math.max(0, time)),
    );
    const checks = row?.checks ?? 0;
    return { checks, failed: checks - (row?.approved ?? 0) };
  }

  /** The counts of a destination, rolled to `now`. `name`: the keyed index of its number. */
  destination(name: Uint8Array, now: number): Destination {
    const key = Buffer.from(name).toString("latin1");
    let known = this.#destinations.get(key);
    if (known === undefined) {
      const row = first<{ data: string }>(this.#sql, `SELECT data FROM destinations WHERE name = ?`, name);
      known = row === null ? newDestination() : (JSON.parse(row.data) as Destination);
      remember(this.#destinations, key, known);
    }
    return rolled(known, now);
  }

  putDestination(name: Uint8Array, destination: Destination): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO destinations(name, data, until) VALUES(?,?,?)`,
      name,
      JSON.stringify(destination),
      spentAt(destination),
    );
    remember(this.#destinations, Buffer.from(name).toString("latin1"), destination);
  }

  /** Drops destinations without anything that still counts; answers how many. */
  purge(now: number, limit: number): number {
    this.#destinations.clear();
    return this.#sql
      .exec(
        `DELETE FROM destinations WHERE name IN (SELECT name FROM destinations WHERE until < ? LIMIT ?) RETURNING 1 AS gone`,
        now,
        limit,
      )
      .toArray().length;
  }

  /** A stored value by name, such as the hour of the last alert. */
  mark(name: string): string | null {
    return first<{ value: string }>(this.#sql, `SELECT value FROM verify_marks WHERE name = ?`, name)?.value ?? null;
  }

  setMark(name: string, value: string): void {
    this.#sql.exec(`INSERT OR REPLACE INTO verify_marks(name, value) VALUES(?,?)`, name, value);
  }

  #ends(): Map<string, number> {
    this.#pending ??= new Map(
      this.#sql
        .exec<{ id: string; ends: number }>(
          `SELECT id, iif(json_valid(facts), json_extract(facts, '$.expiresAt'), 0) AS ends
           FROM verifications WHERE state = 'pending' ORDER BY id`,
        )
        .toArray()
        .map(({ id, ends }) => [id, ends]),
    );
    return this.#pending;
  }
}

function remember<T>(memory: Map<string, T>, name: string, value: T): void {
  if (memory.size >= IN_MEMORY_MAX && !memory.has(name)) memory.clear();
  memory.set(name, value);
}

function verificationOf(row: Row): Verification {
  return {
    id: row.id,
    state: row.state as State,
    version: row.version,
    token: row.token,
    subject: row.subject,
    destination: bytesOf(row.destination),
    attempts: row.attempts,
    reason: row.reason,
    endedAt: row.ended_at,
    facts: JSON.parse(row.facts) as Facts,
    sends: JSON.parse(row.sends) as Send[],
  };
}
