/** Sessions as rules over the real ledgers: how they end, come back, rotate, and what a pool does when it is empty. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/base/clock.ts";
import { isRefused } from "../../src/base/refusal.ts";
import { closeSession } from "../../src/masking/close.ts";
import { openSession, reopenSession } from "../../src/masking/open.ts";
import { addPerson, removePerson, replacePerson, rotateSession } from "../../src/masking/rotate.ts";
import type { Participant } from "../../src/masking/session.ts";
import { Conversations, person, SETTINGS } from "../support/rooms/conversations.ts";

const NO_LIMITS = { ttlMs: null, expiresAt: null, idleMs: null, messagesMax: null };
const [A, B, C] = [person(1), person(2), person(3)];
const proxies = (people: readonly Participant[]): string[] => people.map(({ proxy }) => proxy);
const stateOf = (world: Conversations, id: string) => world.deps.ledger.session(id);
const newcomer = (nth: number) => ({ to: person(nth), name: null, number: null, country: null, area: null });
const types = (world: Conversations) => world.events.map(({ type }) => type);

describe("a session ends", () => {
  it.each([
    ["its time is over", { ttlMs: HOUR_MS }, "ttl", HOUR_MS],
    ["its date has come", { expiresAt: Date.parse("2026-11-02T11:00:00Z") }, "expires_at", 2 * HOUR_MS],
    ["nobody has texted for so long", { idleMs: MINUTE_MS }, "idle", MINUTE_MS],
  ])("when %s, at that moment and not before", (_what, limits, reason, after) => {
    const world = new Conversations(2);
    const { session, people } = world.opened([A, B], limits);
    world.pass(after - 1);
    expect(stateOf(world, session.id)?.state).toBe("open");
    world.pass(1);
    expect(stateOf(world, session.id)).toMatchObject({ state: "expired", reason });
    expect(world.text(A, people[0]!.proxy, "late")).toMatchObject({ did: "tombstone", why: "session_ended" });
    expect(world.delivered.filter(({ to }) => to === B.e164)).toEqual([]);
    expect(types(world)).toEqual(["session.opened", "session.expired"]);
  });

  it("also before the alarm runs: a late text is not relayed", () => {
    const world = new Conversations(2);
    const { session, people } = world.opened([A, B], { ttlMs: HOUR_MS });
    world.now += HOUR_MS;
    expect(world.text(A, people[0]!.proxy, "late").did).toBe("tombstone");
    expect(stateOf(world, session.id)?.state).toBe("expired");
  });

  it("with the text that uses up its messages, which still arrives", () => {
    const world = new Conversations(2);
    const { session, people } = world.opened([A, B], { messagesMax: 2 });
    world.text(A, people[0]!.proxy, "one");
    world.text(B, people[1]!.proxy, "two");
    expect(stateOf(world, session.id)).toMatchObject({ state: "expired", reason: "messages", messages: 2 });
    expect(world.delivered.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  it("not by texts that reached nobody, and none of them causes a rotation", () => {
    const world = new Conversations(20);
    const rotation = { everyMs: null, everyMessages: 2, overlapMs: 0 };
    const { session, people } = world.opened([A, B], { messagesMax: 3, rotation });
    world.refuses = "rate_limited";
    for (let nth = 0; nth < 10; nth += 1) expect(world.text(A, people[0]!.proxy, `never ${nth}`).did).toBe("vetoed");
    expect(stateOf(world, session.id)).toMatchObject({ state: "open", messages: 0, sinceRotation: 0 });
    world.refuses = null;
    for (const nth of [1, 2]) expect(world.text(A, people[0]!.proxy, `text ${nth}`).did).toBe("relayed");
    expect(types(world).filter((type) => type === "session.rotated")).toHaveLength(1);
    world.text(A, proxies(world.people(session.id))[0]!, "text 3");
    expect(stateOf(world, session.id)).toMatchObject({ state: "expired", reason: "messages", messages: 3 });
  });

  it("later with every text, if only idle time ends it", () => {
    const world = new Conversations(2);
    const { session, people } = world.opened([A, B], { idleMs: HOUR_MS });
    for (let hours = 0; hours < 5; hours += 1) {
      world.pass(HOUR_MS - 1);
      expect(world.text(A, people[0]!.proxy, "still here").did).toBe("relayed");
    }
    world.pass(HOUR_MS);
    expect(stateOf(world, session.id)?.state).toBe("expired");
  });

  it("and the tombstone answers each person and number once a day, so that two machines cannot loop", () => {
    const world = new Conversations(2);
    const { session, people } = world.opened([A, B]);
    closeSession(world.deps, "key", session.id);
    for (let times = 0; times < 50; times += 1) world.text(A, people[0]!.proxy, "This conversation has ended.");
    expect(world.delivered).toEqual([{ to: A.e164, from: people[0]!.proxy, text: "This conversation has ended." }]);
    world.now += DAY_MS - 1;
    world.text(A, people[0]!.proxy, "again");
    expect(world.delivered).toHaveLength(1);
    world.now += 1;
    world.text(A, people[0]!.proxy, "again");
    expect(world.delivered).toHaveLength(2);
  });
});

describe("a session is reopened", () => {
  it("with the numbers it had, while its cool-off lasts, and not a moment longer", () => {
    const world = new Conversations(2);
    const { session, people } = world.opened([A, B]);
    closeSession(world.deps, "key", session.id);
    world.pass(30 * DAY_MS - 1);
    expect(isRefused(reopenSession(world.deps, { type: "key", id: "key" }, session.id, NO_LIMITS))).toBe(false);
    expect(proxies(world.people(session.id))).toEqual(proxies(people));
    expect(world.text(A, people[0]!.proxy, "back").did).toBe("relayed");
    closeSession(world.deps, "key", session.id);
    world.pass(30 * DAY_MS);
    expect(reopenSession(world.deps, { type: "key", id: "key" }, session.id, NO_LIMITS)).toMatchObject({
      refused: "session_gone",
    });
  });

  it("never while it is open, and not with limits that would end it at once", () => {
    const world = new Conversations(2);
    const { session, people } = world.opened([A, B], { messagesMax: 1 });
    expect(reopenSession(world.deps, { type: "key", id: "key" }, session.id, NO_LIMITS)).toMatchObject({
      refused: "state_conflict",
    });
    world.text(A, people[0]!.proxy, "the only one");
    const over = reopenSession(world.deps, { type: "key", id: "key" }, session.id, { ...NO_LIMITS, messagesMax: 1 });
    expect(over).toMatchObject({ refused: "invalid_field", errors: [{ field: "max_messages" }] });
    expect(stateOf(world, session.id)?.state).toBe("expired");
  });

  it("an exclusive number only while no other session has it", () => {
    const world = new Conversations(1, { sharing: "exclusive", coolOffDays: 30, coolOffOthersDays: 7 });
    const first = world.opened([A, B]);
    closeSession(world.deps, "key", first.session.id);
    world.pass(7 * DAY_MS);
    expect(types(world)).toContain("number.released");
    world.opened([C, person(4)]);
    expect(reopenSession(world.deps, { type: "key", id: "key" }, first.session.id, NO_LIMITS)).toMatchObject({
      refused: "session_gone",
    });
  });
});

it("an exclusive number is assigned to nobody before its cool-off is over, and then to somebody new", () => {
  const world = new Conversations(1, { sharing: "exclusive", coolOffDays: 30, coolOffOthersDays: 7 });
  const { session, people } = world.opened([A, B]);
  expect(new Set(proxies(people)).size).toBe(1);
  expect(world.open([C, person(4)])).toMatchObject({ refused: "numbers_exhausted" });
  closeSession(world.deps, "key", session.id);
  world.pass(7 * DAY_MS - 1);
  expect(world.open([C, person(4)])).toMatchObject({ refused: "numbers_exhausted" });
  world.pass(1);
  expect(world.open([A, C])).toMatchObject({ refused: "numbers_exhausted" });
  expect(isRefused(world.open([C, person(4)]))).toBe(false);
  expect(types(world).filter((type) => type.startsWith("number."))).toEqual(["number.cooling", "number.released"]);
});

describe("a rotation", () => {
  const OVERLAP = { everyMs: null, everyMessages: null, overlapMs: HOUR_MS };

  it("assigns everybody another number, and the old one still relays until the overlap is over", () => {
    const world = new Conversations(6);
    const { session, people } = world.opened([A, B], { rotation: OVERLAP });
    const [old] = proxies(people);
    expect(isRefused(rotateSession(world.deps, session, null))).toBe(false);
    const fresh = proxies(world.people(session.id));
    expect(fresh.filter((proxy) => proxies(people).includes(proxy))).toEqual([]);
    world.pass(HOUR_MS - 1);
    expect(world.text(A, old!, "to the old one").did).toBe("relayed");
    expect(world.delivered.at(-1)).toMatchObject({ to: B.e164, from: fresh[1] });
    world.pass(1);
    expect(world.text(A, old!, "too late")).toMatchObject({ did: "tombstone", why: "number_changed" });
    expect(world.text(A, fresh[0]!, "to the new one").did).toBe("relayed");
  });

  it("answers later texts to an old number that it is out of use, not that the conversation has ended", () => {
    const world = new Conversations(6);
    const { session, people } = world.opened([A, B], {
      tombstone: "It is over.",
      rotation: { ...OVERLAP, overlapMs: 0 },
    });
    const [old] = proxies(people);
    rotateSession(world.deps, session, null);
    world.text(A, old!, "hello?");
    world.text(A, old!, "hello??"); // answered once a day, as everything is
    expect(world.delivered).toEqual([{ to: A.e164, from: old, text: expect.stringContaining("no longer in use") }]);
    expect(stateOf(world, session.id)?.state).toBe("open");
    world.pass(DAY_MS);
    closeSession(world.deps, "key", session.id);
    expect(world.text(A, old!, "and now")).toMatchObject({ did: "tombstone", why: "session_ended" });
    expect(world.delivered.at(-1)?.text).toBe("It is over.");
  });

  it("happens by schedule and by messages, and is reported", () => {
    const world = new Conversations(20);
    const rotation = { everyMs: DAY_MS, everyMessages: 2, overlapMs: 0 };
    const { session, people } = world.opened([A, B], { rotation });
    world.pass(DAY_MS);
    expect(types(world)).toEqual(["session.opened", "session.rotated"]);
    const second = proxies(world.people(session.id));
    expect(second).not.toEqual(proxies(people));
    world.text(A, second[0]!, "one");
    world.text(B, second[1]!, "two");
    expect(types(world).filter((type) => type === "session.rotated")).toHaveLength(2);
    expect(world.text(A, second[0]!, "to the one that went").did).toBe("tombstone");
  });

  it("that finds no number changes nobody's number, is refused, and is tried again", () => {
    const world = new Conversations(2);
    const { session, people } = world.opened([A, B], {
      rotation: { everyMs: DAY_MS, everyMessages: null, overlapMs: 0 },
    });
    world.opened([A, C]);
    expect(rotateSession(world.deps, session, null)).toMatchObject({ refused: "numbers_exhausted" });
    expect(proxies(world.people(session.id))).toEqual(proxies(people));
    world.pass(DAY_MS);
    expect(world.text(A, people[0]!.proxy, "as before").did).toBe("relayed");
    expect(stateOf(world, session.id)?.state).toBe("open");
  });
});

describe("people", () => {
  it("who join get a number, who leave get the tombstone, and the others' numbers stay", () => {
    const world = new Conversations(8);
    const { session, people } = world.opened([A, B]);
    const [alices, bobs] = proxies(people);
    expect(isRefused(addPerson(world.deps, "key", session.id, newcomer(3)))).toBe(false);
    world.text(A, alices!, "hello both");
    expect(world.delivered.map(({ to, text }) => [to, text])).toEqual([[B.e164, "Person 1: hello both"], [C.e164, "Person 1: hello both"]]); // prettier-ignore
    expect(isRefused(removePerson(world.deps, "key", session.id, people[1]!.id))).toBe(false);
    expect(world.text(B, bobs!, "let me in")).toMatchObject({ did: "tombstone", why: "person_left" });
    expect(removePerson(world.deps, "key", session.id, people[0]!.id)).toMatchObject({ refused: "state_conflict" });
    expect(isRefused(replacePerson(world.deps, "key", session.id, people[0]!.id, newcomer(4)))).toBe(false);
    expect(world.text(A, alices!, "and me?").did).toBe("tombstone");
    expect(proxies(world.people(session.id).filter(({ state }) => state === "active"))).toHaveLength(2);
  });

  it("cannot be in a session twice, and a virtual number cannot be a person's", () => {
    const world = new Conversations(4);
    expect(world.open([A, A])).toMatchObject({ refused: "invalid_field", errors: [{ field: "participants/1/to" }] });
    const { session } = world.opened([A, B]);
    expect(addPerson(world.deps, "key", session.id, newcomer(1))).toMatchObject({ refused: "invalid_field" });
    expect(world.open([A, { ...B, e164: "+447700900600" }])).toMatchObject({ refused: "invalid_field" });
  });
});

describe("an empty pool", () => {
  it.each([
    ["shared", "meets each of the pool's 100 numbers"],
    ["exclusive", "All 100 numbers of the pool"],
  ] as const)("of %s numbers: 1,000 asked for, 100 given, 900 refused clearly, none twice (T29)", (sharing, why) => {
    const world = new Conversations(100, { sharing });
    const outcomes = Array.from({ length: 1_000 }, (_, nth) =>
      sharing === "shared"
        ? world.open([person(999 - 400), person(nth % 500)])
        : world.open([person(nth % 500), person(500 + (nth % 90))]),
    );
    const opened = outcomes.flatMap((outcome) => (isRefused(outcome) ? [] : [outcome.ok]));
    const refused = outcomes.flatMap((outcome) => (isRefused(outcome) ? [outcome] : []));
    expect([opened.length, refused.length]).toEqual([100, 900]);
    expect(new Set(opened.map(({ people }) => people[0]!.number)).size).toBe(100);
    for (const one of refused) {
      expect(one.refused).toBe("numbers_exhausted");
      expect(one.detail).toContain(why);
      expect(one.detail).toMatch(/None comes free by itself|The next comes free at 20/);
    }
    expect(world.deps.ledger.sessions({}, 2_000)).toHaveLength(100);
  });

  it("says when a number becomes free, and then one is", () => {
    const world = new Conversations(1, { coolOffDays: 2 });
    const { session } = world.opened([A, B]);
    closeSession(world.deps, "key", session.id);
    const until = new Date(world.now + 2 * DAY_MS).toISOString();
    expect(world.open([A, C])).toMatchObject({ refused: "numbers_exhausted", detail: expect.stringContaining(until) });
    world.now += 2 * DAY_MS;
    expect(isRefused(world.open([A, C]))).toBe(false);
  });
});

describe("a pool chooses", () => {
  it.each([["sticky", true], ["avoid_sticky", false]] as const)("%s: the number a person had before: %s", (selection, same) => {
    const world = new Conversations(10, { selection, coolOffDays: 1 });
    const { session, people } = world.opened([A, B]);
    closeSession(world.deps, "key", session.id);
    world.pass(DAY_MS);
    expect(proxies(world.opened([A, C]).people)[0] === people[0]!.proxy).toBe(same);
  }); // prettier-ignore

  it("a reserved number only if it is named, a retired one never", () => {
    const world = new Conversations(2);
    const [first, second] = world.deps.numbers.list({}, 2);
    world.deps.numbers.change(first!.id, { state: "reserved" });
    world.deps.numbers.change(second!.id, { state: "retired" });
    expect(world.open([A, B])).toMatchObject({ refused: "numbers_exhausted" });
  });
});

it("over any openings, endings and waits, a person and a number are in one open session at most, and apart through the cool-off", () => {
  const act = fc.oneof(
    fc.record({ do: fc.constant("open" as const), who: fc.tuple(fc.nat(6), fc.nat(6)) }),
    fc.record({ do: fc.constant("close" as const), nth: fc.nat(20) }),
    fc.record({ do: fc.constant("wait" as const), days: fc.nat(12) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (acts, many) => {
      const world = new Conversations(many, { coolOffDays: 10 });
      const sessions: string[] = [];
      const free = new Map<string, number>(); // when a pair may meet again
      for (const one of acts) {
        if (one.do === "wait") world.pass(one.days * DAY_MS);
        else if (one.do === "close") {
          const id = sessions[one.nth % Math.max(1, sessions.length)];
          if (id === undefined || isRefused(closeSession(world.deps, "key", id))) continue;
          for (const each of world.people(id)) free.set(`${each.token} ${each.number}`, world.now + 10 * DAY_MS);
        } else if (one.who[0] !== one.who[1]) {
          const outcome = world.open(one.who.map((nth) => person(nth)));
          if (isRefused(outcome)) continue;
          sessions.push(outcome.ok.session.id);
          for (const each of outcome.ok.people) {
            expect(free.get(`${each.token} ${each.number}`) ?? 0).toBeLessThanOrEqual(world.now);
            free.set(`${each.token} ${each.number}`, Infinity);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});

it("a person who asks for an area gets a number with that prefix, in its country, or none", () => {
  const world = new Conversations(12); // +447700900600 to 611
  const from = (area: string | null, nth: number) => ({
    to: person(nth),
    name: null,
    number: null,
    country: "GB",
    area,
  });
  const open = (area: string, nth: number) =>
    openSession(world.deps, "key", { pool: null, people: [from(area, nth), from(null, nth + 1)], settings: SETTINGS });
  for (let nth = 0; nth < 20; nth += 2) {
    const outcome = open("+44770090061", nth);
    if (isRefused(outcome)) throw new Error(outcome.refused);
    expect(outcome.ok.people[0]?.proxy).toMatch(/^\+44770090061\d$/);
  }
  expect(open("+44113", 40)).toMatchObject({ refused: "numbers_exhausted" });
  const [first, second] = [open("+44770090061", 50), open("+44770090061", 50)];
  expect(isRefused(first) || isRefused(second)).toBe(false);
  expect(open("+44770090061", 50)).toMatchObject({ refused: "numbers_exhausted" }); // both of the area are with this person
  expect(world.deps.ledger.sessions({}, 100)).toHaveLength(12);
});
