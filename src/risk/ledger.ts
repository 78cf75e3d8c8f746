/**
 * The counters behind the caps, in the tenant's object: one row for a recipient, one for a block of numbers, one for the
 * account (tenant, its keys and countries together). Names are keyed HMACs. Counts are written in the same transaction as
 * the act, never later: a counter that is coalesced can be outrun.
 */
import { first, type Sql } from "../storage/sql.ts";
import { dayOf } from "../vault/ledger.ts";
import type { Act, CapReached } from "./act.ts";
import { count, emptyWindows, hasRoom, roomIn, turn, type Caps, type Limits, type Room, type Windows } from "./caps.ts";

type Recipient = Windows & { keys: Record<string, number> };
type KeyCount = Windows & { numbersDay: number; numbers: number };
type Account = { tenant: Windows; keys: Record<string, KeyCount>; countries: Record<string, Windows> };

/** Counter rows kept in memory; a row is about 100 bytes. */
const ROWS_IN_MEMORY_MAX = 20_000;
/** Keys remembered in one recipient's row; beyond it the oldest is forgotten, which counts a number again. */
const KEYS_PER_RECIPIENT_MAX = 20;

/** What one statement takes: an ordinary act has three counters; the platform binds at most 100 values. */
const VALUES_PER_WRITE = 60;
const writeOf = (values: number) =>
  `INSERT OR REPLACE INTO counters(name, windows) VALUES ${Array.from({ length: values / 2 }, () => "(?,?)").join()}`;
/** The same few texts over and over, so that the platform finds them prepared. */
const WRITES = new Map([2, 4, 6, VALUES_PER_WRITE].map((values) => [values, writeOf(values)]));

/** The counters of one tenant. */
export class CapsLedger {
  readonly #sql: Sql;
  readonly #rows = new Map<string, Recipient>();
  readonly #dirty = new Map<string, Recipient>();
  #account: Account | null = null;
  #accountDirty = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS counters(
      name TEXT PRIMARY KEY, windows TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** The cap that the act would break, or null. Counts nothing. */
  check(act: Act, limits: Limits, now: number): CapReached | null {
    const account = this.#open();
    const key = keyCount(account, act.key, now);
    const recipient = this.#row(`r|${act.recipient}`);
    const block = this.#row(`b|${act.block}`);
    const country = (account.countries[act.country] ??= emptyWindows());
    for (const windows of [account.tenant, key, recipient, block, country]) turn(windows, now);
    const tries: [CapReached["cap"], Windows, Caps][] = [
      ["tenant", account.tenant, limits.tenant],
      ["key", key, limits.key],
      ["country", country, act.home ? limits.country.home : limits.country.abroad],
      ["block", block, limits.block],
      ["recipient", recipient, limits.recipient],
    ];
    for (const [cap, windows, caps] of tries) {
      if (hasRoom(windows, caps)) continue;
      const room = roomIn(windows, caps, now);
      if (room.left <= 0) return { cap, retryAfterSeconds: room.resetSeconds, window: room.window };
    }
    return this.#numbersReached(act, limits, now);
  }

  /** Counts the act everywhere. The caller flushes in the same transaction. */
  count(act: Act, now: number): void {
    const account = this.#open();
    const key = keyCount(account, act.key, now);
    count(account.tenant);
    count(key);
    count((account.countries[act.country] ??= emptyWindows()));
    count(this.#touch(`b|${act.block}`));
    count(this.#touch(`r|${act.recipient}`));
    this.#countNumber(act, key, now);
  }

  /** For acts that only name a number (tokenise): the daily number of distinct numbers of the key, known or new. */
  nameNumber(act: Act, limits: Limits, now: number): CapReached | null {
    const reached = this.#numbersReached(act, limits, now);
    if (reached === null) {
      this.#touch(`r|${act.recipient}`);
      this.#countNumber(act, keyCount(this.#open(), act.key, now), now);
    }
    return reached;
  }

  /** Writes what was counted: a row for each recipient and block, one for the account. */
  flush(): void {
    const rows = [...this.#dirty].flatMap(([name, row]) => [name, JSON.stringify(row)]);
    if (this.#accountDirty && this.#account !== null) rows.push("account", JSON.stringify(this.#account));
    this.#dirty.clear();
    this.#accountDirty = false;
    for (let at = 0; at < rows.length; at += VALUES_PER_WRITE) this.#write(rows.slice(at, at + VALUES_PER_WRITE));
  }

  /** What is left to the key in its tightest window, for the RateLimit header. */
  roomOf(keyId: string, limits: Limits, now: number): Room & { quota: number; windowSeconds: number } {
    const key = keyCount(this.#open(), keyId, now);
    turn(key, now);
    const room = roomIn(key, limits.key, now);
    const windowSeconds = room.window === "minute" ? 60 : room.window === "hour" ? 3_600 : 86_400;
    return { ...room, quota: limits.key[room.window], windowSeconds };
  }

  /** Forgets counters whose day is over, those of keys and countries in the account's row too. */
  purge(now: number, limit: number): number {
    const gone = this.#sql
      .exec(
        `DELETE FROM counters WHERE name IN (SELECT name FROM counters
           WHERE name <> 'account' AND json_extract(windows, '$.d') < ? LIMIT ?) RETURNING 1 AS gone`,
        dayOf(now) - 1, limit,
      )
      .toArray().length; // prettier-ignore
    if (gone > 0) this.#rows.clear();
    const { keys, countries } = this.#open();
    for (const counts of [keys, countries] as Record<string, Windows>[]) {
      for (const [name, windows] of Object.entries(counts)) {
        if (windows.d >= dayOf(now) - 1) continue;
        delete counts[name];
        this.#accountDirty = true;
      }
    }
    this.flush();
    return gone;
  }

  #numbersReached(act: Act, limits: Limits, now: number): CapReached | null {
    const key = keyCount(this.#open(), act.key, now);
    const named = this.#row(`r|${act.recipient}`).keys[act.key] === dayOf(now);
    if (named || key.numbers < limits.numbersPerKeyPerDay) return null;
    const windows = { ...emptyWindows(), d: dayOf(now), dc: 1 };
    return {
      cap: "numbers",
      retryAfterSeconds: roomIn(windows, { minute: 9, hour: 9, day: 1 }, now).resetSeconds,
      window: "day",
    };
  }

  #countNumber(act: Act, key: KeyCount, now: number): void {
    const recipient = this.#touch(`r|${act.recipient}`);
    this.#accountDirty = true;
    for (const windows of [recipient, key]) turn(windows, now); // a purge goes by the day they carry
    if (recipient.keys[act.key] === dayOf(now)) return;
    const names = Object.keys(recipient.keys);
    if (names.length >= KEYS_PER_RECIPIENT_MAX && names[0] !== undefined) delete recipient.keys[names[0]];
    recipient.keys[act.key] = dayOf(now);
    key.numbers += 1;
  }

  #open(): Account {
    if (this.#account === null) {
      const row = first<{ windows: string }>(this.#sql, `SELECT windows FROM counters WHERE name = 'account'`);
      this.#account =
        row === null ? { tenant: emptyWindows(), keys: {}, countries: {} } : (JSON.parse(row.windows) as Account);
    }
    return this.#account;
  }

  #row(name: string): Recipient {
    let row = this.#dirty.get(name) ?? this.#rows.get(name);
    if (row === undefined) {
      const stored = first<{ windows: string }>(this.#sql, `SELECT windows FROM counters WHERE name = ?`, name);
      row = stored === null ? { ...emptyWindows(), keys: {} } : (JSON.parse(stored.windows) as Recipient);
      if (this.#rows.size >= ROWS_IN_MEMORY_MAX) this.#rows.clear();
      this.#rows.set(name, row);
    }
    return row;
  }

  #touch(name: string): Recipient {
    const row = this.#row(name);
    this.#dirty.set(name, row);
    return row;
  }

  /** Names and their windows in turn, as one statement for all of them. */
  #write(rows: readonly string[]): void {
    const query = WRITES.get(rows.length) ?? writeOf(rows.length);
    this.#sql.exec(query, ...rows);
  }
}

function keyCount(account: Account, keyId: string, now: number): KeyCount {
  const key = (account.keys[keyId] ??= { ...emptyWindows(), numbersDay: 0, numbers: 0 });
  if (key.numbersDay < dayOf(now)) {
    key.numbersDay = dayOf(now);
    key.numbers = 0;
  }
  return key;
}
