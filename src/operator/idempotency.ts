/**
 * Idempotency keys for operators. A repeated request is answered 409 while the first still runs (operators' acts await
 * other objects), and with the first answer after that. Keys, bodies and answers are kept like a tenant's, keyed and
 * sealed, under this object's own key (own-key.ts).
 */
import { IdempotencyLedger, type Repeatable } from "../access/idempotency.ts";
import { isRefused, REASONS, refuse, type Outcome } from "../base/refusal.ts";
import { pack, unpack } from "../base/packed.ts";
import { equalBytes, hmac, open, seal } from "../base/seal.ts";
import type { Sql } from "../storage/sql.ts";
import { OwnKey } from "./own-key.ts";

/** Answer fields that are shown once. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(["secret"]);

/** The repeated requests of one operator object. */
export class OperatorRepeats {
  readonly #own: OwnKey;
  readonly #kept: IdempotencyLedger;
  readonly #running = new Set<string>();

  constructor(sql: Sql, own: OwnKey) {
    this.#own = own;
    this.#kept = new IdempotencyLedger(sql);
  }

  static migrate(sql: Sql): void {
    IdempotencyLedger.migrate(sql);
    OwnKey.migrate(sql);
  }

  /** Runs the act, or repeats its first answer. */
  async run<T>(repeat: Repeatable | null, now: number, act: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    if (repeat === null) return act();
    const key = this.#own.get();
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

  /** Deletes answers that are older than their retention. */
  purge(now: number): number {
    return this.#kept.purge(now, 10_000);
  }
}

function withoutSecrets(outcome: Outcome<unknown>): Outcome<unknown> {
  if (isRefused(outcome) || typeof outcome.ok !== "object" || outcome.ok === null) return outcome;
  return { ok: Object.fromEntries(Object.entries(outcome.ok).filter(([name]) => !SECRET_FIELDS.has(name))) };
}
