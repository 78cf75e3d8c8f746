// T28: thousands of interleaved texts over few shared numbers. The model is a list of who talks to whom over which number; the
// service may deliver exactly what the model says, and nothing to anybody else.
import { expect, test } from "vitest";
import { DAY_MS } from "../../src/base/clock.ts";
import type { Num } from "../../src/sms/phone.ts";
import { isRefused } from "../../src/base/refusal.ts";
import { closeSession } from "../../src/masking/close.ts";
import { addPerson, removePerson, replacePerson, rotateSession } from "../../src/masking/rotate.ts";
import { chance, sized, type Chance } from "../support/run/seed.ts";
import { Conversations, person } from "../support/rooms/conversations.ts";

const PEOPLE = 24;
const OVERLAP_MS = 3_600_000;

type Met = { who: string; number: string; session: string; until: number };

/** Plays `steps` random steps; answers what was delivered to whom, checked against the model at every one. */
function play(random: Chance, steps: number, numbers: number, sharing: "shared" | "exclusive") {
  const world = new Conversations(numbers, { sharing, coolOffDays: 30, coolOffOthersDays: 7 });
  const counts = { relayed: 0, tombstones: 0, strangers: 0, opened: 0, refused: 0, rotated: 0 };
  const sessions: string[] = [];
  const active = (id: string) => world.people(id).filter(({ state }) => state === "active");
  const opened = new Map<string, string>();
  const numberOf = (token: string): string => {
    const known = opened.get(token) ?? world.deps.vault.openNumber(token) ?? "";
    opened.set(token, known);
    return known;
  };
  const live = (id: string) => world.deps.ledger.session(id)?.state === "open";

  /** Every stretch in which a number was in a person's hands, cool-off included: by session, and by person and number. */
  const bySession = new Map<string, Met[]>();
  const byPair = new Map<string, Met[]>();
  const byNumber = new Map<string, Met[]>();
  const put = (map: Map<string, Met[]>, name: string, one: Met) => map.set(name, [...(map.get(name) ?? []), one]);
  const kept = (who: string, number: string) =>
    (byPair.get(`${who} ${number}`) ?? []).filter((each) => world.now < each.until);

  /** Writes down who has which number now, and for how long those are kept from each other whose hands it has left. */
  const note = (session: string) => {
    if (!live(session)) {
      for (const each of bySession.get(session) ?? [])
        if (each.until === Infinity) each.until = world.now + 30 * DAY_MS;
      return;
    }
    const now = new Map(active(session).map((one) => [numberOf(one.token), one.proxy]));
    for (const each of bySession.get(session) ?? []) {
      if (each.until !== Infinity || now.get(each.who) === each.number) continue;
      each.until = world.now + 30 * DAY_MS + (now.has(each.who) ? OVERLAP_MS : 0);
    }
    for (const [who, number] of now) {
      const before = kept(who, number);
      if (before.some((each) => each.session === session)) continue;
      expect(before, "a number in its cool-off met the same person in another session").toEqual([]);
      const others = (byNumber.get(number) ?? []).filter(
        (each) => each.session !== session && world.now < each.until - 23 * DAY_MS,
      );
      if (sharing === "exclusive") expect(others, "an exclusive number met others in its cool-off").toEqual([]);
      const one = { who, number, session, until: Infinity };
      put(bySession, session, one);
      put(byPair, `${who} ${number}`, one);
      put(byNumber, number, one);
    }
  };

  const say = (step: number, from: Num, proxy: string) => {
    const before = world.delivered.length;
    const text = `words ${step}`;
    const fate = world.text(from, proxy, text);
    const out = world.delivered.slice(before);
    const mine = kept(from.e164, proxy);
    if (fate.did === "stranger") {
      counts.strangers += 1;
      expect(out, "a stranger's text reaches nobody").toEqual([]);
      return;
    }
    const session = fate.session;
    note(session); // a rotation by messages comes with the text
    expect(
      mine.some((each) => each.session === session),
      "a text belongs to the session its pair is in",
    ).toBe(true);
    if (fate.did === "tombstone") {
      counts.tombstones += 1;
      expect(out.every(({ to, from: sender }) => to === from.e164 && sender === proxy)).toBe(true);
      expect(out.length).toBeLessThanOrEqual(1);
      return;
    }
    counts.relayed += 1;
    const words = out.filter((each) => each.text.endsWith(text));
    expect(words.length).toBeGreaterThan(0);
    for (const each of words) {
      expect(each.to).not.toBe(from.e164);
      const theirs = (bySession.get(session) ?? []).filter(({ who }) => who === each.to);
      expect(
        theirs.map(({ number }) => number),
        "from a number they know the session by",
      ).toContain(each.from);
      expect(world.delivered.at(-1)?.text).not.toContain("+44");
    }
  };

  const open = () => {
    const first = random.between(0, PEOPLE - 1);
    const second = (first + random.between(1, PEOPLE - 1)) % PEOPLE;
    const outcome = world.open([person(first), person(second)], {
      rotation: { everyMs: null, everyMessages: random.between(0, 3) === 0 ? 4 : null, overlapMs: OVERLAP_MS },
      idleMs: random.between(0, 1) === 0 ? DAY_MS : null,
    });
    if (isRefused(outcome)) {
      counts.refused += 1;
      expect(outcome.refused).toBe("numbers_exhausted");
    } else {
      counts.opened += 1;
      sessions.push(outcome.ok.session.id);
      note(outcome.ok.session.id);
    }
  };

  for (let step = 0; step < steps; step += 1) {
    const dice = random.between(0, 99);
    const session = sessions.length === 0 ? null : sessions[random.between(0, sessions.length - 1)]!;
    const one = session === null ? undefined : active(session)[random.between(0, 1)];
    if (dice < 12 || session === null) {
      open();
    } else if (dice < 18) {
      closeSession(world.deps, "key", session);
    } else if (dice < 23 && live(session)) {
      const rotated = rotateSession(world.deps, world.deps.ledger.session(session)!, null);
      if (!isRefused(rotated)) counts.rotated += 1;
    } else if (dice < 26) {
      addPerson(world.deps, "key", session, {
        to: person(random.between(0, PEOPLE - 1)),
        name: null,
        number: null,
        country: null,
        area: null,
      });
    } else if (dice < 28 && one !== undefined) removePerson(world.deps, "key", session, one.id);
    else if (dice < 30 && one !== undefined) {
      replacePerson(world.deps, "key", session, one.id, {
        to: person(random.between(0, PEOPLE - 1)),
        name: null,
        number: null,
        country: null,
        area: null,
      });
    } else if (dice < 34) world.pass(random.pick([60_000, OVERLAP_MS, DAY_MS, 8 * DAY_MS, 31 * DAY_MS]));
    else if (dice < 42)
      say(step, person(random.between(0, PEOPLE - 1)), `+447700900${600 + random.between(0, numbers - 1)}`);
    else if (one !== undefined) say(step, { ...person(0), e164: numberOf(one.token) }, one.proxy);
    if (sessions.length > 40)
      for (const id of sessions.splice(0, 20)) {
        closeSession(world.deps, "key", id);
        note(id);
      }
    const touched = dice >= 30 && dice < 34 ? sessions : [sessions.at(-1), session];
    for (const id of touched) if (id !== null && id !== undefined) note(id);
  }
  // Whatever chance did before: sessions are opened until the pool refuses one.
  for (let more = 0; counts.refused === 0 && more < numbers * PEOPLE; more += 1) open();
  return counts;
}

test.each(["shared", "exclusive"] as const)(
  "random traffic over %s numbers reaches the session's people and nobody else, and no number meets anybody in its cool-off",
  (sharing) => {
    const random = chance(`crosstalk, ${sharing}`);
    const counts = play(random, sized(1_200, 10_000), sharing === "shared" ? 6 : 40, sharing);
    console.log(JSON.stringify(counts));
    expect(counts.relayed).toBeGreaterThan(sized(200, 2_000));
    expect(counts.tombstones).toBeGreaterThan(5);
    expect(counts.rotated).toBeGreaterThan(5);
    expect(counts.refused).toBeGreaterThan(0);
  },
);
