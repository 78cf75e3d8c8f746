/**
 * The virtual numbers of one tenant, its pools, and which person met which number. Conversations are kept apart by the
 * primary key of `pairs`: a person and a number are in one session at a time, and not in another before the cool-off is
 * over. The cost of choosing depends on the person's own sessions, not on how many others are open.
 */
import { DAY_MS } from "../base/clock.ts";
import { PLAN_DAYS, type DayOfOpenings } from "./plan.ts";
import { bytesOf, filtered, first, type Sql } from "../storage/sql.ts";
import { Lending } from "./lending.ts";
import { numberOf, type NumberRow } from "./rows.ts";
import {
  NUMBER_STATES,
  POOL_DEFAULTS,
  type NewNumber,
  type NumberState,
  type Pair,
  type Pool,
  type PoolSettings,
  type VirtualNumber,
} from "./number.ts";

type PairRow = {
  party: ArrayBuffer;
  number: string;
  participant: string;
  session: string;
  state: string;
  relays_until: number | null;
  until: number | null;
};

/** A time that is never reached. */
const NEVER = Number.MAX_SAFE_INTEGER;

export type NumberFilter = { pool?: string; state?: NumberState; country?: string; after?: string };
/** `area`: how the number begins, in E.164. */
export type Wish = { country: string | null; area?: string | null; avoid: readonly string[] };

/** The numbers of one tenant. */
export class NumbersLedger {
  readonly #sql: Sql;
  readonly #soon: (at: number) => void;
  readonly lending: Lending;

  constructor(sql: Sql, soon: (at: number) => void) {
    this.#sql = sql;
    this.#soon = soon;
    this.lending = new Lending(sql);
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS numbers(
      id TEXT PRIMARY KEY, e164 TEXT NOT NULL UNIQUE, account TEXT NOT NULL, country TEXT NOT NULL, kind TEXT NOT NULL,
      facts TEXT NOT NULL, pool TEXT, state TEXT NOT NULL, uses INTEGER NOT NULL, session TEXT, until INTEGER,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS numbers_pool ON numbers(pool, state, uses) WHERE pool IS NOT NULL`);
    sql.exec(`CREATE INDEX IF NOT EXISTS numbers_until ON numbers(until) WHERE until IS NOT NULL`);
    sql.exec(`CREATE TABLE IF NOT EXISTS pools(
      id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, settings TEXT NOT NULL, created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS pairs(
      party BLOB NOT NULL, number TEXT NOT NULL, participant TEXT NOT NULL, session TEXT NOT NULL, state TEXT NOT NULL,
      relays_until INTEGER, until INTEGER, PRIMARY KEY(party, number)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS pairs_until ON pairs(until) WHERE until IS NOT NULL`);
    sql.exec(`CREATE TABLE IF NOT EXISTS openings(
      pool TEXT NOT NULL, day INTEGER NOT NULL, sessions INTEGER NOT NULL, busiest INTEGER NOT NULL, PRIMARY KEY(pool, day)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS habits(
      party BLOB NOT NULL, pool TEXT NOT NULL, number TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(party, pool)
    ) STRICT, WITHOUT ROWID`);
  }

  /** Adds a number; answers false, and changes nothing, when it exists. */
  add(id: string, number: NewNumber, pool: string | null, now: number): boolean {
    const { e164, account, country, kind, capabilities, price, tags, lent } = number;
    const facts = JSON.stringify({ capabilities, price, tags, lent });
    return (
      this.#sql
        .exec(
          `INSERT INTO numbers VALUES(?,?,?,?,?,?,?,'available',0,NULL,NULL,?) ON CONFLICT(e164) DO NOTHING RETURNING id`,
          id,
          e164,
          account,
          country,
          kind,
          facts,
          pool,
          now,
        )
        .toArray().length === 1
    );
  }

  get(id: string): VirtualNumber | null {
    const row = first<NumberRow>(this.#sql, `SELECT * FROM numbers WHERE id = ?`, id);
    return row === null ? null : numberOf(row);
  }

  byE164(e164: string): VirtualNumber | null {
    const row = first<NumberRow>(this.#sql, `SELECT * FROM numbers WHERE e164 = ?`, e164);
    return row === null ? null : numberOf(row);
  }

  /** In order of id, after `filter.after`. */
  list(filter: NumberFilter, limit: number): VirtualNumber[] {
    const { where, values } = filtered<string>([
      ["id > ?", filter.after],
      ["pool = ?", filter.pool],
      ["state = ?", filter.state],
      ["country = ?", filter.country],
    ]);
    const query = `SELECT * FROM numbers WHERE ${where} ORDER BY id LIMIT ?`;
    return this.#sql.exec<NumberRow>(query, ...values, limit).toArray().map(numberOf); // prettier-ignore
  }

  /** Changes the fields of a number that a tenant may change. */
  change(id: string, change: { pool?: string | null; state?: NumberState; tags?: readonly string[] }): void {
    const number = this.get(id);
    if (number === null) return;
    const { capabilities, price, lent } = number;
    this.#sql.exec(
      `UPDATE numbers SET pool = ?, state = ?, facts = ? WHERE id = ?`,
      change.pool === undefined ? number.pool : change.pool,
      change.state ?? number.state,
      JSON.stringify({ capabilities, price, tags: change.tags ?? number.tags, lent }),
      id,
    );
  }

  addPool({ id, name, createdAt, ...settings }: Pool): boolean {
    const query = `INSERT INTO pools VALUES(?,?,?,?) ON CONFLICT(name) DO NOTHING RETURNING id`;
    return this.#sql.exec(query, id, name, JSON.stringify(settings), createdAt).toArray().length === 1;
  }

  changePool(id: string, settings: PoolSettings): void {
    this.#sql.exec(`UPDATE pools SET settings = ? WHERE id = ?`, JSON.stringify(settings), id);
  }

  pool(id: string): Pool | null {
    const row = first<PoolRow>(this.#sql, `SELECT * FROM pools WHERE id = ?`, id);
    return row === null ? null : poolOf(row);
  }

  pools(): Pool[] {
    return this.#sql.exec<PoolRow>(`SELECT * FROM pools ORDER BY id LIMIT 1000`).toArray().map(poolOf);
  }

  /** How many numbers of a pool are in which state. */
  countsOf(pool: string): Record<NumberState, number> {
    const counts = Object.fromEntries(NUMBER_STATES.map((state) => [state, 0])) as Record<NumberState, number>;
    const query = `SELECT state, count(*) AS n FROM numbers WHERE pool = ? GROUP BY state`;
    for (const { state, n } of this.#sql.exec<{ state: string; n: number }>(query, pool))
      counts[state as NumberState] = n;
    return counts;
  }

  /** The least used available number of the pool that none of these people meets or met too recently. */
  free(pool: string, parties: readonly Uint8Array[], wish: Wish, now: number): VirtualNumber | null {
    const apart = parties.map(
      (_party, at) => `AND NOT EXISTS (SELECT 1 FROM pairs p
      WHERE p.party = ?${at + 6} AND p.number = n.id AND (p.until IS NULL OR p.until > ?5))`,
    );
    const query = `SELECT n.* FROM numbers n WHERE n.pool = ?1 AND n.state = 'available'
      AND n.id NOT IN (SELECT value FROM json_each(?2))
      AND (?3 IS NULL OR n.country = ?3) AND (?4 IS NULL OR substr(n.e164, 1, length(?4)) = ?4) ${apart.join(" ")}
      ORDER BY n.uses LIMIT 1`;
    const { avoid, country, area = null } = wish;
    const row = first<NumberRow>(this.#sql, query, pool, JSON.stringify(avoid), country, area, now, ...parties);
    return row === null ? null : numberOf(row);
  }

  /** A number of the pool that was never assigned and is not lent. */
  fresh(pool: string): VirtualNumber | null {
    const query = `SELECT * FROM numbers WHERE pool = ? AND state = 'available' AND uses = 0
      AND json_extract(facts, '$.lent') IS NOT 1 LIMIT 1`;
    const row = first<NumberRow>(this.#sql, query, pool);
    return row === null ? null : numberOf(row);
  }

  /** When the first number of the pool becomes free for all of these people; null if a session must end first. */
  freeAt(pool: string, parties: readonly Uint8Array[], now: number): number | null {
    const named = parties.map((_party, at) => `?${at + 3}`).join();
    const query = `SELECT min(at) AS at FROM (SELECT max(iif(n.state = 'cooling', coalesce(n.until, ${NEVER}), 0), coalesce((
        SELECT max(coalesce(p.until, ${NEVER})) FROM pairs p WHERE p.party IN (${named}) AND p.number = n.id), 0)) AS at
      FROM numbers n WHERE n.pool = ?1 AND n.state IN ('available', 'cooling')) WHERE at > ?2 AND at < ${NEVER}`;
    return first<{ at: number | null }>(this.#sql, query, pool, now, ...parties)?.at ?? null;
  }

  /** How many of the pool's assignable numbers this person cannot get, because of open sessions and cool-offs. */
  metBy(party: Uint8Array, pool: string, now: number): number {
    const query = `SELECT count(*) AS n FROM pairs p JOIN numbers n ON n.id = p.number
      WHERE p.party = ? AND (p.until IS NULL OR p.until > ?) AND n.pool = ? AND n.state = 'available'`;
    return first<{ n: number }>(this.#sql, query, party, now, pool)?.n ?? 0;
  }

  pair(party: Uint8Array, number: string): Pair | null {
    const row = first<PairRow>(this.#sql, `SELECT * FROM pairs WHERE party = ? AND number = ?`, party, number);
    return row === null ? null : pairOf(row);
  }

  /**
   * Assigns a number to a person. The caller has checked that it is free for them; a pair that is still held throws.
   */
  join(pair: Pick<Pair, "party" | "number" | "participant" | "session">, now: number): void {
    const { party, number, participant, session } = pair;
    this.#sql.exec(`DELETE FROM pairs WHERE party = ? AND number = ? AND until <= ?`, party, number, now);
    this.#sql.exec(`INSERT INTO pairs VALUES(?,?,?,?,'open',NULL,NULL)`, party, number, participant, session);
    this.#sql.exec(`UPDATE numbers SET uses = uses + 1 WHERE id = ?`, number);
  }

  /** Deletes a pair, so that the person can get the number again. */
  dropPair({ party, number }: Pick<Pair, "party" | "number">): void {
    this.#sql.exec(`DELETE FROM pairs WHERE party = ? AND number = ?`, party, number);
  }

  /** The sessions in which somebody now has this number. */
  sessionsWith(number: string): string[] {
    const query = `SELECT DISTINCT session FROM pairs WHERE number = ? AND until IS NULL`;
    return this.#sql.exec<{ session: string }>(query, number).toArray().map(({ session }) => session); // prettier-ignore
  }

  /** Those of the numbers that are in a session or in a cool-off, because a session in cool-off may be reopened. */
  held(numbers: readonly string[], now: number): Set<string> {
    const query = `SELECT DISTINCT number FROM pairs
      WHERE (until IS NULL OR until > ?) AND number IN (SELECT value FROM json_each(?))`;
    const rows = this.#sql.exec<{ number: string }>(query, now, JSON.stringify(numbers)).toArray();
    return new Set(rows.map(({ number }) => number));
  }

  /** The pair's next state; `until` ends its cool-off, `relaysUntil` its overlap. */
  setPairState(
    { party, number }: Pick<Pair, "party" | "number">,
    change: Pick<Pair, "state" | "relaysUntil" | "until">,
  ): void {
    this.#sql.exec(
      `UPDATE pairs SET state = ?, relays_until = ?, until = ? WHERE party = ? AND number = ?`,
      change.state,
      change.relaysUntil,
      change.until,
      party,
      number,
    );
  }

  /** Sets the state of an exclusive pool's number: leased to a session, cooling, or free. */
  setNumberState(id: string, state: NumberState, session: string | null, until: number | null): void {
    if (until !== null) this.#soon(until);
    this.#sql.exec(`UPDATE numbers SET state = ?, session = ?, until = ? WHERE id = ?`, state, session, until, id);
  }

  /** The number an exclusive pool has lent to a session. */
  leasedTo(session: string, pool: string): VirtualNumber | null {
    const query = `SELECT * FROM numbers WHERE pool = ? AND state = 'leased' AND session = ?`;
    const row = first<NumberRow>(this.#sql, query, pool, session);
    return row === null ? null : numberOf(row);
  }

  /** The numbers whose cool-off, or whose exclusive session's hold, is over. */
  releasable(now: number, limit: number): { id: string; read: () => VirtualNumber }[] {
    const query = `SELECT * FROM numbers WHERE until IS NOT NULL AND until <= ? ORDER BY until LIMIT ?`;
    const rows = this.#sql.exec<NumberRow>(query, now, limit).toArray();
    return rows.map((row) => ({ id: row.id, read: () => numberOf(row) }));
  }

  /** Frees a number whose cool-off is over. */
  release(id: string): void {
    this.#sql.exec(
      `UPDATE numbers SET state = iif(state = 'cooling', 'available', state), session = NULL, until = NULL WHERE id = ?`,
      id,
    );
  }

  /** When the next cool-off after a time ends. */
  nextRelease(after: number): number | null {
    const query = `SELECT min(until) AS at FROM numbers WHERE until IS NOT NULL AND until > ?`;
    return first<{ at: number | null }>(this.#sql, query, after)?.at ?? null;
  }

  /** The number that this person had last in this pool. */
  habit(party: Uint8Array, pool: string): string | null {
    const query = `SELECT number FROM habits WHERE party = ? AND pool = ?`;
    return first<{ number: string }>(this.#sql, query, party, pool)?.number ?? null;
  }

  setHabit(party: Uint8Array, pool: string, number: string, now: number): void {
    this.#sql.exec(`INSERT OR REPLACE INTO habits VALUES(?,?,?,?)`, party, pool, number, now);
  }

  /** Counts an opened session; `met` is the most numbers that one of its people meets or met too recently. */
  countOpening(pool: string, met: number, now: number): void {
    const day = Math.floor(now / DAY_MS);
    this.#sql.exec(
      `INSERT INTO openings VALUES(?1,?2,1,?3) ON CONFLICT DO UPDATE SET sessions = sessions + 1, busiest = max(busiest, ?3)`,
      pool,
      day,
      met,
    );
  }

  /** The most numbers that one person met or had met too recently, on the last day with openings. */
  busiestNow(pool: string): number {
    const query = `SELECT busiest FROM openings WHERE pool = ? ORDER BY day DESC LIMIT 1`;
    return first<{ busiest: number }>(this.#sql, query, pool)?.busiest ?? 0;
  }

  /** Openings by day: sessions, and by how much the busiest person's numbers grew since the day before. */
  openings(pool: string): DayOfOpenings[] {
    const query = `SELECT day, sessions, busiest FROM openings WHERE pool = ? ORDER BY day DESC LIMIT ?`;
    const rows = this.#sql.exec<DayOfOpenings>(query, pool, PLAN_DAYS + 1).toArray();
    return rows.map(({ day, sessions, busiest }, at) => ({
      day,
      sessions,
      busiest: Math.max(0, busiest - (rows[at + 1]?.busiest ?? 0)),
    }));
  }

  /** Deletes pairs whose cool-off is over; answers how many. */
  purgePairs(now: number, limit: number): number {
    const query = `DELETE FROM pairs WHERE (party, number) IN (SELECT party, number FROM pairs WHERE until <= ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, now, limit).toArray().length;
  }

  /** Deletes stored last numbers of people that are older than a time; answers how many. */
  purgeHabits(before: number, limit: number): number {
    const query = `DELETE FROM habits WHERE (party, pool) IN (SELECT party, pool FROM habits WHERE at < ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, before, limit).toArray().length;
  }
}

type PoolRow = { id: string; name: string; settings: string; created_at: number };

function poolOf(row: PoolRow): Pool {
  const settings: PoolSettings = { ...POOL_DEFAULTS, ...(JSON.parse(row.settings) as Partial<PoolSettings>) };
  return { id: row.id, name: row.name, createdAt: row.created_at, ...settings };
}

function pairOf(row: PairRow): Pair {
  const { number, participant, session, relays_until: relaysUntil, until } = row;
  return {
    party: bytesOf(row.party),
    number,
    participant,
    session,
    state: row.state as Pair["state"],
    relaysUntil,
    until,
  };
}
