// Through the API: numbers, codes and times as people paste them; invisible texts; amounts that nobody can pay.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { newTenant, type Json } from "../support/tenant/tenant.ts";
import { check, codeOf, started } from "../support/tenant/verifications.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const message = (over: Json = {}): Json => ({ to: "+447700900123", purpose: "service", text: "hello", ...over });
const BLANK = ["\u200b", "\u3164", "\u2800", "\u200b\u2060", "\u0301", "\u{e0041}"];

describe("a number as it is pasted", () => {
  test.each([
    "\u202d+447700900123\u202c",
    "07700\u00a0900\u00a0123",
    "tel:+447700900123",
    "٠٧٧٠٠٩٠٠١٢٣",
    "07700/900123",
  ])("%j is accepted wherever a number is", async (to) => {
    const tenant = await newTenant();
    const sent = await tenant.call("POST /v1/messages", message({ to }));
    expect([sent.status, sent.body["to"]]).toMatchObject([202, { mask: "+44•••••••23" }]);
    for (const [route, body] of [
      ["POST /v1/messages/preview", message({ to })],
      ["POST /v1/verifications", { to }],
      ["POST /v1/tokens", { number: to }],
      ["POST /v1/consents", { to, purposes: ["marketing"], state: "withdrawn", source: "phone" }],
    ] as const)
      expect((await tenant.call(route, body)).status, route).toBeLessThan(300);
  });

  test("is shown in no reference and no metadata, however it is written", async () => {
    const tenant = await newTenant();
    const written = [
      "07700/900123",
      "7700900123",
      "0️⃣7700900123",
      "(07700)·900·123",
      "+44%207700%20900123",
      "cust01632960123",
    ];
    for (const [at, text] of written.entries()) {
      const note = { to: `+44770090012${at}`, reference: text, metadata: { phone: text } };
      const { body } = await tenant.call("POST /v1/messages", message(note));
      const again = await tenant.call(`GET /v1/messages/${body["id"]}`);
      for (const shown of [body, again.body]) {
        expect(shown["reference"]).toContain("•••••••23");
        expect(shown["metadata"]).toEqual({ phone: shown["reference"] });
      }
      const asked = await tenant.call(`GET /v1/messages?reference=${encodeURIComponent(text)}`);
      expect([asked.status, asked.body["code"]]).toEqual([400, "number_in_query"]);
    }
  });

  test("is searched in a batch of a thousand without taking longer than letters would", async () => {
    const filled = (piece: string) =>
      Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`k${at}`, piece.repeat(62)]));
    const batch = async (over: Json) => {
      const tenant = await newTenant(); // each with its own caps
      const to = (n: number) => `07700900${String(n).padStart(3, "0")}`;
      const messages = Array.from({ length: 1_000 }, (_, n) => message({ to: to(n), ...over }));
      const from = performance.now();
      const { status, body } = await tenant.call("POST /v1/messages/batch", { messages });
      expect(status).toBe(202);
      const taken = (body["data"] as Json[]).filter(({ message: one }) => one !== undefined).length;
      return { taken, ms: Math.round(performance.now() - from) };
    };
    const letters = await batch({ metadata: filled("ab cd e ") });
    const digits = await batch({ metadata: filled("01 07 0 ") });
    console.log(`batches of 1,000 with 3.5 MB of metadata: ${JSON.stringify({ letters, digits })}`);
    expect([letters.taken, digits.taken]).toEqual([1_000, 1_000]);
    // Digits cost about half a second in all; they cost one to fourteen milliseconds a value, and there are 7,000.
    expect(digits.ms).toBeLessThan(2 * letters.ms + 2_000);
  }, 120_000);
});

test.each(["٠١٢٣٤٥", "０１２３４５"])(
  "a code in the digits of another keyboard is the code: %s",
  async (zeroToFive) => {
    const tenant = await newTenant();
    const verification = await started(tenant);
    const code = await codeOf(tenant, verification);
    const zero = zeroToFive.codePointAt(0) ?? 0;
    const typed = Array.from(code, (digit) => String.fromCodePoint(zero + Number(digit))).join("\u200b");
    expect((await check(tenant, verification["id"], `\u2068${typed}\u2069.`)).body).toMatchObject({ valid: true });
  },
);

test("a time may be written with a small t and z", async () => {
  const tenant = await newTenant();
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const { status, body } = await tenant.call("POST /v1/messages", message({ schedule_at: at.toLowerCase() }));
  expect([status, body["schedule_at"]]).toEqual([202, at]);
});

describe("an invisible text is empty", () => {
  test.each(BLANK)("%j, as a text, a name, a brand and a sentence", async (blank) => {
    const tenant = await newTenant();
    const codes = async (route: string, body: Json) => {
      const answer = await tenant.call(route, body);
      const errors = (answer.body["errors"] ?? []) as Json[];
      return [answer.status, ...errors.map(({ field }) => field)];
    };
    for (const smart_encoding of [true, false])
      for (const route of ["POST /v1/messages", "POST /v1/messages/preview"])
        expect(await codes(route, message({ text: blank, smart_encoding })), route).toEqual([422, "text"]);
    expect(await codes("POST /v1/verifications", { to: "+447700900123", brand: blank })).toEqual([422, "brand"]);
    expect(await codes("POST /v1/verify/services", { name: blank })).toEqual([422, "name"]);
    expect(await codes("POST /v1/verify/templates", { name: blank, texts: { en: "{{code}} is it" } })).toEqual([
      422,
      "name",
    ]);
    expect(await codes("PATCH /v1/masking", { tombstone: blank })).toEqual([422, "tombstone"]);
    const participants = [{ to: "+447700900123", name: blank }, { to: "+447700900124" }];
    expect(await codes("POST /v1/sessions", { participants })).toEqual([422, "participants/0/name"]);
    const hidden = [{ to: "+447700900123", name: "Ann\u0000\nSupport" }, { to: "+447700900124" }];
    expect(await codes("POST /v1/sessions", { participants: hidden })).toEqual([422, "participants/0/name"]);
  });
});

test("preview judges the text that would be sent", async () => {
  const tenant = await newTenant();
  const tab = message({ text: "milk\teggs", smart_encoding: true });
  expect((await tenant.call("POST /v1/messages/preview", tab)).body).toMatchObject({
    would: "accepted",
    encoding: "gsm7",
    segments: 1,
  });
  expect((await tenant.call("POST /v1/messages", tab)).status).toBe(202);
  const accent = message({ text: `e\u0301${"a".repeat(160)}`, smart_encoding: true });
  expect((await tenant.call("POST /v1/messages/preview", accent)).body).toMatchObject({
    encoding: "gsm7",
    segments: 2,
    replacements: [{ from: "e\u0301", to: "é", count: 1 }],
  });
});

test("an amount in pence is refused with the amount in micro-units", async () => {
  const tenant = await newTenant();
  const payment = { to: "+447700900123", intent: "payout", amount: 12_500, currency: "GBP", payee: "Anna" };
  const { status, body } = await tenant.call("POST /v1/verifications", payment);
  expect([status, body["errors"]]).toMatchObject([
    422,
    [{ field: "amount", detail: expect.stringContaining("125000000") }],
  ]);
  expect((await tenant.call("GET /v1/sandbox/handset/messages")).body["data"]).toEqual([]);
});
