// Telnyx's own package as a customer of the simulator: what it sends is taken, what it is told it understands, and what the
// simulator signs it believes. So the simulator is no mirror of our adapter.
import Telnyx from "telnyx";
import { afterAll, beforeAll, expect, it } from "vitest";
import { World } from "../support/carriers/world.ts";
import { MESSAGE } from "../support/carriers/adapter.ts";
import { CallbackSink } from "../support/carriers/callback-sink.ts";

let world: World;
let sink: CallbackSink;
let account: ReturnType<World["account"]>;
beforeAll(async () => {
  world = await World.start();
  sink = await CallbackSink.start();
  account = world.account("telnyx");
});
afterAll(async () => {
  await world.stop();
  await sink.stop();
});

/** The package, with Telnyx's host exchanged for the simulator's. */
const customer = (apiKey = account.secrets["api_key"]!) => new Telnyx({ apiKey, publicKey: account.settings["public_key"]!, baseURL: `${account.baseUrl}/v2`, maxRetries: 0 }); // prettier-ignore
type Body = Parameters<Telnyx["messages"]["send"]>[0];
const text = (over: object = {}): Body => ({ to: "+447700900123", from: "Maskline", messaging_profile_id: account.settings["messaging_profile_id"]!, text: "Hello £5", type: "SMS", encoding: "gsm7", webhook_url: sink.urlFor(MESSAGE), use_profile_webhooks: false, ...over }); // prettier-ignore

it("sends, and is believed where it reports", async () => {
  const { data } = await customer().messages.send(text());
  expect(data).toMatchObject({ record_type: "message", direction: "outbound", parts: 1, encoding: "GSM-7", errors: [], to: [{ phone_number: "+447700900123", status: "queued" }] }); // prettier-ignore
  await world.until("receipts", 5_000, () => world.owed === 0);
  const [callback] = sink.of(MESSAGE);
  const event = await customer().webhooks.unwrap(Buffer.from(callback!.body).toString(), { headers: { ...callback!.headers } }); // prettier-ignore
  expect(event).toMatchObject({ data: { event_type: "message.finalized", payload: { id: data?.id, to: [{ status: "delivered" }], webhook_url: callback!.url } }, meta: { delivered_to: callback!.url } }); // prettier-ignore
  expect((await customer().balance.retrieve()).data).toMatchObject({ record_type: "balance", currency: "USD" });
});

it("brings a person's text as the package reads it", async () => {
  expect(await world.inbound(account.name, { url: `${sink.base}/carriers/car_1/inbound`, from: "+447700900123", to: "+447700900001", text: "STOP" })).toBe(200); // prettier-ignore
  const callback = sink.callbacks.at(-1)!;
  const event = await customer().webhooks.unwrap(Buffer.from(callback.body).toString(), { headers: { ...callback.headers } }); // prettier-ignore
  expect(event).toMatchObject({ data: { event_type: "message.received", payload: { direction: "inbound", text: "STOP", from: { phone_number: "+447700900123" } } } }); // prettier-ignore
});

it("signs a forgery so that the package refuses it", async () => {
  const [call] = world.callsOf(account.name);
  await world.receipt(call!, { state: "undelivered", forged: true });
  const callback = sink.of(MESSAGE).at(-1)!;
  await expect(customer().webhooks.unwrap(Buffer.from(callback.body).toString(), { headers: { ...callback.headers } })).rejects.toThrow("signature"); // prettier-ignore
});

it.each<[object, string]>([
  [{ to: "+4477009001" }, "40310"],
  [{ to: undefined }, "40310"],
  [{ from: undefined, messaging_profile_id: undefined }, "40305"],
  [{ messaging_profile_id: undefined }, "40306"],
  [{ messaging_profile_id: "0f512bda-ae1e-4597-8e11-e5f5686b97d3" }, "40305"],
  [{ from: "Twelve Letter" }, "40305"],
  [{ text: "" }, "40316"],
  [{ text: "x".repeat(1_531) }, "40302"],
  [{ text: "Ŵelsh" }, "10015"],
  [{ webhook_url: "nowhere" }, "10003"],
  [{ valid_until: "2026-11-23T12:00:00Z" }, "10015"],
  [{ use_profile_webhooks: "no" }, "10015"],
])("is told of %j as Telnyx tells it", async (over, code) => {
  const before = world.calls.length;
  await expect(customer().messages.send(text(over))).rejects.toMatchObject({ status: 400, error: { errors: [{ code }] } }); // prettier-ignore
  expect(world.calls).toHaveLength(before);
});

it("is turned away with another's key", async () => {
  await expect(customer("KEY_another").messages.send(text())).rejects.toMatchObject({ status: 401, error: { errors: [{ code: "10009" }] } }); // prettier-ignore
});
