// What a carrier refuses as a loop or as fraud is refused for good: no other account is asked to pay for it.
import { expect, it } from "vitest";
import { CARRIERS, type CarrierKind } from "../../../src/carriers/registry.ts";
import { accountOf, json, sendBy } from "../../support/carriers/adapter.ts";

const infobip = (id: number, name: string, groupId = 5) =>
  json(200, { messages: [{ messageId: "m", status: { id, groupId, groupName: "REJECTED", name } }] });
const telnyx = (code: string) => json(400, { errors: [{ code }] });
const twilio = (code: number, status = 400) => json(status, { code, message: "m", status });
const http = (code: string) => json(200, { accepted: false, code });

it.each<[CarrierKind, string, () => Response]>([
  ["infobip", "flooding", () => infobip(20, "REJECTED_FLOODING_FILTER")],
  ["infobip", "pumping", () => infobip(87, "SIGNALS_BLOCKED")],
  ["infobip", "pumping that has expired", () => infobip(87, "SIGNALS_BLOCKED", 4)],
  ["telnyx", "spam, by its own filter", () => telnyx("40015")],
  ["telnyx", "inflated traffic", () => telnyx("40020")],
  ["twilio", "too many texts between two numbers", () => twilio(14107)],
  ["twilio", "too many texts between two numbers, as a 429", () => twilio(14107, 429)],
  ["twilio", "a loop of messages", () => twilio(30039)],
  ["twilio", "pumping", () => twilio(30450)],
  ["twilio", "pumping, by the older code", () => twilio(30453)],
  ["twilio", "a verification that looks like fraud", () => twilio(60410)],
  ["twilio", "a filtered text", () => twilio(30007)],
  ["http", "fraud", () => http("fraud")],
  ["http", "a loop", () => http("loop")],
])("%s: %s", async (kind, _what, answers) => {
  const { answer } = await sendBy(CARRIERS[kind], accountOf(kind), answers);
  expect(answer).toMatchObject({ outcome: "declined", permanent: true });
  expect(answer).not.toHaveProperty("unmapped");
  expect(answer).not.toHaveProperty("ofAccount"); // nor is it held against the account
});
