/**
 * Monitors one account: its circuit, its windows, the weights that follow from them, and what is reported to operators.
 * The courier asks it for permission and reports the outcomes of calls. Circuit and windows are in memory; weights are
 * stored.
 */
import { isoOf } from "../../base/clock.ts";
import { first, type Sql } from "../../storage/sql.ts";
import type { Callback, Report } from "../carrier.ts";
import { Alerts } from "./anomalies.ts";
import { Circuit, type CircuitState, type Health, type Leave } from "./circuit.ts";
import { LANES, type Lane } from "../../sms/purpose.ts";
import { HealthWindows, type Calls, type Move } from "./health.ts";
import { WEIGHT_MAX, type Weights } from "./steering.ts";

/** A change of an account, for the operators' audit. */
export type Noted = {
  account: string;
  act: "carrier.circuit" | "carrier.weight" | "carrier.alert";
  facts: Record<string, string | number>;
};

export type WatchDeps = {
  sql: Sql;
  now: () => number;
  /** Runs something later; lost, like the windows, when the object restarts. */
  later: (milliseconds: number, run: () => void) => void;
  /** Reports to the operators; what cannot be reported is still in `view`. */
  note: (noted: Noted) => Promise<void>;
  changed: (state: CircuitState) => void;
};

/** How often weights are checked while there is traffic. */
const STEER_MS = 10_000;
/** How often raised alerts are checked, also without traffic, so that they are cleared when sending stops. */
const ALERTS_MS = 60_000;
const MOVES_KEPT = 100;
/** Of outcomes of one kind that are reported together, at most this many count for the circuit. */
const OUTCOMES_MAX = 50;

/** The watch over one account. */
export class AccountWatch {
  readonly #deps: WatchDeps;
  readonly #circuit: Circuit;
  #health: HealthWindows | null = null;
  readonly #alerts = new Alerts();
  #steeredAt = 0;
  #alertsLater = false;
  #moves: (Move | { at: number; circuit: CircuitState })[] = [];

  constructor(deps: WatchDeps) {
    this.#deps = deps;
    this.#circuit = new Circuit(deps.now());
  }

  static migrate(sql: Sql): void {
    sql.exec(
      `CREATE TABLE IF NOT EXISTS weights(lane TEXT PRIMARY KEY, weight INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    );
    sql.exec(`CREATE TABLE IF NOT EXISTS network_weights(
      network TEXT NOT NULL, lane TEXT NOT NULL, weight INTEGER NOT NULL, PRIMARY KEY(network, lane)
    ) STRICT, WITHOUT ROWID`);
  }

  get circuit(): CircuitState {
    return this.#circuit.state;
  }

  /** How many of the wanted calls the circuit permits. */
  leave(wanted: number, now: number): Leave {
    return this.#circuit.leave(wanted, now);
  }

  unused(calls: number): void {
    this.#circuit.unused(calls);
  }

  /** The state that sender and tenant need; adjusts the weights when it is time. */
  state(account: string): { circuit: CircuitState; weights: Weights } {
    const now = this.#deps.now();
    if (now - this.#steeredAt >= STEER_MS) {
      this.#steer(account, now);
      this.#alert(account, now);
    }
    return { circuit: this.#circuit.state, weights: this.#windows().weights() };
  }

  report(calls: readonly Calls[], account: string): void {
    const now = this.#deps.now();
    for (const each of calls) {
      if (each.asked !== true) this.#windows().called(each, now);
      if (each.aside === true) this.#circuit.unused(each.count);
      if (each.aside === true || each.outcome === "throttled") continue;
      const health = each.outcome === "unknown" || each.accountRefused === true ? "ill" : "well";
      // An answered inquiry does not close the circuit; only a message's call does.
      if (each.asked === true && health === "well" && this.#circuit.state !== "closed")
        this.#circuit.unused(each.count);
      else for (let nth = 0; nth < Math.min(each.count, OUTCOMES_MAX); nth += 1) this.observe(health, account);
    }
  }

  /** One sign of the account's health. */
  observe(health: Health, account: string): void {
    const now = this.#deps.now();
    const changed = this.#circuit.observe(health, now);
    if (changed === null) return;
    this.#moved({ at: now, circuit: changed });
    this.#deps.changed(changed);
    this.#note({ account, act: "carrier.circuit", facts: { state: changed } });
  }

  /** Counts the time from the call to the receipt, as the callback's URL says it. */
  received({ called, now }: Callback, reports: readonly Report[]): void {
    if (called === null) return;
    for (const { state, code, network, unmapped } of reports) {
      if (state === "sent") continue;
      const afterMs = Math.max(0, now - called.at);
      const why = code === null ? {} : { code };
      const about = { lane: called.lane, afterMs, delivered: state === "delivered", ...why, ...(unmapped && { unmapped }) }; // prettier-ignore
      this.#windows().received(network === undefined ? about : { ...about, network }, now);
    }
  }

  /** For operators. */
  view(account: string) {
    this.#alert(account, this.#deps.now());
    const { state, since } = this.#circuit;
    return {
      circuit: { state, since: isoOf(since) },
      ...this.#windows().view(this.#deps.now()),
      alerts: this.#alerts.raised.map(({ since, ...alert }) => ({ ...alert, since: isoOf(since) })),
      moves: this.#moves.map(moveView),
    };
  }

  /** Adjusts the weights by the receipts; changes are stored, so that a restart keeps them. */
  #steer(account: string, now: number): void {
    this.#steeredAt = now;
    for (const move of this.#windows().steer(now)) {
      this.#moved(move);
      this.#store(move);
      const { lane, from, to, network } = move;
      const slow_per_mille = Math.round(move.slowShare * 1_000);
      const where = network === undefined ? {} : { network };
      this.#note({ account, act: "carrier.weight", facts: { lane, ...where, from, to, slow_per_mille } });
    }
  }

  #store({ lane, network, to }: Move): void {
    const { sql } = this.#deps;
    if (network === undefined) sql.exec(`INSERT OR REPLACE INTO weights(lane, weight) VALUES(?,?)`, lane, to);
    else if (to === WEIGHT_MAX) sql.exec(`DELETE FROM network_weights WHERE network = ? AND lane = ?`, network, lane);
    else sql.exec(`INSERT OR REPLACE INTO network_weights VALUES(?,?,?)`, network, lane, to);
  }

  /** Reports the begin and end of anomalies to the operators. */
  #alert(account: string, now: number): void {
    for (const lane of LANES) {
      for (const { kind, share, state, code } of this.#alerts.judge(lane, this.#windows().seen(lane, now), now)) {
        const share_per_mille = Math.round(share * 1_000);
        const most = code === undefined ? {} : { code };
        this.#note({ account, act: "carrier.alert", facts: { lane, kind, state, share_per_mille, ...most } });
      }
    }
    if (this.#alerts.raised.length === 0 || this.#alertsLater) return;
    this.#alertsLater = true;
    this.#deps.later(ALERTS_MS, () => {
      this.#alertsLater = false;
      this.#alert(account, this.#deps.now());
    });
  }

  #note(noted: Noted): void {
    void this.#deps.note(noted).catch(() => undefined);
  }

  #moved(move: Move | { at: number; circuit: CircuitState }): void {
    this.#moves = [...this.#moves, move].slice(-MOVES_KEPT);
  }

  /** Read when first needed: the object of an account that was never made has no table and is not written to. */
  #windows(): HealthWindows {
    if (this.#health !== null) return this.#health;
    const { sql, now } = this.#deps;
    const has = (table: string) => first(sql, `SELECT 1 AS yes FROM sqlite_master WHERE name = ?`, table) !== null;
    const lanes = has("weights") ? sql.exec<{ lane: string; weight: number }>(`SELECT * FROM weights`).toArray() : [];
    const networks = has("network_weights")
      ? sql.exec<{ network: string; lane: Lane; weight: number }>(`SELECT * FROM network_weights`).toArray()
      : [];
    const weights = Object.fromEntries(lanes.map(({ lane, weight }) => [lane, weight]));
    this.#health = new HealthWindows(weights, now(), networks);
    return this.#health;
  }
}

function moveView(move: Move | { at: number; circuit: CircuitState }) {
  const at = isoOf(move.at);
  if ("circuit" in move) return { at, circuit: move.circuit };
  const { lane, network, from, to, slowShare: slow_share } = move;
  return { at, lane, ...(network === undefined ? {} : { network }), from, to, slow_share };
}
