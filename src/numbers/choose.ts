/**
 * Chooses the virtual number for each person of a session. Reads only: all are chosen before anything is written, so a
 * refusal leaves nothing half-done and no two people get conflicting numbers.
 */
import { isoOf } from "../base/clock.ts";
import { refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { NumbersLedger } from "./ledger.ts";
import { isHeld, type Pool, type VirtualNumber } from "./number.ts";

/** A person who needs a number. */
export type Seeker = {
  party: Uint8Array;
  /** A number that the request names; a reserved number is assigned only by name. */
  named: string | null;
  country: string | null;
  area: string | null;
};

/** The session that people join (null for a new one), and the numbers that its people have. */
export type Into = { session: string | null; taken: readonly string[] };

/**
 * The number for each person, in order. In a shared pool each person gets a different one if there are enough. In an
 * exclusive pool all get the session's one number, which none of them may have met too recently.
 */
export function chooseAll(
  numbers: NumbersLedger,
  pool: Pool,
  { session, taken }: Into,
  seekers: readonly Seeker[],
  now: number,
): Outcome<VirtualNumber[]> {
  if (pool.sharing === "exclusive") return chooseTogether(numbers, pool, session, seekers, now);
  const chosen: VirtualNumber[] = [];
  for (const seeker of seekers) {
    const found = chooseOne(numbers, pool, { ...seeker, taken: [...taken, ...chosen.map(({ id }) => id)] }, now);
    if ("refused" in found) return found;
    chosen.push(found.ok);
  }
  return { ok: chosen };
}

/**
 * One new number for the people whose number is to be replaced, preferably of the former one's country; one of `taken`
 * only if there is no other.
 */
export function chooseAnother(
  numbers: NumbersLedger,
  pool: Pool,
  parties: readonly Uint8Array[],
  former: VirtualNumber,
  taken: readonly string[],
  now: number,
): Outcome<VirtualNumber> {
  for (const country of [former.country, null]) {
    for (const others of [taken, []]) {
      const found = numbers.free(pool.id, parties, { country, avoid: [former.id, ...others] }, now);
      if (found !== null) return { ok: found };
    }
  }
  return exhausted(numbers, pool, parties, now);
}

/** One number for all: the session's, one that a person names, or a free one that none of them has met. */
function chooseTogether(
  numbers: NumbersLedger,
  pool: Pool,
  session: string | null,
  seekers: readonly Seeker[],
  now: number,
): Outcome<VirtualNumber[]> {
  const parties = seekers.map(({ party }) => party);
  const held = session === null ? null : numbers.leasedTo(session, pool.id);
  const named = seekers.find((seeker) => seeker.named !== null)?.named ?? null;
  const one = held ?? (named === null ? freeForAll(numbers, pool, seekers, now) : numbers.get(named));
  if (one === null) return named === null ? exhausted(numbers, pool, parties, now) : refuse("number_unusable");
  for (const seeker of seekers) {
    if (seeker.named !== null) {
      const found = seeker.named === one.id ? chooseNamed(numbers, pool, seeker, held, seeker.named, now) : OTHER;
      if ("refused" in found) return found;
    } else if (!isFreeFor(numbers, seeker.party, one, now)) return refuse("numbers_exhausted", { detail: MET_IT });
  }
  return { ok: seekers.map(() => one) };
}

const OTHER = refuse("number_unusable", { detail: "The people of a session share one number in this pool." });
const MET_IT = "One of these people met the session's number too recently. Open another session for them.";

function freeForAll(numbers: NumbersLedger, pool: Pool, seekers: readonly Seeker[], now: number): VirtualNumber | null {
  const countries = new Set(seekers.flatMap(({ country }) => country ?? []));
  const area = seekers.reduce(
    (longest, one) => ((one.area ?? "").length > longest.length ? (one.area ?? "") : longest),
    "",
  );
  if (countries.size > 1 || seekers.some((one) => !area.startsWith(one.area ?? ""))) return null; // no number has two countries or areas
  const wish = { country: [...countries][0] ?? null, area: area === "" ? null : area };
  const parties = seekers.map(({ party }) => party);
  const habits = pool.selection === "least_used" ? [] : parties.flatMap((party) => numbers.habit(party, pool.id) ?? []);
  if (pool.selection === "sticky") {
    const former = habits[0] === undefined ? null : numbers.get(habits[0]);
    const fits = former !== null && isUsual(former, pool, wish);
    if (fits && parties.every((party) => isFreeFor(numbers, party, former, now))) return former;
  }
  const avoid = pool.selection === "avoid_sticky" ? habits : [];
  return (
    numbers.free(pool.id, parties, { ...wish, avoid }, now) ??
    (avoid.length === 0 ? null : numbers.free(pool.id, parties, { ...wish, avoid: [] }, now))
  );
}

function chooseOne(
  numbers: NumbersLedger,
  pool: Pool,
  seeker: Seeker & { taken: readonly string[] },
  now: number,
): Outcome<VirtualNumber> {
  const { party, named, country, area, taken } = seeker;
  if (named !== null) return chooseNamed(numbers, pool, seeker, null, named, now);
  const last = pool.selection === "least_used" ? null : numbers.habit(party, pool.id);
  if (last !== null && pool.selection === "sticky") {
    const former = numbers.get(last);
    if (former !== null && isUsual(former, pool, seeker) && isFreeFor(numbers, party, former, now))
      return { ok: former };
  }
  const avoid = pool.selection === "avoid_sticky" && last !== null ? [...taken, last] : taken;
  const found =
    numbers.free(pool.id, [party], { country, area, avoid }, now) ??
    (avoid.length === 0 ? null : numbers.free(pool.id, [party], { country, area, avoid: [] }, now));
  return found === null ? exhausted(numbers, pool, [party], now) : { ok: found };
}

/** Whether the person's former number fits the request. */
function isUsual(former: VirtualNumber, pool: Pool, { country, area }: Pick<Seeker, "country" | "area">): boolean {
  return (
    former.pool === pool.id &&
    former.state === "available" &&
    (country === null || former.country === country) &&
    former.e164.startsWith(area ?? "")
  );
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
        detail: "This person has that number in another session, or had it too recently.",
      });
}

function isFreeFor(numbers: NumbersLedger, party: Uint8Array, number: VirtualNumber, now: number): boolean {
  const pair = numbers.pair(party, number.id);
  return pair === null || !isHeld(pair, now);
}

/** The refusal when there is no number: why, what would help, and when the next becomes free. */
function exhausted(numbers: NumbersLedger, pool: Pool, parties: readonly Uint8Array[], now: number): Refusal {
  if (pool.lease !== null) numbers.lending.noteShort(pool.id);
  const counts = numbers.countsOf(pool.id);
  const total = counts.available + counts.leased + counts.cooling;
  const at = numbers.freeAt(pool.id, parties, now);
  const why =
    pool.sharing === "exclusive"
      ? `All ${total} numbers of the pool are in a session, cooling off, or met by one of these people too recently.`
      : `This person meets each of the pool's ${total} numbers in a session, or met it too recently.`;
  const when =
    at === null ? "None comes free by itself before a session ends." : `The next comes free at ${isoOf(at)}.`;
  return refuse("numbers_exhausted", { detail: `${why} ${when} Add numbers to the pool, or end sessions.` });
}
