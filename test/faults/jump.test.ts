/**
 * T10 against the process: the tenant's clock jumps forward, again and again, while messages are on their way.
 */
import { expect, test } from "vitest";
import { CarrierDouble } from "../support/carriers/carrier-double.ts";
import { type Client, numberFor } from "../support/service/client.ts";
import { sharedService } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { History } from "../support/judge/history.ts";
import { judge } from "../support/judge/judge.ts";
import { chance, sized } from "../support/run/seed.ts";
import { eventually } from "../support/run/signal.ts";
import { WebhookSink } from "../support/receivers/webhook-sink.ts";

const random = chance("jump");
let service: Client;
let carrier: CarrierDouble;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(sharedService());
});

test("while the clock jumps by minutes and hours nothing is sent twice, in doubt, or after its end", async () => {
  const account = carrier.account("jump", () => ({
    does: "accept",
    afterMs: random.between(0, 300),
    receipts: [{ state: "delivered", afterMs: random.between(0, 500) }],
  }));
  const tenant = await service.tenant("Jump", [await service.carrier(account)]);
  const sink = await WebhookSink.start(tenant);
  const history = new History();
  for (let round = 0; round < sized(6, 40); round += 1) {
    const wishes = Array.from({ length: 20 }, (_, nth) =>
      history.wish({ to: numberFor(nth), text: `Jump ${round} ${nth}`, purpose: nth % 2 === 0 ? "otp" : "service" }),
    );
    await Promise.all([
      ...wishes.map((wish) => history.ask(tenant, wish)),
      tenant.advance(random.pick([1, 59, 601, 3_600, 90_000])),
    ]);
    await tenant.advance(random.between(1, 1_200));
  }
  let waiting = "";
  const messages = await eventually(
    "all have ended",
    60_000,
    async () => {
      const { owed } = carrier; // before the list: a receipt that comes while it is read is in a later one
      const all = await tenant.messages();
      const open = all.filter(({ state }) => !["delivered", "expired"].includes(state));
      waiting = `${open.length} wait, such as ${JSON.stringify(open[0])}`;
      return open.length === 0 && owed === 0 ? all : null;
    },
    500,
    () => waiting,
  );
  const evidence = history.evidence({ calls: carrier.calls, messages, events: await tenant.events() });
  const { wrong, figures } = judge(evidence, { connections: 0 }); // no kill explains anything
  console.log(JSON.stringify(figures));
  expect(wrong).toEqual([]);
  const called = new Set(carrier.calls.map((call) => call.message));
  expect(messages.filter(({ id, state }) => state === "expired" && called.has(id))).toEqual([]);
  await sink.stop();
});
