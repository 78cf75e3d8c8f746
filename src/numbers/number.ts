/**
 * A virtual number and a pool of them: what they are, what a tenant sees of them. Pure. A virtual number is public and shown in
 * full; it is nobody's own.
 */
import { DAY_MS, isoOf } from "../base/clock.ts";
import { maskOf, type NumberKind } from "../sms/phone.ts";

/**
 * `available`: may be given out. `leased`: an exclusive pool's, held by one session. `cooling`: an exclusive pool's, waiting
 * until it may meet others. `reserved`: given out only by name. `retired`: never again.
 */
export const NUMBER_STATES = ["available", "leased", "cooling", "reserved", "retired"] as const;
export type NumberState = (typeof NUMBER_STATES)[number];

export const CAPABILITIES = ["sms", "mms", "voice"] as const;
export type Capability = (typeof CAPABILITIES)[number];

export type Price = { amount: number; currency: string };

/** A virtual number as it comes to a tenant. */
export type NewNumber = {
  e164: string;
  country: string;
  kind: NumberKind;
  /** The one carrier account it lives at: texts from it can leave by no other. */
  account: string;
  capabilities: readonly Capability[];
  /** By the month. */
  price: Price | null;
  tags: readonly string[];
  /** Of the operator's shared stock: it goes back when nobody needs it. */
  lent?: true;
};

export type VirtualNumber = NewNumber & {
  id: string;
  pool: string | null;
  state: NumberState;
  /** How often it was given to a person: the least used is given next. */
  uses: number;
  /** The session that has it, in an exclusive pool, also while it cools. */
  session: string | null;
  until: number | null;
  createdAt: number;
};

export const SHARINGS = ["shared", "exclusive"] as const;
export const SELECTIONS = ["least_used", "sticky", "avoid_sticky"] as const;

/** How a pool gives out its numbers. */
export type PoolSettings = {
  /** `shared`: one number serves many people at once, each pair of person and number once. `exclusive`: one session at a time. */
  sharing: (typeof SHARINGS)[number];
  /** `sticky`: the number a person had before, where it is free for them. `avoid_sticky`: another one, where there is one. */
  selection: (typeof SELECTIONS)[number];
  /** Days before the same person may meet a number again in another session. */
  coolOffDays: number;
  /** Days before an exclusive number may meet anybody else. */
  coolOffOthersDays: number;
  /** With fewer free numbers than this the tenant is told. */
  lowWater: number;
  /** With fewer free numbers than `below` the pool borrows `block` more of the operator's shared stock; null: never. */
  lease: { below: number; block: number; country: string | null } | null;
};

export type Pool = PoolSettings & { id: string; name: string; createdAt: number };

/** Complaints and late texts come for weeks: a month for those who met, a week for strangers. */
export const POOL_DEFAULTS: PoolSettings = {
  sharing: "shared",
  selection: "least_used",
  coolOffDays: 30,
  coolOffOthersDays: 7,
  lowWater: 0,
  lease: null,
};

/** A person and a number that met: unique while open and through the cool-off. */
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

/** Whether the pair still keeps its number from that person. */
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
