/**
 * Idempotency keys for operators. A repeated request is answered 409 while the first still runs (operators' acts await
 * other objects), and with the first answer after that. Keys, bodies and answers are kept like a tenant's, keyed and
 * sealed, under this object's own key, which the root key wraps.
 */
import { IdempotencyLedger, type Repeatable } from "../access/idempotency.ts";
import { randomBytes } from "../base/random.ts";
import { isRefused, REASONS, refuse, type Outcome } from "../base/refusal.ts";
import { pack, unpack } from "../base/packed.ts";
import { equalBytes, hmac, KEY_BYTES, open, seal } from "../base/seal.ts";
import { bytesOf, first, type Sql } from "../storage/sql.ts";
import type { Keyring } from "../vault/keyring.ts";

/** Answer fields that are shown once. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(["secret"]);
const KEY_NAME = "operator|repeat";

/** The repeated requests of one operator object. */
export class OperatorRepeats {
  readonly #sql: Sql;
  readonly #ring: Keyring;
  readonly #kept: IdempotencyLedger;
  readonly #running = new Set<string>();

  constructor(sql: Sql, ring: Keyring) {
    this.#sql = sql;
    this.#ring = ring;
    this.#kept = new IdempotencyLedger(sql);
  }

  static migrate(sql: Sql): void {
    IdempotencyLedger.migrate(sql);
    sql.exec(`CREATE TABLE IF NOT EXISTS operator_keys(
      name TEXT PRIMARY KEY, root INTEGER NOT NULL, sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** Runs the act, or repeats its first answer. */
  async run<T>(repeat: Repeatable | null, now: number, act: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    if (repeat === null) return act();
    const key = this.#key();
    const name = hmac(key, `name|${repeat.route}|${repeat.key}`).subarray(0, 16);
    const body = hmac(key, repeat.bodyDigest);
    const record = Buffer.from(name).toString("hex");
    const kept = this.#kept.find(name, now);
    if (kept !== null) {
      if (!equalBytes(kept.body, body)) return refuse("idempotency_key_reused");
      const text = open(key, kept.answer, record);
      if (text === null) throw new Error("a kept answer does not open");
      return JSON.parse(unpack(new TextDecoder().decode(text))) as Outcome<T>; // of this very request, without what was shown once
    }
    if (this.#running.has(record)) return refuse("idempotency_in_progress", { retryAfterSeconds: 1 });
    this.#running.add(record);
    try {
      const outcome = await act();
      if (!isRefused(outcome) || REASONS[outcome.refused].status === 422) {
        this.#kept.keep(name, body, seal(key, pack(JSON.stringify(withoutSecrets(outcome))), record), now);
      }
      return outcome;
    } finally {
      this.#running.delete(record);
    }
  }

  /**
   * Wraps this object's own key under the newest root key, if it opens; answers the root versions needed afterwards.
   */
  rewrap(): number[] {
    const [root] = this.rootsInUse();
    if (root === undefined || !this.#ring.versions.includes(root)) return this.rootsInUse();
    const wrapped = this.#ring.wrap(this.#key(), KEY_NAME);
    this.#sql.exec(
      `UPDATE operator_keys SET root = ?, sealed = ? WHERE name = ?`,
      wrapped.root,
      wrapped.sealed,
      KEY_NAME,
    );
    return this.rootsInUse();
  }

  /** The root versions that this object's own key needs. */
  rootsInUse(): number[] {
    const row = first<{ root: number }>(this.#sql, `SELECT root FROM operator_keys WHERE name = ?`, KEY_NAME);
    return row === null ? [] : [row.root];
  }

  /** Deletes answers that are older than their retention. */
  purge(now: number): number {
    return this.#kept.purge(now, 10_000);
  }

  #key(): Uint8Array {
    const row = first<{ root: number; sealed: ArrayBuffer }>(
      this.#sql,
      `SELECT root, sealed FROM operator_keys WHERE name = ?`,
      KEY_NAME,
    );
    if (row !== null) {
      const key = this.#ring.unwrap({ root: row.root, sealed: bytesOf(row.sealed) }, KEY_NAME);
      if (key === null) throw new Error("the operator object's own key does not open");
      return key;
    }
    const key = randomBytes(KEY_BYTES);
    const wrapped = this.#ring.wrap(key, KEY_NAME);
    this.#sql.exec(
      `INSERT INTO operator_keys(name, root, sealed) VALUES(?,?,?)`,
      KEY_NAME,
      wrapped.root,
      wrapped.sealed,
    );
    return key;
  }
}

function withoutSecrets(outcome: Outcome<unknown>): Outcome<unknown> {
  if (isRefused(outcome) || typeof outcome.ok !== "object" || outcome.ok === null) return outcome;
  return { ok: Object.fromEntries(Object.entries(outcome.ok).filter(([name]) => !SECRET_FIELDS.has(name))) };
}
