/**
 * A tenant's services and templates, which are few and cached in memory; and the counts of named limits, stored under keyed names
 * only.
 */
import { first, type Sql } from "../../storage/sql.ts";
import type { Template } from "./choose.ts";
import type { Bucket, Service } from "./settings.ts";

export const SERVICES_MAX = 100;
export const TEMPLATES_MAX = 200;

type Kind = "service" | "template";
type Thing = { id: string; name: string };

/** The services, templates and named limits of one tenant. */
export class SettingsLedger {
  readonly #sql: Sql;
  readonly #services: SettingsTable<Service>;
  readonly #templates: SettingsTable<Template>;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#services = new SettingsTable<Service>(sql, "service");
    this.#templates = new SettingsTable<Template>(sql, "template");
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS verify_settings(
      kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY(kind, id)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS verify_limits(
      name BLOB PRIMARY KEY, used INTEGER NOT NULL, until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  get services(): SettingsTable<Service> {
    return this.#services;
  }

  get templates(): SettingsTable<Template> {
    return this.#templates;
  }

  /** How much of a bucket is used, and until when it counts; 0 after that. */
  used(name: Uint8Array, now: number): { used: number; until: number } {
    const row = first<{ used: number; until: number }>(
      this.#sql,
      `SELECT used, until FROM verify_limits WHERE name = ?`,
      name,
    );
    return row === null || row.until <= now ? { used: 0, until: 0 } : row;
  }

  /** Counts one start in a bucket; the first begins the bucket's period. */
  use(name: Uint8Array, bucket: Bucket, now: number): void {
    const { used, until } = this.used(name, now);
    this.#sql.exec(
      `INSERT OR REPLACE INTO verify_limits(name, used, until) VALUES(?,?,?)`,
      name,
      used + 1,
      until === 0 ? now + bucket.seconds * 1_000 : until,
    );
  }

  /** Drops buckets whose period is over; answers how many. */
  purge(now: number, limit: number): number {
    return this.#sql
      .exec(
        `DELETE FROM verify_limits WHERE name IN (SELECT name FROM verify_limits WHERE until <= ? LIMIT ?) RETURNING 1 AS gone`,
        now,
        limit,
      )
      .toArray().length;
  }
}

/** Things of one kind, by id; read once. */
class SettingsTable<T extends Thing> {
  readonly #sql: Sql;
  readonly #kind: Kind;
  #things: Map<string, T> | null = null;

  constructor(sql: Sql, kind: Kind) {
    this.#sql = sql;
    this.#kind = kind;
  }

  get(id: string): T | null {
    return this.#all().get(id) ?? null;
  }

  /** Newest first. */
  list(): T[] {
    return [...this.#all().values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  named(name: string): T | null {
    return this.list().find((thing) => thing.name === name) ?? null;
  }

  put(thing: T): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO verify_settings(kind, id, data) VALUES(?,?,?)`,
      this.#kind,
      thing.id,
      JSON.stringify(thing),
    );
    this.#all().set(thing.id, thing);
  }

  delete(id: string): void {
    this.#sql.exec(`DELETE FROM verify_settings WHERE kind = ? AND id = ?`, this.#kind, id);
    this.#all().delete(id);
  }

  #all(): Map<string, T> {
    this.#things ??= new Map(
      this.#sql
        .exec<{ id: string; data: string }>(`SELECT id, data FROM verify_settings WHERE kind = ?`, this.#kind)
        .toArray()
        .map(({ id, data }) => [id, JSON.parse(data) as T]),
    );
    return this.#things;
  }
}
