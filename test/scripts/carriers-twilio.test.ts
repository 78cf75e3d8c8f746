// Twilio's own package as a customer of the simulator: what it sends is taken, what it is told it understands, and what the
// simulator signs it believes. So the simulator is no mirror of our adapter.
import twilio from "twilio";
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
  account = world.account("twilio");
});
afterAll(async () => {
  await world.stop();
  await sink.stop();
});

/** The package, with Twilio's host exchanged for the simulator's. */
function customer(token = account.secrets["auth_token"]!) {
  const real = new twilio.RequestClient();
  const httpClient = { request: (options: { uri: string }) => real.request({ ...options, uri: options.uri.replace("https://api.twilio.com", account.baseUrl) } as Parameters<typeof real.request>[0]) }; // prettier-ignore
  return twilio(account.settings["account_sid"], token, { httpClient } as object);
}
const text = () => ({ to: "+447700900123", from: "Maskline", body: "Hello £5", statusCallback: sink.urlFor(MESSAGE), validityPeriod: 600, contentRetention: "discard", addressRetention: "obfuscate", riskCheck: "enable" }) as const; // prettier-ignore

it("sends, and is believed where it reports", async () => {
  const sent = await customer().messages.create(text());
  expect(sent).toMatchObject({ status: "queued", to: "+447700900123", from: "Maskline", numSegments: "1", errorCode: null, direction: "outbound-api" }); // prettier-ignore
  await world.until("receipts", 5_000, () => world.owed === 0);
  const [callback] = sink.of(MESSAGE);
  const form = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(callback?.body)));
  expect(form).toMatchObject({ MessageSid: sent.sid, MessageStatus: "delivered" });
  expect(twilio.validateRequest(account.secrets["auth_token"], callback!.headers["x-twilio-signature"]!, callback!.url, form)).toBe(true); // prettier-ignore
  expect(await customer().messages(sent.sid).remove()).toBe(true);
  expect(world.calls.at(-1)).toMatchObject({ to: null, text: null, redacted: true });
  expect(await customer().balance.fetch()).toMatchObject({ currency: "USD" });
});

it("brings a person's text that the package believes, and signs a forgery so that it does not", async () => {
  const url = `${sink.base}/carriers/car_1/inbound`;
  const verdicts = [];
  for (const forged of [false, true]) {
    expect(await world.inbound(account.name, { url, from: "+447700900123", to: "+447700900871", text: "Grüße & so", forged })).toBe(200); // prettier-ignore
    const { body, headers } = sink.callbacks.at(-1)!;
    const form = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)));
    expect(form).toMatchObject({ Body: "Grüße & so", From: "+447700900123", SmsStatus: "received" });
    verdicts.push(twilio.validateRequest(account.secrets["auth_token"], headers["x-twilio-signature"]!, url, form));
  }
  expect(verdicts).toEqual([true, false]);
});

it.each<[object, number]>([
  [{ to: "+4477009001" }, 21211],
  [{ to: "" }, 21604],
  [{ from: undefined }, 21603],
  [{ body: "" }, 21602],
  [{ body: "x".repeat(1_601) }, 21617],
  [{ validityPeriod: 36_001 }, 21624],
  [{ statusCallback: "x" }, 21609],
  [{ contentRetention: "forget" }, 30029],
  [{ addressRetention: "forget" }, 30030],
  [{ from: undefined, messagingServiceSid: "x" }, 21701],
  [{ sendAsMms: "perhaps" }, 20001],
])("is told of %j as Twilio tells it", async (over, code) => {
  const before = world.calls.length;
  await expect(customer().messages.create({ ...text(), ...over })).rejects.toMatchObject({ code, status: 400 }); // prettier-ignore
  expect(world.calls).toHaveLength(before);
});

it("is turned away with another's token", async () => {
  await expect(customer("e".repeat(32)).messages.create(text())).rejects.toMatchObject({ code: 20003, status: 401 });
});
