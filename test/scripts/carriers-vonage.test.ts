// Vonage's own package as a customer of the simulator, and as the judge of what it signs.
import { AlgorithmTypes } from "@vonage/auth";
import { SMS } from "@vonage/sms";
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
  account = world.account("vonage");
});
afterAll(async () => {
  await world.stop();
  await sink.stop();
});

const customer = (apiSecret = account.secrets["api_secret"]!) => new SMS({ apiKey: account.secrets["api_key"]!, apiSecret }, { restHost: account.baseUrl }); // prettier-ignore
const text = () => ({ to: "447700900123", from: "Maskline", text: "Hello £5", callback: sink.urlFor(MESSAGE), clientRef: MESSAGE, ttl: 600_000 }); // prettier-ignore

it("sends, and is believed where it reports, part by part", async () => {
  const sent = await customer().send({ ...text(), text: "x".repeat(320) });
  expect(sent).toMatchObject({ messageCount: "3", messages: [{ to: "447700900123", status: "0", network: "23410", clientRef: MESSAGE }, {}, {}] }); // prettier-ignore
  await world.until("receipts", 5_000, () => world.owed === 0);
  const told = sink.of(MESSAGE).map(({ body }) => JSON.parse(new TextDecoder().decode(body)) as Record<string, string>);
  expect(told.map(({ messageId }) => messageId)).toEqual(sent.messages.map(({ messageId }) => messageId));
  for (const each of told) {
    expect(each).toMatchObject({ status: "delivered", "client-ref": MESSAGE, "api-key": account.secrets["api_key"] });
    const { sig = "", ...said } = each;
    expect(customer().verifySignature(sig, said, account.secrets["signature_secret"], AlgorithmTypes.sha256hmac)).toBe(true); // prettier-ignore
  }
});

it("brings the parts of a person's text, which the package verifies, and signs a forgery so that it does not", async () => {
  const url = `${sink.base}/carriers/car_1/inbound`;
  const verdicts = [];
  for (const over of [{}, { part: { ref: "142", nth: 1, of: 2 } }, { forged: true }]) {
    expect(await world.inbound(account.name, { url, from: "+447700900123", to: "+447700900871", text: "Grüße & so", ...over })).toBe(200); // prettier-ignore
    const { sig = "", ...said } = JSON.parse(new TextDecoder().decode(sink.callbacks.at(-1)?.body)) as Record<string, string>; // prettier-ignore
    expect(said).toMatchObject({ msisdn: "447700900123", text: "Grüße & so", ...("part" in over ? { concat: "true", "concat-part": "1" } : {}) }); // prettier-ignore
    verdicts.push(customer().verifySignature(sig, said, account.secrets["signature_secret"], AlgorithmTypes.sha256hmac)); // prettier-ignore
  }
  expect(verdicts).toEqual([true, true, false]);
});

it.each<[object, string]>([
  [{ to: "4477009001" }, "6"],
  [{ to: "07700900123" }, "6"],
  [{ to: "x" }, "3"],
  [{ text: "" }, "2"],
  [{ ttl: 5 }, "3"],
  [{ callback: "x" }, "23"],
  [{ clientRef: "x".repeat(41) }, "3"],
  [{ text: "x".repeat(3_201) }, "12"],
  [{ surprise: "1" }, "3"],
])("is told of %j as Vonage tells it", async (over, status) => {
  const before = world.calls.length;
  await expect(customer().send({ ...text(), ...over })).rejects.toMatchObject({ response: { messages: [{ status }] } });
  expect(world.calls).toHaveLength(before);
});

it("is turned away with another's secret", async () => {
  await expect(customer("another-secret").send(text())).rejects.toMatchObject({ response: { messages: [{ status: "4" }] } }); // prettier-ignore
});
