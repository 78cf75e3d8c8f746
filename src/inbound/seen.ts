/**
 * Names of the texts that carriers delivered, so that a repeated callback has no effect. Twilio and Infobip sign no time, so a
 * recorded callback can be replayed as long as its secret is valid: names are kept until a week after the secret was replaced.
 * A name is 128 bits of a keyed hash of the carrier's id, stored alone: about 35 bytes a text. A new text counts as a repetition only
 * if two hashes collide (2^-75 among ten million).
 */
import { first, type Sql } from "../storage/sql.ts";

/** The account that delivered a text. `secret`: how often the account's secret for inbound texts had been replaced. */
export type Bringer = { account: string; secret: number };

/** `nth`: which of its account's secrets, counted by replacements. */
type Secret = { id: number; nth: number };
/** Texts from before names were kept by account. */
const EARLIER = 0;

/** The names of one tenant's inbound texts. */
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

  /** Whether the text is new; its name is stored. `earlier`: the name it had before parts had names of their own. */
  isFirst(bringer: Bringer, name: Uint8Array, earlier: Uint8Array, now: number): boolean {
    const [current, ...older] = this.#secretsOf(bringer, now);
    if (this.#hasEarlier() && this.#has(EARLIER, earlier)) return false;
    // Stored under this secret also when an older one has it: the callback can be replayed as long as this secret is valid.
    const query = `INSERT INTO seen_texts VALUES(?,?) ON CONFLICT DO NOTHING RETURNING 1 AS added`;
    const added = this.#sql.exec(query, current?.id ?? EARLIER, name).toArray().length === 1;
    return added && !older.some(({ id }) => this.#has(id, name));
  }

  /** Drops names whose secret was replaced before a time; answers how many. */
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
   * The account's secrets under which names are stored, this text's first. A new secret marks the older ones as replaced. A replaced
   * secret that still verified this text counts as replaced now.
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
