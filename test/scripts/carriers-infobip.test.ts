// Infobip's official package speaks only its older API, so the customer here is the published description: its own examples
// are taken, and whatever departs from it is told so in Infobip's words.
import { PLAIN_ACCOUNT } from "../../src/carriers/carrier.ts";
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { infobipCarrier } from "../../src/carriers/adapters/infobip/infobip.ts";
import { World } from "../support/carriers/world.ts";
import { handover } from "../support/carriers/adapter.ts";
import { CallbackSink } from "../support/carriers/callback-sink.ts";

let world: World;
let sink: CallbackSink;
let account: ReturnType<World["account"]>;
beforeAll(async () => {
  world = await World.start();
  sink = await CallbackSink.start();
  account = world.account("infobip");
});
afterAll(async () => {
  await world.stop();
  await sink.stop();
});

async function send(body: unknown, key = account.secrets["api_key"]) {
  const headers = { authorization: `App ${key}`, "content-type": "application/json" };
  const answered = await fetch(`${account.baseUrl}/sms/3/messages`, { method: "POST", headers, body: JSON.stringify(body) }); // prettier-ignore
  return { status: answered.status, body: (await answered.json()) as { messages: { messageId: string; status: object }[] } }; // prettier-ignore
}
const basic = { destinations: [{ to: "447700900123" }], content: { text: "This is a sample message" } };

it("takes the published examples: the basic message, and one with everything", async () => {
  const { status, body } = await send({ messages: [{ sender: "InfoSMS", ...basic }] });
  expect(status).toBe(200);
  expect(body.messages).toMatchObject([{ destination: "447700900123", details: { messageCount: 1 }, status: { groupId: 1, groupName: "PENDING", id: 26, name: "PENDING_ACCEPTED" } }]); // prettier-ignore
  expect(body.messages[0]?.messageId).toMatch(/^[\w-]{8,}$/);
  const full = { sender: "InfoSMS", destinations: [{ to: "447700900123", messageId: "MESSAGE-ID-123-xyz" }], content: { text: "Artık", transliteration: "TURKISH", language: { languageCode: "TR" } }, options: { validityPeriod: { amount: 720, timeUnit: "HOURS" }, campaignReferenceId: "summersale" }, webhooks: { delivery: { url: "https://www.example.com/sms/advanced", intermediateReport: true }, contentType: "application/json", callbackData: "DLR callback data" } }; // prettier-ignore
  const options = { schedule: { bulkId: "BULK-ID-123-xyz", sendAt: "2021-08-24T15:00:00.000+0000" }, tracking: { shortenUrl: true, trackClicks: true, trackingUrl: "https://example.com/click-report", removeProtocol: true, customDomain: "example.com" }, includeSmsCountInResponse: true, conversionTracking: { useConversionTracking: true, conversionTrackingName: "MY_CAMPAIGN" } }; // prettier-ignore
  expect((await send({ messages: [full], options })).body.messages).toMatchObject([
    { messageId: "MESSAGE-ID-123-xyz" },
  ]);
});

it("reports with the HMAC of the body, in Infobip's words, and what our customer wants back", async () => {
  const url = sink.urlFor("msg_report");
  await send({ messages: [{ ...basic, destinations: [{ to: "447700900123", messageId: "msg_report" }], webhooks: { delivery: { url }, callbackData: "7" } }] }); // prettier-ignore
  await world.until("receipts", 5_000, () => sink.of("msg_report").length === 1);
  const [callback] = sink.of("msg_report");
  const mac = createHmac("sha256", account.secrets["receipt_secret"]).update(callback!.body).digest("hex");
  expect(callback!.headers["x-signature"]).toBe(mac);
  expect(JSON.parse(Buffer.from(callback!.body).toString())).toMatchObject({ results: [{ messageId: "msg_report", callbackData: "7", status: { id: 5, groupName: "DELIVERED" }, error: { id: 0, name: "NO_ERROR" }, mccMnc: "23415", doneAt: expect.stringMatching(/\.\d{3}\+0000$/) }] }); // prettier-ignore
});

it("takes no id twice, and our adapter is in doubt then and does not send again", async () => {
  const ours = { ...PLAIN_ACCOUNT, id: "car_1", kind: "infobip", mode: "test" as const, settings: account.settings, secrets: account.secrets }; // prettier-ignore
  const io = { fetch, now: Date.now, handset: () => Promise.reject(new Error("no handset")) };
  const again = { ...handover, message: "msg_twice", receiptUrl: sink.urlFor("msg_twice") };
  expect(await infobipCarrier.send(ours, again, io)).toEqual({ outcome: "accepted", reference: "msg_twice" });
  expect(await infobipCarrier.send(ours, again, io)).toEqual({ outcome: "unknown", code: "REJECTED_DUPLICATE_MESSAGE_ID" }); // prettier-ignore
  expect(world.callsOf(account.name).filter(({ message }) => message === "msg_twice")).toHaveLength(1);
});

it("brings a person's text as the description has it", async () => {
  expect(await world.inbound(account.name, { url: `${sink.base}/carriers/car_1/inbound`, from: "+447700900123", to: "+447700900001", text: "QUIZ Paris" })).toBe(200); // prettier-ignore
  const { body } = sink.callbacks.at(-1)!;
  expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ results: [{ from: "447700900123", to: "447700900001", text: "QUIZ Paris", keyword: "QUIZ", cleanText: "Paris" }], messageCount: 1, pendingMessageCount: 0 }); // prettier-ignore
});

it.each<[string, object, string]>([
  ["an unknown field", { flash: true }, "messages.0"],
  ["a field of the older API", { from: "InfoSMS" }, "messages.0"],
  ["a number where a text belongs", { destinations: [{ to: 447_700_900_123 }] }, "messages.0.destinations.0.to"],
  ["no text", { content: { text: "" } }, "content.text"],
  ["a unit that is none", { options: { validityPeriod: { amount: 1, timeUnit: "DAYS" } } }, "messages.0.options.validityPeriod.timeUnit"], // prettier-ignore
  ["half a second", { options: { validityPeriod: { amount: 0.5 } } }, "messages.0.options.validityPeriod.amount"],
  ["no address", { webhooks: { delivery: { url: "nowhere" } } }, "webhooks.delivery.url"],
])("is told of %s as Infobip tells it", async (_what, over, property) => {
  const before = world.calls.length;
  const { status, body } = await send({ messages: [{ ...basic, ...over }] });
  expect([status, body]).toMatchObject([400, { errorCode: "E400", violations: [{ property }] }]);
  expect(world.calls).toHaveLength(before);
});

it("rejects inside a 200 whoever is not to be texted, and turns another's key away", async () => {
  const before = world.calls.length;
  const stranger = await send({ messages: [{ ...basic, destinations: [{ to: "4477009001" }] }] }); // prettier-ignore
  expect([stranger.status, stranger.body.messages[0]?.status]).toMatchObject([200, { id: 52, name: "REJECTED_DESTINATION" }]); // prettier-ignore
  expect(await send({ messages: [basic] }, "another")).toMatchObject({ status: 401, body: { errorCode: "E401" } });
  expect(world.calls).toHaveLength(before);
});
