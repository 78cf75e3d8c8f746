/** What carriers say of the texts they bring, through the running Worker: keywords, repetitions for ever, bundles, bodies of any size. */
import { exports } from "cloudflare:workers";
import { createHmac } from "node:crypto";
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { signatureOf } from "../../src/carriers/adapters/twilio/twilio.ts";
import { newTenant, operator, until, type Tenant } from "../support/tenant/tenant.ts";
import { bring, called, consents, inbox, line, listen, numbersAt } from "../support/tenant/gateway.ts";
import { advance, ALICE, BOB, opened, proxiesOf } from "../support/tenant/masked-lines.ts";

const DAY = 86_400;
const sent: URLSearchParams[] = [];

beforeEach(() => {
  sent.length = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    if (typeof url !== "string" || !url.includes("/Messages.json")) return new Response(null, { status: 204 });
    sent.push(new URLSearchParams(init?.body as string));
    return Response.json({ sid: `SM${"b".repeat(32)}`, status: "queued" }, { status: 201 });
  });
});

const token = () => crypto.randomUUID().replaceAll("-", "");
type At = { tenant: Tenant; account: string; token: string; numbers: string[] };

async function twilio(): Promise<At> {
  const tenant = await newTenant();
  const auth = token();
  const body = { name: "Carrier", kind: "twilio", mode: "test", account_sid: `AC${"a".repeat(32)}`, auth_token: auth };
  const { body: made } = await operator("POST /admin/v1/carriers", body);
  const account = String(made["id"]);
  return { tenant, account, token: auth, ...(await numbersAt(tenant, account, 2)) };
}

let serial = 0;
const sidOf = (nth: number) => `SM${nth.toString(16).padStart(32, "0")}`;

/** A callback as Twilio signs it: over the URL and the form, and over no time. */
async function twilioBrings(at: At, fields: Record<string, string>) {
  const form = new Map(
    Object.entries({ AccountSid: `AC${"a".repeat(32)}`, MessageSid: sidOf((serial += 1)), NumMedia: "0", ...fields }),
  );
  const url = `http://127.0.0.1:8787/carriers/${at.account}/inbound`;
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    "x-twilio-signature": signatureOf(at.token, url, form),
  };
  return called(at.account, headers, new URLSearchParams([...form]).toString());
}
const sentTo = (to: string) => sent.filter((form) => form.get("To") === to).map((form) => form.get("Body"));

describe("Twilio's own keyword", () => {
  test("STOP and START in any language are recorded with source carrier; HELP is not answered twice", async () => {
    const at = await twilio();
    const [number] = at.numbers;
    const [one, two, three] = ["+447700900605", "+447700900606", "+447700900607"];
    expect((await twilioBrings(at, { From: one, To: number!, Body: "AVREGISTRER", OptOutType: "STOP" })).status).toBe(
      204,
    );
    await twilioBrings(at, { From: two, To: number!, Body: "GO", OptOutType: "START" });
    await twilioBrings(at, { From: three, To: number!, Body: "HELP", OptOutType: "HELP" });
    expect((await consents(at.tenant)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      `marketing ${number} given carrier`,
      `marketing ${number} withdrawn carrier`,
      `service ${number} given carrier`,
      `service ${number} withdrawn carrier`,
    ]);
    await twilioBrings(at, { From: ALICE, To: number!, Body: "HELP" }); // without a keyword Twilio has said nothing
    await until(async () => (sentTo(ALICE).length === 1 ? true : null), "our own answer");
    expect(sentTo(three)).toEqual([]);
    expect((await inbox(at.tenant)).map(({ word }) => word)).toEqual(["help", "help", "start", "stop"]);
  });

  test("counts without a text", async () => {
    const at = await twilio();
    const [number] = at.numbers;
    await twilioBrings(at, { From: ALICE, To: number!, Body: "", NumMedia: "0", OptOutType: "STOP" });
    expect(await consents(at.tenant)).toContain(`marketing ${number} withdrawn carrier`);
  });

  test("in a session neither is relayed, and a picture is reported", async () => {
    const at = await twilio();
    const [alices] = proxiesOf(await opened(at.tenant)) as [string];
    await twilioBrings(at, { From: ALICE, To: alices, Body: "GO", OptOutType: "START" });
    await twilioBrings(at, { From: ALICE, To: alices, Body: "see photo", NumMedia: "1" });
    await twilioBrings(at, { From: ALICE, To: alices, Body: "", NumMedia: "2" });
    await until(async () => (sentTo(BOB).length === 2 && sentTo(ALICE).length === 1 ? true : null), "all of it");
    expect(sentTo(BOB)).toEqual(["see photo [picture]", "[2 pictures]"]);
    expect(sentTo(ALICE)).toEqual(["Pictures do not go through this number."]);
  });
});

describe("a repeated callback", () => {
  test(
    "years later, at another instance, after every night's purge, changes nothing",
    { timeout: 60_000 },
    async () => {
      const at = await twilio();
      const [alices] = proxiesOf(await opened(at.tenant)) as [string];
      const kept = { From: ALICE, To: alices, Body: "Come at six", MessageSid: sidOf(0xabc) };
      await twilioBrings(at, kept);
      await until(async () => (sentTo(BOB).length === 1 ? true : null), "the first");
      for (const days of [8, 400, 400]) {
        await advance(at.tenant, days * DAY);
        await at.tenant.stub().purge(null);
        await evictDurableObject(at.tenant.stub());
        expect((await twilioBrings(at, kept)).status).toBe(204);
      }
      expect(await inbox(at.tenant)).toEqual([]);
      await twilioBrings(at, { ...kept, MessageSid: sidOf(0xdef), Body: "Another" });
      await until(async () => (sentTo(BOB).includes("Another") ? true : null), "another text");
      expect(sentTo(BOB)).toEqual(["Come at six", "Another"]);
    },
  );

  test(
    "under a replaced secret is refused, and names of texts that it signed are purged after a week",
    { timeout: 60_000 },
    async () => {
      const at = await twilio();
      const text = { From: ALICE, To: at.numbers[0]!, Body: "Once", MessageSid: sidOf(0x111) };
      await twilioBrings(at, text);
      const seen = async () => (await at.tenant.rows(`SELECT count(*) AS n FROM seen_texts`))[0]?.["n"];
      const name = await operator(`PATCH /admin/v1/carriers/${at.account}`, { name: "Renamed" });
      const next = token();
      const exchanged = await operator(`PATCH /admin/v1/carriers/${at.account}`, { auth_token: next });
      expect([name.status, exchanged.status]).toEqual([200, 200]);
      expect((await twilioBrings(at, text)).status).toBe(401);
      const now = { ...at, token: next };
      await twilioBrings(now, text); // Twilio brings it once more, signed by the new one
      await twilioBrings(now, { ...text, MessageSid: sidOf(0x222), Body: "Two" });
      expect(await inbox(at.tenant)).toMatchObject([{ text: "Two" }, { text: "Once" }]);
      await at.tenant.stub().purge(null);
      expect(await seen()).toBe(3);
      await advance(at.tenant, 8 * DAY);
      await at.tenant.stub().purge(null);
      expect(await seen()).toBe(2);
      await twilioBrings(now, text);
      expect(await inbox(at.tenant)).toHaveLength(2);
    },
  );

  test("after the replacement of a secret that signs no texts, no name is purged", { timeout: 60_000 }, async () => {
    const at = await twilio();
    const change = { api_key_sid: `SK${"c".repeat(32)}`, api_key_secret: token() };
    const text = { From: ALICE, To: at.numbers[0]!, Body: "Once", MessageSid: sidOf(0x333) };
    await twilioBrings(at, text);
    for (const next of [token(), token()])
      expect(
        (await operator(`PATCH /admin/v1/carriers/${at.account}`, { ...change, api_key_secret: next })).status,
      ).toBe(200);
    await twilioBrings(at, { ...text, MessageSid: sidOf(0x444) });
    await advance(at.tenant, 10 * DAY);
    await at.tenant.stub().purge(null);
    await twilioBrings(at, text);
    expect(await inbox(at.tenant)).toHaveLength(2);
  });
});

describe("one invalid text of many", () => {
  async function infobip() {
    const tenant = await newTenant();
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    const secret = btoa(String.fromCharCode(...bytes));
    const body = {
      name: "Carrier",
      kind: "infobip",
      mode: "test",
      base_url: "https://x.api.infobip.com",
      api_key: crypto.randomUUID(),
      receipt_auth: "hmac_sha256",
      receipt_header: "x-signature",
      receipt_secret: secret,
    };
    const made = await operator("POST /admin/v1/carriers", body);
    expect(made.status).toBe(201);
    const account = String(made.body["id"]);
    return { tenant, account, secret, ...(await numbersAt(tenant, account, 2)) };
  }
  const brings = (at: { account: string; secret: string }, results: unknown[]) => {
    const body = JSON.stringify({ results });
    const mac = createHmac("sha256", at.secret).update(body).digest("hex");
    return called(at.account, { "content-type": "application/json", "x-signature": mac }, body);
  };

  test("is left out and counted; the others are stored, once", async () => {
    const at = await infobip();
    const to = at.numbers[0]!.slice(1);
    const good = { messageId: "g-1", from: "447700900608", to, text: "good one" };
    for (let times = 0; times < 2; times += 1)
      expect(await brings(at, [good, { messageId: "b-1", from: "", to, text: "bad" }])).toEqual({
        status: 200,
        body: { taken: 1 },
      });
    expect((await inbox(at.tenant)).map(({ text }) => text)).toEqual(["good one"]);
  });

  test("does not delay those of another tenant in the same call", async () => {
    const at = await infobip();
    const other = await newTenant();
    const { numbers } = await numbersAt(other, at.account, 1);
    const texts = [...numbers, at.numbers[0]!].map((to, nth) => ({
      messageId: `t-${nth}`,
      from: "447700900608",
      to: to.slice(1),
      text: `text ${nth}`,
    }));
    expect(await brings(at, texts)).toEqual({ status: 200, body: { taken: 2 } });
    expect((await inbox(at.tenant)).map(({ text }) => text)).toEqual(["text 1"]);
    expect((await inbox(other)).map(({ text }) => text)).toEqual(["text 0"]);
  });
});

describe("an oversized body", () => {
  const size = 300_000;
  const streamed = () =>
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let at = 0; at < size; at += 10_000) controller.enqueue(new Uint8Array(10_000).fill(97));
        controller.close();
      },
    });
  test.each([
    ["with its length announced", () => "a".repeat(size)],
    ["in chunks, without", streamed],
  ])("is 413 %s, and the next text is taken", async (_how, body) => {
    listen();
    const at = await line();
    const init = {
      method: "POST",
      body: body(),
      headers: { "content-type": "application/json" },
      duplex: "half",
    } as RequestInit;
    const answer = await exports.default.fetch(
      new Request(`http://127.0.0.1:8787/carriers/${at.account}/inbound`, init),
    );
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: "body_too_large" });
    expect(await bring(at, { from: ALICE, to: at.numbers[0], text: "next" })).toEqual({
      status: 200,
      body: { taken: 1 },
    });
  });
});
