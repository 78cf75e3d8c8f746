/**
 * T18: receipts in any order, five times, late, forged, for unknown ids and for another account.
 */
import { expect, test } from "vitest";
import { CarrierDouble, type Call, type DoubleAccount } from "../support/carriers/carrier-double.ts";
import type { Client, Tenant } from "../support/service/client.ts";
import { sharedService } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { chance, sized } from "../support/run/seed.ts";
import { eventually } from "../support/run/signal.ts";
import { WebhookSink } from "../support/receivers/webhook-sink.ts";
import { mayEnter, type State } from "../../src/messages/message.ts";

const random = chance("receipts");
let service: Client;
let carrier: CarrierDouble;
let account: DoubleAccount;
let other: DoubleAccount;
let tenant: Tenant;
let sink: WebhookSink;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(sharedService());
  account = carrier.account("mine", () => ({ does: "accept" }));
  other = carrier.account("theirs", () => ({ does: "accept" }));
  await service.carrier(other);
  tenant = await service.tenant("Receipts", [await service.carrier(account)]);
  sink = await use(WebhookSink.start(tenant));
});

async function sent(text: string): Promise<Call & { receiptUrl: string }> {
  const id = await tenant.sent({ text });
  await carrier.until("called", 10_000, () => carrier.calls.some((call) => call.message === id));
  await eventually("sent", 10_000, async () => ((await tenant.get(id)).state === "sent" ? true : null));
  return carrier.calls.find((call) => call.message === id) as Call & { receiptUrl: string };
}

test("receipts in any order and any number leave each message where the model says, and no ended one moves", async () => {
  const messages = await Promise.all(Array.from({ length: sized(25, 300) }, (_, nth) => sent(`Any order ${nth}`)));
  await Promise.all(
    messages.map(async (call) => {
      let model: State = "sent";
      for (let nth = random.between(1, 6); nth > 0; nth -= 1) {
        const state = random.pick<"sent" | "delivered" | "undelivered">(["sent", "delivered", "undelivered"]);
        const times = random.pick([1, 1, 5]);
        const answers = await Promise.all(
          Array.from({ length: times }, () => carrier.receipt(account, call.receiptUrl, call.message, state)),
        );
        expect(new Set(answers)).toEqual(new Set([200]));
        if (mayEnter(model, state)) model = state;
        expect((await tenant.get(call.message)).state).toBe(model);
      }
    }),
  );
});

test("a receipt 72 hours late still ends the message; one after a year is answered and ignored", async () => {
  const late = await sent("Late");
  await tenant.advance(72 * 3_600);
  expect(await carrier.receipt(account, late.receiptUrl, late.message, "delivered")).toBe(200);
  expect((await tenant.get(late.message)).state).toBe("delivered");
  const never = await sent("Never");
  await tenant.advance(365 * 24 * 3_600);
  expect(await carrier.receipt(account, never.receiptUrl, never.message, "undelivered")).toBe(200);
  expect(["sent", "undelivered"]).toContain((await tenant.get(never.message)).state);
});

test("forged receipts are 401 or 404 and change nothing", async () => {
  const call = await sent("Forged");
  const url = call.receiptUrl;
  const [path, mac = ""] = url.split(/\.(?=[^./]+$)/);
  const twisted = `${path}.${mac.startsWith("a") ? "b" : "a"}${mac.slice(1)}`;
  const odd = [
    await carrier.receipt(account, url, call.message, "delivered", { secret: other.secret }),
    await carrier.receipt(account, url, call.message, "delivered", { tamper: true }),
    await carrier.receipt(account, url, call.message, "delivered", { atSeconds: -600 }),
    await carrier.receipt(account, url, call.message, "delivered", { atSeconds: 600 }),
    await carrier.receipt(account, url, call.message, "delivered", { url: twisted }),
    await carrier.receipt(account, url, call.message, "delivered", { url: `${path}.` }),
    await carrier.receipt(account, url, call.message, "delivered", { url: `${path}` }),
  ];
  expect(odd).toEqual([401, 401, 401, 401, 404, 404, 404]);
  expect((await tenant.get(call.message)).state).toBe("sent");
});

test("a receipt for another message, another account or nobody settles nothing", async () => {
  const [mine, second] = [await sent("Mine"), await sent("Second")];
  // one message's URL with another's body
  expect(await carrier.receipt(account, mine.receiptUrl, second.message, "delivered")).toBe(400);
  // another account's address, with the MAC that was given to this one
  const theirs = (await service.admin<{ data: { id: string; name: string }[] }>("GET /admin/v1/carriers")).data.find(
    ({ name }) => name === "theirs",
  );
  const moved = mine.receiptUrl.replace(/car_\w+/, theirs?.id ?? "");
  expect(await carrier.receipt(other, moved, mine.message, "delivered")).toBe(404);
  expect([(await tenant.get(mine.message)).state, (await tenant.get(second.message)).state]).toEqual(["sent", "sent"]);
  // the right receipts still count
  expect(await carrier.receipt(account, mine.receiptUrl, mine.message, "delivered")).toBe(200);
  expect((await tenant.get(mine.message)).state).toBe("delivered");
});

test("what the tenant was told is a walk through the table for every message, and every telling was signed", async () => {
  const events = await tenant.events();
  for (const [message, walk] of Map.groupBy(events, (event) => event.resource)) {
    let at: State | null = null;
    for (const event of walk.sort((a, b) => a.sequence - b.sequence)) {
      const to = event.type.replace("message.", "") as State;
      if (event.type === "message.unconfirmed") {
        expect(at, message).toBe("sent"); // it ends as what it is, and is no step
        continue;
      }
      expect(mayEnter(at, to), `${message}: ${at} to ${to}`).toBe(true);
      at = to;
    }
  }
  await sink.until("all events arrived", 30_000, () => events.every((event) => sink.events.has(event.id)));
  expect(sink.forged).toEqual([]);
});
