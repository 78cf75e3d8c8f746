/**
 * Which texts carriers brought, so that one that is brought again is not a second one. Twilio and Infobip sign no time: whoever kept a
 * callback can bring it again as long as the secret lives that proves it. So names stay as long as that secret, and a week longer.
 * A name is 128 bits of a keyed hash of the carrier's id and nothing else is kept beside it: about 35 bytes a text. Nothing is
 * estimated: a genuine text is never taken for a repetition, short of two equal hashes (2^-75 among ten million).
 */
import { first, type Sql } from "../storage/sql.ts";

/** Whose text it is: `secret` counts how often the account's secret for texts that come in was exchanged. */
export type Bringer = { account: string; secret: number };

/** `nth`: which of the secrets of its account, counted by exchanges. */
type Secret = { id: number; nth: number };
/** Texts from before accounts were kept apart. */
const EARLIER = 0;

/** The texts of one tenant that were seen. */
export class SeenTexts {
  readonly #sql: Sql;
  readonly #secrets = new Map<string, Secret[]>();
  #anyEarlier: boolean | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE seen_secrets(
      id INTEGER PRIMARY KEY, account TEXT NOT NULL, secret INTEGER NOT NULL, replaced_at INTEGER
    ) STRICT`);
    sql.exec(`CREATE TABLE seen_texts(
      secret INTEGER NOT NULL, name BLOB NOT NULL, PRIMARY KEY(secret, name)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`INSERT INTO seen_texts SELECT ${EARLIER}, name FROM heard`);
    sql.exec(`DROP TABLE heard`);
  }

  /** Whether the text is seen for the first time; from then on it is not. `earlier` is its name before parts had names of their own. */
  isFirst(bringer: Bringer, name: Uint8Array, earlier: Uint8Array, now: number): boolean {
    const [current, ...older] = this.#secretsOf(bringer, now);
    if (this.#hasEarlier() && this.#has(EARLIER, earlier)) return false;
    // Also where it was seen under an older secret: whoever brings it now has a proof by this one.
    const query = `INSERT INTO seen_texts VALUES(?,?) ON CONFLICT DO NOTHING RETURNING 1 AS added`;
    const added = this.#sql.exec(query, current?.id ?? EARLIER, name).toArray().length === 1;
    return added && !older.some(({ id }) => this.#has(id, name));
  }

  /** Forgets texts whose proof nobody can make any more since before a time; answers how many. */
  purge(before: number, limit: number): number {
    const over = `SELECT id FROM seen_secrets WHERE replaced_at < ?`;
    const query = `DELETE FROM seen_texts WHERE (secret, name) IN (
      SELECT secret, name FROM seen_texts WHERE secret IN (${over}) LIMIT ?) RETURNING 1 AS gone`;
    const gone = this.#sql.exec(query, before, limit).toArray().length;
    if (gone >= limit) return gone;
    this.#sql.exec(`DELETE FROM seen_secrets WHERE replaced_at < ?`, before);
    this.#secrets.clear();
    return gone;
  }

  /**
   * The secrets of an account under which texts are kept, that of this text first. A new one replaces those before it; one that was
   * replaced and proves a text all the same is in use until now.
   */
  #secretsOf({ account, secret: nth }: Bringer, now: number): Secret[] {
    let known = this.#secrets.get(account) ?? this.#read(account);
    if (known.some((one) => one.nth > nth))
      this.#sql.exec(
        `UPDATE seen_secrets SET replaced_at = max(replaced_at, ?) WHERE account = ? AND secret = ?`,
        now,
        account,
        nth,
      );
    if (!known.some((one) => one.nth === nth)) {
      const over = known.some((one) => one.nth > nth) ? now : null;
      this.#sql.exec(`INSERT INTO seen_secrets(account, secret, replaced_at) VALUES(?,?,?)`, account, nth, over);
      const query = `UPDATE seen_secrets SET replaced_at = ? WHERE account = ? AND secret < ? AND replaced_at IS NULL`;
      this.#sql.exec(query, now, account, nth);
      known = this.#read(account);
    }
    this.#secrets.set(account, known);
    return known.toSorted((a, b) => Number(b.nth === nth) - Number(a.nth === nth));
  }

  #read(account: string): Secret[] {
    return this.#sql.exec<Secret>(`SELECT id, secret AS nth FROM seen_secrets WHERE account = ?`, account).toArray();
  }

  #has(secret: number, name: Uint8Array): boolean {
    return first(this.#sql, `SELECT 1 AS yes FROM seen_texts WHERE secret = ? AND name = ?`, secret, name) !== null;
  }

  #hasEarlier(): boolean {
    this.#anyEarlier ??= first(this.#sql, `SELECT 1 AS yes FROM seen_texts WHERE secret = ${EARLIER} LIMIT 1`) !== null;
    return this.#anyEarlier;
  }
}
