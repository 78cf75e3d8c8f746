/**
 * The counters behind the caps, in the tenant's object: one row for a recipient, one for a block of numbers, one for the
 * account (tenant, its keys and countries together). Names are keyed HMACs. Counts are written in the same transaction as
 * the act, never later: a counter that is coalesced can be outrun. A key and all its rotations are one line with one count.
 */
import { first, type Sql } from "../storage/sql.ts";
import { dayOf } from "../vault/ledger.ts";
import type { Act, Cap, CapReached, Counted, NamingReached, Side, Waits } from "./act.ts";
import {
  count,
  emptyWindows,
  hasRoom,
  roomIn,
  rollWindows,
  type Caps,
  type HourAndDay,
  type Limits,
  type Room,
  type Windows,
} from "./caps.ts";
import type { SoftDay } from "./budgets/without.ts";
import { countInto, fitsInto, freshWindows, waitingPlace } from "./departure.ts";
import type { NamingBudget, NamingCap } from "./naming.ts";

/** A row of a recipient or block: the windows of texts, and beside them those of the other sides and purposes. */
type Row = Windows & {
  /** The day on which each line of keys named the number; lines of codes have a prefix of their own. */
  keys: Record<string, number>;
  otp?: Windows;
  marketing?: Windows;
  relays?: Windows;
  devices?: Windows;
  codes?: Windows;
  strangers?: Windows;
};
/** `numbers` on the day `numbersDay`: how naming was counted before it had windows of its own. */
type KeyWindows = Windows & { numbersDay?: number; numbers?: number };
type Counts = { tenant: Windows; keys: Record<string, KeyWindows>; countries: Record<string, Windows> };
/** `alerted`: the hour in which it was last told that the cap is reached. */
type Naming = Windows & { alerted?: number };
type Account = Counts & { [side in Exclude<Side, "texts">]?: Counts } & {
  naming?: Record<string, Naming>;
  cost?: SoftDay;
};

/** Who names a number, from which budget. */
export type NamedBy = { key: string; recipient: string; budget: NamingBudget };

/** What a verb has counted of numbers it was named; for the audit. */
export type NamingCounted = { budget: NamingBudget; numbers: number; hour: number; day: number };

/** Counter rows kept in memory; a row is about 100 bytes. */
const ROWS_IN_MEMORY_MAX = 20_000;
/** Lines of keys remembered in one recipient's row; beyond it the oldest is forgotten, which counts a number again. */
const LINES_PER_RECIPIENT_MAX = 20;

/** What one statement takes: an ordinary act has three counters; the platform binds at most 100 values. */
const VALUES_PER_WRITE = 60;
const writeOf = (values: number) =>
  `INSERT OR REPLACE INTO counters(name, windows) VALUES ${Array.from({ length: values / 2 }, () => "(?,?)").join()}`;
/** The same few texts over and over, so that the platform finds them prepared. */
const WRITES = new Map([2, 4, 6, VALUES_PER_WRITE].map((values) => [values, writeOf(values)]));

/** The counters of one tenant. */
export class CapsLedger {
  readonly #sql: Sql;
  readonly lineOf: (key: string) => string;
  readonly #rows = new Map<string, Row>();
  readonly #dirty = new Map<string, Row>();
  #account: Account | null = null;
  #accountDirty = false;
  #counted: NamingCounted | null = null;

  /** `lineOf`: the first key of the line that a key was rotated from. */
  constructor(sql: Sql, lineOf: (key: string) => string) {
    this.#sql = sql;
    this.lineOf = lineOf;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS counters(
      name TEXT PRIMARY KEY, windows TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** The cap that the act would break, or null. Counts nothing. `later`: it leaves later, and its person is asked about then. */
  check(act: Act, limits: Limits, now: number, later = false): CapReached | null {
    for (const { cap, windows, caps } of this.#triesOf(act, limits, now)) {
      if (later && OF_PERSON.has(cap) ? isOpen(caps) : hasRoom(windows, caps)) continue;
      const room = roomIn(windows, caps, now);
      if (room.left <= 0 || !isOpen(caps)) return { cap, retryAfterSeconds: room.resetSeconds, window: room.window };
    }
    return null;
  }

  /** Counts the act everywhere, or, where it leaves `later`, by key, tenant and country. The caller flushes in the same transaction. */
  count(act: Act, now: number, later = false): void {
    for (const [cap, windows] of Object.entries(this.#windowsOf(act))) {
      if (windows === null || (later && OF_PERSON.has(cap))) continue;
      rollWindows(windows, now);
      count(windows);
    }
    this.#changed(act, now, later);
  }

  /**
   * Counts something else that people outside do, under a keyed name of its own; false where it is one too many, and then counts
   * nothing. The caller flushes in the same transaction.
   */
  tally(name: string, caps: Caps, now: number): boolean {
    const row = this.#row(`t|${name}`);
    rollWindows(row, now);
    if (!hasRoom(row, caps)) return false;
    count(this.#touch(`t|${name}`, now));
    return true;
  }

  /**
   * A text is about to leave: counts it in each window in which it is not counted yet, or, where it does not fit, gives it a place
   * to wait, at `until` at the latest. Null: it may leave. The caller flushes in the same transaction.
   */
  leave(
    act: Act,
    counted: Counted,
    { limits, now, until }: { limits: Limits; now: number; until: number },
  ): Waits | null {
    const tries = this.#triesOf(act, limits, now).map(({ cap, windows, caps }) => {
      const fresh = freshWindows(windows, OF_PERSON.has(cap) ? counted.person : counted.budgets);
      return { cap, windows, caps, fresh };
    });
    const full = tries.findLast(({ windows, caps, fresh }) => !fitsInto(windows, fresh, caps));
    if (full === undefined) for (const { windows, fresh } of tries) countInto(windows, fresh);
    this.#changed(act, now);
    return full === undefined
      ? null
      : { cap: full.cap, until: waitingPlace(full.windows, full.fresh, full.caps, until) };
  }

  /**
   * Counts that a line of keys names a number, once a day and known or new alike. Answers the cap that stands against it: then
   * a number that this line has not named today is not counted, unless it is `counted` anyway. The caller flushes in the same
   * transaction, refused or not.
   */
  name(
    { key, recipient, budget }: NamedBy,
    caps: Record<NamingCap, HourAndDay>,
    now: number,
    counted: "within" | "always" = "within",
  ): NamingReached | null {
    const line = this.lineOf(key);
    const mark = budget === "codes" ? `c|${line}` : line;
    const row = this.#row(`r|${recipient}`);
    if (row.keys[mark] === dayOf(now)) return null;
    const own = this.#naming(mark, now);
    const all = this.#naming(budget === "codes" ? "c|*" : "*", now);
    const reached = namingReached(own, caps.key, "key", now) ?? namingReached(all, caps.tenant, "tenant", now);
    if (reached !== null && counted === "within") return reached;
    this.#accountDirty = true;
    for (const windows of [own, all]) count(windows);
    const before = this.#counted?.numbers ?? 0;
    this.#counted = { budget, numbers: before + 1, hour: own.hc, day: own.dc };
    if (reached !== null) return reached; // beyond the cap nothing is remembered of the number: each time counts
    this.#mark(recipient, mark, now);
    return null;
  }

  /** How many numbers the budget was named in this minute, by the line and by all. Expects a naming just counted. */
  namedThisMinute({ key, budget }: Omit<NamedBy, "recipient">, now: number): Record<NamingCap, number> {
    const line = this.lineOf(key);
    const own = this.#naming(budget === "codes" ? `c|${line}` : line, now);
    const all = this.#naming(budget === "codes" ? "c|*" : "*", now);
    return { key: own.mc, tenant: all.mc };
  }

  /** Whether a reached cap is met for the first time in this hour; then it is remembered as told. */
  isNews({ key, budget }: Omit<NamedBy, "recipient">, by: NamingCap, now: number): boolean {
    const line = by === "tenant" ? "*" : this.lineOf(key);
    const naming = this.#naming(budget === "codes" ? `c|${line}` : line, now);
    if (naming.alerted === naming.h) return false;
    naming.alerted = naming.h;
    this.#accountDirty = true;
    return true;
  }

  /** What was counted of named numbers since the last time; null when nothing was. */
  takeCounted(): NamingCounted | null {
    const counted = this.#counted;
    this.#counted = null;
    return counted;
  }

  /** What a tenant without a budget spends, kept in the row of the account, which every text writes anyway. */
  noteCost(next: (before: SoftDay | undefined) => SoftDay): void {
    const account = this.#open();
    account.cost = next(account.cost);
    this.#accountDirty = true;
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
    const account = this.#open();
    const line = this.lineOf(keyId);
    const rooms = [account, ...sidesOf(account)].map((counts) => {
      const windows = counts?.keys[line] ?? emptyWindows();
      rollWindows(windows, now);
      return roomIn(windows, limits.key, now);
    });
    const room = rooms.reduce((tightest, each) => (each.left < tightest.left ? each : tightest));
    const windowSeconds = room.window === "minute" ? 60 : room.window === "hour" ? 3_600 : 86_400;
    return { ...room, quota: limits.key[room.window], windowSeconds };
  }

  /** Forgets counters whose day is over, those of keys and countries in the account's row too. */
  purge(now: number, limit: number): number {
    const gone = this.#sql
      .exec(
        `DELETE FROM counters WHERE name IN (SELECT name FROM counters
           WHERE name <> 'account' AND json_extract(windows, '$.d') < ? LIMIT ?) RETURNING 1 AS gone`,
        dayOf(now) - 1,
        limit,
      )
      .toArray().length;
    if (gone > 0) this.#rows.clear();
    const account = this.#open();
    const sides = [account, ...sidesOf(account)];
    for (const counts of [account.naming ?? {}, ...sides.flatMap(({ keys, countries }) => [keys, countries])]) {
      for (const [name, windows] of Object.entries(counts)) {
        if (windows.d >= dayOf(now) - 1) continue;
        delete counts[name];
        this.#accountDirty = true;
      }
    }
    this.flush();
    return gone;
  }

  /** The act's counters with their caps, turned to `now`; those of the person last. */
  #triesOf(act: Act, limits: Limits, now: number): { cap: Cap; windows: Windows; caps: Caps }[] {
    const { tenant, key, country, block, session, recipient } = this.#windowsOf(act);
    for (const windows of [tenant, key, country, block, session, recipient])
      if (windows !== null) rollWindows(windows, now);
    const times = act.scope?.times ?? 1;
    return [
      { cap: "tenant", windows: tenant, caps: limits.tenant },
      { cap: "key", windows: key, caps: limits.key },
      { cap: "country", windows: country, caps: act.home ? limits.country.home : limits.country.abroad },
      { cap: "block", windows: block, caps: limits.block },
      ...(session === null
        ? []
        : [{ cap: "session" as const, windows: session, caps: timesCaps(limits.recipient, times) }]),
      { cap: "recipient", windows: recipient, caps: limits.recipient },
    ];
  }

  /** The act's counters are written with the next flush. */
  #changed(act: Act, now: number, later = false): void {
    this.#accountDirty = true;
    if (later) return;
    this.#touch(`b|${act.block}`, now);
    this.#touch(`r|${act.recipient}`, now);
    if (act.scope !== undefined) this.#touch(`r|${act.scope.name}`, now);
  }

  #windowsOf(act: Act): Record<Exclude<Cap, "session">, Windows> & { session: Windows | null } {
    const counts = this.#countsOf(act.side);
    const [block, recipient] = [this.#row(`b|${act.block}`), this.#row(`r|${act.recipient}`)];
    const own = act.side === "devices" ? act.side : act.purpose;
    return {
      tenant: counts.tenant,
      key: (counts.keys[this.lineOf(act.key)] ??= emptyWindows()),
      country: (counts.countries[act.country] ??= emptyWindows()),
      block: act.side === "texts" ? block : (block[act.side] ??= emptyWindows()),
      recipient: own === "service" ? recipient : (recipient[own] ??= emptyWindows()),
      session: act.scope === undefined ? null : this.#row(`r|${act.scope.name}`),
    };
  }

  #countsOf(side: Side): Counts {
    const account = this.#open();
    if (side === "texts") return account;
    return (account[side] ??= { tenant: emptyWindows(), keys: {}, countries: {} });
  }

  #naming(name: string, now: number): Naming {
    const { keys, naming: all = {} } = this.#open();
    this.#open().naming = all;
    const naming = (all[name] ??= emptyWindows());
    rollWindows(naming, now);
    const before = keys[name];
    if (before?.numbersDay === naming.d) naming.dc += before.numbers ?? 0;
    if (before !== undefined) delete before.numbersDay;
    return naming;
  }

  #mark(recipient: string, mark: string, now: number): void {
    const row = this.#touch(`r|${recipient}`, now);
    const marks = Object.keys(row.keys);
    if (marks.length >= LINES_PER_RECIPIENT_MAX && marks[0] !== undefined) delete row.keys[marks[0]];
    row.keys[mark] = dayOf(now);
  }

  #open(): Account {
    if (this.#account === null) {
      const row = first<{ windows: string }>(this.#sql, `SELECT windows FROM counters WHERE name = 'account'`);
      this.#account =
        row === null ? { tenant: emptyWindows(), keys: {}, countries: {} } : (JSON.parse(row.windows) as Account);
    }
    return this.#account;
  }

  #row(name: string): Row {
    let row = this.#dirty.get(name) ?? this.#rows.get(name);
    if (row === undefined) {
      const stored = first<{ windows: string }>(this.#sql, `SELECT windows FROM counters WHERE name = ?`, name);
      row = stored === null ? { ...emptyWindows(), keys: {} } : (JSON.parse(stored.windows) as Row);
      if (this.#rows.size >= ROWS_IN_MEMORY_MAX) this.#rows.clear();
      this.#rows.set(name, row);
    }
    return row;
  }

  /** The row, to be written with the next flush. A purge goes by the day it carries. */
  #touch(name: string, now: number): Row {
    const row = this.#row(name);
    rollWindows(row, now);
    this.#dirty.set(name, row);
    return row;
  }

  /** Names and their windows in turn, as one statement for all of them. */
  #write(rows: readonly string[]): void {
    const query = WRITES.get(rows.length) ?? writeOf(rows.length);
    this.#sql.exec(query, ...rows);
  }
}

/** Caps that hold when a text leaves, and not before. */
const OF_PERSON: ReadonlySet<string> = new Set<Cap>(["recipient", "session", "block"]);

/** So many times a cap. */
export const timesCaps = ({ minute, hour, day }: Caps, times: number): Caps => ({
  minute: minute * times,
  hour: hour * times,
  day: day * times,
});

/** Whether anything at all may pass: a cap of zero is refused at once. */
const isOpen = ({ minute, hour, day }: Caps): boolean => minute > 0 && hour > 0 && day > 0;

const sidesOf = ({ relays, devices, codes, strangers }: Account): Counts[] =>
  [relays, devices, codes, strangers].filter((side) => side !== undefined);

function namingReached(windows: Windows, caps: HourAndDay, by: NamingCap, now: number): NamingReached | null {
  const window = windows.dc >= caps.day ? "day" : windows.hc >= caps.hour ? "hour" : null;
  if (window === null) return null;
  const unbounded = { minute: Infinity, hour: Infinity, day: Infinity };
  const room = roomIn(windows, { ...unbounded, [window]: 0 }, now);
  return { by, window, retryAfterSeconds: room.resetSeconds };
}
