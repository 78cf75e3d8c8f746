/**
 * The rooms numbers and masking over Node's SQLite, with a carrier that keeps what it was given: for properties and for thousands
 * of interleavings. Vault, ledgers and rules are the real ones; only the dispatch path's queue and the carrier's call are not there.
 */
import { DAY_MS } from "../../../src/base/clock.ts";
import { IdMaker, type Owner } from "../../../src/base/ids.ts";
import { parseNumber, type Num } from "../../../src/sms/phone.ts";
import { isRefused, refuse, type Outcome, type Reason } from "../../../src/base/refusal.ts";
import type { MaskingDeps, Leaving } from "../../../src/masking/deps.ts";
import { MaskingLedger } from "../../../src/masking/ledger.ts";
import { openSession } from "../../../src/masking/open.ts";
import { relay, type Relayed } from "../../../src/masking/relay.ts";
import type { Participant, Session, SessionSettings } from "../../../src/masking/session.ts";
import { maskingSteps } from "../../../src/masking/steps.ts";
import { releaseNumber } from "../../../src/numbers/verbs.ts";
import { NumbersLedger } from "../../../src/numbers/ledger.ts";
import { POOL_DEFAULTS, type PoolSettings } from "../../../src/numbers/number.ts";
import { VaultLedger } from "../../../src/vault/ledger.ts";
import { Naming } from "../../../src/vault/naming.ts";
import { nodeSql } from "./node-sql.ts";

export type Delivered = { to: string; from: string; text: string };

export const SETTINGS: SessionSettings = {
  ttlMs: null,
  expiresAt: null,
  idleMs: null,
  messagesMax: null,
  rotation: { everyMs: null, everyMessages: null, overlapMs: DAY_MS },
  content: { numbers: "pass", emails: "pass", links: "pass", spelled_digits: "pass" },
  keepTextDays: 0,
  tombstone: null,
};

/** The drama number of a person; virtual numbers come from another stretch. */
export const person = (nth: number): Num => numberOf(nth);
export const virtual = (nth: number): Num => numberOf(600 + nth);

function numberOf(nth: number): Num {
  const parsed = parseNumber(`+447700900${String(nth).padStart(3, "0")}`);
  if ("refused" in parsed) throw new Error("not a drama number");
  return parsed.number;
}

/** A tenant's conversations. */
export class Conversations {
  now = Date.parse("2026-11-02T09:00:00Z");
  readonly sql = nodeSql();
  readonly delivered: Delivered[] = [];
  readonly events: { type: string; resource: string }[] = [];
  readonly waiting: string[] = [];
  /** What the dispatch path refuses every text for; null: it takes them. */
  refuses: Reason | null = null;
  readonly deps: MaskingDeps;
  readonly pool: string;
  #soonest = Infinity;

  constructor(numbers: number, settings: Partial<PoolSettings> = {}) {
    const owner: Owner = { jurisdiction: "eu", code: "abcdefgh" };
    const keys = { epoch: 1, epochs: new Map([[1, new Uint8Array(32).fill(7)]]), index: new Uint8Array(32).fill(9) };
    for (const ledger of [VaultLedger, NumbersLedger, MaskingLedger]) ledger.migrate(this.sql);
    const ids = new IdMaker(owner);
    const soon = (at: number) => (this.#soonest = Math.min(this.#soonest, at));
    const vault = new VaultLedger(this.sql, owner, ids, keys);
    const stock = new NumbersLedger(this.sql, soon);
    this.deps = {
      ledger: new MaskingLedger(this.sql, soon),
      numbers: stock,
      vault,
      ids,
      now: () => this.now,
      judge: () => null,
      naming: new Naming(vault, { texts: () => null, codes: () => true }),
      isLasting: () => false,
      send: (_key, leaving) => this.#send(leaving),
      alert: (resource) => void this.events.push({ type: "alert.limit", resource }),
      emit: (type, resource) => void this.events.push({ type, resource }),
      wait: (id) => void this.waiting.push(id),
      record: () => undefined,
      tally: () => true,
      tallyDay: () => true,
      interceptPolicy: () => "allowed",
    };
    this.pool = ids.make("pol", this.now);
    stock.addPool({ ...POOL_DEFAULTS, ...settings, id: this.pool, name: "Pool", createdAt: this.now });
    for (let nth = 0; nth < numbers; nth += 1) {
      const { e164, country, kind } = virtual(nth);
      const facts = { capabilities: ["sms"] as const, price: null, tags: [], account: "car" };
      stock.add(ids.make("num", this.now), { e164, country, kind, ...facts }, this.pool, this.now);
    }
  }

  #send({ to, from, text, about }: Leaving): ReturnType<MaskingDeps["send"]> {
    if (this.refuses !== null) return refuse(this.refuses);
    const number = "token" in to ? this.deps.vault.openNumber(to.token) : to.e164;
    this.delivered.push({ to: number ?? "nobody", from: from.e164, text });
    return { ok: { id: `msg_${this.delivered.length}`, state: "queued", facts: { about } } as never };
  }

  open(
    people: readonly Num[],
    settings: Partial<SessionSettings> = {},
  ): Outcome<{ session: Session; people: Participant[] }> {
    const inputs = people.map((to) => ({ to, name: null, number: null, country: null, area: null }));
    return openSession(this.deps, "key", { pool: null, people: inputs, settings: { ...SETTINGS, ...settings } });
  }

  opened(people: readonly Num[], settings: Partial<SessionSettings> = {}): { session: Session; people: Participant[] } {
    const outcome = this.open(people, settings);
    if (isRefused(outcome)) throw new Error(outcome.refused);
    return outcome.ok;
  }

  /** A person texts a virtual number. */
  text(from: Num, proxy: string, text: string): Relayed {
    const number = this.deps.numbers.byE164(proxy);
    if (number === null) throw new Error("no such virtual number");
    return relay(this.deps, { number, who: this.deps.vault.indexOf(from.e164), from, text });
  }

  /** Time passes, and what has become due is done. */
  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const { due, rowsMax } of maskingSteps(this.deps)) for (const { run } of due(this.now, rowsMax)) run();
    for (const { read } of this.deps.numbers.releasable(this.now, 1_000)) releaseNumber(this.deps, read());
  }

  people(session: string): Participant[] {
    return this.deps.ledger.participants(session);
  }
}
