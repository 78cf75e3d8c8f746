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
  expect([later(given, stop), later(stop, given), later(null, given), later(null, null)]).toEqual([
    stop,
    stop,
    given,
    null,
  ]);
});

describe("senders compare as people see them", () => {
  it.each([
    ["Payroll", "PAYROLL"],
    ["Payroll", "payroll "],
    ["British Gas", "BritishGas"],
    ["GOV.UK", "gov uk"],
    ["Pay-Roll", "Pay\u2011Roll"],
    ["+447700900791", "447700900791"],
    ["Ｏ２ Shop", "O2 Shop"],
    ["Pay\u200broll", "Payroll"],
  ])("a stop to %s is one to %s, either way", (one, other) => {
    say("withdrawn", { sender: one });
    expect(consents.hasStopped(who, "marketing", other)).toBe(true);
    say("given", { sender: other, saidAt: NOON + 1 });
    expect(consents.hasStopped(who, "marketing", one)).toBe(false);
    expect(consents.list({}, 5).map(({ sender }) => sender)).toEqual([other, one]); // kept as it was said
  });

  it.each([
    ["M&S", "MS"],
    ["Shop6", "Shop9"],
    ["Payroll", "Payrol"],
    ["60777", "60778"],
    ["+447700900791", "+447700900792"],
    ["Å", "A"],
  ])("a stop to %s is none to %s", (one, other) => {
    say("withdrawn", { sender: one });
    expect(consents.hasStopped(who, "marketing", other)).toBe(false);
  });

  it("nor is one to a sender of signs alone one to all", () => {
    say("withdrawn", { sender: "-._" });
    expect(consents.hasStopped(who, "marketing", "Payroll")).toBe(false);
  });

  it("also what was said before: of two spellings the later word stands, whatever their order in the table", () => {
    for (const [first, second] of [
      ["Payroll", "PAYROLL"],
      ["PAYROLL", "Payroll"],
    ] as const) {
      const sql = nodeSql();
      ConsentLedger.migrate(sql);
      const add = `INSERT INTO standings VALUES(?,?,?,?,?,?)`;
      sql.exec(add, who, "marketing", first, "withdrawn", NOON, "con_1");
      sql.exec(add, who, "marketing", second, "given", NOON + 5, "con_2");
      sql.exec(add, who, "service", first, "given", NOON, "con_3");
      sql.exec(add, who, "service", second, "withdrawn", NOON, "con_4");
      sql.exec(add, who, "otp", "", "withdrawn", NOON, "con_5");
      ConsentLedger.migrate2(sql);
      const ledger = new ConsentLedger(sql);
      const stopped = (["marketing", "service", "otp"] as const).map((purpose) =>
        ledger.hasStopped(who, purpose, "payroll"),
      );
      expect(stopped).toEqual([false, true, true]); // of two at once, stop counts
      expect(sql.exec(`SELECT * FROM standings`).toArray()).toHaveLength(3);
    }
  });
});
