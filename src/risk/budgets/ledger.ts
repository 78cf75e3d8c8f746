/**
 * The budgets of one tenant, few and kept in memory, and what is used of them: one row for each budget. Totals change with the messages
 * that carry the holds, in the same transaction, and `flush` writes them in it: so neither is ever without the other.
 */
import type { Sql } from "../../storage/sql.ts";
import { bytesOf } from "../../storage/sql.ts";
import { isAbout, reserveOf, StoredBudget, takenOf, usableBy, whyNot } from "./budget.ts";
import type { Budget, Charge, Hold, Spend, Stands } from "./budget.ts";
import { StoredTotals, Totals } from "./totals.ts";
import { lengthMs } from "./window.ts";

/** What a preview shows of a budget that a text would touch. */
export type Touched = { budget: Budget; amount: number | null; left: number; why: Stands["why"] | null };

/** What a soft level that is reached is told with. */
export type Reached = { budget: Budget; level: number; reserved: number; spent: number };

type Live = { budget: Budget; sealed: Uint8Array | null; totals: Totals; planned: { until: number; amount: number } };
type Row = { data: string; sealed: ArrayBuffer | null; totals: string };

export type BudgetsParts = {
  sql: Sql;
  now: () => number;
  lineOf: (key: string) => string;
  /** A soft level is reached for the first time in its window. */
  reached: (reached: Reached) => void;
};

/** The budgets of one tenant. */
export class BudgetsLedger {
  readonly #parts: BudgetsParts;
  #live: Map<string, Live> | null = null;
  readonly #dirty = new Set<string>();

  constructor(parts: BudgetsParts) {
    this.#parts = parts;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE budgets(
      id TEXT PRIMARY KEY, data TEXT NOT NULL, sealed BLOB, totals TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** Every budget, oldest first. */
  list(): Budget[] {
    return [...this.#open().values()].map(({ budget }) => budget);
  }

  get(id: string): Budget | null {
    return this.#open().get(id)?.budget ?? null;
  }

  /** What is used of it, and when that changes by itself. */
  usage(id: string): { reserved: number; spent: number; turnsAt: number } {
    const now = this.#parts.now();
    const totals = this.#open().get(id)?.totals;
    return { reserved: 0, spent: 0, ...totals?.used(now), turnsAt: totals?.turnsAt(now) ?? now };
  }

  /** The prefix and the sender of its scope, sealed; null where it names neither. */
  sealedScope(id: string): Uint8Array | null {
    return this.#open().get(id)?.sealed ?? null;
  }

  add(budget: Budget, sealed: Uint8Array | null): void {
    const totals = new Totals(budget.window, { buckets: [], told: {} });
    this.#parts.sql.exec(
      `INSERT INTO budgets(id, data, sealed, totals) VALUES(?,?,?,?)`,
      budget.id,
      JSON.stringify(budget),
      sealed,
      JSON.stringify(totals.toStored()),
    );
    this.#open().set(budget.id, { budget, sealed, totals, planned: NOTHING_PLANNED });
  }

  change(budget: Budget): void {
    const live = this.#open().get(budget.id);
    if (live === undefined) return;
    live.budget = budget;
    live.planned = NOTHING_PLANNED;
    this.#parts.sql.exec(`UPDATE budgets SET data = ? WHERE id = ?`, JSON.stringify(budget), budget.id);
  }

  /** What it was used for goes with it; a hold of a text that is on its way finds nothing to change. */
  remove(id: string): void {
    this.#open().delete(id);
    this.#dirty.delete(id);
    this.#parts.sql.exec(`DELETE FROM budgets WHERE id = ?`, id);
  }

  /** Every budget that it would touch, with what is left for it and why it would not fit. `later`: it leaves later. */
  touched(spend: Spend, later = false): Touched[] {
    const now = this.#parts.now();
    return this.#about(spend).map(({ budget, totals }) => {
      const { reserved, spent } = totals.used(now);
      const used = reserved + spent;
      const left = Math.max(0, usableBy(budget, spend.side) - used);
      return { budget, amount: reserveOf(budget, spend.prices), left, why: whyNot(budget, later ? 0 : used, spend) };
    });
  }

  /**
   * The budget that stands against it, or the money to hold with it: null where no budget is about it. `later`: only what no window has
   * room for stands against it.
   */
  judge(spend: Spend, later = false): { stands: Stands | null; hold: Hold | null } {
    const touched = this.touched(spend, later);
    const against = touched.find(({ why }) => why !== null);
    const on = Object.fromEntries(
      touched.flatMap(({ budget, amount }) => (amount === null ? [] : [[budget.id, amount] as const])),
    );
    const stands = against === undefined || against.why === null ? null : this.#stands(against, against.why, spend);
    return { stands, hold: Object.keys(on).length === 0 || later ? null : { at: this.#countedAt(on), on } };
  }

  /**
   * When a text may be looked at again that a budget keeps waiting, `until` at the latest: behind those that wait already, so that many
   * who wait cost a row each and not one each window. The plan is in memory only; who comes too early is given another place.
   */
  placeFor({ budget: { id }, opensAt }: Stands, spend: Spend, until: number): number {
    const live = this.#open().get(id);
    if (live === undefined || opensAt === null) return until;
    const usable = Math.max(1, usableBy(live.budget, spend.side));
    if (live.planned.until !== opensAt) live.planned = { until: opensAt, amount: 0 };
    live.planned.amount += reserveOf(live.budget, spend.prices) ?? 0;
    const behind = Math.max(0, Math.ceil(live.planned.amount / usable) - 1);
    return Math.min(until, opensAt + behind * lengthMs(live.budget.window));
  }

  /** A message moved: what is reserved and spent of each budget moves with it. Null before it was there. */
  book(before: Charge | null, after: Charge | null): void {
    const now = this.#parts.now();
    const hold = after?.hold ?? before?.hold;
    if (hold === undefined) return;
    for (const id of Object.keys(hold.on)) {
      const live = this.#open().get(id);
      if (live === undefined) continue;
      const { currency } = live.budget.limit;
      const [was, is] = [takenOf(before, id, currency), takenOf(after, id, currency)];
      if (was.reserved === is.reserved && was.spent === is.spent) continue;
      live.totals.add(hold.at, is.reserved - was.reserved, is.spent - was.spent, now);
      this.#dirty.add(id);
      this.#tell(live, now);
    }
  }

  /** Writes what was booked, a row for each budget. The host calls it at the end of every transaction. */
  flush(): void {
    for (const id of this.#dirty) {
      const totals = this.#live?.get(id)?.totals;
      if (totals === undefined) continue;
      this.#parts.sql.exec(`UPDATE budgets SET totals = ? WHERE id = ?`, JSON.stringify(totals.toStored()), id);
    }
    this.#dirty.clear();
  }

  /** Drops windows that are over, of budgets that nothing touches any more; answers of how many budgets. */
  purge(now: number, limit: number): number {
    const old = [...this.#open()].filter(([, { totals }]) => totals.isOld(now)).slice(0, limit);
    for (const [id] of old) this.#dirty.add(id);
    this.flush();
    return old.length;
  }

  /** Now, or where the clock stepped back, the newest moment that these budgets have seen. */
  #countedAt(on: Hold["on"]): number {
    const now = this.#parts.now();
    return Math.max(now, ...Object.keys(on).map((id) => this.#open().get(id)?.totals.turn(now).from ?? now));
  }

  #tell({ budget, totals }: Live, now: number): void {
    const { reserved, spent } = totals.used(now);
    if (reserved + spent === 0) return;
    for (const level of budget.softLevels) {
      if ((reserved + spent) * 100 < budget.limit.amount * level || !totals.isNews(level, now)) continue;
      this.#parts.reached({ budget, level, reserved, spent });
    }
  }

  #stands({ budget, left }: Touched, why: Stands["why"], spend: Spend): Stands {
    const now = this.#parts.now();
    const totals = this.#open().get(budget.id)?.totals;
    const amount = reserveOf(budget, spend.prices) ?? 0;
    const { reserved = 0, spent = 0 } = totals?.used(now) ?? {};
    const lacking = reserved + spent + amount - usableBy(budget, spend.side);
    const waits = why === "spent" && amount <= usableBy(budget, spend.side);
    return { budget, why, left, opensAt: waits ? (totals?.freeAt(lacking, now) ?? null) : null };
  }

  #about(spend: Spend): Live[] {
    const live = this.#open();
    if (live.size === 0) return [];
    const line = this.#parts.lineOf(spend.key);
    return [...live.values()].filter(({ budget }) => isAbout(budget, spend, line));
  }

  #open(): Map<string, Live> {
    if (this.#live === null) {
      const rows = this.#parts.sql.exec<Row>(`SELECT data, sealed, totals FROM budgets ORDER BY id`).toArray();
      this.#live = new Map(rows.map((row) => liveOf(row)).map((live) => [live.budget.id, live]));
    }
    return this.#live;
  }
}

const NOTHING_PLANNED = { until: 0, amount: 0 };

function liveOf({ data, sealed, totals }: Row): Live {
  const budget = StoredBudget.parse(JSON.parse(data));
  const stored = StoredTotals.parse(JSON.parse(totals));
  return {
    budget,
    sealed: sealed === null ? null : bytesOf(sealed),
    totals: new Totals(budget.window, stored),
    planned: NOTHING_PLANNED,
  };
}
