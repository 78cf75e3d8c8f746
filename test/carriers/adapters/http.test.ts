import { PLAIN_ACCOUNT } from "../../../src/carriers/carrier.ts";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import type { Account, Answer, CarrierIo, Handover } from "../../../src/carriers/carrier.ts";
import { FRESH_SECONDS } from "../../../src/carriers/adapters/call.ts";
import { httpCarrier, signatureOf } from "../../../src/carriers/adapters/http.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const secret = `whsec_${Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64")}`;
const account: Account = { ...PLAIN_ACCOUNT, id: "car_1", kind: "http", mode: "test", settings: { url: "https://gateway.example.com/sms" }, secrets: { secret } }; // prettier-ignore
const handover: Handover = { message: "msg_1", attempt: 1, to: "+447700900123", kind: "drama", from: "Acme", text: "Hello £5", encoding: "gsm7", validitySeconds: 60, lane: "bulk", receiptUrl: "https://x.example.com/r" }; // prettier-ignore
const io = (fetch: CarrierIo["fetch"]): CarrierIo => ({ fetch, now: () => NOON, handset: () => Promise.reject(new Error("no handset")) }); // prettier-ignore
const answered = (status: number, body: string | object, headers: Record<string, string> = {}): Promise<Answer> => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return httpCarrier.send(account, handover, io(async () => new Response([204, 304].includes(status) ? null : text, { status, headers: { "content-type": "application/json", ...headers } }))); // prettier-ignore
};

describe("what a gateway's answer means", () => {
  it.each<[number, string | object, Answer]>([
    [200, { accepted: true }, { outcome: "accepted" }],
    [202, { accepted: true, reference: "r1", more: 1 }, { outcome: "accepted", reference: "r1" }],
    [200, { accepted: false }, { outcome: "declined", code: "not_accepted", permanent: false }],
    [200, { accepted: false, code: "invalid_number" }, { outcome: "declined", code: "invalid_number", permanent: true }],
    [201, { accepted: false, code: "queue_full" }, { outcome: "declined", code: "queue_full", permanent: false }],
    [200, "", { outcome: "unknown", code: "unreadable_answer" }],
    [200, "<html>", { outcome: "unknown", code: "unreadable_answer" }],
    [200, { accepted: "true" }, { outcome: "unknown", code: "unreadable_answer" }],
    [200, {}, { outcome: "unknown", code: "unreadable_answer" }],
    [204, "", { outcome: "unknown", code: "unreadable_answer" }],
    [301, { accepted: true }, { outcome: "unknown", code: "http_301" }],
    [304, "", { outcome: "unknown", code: "http_304" }],
    [400, "", { outcome: "declined", code: "http_400", permanent: false }],
    [400, { accepted: false, code: "opted_out" }, { outcome: "declined", code: "opted_out", permanent: true }],
    [401, "", { outcome: "declined", code: "http_401", permanent: false, ofAccount: true }],
    [401, { accepted: false, code: "opted_out" }, { outcome: "declined", code: "opted_out", permanent: true }],
    [404, { accepted: true }, { outcome: "declined", code: "http_404", permanent: false }],
    [408, { accepted: false }, { outcome: "unknown", code: "http_408" }],
    [422, { accepted: false, code: "blocked" }, { outcome: "declined", code: "blocked", permanent: true }],
    [429, "", { outcome: "throttled", code: "http_429", retryAfterSeconds: 5 }],
    [503, "", { outcome: "throttled", code: "http_503", retryAfterSeconds: 5 }],
    [500, { accepted: false }, { outcome: "unknown", code: "http_500" }],
    [502, { accepted: true }, { outcome: "unknown", code: "http_502" }],
    [504, "", { outcome: "unknown", code: "http_504" }],
    [520, "", { outcome: "unknown", code: "http_520" }],
  ])("%s with %j", async (status, body, answer) => {
    expect(await answered(status, body)).toEqual(answer);
  }); // prettier-ignore

  it.each([["7", 7], ["0", 1], ["999999", 3_600], ["-1", 5], ["1.5", 5], ["Mon, 23 Nov 2026 12:00:09 GMT", 9], ["", 5]])(
    "Retry-After %j is waited for %d s", async (header, seconds) => {
    expect(await answered(429, "", { "retry-after": header })).toMatchObject({ retryAfterSeconds: seconds });
  }); // prettier-ignore

  it("is unknown when the connection breaks, at once or in the middle of a 2xx, and when the answer has no end", async () => {
    const broken = await httpCarrier.send(
      account,
      handover,
      io(() => Promise.reject(new TypeError("refused"))),
    );
    expect(broken).toEqual({ outcome: "unknown", code: "connection" });
    const late = await httpCarrier.send(account, handover, io(() => Promise.reject(new DOMException("late", "TimeoutError")))); // prettier-ignore
    expect(late).toEqual({ outcome: "unknown", code: "timeout" });
    const torn = new ReadableStream({ pull: (stream) => stream.error(new Error("torn")) });
    expect(await httpCarrier.send(account, handover, io(async () => new Response(torn, { headers: { "content-type": "application/json" } })))).toMatchObject({ outcome: "unknown" }); // prettier-ignore
    const endless = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(65_536)) });
    expect(await httpCarrier.send(account, handover, io(async () => new Response(endless, { headers: { "content-type": "application/json" } })))).toMatchObject({ outcome: "unknown" }); // prettier-ignore
  });

  it("never carries a number or a sentence into what we keep, whatever the gateway writes as its code", async () => {
    const codes = ["+447700900123", "447700900123", "E447700900123", "no route to 07700 900123", "é", "a b", "x".repeat(64), "err-1"]; // prettier-ignore
    for (const code of codes) {
      for (const status of [200, 400]) {
        const answer = await answered(status, { accepted: false, code });
        expect(JSON.stringify(answer), code).not.toMatch(/900123|route|é| b/);
        expect(answer.outcome).toBe("declined");
      }
    }
    expect(await answered(400, { accepted: false, code: "err-1" })).toMatchObject({ code: "err-1" });
  });
});

describe("the call", () => {
  it("is a POST of the handover, signed so that the public library verifies it, and follows nothing", async () => {
    const seen: [string, RequestInit][] = [];
    const fetch = async (url: string, init: RequestInit) => {
      seen.push([url, init]);
      return Response.json({ accepted: true });
    };
    await httpCarrier.send(account, handover, { ...io(fetch), now: Date.now });
    const [url, init] = seen[0]!;
    expect([url, init.method, init.redirect, seen.length]).toEqual([account.settings["url"], "POST", "manual", 1]);
    expect(new Webhook(secret).verify(init.body as string, init.headers as Record<string, string>)).toEqual({ message: "msg_1", attempt: 1, to: "+447700900123", from: "Acme", text: "Hello £5", encoding: "gsm7", validity_seconds: 60, receipt_url: handover.receiptUrl }); // prettier-ignore
    expect(url + JSON.stringify(init.headers)).not.toMatch(/900123|Hello/);
  });

  it("is not made for an account without URL or secret: surely not sent", async () => {
    const never = io(() => Promise.reject(new Error("called")));
    for (const missing of [{ settings: {} }, { secrets: {} }])
      expect(await httpCarrier.send({ ...account, ...missing }, handover, never)).toEqual({ outcome: "declined", code: "account_incomplete", permanent: false, ofAccount: true }); // prettier-ignore
  });
});

describe("a receipt", () => {
  const body = { message: "msg_1", state: "delivered", code: "000", at: "2026-11-23T12:00:00Z" };
  const signed = (value: unknown, over: Record<string, string> = {}, at = NOON / 1_000) => {
    const bytes = new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
    const headers = { "webhook-id": "r1", "webhook-timestamp": String(at), "webhook-signature": signatureOf(secret, "r1", at, bytes), ...over }; // prettier-ignore
    return { message: "msg_1", url: "https://x.example.com/r", headers, body: bytes, now: NOON, called: null };
  };
  const read = (...args: Parameters<typeof signed>) => httpCarrier.readReceipts(account, signed(...args));

  it("that is signed is read, also beside signatures of other keys", async () => {
    const report = { read: [{ message: "msg_1", state: "delivered", code: "000", at: NOON }] };
    expect(await read(body)).toEqual(report);
    const { headers } = signed(body);
    expect(await read(body, { "webhook-signature": `v1,AAAA v1a,x ${headers["webhook-signature"]}` })).toEqual(report);
    expect(await read({ message: "msg_1", state: "sent" })).toEqual({ read: [{ message: "msg_1", state: "sent", code: null, at: null }] }); // prettier-ignore
  });

  it("is forged when anything that is signed differs, or anything of the signature is missing", async () => {
    const good = signed(body);
    const forged = async (change: Partial<typeof good>, of = account) => "forged" in (await httpCarrier.readReceipts(of, { ...good, ...change })); // prettier-ignore
    expect(await forged({})).toBe(false);
    for (const name of Object.keys(good.headers)) {
      const { [name as "webhook-id"]: _gone, ...rest } = good.headers;
      expect(await forged({ headers: rest as typeof good.headers }), name).toBe(true);
    }
    for (let at = 0; at < good.body.length; at++) {
      const changed = Uint8Array.from(good.body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await forged({ body: changed }), `byte ${at}`).toBe(true);
    }
    expect(await forged({ headers: { ...good.headers, "webhook-id": "r2" } })).toBe(true);
    expect(await forged({ headers: { ...good.headers, "webhook-timestamp": String(NOON / 1_000 + 1) } })).toBe(true);
    expect(await forged({ headers: { ...good.headers, "webhook-signature": "" } })).toBe(true);
    expect(await forged({}, { ...account, secrets: { secret: `whsec_${"A".repeat(43)}=` } })).toBe(true);
    expect(await forged({}, { ...account, secrets: {} })).toBe(true);
    await fc.assert(fc.asyncProperty(fc.string(), (signature) => forged({ headers: { ...good.headers, "webhook-signature": signature } }))); // prettier-ignore
  });

  it("is stale beyond five minutes in either direction, and not at five minutes", async () => {
    for (const off of [FRESH_SECONDS, -FRESH_SECONDS]) expect(await read(body, {}, NOON / 1_000 + off)).toHaveProperty("read"); // prettier-ignore
    for (const off of [FRESH_SECONDS + 1, -FRESH_SECONDS - 1]) expect(await read(body, {}, NOON / 1_000 + off)).toEqual({ forged: "stale" }); // prettier-ignore
  });

  it.each([["of another message", { ...body, message: "msg_2" }], ["of no state", { ...body, state: "expired" }], ["with more in it", { ...body, text: "x" }], ["that is no JSON", "delivered"]])(
    "%s is malformed", async (_, value) => {
    expect(await read(value)).toEqual({ malformed: "body" });
  }); // prettier-ignore

  it.each(["2026-11-23T12:00:00", "yesterday"])(
    "with a time that cannot be read (%s) counts without it",
    async (at) => {
      expect(await read({ ...body, at })).toMatchObject({ read: [{ message: body.message, at: null }] });
    },
  );

  it("with its time in lower case is read", async () => {
    expect(await read({ ...body, at: "2026-11-23t12:00:00z" })).toMatchObject({ read: [{ at: NOON }] });
  });

  it("with a number for its code keeps none of it", async () => {
    expect(await read({ ...body, code: "to 07700900123 failed" })).toMatchObject({ read: [{ code: "unnamed" }] });
  });
});

describe("asked about a call", () => {
  const asked: Account = {
    ...account,
    settings: { ...account.settings, status_url: "https://gateway.example.com/status" },
  };
  const said = (status: number, body: string | object, headers: Record<string, string> = {}) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return httpCarrier.ask?.(asked, { message: "msg_1", attempt: 2 }, io(async () => new Response(text, { status, headers: { "content-type": "application/json", ...headers } }))); // prettier-ignore
  };

  it.each<[number, string | object, object]>([
    [200, { state: "accepted" }, { said: "accepted" }],
    [200, { state: "never" }, { said: "never" }],
    [200, { state: "sent" }, { said: "sent", code: null }],
    [200, { state: "delivered", code: "ok" }, { said: "delivered", code: "ok" }],
    [200, { state: "undelivered", code: "+447700900123" }, { said: "undelivered", code: "unnamed" }],
    [200, { state: "unclear" }, { said: "unclear", code: "unclear" }],
    [200, { state: "NEVER" }, { said: "unclear", code: "unreadable_answer" }],
    [200, "never", { said: "unclear", code: "unreadable_answer" }],
    [201, { state: "never" }, { said: "unclear", code: "http_201" }],
    [404, { state: "never" }, { said: "unclear", code: "http_404" }],
    [410, "", { said: "unclear", code: "http_410" }],
    [500, { state: "never" }, { said: "unclear", code: "http_500" }],
  ])("with %s and %j, only the gateway's plain 200 and `never` is one", async (status, body, answer) => {
    expect(await said(status, body)).toEqual(answer);
  }); // prettier-ignore

  it("is unclear when it is no JSON, when the call breaks, and where there is no address to ask", async () => {
    expect(await said(200, { state: "never" }, { "content-type": "text/html" })).toMatchObject({ said: "unclear" });
    const broken = io(() => Promise.reject(new TypeError("refused")));
    expect(await httpCarrier.ask?.(asked, { message: "msg_1", attempt: 1 }, broken)).toEqual({ said: "unclear", code: "connection" }); // prettier-ignore
    const never = io(() => Promise.reject(new Error("called")));
    expect(await httpCarrier.ask?.(account, { message: "msg_1", attempt: 1 }, never)).toMatchObject({
      said: "unclear",
    });
  });

  it("posts message and attempt, signed, and neither number nor text", async () => {
    const seen: [string, RequestInit][] = [];
    const fetch = async (url: string, init: RequestInit) => {
      seen.push([url, init]);
      return Response.json({ state: "never" });
    };
    await httpCarrier.ask?.(asked, { message: "msg_1", attempt: 2 }, { ...io(fetch), now: Date.now });
    const [url, init] = seen[0]!;
    expect([url, init.redirect]).toEqual([asked.settings["status_url"], "manual"]);
    expect(new Webhook(secret).verify(init.body as string, init.headers as Record<string, string>)).toEqual({ message: "msg_1", attempt: 2 }); // prettier-ignore
  });
});
