/**
 * Virtual numbers and pools, and their views for tenants. Pure. A virtual number is public and shown in full; it is no
 * person's own number.
 */
import { DAY_MS, isoOf } from "../base/clock.ts";
import { maskOf, type NumberKind } from "../sms/phone.ts";

/**
 * `available`: may be assigned. `leased`: of an exclusive pool, held by one session. `cooling`: of an exclusive pool,
 * in cool-off before other people may get it. `reserved`: assigned only by name. `retired`: never assigned again.
 */
export const NUMBER_STATES = ["available", "leased", "cooling", "reserved", "retired"] as const;
export type NumberState = (typeof NUMBER_STATES)[number];

export const CAPABILITIES = ["sms", "mms", "voice"] as const;
export type Capability = (typeof CAPABILITIES)[number];

export type Price = { amount: number; currency: string };

/** A virtual number as it is given to a tenant. */
export type NewNumber = {
  e164: string;
  country: string;
  kind: NumberKind;
  /** The carrier account that it belongs to; texts from it can be sent only by that account. */
  account: string;
  capabilities: readonly Capability[];
  /** Per month. */
  price: Price | null;
  tags: readonly string[];
  /** From the operator's shared stock: it is returned when not needed. */
  lent?: true;
};

export type VirtualNumber = NewNumber & {
  id: string;
  pool: string | null;
  state: NumberState;
  /** How often it was assigned; the least used is assigned next. */
  uses: number;
  /** The session that holds it in an exclusive pool, also during the cool-off. */
  session: string | null;
  until: number | null;
  createdAt: number;
};

export const SHARINGS = ["shared", "exclusive"] as const;
export const SELECTIONS = ["least_used", "sticky", "avoid_sticky"] as const;

/** How a pool assigns its numbers. */
export type PoolSettings = {
  /**
   * `shared`: one number serves many people at once, but each person in one session. `exclusive`: one session at a
   * time.
   */
  sharing: (typeof SHARINGS)[number];
  /** `sticky`: the person's former number, if it is free for them. `avoid_sticky`: another one, if there is one. */
  selection: (typeof SELECTIONS)[number];
  /** Days before the same person may get the number in another session. */
  coolOffDays: number;
  /** Days before other people may get an exclusive number. */
  coolOffOthersDays: number;
  /** With fewer free numbers than this the tenant is sent an event. */
  lowWater: number;
  /** With fewer free numbers than `below` the pool borrows `block` more of the operator's shared stock; null: never. */
  lease: { below: number; block: number; country: string | null } | null;
};

export type Pool = PoolSettings & { id: string; name: string; createdAt: number };

/** Complaints and late texts arrive for weeks, so a month for the same person and a week for others. */
export const POOL_DEFAULTS: PoolSettings = {
  sharing: "shared",
  selection: "least_used",
  coolOffDays: 30,
  coolOffOthersDays: 7,
  lowWater: 0,
  lease: null,
};

/** A person and their virtual number: unique while the session is open and during the cool-off. */
export type Pair = {
  /** Keyed name of the person's number. */
  party: Uint8Array;
  number: string;
  participant: string;
  session: string;
  state: "open" | "overlap" | "cooling";
  /** The end of the overlap after a rotation, in which the old number still relays. */
  relaysUntil: number | null;
  /** The end of the cool-off; null while it has not begun. */
  until: number | null;
};

/** Whether the person cannot get the number in another session yet. */
export const isHeld = (pair: Pick<Pair, "until">, now: number): boolean => pair.until === null || pair.until > now;

/** The end of the cool-off for the same person, and for others. */
export const coolOffOf = (pool: PoolSettings, now: number): { party: number; others: number } => ({
  party: now + pool.coolOffDays * DAY_MS,
  others: now + pool.coolOffOthersDays * DAY_MS,
});

/** A virtual number as its tenant sees it. */
export function numberView(number: VirtualNumber) {
  const { id, e164, country, kind, account, capabilities, price, tags, lent, pool, state, uses, until, createdAt } =
    number;
  return {
    id,
    number: e164,
    mask: maskOf(e164),
    country,
    kind,
    account,
    capabilities: [...capabilities],
    price,
    tags: [...tags],
    lent: lent === true,
    pool,
    state,
    uses,
    cooling_until: state === "cooling" && until !== null ? isoOf(until) : null,
    created_at: isoOf(createdAt),
  };
}
export type NumberView = ReturnType<typeof numberView>;

/** A pool and how many of its numbers are in which state. */
export function poolView(pool: Pool, numbers: Record<NumberState, number>) {
  return {
    id: pool.id,
    name: pool.name,
    sharing: pool.sharing,
    selection: pool.selection,
    cool_off_days: pool.coolOffDays,
    cool_off_others_days: pool.coolOffOthersDays,
    low_water: pool.lowWater,
    lease: pool.lease,
    numbers,
    created_at: isoOf(pool.createdAt),
  };
}
export type PoolView = ReturnType<typeof poolView>;
