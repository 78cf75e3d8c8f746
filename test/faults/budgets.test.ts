/**
 * Budgets over the built Worker, killed and started again while 200 texts come at once: a budget takes what fits and not a penny more,
 * what it says is spent and reserved is what the messages say, and nothing stays reserved.
 */
import { expect, test } from "vitest";
import { CarrierDouble, type Conduct } from "../support/carriers/carrier-double.ts";
import { numberFor, type Tenant } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { atSpeed } from "../support/run/patience.ts";
import { chance, sized } from "../support/run/seed.ts";
import { setUp } from "../support/run/set-up.ts";
import { eventually, Signal } from "../support/run/signal.ts";

const TEXTS = 200;
const KILLS = sized(3, 12);
const GIVEN_BACK = ["failed", "expired", "canceled", "blocked"];
const random = chance("budgets killed");
const gbp = (amount: number) => ({ amount, currency: "GBP" });
let service: Service;
let carrier: CarrierDouble;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(Service.start());
});

type Budget = { id: string; reserved: number; spent: number; left: number };

async function account(name: string, price: number, conduct: () => Conduct): Promise<string> {
  const { url, secret, statusUrl } = carrier.account(name, conduct);
  const body = { name, kind: "http", mode: "test", url, secret, status_url: statusUrl, price: gbp(price) };
  return (await service.admin<{ id: string }>("POST /admin/v1/carriers", body)).id;
}

async function budgetOf(tenant: Tenant, amount: number): Promise<string> {
  const body = { name: "All", window: "month", limit: gbp(amount), hard: true };
  return (JSON.parse((await tenant.call("POST /v1/budgets", { body })).text) as Budget).id;
}

const read = async (tenant: Tenant, id: string): Promise<Budget> =>
  JSON.parse((await tenant.call(`GET /v1/budgets/${id}`)).text) as Budget;

/** All texts at once, each repeated with its key until it is answered, while the Worker is killed; answers the statuses. */
async function rush(tenant: Tenant, textOf: (nth: number) => string): Promise<Map<number, number>> {
  const state = { up: true, changed: new Signal(), answered: 0 };
  const statuses = new Map<number, number>();
  const callers = Array.from({ length: TEXTS }, async (_, nth) => {
    const body = { to: numberFor(nth), text: textOf(nth), purpose: "service" };
    for (;;) {
      const headers = { "idempotency-key": `text-${nth}` };
      const { status } = await tenant.call("POST /v1/messages", { body, headers });
      if (status === 202 || status === 429) {
        state.answered += 1;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        state.changed.ring();
        return;
      }
      await state.changed.until("the Worker is up", 120_000, () => state.up);
    }
  });
  for (let kill = 0; kill < KILLS; kill += 1) {
    // After some of them, so that every kill meets texts on their way: in the door, with the carrier, or between two accounts.
    const after = Math.floor(((kill + random.fraction()) * TEXTS) / (KILLS + 1));
    await state.changed.until("some are answered", 120_000, () => state.answered >= after);
    state.up = false;
    await service.kill();
    await service.resume();
    state.up = true;
    state.changed.ring();
  }
  await Promise.all(callers);
  return statuses;
}

/** The budget and the messages once nothing is reserved and every message is with its carrier or has ended. */
async function settled(tenant: Tenant, id: string) {
  let last = "";
  return eventually(
    "nothing is reserved any more",
    120_000,
    async () => {
      const budget = await read(tenant, id);
      const messages = await tenant.messages();
      const open = messages.filter(({ state }) => ["queued", "sending", "unknown"].includes(state));
      last = `${budget.reserved} reserved, ${open.length} open, such as ${open[0]?.id} ${open[0]?.state}`;
      return budget.reserved === 0 && open.length === 0 ? { budget, messages } : null;
    },
    1_000,
    () => last,
  );
}

test(
  "200 texts of one price against a budget for 50, killed in between: exactly 50 are accepted, sent and paid for",
  async () => {
    const tenant = await service.tenant("Fifty", [await account("fifty", 40_000, () => ({ does: "accept" }))]);
    const id = await budgetOf(tenant, 50 * 40_000);
    const statuses = await rush(tenant, () => "One part");
    const { budget, messages } = await settled(tenant, id);
    expect(Object.fromEntries(statuses)).toEqual({ 202: 50, 429: 150 });
    expect(messages).toHaveLength(50);
    expect(budget).toMatchObject({ spent: 50 * 40_000, left: 0 });
    expect(new Set(carrier.calls.filter(({ taken }) => taken).map(({ message }) => message)).size).toBe(50);
  },
  atSpeed(240_000),
);

test(
  "parts, prices and answers mixed: what is accepted was never more than the budget, and what is spent is what the messages cost",
  async () => {
    const conduct = (): Conduct => {
      const die = random.fraction();
      if (die < 0.7) return { does: "accept", afterMs: random.between(5, 60) };
      if (die < 0.85) return { does: "decline", code: "busy" };
      return { does: "reset_before_reading" };
    };
    const [cheap, dear] = [random.between(20_000, 40_000), random.between(40_001, 90_000)];
    const routes = [await account("cheap", cheap, conduct), await account("dear", dear, conduct)];
    const tenant = await service.tenant("Mixed", routes);
    const limit = 50 * dear;
    const id = await budgetOf(tenant, limit);
    const before = carrier.calls.length;
    const statuses = await rush(tenant, () => "x".repeat(random.between(1, 450)));
    const { budget, messages } = await settled(tenant, id);
    const paid = messages.filter(({ state }) => !GIVEN_BACK.includes(state));
    const cost = paid.reduce((sum, { price }) => sum + (price?.amount ?? Number.NaN), 0);
    console.log(
      JSON.stringify({ kills: KILLS, statuses: Object.fromEntries(statuses), paid: paid.length, cost, limit }),
    );
    expect(messages).toHaveLength(statuses.get(202) ?? 0);
    expect(budget.spent).toBe(cost);
    expect(cost).toBeLessThanOrEqual(limit);
    const priceOf = new Map(routes.map((route, at) => [route, at === 0 ? cheap : dear]));
    for (const { price, carrier: by, segments } of paid)
      expect(price?.amount).toBe((priceOf.get(by ?? "") ?? Number.NaN) * segments);
    expect(
      new Set(
        carrier.calls
          .slice(before)
          .filter(({ taken }) => taken)
          .map(({ message }) => message),
      ).size,
    ).toBe(paid.length); // nobody got a text that nothing was held for
  },
  atSpeed(240_000),
);
