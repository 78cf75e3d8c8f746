/**
 * What a tenant knows of its carrier accounts: the operator's configuration, which is stored, and their health as
 * senders report it with each claim, which is not. The accounts with their secrets are in their couriers.
 */
import { MINUTE_MS, SECOND_MS } from "../base/clock.ts";
import type { CircuitState } from "./courier/circuit.ts";
import type { AccountFacts } from "./facts.ts";
import type { RouteAccount } from "./route.ts";
import { weightFor, WEIGHT_MAX, type Weights } from "./courier/steering.ts";
import type { Lane } from "../sms/purpose.ts";

/** An account's health, as one of its senders reports it. */
export type AccountState = { circuit: CircuitState; weights: Weights };

/**
 * A reported open circuit is ignored after this: then a message tries the account, or its closing would not be noticed.
 */
const CIRCUIT_MS = 5 * SECOND_MS;
const WEIGHT_MS = 15 * MINUTE_MS;

/** The accounts of one tenant. In memory while the object is awake; after a restart the next claim reports again. */
export class AccountBook {
  readonly #states = new Map<string, AccountState & { at: number }>();

  /** Takes a report on an account; answers its circuit if it closed, or is no longer closed, since the last report. */
  takeNews(account: string, { circuit, weights }: AccountState, now: number): CircuitState | null {
    const before = this.#states.get(account)?.circuit ?? "closed";
    this.#states.set(account, { circuit, weights, at: now });
    return (before === "closed") === (circuit === "closed") ? null : circuit;
  }

  /** The account, as routing sees it for a recipient on this network; null when the tenant does not know it. */
  of(
    account: string,
    facts: AccountFacts | undefined,
    { lane, network }: { lane: Lane; network: string | null },
    now: number,
  ): RouteAccount | null {
    if (facts === undefined) return null;
    const state = this.#states.get(account);
    const age = state === undefined ? Infinity : now - state.at;
    return {
      price: facts.price,
      prices: facts.prices ?? [],
      countries: facts.countries ?? null,
      sender: facts.sender ?? null,
      circuit: state !== undefined && age < CIRCUIT_MS ? state.circuit : "closed",
      weight: state !== undefined && age < WEIGHT_MS ? weightFor(state.weights, lane, network) : WEIGHT_MAX,
    };
  }
}
