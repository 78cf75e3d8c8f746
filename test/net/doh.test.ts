import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DOH_ANSWER_BYTES_MAX, DOH_TIMEOUT_MS, dohResolver } from "../../src/net/doh.ts";

type Record = { name: string; type: number; data: string };
const a = (data: string, name = "hooks.acme.com"): Record => ({ name, type: 1, data });
const aaaa = (data: string, name = "hooks.acme.com"): Record => ({ name, type: 28, data });
const cname = (name: string, data: string): Record => ({ name, type: 5, data });
const answer = (records: Record[] | undefined, rest: object = {}) => ({
  Status: 0,
  TC: false,
  AD: true,
  ...(records ? { Answer: records.map((record) => ({ ...record, TTL: 60 })) } : {}),
  ...rest,
});

/** A resolver whose two answers are given; anything but a string is sent as JSON. */
function resolve(v4: unknown, v6: unknown = answer(undefined), host = "hooks.acme.com", init: ResponseInit = {}) {
  const asked: { url: string; init: RequestInit }[] = [];
  const resolver = dohResolver(async (url, sent) => {
    asked.push({ url, init: sent });
    const body = url.includes("type=AAAA") ? v6 : v4;
    if (body instanceof Error) throw body;
    return await Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), init));
  }, "https://dns.example/dns-query?profile=1");
  return { found: resolver(host), asked };
}

describe("a name asked over HTTPS", () => {
  test("is asked once for each family, without following redirects", async () => {
    const { found, asked } = resolve(answer([a("93.184.216.34")]), answer([aaaa("2606:4700::1111")]));
    expect(await found).toEqual(["93.184.216.34", "2606:4700::1111"]);
    expect(asked.map(({ url }) => url)).toEqual([
      "https://dns.example/dns-query?profile=1&name=hooks.acme.com&type=A",
      "https://dns.example/dns-query?profile=1&name=hooks.acme.com&type=AAAA",
    ]);
    for (const { init } of asked)
      expect(init).toMatchObject({ headers: { accept: "application/dns-json" }, redirect: "manual" });
  });

  test.each([
    ["one family", answer([a("93.184.216.34")]), ["93.184.216.34"]],
    ["several addresses", answer([a("1.1.1.1"), a("10.0.0.1")]), ["1.1.1.1", "10.0.0.1"]],
    ["the root's dot and capitals", answer([a("1.1.1.1", "Hooks.ACME.com.")]), ["1.1.1.1"]],
    ["a chain", answer([cname("hooks.acme.com.", "x.cdn.net."), a("1.1.1.1", "x.cdn.net.")]), ["1.1.1.1"]],
    [
      "a chain out of order",
      answer([a("1.1.1.1", "z.net"), cname("y.net", "Z.net"), cname("hooks.acme.com", "y.net")]),
      ["1.1.1.1"],
    ],
    [
      "a signature beside it",
      answer([a("1.1.1.1"), { name: "hooks.acme.com", type: 46, data: "A 13 2" }]),
      ["1.1.1.1"],
    ],
    ["a chain to nowhere", answer([cname("hooks.acme.com", "gone.net")]), []],
    ["no addresses", answer(undefined), []],
    ["no such name", answer(undefined, { Status: 3 }), []],
    ["a chain to no such name", answer([cname("hooks.acme.com", "gone.net")], { Status: 3 }), []],
  ])("answers with %s", async (_, body, expected) => {
    expect(await resolve(body).found).toEqual(expected);
  });

  const loop = [cname("hooks.acme.com", "b.net"), cname("b.net", "hooks.acme.com"), a("1.1.1.1")];
  const long = Array.from({ length: 12 }, (_, i) =>
    cname(i === 0 ? "hooks.acme.com" : `n${String(i)}`, `n${String(i + 1)}`),
  );
  test.each([
    ["a failure of the server", answer([a("1.1.1.1")], { Status: 2 })],
    ["a refusal", answer(undefined, { Status: 5 })],
    ["a cut answer", answer([a("1.1.1.1")], { TC: true })],
    ["addresses of a name that does not exist", answer([a("1.1.1.1")], { Status: 3 })],
    ["addresses of another name", answer([a("1.1.1.1", "evil.com")])],
    ["an address before the end of the chain", answer([cname("hooks.acme.com", "b.net"), a("1.1.1.1")])],
    [
      "addresses beside the chain",
      answer([cname("hooks.acme.com", "b.net"), a("1.1.1.1", "b.net"), a("8.8.8.8", "c.net")]),
    ],
    ["two chains", answer([cname("hooks.acme.com", "b.net"), cname("hooks.acme.com", "c.net"), a("1.1.1.1", "c.net")])],
    ["a circle", answer(loop)],
    ["a chain too long", answer([...long, a("1.1.1.1", "n12")])],
    ["an address of the wrong family", answer([a("2606:4700::1")])],
    ["an address in octal", answer([a("0177.0.0.1")])],
    ["an address that is a name", answer([a("evil.com")])],
    ["no status", { TC: false, Answer: [] }],
    ["no word on whether it was cut", { Status: 0, Answer: [] }],
    ["records of another shape", answer(undefined, { Answer: { name: "x" } })],
    ["a list", []],
    ["null", null],
    ["no JSON", "<html>"],
    ["nothing", ""],
    ["bytes past the cap", `${JSON.stringify(answer([a("1.1.1.1")]))}${" ".repeat(DOH_ANSWER_BYTES_MAX)}`],
    ["a broken connection", new Error("reset")],
  ])("is null for %s, in either family", async (_, body) => {
    expect(await resolve(body, answer([aaaa("2606:4700::1")])).found).toBeNull();
    const six = JSON.stringify(body)
      ?.replaceAll('"type":1,', '"type":28,')
      .replaceAll(/"(1\.1\.1\.1|8\.8\.8\.8)"/g, '"2606::1"');
    if (!(body instanceof Error) && typeof body !== "string" && !six.includes("2606:4700::1"))
      expect(await resolve(answer([a("1.1.1.1")]), JSON.parse(six)).found).toBeNull();
  });

  test.each([201, 301, 302, 400, 404, 429, 500, 503])(
    "is null for status %i, whatever the body says",
    async (status) => {
      const good = answer([a("1.1.1.1")]);
      expect(
        await resolve(good, good, "hooks.acme.com", { status, headers: { location: "https://evil.com/" } }).found,
      ).toBeNull();
    },
  );

  test("an answer of exactly the cap is read", async () => {
    const body = JSON.stringify(answer([a("1.1.1.1")])).padEnd(DOH_ANSWER_BYTES_MAX, " ");
    expect(await resolve(body).found).toEqual(["1.1.1.1"]);
  });
});

describe("a resolver that does not answer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    ["never answers", () => new Promise<Response>(() => undefined)],
    ["never ends its body", () => Promise.resolve(new Response(new ReadableStream({ pull: () => undefined })))],
  ])("that %s is given up after two seconds, and its connection is closed", async (_, fetchLike) => {
    const signals: (AbortSignal | null | undefined)[] = [];
    const found = dohResolver((_url, init) => {
      signals.push(init.signal);
      return fetchLike();
    }, "https://dns.example/")("hooks.acme.com");
    const settled = vi.fn();
    void found.then(settled);
    await vi.advanceTimersByTimeAsync(DOH_TIMEOUT_MS - 1);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalledWith(null);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
