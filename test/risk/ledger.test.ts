import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/base/clock.ts";
import type { Sql } from "../../src/storage/sql.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/risk/caps.ts";
import type { Act } from "../../src/risk/act.ts";
import { CapsLedger } from "../../src/risk/ledger.ts";
import { nodeSql, type NodeSql } from "../support/node-sql.ts";

/** Midday plus 10.5 seconds, so that no window turns by itself. */
const NOON = Date.UTC(2026, 10, 23, 12, 0, 10, 500);
const MANY = { minute: 10_000, hour: 10_000, day: 10_000 };
const OPEN: Limits = {
  recipient: MANY,
  block: MANY,
  key: MANY,
  tenant: MANY,
  country: { home: MANY, abroad: MANY },
  numbersPerKeyPerDay: 10_000,
};
const act: Act = { key: "key_1", recipient: "r1", block: "b1", country: "GB", home: true };

let sql: NodeSql;
let caps: CapsLedger;
beforeEach(() => {
  sql = nodeSql();
  CapsLedger.migrate(sql);
  caps = new CapsLedger(sql);
});

/** One act as admission does it: checked, and counted only when it may. */
function tryAct(limits: Limits, now: number, over: Partial<Act> = {}, ledger = caps) {
  const one = { ...act, ...over };
  const reached = ledger.check(one, limits, now);
  if (reached === null) {
    ledger.count(one, now);
    ledger.flush();
  }
  return reached;
}
const stored = () =>
  sql.exec<{ name: string; windows: string }>(`SELECT name, windows FROM counters ORDER BY name`).toArray();

describe("each cap", () => {
  const windows = [
    ["minute", MINUTE_MS, 50],
    ["hour", HOUR_MS, 3_590],
    ["day", DAY_MS, 43_190],
  ] as const;
  const scopes = [
    ["recipient", (caps: Limits["key"]) => ({ recipient: caps }), { recipient: "r2" }],
    ["block", (caps: Limits["key"]) => ({ block: caps }), { block: "b2", recipient: "r2" }],
    ["key", (caps: Limits["key"]) => ({ key: caps }), { key: "key_2" }],
    ["tenant", (caps: Limits["key"]) => ({ tenant: caps }), null],
    ["country", (caps: Limits["key"]) => ({ country: { home: caps, abroad: MANY } }), { country: "IE", home: false }],
  ] as const;
  const table = scopes.flatMap(([cap, set, other]) =>
    windows.map(([window, length, wait]) => [cap, window, set, length, wait, other] as const),
  );

  it.each(table)(
    "of a %s per %s allows exactly that many, then says how long to wait",
    (cap, window, set, length, wait, other) => {
      const limits: Limits = { ...OPEN, ...set({ ...MANY, [window]: 3 }) };
      for (let n = 0; n < 3; n++) expect(tryAct(limits, NOON + n)).toBeNull();
      const before = stored();
      for (let n = 0; n < 5; n++) {
        expect(tryAct(limits, NOON)).toEqual({ cap, window, retryAfterSeconds: wait });
      }
      expect(stored()).toEqual(before);
      expect(tryAct(limits, Math.floor(NOON / length) * length + length - 1)).toMatchObject({
        cap,
        retryAfterSeconds: 1,
      });
      expect(tryAct(limits, Math.floor(NOON / length) * length + length)).toBeNull();
      if (other !== null) expect(tryAct({ ...limits }, NOON + 1, other)).toBeNull();
    },
  );

  it("of a country abroad is another than that at home, and each country has its own", () => {
    const limits = { ...OPEN, country: { home: MANY, abroad: { ...MANY, day: 1 } } };
    expect(tryAct(limits, NOON, { country: "FR", home: false })).toBeNull();
    expect(tryAct(limits, NOON, { country: "FR", home: false })).toMatchObject({ cap: "country", window: "day" });
    expect(tryAct(limits, NOON, { country: "IE", home: false })).toBeNull();
    for (let n = 0; n < 10; n++) expect(tryAct(limits, NOON)).toBeNull();
  });

  it("that was lowered below what is counted already refuses until its window turns", () => {
    for (let n = 0; n < 9; n++) tryAct(OPEN, NOON);
    const lowered = { ...OPEN, key: { minute: 1, hour: 100, day: 5 } };
    expect(tryAct(lowered, NOON)).toEqual({ cap: "key", window: "day", retryAfterSeconds: 43_190 });
    expect(caps.roomOf("key_1", lowered, NOON)).toMatchObject({ left: 0, quota: 5, windowSeconds: 86_400 });
  });

  it("of zero allows nothing", () => {
    expect(tryAct({ ...OPEN, block: { minute: 0, hour: 0, day: 0 } }, NOON)).toMatchObject({ cap: "block" });
    expect(stored()).toEqual([]);
  });

  it("is the model's over any run of acts: never one more, never one less", () => {
    const acts = fc.array(
      fc.record({
        after: fc.integer({ min: 0, max: 20_000 }),
        recipient: fc.constantFrom("r1", "r2"),
        key: fc.constantFrom("key_1", "key_2"),
      }),
      { maxLength: 80 },
    );
    const limits = { ...OPEN, recipient: { minute: 3, hour: 6, day: 9 }, key: { minute: 4, hour: 8, day: 12 } };
    fc.assert(
      fc.property(acts, (run) => {
        const fresh = nodeSql();
        CapsLedger.migrate(fresh);
        let ledger = new CapsLedger(fresh);
        const admitted: { at: number; recipient: string; key: string }[] = [];
        let now = NOON;
        for (const { after, recipient, key } of run) {
          now += after;
          const within = (of: (one: (typeof admitted)[number]) => boolean, caps: Limits["key"]) =>
            ([["minute", MINUTE_MS], ["hour", HOUR_MS], ["day", DAY_MS]] as const).every(([name, length]) => {
              const start = Math.floor(now / length) * length;
              return admitted.filter((one) => of(one) && one.at >= start).length < caps[name];
            }); // prettier-ignore
          const allowed =
            within((one) => one.recipient === recipient, limits.recipient) &&
            within((one) => one.key === key, limits.key);
          const reached = tryAct(limits, now, { recipient, key }, ledger);
          expect(reached === null).toBe(allowed);
          if (reached === null) admitted.push({ at: now, recipient, key });
          if (after % 3 === 0) ledger = new CapsLedger(fresh); // a restart forgets nothing
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a clock that steps back", () => {
  it("opens no new window, and the wait is to the end of the window that counts", () => {
    const limits = { ...OPEN, key: { ...MANY, minute: 2 } };
    tryAct(limits, NOON);
    tryAct(limits, NOON);
    const back = NOON - 5 * MINUTE_MS;
    expect(tryAct(limits, back)).toEqual({ cap: "key", window: "minute", retryAfterSeconds: 50 + 5 * 60 });
    expect(tryAct(limits, NOON + MINUTE_MS)).toBeNull();
  });
});

describe("the numbers a key may name in a day", () => {
  const limits = { ...OPEN, numbersPerKeyPerDay: 3 };
  const name = (recipient: string, now = NOON, key = "key_1") => {
    const reached = caps.nameNumber({ ...act, recipient, key }, limits, now);
    caps.flush();
    return reached;
  };

  it("are counted once each, and the answer is the same for numbers known and new", () => {
    for (const number of ["r1", "r2", "r1", "r3", "r2", "r1"]) expect(name(number)).toBeNull();
    expect(name("r4")).toEqual({ cap: "numbers", window: "day", retryAfterSeconds: 43_190 });
    expect(name("r9")).toEqual(name("r4"));
    for (const number of ["r1", "r2", "r3"]) expect(name(number)).toBeNull();
  });

  it("count sends and tokenisations together, and a send to a number beyond them is refused", () => {
    name("r1");
    expect(tryAct(limits, NOON, { recipient: "r2" })).toBeNull();
    expect(tryAct(limits, NOON, { recipient: "r1" })).toBeNull();
    expect(name("r3")).toBeNull();
    expect(tryAct(limits, NOON, { recipient: "r4" })).toMatchObject({ cap: "numbers" });
    expect(tryAct(limits, NOON, { recipient: "r3" })).toBeNull();
  });

  it("are each key's own and each day's own", () => {
    for (const number of ["r1", "r2", "r3"]) name(number);
    expect(name("r4", NOON, "key_2")).toBeNull();
    expect(name("r4")).not.toBeNull();
    expect(name("r4", NOON + DAY_MS)).toBeNull();
  });

  it("outlive a purge of the same day, where the key only tokenises", () => {
    for (const number of ["r1", "r2", "r3"]) name(number);
    expect(caps.purge(NOON, 1_000)).toBe(0);
    caps = new CapsLedger(sql);
    for (const number of ["r1", "r2", "r3"]) expect(name(number)).toBeNull();
    expect(name("r4")).not.toBeNull();
  });

  it("are still counted behind a restart, and a refused one leaves no row", () => {
    for (const number of ["r1", "r2", "r3"]) name(number);
    caps = new CapsLedger(sql);
    const before = stored();
    expect(name("r4")).not.toBeNull();
    expect(stored()).toEqual(before);
  });
});

describe("what is written", () => {
  it("is one row for a recipient, one for its block and one for the account, however many acts one flush holds", () => {
    const writes: string[] = [];
    const counting: Sql = {
      exec: (query, ...bindings) => {
        if (/^\s*(INSERT|UPDATE|DELETE)/i.test(query))
          writes.push(...(bindings.filter((_value, at) => at % 2 === 0) as string[]));
        return sql.exec(query, ...bindings) as never;
      },
    };
    caps = new CapsLedger(counting);
    for (let n = 0; n < 100; n++) {
      const one = { ...act, recipient: `r${n % 2}` };
      expect(caps.check(one, OPEN, NOON)).toBeNull();
      caps.count(one, NOON);
    }
    caps.flush();
    expect(writes.sort()).toEqual(["account", "b|b1", "r|r0", "r|r1"]);
    caps.flush();
    expect(writes).toHaveLength(4);
    const reborn = new CapsLedger(sql);
    expect(reborn.check(act, { ...OPEN, tenant: { ...MANY, hour: 100 } }, NOON)).toMatchObject({ cap: "tenant" });
    expect(reborn.check({ ...act, recipient: "r1" }, { ...OPEN, recipient: { ...MANY, day: 50 } }, NOON)).toMatchObject({ cap: "recipient" }); // prettier-ignore
    expect(reborn.check({ ...act, recipient: "r1" }, { ...OPEN, recipient: { ...MANY, day: 51 } }, NOON)).toBeNull();
  });

  it("goes two days later, with the counts of keys that are no longer used, and nothing of today's", () => {
    tryAct(OPEN, NOON, { key: "key_old", recipient: "r_old", block: "b_old", country: "FR", home: false });
    const later = NOON + 3 * DAY_MS;
    tryAct(OPEN, later);
    expect(caps.purge(later, 1_000)).toBe(2);
    expect(stored().map(({ name }) => name)).toEqual(["account", "b|b1", "r|r1"]);
    expect(JSON.stringify(stored())).not.toMatch(/key_old|FR/);
    const limits = { ...OPEN, key: { ...MANY, day: 1 }, recipient: { ...MANY, day: 1 } };
    expect(tryAct(limits, later)).not.toBeNull();
    caps = new CapsLedger(sql);
    expect(tryAct(limits, later)).not.toBeNull();
  });

  it("stays within a row's size for a tenant that changes its keys every hour for a year", () => {
    for (let hour = 0; hour < 24 * 365; hour += 4) {
      const now = NOON + hour * HOUR_MS;
      tryAct(OPEN, now, { key: `key_e123456780${hour}` });
      if (hour % 24 === 0) caps.purge(now, 1_000);
    }
    const account = stored().find(({ name }) => name === "account")?.windows ?? "";
    expect(account.length).toBeLessThan(5_000);
  });
});

it("the limits a tenant starts with are ordered: no minute above its hour, no hour above its day", () => {
  const all = [DEFAULT_LIMITS.recipient, DEFAULT_LIMITS.block, DEFAULT_LIMITS.key, DEFAULT_LIMITS.tenant, DEFAULT_LIMITS.country.home, DEFAULT_LIMITS.country.abroad]; // prettier-ignore
  for (const { minute, hour, day } of all) expect(minute < hour && hour < day).toBe(true);
});
