/**
 * Which number a person gets. Reads only: a session chooses for all its people before anything is written, so a refusal leaves
 * nothing half-done and nobody's choice is in another's way.
 */
import { isoOf } from "../base/clock.ts";
import { refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { NumbersLedger } from "./ledger.ts";
import { isHeld, type Pool, type VirtualNumber } from "./number.ts";

/** Somebody who needs a number. */
export type Seeker = {
  party: Uint8Array;
  /** A number that was asked for by name; a reserved one is given out only so. */
  named: string | null;
  country: string | null;
  area: string | null;
};

/** The session that people come into: null before there is one, and the numbers that its people have. */
export type Into = { session: string | null; taken: readonly string[] };

/**
 * The number for each, in order: in a shared pool another one for each where there are enough; in an exclusive pool the one
 * number that the session holds or is to hold.
 */
export function chooseAll(
  numbers: NumbersLedger,
  pool: Pool,
  { session, taken }: Into,
  seekers: readonly Seeker[],
  now: number,
): Outcome<VirtualNumber[]> {
  let shared = session === null || pool.sharing === "shared" ? null : numbers.leasedTo(session, pool.id);
  const chosen: VirtualNumber[] = [];
  for (const seeker of seekers) {
    const found = chooseOne(
      numbers,
      pool,
      { ...seeker, taken: [...taken, ...chosen.map(({ id }) => id)] },
      shared,
      now,
    );
    if ("refused" in found) return found;
    if (pool.sharing === "exclusive") shared = found.ok;
    chosen.push(found.ok);
  }
  return { ok: chosen };
}

/** Another number for a person whose number is to be replaced. */
export function chooseAnother(
  numbers: NumbersLedger,
  pool: Pool,
  party: Uint8Array,
  former: VirtualNumber,
  now: number,
): Outcome<VirtualNumber> {
  const wish = { country: former.country, avoid: [former.id] };
  const found =
    numbers.free(pool.id, party, wish, now) ?? numbers.free(pool.id, party, { ...wish, country: null }, now);
  return found === null ? exhausted(numbers, pool, party) : { ok: found };
}

function chooseOne(
  numbers: NumbersLedger,
  pool: Pool,
  seeker: Seeker & { taken: readonly string[] },
  shared: VirtualNumber | null,
  now: number,
): Outcome<VirtualNumber> {
  const { party, named, country, area, taken } = seeker;
  if (named !== null) return chooseNamed(numbers, pool, seeker, shared, named, now);
  if (shared !== null) return isFreeFor(numbers, party, shared, now) ? { ok: shared } : exhausted(numbers, pool, party);
  const last = pool.selection === "least_used" ? null : numbers.habit(party, pool.id);
  if (last !== null && pool.selection === "sticky") {
    const former = numbers.get(last);
    const fits = former !== null && former.pool === pool.id && former.state === "available" && former.e164.startsWith(area ?? ""); // prettier-ignore
    if (fits && isFreeFor(numbers, party, former, now)) return { ok: former };
  }
  const avoid = pool.selection === "avoid_sticky" && last !== null ? [...taken, last] : taken;
  const found =
    numbers.free(pool.id, party, { country, area, avoid }, now) ??
    (avoid.length === 0 ? null : numbers.free(pool.id, party, { country, area, avoid: [] }, now));
  return found === null ? exhausted(numbers, pool, party) : { ok: found };
}

function chooseNamed(
  numbers: NumbersLedger,
  pool: Pool,
  { party }: Seeker,
  shared: VirtualNumber | null,
  named: string,
  now: number,
): Outcome<VirtualNumber> {
  const number = numbers.get(named);
  const lends = pool.sharing === "shared" ? ["available", "reserved"] : ["available"];
  const usable = number !== null && number.pool === pool.id && lends.includes(number.state);
  const same = shared === null || shared.id === named;
  if (number === null || !(usable || shared?.id === named) || !same)
    return refuse("number_unusable", {
      detail: "Name a number of this pool that is available, or reserved in a shared pool.",
    });
  return isFreeFor(numbers, party, number, now)
    ? { ok: number }
    : refuse("number_unusable", {
        detail: "This person meets that number in another session, or met it too recently.",
      });
}

function isFreeFor(numbers: NumbersLedger, party: Uint8Array, number: VirtualNumber, now: number): boolean {
  const pair = numbers.pair(party, number.id);
  return pair === null || !isHeld(pair, now);
}

/** Why there is no number, what would help, and when one comes free by itself. */
function exhausted(numbers: NumbersLedger, pool: Pool, party: Uint8Array): Refusal {
  if (pool.lease !== null) numbers.lending.noteShort(pool.id);
  const counts = numbers.countsOf(pool.id);
  const total = counts.available + counts.leased + counts.cooling;
  const at = numbers.freeAt(pool.id, party);
  const why =
    pool.sharing === "exclusive"
      ? `All ${total} numbers of the pool are in a session or cooling off.`
      : `This person meets each of the pool's ${total} numbers in a session, or met it too recently.`;
  const when =
    at === null ? "None comes free by itself before a session ends." : `The next comes free at ${isoOf(at)}.`;
  return refuse("numbers_exhausted", { detail: `${why} ${when} Add numbers to the pool, or end sessions.` });
}
