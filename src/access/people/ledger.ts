/**
 * The people who sign in to a tenant's console, and their sessions, in its object. A person is (issuer, subject): kept as a keyed
 * name, never as an address; what the identity provider calls them is sealed in their session and goes with it. A session's secret
 * is kept as SHA-256, as with API keys. All times are real time: a sandbox's clock ends nobody's session.
 */
import { HOUR_MS, isoOf } from "../../base/clock.ts";
import { equalBytes, sha256, sha256Hex } from "../../base/seal.ts";
import { bytesOf, filtered, first, type Sql } from "../../storage/sql.ts";
import type { Caller, Credential, Origin, Role } from "../caller.ts";
import type { KeyRefusal } from "../keys.ts";
import { roleNamed, type RoleSet } from "../roles.ts";

/** A session ends when it was not used for this long. */
export const IDLE_MS = 30 * 60_000;
/** A session ends after this, however much it is used. */
export const LIFE_MS = 12 * HOUR_MS;
/** For this long after a sign-in, a person may do what needs a fresh one. */
export const FRESH_MS = 10 * 60_000;
/** A session that is used writes so at most this often. */
const USED_EVERY_MS = 60_000;
/** What is kept of an ended session, so that the list shows it; and of a person who comes no more. */
const ENDED_KEPT_MS = 30 * 24 * HOUR_MS;
const PERSON_KEPT_MS = 396 * 24 * HOUR_MS;
/** Live sessions of one person; a further one ends the oldest. */
export const SESSIONS_MAX = 20;

/** What stands in place of a role where a person has none. */
export const NO_ROLE = "none";
export type RoleGiven<R extends string = Role> = R | typeof NO_ROLE;

export type Person<R extends string = Role> = {
  id: string;
  role: RoleGiven<R>;
  /** The role that an owner gave, whatever the claim says; null where the claim decides. */
  given: RoleGiven<R> | null;
  first_seen: number;
  last_seen: number;
};

export type Session = {
  id: string;
  person: string;
  created_at: number;
  used_at: number;
  expires_at: number;
  fresh_until: number;
  ended_at: number | null;
  shown: ArrayBuffer | null;
};
type SessionRow = Session & { hash: string };

/** What a secret is compared with when there is no such session, so that both take as long. */
const NO_HASH = "0".repeat(64);

type PersonRow = { id: string; role: string; given: string | null; first_seen: number; last_seen: number };
const PERSON = `SELECT id, role, given, first_seen, last_seen FROM people`;

/** People and sessions of one tenant, or of the operators. */
export class PeopleLedger<R extends string = Role> {
  readonly #sql: Sql;
  readonly #roles: RoleSet<R>;

  constructor(sql: Sql, roles: RoleSet<R>) {
    this.#sql = sql;
    this.#roles = roles;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS people(
      id TEXT PRIMARY KEY, name BLOB NOT NULL UNIQUE, role TEXT NOT NULL, given TEXT,
      first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS people_sessions(
      id TEXT PRIMARY KEY, person TEXT NOT NULL, hash TEXT NOT NULL, login BLOB NOT NULL UNIQUE, shown BLOB,
      created_at INTEGER NOT NULL, used_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, fresh_until INTEGER NOT NULL,
      ended_at INTEGER
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS people_sessions_of ON people_sessions(person)`);
    sql.exec(`CREATE TABLE IF NOT EXISTS sign_in(
      one INTEGER PRIMARY KEY CHECK (one = 1), settings BLOB NOT NULL, changed_at INTEGER NOT NULL
    ) STRICT`);
  }

  /** The sealed settings of the sign-in, and when they were changed; null where there are none. */
  settings(): { settings: Uint8Array; changedAt: number } | null {
    const row = first<{ settings: ArrayBuffer; changed_at: number }>(this.#sql, `SELECT * FROM sign_in WHERE one = 1`);
    return row === null ? null : { settings: bytesOf(row.settings), changedAt: row.changed_at };
  }

  keepSettings(settings: Uint8Array, realNow: number): void {
    this.#sql.exec(`INSERT OR REPLACE INTO sign_in(one, settings, changed_at) VALUES(1,?,?)`, settings, realNow);
  }

  dropSettings(): boolean {
    return this.#sql.exec(`DELETE FROM sign_in RETURNING 1 AS gone`).toArray().length > 0;
  }

  get(id: string): Person<R> | null {
    return this.#person(first<PersonRow>(this.#sql, `${PERSON} WHERE id = ?`, id));
  }

  /** The person of this keyed name; null who was never here. */
  find(name: Uint8Array): Person<R> | null {
    return this.#person(first<PersonRow>(this.#sql, `${PERSON} WHERE name = ?`, name));
  }

  list(before: string | undefined, limit: number): Person<R>[] {
    const { where, values } = filtered<string>([["id < ?", before]]);
    const rows = this.#sql.exec<PersonRow>(`${PERSON} WHERE ${where} ORDER BY id DESC LIMIT ?`, ...values, limit);
    return rows.toArray().map((row) => this.#shaped(row));
  }

  /** A person comes, for the first time or again, in this role. */
  seen(id: string, name: Uint8Array, role: RoleGiven<R>, realNow: number): void {
    this.#sql.exec(
      `INSERT INTO people(id, name, role, first_seen, last_seen) VALUES(?,?,?,?,?)
       ON CONFLICT(id) DO UPDATE SET role = excluded.role, last_seen = excluded.last_seen`,
      id,
      name,
      role,
      realNow,
      realNow,
    );
  }

  setRole(id: string, role: RoleGiven<R>, given: RoleGiven<R> | null): void {
    this.#sql.exec(`UPDATE people SET role = ?, given = ? WHERE id = ?`, role, given, id);
  }

  /** Whether this login was used for a session before: each leads to one only. */
  isUsed(login: Uint8Array): boolean {
    return first(this.#sql, `SELECT 1 AS yes FROM people_sessions WHERE login = ?`, login) !== null;
  }

  /** Begins a session; the oldest of the person's end where there would be too many. */
  begin(session: {
    id: string;
    person: string;
    secret: string;
    login: Uint8Array;
    shown: Uint8Array;
    freshUntil: number;
    realNow: number;
  }): void {
    const live = this.live(session.person, session.realNow);
    for (const { id } of live.slice(0, Math.max(0, live.length - SESSIONS_MAX + 1))) this.end(id, session.realNow);
    this.#sql.exec(
      `INSERT INTO people_sessions(id, person, hash, login, shown, created_at, used_at, expires_at, fresh_until)
       VALUES(?,?,?,?,?,?,?,?,?)`,
      session.id,
      session.person,
      sha256Hex(session.secret),
      session.login,
      session.shown,
      session.realNow,
      session.realNow,
      session.realNow + LIFE_MS,
      session.freshUntil,
    );
  }

  /** The person behind a session's credential at real time, in the role they have now, or why there is none. */
  recognise(credential: Credential, origin: Origin, realNow: number): Caller | KeyRefusal {
    const row = first<SessionRow>(this.#sql, `SELECT * FROM people_sessions WHERE id = ?`, credential.id);
    const expected = Buffer.from(row?.hash ?? NO_HASH, "hex");
    const matches = equalBytes(sha256(credential.secret), expected);
    if (row === null) return "unknown";
    if (!matches) return "secret";
    if (row.ended_at !== null) return "revoked";
    if (row.expires_at <= realNow || row.used_at + IDLE_MS <= realNow) return "expired";
    const role = this.get(row.person)?.role ?? NO_ROLE;
    if (role === NO_ROLE) return "revoked";
    const session = { id: row.id, role, freshUntil: row.fresh_until, expiresAt: row.expires_at };
    return { id: row.person, scopes: this.#roles.scopesOf(role), origin, session };
  }

  /** A session was used: it stays alive for as long again. */
  used(id: string, realNow: number): void {
    const query = `UPDATE people_sessions SET used_at = ? WHERE id = ? AND used_at <= ?`;
    this.#sql.exec(query, realNow, id, realNow - USED_EVERY_MS);
  }

  /** Ends a session, and forgets what its person was called; false where it had ended. */
  end(id: string, realNow: number): boolean {
    const query = `UPDATE people_sessions SET ended_at = ?, shown = NULL WHERE id = ? AND ended_at IS NULL RETURNING 1 AS ended`;
    return this.#sql.exec(query, realNow, id).toArray().length > 0;
  }

  /** Sessions that live, oldest first: of one person, or of everybody. */
  live(person: string | undefined, realNow: number): Session[] {
    const { where, values } = filtered<string>([["person = ?", person]]);
    const query = `SELECT id, person, shown, created_at, used_at, expires_at, fresh_until, ended_at FROM people_sessions
      WHERE ${where} AND ended_at IS NULL AND expires_at > ? AND used_at > ? ORDER BY id`;
    return this.#sql.exec<Session>(query, ...values, realNow, realNow - IDLE_MS).toArray();
  }

  session(id: string): Session | null {
    return first<Session>(
      this.#sql,
      `SELECT id, person, shown, created_at, used_at, expires_at, fresh_until, ended_at FROM people_sessions WHERE id = ?`,
      id,
    );
  }

  /** Ends every session but one; answers whose they were and which. */
  endOthers(kept: string | null, realNow: number): Session[] {
    const ended = this.live(undefined, realNow).filter(({ id }) => id !== kept);
    for (const { id } of ended) this.end(id, realNow);
    return ended;
  }

  /** Drops sessions that are long over, and what their people were called of those that are over. */
  purgeSessions(realNow: number, limit: number): number {
    const over = `expires_at <= ?1 OR used_at <= ?2`;
    const forget = `UPDATE people_sessions SET shown = NULL WHERE shown IS NOT NULL AND (${over})`;
    this.#sql.exec(forget, realNow, realNow - IDLE_MS);
    const query = `DELETE FROM people_sessions WHERE id IN (SELECT id FROM people_sessions WHERE expires_at <= ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, realNow - ENDED_KEPT_MS, limit).toArray().length;
  }

  #person(row: PersonRow | null): Person<R> | null {
    return row === null ? null : this.#shaped(row);
  }

  /** A role that is no more gives nothing. */
  #shaped({ role, given, ...row }: PersonRow): Person<R> {
    const named = (text: string): RoleGiven<R> => roleNamed(this.#roles, text) ?? NO_ROLE;
    return { ...row, role: named(role), given: given === null ? null : named(given) };
  }

  /** Drops people who were not here for 396 days. */
  purgePeople(realNow: number, limit: number): number {
    const query = `DELETE FROM people WHERE id IN (SELECT id FROM people WHERE last_seen <= ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, realNow - PERSON_KEPT_MS, limit).toArray().length;
  }
}

/** A session as a list shows it. */
export function sessionView(session: Session, shown: { name: string | null; address: string | null } | null) {
  return {
    id: session.id,
    person: session.person,
    name: shown?.name ?? null,
    address: shown?.address ?? null,
    created_at: isoOf(session.created_at),
    used_at: isoOf(session.used_at),
    expires_at: isoOf(session.expires_at),
  };
}
export type SessionView = ReturnType<typeof sessionView>;
