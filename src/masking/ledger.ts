/**
 * Masked sessions in the tenant's object: sessions, participants and interactions. Numbers and names are stored only as keyed names,
 * masks and ciphertext.
 */
import { DAY_MS } from "../base/clock.ts";
import { bytesOf, filtered, first, type Sql, type SqlBinding } from "../storage/sql.ts";
import type { Interaction, Leg } from "./interaction.ts";
import { dueAt, type Participant, type Session, type SessionSettings, type SessionState } from "./session.ts";
import {
  INTERACTION,
  interactionOf,
  participantOf,
  sessionOf,
  type Facts,
  type InteractionRow,
  type ParticipantRow,
  type SessionRow,
} from "./rows.ts";
import { SETTINGS_DEFAULT, type MaskingSettings } from "./settings/settings.ts";

export type SessionFilter = { state?: SessionState; token?: string; before?: string };
type Change = Partial<
  Pick<Session, "state" | "messages" | "sinceRotation" | "lastAt" | "rotatedAt" | "endedAt" | "reason" | "settings">
>;

/** The masked sessions of one tenant. */
export class MaskingLedger {
  readonly #sql: Sql;
  readonly #soon: (at: number) => void;
  #settings: MaskingSettings | null = null;

  constructor(sql: Sql, soon: (at: number) => void) {
    this.#sql = sql;
    this.#soon = soon;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS sessions(
      id TEXT PRIMARY KEY, state TEXT NOT NULL, version INTEGER NOT NULL, pool TEXT NOT NULL, key TEXT NOT NULL,
      settings TEXT NOT NULL, messages INTEGER NOT NULL, since_rotation INTEGER NOT NULL, opened_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL, rotated_at INTEGER NOT NULL, ended_at INTEGER, reason TEXT, due INTEGER
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS sessions_due ON sessions(due) WHERE due IS NOT NULL`);
    sql.exec(`CREATE TABLE IF NOT EXISTS participants(
      id TEXT NOT NULL, session TEXT NOT NULL, party BLOB NOT NULL, facts TEXT NOT NULL, number TEXT NOT NULL,
      proxy TEXT NOT NULL, name BLOB, state TEXT NOT NULL, stopped INTEGER NOT NULL, joined_at INTEGER NOT NULL,
      left_at INTEGER, PRIMARY KEY(session, id)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS interactions(
      id TEXT PRIMARY KEY, session TEXT NOT NULL, sender TEXT, state TEXT NOT NULL, reason TEXT, legs TEXT NOT NULL,
      at INTEGER NOT NULL, due INTEGER, subject TEXT, sealed BLOB
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS interactions_due ON interactions(due) WHERE due IS NOT NULL`);
    sql.exec(`CREATE INDEX IF NOT EXISTS interactions_session ON interactions(session, id)`);
    sql.exec(`CREATE TABLE IF NOT EXISTS answered(
      party BLOB NOT NULL, number TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(party, number)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(
      `CREATE TABLE IF NOT EXISTS masking(name TEXT PRIMARY KEY, value TEXT NOT NULL, sealed BLOB) STRICT, WITHOUT ROWID`,
    );
  }

  addSession(session: Session): void {
    const due = dueAt(session);
    if (due !== null) this.#soon(due);
    this.#sql.exec(
      `INSERT INTO sessions VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
      session.id,
      session.state,
      session.version,
      session.pool,
      session.key,
      JSON.stringify(session.settings),
      session.messages,
      session.sinceRotation,
      session.openedAt,
      session.lastAt,
      session.rotatedAt,
      session.endedAt,
      session.reason,
      due,
    );
  }

  session(id: string): Session | null {
    const row = first<SessionRow>(this.#sql, `SELECT * FROM sessions WHERE id = ?`, id);
    return row === null ? null : sessionOf(row);
  }

  /** Newest first. */
  sessions(filter: SessionFilter, limit: number): Session[] {
    const { where, values } = filtered<SqlBinding>([
      ["id < ?", filter.before],
      ["state = ?", filter.state],
      ["id IN (SELECT session FROM participants WHERE json_extract(facts, '$.token') = ?)", filter.token],
    ]);
    const query = `SELECT * FROM sessions WHERE ${where} ORDER BY id DESC LIMIT ?`;
    return this.#sql.exec<SessionRow>(query, ...values, limit).toArray().map(sessionOf); // prettier-ignore
  }

  /**
   * Changes a session; answers the changed session. A text does not move the stored deadline, which saves a row a text: the alarm that
   * comes too early sets the new one.
   */
  changeSession(session: Session, change: Change): Session {
    const next: Session = { ...session, ...change, version: session.version + 1 };
    const moves = next.state !== session.state || change.rotatedAt !== undefined || change.settings !== undefined;
    this.#sql.exec(
      `UPDATE sessions SET state = ?, version = ?, settings = ?, messages = ?, since_rotation = ?, last_at = ?,
         rotated_at = ?, ended_at = ?, reason = ? WHERE id = ?`,
      next.state,
      next.version,
      JSON.stringify(next.settings),
      next.messages,
      next.sinceRotation,
      next.lastAt,
      next.rotatedAt,
      next.endedAt,
      next.reason,
      next.id,
    );
    if (moves) this.setDue(next.id, next.state === "open" ? dueAt(next) : null);
    return next;
  }

  /** Opens an ended session again: its times count from now. */
  reopen(session: Session, settings: SessionSettings, now: number): Session {
    this.#sql.exec(`UPDATE sessions SET opened_at = ? WHERE id = ?`, now, session.id);
    const anew = { ...session, openedAt: now };
    return this.changeSession(anew, {
      state: "open",
      settings,
      endedAt: null,
      reason: null,
      lastAt: now,
      rotatedAt: now,
    });
  }

  setDue(id: string, due: number | null): void {
    if (due !== null) this.#soon(due);
    this.#sql.exec(`UPDATE sessions SET due = ? WHERE id = ?`, due, id);
  }

  /** Sessions whose deadline has come. */
  due(now: number, limit: number): { id: string; read: () => Session }[] {
    const query = `SELECT * FROM sessions WHERE due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?`;
    const rows = this.#sql.exec<SessionRow>(query, now, limit).toArray();
    return rows.map((row) => ({ id: row.id, read: () => sessionOf(row) }));
  }

  /** The next deadline after a time. */
  nextDue(table: "sessions" | "interactions", after: number): number | null {
    const query = `SELECT min(due) AS at FROM ${table} WHERE due IS NOT NULL AND due > ?`;
    return first<{ at: number | null }>(this.#sql, query, after)?.at ?? null;
  }

  addParticipant(one: Participant): void {
    const { token, subject, mask, country, kind } = one;
    const facts: Facts = { token, subject, mask, country, kind };
    this.#sql.exec(
      `INSERT INTO participants VALUES(?,?,?,?,?,?,?,?,?,?,?)`,
      one.id,
      one.session,
      one.party,
      JSON.stringify(facts),
      one.number,
      one.proxy,
      one.name,
      one.state,
      one.stopped ? 1 : 0,
      one.joinedAt,
      one.leftAt,
    );
  }

  /** Everybody who is or was in a session, in the order in which they joined. */
  participants(session: string): Participant[] {
    const query = `SELECT * FROM participants WHERE session = ? ORDER BY id`;
    return this.#sql.exec<ParticipantRow>(query, session).toArray().map(participantOf);
  }

  changeParticipant(
    one: Participant,
    change: Partial<Pick<Participant, "number" | "proxy" | "state" | "stopped" | "leftAt">>,
  ): Participant {
    const next = { ...one, ...change };
    this.#sql.exec(
      `UPDATE participants SET number = ?, proxy = ?, state = ?, stopped = ?, left_at = ? WHERE session = ? AND id = ?`,
      next.number,
      next.proxy,
      next.state,
      next.stopped ? 1 : 0,
      next.leftAt,
      next.session,
      next.id,
    );
    return next;
  }

  /** Tokens of people in open sessions with ids after `after`, whole sessions at a time. */
  tokensInUse(after: string, sessions: number): { token: string; session: string }[] {
    const query = `SELECT p.session, json_extract(p.facts, '$.token') AS token FROM participants p
      WHERE p.state = 'active' AND p.session IN (
        SELECT id FROM sessions WHERE state = 'open' AND id > ? ORDER BY id LIMIT ?) ORDER BY p.session`;
    return this.#sql.exec<{ token: string; session: string }>(query, after, sessions).toArray();
  }

  /** Drops texts older than their session's `keep_text_days`; answers how many. */
  dropTexts(now: number, limit: number): number {
    const query = `UPDATE interactions SET sealed = NULL, subject = NULL WHERE id IN (
        SELECT i.id FROM interactions i JOIN sessions s ON s.id = i.session
        WHERE i.sealed IS NOT NULL AND i.state <> 'pending' AND i.at < ?1 - 86400000 * json_extract(s.settings, '$.keepTextDays')
        LIMIT ?2) RETURNING 1 AS gone`;
    return this.#sql.exec(query, now, limit).toArray().length;
  }

  /** Drops sessions that ended before a time, with their people; answers how many. */
  purgeSessions(before: number, limit: number): number {
    const sessions = `SELECT id FROM sessions WHERE ended_at IS NOT NULL AND ended_at < ? LIMIT ?`;
    for (const table of ["participants", "intercepted"])
      this.#sql.exec(`DELETE FROM ${table} WHERE session IN (${sessions})`, before, limit);
    const query = `DELETE FROM sessions WHERE id IN (${sessions}) RETURNING 1 AS gone`;
    return this.#sql.exec(query, before, limit).toArray().length;
  }

  /** Drops interactions from before a time; answers how many. */
  purgeInteractions(before: number, limit: number): number {
    const query = `DELETE FROM interactions WHERE id IN (SELECT id FROM interactions WHERE at < ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, before, limit).toArray().length;
  }

  /** Drops the times of answers that no longer prevent another; answers how many. */
  purgeAnswered(now: number, limit: number): number {
    const query = `DELETE FROM answered WHERE (party, number) IN (
        SELECT party, number FROM answered WHERE at < ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, now - ANSWERED_KEPT_MS, limit).toArray().length;
  }

  addInteraction(one: Interaction, due: number | null, sealed: { subject: string; text: Uint8Array } | null): void {
    if (due !== null) this.#soon(due);
    this.#sql.exec(
      `INSERT INTO interactions VALUES(?,?,?,?,?,?,?,?,?,?)`,
      one.id,
      one.session,
      one.sender,
      one.state,
      one.reason,
      JSON.stringify(one.legs),
      one.at,
      due,
      sealed?.subject ?? null,
      sealed?.text ?? null,
    );
  }

  interaction(id: string): Interaction | null {
    const row = first<InteractionRow>(this.#sql, `SELECT ${INTERACTION} FROM interactions WHERE id = ?`, id);
    return row === null ? null : interactionOf(row);
  }

  interactions(session: string, before: string | null, limit: number): Interaction[] {
    const query = `SELECT ${INTERACTION} FROM interactions WHERE session = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3`;
    return this.#sql.exec<InteractionRow>(query, session, before, limit).toArray().map(interactionOf);
  }

  /** The sealed text of an interaction that is pending, or whose session keeps texts. */
  sealedText(id: string): { subject: string; text: Uint8Array } | null {
    const row = first<{ subject: string | null; sealed: ArrayBuffer | null }>(
      this.#sql, `SELECT subject, sealed FROM interactions WHERE id = ?`, id,
    ); // prettier-ignore
    return row === null || row.subject === null || row.sealed === null
      ? null
      : { subject: row.subject, text: bytesOf(row.sealed) };
  }

  /** Moves a pending interaction on; its text is deleted, or replaced by `kept`. */
  settleInteraction(one: Interaction, kept: { subject: string; text: Uint8Array } | null): void {
    this.#sql.exec(
      `UPDATE interactions SET state = ?, reason = ?, legs = ?, due = NULL, subject = ?, sealed = ?
       WHERE id = ? AND state = 'pending'`,
      one.state,
      one.reason,
      JSON.stringify(one.legs),
      kept?.subject ?? null,
      kept?.text ?? null,
      one.id,
    );
  }

  /** Sets when the hook of a pending interaction is called again. */
  waitOn(id: string, due: number): void {
    this.#soon(due);
    this.#sql.exec(`UPDATE interactions SET due = ? WHERE id = ? AND state = 'pending'`, due, id);
  }

  setLegs(id: string, legs: readonly Leg[]): void {
    this.#sql.exec(`UPDATE interactions SET legs = ? WHERE id = ?`, JSON.stringify(legs), id);
  }

  /** Pending interactions whose time has come, because the call of their hook was lost. */
  waiting(now: number, limit: number): Interaction[] {
    const query = `SELECT ${INTERACTION} FROM interactions WHERE due IS NOT NULL AND due <= ? AND state = 'pending' ORDER BY due LIMIT ?`;
    return this.#sql.exec<InteractionRow>(query, now, limit).toArray().map(interactionOf);
  }

  /** Whether this person may be answered from this number, at most once in `everyMs`; counts the answer when so. */
  mayAnswer(party: Uint8Array, number: string, everyMs: number, now: number): boolean {
    const query = `SELECT at FROM answered WHERE party = ? AND number = ?`;
    const last = first<{ at: number }>(this.#sql, query, party, number)?.at ?? null;
    if (last !== null && now < last + everyMs) return false;
    this.#sql.exec(`INSERT OR REPLACE INTO answered VALUES(?,?,?)`, party, number, now);
    return true;
  }

  /** Whether the hook that was set at this time reads the session for the first time; stores that it does. */
  isFirstReading(session: string, setAt: number): boolean {
    const query = `INSERT INTO intercepted VALUES(?,?) ON CONFLICT(session) DO UPDATE SET set_at = excluded.set_at
      WHERE set_at <> excluded.set_at RETURNING 1 AS yes`;
    return this.#sql.exec(query, session, setAt).toArray().length === 1;
  }

  settings(): MaskingSettings {
    if (this.#settings !== null) return this.#settings;
    const row = first<{ value: string; sealed: ArrayBuffer | null }>(
      this.#sql,
      `SELECT value, sealed FROM masking WHERE name = 'settings'`,
    );
    const stored = row === null ? null : (JSON.parse(row.value) as MaskingSettings);
    const hook = stored?.intercept ?? null;
    const intercept =
      hook === null || row === null || row.sealed === null
        ? null
        : { ...HOOK_BEFORE, ...hook, secret: bytesOf(row.sealed) };
    this.#settings = { ...SETTINGS_DEFAULT, ...stored, intercept };
    return this.#settings;
  }

  setSettings(settings: MaskingSettings): void {
    const { intercept, ...rest } = settings;
    const { secret, ...plain } = intercept ?? { secret: null };
    this.#sql.exec(
      `INSERT OR REPLACE INTO masking VALUES('settings',?,?)`,
      JSON.stringify({ ...rest, intercept: intercept === null ? null : plain }),
      secret,
    );
    this.#settings = settings;
  }
}

/** Fields missing from settings that were stored before hooks had notices. */
const HOOK_BEFORE = { notice: null, setAt: 0 };

/** Times of answers are kept for two days; another answer is allowed after one. */
const ANSWERED_KEPT_MS = 2 * DAY_MS;
