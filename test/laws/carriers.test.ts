// What is true of every carrier in the table: an account and an acceptance among its fixtures, its own test, its rows in the
// document, its fields described, and an adapter that no answer, however odd, can talk into a second text or a leak.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ANSWER_BYTES_MAX, type Carrier } from "../../src/carriers/carrier.ts";
import { CARRIERS, KINDS } from "../../src/carriers/registry.ts";
import { accountOf, callbackOf, fixture, handover, ioOf, json, sendBy } from "../support/carriers/adapter.ts";

type Accepted = { status: number; body: unknown; reference?: string };
const here = `${import.meta.dirname}/../..`;
const page = readFileSync(`${here}/docs/carriers.md`, "utf8");
const LEAK = /900123|Grüße|Hello/;

it("what is a setting of one kind is no secret of another, so that none is ever shown", () => {
  const names = (which: "settings" | "secrets") => new Set(KINDS.flatMap((kind) => Object.keys(CARRIERS[kind].fields[which]))); // prettier-ignore
  const [settings, secrets] = [names("settings"), names("secrets")];
  expect([...secrets].filter((name) => settings.has(name))).toEqual([]);
  for (const name of ["name", "kind", "mode", "per_second", "price", "jurisdiction", "id", "created_at"]) expect(settings.has(name) || secrets.has(name), name).toBe(false); // prettier-ignore
});

describe.each(KINDS)("%s", (kind) => {
  const carrier: Carrier = CARRIERS[kind];
  const account = accountOf(kind);
  const accepted = fixture<Accepted>(kind, "accepted.json");
  const accepting = () => json(accepted.status, accepted.body);

  it("has its rows in the document, its own test, and fields that say what they are for", () => {
    const tables = carrier.readInbound === undefined ? 3 : 4; // the fourth is of texts that come in
    expect(page.match(new RegExp(`^\\| \`${kind}\``, "gm"))?.length, "a row in each table of docs/carriers.md").toBe(
      tables,
    );
    expect(existsSync(`${here}/test/carriers/adapters/${kind}.test.ts`)).toBe(true);
    const fields = { ...carrier.fields.settings, ...carrier.fields.secrets };
    for (const [name, schema] of Object.entries(fields)) expect(schema.meta()?.description, name).toMatch(/\w{3}/);
    for (const [name, schema] of Object.entries(carrier.fields.settings)) expect(schema.safeParse(account.settings[name]).success, name).toBe(true); // prettier-ignore
    for (const [name, schema] of Object.entries(carrier.fields.secrets)) expect(schema.safeParse(account.secrets[name]).success, name).toBe(true); // prettier-ignore
  });

  it("makes one call, follows nothing, and puts neither secret, number nor text into a URL or what is kept", async () => {
    const { answer, url, init, headers, calls } = await sendBy(carrier, account, accepting);
    expect(answer).toMatchObject({ outcome: "accepted", ...(accepted.reference === undefined ? {} : { reference: accepted.reference }) }); // prettier-ignore
    expect([init.method, init.redirect, calls]).toEqual(["POST", "manual", 1]);
    expect(url + JSON.stringify([...headers]) + JSON.stringify(answer)).not.toMatch(LEAK);
    for (const secret of Object.values(account.secrets)) expect(url).not.toContain(secret);
  });

  it("calls nobody for an account that lacks its secrets", async () => {
    const never = () => Promise.reject(new Error("called"));
    const { answer, calls } = await sendBy(carrier, { ...account, secrets: {} }, never);
    expect([answer, calls]).toEqual([
      { outcome: "declined", code: "account_incomplete", permanent: false, ofAccount: true },
      0,
    ]);
  });

  const text = JSON.stringify(accepted.body);
  const headers = { "content-type": "application/json" };
  const torn = () => new ReadableStream({ start: (stream) => (stream.enqueue(new TextEncoder().encode(text.slice(0, 40))), stream.error(new Error("torn"))) }); // prettier-ignore
  it.each<[string, () => Response | Promise<Response>]>([
    ["HTML", () => new Response("<html>ok</html>", { status: accepted.status, headers: { "content-type": "text/html" } })],
    ["an acceptance that is labelled as a text", () => new Response(text, { status: accepted.status, headers: { "content-type": "text/plain" } })],
    ["an acceptance without a label", () => new Response(new TextEncoder().encode(text), { status: accepted.status })],
    ["half a JSON", () => new Response(text.slice(0, text.length / 2), { status: accepted.status, headers })],
    ["a stream that breaks off", () => new Response(torn(), { status: accepted.status, headers })],
    ["nothing", () => new Response("", { status: accepted.status, headers })],
    ["null", () => json(accepted.status, "null")],
    ["a list", () => json(accepted.status, "[]")],
    ["an acceptance behind more than we read", () => new Response(" ".repeat(ANSWER_BYTES_MAX) + text, { status: accepted.status, headers })],
    ["no content", () => new Response(null, { status: 204 })],
    ["a redirect", () => new Response(text, { status: 302, headers: { ...headers, location: "https://elsewhere.example" } })],
    ["an acceptance under a 500", () => json(500, accepted.body)],
    ["an acceptance under a 502", () => json(502, accepted.body)],
    ["a timeout of the carrier's own", () => json(408, "{}")],
    ["a broken connection", () => Promise.reject(new TypeError("refused"))],
    ["a deadline passed", () => Promise.reject(new DOMException("late", "TimeoutError"))],
  ])("takes %s for unknown, so that nothing is sent twice", async (_, answer) => {
    expect((await sendBy(carrier, account, answer)).answer.outcome).toBe("unknown");
  }); // prettier-ignore

  it("reads no more of an endless answer than there is to say", async () => {
    let poured = 0;
    const endless = () => new Response(new ReadableStream({ pull: (stream) => ((poured += 65_536), stream.enqueue(new Uint8Array(65_536).fill(0x20))) }), { status: accepted.status, headers }); // prettier-ignore
    expect((await sendBy(carrier, account, endless)).answer.outcome).toBe("unknown");
    expect(poured).toBeLessThan(4 * ANSWER_BYTES_MAX);
  });

  it("holds the account for as long as a 429 asks, and lets another account try after 401 and 403", async () => {
    const slow = await sendBy(carrier, account, () => json(429, "{}", { "retry-after": "30" }));
    expect(slow.answer).toMatchObject({ outcome: "throttled", retryAfterSeconds: 30 });
    expect((await sendBy(carrier, account, () => json(401, "{}"))).answer).toHaveProperty("ofAccount", true);
    for (const status of [401, 403]) expect((await sendBy(carrier, account, () => json(status, "{}"))).answer).toMatchObject({ outcome: "declined", permanent: false }); // prettier-ignore
  });

  it("never repeats a number or a sentence that a carrier writes where a code belongs", async () => {
    const loud = (value: unknown): unknown =>
      Array.isArray(value) ? value.map(loud) : typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, loud(each)])) : `no route to ${handover.to}`; // prettier-ignore
    for (const status of [200, 400, 422, 429, 500]) {
      const { answer } = await sendBy(carrier, account, () => json(status, loud(accepted.body)));
      expect(JSON.stringify(answer)).not.toMatch(/900123|route/);
    }
  });

  it("believes no callback that is not signed, whatever is in it", async () => {
    for (const body of ["", "{}", "a=1", "\u0000", text]) {
      expect(await carrier.readReceipts(account, callbackOf(body, {}))).toHaveProperty("forged");
      if (carrier.readInbound !== undefined) expect(await carrier.readInbound(account, callbackOf(body, {}))).toHaveProperty("forged"); // prettier-ignore
    }
  });

  it("finds a carrier that is down, or that does not know us, when it is probed", async () => {
    if (carrier.probe === undefined) return expect(kind).toBe("http"); // anybody's gateway has no address for that
    const probed = async (status: number) =>
      carrier.probe!(
        account,
        ioOf(async () => json(status, "{}")),
      );
    expect([(await probed(401)).found, (await probed(500)).found, (await probed(302)).found]).toEqual(["rejected", "down", "down"]); // prettier-ignore
    expect(
      (
        await carrier.probe(
          account,
          ioOf(() => Promise.reject(new TypeError("refused"))),
        )
      ).found,
    ).toBe("down");
    const urls: string[] = [];
    await carrier.probe(
      account,
      ioOf(async (url) => (urls.push(url), json(200, "{}"))),
    );
    for (const secret of Object.values(account.secrets)) expect(urls.join(" ")).not.toContain(secret);
  });

  it("says that it can be asked only where somebody swears", () => {
    expect(carrier.canAsk(account)).toBe(false);
  });
});
