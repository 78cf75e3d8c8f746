/** Which numbers a pool gives to several people at once, what it says when it has none, and what it counts as its own. */
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/base/clock.ts";
import { isRefused } from "../../src/base/refusal.ts";
import { closeSession } from "../../src/masking/close.ts";
import { openSession, reopenSession } from "../../src/masking/open.ts";
import { openOne, removePerson, rotateSession } from "../../src/masking/rotate.ts";
import { numbersVerbs } from "../../src/numbers/verbs.ts";
import { POOL_DEFAULTS } from "../../src/numbers/number.ts";
import { Conversations, person, SETTINGS, virtual } from "../support/rooms/conversations.ts";

const NO_LIMITS = { ttlMs: null, expiresAt: null, idleMs: null, messagesMax: null };
const [A, B, C, D] = [person(1), person(2), person(3), person(4)];
const numbersOf = (world: Conversations) => world.deps.numbers.list({}, 100);
const statesOf = (world: Conversations) => numbersOf(world).map(({ state }) => state);

describe("an exclusive pool", () => {
  it("assigns a number that none of the people has met, also if the first of them could get another", () => {
    const world = new Conversations(2, { sharing: "exclusive", coolOffDays: 30, coolOffOthersDays: 1 });
    const first = world.opened([A, B]);
    closeSession(world.deps, "key", first.session.id);
    const second = world.opened([C, D]); // the other number, as often used by now
    closeSession(world.deps, "key", second.session.id);
    world.pass(DAY_MS);
    for (const people of [
      [person(5), A],
      [person(6), C],
    ]) {
      const { people: got, session } = world.opened(people); // prettier-ignore
      expect(new Set(got.map(({ number }) => number)).size).toBe(1);
      closeSession(world.deps, "key", session.id);
    }
  });

  it("rotates to one number for all, or not at all", () => {
    const world = new Conversations(3, { sharing: "exclusive", coolOffDays: 30, coolOffOthersDays: 0 });
    const [x, y, z] = numbersOf(world);
    const retire = (id: string) => world.deps.numbers.change(id, { state: "reserved" });
    const free = (id: string) => world.deps.numbers.change(id, { state: "available" });
    for (const [open, who] of [[x!, [A, C]], [y!, [B, D]]] as const) {
      for (const { id } of [x!, y!, z!]) if (id !== open.id) retire(id);
      closeSession(world.deps, "key", world.opened(who).session.id);
      world.pass(0);
      for (const { id } of [x!, y!, z!]) free(id);
    } // prettier-ignore
    for (const { id } of [x!, y!]) retire(id);
    const { session } = world.opened([A, B]);
    for (const { id } of [x!, y!]) free(id);
    expect(rotateSession(world.deps, session, null)).toMatchObject({ refused: "numbers_exhausted" });
    expect(new Set(world.people(session.id).map(({ number }) => number))).toEqual(new Set([z!.id]));
    expect(statesOf(world).filter((state) => state === "leased")).toHaveLength(1);
  });

  it("assigns a named number to one session at a time, and only one number to a session", () => {
    const world = new Conversations(3, { sharing: "exclusive" });
    const [x, y, z] = numbersOf(world);
    const named = (people: [typeof A, string | null][]) => {
      const inputs = people.map(([to, number]) => ({ to, name: null, number, country: null, area: null }));
      return openSession(world.deps, "key", { pool: null, people: inputs, settings: SETTINGS });
    };
    const first = named([[A, null], [B, x!.id]]); // prettier-ignore
    expect(isRefused(first) ? first : new Set(first.ok.people.map(({ number }) => number))).toEqual(new Set([x!.id]));
    expect(named([[C, x!.id], [D, null]])).toMatchObject({ refused: "number_unusable" }); // prettier-ignore
    expect(named([[C, y!.id], [D, z!.id]])).toMatchObject({ refused: "number_unusable" }); // prettier-ignore
    world.deps.numbers.change(z!.id, { state: "retired" });
    expect(named([[C, z!.id], [D, z!.id]])).toMatchObject({ refused: "number_unusable" }); // prettier-ignore
    expect(named([[C, "num_nobody"], [D, null]])).toMatchObject({ refused: "number_unusable" }); // prettier-ignore
    expect(isRefused(named([[C, y!.id], [D, y!.id]]))).toBe(false); // prettier-ignore
  });

  it("does not lend a number again that was retired while its session was open or over", () => {
    for (const when of ["open", "over"]) {
      const world = new Conversations(1, { sharing: "exclusive" });
      const { session } = world.opened([A, B]);
      const [number] = numbersOf(world);
      if (when === "open") world.deps.numbers.change(number!.id, { state: "retired" });
      closeSession(world.deps, "key", session.id);
      if (when === "over") world.deps.numbers.change(number!.id, { state: "retired" });
      expect(isRefused(reopenSession(world.deps, { type: "key", id: "key" }, session.id, NO_LIMITS))).toBe(false);
      expect(statesOf(world)).toEqual(["retired"]);
      closeSession(world.deps, "key", session.id);
      world.pass(60 * DAY_MS);
      expect(statesOf(world)).toEqual(["retired"]);
    }
  });

  it("says when a number becomes free for these people, not for others", () => {
    const world = new Conversations(1, { sharing: "exclusive", coolOffDays: 30, coolOffOthersDays: 7 });
    closeSession(world.deps, "key", world.opened([A, B]).session.id);
    const at = (days: number) => new Date(world.now + days * DAY_MS).toISOString();
    expect(world.open([C, A])).toMatchObject({ detail: expect.stringContaining(at(30)) });
    expect(world.open([C, D])).toMatchObject({ detail: expect.stringContaining(at(7)) });
    world.pass(8 * DAY_MS);
    expect(world.open([C, A])).toMatchObject({ detail: expect.stringContaining(at(22)) });
  });
});

describe("a shared pool", () => {
  it("rotates each person to another number where there are enough", () => {
    const world = new Conversations(4);
    const { session } = world.opened([A, B]);
    expect(isRefused(rotateSession(world.deps, session, null))).toBe(false);
    expect(new Set(world.people(session.id).map(({ number }) => number)).size).toBe(2);
  });

  it("never names a time that has passed", () => {
    const world = new Conversations(1, { coolOffDays: 1 });
    closeSession(world.deps, "key", world.opened([A, B]).session.id);
    world.pass(2 * DAY_MS);
    world.deps.numbers.change(numbersOf(world)[0]!.id, { state: "retired" });
    expect(world.open([A, C])).toMatchObject({ detail: expect.stringContaining("None comes free by itself") });
  });

  it("is not low, and borrows nothing, because a person is in sessions of another pool", () => {
    const world = new Conversations(2, { lowWater: 1, lease: { below: 1, block: 5, country: null } });
    const { deps } = world;
    const other = deps.ids.make("pol", world.now);
    deps.numbers.addPool({ ...POOL_DEFAULTS, id: other, name: "Other", createdAt: world.now });
    for (let nth = 10; nth < 15; nth += 1) {
      const { e164, country, kind } = virtual(nth);
      const id = deps.ids.make("num", world.now);
      deps.numbers.add(id, { e164, country, kind, account: "car", capabilities: ["sms"], price: null, tags: [] }, other, world.now); // prettier-ignore
    }
    const inputs = [A, B].map((to) => ({ to, name: null, number: null, country: null, area: null }));
    const open = (pool: string) => openSession(deps, "key", { pool, people: inputs, settings: SETTINGS });
    for (let nth = 0; nth < 5; nth += 1) expect(isRefused(open(other))).toBe(false);
    expect(isRefused(open(world.pool))).toBe(false);
    expect(world.events.map(({ type }) => type)).not.toContain("number.low");
    expect(deps.numbers.lending.takeShort()).toEqual([]);
    const [pool] = deps.numbers.pools().filter(({ id }) => id === world.pool);
    expect(deps.numbers.lending.spare(pool!, 2, world.now)).toBe(1);
    expect(isRefused(open(world.pool))).toBe(false); // now it is
    expect(world.events.map(({ type }) => type)).toContain("number.low");
    expect(deps.numbers.lending.takeShort()).toEqual([world.pool]);
  });

  it("assigns no number of another country than asked for, not even the person's former number", () => {
    const world = new Conversations(2, { selection: "sticky", coolOffDays: 0 });
    const { session } = world.opened([A, B]);
    closeSession(world.deps, "key", session.id);
    const inputs = [A, B].map((to) => ({ to, name: null, number: null, country: "FR", area: null }));
    const opened = openSession(world.deps, "key", { pool: null, people: inputs, settings: SETTINGS });
    expect(opened).toMatchObject({ refused: "numbers_exhausted" });
  });
});

it("a session whose rotation finds no number still ends at its time", () => {
  const world = new Conversations(2);
  const rotation = { everyMs: MINUTE_MS, everyMessages: null, overlapMs: 0 };
  const { session } = world.opened([A, B], { ttlMs: 10 * MINUTE_MS, rotation });
  world.opened([A, C]); // now A meets every number there is
  world.pass(MINUTE_MS);
  expect(world.deps.ledger.nextDue("sessions", 0)).toBe(world.now + 9 * MINUTE_MS);
  world.pass(9 * MINUTE_MS);
  expect(world.deps.ledger.session(session.id)).toMatchObject({ state: "expired", reason: "ttl" });
});

it("a session past its end is ended for its tenant's requests too, before the alarm runs", () => {
  const world = new Conversations(3);
  const { session, people } = world.opened([A, B, C], { ttlMs: HOUR_MS });
  world.now += HOUR_MS;
  expect(openOne(world.deps, session.id)).toMatchObject({ refused: "session_ended" });
  expect(removePerson(world.deps, "key", session.id, people[0]!.id)).toMatchObject({ refused: "session_ended" });
  expect(world.deps.ledger.session(session.id)).toMatchObject({ state: "expired", reason: "ttl" });
});

describe("an exclusive pool accepts", () => {
  const setting = () => {
    const world = new Conversations(3);
    const { deps } = world;
    const { session, people } = world.opened([A, B]);
    const newId = (prefix: "num" | "pol") => deps.ids.make(prefix, world.now);
    const verbs = numbersVerbs({
      numbers: deps.numbers,
      now: deps.now,
      newId,
      isLasting: () => false,
      record: () => undefined,
    });
    const who = { id: "key" };
    const settings = { sharing: "exclusive" } as const;
    const made = verbs["pools.create"].run(who, { name: "Own", settings, numbers: [] });
    const other = verbs["pools.create"].run(who, { name: "Shared", settings: {}, numbers: [] });
    if (isRefused(other)) throw new Error(other.refused);
    if (isRefused(made)) throw new Error(made.refused);
    const create = (id: string) => verbs["pools.create"].run(who, { name: `Own ${id}`, settings, numbers: [id] });
    const fill = (id: string) => verbs["pools.fill"].run(who, { id: made.ok.id, numbers: [id] });
    const move = (id: string, pool = made.ok.id) => verbs["numbers.change"].run(who, { id, pool });
    const idle = numbersOf(world).find(({ id }) => people.every(({ number }) => number !== id))!.id;
    return { world, session, taken: people[0]!.number, idle, create, fill, move, own: made.ok.id, shared: other.ok.id };
  };

  it("no number that people have in a session of a shared one: neither moved, nor filled in, nor with a new pool", () => {
    const { world, session, taken, idle, create, fill, move } = setting();
    expect(move(taken)).toMatchObject({ refused: "state_conflict" });
    for (const act of [fill, create])
      expect(act(taken)).toMatchObject({ refused: "invalid_field", errors: [{ field: "numbers/0" }] });
    expect(world.deps.numbers.get(taken)?.pool).toBe(world.pool);
    closeSession(world.deps, "key", session.id); // it can still be opened again
    world.pass(30 * DAY_MS - 1);
    expect(move(taken)).toMatchObject({ refused: "state_conflict" });
    world.pass(1);
    expect([isRefused(move(taken)), isRefused(fill(idle))]).toEqual([false, false]);
  });

  it("any other number: one of a shared pool, or one that is in the pool already", () => {
    const { world, taken, idle, fill, move, own, shared } = setting();
    expect(isRefused(move(taken, shared))).toBe(false);
    expect([isRefused(fill(idle)), isRefused(fill(idle))]).toEqual([false, false]);
    const inputs = [C, D].map((to) => ({ to, name: null, number: null, country: null, area: null }));
    const opened = openSession(world.deps, "key", { pool: own, people: inputs, settings: SETTINGS });
    if (isRefused(opened)) throw new Error(opened.refused);
    closeSession(world.deps, "key", opened.ok.session.id);
    world.pass(8 * DAY_MS); // free again, though not for these two
    expect([isRefused(fill(idle)), isRefused(move(idle))]).toEqual([false, false]);
  });
});
