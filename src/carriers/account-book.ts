/**
 * What a tenant knows of the carrier accounts: what the operator configured, which is stored, and how they are, as their
 * senders told with the last claim, which is not. The accounts themselves, with their secrets, live in their couriers.
 */
import { MINUTE_MS, SECOND_MS } from "../base/clock.ts";
import type { CircuitState } from "./courier/circuit.ts";
import type { AccountFacts } from "./facts.ts";
import type { RouteAccount } from "./route.ts";
import { weightFor, WEIGHT_MAX, type Weights } from "./courier/steering.ts";
import type { Lane } from "../sms/purpose.ts";

/** How an account is, as one of its senders tells. */
export type AccountState = { circuit: CircuitState; weights: Weights };

/** An open circuit is believed in for so long: then a message must try, or nobody would see it close. */
const CIRCUIT_MS = 5 * SECOND_MS;
const WEIGHT_MS = 15 * MINUTE_MS;

/** The accounts of one tenant. Lives as long as the object is awake; what it forgets, the next claim tells again. */
export class AccountBook {
  readonly #states = new Map<string, AccountState & { at: number }>();

  /** Takes the news of an account; answers its circuit when it closed, or is no longer closed, since the tenant last heard. */
  takeNews(account: string, { circuit, weights }: AccountState, now: number): CircuitState | null {
    const before = this.#states.get(account)?.circuit ?? "closed";
    this.#states.set(account, { circuit, weights, at: now });
    return (before === "closed") === (circuit === "closed") ? null : circuit;
  }

  /** The account as a route to somebody on this network looks at it; null where the tenant knows no such account. */
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
