/**
 * A tenant's verbs for its virtual numbers and pools. The operator provides numbers; pools are the tenant's own.
 */
import { byCaller, byRule, type Recorder } from "../contract/record.ts";
import type { Outcome } from "../base/refusal.ts";
import { refuse } from "../base/refusal.ts";
import { readPage, wholeList, type Page } from "../contract/list.ts";
import { verb } from "../contract/verb.ts";
import { forecast, type Forecast } from "./plan.ts";
import type { NumberFilter, NumbersLedger } from "./ledger.ts";
import {
  numberView,
  POOL_DEFAULTS,
  poolView,
  type NewNumber,
  type NumberView,
  type Pool,
  type PoolSettings,
  type PoolView,
  type VirtualNumber,
} from "./number.ts";

export type NumbersDeps = {
  numbers: NumbersLedger;
  now: () => number;
  newId: (prefix: "num" | "pol") => string;
  /** Whether the number is a relay address's, which uses it alone. */
  isLasting: (number: string) => boolean;
  record: Recorder;
};

type NumberChange = { id: string; pool?: string | null; reserved?: boolean; retired?: true; tags?: string[] };

/** A tenant needs few pools: a pool is a policy for assigning numbers, not a label. */
const POOLS_MAX = 100;

const HELD =
  "An exclusive pool's number serves one session, but people of other sessions have this number, or had it too recently.";
const LASTING = "The number is a relay address's. Delete that relay address first.";

/** The verbs of numbers and pools. */
export function numbersVerbs(deps: NumbersDeps) {
  return { ...numberVerbs(deps), ...poolVerbs(deps), ...planVerbs(deps) };
}

function numberVerbs(deps: NumbersDeps) {
  const { numbers } = deps;
  return {
    "numbers.list": verb("numbers:read", (_who, input: NumberFilter & { limit: number }): Outcome<Page<NumberView>> => {
      const { limit, ...filter } = input;
      return { ok: readPage(limit, (rows) => numbers.list(filter, rows), numberView) };
    }),

    "numbers.get": verb("numbers:read", (_who, input: { id: string }): Outcome<NumberView> => {
      const number = numbers.get(input.id);
      return number === null ? refuse("not_found") : { ok: numberView(number) };
    }),

    /** Moves a number to another pool, reserves, retires or tags it; never while an exclusive session holds it. */
    "numbers.change": verb("numbers:manage", (who, input: NumberChange): Outcome<NumberView> => {
      const { id, pool, reserved, retired, tags } = input;
      const number = numbers.get(id);
      if (number === null) return refuse("not_found");
      const into = typeof pool === "string" ? numbers.pool(pool) : null;
      if (typeof pool === "string" && into === null) return refuse("pool_unknown");
      const moves = pool !== undefined || reserved !== undefined;
      const busy = number.state === "leased" || number.state === "cooling";
      if (number.state === "retired" || (busy && moves))
        return refuse("state_conflict", { detail: `The number is ${number.state}.` });
      if ((moves || retired === true) && deps.isLasting(id)) return refuse("state_conflict", { detail: LASTING });
      if (into !== null && heldOutOf(deps, into, [id]) >= 0) return refuse("state_conflict", { detail: HELD });
      const set = reserved === undefined ? null : reserved ? ("reserved" as const) : ("available" as const);
      const state = retired === true ? ("retired" as const) : set;
      numbers.change(id, {
        ...(pool === undefined ? {} : { pool }),
        ...(state === null ? {} : { state }),
        ...(tags === undefined ? {} : { tags }),
      });
      deps.record(byCaller(who.id), { act: "number.changed", subject: id });
      const changed = numbers.get(id);
      return changed === null ? refuse("not_found") : { ok: numberView(changed) };
    }),
  };
}

function poolVerbs(deps: NumbersDeps) {
  const { numbers, record } = deps;
  const view = (pool: Pool): PoolView => poolView(pool, numbers.countsOf(pool.id));
  return {
    "pools.create": verb(
      "numbers:manage",
      (who, input: { name: string; settings: Partial<PoolSettings>; numbers: string[] }): Outcome<PoolView> => {
        if (numbers.pools().length >= POOLS_MAX)
          return refuse("state_conflict", { detail: `A tenant has at most ${POOLS_MAX} pools.` });
        const fresh = { id: deps.newId("pol"), name: input.name, createdAt: deps.now() };
        const pool: Pool = { ...POOL_DEFAULTS, ...input.settings, ...fresh };
        const wrong = judgeMembers(deps, pool, input.numbers);
        if (wrong !== null) return wrong;
        if (!numbers.addPool(pool)) return refuse("name_taken");
        for (const id of input.numbers) numbers.change(id, { pool: pool.id });
        if (pool.lease !== null && spareOf(numbers, pool, deps.now()) < pool.lease.below)
          numbers.lending.noteShort(pool.id);
        const facts = { numbers: input.numbers.length };
        record(byCaller(who.id), { act: "pool.created", subject: pool.id, facts });
        return { ok: view(pool) };
      },
    ),

    "pools.list": verb("numbers:read", (): Outcome<Page<PoolView>> => ({
      ok: wholeList(numbers.pools().map(view)),
    })),

    "pools.get": verb("numbers:read", (_who, { id }: { id: string }): Outcome<PoolView> => {
      const pool = numbers.pool(id);
      return pool === null ? refuse("not_found") : { ok: view(pool) };
    }),

    /** New settings apply to later assignments; open sessions stay as they are. */
    "pools.change": verb(
      "numbers:manage",
      (who, input: { id: string; settings: Partial<Omit<PoolSettings, "sharing">> }): Outcome<PoolView> => {
        const pool = numbers.pool(input.id);
        if (pool === null) return refuse("not_found");
        const changed = { ...pool, ...input.settings };
        const { id, name: _name, createdAt: _createdAt, ...settings } = changed;
        numbers.changePool(id, settings);
        noteIfShort(deps, changed);
        record(byCaller(who.id), { act: "pool.changed", subject: id });
        return { ok: view(changed) };
      },
    ),

    "pools.fill": verb("numbers:manage", (who, input: { id: string; numbers: string[] }): Outcome<PoolView> => {
      const pool = numbers.pool(input.id);
      if (pool === null) return refuse("not_found");
      const wrong = judgeMembers(deps, pool, input.numbers);
      if (wrong !== null) return wrong;
      for (const id of input.numbers) numbers.change(id, { pool: pool.id });
      record(byCaller(who.id), { act: "pool.filled", subject: pool.id, facts: { numbers: input.numbers.length } });
      return { ok: view(pool) };
    }),
  };
}

function planVerbs({ numbers, now }: NumbersDeps) {
  return {
    /** How long the pool lasts at the present rate, and how large it should be. */
    "pools.plan": verb(
      "numbers:read",
      (_who, input: { id: string; sessionDays: number }): Outcome<Forecast & { numbers: number; free: number }> => {
        const pool = numbers.pool(input.id);
        if (pool === null) return refuse("not_found");
        const counts = numbers.countsOf(pool.id);
        const days = numbers.openings(pool.id);
        const total = counts.available + counts.leased + counts.cooling;
        const free = pool.sharing === "exclusive" ? counts.available : Math.max(0, total - numbers.busiestNow(pool.id));
        const planned = forecast(pool, { total, free, sessionDays: input.sessionDays }, days, now());
        return { ok: { numbers: total, free, ...planned } };
      },
    ),
  };
}

export type NumbersVerbs = ReturnType<typeof numbersVerbs>;

/** Numbers put into a pool must be the tenant's own and not in use. */
function judgeMembers(deps: NumbersDeps, pool: Pool, ids: readonly string[]): ReturnType<typeof refuse> | null {
  const { numbers, isLasting } = deps;
  const wrong = (at: number, detail: string) =>
    refuse("invalid_field", { errors: [{ field: `numbers/${at}`, code: "invalid_field", detail }] });
  const free = (id: string) => ["available", "reserved"].includes(numbers.get(id)?.state ?? "") && !isLasting(id);
  const at = ids.findIndex((id) => !free(id));
  if (at >= 0) return wrong(at, "Name one of your numbers that is available or reserved and is not a relay address's.");
  const held = heldOutOf(deps, pool, ids);
  return held < 0 ? null : wrong(held, HELD);
}

/**
 * The index of the first number that an exclusive pool cannot take, because people of other sessions have it; -1 if
 * none.
 */
function heldOutOf({ numbers, now }: NumbersDeps, pool: Pool, ids: readonly string[]): number {
  if (pool.sharing !== "exclusive") return -1;
  const joining = ids.filter((id) => numbers.get(id)?.pool !== pool.id);
  const held = numbers.held(joining, now());
  return ids.findIndex((id) => held.has(id));
}

/** Marks a pool that is short, so that it borrows at once. */
function noteIfShort({ numbers, now }: Pick<NumbersDeps, "numbers" | "now">, pool: Pool): void {
  if (pool.lease !== null && spareOf(numbers, pool, now()) < pool.lease.below) numbers.lending.noteShort(pool.id);
}

function spareOf(numbers: NumbersLedger, pool: Pool, now: number): number {
  return numbers.lending.spare(pool, numbers.countsOf(pool.id).available, now);
}

/** Adds numbers that the operator gives to the tenant or lends to a pool; existing ones stay unchanged. */
export function takeNumbers(
  deps: Pick<NumbersDeps, "numbers" | "now" | "newId">,
  given: readonly NewNumber[],
  pool: string | null = null,
): number {
  let added = 0;
  for (const number of given) {
    if (deps.numbers.add(deps.newId("num"), number, pool, deps.now())) added += 1;
  }
  return added;
}

/**
 * Gives back those of the numbers that are in no session and no cool-off; answers which are not, or no longer, the
 * tenant's.
 */
export function giveBack({ numbers, now }: Pick<NumbersDeps, "numbers" | "now">, named: readonly string[]): string[] {
  for (const { id } of numbers.lending.idle(now(), named)) numbers.lending.drop(id);
  return named.filter((e164) => numbers.byE164(e164) === null);
}

/**
 * Gives back lent numbers that are not needed: those in no pool, and those that a pool can spare beyond one more block.
 * Answers how many, and every lent number that stays.
 */
export function returnIdle({ numbers, now }: Pick<NumbersDeps, "numbers" | "now">): { gone: number; kept: string[] } {
  const spare = new Map<string | null, number>();
  for (const pool of numbers.pools()) {
    const { lease } = pool;
    spare.set(pool.id, lease === null ? Infinity : spareOf(numbers, pool, now()) - lease.below - lease.block);
  }
  let gone = 0;
  for (const { id, pool } of numbers.lending.idle(now(), null)) {
    const left = pool === null ? Infinity : (spare.get(pool) ?? Infinity);
    if (left <= 0) continue;
    spare.set(pool, left - 1);
    numbers.lending.drop(id);
    gone += 1;
  }
  return { gone, kept: numbers.lending.lent() };
}

/** Frees a number whose cool-off is over, and emits an event. */
export function releaseNumber(
  {
    numbers,
    record,
    emit,
  }: Pick<NumbersDeps, "numbers" | "record"> & {
    emit: (type: "number.released", resource: string, data: unknown) => void;
  },
  { id, state }: Pick<VirtualNumber, "id" | "state">,
): void {
  numbers.release(id);
  if (state !== "cooling") return;
  record(byRule("numbers"), { act: "number.released", subject: id });
  emit("number.released", id, { number: id });
}
