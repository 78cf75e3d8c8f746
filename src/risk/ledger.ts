/**
 * The counters behind the caps, in the tenant's object: one row for a recipient, one for a block of numbers, one for the
 * account (tenant, its keys and countries together). Names are keyed HMACs. Counts are written in the same transaction as
 * the act: counts written later could be lost, and the cap exceeded. A key and all its rotations (a line) have one count.
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
import { countInto, fitsInto, freshWindows, waitingPlace } from "./departure.ts";
import type { NamingBudget, NamingCap } from "./naming.ts";

/** A row of a recipient or block: the windows of texts, and those of the other sides and purposes. */
type Row = Windows & {
  /** The day on which each line of keys last named the number; the budget of codes has the prefix `c|`. */
  keys: Record<string, number>;
  otp?: Windows;
  marketing?: Windows;
  relays?: Windows;
  devices?: Windows;
  codes?: Windows;
  strangers?: Windows;
};
/** `numbers` on the day `numbersDay`: the count of named numbers in rows from before naming had windows of its own. */
type KeyWindows = Windows & { numbersDay?: number; numbers?: number };
type Counts = { tenant: Windows; keys: Record<string, KeyWindows>; countries: Record<string, Windows> };
/** `alerted`: the hour of the last alert that the cap is reached. */
type Naming = Windows & { alerted?: number };
type Account = Counts & { [side in Exclude<Side, "texts">]?: Counts } & { naming?: Record<string, Naming> };

/** The key that names a number, the number's keyed name, and the budget that counts it. */
export type NamedBy = { key: string; recipient: string; budget: NamingBudget };

/** How many numbers a verb named, and the counts after it; for the audit. */
export type NamingCounted = { budget: NamingBudget; numbers: number; hour: number; day: number };

/** Counter rows kept in memory; a row is about 100 bytes. */
const ROWS_IN_MEMORY_MAX = 20_000;
/** Lines of keys kept in one recipient's row; beyond it the oldest is dropped, and counts the number again. */
const LINES_PER_RECIPIENT_MAX = 20;

/** Values bound by one statement. An ordinary act has three counters of two values each; the platform allows 100 values. */
const VALUES_PER_WRITE = 60;
const writeOf = (values: number) =>
  `INSERT OR REPLACE INTO counters(name, windows) VALUES ${Array.from({ length: values / 2 }, () => "(?,?)").join()}`;
/** The usual statements, always with the same text, so that the platform's cache of prepared statements has them. */
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

  /** `lineOf`: the first key of a key's line, which names the line. */
  constructor(sql: Sql, lineOf: (key: string) => string) {
    this.#sql = sql;
    this.lineOf = lineOf;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS counters(
      name TEXT PRIMARY KEY, windows TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** The cap that the act would break, or null. Counts nothing. `later`: it leaves later, and caps of its person are checked then. */
  check(act: Act, limits: Limits, now: number, later = false): CapReached | null {
    for (const { cap, windows, caps } of this.#triesOf(act, limits, now)) {
      if (later && OF_PERSON.has(cap) ? isOpen(caps) : hasRoom(windows, caps)) continue;
      const room = roomIn(windows, caps, now);
      if (room.left <= 0 || !isOpen(caps)) return { cap, retryAfterSeconds: room.resetSeconds, window: room.window };
    }
    return null;
  }

  /** Counts the act under all caps, or, if it leaves `later`, under key, tenant and country. The caller flushes in the same transaction. */
  count(act: Act, now: number, later = false): void {
    for (const [cap, windows] of Object.entries(this.#windowsOf(act))) {
      if (windows === null || (later && OF_PERSON.has(cap))) continue;
      rollWindows(windows, now);
      count(windows);
    }
    this.#changed(act, now, later);
  }

  /**
   * Counts an act that is not a message, such as a stranger's first text, under a keyed name of its own; false, and nothing is
   * counted, where the cap is reached. The caller flushes in the same transaction.
   */
  tally(name: string, caps: Caps, now: number): boolean {
    const row = this.#row(`t|${name}`);
    rollWindows(row, now);
    if (!hasRoom(row, caps)) return false;
    count(this.#touch(`t|${name}`, now));
    return true;
  }

  /**
   * A text is about to leave: counts it in each window in which it is not counted yet and answers null, or answers until when it
   * waits, `until` at the latest. The caller flushes in the same transaction.
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
   * Counts that a line of keys names a number, known or new, once a day. Answers the cap that is reached, or null; a number beyond
   * the cap is counted only with `always`. The caller flushes in the same transaction, refused or not.
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
    if (reached !== null) return reached; // beyond the cap the number is not marked, so each naming of it counts
    this.#mark(recipient, mark, now);
    return null;
  }

  /** How many numbers were counted in this minute, for the line and for the tenant. Called just after `name`. */
  namedThisMinute({ key, budget }: Omit<NamedBy, "recipient">, now: number): Record<NamingCap, number> {
    const line = this.lineOf(key);
    const own = this.#naming(budget === "codes" ? `c|${line}` : line, now);
    const all = this.#naming(budget === "codes" ? "c|*" : "*", now);
    return { key: own.mc, tenant: all.mc };
  }

  /** Whether a reached cap has had no alert in this hour; marks it as alerted. */
  isNews({ key, budget }: Omit<NamedBy, "recipient">, by: NamingCap, now: number): boolean {
    const line = by === "tenant" ? "*" : this.lineOf(key);
    const naming = this.#naming(budget === "codes" ? `c|${line}` : line, now);
    if (naming.alerted === naming.h) return false;
    naming.alerted = naming.h;
    this.#accountDirty = true;
    return true;
  }

  /** The naming counts since the last call of this; null if there are none. */
  takeCounted(): NamingCounted | null {
    const counted = this.#counted;
    this.#counted = null;
    return counted;
  }

  /** Writes what was counted: a row for each recipient and block, one for the account. */
  flush(): void {
    const rows = [...this.#dirty].flatMap(([name, row]) => [name, JSON.stringify(row)]);
    if (this.#accountDirty && this.#account !== null) rows.push("account", JSON.stringify(this.#account));
    this.#dirty.clear();
    this.#accountDirty = false;
    for (let at = 0; at < rows.length; at += VALUES_PER_WRITE) this.#write(rows.slice(at, at + VALUES_PER_WRITE));
  }

  /** What is left to the key in its tightest window of any side, for the RateLimit header. */
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

  /** Texts of the tenant that count in its day so far, of every kind that has a budget of its own. */
  countedToday(now: number): number {
    const account = this.#open();
    return [account, ...sidesOf(account)].reduce(
      (sum, { tenant }) => sum + (tenant.d === dayOf(now) ? tenant.dc : 0),
      0,
    );
  }

  /** Drops counters last used before yesterday, also those of keys and countries in the account's row. */
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

  /** The act's counters with their caps, rolled to `now`; those of the person last. */
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

  /** The row, to be written with the next flush; rolled to `now`, because the purge goes by its day. */
  #touch(name: string, now: number): Row {
    const row = this.#row(name);
    rollWindows(row, now);
    this.#dirty.set(name, row);
    return row;
  }

  /** Writes alternating names and windows with one statement. */
  #write(rows: readonly string[]): void {
    const query = WRITES.get(rows.length) ?? writeOf(rows.length);
    this.#sql.exec(query, ...rows);
  }
}

/** Caps that are checked only when a text leaves. */
const OF_PERSON: ReadonlySet<string> = new Set<Cap>(["recipient", "session", "block"]);

/** A cap multiplied. */
export const timesCaps = ({ minute, hour, day }: Caps, times: number): Caps => ({
  minute: minute * times,
  hour: hour * times,
  day: day * times,
});

/** False for a cap of zero, which refuses at once instead of letting the text wait. */
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
