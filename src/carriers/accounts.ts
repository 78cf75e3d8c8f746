/**
 * The operators' list of carrier accounts, in the jurisdiction's operator object: everything but the secrets, which
 * only the account's courier has.
 */
import { z } from "zod";
import { isoOf } from "../base/clock.ts";
import { first, type Sql } from "../storage/sql.ts";
import { parseWith } from "../contract/parse.ts";
import { isRefused, refuse, type FieldError, type Outcome, type Refusal } from "../base/refusal.ts";
import { textWeaknessOf } from "../base/weak-key.ts";
import type { Carrier } from "./carrier.ts";
import { AccountConfig, type Secrets } from "./courier/courier.ts";

export type AccountRow = { config: AccountConfig; name: string; createdAt: number };

/** Fields of the configuration that a change replaces. Kind, mode and owner never change. */
const CHANGEABLE = ["perSecond", "price", "prices", "countries", "mtls", "redact", "processing"] as const;

export type NewAccount = Omit<AccountConfig, "id"> & { name: string; secrets: Secrets };
/** A change of an account. A setting given as null is removed; a secret can only be replaced. */
export type AccountChange = {
  name?: string;
  settings: Record<string, string | null>;
  secrets: Secrets;
} & Partial<Pick<AccountConfig, (typeof CHANGEABLE)[number]>>;

/** The names of the changed fields, for the audit; never a value. */
export function namesOf({ settings, secrets, ...rest }: AccountChange): string {
  return [...Object.keys(rest), ...Object.keys(settings), ...Object.keys(secrets)].toSorted().join(" ");
}

/**
 * Refuses weak secrets (by general rules and by those of the kind), settings that do not fit together, and redaction at
 * a carrier that does not support it.
 */
export function judgeAccount(
  carrier: Carrier,
  { settings, secrets, redact }: { settings: Readonly<Record<string, string>>; secrets: Secrets; redact: boolean },
): Refusal | null {
  const detail = "Carriers of this kind cannot be asked to forget a message.";
  const deaf =
    redact && carrier.redact === undefined ? { field: "redact", code: "invalid_field" as const, detail } : null;
  const wrong = carrier.weakness?.(secrets) ?? madeUp(secrets) ?? carrier.conflict?.(settings) ?? deaf;
  return wrong === null ? null : refuse("invalid_field", { errors: [wrong] });
}

/** The first secret that is plainly not random. */
function madeUp(secrets: Secrets): FieldError | null {
  for (const [field, secret] of Object.entries(secrets)) {
    const weak = textWeaknessOf(secret);
    if (weak !== null) return { field, code: "invalid_field", detail: `The secret is ${weak}. Use the carrier's own.` };
  }
  return null;
}

/** The account after a change, or the fields that its kind does not have. */
export function changedAccount(account: AccountRow, change: AccountChange, carrier: Carrier): Outcome<AccountRow> {
  const { settings, secrets } = carrier.fields;
  const { config } = account;
  const next: Record<string, string | null | undefined> = { ...config.settings, ...change.settings };
  const isGiven = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === "string";
  const given = Object.fromEntries(Object.entries(next).filter(isGiven));
  const parsed = parseWith(z.strictObject(settings), given);
  if (isRefused(parsed)) return parsed;
  const known = Object.fromEntries(Object.entries(secrets).map(([name, schema]) => [name, schema.optional()]));
  const judged = parseWith(z.strictObject(known), change.secrets);
  if (isRefused(judged)) return judged;
  const wrong = judgeAccount(carrier, { settings: given, secrets: change.secrets, redact: change.redact === true });
  if (wrong !== null) return wrong;
  const replaced = Object.fromEntries(
    CHANGEABLE.flatMap((name) => (change[name] === undefined ? [] : [[name, change[name]]])),
  );
  const changed = AccountConfig.parse({ ...config, settings: given, ...replaced });
  return { ok: { ...account, name: change.name ?? account.name, config: changed } };
}

type Row = { id: string; name: string; config: string; created_at: number };

/** The carrier accounts of one jurisdiction, without their secrets. */
export class AccountsLedger {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS accounts(
      id TEXT PRIMARY KEY, name TEXT NOT NULL, config TEXT NOT NULL, created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  put({ config, name, createdAt }: AccountRow): void {
    this.#sql.exec(
      `INSERT INTO accounts VALUES(?,?,?,?) ON CONFLICT(id) DO UPDATE SET name = excluded.name, config = excluded.config`,
      config.id,
      name,
      JSON.stringify(config),
      createdAt,
    );
  }

  get(id: string): AccountRow | null {
    const row = first<Row>(this.#sql, `SELECT * FROM accounts WHERE id = ?`, id);
    return row === null ? null : accountOf(row);
  }

  list(): AccountRow[] {
    return this.#sql.exec<Row>(`SELECT * FROM accounts ORDER BY id LIMIT 1000`).toArray().map(accountOf);
  }
}

function accountOf(row: Row): AccountRow {
  return { config: AccountConfig.parse(JSON.parse(row.config)), name: row.name, createdAt: row.created_at };
}

/** An account as operators see it; the secrets are never shown again. */
export function accountView({ config, name, createdAt }: AccountRow) {
  const { id, kind, mode, settings, perSecond, price, prices, countries, tenant, mtls, redact, processing } = config;
  return {
    id,
    name,
    kind,
    mode,
    ...settings,
    per_second: perSecond,
    price,
    prices,
    countries,
    tenant_id: tenant,
    mtls,
    redact,
    processing,
    created_at: isoOf(createdAt),
  };
}
export type AccountView = ReturnType<typeof accountView>;
