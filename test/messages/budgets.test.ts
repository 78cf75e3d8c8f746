/**
 * Money of messages: what is reserved and spent of a budget is what the messages say that hold it, whatever becomes of them and wherever
 * the object restarts; and nothing stays reserved for ever.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/base/clock.ts";
import type { Answer } from "../../src/carriers/carrier.ts";
import { chargeOf } from "../../src/messages/money/charge.ts";
import type { Message } from "../../src/messages/message.ts";
import { takenOf, type Budget, type Spend } from "../../src/risk/budgets/budget.ts";
import { StoredTotals } from "../../src/risk/budgets/totals.ts";
import { bucketAt, stillCounts } from "../../src/risk/budgets/window.ts";
import { Outbox, ROUTES } from "../support/rooms/outbox.ts";
import { chance } from "../support/run/seed.ts";

const [first = "", second = ""] = ROUTES;
const gbp = (amount: number) => ({ amount, currency: "GBP" });
const BASE: Budget = {
  id: "bud_1",
  version: 1,
  madeBy: "tenant",
  name: "All",
  scope: {},
  window: { name: "day", rolling: false, zone: "Europe/London" },
  limit: gbp(1_000),
  hard: true,
  softLevels: [],
  keptForCodes: 0,
  withoutPrice: "refuse",
  createdAt: 0,
  updatedAt: 0,
};
const spend = (over: Partial<Spend> = {}): Spend => ({
  key: "key",
  country: "GB",
  purpose: "service",
  service: null,
  side: "texts",
  prices: [gbp(100), gbp(300)],
  prefix: () => "+4477009",
  sender: () => null,
  ...over,
});

let box: Outbox;
const budget = (over: Partial<Budget> = {}): Budget => {
  const made = { ...BASE, ...over };
  box.budgets.add(made, null);
  return made;
};
/** As admission does it: null where a budget stands against it. */
function admit(over: Partial<Spend> = {}, more: Parameters<Outbox["admit"]>[0] = {}): string | null {
  const one = spend(over);
  const { stands, hold } = box.budgets.judge(one);
  if (stands !== null) return null;
  return box.admit({ prices: [...one.prices], purpose: one.purpose, hold, ...more });
}
const used = (id = BASE.id) => {
  const { reserved, spent } = box.budgets.usage(id);
  return [reserved, spent];
};
const accepted = { outcome: "accepted" as const };
beforeEach(() => {
  box = new Outbox();
  box.now = Date.parse("2026-06-10T12:00:00Z");
});

describe("money is", () => {
  it("reserved at the dearest account of the route, and spent at the price of the one that takes it", () => {
    budget();
    const id = admit()!;
    expect(used()).toEqual([300, 0]);
    box.claim(first, id);
    expect(used()).toEqual([300, 0]);
    box.settle(id, 1, accepted);
    expect(used()).toEqual([0, 100]);
  });

  it("spent at what the carrier charges, in its answer and then in its receipt; a dearer charge blocks the next", () => {
    budget({ limit: gbp(700) });
    const id = admit()!;
    box.claim(first, id);
    box.settle(id, 1, { ...accepted, price: gbp(350) });
    expect(used()).toEqual([0, 350]);
    box.report(first, id, "delivered", { price: gbp(450) });
    expect(used()).toEqual([0, 450]);
    expect(admit()).toBeNull();
  });

  it("spent by what was held, where the charge is in another currency", () => {
    budget();
    const id = admit()!;
    box.claim(first, id);
    box.settle(id, 1, { ...accepted, price: { amount: 5, currency: "EUR" } });
    expect(used()).toEqual([0, 300]);
  });

  it("given back where nothing was sent: declined, expired", () => {
    budget();
    const declined = admit()!;
    box.claim(first, declined);
    box.settle(declined, 1, { outcome: "declined", code: "x", permanent: true });
    expect(used()).toEqual([0, 0]);
    const late = admit({}, { lifeMs: 1_000 })!;
    box.pass(2_000);
    box.claim(first, late);
    expect([box.get(late).state, used()]).toEqual(["expired", [0, 0]]);
  });

  it("still held while it goes on to the next account, and spent at that one's price", () => {
    budget();
    const id = admit()!;
    box.claim(first, id);
    box.settle(id, 1, { outcome: "declined", code: "busy", permanent: false });
    expect(used()).toEqual([300, 0]);
    box.claim(second, id);
    box.settle(id, 2, accepted);
    expect(used()).toEqual([0, 300]);
  });

  it("spent for what is undelivered: the carrier took it", () => {
    budget();
    const id = admit()!;
    box.claim(first, id);
    box.settle(id, 1, accepted);
    box.report(first, id, "undelivered");
    expect([box.get(id).state, used()]).toEqual(["undelivered", [0, 100]]);
  });

  it.each([
    ["nobody hears of it: spent when its window ends", null, [0, 100]],
    ["a receipt says delivered", "delivered", [0, 100]],
    ["a receipt says undelivered", "undelivered", [0, 100]],
  ] as const)("reserved while it is unknown, and then spent: %s", (_what, word, then) => {
    budget({ window: { name: "month", rolling: false, zone: "UTC" } });
    const id = admit()!;
    box.claim(first, id);
    box.settle(id, 1, { outcome: "unknown", code: "timeout" });
    expect([box.get(id).state, used()]).toEqual(["unknown", [300, 0]]);
    box.pass(71 * HOUR_MS);
    box.sweep();
    expect(used()).toEqual([300, 0]);
    if (word === null) {
      box.pass(2 * HOUR_MS);
      box.sweep();
    } else box.report(first, id, word);
    expect(used()).toEqual(then);
    if (word === null) box.report(first, id, "delivered", { price: gbp(120) });
    expect(used()).toEqual(word === null ? [0, 120] : then);
  });
});

describe("a hard budget", () => {
  it("takes exactly what fits and says what is left and when it opens", () => {
    budget();
    expect([admit(), admit(), admit(), admit()].map((id) => id !== null)).toEqual([true, true, true, false]);
    const { stands } = box.budgets.judge(spend());
    expect(stands).toMatchObject({ why: "spent", left: 100, opensAt: Date.parse("2026-06-10T23:00:00Z") });
    expect(admit({ prices: [gbp(100)] })).not.toBeNull();
    expect(used()).toEqual([1_000, 0]);
    box.now = Date.parse("2026-06-10T23:00:00Z");
    expect(admit()).not.toBeNull();
  });

  it("refuses a price in another currency and one that nobody knows, unless it is told to pass", () => {
    budget();
    const why = (prices: Spend["prices"]) => box.budgets.judge(spend({ prices })).stands?.why;
    expect(why([gbp(1), { amount: 1, currency: "EUR" }])).toBe("other_currency");
    expect(why([gbp(1), null])).toBe("no_price");
    expect(box.budgets.judge(spend({ prices: [null] })).stands?.opensAt).toBeNull();
    box.budgets.change({ ...BASE, withoutPrice: "pass" });
    expect([why([gbp(1), null]), why([{ amount: 1, currency: "EUR" }])]).toEqual([undefined, "other_currency"]);
  });

  it("keeps its last part for codes to people who have proven their number", () => {
    budget({ keptForCodes: 40 });
    expect([admit(), admit({ prices: [gbp(300)] }), admit()].map((id) => id !== null)).toEqual([true, true, false]);
    const side = (of: Spend["side"]) => admit({ side: of, purpose: "otp", prices: [gbp(200)] }) !== null;
    expect([side("strangers"), side("relays"), side("codes"), side("devices"), side("codes")]).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    expect(used()).toEqual([1_000, 0]);
  });

  it("counts only what it is about, and each of several that are", () => {
    budget({ id: "bud_key", scope: { key: "key" } });
    budget({ id: "bud_other", scope: { key: "other" } });
    budget({ id: "bud_prefix", scope: { prefix: "+4477009", country: "GB", purpose: "service" } });
    budget({ id: "bud_service", scope: { service: "svc_1" } });
    budget({ id: "bud_sender", scope: { sender: "Acme" } });
    admit({ sender: () => "Acme" });
    expect(box.budgets.list().map(({ id }) => [id, used(id)[0]])).toEqual([
      ["bud_key", 300],
      ["bud_other", 0],
      ["bud_prefix", 300],
      ["bud_service", 0],
      ["bud_sender", 300],
    ]);
  });
});

it("a soft budget refuses nothing, and tells each level once", () => {
  budget({ hard: false, softLevels: [50, 100, 200] });
  for (let n = 0; n < 10; n += 1) expect(admit()).not.toBeNull();
  expect(box.reached.map(({ level, reserved }) => [level, reserved])).toEqual([
    [50, 600],
    [100, 1_200],
    [200, 2_100],
  ]);
  box.restart();
  admit();
  expect(box.reached).toHaveLength(3);
});

describe("a scheduled text", () => {
  const scheduled = (at: number, lifeMs = DAY_MS) =>
    box.admit({ prices: [gbp(300), gbp(300)], scheduleAt: at, lifeMs });
  const states = (ids: readonly string[]) => ids.map((id) => box.get(id).state + (box.get(id).reason ?? ""));

  it("reserves when it leaves, waits for the next window when the money is gone, and then leaves", () => {
    budget({ window: { name: "hour", rolling: false, zone: "UTC" } });
    const at = box.now + HOUR_MS;
    const ids = Array.from({ length: 7 }, () => scheduled(at));
    expect(used()).toEqual([0, 0]);
    box.now = at;
    box.sweep();
    expect(used()).toEqual([900, 0]);
    expect(states(ids).filter((state) => state === "scheduledbudget_exceeded")).toHaveLength(4);
    const dues = ids
      .map((id) => box.get(id))
      .filter(({ state }) => state === "scheduled")
      .map(({ due }) => (due! - at) / HOUR_MS);
    expect(dues).toEqual([1, 1, 1, 2]); // behind those that wait already
    for (let hour = 0; hour < 2; hour += 1) {
      box.pass(HOUR_MS);
      box.sweep();
    }
    expect(states(ids).every((state) => state.startsWith("queued") || state.startsWith("expired"))).toBe(true);
    expect(used()).toEqual([300, 0]);
  });

  it("ends as expired with that reason when its validity is over, and is never sent", () => {
    budget({ window: { name: "month", rolling: false, zone: "UTC" }, limit: gbp(200) });
    const at = box.now + HOUR_MS;
    const id = scheduled(at, HOUR_MS);
    box.now = at;
    box.sweep();
    box.pass(HOUR_MS);
    box.sweep();
    expect(states([id])).toEqual(["expiredbudget_exceeded"]);
    expect([box.dispatched, used()]).toEqual([[], [0, 0]]);
  });

  it("is looked at again at once when the budget is raised", () => {
    const made = budget({ window: { name: "month", rolling: false, zone: "UTC" }, limit: gbp(200) });
    const at = box.now + HOUR_MS;
    const id = scheduled(at);
    box.now = at;
    box.sweep();
    expect(states([id])).toEqual(["scheduledbudget_exceeded"]);
    box.budgets.change({ ...made, limit: gbp(2_000) });
    box.ledger.lookAgain("budget_exceeded", box.now);
    box.sweep();
    expect([states([id]), used()]).toEqual([["queued"], [300, 0]]);
  });
});

/** What the messages themselves say that is held of a budget, in the windows that still count. */
function recount(made: Budget, messages: readonly Message[]): [number, number] {
  const present = bucketAt(made.window, box.now);
  const counting = messages.filter(({ facts: { hold } }) => {
    if (hold === undefined) return false;
    const from = made.window.rolling ? bucketAt(made.window, hold.at).from : hold.at;
    return stillCounts(made.window, from, present);
  });
  const taken = counting.map((message) => takenOf(chargeOf(message), made.id, made.limit.currency));
  return [taken.reduce((sum, one) => sum + one.reserved, 0), taken.reduce((sum, one) => sum + one.spent, 0)];
}

/** The same by the budget's own row, without what came late. */
function stored(made: Budget): [number, number] {
  box.budgets.purge(box.now, 100);
  const [row] = box.sql.exec<{ totals: string }>(`SELECT totals FROM budgets WHERE id = ?`, made.id).toArray();
  const { buckets } = StoredTotals.parse(JSON.parse(row?.totals ?? ""));
  return [buckets.reduce((sum, one) => sum + one.reserved, 0), buckets.reduce((sum, one) => sum + one.spent, 0)];
}

it("what is reserved and spent is what a recount of the messages says, after whatever happened", () => {
  const random = chance("budgets");
  const made = [
    budget({ id: "bud_day", limit: gbp(20_000) }),
    budget({ id: "bud_hour", limit: gbp(6_000), window: { name: "hour", rolling: false, zone: "Asia/Kolkata" } }),
    budget({ id: "bud_ring", limit: gbp(4_000), window: { name: "hour", rolling: true, zone: "UTC" } }),
    budget({ id: "bud_codes", limit: gbp(3_000), scope: { purpose: "otp" }, keptForCodes: 30 }),
    budget({ id: "bud_soft", limit: gbp(500), hard: false, softLevels: [50, 100] }),
  ];
  const ids: string[] = [];
  const open: [string, number][] = [];
  const acts = [
    () => {
      const prices = [gbp(random.between(1, 200)), gbp(random.between(1, 400))];
      const code = random.fraction() < 0.4;
      const about = code ? { purpose: "otp" as const, side: random.pick(["codes", "strangers"] as const) } : {};
      const id = admit({ prices, ...about }, { lifeMs: random.between(1, 20) * MINUTE_MS });
      if (id !== null) ids.push(id);
    },
    () => {
      const id = ids[random.between(0, Math.max(0, ids.length - 1))];
      if (id === undefined) return;
      const { account } = box.get(id);
      for (const { message, attempt } of box.claim(account ?? "", id)) open.push([message, attempt]);
    },
    () => {
      const [message, attempt] = open.splice(random.between(0, Math.max(0, open.length - 1)), 1)[0] ?? [];
      if (message === undefined || attempt === undefined) return;
      const price = random.fraction() < 0.3 ? { price: gbp(random.between(1, 900)) } : {};
      box.settle(
        message,
        attempt,
        random.pick<Answer>([
          { ...accepted, ...price },
          { outcome: "declined", code: "x", permanent: true },
          { outcome: "declined", code: "x", permanent: false },
          { outcome: "throttled", code: "x", retryAfterSeconds: 1 },
          { outcome: "unknown", code: "x" },
        ]),
      );
    },
    () => {
      const id = ids[random.between(0, Math.max(0, ids.length - 1))];
      if (id === undefined) return;
      const price = random.fraction() < 0.3 ? { price: gbp(random.between(1, 900)) } : {};
      box.report(box.get(id).account ?? "", id, random.pick(["delivered", "undelivered", "sent"]), price);
    },
    () => box.pass(random.between(1, 600) * 1_000),
    () => box.restart(),
    () => void box.sweep(),
  ] as const;
  for (let step = 0; step < 1_500; step += 1) {
    random.pick([acts[0], acts[0], acts[0], ...acts])();
    if (step % 5 !== 0) continue;
    const messages = ids.map((id) => box.get(id));
    for (const one of made) expect([step, one.id, stored(one)]).toEqual([step, one.id, recount(one, messages)]);
  }
  expect(ids.length).toBeGreaterThan(100);
  box.pass(4 * DAY_MS);
  for (let run = 0; run < 5; run += 1) {
    box.sweep();
    box.pass(HOUR_MS);
  }
  const messages = ids.map((id) => box.get(id));
  expect(messages.map((message) => chargeOf(message)?.as)).not.toContain("reserved");
});
