/**
 * The operator object's own key: made once, wrapped by the root key. Under it repeated answers, operators' sign-in and what their
 * identity provider calls them are sealed; each purpose has a key derived for it alone.
 */
import { randomBytes } from "../base/random.ts";
import { derive, hmac, KEY_BYTES, openText, seal } from "../base/seal.ts";
import { bytesOf, first, type Sql } from "../storage/sql.ts";
import type { Keyring } from "../vault/keyring.ts";

/** The name under which it has been kept since there were repeats alone. */
const KEY_NAME = "operator|repeat";

/** The key of one operator object. */
export class OwnKey {
  readonly #sql: Sql;
  readonly #ring: Keyring;

  constructor(sql: Sql, ring: Keyring) {
    this.#sql = sql;
    this.#ring = ring;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS operator_keys(
      name TEXT PRIMARY KEY, root INTEGER NOT NULL, sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** The key; made when it is first needed. */
  get(): Uint8Array {
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

  /** Seals a field of a record of this object. */
  seal(record: string, field: string, text: string): Uint8Array {
    return seal(derive(this.get(), PURPOSE), text, `${record}|${field}`);
  }

  /** Opens such a field; null when it is none of ours. */
  open(record: string, field: string, sealed: Uint8Array): string | null {
    return openText(derive(this.get(), PURPOSE), sealed, `${record}|${field}`);
  }

  /** The keyed name of something of this kind. */
  nameOf(kind: string, text: string): Uint8Array {
    return hmac(derive(this.get(), NAMES), `${kind}|${text}`);
  }

  /** Wraps it under the newest root key, if it opens; answers the root versions needed afterwards. */
  rewrap(): number[] {
    const [root] = this.rootsInUse();
    if (root === undefined || !this.#ring.versions.includes(root)) return this.rootsInUse();
    const wrapped = this.#ring.wrap(this.get(), KEY_NAME);
    this.#sql.exec(
      `UPDATE operator_keys SET root = ?, sealed = ? WHERE name = ?`,
      wrapped.root,
      wrapped.sealed,
      KEY_NAME,
    );
    return this.rootsInUse();
  }

  /** The root versions that it needs. */
  rootsInUse(): number[] {
    const row = first<{ root: number }>(this.#sql, `SELECT root FROM operator_keys WHERE name = ?`, KEY_NAME);
    return row === null ? [] : [row.root];
  }
}

const PURPOSE = "maskline operator fields v1";
const NAMES = "maskline operator names v1";
