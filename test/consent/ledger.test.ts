/** Which of a person's words counts. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { later, type Consent } from "../../src/consent/consent.ts";
import { ConsentLedger } from "../../src/consent/ledger.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";

const NOON = Date.UTC(2026, 10, 25, 12);
const who = new Uint8Array([1, 2, 3]);
let consents: ConsentLedger;
let nth = 0;

beforeEach(() => {
  const sql = nodeSql();
  ConsentLedger.migrate(sql);
  consents = new ConsentLedger(sql);
});

function say(standing: Consent["standing"], over: Partial<Consent> = {}): Consent {
  const consent: Consent = {
    id: `con_${String((nth += 1)).padStart(6, "0")}`,
    who,
    mask: "+44•••••••23",
    country: "GB",
    purpose: "marketing",
    sender: null,
    standing,
    source: "web",
    wording: null,
    saidAt: NOON,
    createdAt: NOON,
    ...over,
  };
  consents.add(consent);
  return consent;
}

describe("a stop", () => {
  it("counts for its purpose and for no other, for that person and for nobody else", () => {
    expect(consents.hasStopped(who, "marketing", "Shifts")).toBe(false);
    say("withdrawn");
    expect(consents.hasStopped(who, "marketing", "Shifts")).toBe(true);
    expect(consents.hasStopped(who, "marketing", null)).toBe(true);
    for (const purpose of ["otp", "service"] as const) expect(consents.hasStopped(who, purpose, "Shifts")).toBe(false);
    expect(consents.hasStopped(new Uint8Array([1, 2, 4]), "marketing", "Shifts")).toBe(false);
  });

  it("to one sender leaves the others alone, and a later yes to that sender stands against a stop to all", () => {
    say("withdrawn", { sender: "Shifts" });
    expect(consents.hasStopped(who, "marketing", "Shifts")).toBe(true);
    expect(consents.hasStopped(who, "marketing", "Payroll")).toBe(false);
    say("withdrawn", { saidAt: NOON + 1 });
    expect(consents.hasStopped(who, "marketing", "Payroll")).toBe(true);
    say("given", { sender: "Payroll", saidAt: NOON + 2 });
    expect(consents.hasStopped(who, "marketing", "Payroll")).toBe(false);
    expect(consents.hasStopped(who, "marketing", "Shifts")).toBe(true);
  });

  it("is not taken back by a yes that was said before it and told after it, nor by one of the same moment", () => {
    say("withdrawn", { saidAt: NOON });
    for (const saidAt of [NOON - 1, NOON]) say("given", { saidAt, createdAt: NOON + 60_000 });
    expect(consents.hasStopped(who, "marketing", null)).toBe(true);
    say("given", { saidAt: NOON + 1 });
    expect(consents.hasStopped(who, "marketing", null)).toBe(false);
  });

  it("is known to an object that wakes later", () => {
    const sql = nodeSql();
    ConsentLedger.migrate(sql);
    consents = new ConsentLedger(sql);
    say("withdrawn");
    expect(new ConsentLedger(sql).hasStopped(who, "marketing", null)).toBe(true);
  });
});

it("over any words in any order of telling, what counts is the latest said, and of two at once the stop", () => {
  const word = fc.record({
    standing: fc.constantFrom("given" as const, "withdrawn" as const),
    sender: fc.constantFrom(null, "A", "B"),
    saidAt: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const sql = nodeSql();
      ConsentLedger.migrate(sql);
      consents = new ConsentLedger(sql);
      for (const each of words) say(each.standing, each);
      for (const sender of [null, "A", "B", "C"]) {
        const heard = words.filter((each) => each.sender === null || each.sender === sender);
        const last = Math.max(-1, ...heard.map(({ saidAt }) => saidAt));
        const stopped = heard.some(({ saidAt, standing }) => saidAt === last && standing === "withdrawn");
        expect(consents.hasStopped(who, "marketing", sender)).toBe(stopped);
      }
    }),
  );
});

it("a list shows every word, newest first, by person, purpose and standing", () => {
  const first = say("given");
  const second = say("withdrawn", { sender: "Shifts" });
  const other = say("withdrawn", { who: new Uint8Array([9]), purpose: "service" });
  expect(consents.list({}, 10).map(({ id }) => id)).toEqual([other.id, second.id, first.id]);
  expect(consents.list({ who }, 10)).toEqual([second, first]);
  expect(consents.list({ who, standing: "given" }, 10)).toEqual([first]);
  expect(consents.list({ purpose: "service", before: other.id }, 10)).toEqual([]);
});

it("the later of two words counts, whichever is named first", () => {
  type Word = Pick<Consent, "standing" | "saidAt">;
  const given: Word = { standing: "given", saidAt: 1 };
  const stop: Word = { standing: "withdrawn", saidAt: 1 };
  expect([later(given, stop), later(stop, given), later(null, given), later(null, null)]).toEqual([stop, stop, given, null]);
}); // prettier-ignore
