import { describe, expect, it } from "vitest";
import {
  chooseRoute,
  priceFor,
  type RouteAccount,
  type RouteRule,
  type RouteSubject,
} from "../../src/carriers/route.ts";

const account = (change: Partial<RouteAccount> = {}): RouteAccount => ({
  price: null,
  prices: [],
  countries: null,
  circuit: "closed",
  weight: 100,
  ...change,
});
const rule = (change: Partial<RouteRule> = {}): RouteRule => ({
  name: "r",
  purposes: [],
  countries: [],
  prefixes: [],
  choose: "ordered",
  accounts: ["a", "b", "c"].map((id) => ({ account: id, share: 1 })),
  priceMax: null,
  weightMin: 50,
  ...change,
});
const subject = (change: Partial<RouteSubject> = {}): RouteSubject => ({
  purpose: "service",
  country: "GB",
  startsWith: (prefix) => "+447700900123".startsWith(prefix),
  ...change,
});
const gbp = (amount: number) => ({ amount, currency: "GBP" });
const of = (accounts: Record<string, RouteAccount>) => (id: string) => accounts[id] ?? null;
const healthy = { a: account(), b: account(), c: account() };
const never = () => {
  throw new Error("nothing was to be drawn");
};

describe("which rule decides", () => {
  it("is the first that fits by purpose, country and the number's beginning, and without one the tenant's own list", () => {
    const rules = [
      rule({ name: "codes", purposes: ["otp"] }),
      rule({ name: "abroad", countries: ["FR", "DE"] }),
      rule({ name: "network", prefixes: ["+447911", "+447700"] }),
      rule({ name: "rest" }),
    ];
    const by = (change: Partial<RouteSubject>, among = rules) =>
      chooseRoute(among, ["c"], of(healthy), subject(change), never).rule;
    expect(by({ purpose: "otp" })).toBe("codes");
    expect(by({ country: "FR" })).toBe("abroad");
    expect(by({})).toBe("network");
    expect(by({ startsWith: (prefix) => "+447400".startsWith(prefix) })).toBe("rest");
    expect(by({ startsWith: () => false }, rules.slice(0, 3))).toBe(null);
    expect(chooseRoute([], ["c", "a"], of(healthy), subject(), never)).toMatchObject({
      rule: null,
      accounts: ["c", "a"],
    });
  });

  it("does not open the number unless a prefix asks for it", () => {
    const startsWith = () => {
      throw new Error("the number was opened");
    };
    expect(chooseRoute([rule({ purposes: ["service"] })], [], of(healthy), subject({ startsWith }), never).rule).toBe(
      "r",
    );
    expect(chooseRoute([rule({ prefixes: ["+44"], purposes: ["otp"] })], ["a"], of(healthy), subject({ startsWith }), never).rule).toBe(null); // prettier-ignore
  });
});

describe("accounts of a rule", () => {
  it("that are not allowed the country, or cost more than the cap, or are not there, are left out, and the reason is told", () => {
    const accounts = {
      a: account({ countries: ["FR"] }),
      b: account({ price: gbp(50_000) }),
      c: account({ price: gbp(40_000) }),
      e: account({ price: { amount: 1, currency: "EUR" } }),
    };
    const rules = [
      rule({ priceMax: gbp(40_000), accounts: ["a", "b", "c", "d", "e"].map((id) => ({ account: id, share: 1 })) }),
    ];
    const choice = chooseRoute(rules, [], of(accounts), subject(), never);
    expect(choice.accounts).toEqual(["c"]);
    expect(choice.options.map(({ account: id, leftOut }) => [id, leftOut])).toEqual([
      ["a", "country"],
      ["b", "price"],
      ["c", null],
      ["d", "account_unknown"],
      ["e", "price"],
    ]);
  });

  it("whose circuit is open come last, whatever was to be chosen by, and are still there", () => {
    for (const choose of ["ordered", "weighted", "cheapest"] as const) {
      const accounts = {
        a: account({ circuit: "open", price: gbp(1) }),
        b: account(),
        c: account({ circuit: "probing" }),
      };
      const choice = chooseRoute([rule({ choose })], [], of(accounts), subject(), () => 0);
      expect(choice.accounts[0]).toBe("b");
      expect([...choice.accounts].sort()).toEqual(["a", "b", "c"]);
      expect(choice.options[0]?.behind).toBe("circuit_open");
    }
    expect(chooseRoute([], ["a", "b"], of({ a: account({ circuit: "open" }), b: account() }), subject(), never).accounts).toEqual(["b", "a"]); // prettier-ignore
  });
});

describe("a choice by weight", () => {
  it("follows share and health: of 10,000 draws each account has its part within two in a hundred", () => {
    let seed = 20_261_125;
    const draw = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    const accounts = { a: account(), b: account({ weight: 50 }), c: account({ weight: 10 }) };
    const shares = [3, 2, 10];
    const rules = [rule({ choose: "weighted", accounts: ["a", "b", "c"].map((id, at) => ({ account: id, share: shares[at] ?? 1 })) })]; // prettier-ignore
    const first: Record<string, number> = {};
    for (let nth = 0; nth < 10_000; nth += 1) {
      const { accounts: order } = chooseRoute(rules, [], of(accounts), subject(), draw);
      expect(new Set(order).size).toBe(3);
      first[order[0] ?? ""] = (first[order[0] ?? ""] ?? 0) + 1;
    }
    for (const [id, part] of [
      ["a", 300],
      ["b", 100],
      ["c", 100],
    ] as const) {
      // prettier-ignore
      expect(Math.abs((first[id] ?? 0) / 10_000 - part / 500)).toBeLessThan(0.02);
    }
  });
});

describe("the cheapest within quality", () => {
  it("is the lowest price among the healthy; a slow one stands behind, one without a price behind those that have one", () => {
    const accounts = {
      a: account({ price: gbp(39_000) }),
      b: account({ price: gbp(20_000), weight: 40 }),
      c: account({ price: gbp(38_000) }),
      d: account(),
      e: account({ price: { amount: 1, currency: "EUR" } }),
    };
    const listed = ["d", "e", "a", "b", "c"].map((id) => ({ account: id, share: 1 }));
    const choice = chooseRoute([rule({ choose: "cheapest", accounts: listed })], [], of({ ...accounts, e: account() }), subject(), never); // prettier-ignore
    expect(choice.accounts).toEqual(["c", "a", "d", "e", "b"]);
    const capped = chooseRoute([rule({ choose: "cheapest", accounts: listed, priceMax: gbp(100_000) })], [], of(accounts), subject(), never); // prettier-ignore
    expect(capped.accounts).toEqual(["c", "a", "b"]);
    expect(chooseRoute([rule({ choose: "cheapest", accounts: listed, weightMin: 40 })], [], of({ ...accounts, e: account() }), subject(), never).accounts[0]).toBe("b"); // prettier-ignore
  });
});

describe("the price of a segment", () => {
  it("is that of the longest prefix, then of the country, then the account's own", () => {
    const row = (amount: number, country: string | null, prefix: string | null) => ({
      country,
      prefix,
      ...gbp(amount),
    });
    const priced = account({
      price: gbp(9),
      prices: [
        row(5, "GB", null),
        row(3, null, "+447"),
        row(2, null, "+4477"),
        row(1, "GB", "+4477"),
        row(7, "FR", null),
      ],
    });
    const costs = (change: Partial<RouteSubject>) => priceFor(priced, subject(change))?.amount;
    expect(costs({})).toBe(1);
    expect(costs({ country: "JE" })).toBe(2);
    expect(costs({ startsWith: (prefix) => "+447400".startsWith(prefix) })).toBe(3);
    expect(costs({ startsWith: () => false })).toBe(5);
    expect(costs({ country: "FR", startsWith: () => false })).toBe(7);
    expect(costs({ country: "DE", startsWith: () => false })).toBe(9);
  });
});
