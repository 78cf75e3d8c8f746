import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { call, formOf, isFresh, jsonOf, microsOf, ofNetwork, pricedAt, probedBy, readForm, refusalOf, SenderSetting, verdictsOf } from "../../../src/carriers/adapters/call.ts"; // prettier-ignore
import { ANSWER_BYTES_MAX, type CarrierIo } from "../../../src/carriers/carrier.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const io = (fetch: CarrierIo["fetch"]): CarrierIo => ({ fetch, now: () => 0, handset: () => Promise.reject(new Error("no handset")) }); // prettier-ignore
const json = { "content-type": "application/json" };

const NOON = Date.UTC(2026, 10, 23, 12);

describe("a call", () => {
  it("follows no redirect, and tells the status even of an answer that is too long or breaks off", async () => {
    const seen: RequestInit[] = [];
    const answering = (body: BodyInit) => io(async (_url, init) => (seen.push(init), new Response(body, { status: 201, headers: json }))); // prettier-ignore
    const outgoing = { headers: { a: "b" }, body: "x" };
    expect(await call("https://c.example", outgoing, answering("{}"))).toMatchObject({ status: 201, text: "{}" });
    expect(seen[0]).toMatchObject({ method: "POST", redirect: "manual", body: "x", headers: { a: "b" } });
    const torn = new ReadableStream({ pull: (stream) => stream.error(new Error("torn")) });
    expect(await call("https://c.example", outgoing, answering(torn))).toMatchObject({ status: 201, text: null });
    let read = 0;
    const endless = new ReadableStream({ pull: (stream) => (read++, stream.enqueue(new Uint8Array(65_536))) });
    expect(await call("https://c.example", outgoing, answering(endless))).toMatchObject({ status: 201, text: null });
    expect(read * 65_536).toBeLessThan(4 * ANSWER_BYTES_MAX);
  });

  it("that finds nobody is a fault and no exception", async () => {
    const broken = io(() => Promise.reject(new TypeError("refused")));
    expect(await call("https://c.example", {}, broken)).toEqual({ fault: "connection" });
    const late = io(() => Promise.reject(new DOMException("late", "TimeoutError")));
    expect(await call("https://c.example", {}, late)).toEqual({ fault: "timeout" });
  });

  it("that is answered with anything but labelled, whole JSON has no value", () => {
    const value = (text: string | null, type: string) => jsonOf({ status: 200, headers: new Headers({ "content-type": type }), text, at: 0 }); // prettier-ignore
    expect(value('{"a":1}', "application/json")).toEqual({ a: 1 });
    expect(value('{"a":1}', "Application/JSON ; charset=utf-8")).toEqual({ a: 1 });
    for (const type of ["", "text/html", "application/jsonp", "text/json"]) expect(value('{"a":1}', type)).toBeNull();
    for (const text of [null, "", '{"a":', "<html>"]) expect(value(text, "application/json")).toBeNull();
  });
});

describe("a form", () => {
  it("is read as it was written", () => {
    const name = fc.string({ minLength: 1, unit: "grapheme" });
    fc.assert(fc.property(fc.dictionary(name, fc.string({ unit: "grapheme" })), (fields) => {
      expect(readForm(bytes(formOf(fields)))).toEqual(new Map(Object.entries(fields)));
    })); // prettier-ignore
    expect(formOf({ a: "1", b: null, c: undefined })).toBe("a=1");
  });

  it.each(["a=1&a=1", "a=1&b=2&a=3", "a=1&%61=2", "=1", "a=%", "a=%zz", "a=%ff", "a=1&&b=2"])("%j is read by nobody", (text) => {
    expect(readForm(bytes(text))).toBeNull();
  }); // prettier-ignore

  it("in another charset, or packed, is read by nobody; a byte-order mark is part of the first name", () => {
    expect(readForm(new Uint8Array(Buffer.from("\ufeffa=1", "utf16le")))).toBeNull();
    expect(readForm(Uint8Array.of(0x61, 0x3d, 0xe9))).toBeNull();
    expect(readForm(Uint8Array.of(0x1f, 0x8b, 8, 0))).toBeNull();
    expect([...(readForm(bytes("\ufeffa=1")) ?? [])]).toEqual([["\ufeffa", "1"]]);
    expect(readForm(bytes(""))).toEqual(new Map());
  });
});

describe("a refusal", () => {
  const table = verdictsOf({ permanent: "p1 p2", declined: "d", account: "a", throttled: "t", unknown: "u" });
  const refused = (status: number, code: string | null, headers = {}) => refusalOf({ status, headers: new Headers(headers), text: "", at: NOON }, code, table); // prettier-ignore

  it.each<[number, string | null, object]>([
    [400, "p2", { outcome: "declined", code: "p2", permanent: true }],
    [400, "d", { outcome: "declined", code: "d", permanent: false }],
    [400, "t", { outcome: "throttled", code: "t", retryAfterSeconds: 5 }],
    [400, "u", { outcome: "unknown", code: "u" }],
    [400, null, { outcome: "declined", code: "http_400", permanent: false }],
    [400, "new", { outcome: "declined", code: "new", permanent: false, unmapped: true }],
    [401, null, { outcome: "declined", code: "http_401", permanent: false, ofAccount: true }],
    [402, null, { outcome: "declined", code: "http_402", permanent: false, ofAccount: true }],
    [400, "a", { outcome: "declined", code: "a", permanent: false, ofAccount: true }],
    [401, "d", { outcome: "declined", code: "d", permanent: false }],
    [403, null, { outcome: "declined", code: "http_403", permanent: false }],
    [408, "d", { outcome: "unknown", code: "d" }],
    [429, "new", { outcome: "throttled", code: "new", retryAfterSeconds: 5, unmapped: true }],
    [500, "p1", { outcome: "unknown", code: "p1" }],
    [503, "new", { outcome: "unknown", code: "new", unmapped: true }],
    [302, "d", { outcome: "unknown", code: "d" }],
    [200, "p1", { outcome: "unknown", code: "p1" }],
    [400, "to 07700 900123", { outcome: "declined", code: "http_400", permanent: false, unmapped: true }],
  ])("of %s and %j", (status, code, answer) => {
    expect(refused(status, code)).toEqual(answer);
  }); // prettier-ignore

  it("waits as long as the carrier asks, within an hour", () => {
    expect(refused(400, "t", { "retry-after": "30" })).toMatchObject({ retryAfterSeconds: 30 });
    expect(refused(429, null, { "retry-after": "999999" })).toMatchObject({ retryAfterSeconds: 3_600 });
  });

  it.each([
    ["Mon, 23 Nov 2026 12:02:00 GMT", {}, 120],
    ["Mon, 23 Nov 2026 12:00:00 GMT", {}, 1],
    ["Sat, 01 Jan 2000 00:00:00 GMT", {}, 1],
    ["Tue, 24 Nov 2026 12:00:00 GMT", {}, 3_600],
    ["Mon, 23 Nov 2026 12:02:00 GMT", { date: "Mon, 23 Nov 2026 12:01:20 GMT" }, 40],
    ["Mon, 23 Nov 2026 12:02:00 GMT", { date: "noon" }, 120],
    ["Mon, 23 Foo 2026 12:02:00 GMT", {}, 5],
    ["2026-11-23T12:02:00Z", {}, 5],
    ["Sunday, 06-Nov-94 08:49:37 GMT", {}, 5],
    ["-30", {}, 5],
    ["", {}, 5],
  ])("waits until the time it is given: %j, %j is %i s", (until, headers, seconds) => {
    expect(refused(429, null, { "retry-after": until, ...headers })).toMatchObject({ retryAfterSeconds: seconds });
  });

  it("has one verdict a code", () => {
    expect(() => verdictsOf({ permanent: "a", declined: "b a", throttled: "", unknown: "" })).toThrow("two verdicts");
  });
});

describe("what carriers write", () => {
  it("of amounts is exact, or nothing", () => {
    for (const [text, micros] of [["0.03330000", 33_300], ["0.0000005", 1], ["0.00000049", 0], ["12", 12_000_000], ["999999999.999999", 999_999_999_999_999], [0.0079, 7_900]] as const) expect(microsOf(text), String(text)).toBe(micros); // prettier-ignore
    for (const text of ["-0.0075", "1e3", ".5", "1.", "", " 1", "1,5", "0x10", "NaN", "1234567890", 1e-7, Number.NaN]) expect(microsOf(text)).toBeNull(); // prettier-ignore
    fc.assert(fc.property(fc.nat(999_999_999), fc.nat(999_999), (whole, part) => {
      expect(microsOf(`${whole}.${String(part).padStart(6, "0")}`)).toBe(whole * 1_000_000 + part);
    })); // prettier-ignore
    expect(pricedAt("0.04", "EUR")).toEqual({ price: { amount: 40_000, currency: "EUR" } });
    for (const [amount, currency] of [[null, "EUR"], ["0.04", "eur"], ["0.04", undefined], [{}, "EUR"]]) expect(pricedAt(amount, currency)).toEqual({}); // prettier-ignore
  });

  it("of networks is a code of five or six digits, or nothing", () => {
    expect(ofNetwork("23415")).toEqual({ network: "23415" });
    for (const text of ["2341", "2341500", "O2-UK", "", null, 23415]) expect(ofNetwork(text)).toEqual({});
  });

  it("of times is fresh for five minutes either way", () => {
    for (const [off, fresh] of [[300, true], [-300, true], [301, false], [-301, false]] as const) expect(isFresh(1_000 + off, 1_000_000)).toBe(fresh); // prettier-ignore
  });

  it("to a probe", () => {
    const found = (status: number) => probedBy({ status, headers: new Headers(), text: "", at: 0 });
    expect([found(200), found(401), found(403), found(404), found(500), probedBy({ fault: "timeout" })]).toEqual([{ found: "well" }, { found: "rejected", code: "http_401" }, { found: "rejected", code: "http_403" }, { found: "down", code: "http_404" }, { found: "down", code: "http_500" }, { found: "down", code: "timeout" }]); // prettier-ignore
  });
});

it("an account sends as a number, a short code, or a name of up to eleven characters", () => {
  for (const sender of ["+447700900001", "447700900001", "60777", "Northern", "Team A&B", "A-1_+"]) expect(SenderSetting.safeParse(sender).success, sender).toBe(true); // prettier-ignore
  for (const sender of ["", "TwelveLetter", "Néw", "12", "a\nb", "+Acme+12345678"]) expect(SenderSetting.safeParse(sender).success, sender).toBe(false); // prettier-ignore
});
