/**
 * A tenant's API keys, in its object: issue, recognise, rotate, revoke. Secrets are stored as SHA-256 (160 random bits
 * need no slow hash) and compared in constant time. A revoked key is refused from the next call on, because nothing
 * caches keys.
 */
import { isoOf } from "../base/clock.ts";
import { equalBytes, sha256, sha256Hex } from "../base/seal.ts";
import { filtered, first, type Sql } from "../storage/sql.ts";
import { matchesAllowlist } from "../net/address.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { allows, type Caller, type Credential, type Granted, type Origin, type Scope } from "./caller.ts";

type Row = {
  id: string;
  hash: string;
  name: string;
  scopes: string;
  allowlist: string;
  certificate: string | null;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  replaced_by: string | null;
};

type Known = { digest: Uint8Array; allowlist: string[]; scopes: Granted };

/** Compared with when there is no such key, so that both cases take equal time. */
const NO_DIGEST = new Uint8Array(32);

export type KeySettings = {
  name: string;
  scopes: Granted;
  ipAllowlist: string[];
  certificate: string | null;
  expiresAt: number | null;
};

/** Why a credential was refused, for the audit's counts; the caller always gets the same answer. */
export type KeyRefusal = "unknown" | "secret" | "revoked" | "expired" | "address" | "certificate";

/** A tenant needs no more; without a limit a leaked admin token could fill the object. */
export const KEYS_MAX = 100;
/** Keys on one page of a list; revoked ones are listed too. */
export const KEYS_LISTED_MAX = 1_000;

/** The API keys of one tenant. */
export class KeysLedger {
  readonly #sql: Sql;
  readonly #rows = new Map<string, Row>();
  readonly #known = new WeakMap<Row, Known>();
  /** The predecessor of each rotated key; read once, because few keys are rotated. */
  #before: Map<string, string> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS api_keys(
      id TEXT PRIMARY KEY, hash TEXT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, allowlist TEXT NOT NULL,
      certificate TEXT, created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER, replaced_by TEXT
    ) STRICT, WITHOUT ROWID`);
  }

  /** `replaced` is the predecessor of the new key; it does not count towards the limit. */
  add(id: string, secret: string, settings: KeySettings, realNow: number, replaced = ""): Outcome<KeyView> {
    const live = first<{ n: number }>(
      this.#sql,
      `SELECT count(*) AS n FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) AND id <> ?`,
      realNow,
      replaced,
    );
    if ((live?.n ?? 0) >= KEYS_MAX)
      return refuse("state_conflict", { detail: `A tenant has at most ${KEYS_MAX} live keys; revoke one first.` });
    this.#sql.exec(
      `INSERT INTO api_keys(id, hash, name, scopes, allowlist, certificate, created_at, expires_at) VALUES(?,?,?,?,?,?,?,?)`,
      id,
      sha256Hex(secret),
      settings.name,
      JSON.stringify(settings.scopes),
      JSON.stringify(settings.ipAllowlist),
      settings.certificate,
      realNow,
      settings.expiresAt,
    );
    return { ok: viewOf(this.#read(id) ?? missing()) };
  }

  /** The caller with this credential at real time, or why there is none. Compares the secret before any other check. */
  recognise(credential: Credential, origin: Origin, realNow: number): Caller | KeyRefusal {
    const row = this.#read(credential.id);
    const known = row === null ? null : this.#knownOf(row);
    const matches = equalBytes(sha256(credential.secret), known?.digest ?? NO_DIGEST);
    if (row === null || known === null) return "unknown";
    if (!matches) return "secret";
    if (row.revoked_at !== null && (row.replaced_by === null || row.revoked_at <= realNow)) return "revoked";
    if (row.expires_at !== null && row.expires_at <= realNow) return "expired";
    const { allowlist, scopes } = known;
    if (allowlist.length > 0 && (origin.ip === null || !matchesAllowlist(origin.ip, allowlist))) return "address";
    if (row.certificate !== null && row.certificate !== origin.certificate) return "certificate";
    return { id: row.id, scopes, origin, session: null };
  }

  /**
   * Replaces a key by a successor with the same settings. The old key works until `overlapUntil`, so that all clients
   * can change over. The caller makes the new secret.
   */
  rotate(id: string, newId: string, secret: string, overlapUntil: number, realNow: number): Outcome<KeyView> {
    const row = this.#read(id);
    if (row === null) return refuse("not_found");
    if (row.revoked_at !== null)
      return refuse("state_conflict", { detail: "The key is revoked or already being replaced." });
    if (row.expires_at !== null && row.expires_at <= realNow)
      return refuse("state_conflict", { detail: "The key has expired, and so would its successor. Create a new one." });
    const added = this.add(newId, secret, settingsOf(row), realNow, id);
    if ("refused" in added) return added;
    this.#sql.exec(`UPDATE api_keys SET revoked_at = ?, replaced_by = ? WHERE id = ?`, overlapUntil, newId, id);
    this.#rows.delete(id);
    this.#before?.set(newId, id);
    return added;
  }

  /** The first key in a key's chain of rotations; limits count for the whole chain. */
  lineOf(id: string): string {
    this.#before ??= new Map(
      this.#sql
        .exec<{ id: string; replaced_by: string }>(`SELECT id, replaced_by FROM api_keys WHERE replaced_by IS NOT NULL`)
        .toArray()
        .map((row) => [row.replaced_by, row.id]),
    );
    let line = id;
    for (let older = this.#before.get(line); older !== undefined; older = this.#before.get(line)) line = older;
    return line;
  }

  /** Revokes at once; repeating it changes nothing. */
  revoke(id: string, realNow: number): Outcome<KeyView> {
    const row = this.#read(id);
    if (row === null) return refuse("not_found");
    if (row.revoked_at === null || row.revoked_at > realNow) {
      this.#sql.exec(`UPDATE api_keys SET revoked_at = ? WHERE id = ?`, realNow, id);
      this.#rows.delete(id);
    }
    return { ok: viewOf(this.#read(id) ?? missing()) };
  }

  /** Revokes every live key at once; answers their ids. */
  revokeAll(realNow: number): string[] {
    const live = this.#sql
      .exec<{ id: string }>(`SELECT id FROM api_keys WHERE revoked_at IS NULL OR revoked_at > ? ORDER BY id`, realNow)
      .toArray();
    for (const { id } of live) this.revoke(id, realNow);
    return live.map(({ id }) => id);
  }

  get(id: string): Outcome<KeyView> {
    const row = this.#read(id);
    return row === null ? refuse("not_found") : { ok: viewOf(row) };
  }

  /** Keys of every state before an id, newest first. */
  list(before?: string, limit: number = KEYS_LISTED_MAX): KeyView[] {
    const { where, values } = filtered<string>([["id < ?", before]]);
    const query = `SELECT * FROM api_keys WHERE ${where} ORDER BY id DESC LIMIT ?`;
    return this.#sql
      .exec<Row>(query, ...values, limit)
      .toArray()
      .map(viewOf);
  }

  /** The parsed fields of a row that every request needs, cached. */
  #knownOf(row: Row): Known {
    let known = this.#known.get(row);
    if (known === undefined) {
      known = {
        digest: new Uint8Array(Buffer.from(row.hash, "hex")),
        allowlist: JSON.parse(row.allowlist) as string[],
        scopes: JSON.parse(row.scopes) as Granted,
      };
      this.#known.set(row, known);
    }
    return known;
  }

  #read(id: string): Row | null {
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    const row = first<Row>(this.#sql, `SELECT * FROM api_keys WHERE id = ?`, id);
    if (row !== null) this.#rows.set(id, row);
    return row;
  }
}

/** Whether the caller has the scope; the refusal names it. */
export function demand(caller: Caller, scope: Scope): Outcome<null> {
  return allows(caller.scopes, scope)
    ? { ok: null }
    : refuse("missing_scope", { detail: `This needs the scope ${scope}.` });
}

export type KeyView = ReturnType<typeof viewOf>;

function viewOf(row: Row) {
  const time = (at: number | null) => (at === null ? null : isoOf(at));
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as Granted,
    ip_allowlist: JSON.parse(row.allowlist) as string[],
    certificate_sha256: row.certificate,
    created_at: isoOf(row.created_at),
    expires_at: time(row.expires_at),
    revoked_at: time(row.revoked_at),
    replaced_by: row.replaced_by,
  };
}

function settingsOf(row: Row): KeySettings {
  return {
    name: row.name,
    scopes: JSON.parse(row.scopes) as Granted,
    ipAllowlist: JSON.parse(row.allowlist) as string[],
    certificate: row.certificate,
    expiresAt: row.expires_at,
  };
}

function missing(): never {
  throw new Error("a key that was just written is missing");
}
