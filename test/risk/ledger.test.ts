import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/base/clock.ts";
import type { Sql } from "../../src/storage/sql.ts";
import { DEFAULT_LIMITS, DEFAULT_NAMING, type Limits } from "../../src/risk/caps.ts";
import type { Act } from "../../src/risk/act.ts";
import { CapsLedger } from "../../src/risk/ledger.ts";
import { namingCaps } from "../../src/risk/naming.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";

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
const act: Act = {
  key: "key_1",
  recipient: "r1",
  block: "b1",
  country: "GB",
  home: true,
  side: "texts",
  purpose: "service",
};

/** Keys whose names begin alike were rotated from one another. */
const lineOf = (key: string) => key.split(".")[0] ?? key;

let sql: NodeSql;
let caps: CapsLedger;
beforeEach(() => {
  sql = nodeSql();
  CapsLedger.migrate(sql);
  caps = new CapsLedger(sql, lineOf);
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

  it("of a country abroad differs from that at home, and each country is counted separately", () => {
    const limits = { ...OPEN, country: { home: MANY, abroad: { ...MANY, day: 1 } } };
    expect(tryAct(limits, NOON, { country: "FR", home: false })).toBeNull();
    expect(tryAct(limits, NOON, { country: "FR", home: false })).toMatchObject({ cap: "country", window: "day" });
    expect(tryAct(limits, NOON, { country: "IE", home: false })).toBeNull();
    for (let n = 0; n < 10; n++) expect(tryAct(limits, NOON)).toBeNull();
  });

  it("that was lowered below the present count refuses until its window ends", () => {
    for (let n = 0; n < 9; n++) tryAct(OPEN, NOON);
    const lowered = { ...OPEN, key: { minute: 1, hour: 100, day: 5 } };
    expect(tryAct(lowered, NOON)).toEqual({ cap: "key", window: "day", retryAfterSeconds: 43_190 });
    expect(caps.roomOf("key_1", lowered, NOON)).toMatchObject({ left: 0, quota: 5, windowSeconds: 86_400 });
  });

  it("of zero allows nothing", () => {
    expect(tryAct({ ...OPEN, block: { minute: 0, hour: 0, day: 0 } }, NOON)).toMatchObject({ cap: "block" });
    expect(stored()).toEqual([]);
  });

  it("equals the model's over any sequence of acts: never one more, never one less", () => {
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
        let ledger = new CapsLedger(fresh, lineOf);
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
          if (after % 3 === 0) ledger = new CapsLedger(fresh, lineOf); // a restart forgets nothing
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a clock that steps back", () => {
  it("begins no new window, and the wait is to the end of the counting window", () => {
    const limits = { ...OPEN, key: { ...MANY, minute: 2 } };
    tryAct(limits, NOON);
    tryAct(limits, NOON);
    const back = NOON - 5 * MINUTE_MS;
    expect(tryAct(limits, back)).toEqual({ cap: "key", window: "minute", retryAfterSeconds: 50 + 5 * 60 });
    expect(tryAct(limits, NOON + MINUTE_MS)).toBeNull();
  });
});

describe("the numbers that may be named", () => {
  const limits = { ...OPEN, numbersPerKeyPerDay: 3 };
  const naming = (
    recipient: string,
    { now = NOON, key = "key_1", by = limits, budget = "texts", counted = "within" }: Naming = {},
  ) => {
    const reached = caps.name({ recipient, key, budget }, namingCaps(budget, by, null, now), now, counted);
    caps.flush();
    return reached;
  };
  type Naming = { now?: number; key?: string; by?: Limits; budget?: "texts" | "codes"; counted?: "within" | "always" };

  it("are counted once each, and the answer is the same for numbers known and new", () => {
    for (const number of ["r1", "r2", "r1", "r3", "r2", "r1"]) expect(naming(number)).toBeNull();
    expect(naming("r4")).toEqual({ by: "key", window: "day", retryAfterSeconds: 43_190 });
    expect(naming("r9")).toEqual(naming("r4"));
    for (const number of ["r1", "r2", "r3"]) expect(naming(number)).toBeNull();
  });

  it("are one count for a key and all its rotations, and another key's own", () => {
    for (const number of ["r1", "r2"]) naming(number);
    expect(naming("r3", { key: "key_1.2" })).toBeNull();
    for (const key of ["key_1", "key_1.2", "key_1.7"]) expect(naming("r4", { key })).not.toBeNull();
    expect(naming("r4", { key: "key_2" })).toBeNull();
    expect(naming("r4", { now: NOON + DAY_MS })).toBeNull();
  });

  it("have a cap by the hour, and one for the tenant over all its keys", () => {
    const hourly = { ...limits, numbersPerKeyPerDay: 100, naming: { ...DEFAULT_NAMING, keyHour: 1 } };
    expect(naming("r1", { by: hourly })).toBeNull();
    expect(naming("r2", { by: hourly })).toMatchObject({ by: "key", window: "hour", retryAfterSeconds: 3_590 });
    expect(naming("r2", { by: hourly, now: NOON + HOUR_MS })).toBeNull();
    const shared = { ...OPEN, naming: { ...DEFAULT_NAMING, tenant: { hour: 100, day: 3 } } };
    expect(naming("r3", { by: shared, key: "key_5" })).toBeNull();
    expect(naming("r9", { by: shared, key: "key_6" })).toMatchObject({ by: "tenant", window: "day" });
  });

  it("do not reveal to a key, at the tenant's cap, what another has named", () => {
    const shared = { ...OPEN, naming: { ...DEFAULT_NAMING, tenant: { hour: 100, day: 2 } } };
    for (const number of ["r1", "r2"]) naming(number, { by: shared });
    expect(naming("r1", { by: shared, key: "key_2" })).toEqual(naming("r8", { by: shared, key: "key_2" }));
    expect(naming("r1", { by: shared })).toBeNull();
  });

  it("of codes are counted separately, and beyond their cap at every naming, because the number is not stored", () => {
    const few = { ...limits, naming: { ...DEFAULT_NAMING, codes: { key: { hour: 2, day: 2 }, tenant: null } } };
    const code = (number: string) => naming(number, { by: few, budget: "codes", counted: "always" });
    for (const number of ["r1", "r2", "r3"]) expect(naming(number)).toBeNull();
    expect(naming("r4")).not.toBeNull();
    expect([code("r5"), code("r6")]).toEqual([null, null]);
    expect(code("r7")).toMatchObject({ by: "key", window: "day" });
    const before = stored().length;
    for (let n = 0; n < 20; n += 1) code(`x${n}`);
    expect(stored()).toHaveLength(before);
    expect(caps.takeCounted()).toMatchObject({ budget: "codes", day: 23 });
  });

  it("are raised by an allowance until its end, and codes are not", () => {
    const allowance = { numbers: 5, until: NOON + HOUR_MS, key: null };
    expect(namingCaps("texts", limits, allowance, NOON).key).toEqual({ hour: 5, day: 5 });
    expect(namingCaps("texts", limits, allowance, NOON + HOUR_MS).key).toEqual({ hour: 3, day: 3 });
    expect(namingCaps("codes", limits, allowance, NOON)).toEqual(namingCaps("codes", limits, null, NOON));
  });

  it("survive a restart and a purge of the same day, and a refused one leaves no row", () => {
    for (const number of ["r1", "r2", "r3"]) naming(number);
    expect(caps.purge(NOON, 1_000)).toBe(0);
    caps = new CapsLedger(sql, lineOf);
    for (const number of ["r1", "r2", "r3"]) expect(naming(number)).toBeNull();
    const before = stored();
    expect(naming("r4")).not.toBeNull();
    expect(stored()).toEqual(before);
  });

  it("keep today's count from the former format", () => {
    const key = { m: 0, mc: 0, h: 0, hc: 0, d: 0, dc: 0, numbersDay: Math.floor(NOON / DAY_MS), numbers: 3 };
    const account = { tenant: { ...key, numbersDay: undefined }, keys: { key_1: key }, countries: {} };
    sql.exec(`INSERT INTO counters(name, windows) VALUES('account', ?)`, JSON.stringify(account));
    expect(naming("r1")).toMatchObject({ by: "key", window: "day" });
  });

  it("cause one alert an hour when a cap is reached", () => {
    const key = { key: "key_1", budget: "texts" } as const;
    expect([caps.isNews(key, "key", NOON), caps.isNews(key, "key", NOON)]).toEqual([true, false]);
    caps.flush();
    caps = new CapsLedger(sql, lineOf);
    expect([caps.isNews(key, "key", NOON), caps.isNews(key, "key", NOON + HOUR_MS)]).toEqual([false, true]);
  });
});

describe("the counters of an act", () => {
  const one = { minute: 1, hour: 1, day: 1 };

  it("a person's codes, service and marketing are each their own", () => {
    const limits = { ...OPEN, recipient: one };
    expect(tryAct(limits, NOON)).toBeNull();
    expect(tryAct(limits, NOON)).toMatchObject({ cap: "recipient" });
    expect(tryAct(limits, NOON, { purpose: "marketing" })).toBeNull();
    expect(tryAct(limits, NOON, { purpose: "otp", side: "codes" })).toBeNull();
    expect(tryAct(limits, NOON, { purpose: "otp", side: "codes" })).toMatchObject({ cap: "recipient" });
  });

  it.each(["tenant", "key", "block"] as const)(
    "texts and strangers' codes use up no %s's cap on known people's codes",
    (cap) => {
      const limits = { ...OPEN, [cap]: one };
      for (const side of ["texts", "strangers", "codes"] as const) {
        const purpose = side === "texts" ? "service" : "otp";
        expect(tryAct(limits, NOON, { side, purpose, recipient: side })).toBeNull();
        expect(tryAct(limits, NOON, { side, purpose, recipient: `${side}2` })).toMatchObject({ cap });
      }
    },
  );

  it("the RateLimit header shows the key's tightest window of all sides", () => {
    const limits = { ...OPEN, key: { minute: 5, hour: 50, day: 500 } };
    for (let n = 0; n < 3; n += 1) tryAct(limits, NOON, { side: "codes", purpose: "otp" });
    tryAct(limits, NOON);
    expect(caps.roomOf("key_1.2", limits, NOON)).toMatchObject({ left: 2, quota: 5 });
  });
});

describe("a flush", () => {
  it("writes one row for a recipient, one for its block and one for the account, for any number of acts", () => {
    const writes: string[] = [];
    const counting: Sql = {
      exec: (query, ...bindings) => {
        if (/^\s*(INSERT|UPDATE|DELETE)/i.test(query))
          writes.push(...(bindings.filter((_value, at) => at % 2 === 0) as string[]));
        return sql.exec(query, ...bindings) as never;
      },
    };
    caps = new CapsLedger(counting, lineOf);
    for (let n = 0; n < 100; n++) {
      const one = { ...act, recipient: `r${n % 2}` };
      expect(caps.check(one, OPEN, NOON)).toBeNull();
      caps.count(one, NOON);
    }
    caps.flush();
    expect(writes.sort()).toEqual(["account", "b|b1", "r|r0", "r|r1"]);
    caps.flush();
    expect(writes).toHaveLength(4);
    const reborn = new CapsLedger(sql, lineOf);
    expect(reborn.check(act, { ...OPEN, tenant: { ...MANY, hour: 100 } }, NOON)).toMatchObject({ cap: "tenant" });
    expect(reborn.check({ ...act, recipient: "r1" }, { ...OPEN, recipient: { ...MANY, day: 50 } }, NOON)).toMatchObject({ cap: "recipient" }); // prettier-ignore
    expect(reborn.check({ ...act, recipient: "r1" }, { ...OPEN, recipient: { ...MANY, day: 51 } }, NOON)).toBeNull();
  });

  it("writes rows that are purged two days later, with counts of unused keys, and none of today's", () => {
    tryAct(OPEN, NOON, { key: "key_old", recipient: "r_old", block: "b_old", country: "FR", home: false });
    const later = NOON + 3 * DAY_MS;
    tryAct(OPEN, later);
    expect(caps.purge(later, 1_000)).toBe(2);
    expect(stored().map(({ name }) => name)).toEqual(["account", "b|b1", "r|r1"]);
    expect(JSON.stringify(stored())).not.toMatch(/key_old|FR/);
    const limits = { ...OPEN, key: { ...MANY, day: 1 }, recipient: { ...MANY, day: 1 } };
    expect(tryAct(limits, later)).not.toBeNull();
    caps = new CapsLedger(sql, lineOf);
    expect(tryAct(limits, later)).not.toBeNull();
  });

  it("keeps within a row's size for a tenant that replaces its keys every hour for a year", () => {
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
