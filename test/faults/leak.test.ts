// One number and one text nobody else uses go through everything the service can do and into every field it has (T41).
// Then the process is stopped, and every stored byte, log line, answer, page, webhook and carrier header is searched for
// both. They may be in the carrier's payload, on the handset, in the explicit reveal, and in the caller's own free fields.
import { randomBytes, randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { json, outside, type Outside } from "../support/receivers/outside.ts";
import { hitsIn, numberNeedles, textNeedles, type Needle } from "../support/leak/scan.ts";
import { leakConsole } from "../support/leak/console.ts";
import { leakCodes } from "../support/leak/codes.ts";
import { leakMasking } from "../support/leak/masking.ts";
import { carrierOf, signed, startService, tenantOf, type Answer, type Service } from "../support/service/recorded.ts";

/** Numbers that the documents show as examples. */
const SHOWN = new Set([111, 123, 124, 871]);
/** A drama number that no document shows and that is no virtual number here, from `nth` on. */
const numberFrom = (nth: number): string => (SHOWN.has(nth) ? numberFrom(nth + 1) : `+447700900${String(nth).padStart(3, "0")}`); // prettier-ignore

const seed = Number(process.env["SEED"] ?? randomInt(1, 880));
console.log(`leak: SEED=${seed}`);
const NUMBER = numberFrom(seed);
/** The other side of the masked conversation, who must not see the number, nor be seen. */
const OTHER = numberFrom(1 + ((seed + 440) % 880));
const NATIONAL = `0${NUMBER.slice(3)}`;
const SPACED = `${NATIONAL.slice(0, 5)} ${NATIONAL.slice(5)}`;
const WORD = `quokka-${seed}-marmalade`;
const TEXT = `Your café code is ${WORD} £5 “now”`;
/** A code that no hash has by chance; a verification of it is left pending, so that it is searched for while it lives. */
const CODE = randomBytes(5).toString("hex").toUpperCase();
const NUMBERS = numberNeedles(NUMBER);
const CODES = textNeedles(CODE);
const TEXTS = textNeedles(WORD);
const OTHERS = numberNeedles(OTHER);

let service: Service;
let receiver: Outside;
let hanging: Outside;
let hook: Outside;
let throttles = 2;
let gateway: Outside;
let account: { id: string; secret: string };
let live: { id: string; key: string };
let sandbox: { id: string; key: string };
/** Answers that may hold the number, and answers that may hold the text: the handset, the reveal, the caller's own notes. */
const mayHoldNumber = new Set<Answer>();
const mayHoldText = new Set<Answer>();

const as =
  (key: string) =>
  (route: string, body?: unknown, headers: Record<string, string> = {}) =>
    service.call(route, { key, headers, ...(body === undefined ? {} : { body }) });

beforeAll(async () => {
  service = await startService({}, { tap: true });
  receiver = await outside();
  hanging = await outside(() => undefined);
  hook = await outside();
  gateway = await outside((call, response) => {
    const { text } = JSON.parse(call.body) as { text: string };
    if (text.startsWith("decline")) json(response, 422, { accepted: false, code: `${NATIONAL} ${WORD}` });
    else if (text.startsWith("hyphens"))
      json(response, 400, { accepted: false, code: NUMBER.slice(1).replace(/(....)/g, "$1-") });
    else if (text.startsWith("page")) response.writeHead(200, { "x-echo": NATIONAL }).end(`<p>${NUMBER} ${text}</p>`);
    else if (text.startsWith("later") && throttles-- > 0)
      response.writeHead(429, { "retry-after": "1" }).end(`${NUMBER} ${WORD}`);
    else json(response, 200, { accepted: true, reference: `${NUMBER} ${WORD}` });
  });
  account = await carrierOf(service, `${gateway.url}/sms`);
  live = await tenantOf(service, "Gateway", [account.id]);
  sandbox = await tenantOf(service, "Sandbox");
});

afterAll(async () => {
  await service?.kill();
  await Promise.all([receiver?.close(), hanging?.close(), hook?.close(), gateway?.close()]);
  service?.remove();
});

const id = (answer: Answer): string => String(answer.body["id"]);
const note = { reference: `order ${WORD} for ${SPACED}`, metadata: { [NUMBER]: NATIONAL, name: `${WORD} ${SPACED}` } };
const free = (answer: Answer): Answer => (mayHoldText.add(answer), answer);

/** Messages, tokens, lists, events and receipts of the tenant behind the gateway. */
async function dispatchPath(): Promise<void> {
  const ask = as(live.key);
  const hook = await ask("POST /v1/webhooks", { url: `${receiver.url}/hook`, events: ["*"] });
  const sendBody = { to: NUMBER, text: TEXT, purpose: "service", ...note };
  const first = free(await ask("POST /v1/messages", sendBody, { "idempotency-key": `${NUMBER}-${WORD}` }));
  expect(first.status, first.text).toBe(202);
  free(await ask("POST /v1/messages", sendBody, { "idempotency-key": `"${NUMBER}-${WORD}"` }));
  await ask("POST /v1/messages", { ...sendBody, text: "other" }, { "idempotency-key": `${NUMBER}-${WORD}` });
  const { token } = first.body["to"] as { token: string };
  await ask("POST /v1/webhooks", { url: `${hanging.url}/hook`, events: ["*"] }); // makes the slow lane carry something
  const texts = [TEXT, "decline this", "hyphens here", "page please", "later please"];
  for (const text of texts)
    free(await ask("POST /v1/messages", { to: { token }, text: `${text} ${WORD}`, purpose: "otp" }));
  const item = (over: object) => ({ to: SPACED, text: TEXT, purpose: "service", ...over });
  free(
    await ask("POST /v1/messages/batch", {
      messages: [item(note), item({ to: `${NUMBER}x` }), item({ [NUMBER]: WORD }), NUMBER],
    }),
  );
  free(await ask("POST /v1/messages/preview", item({ from: NUMBER, smart_encoding: true })));
  const later = new Date(Date.now() + 86_400_000).toISOString();
  const scheduled = free(await ask("POST /v1/messages", item({ schedule_at: later, ...note })));
  free(await ask(`POST /v1/messages/${id(scheduled)}/cancel`));
  free(await ask(`GET /v1/messages/${id(scheduled)}`));
  free(await ask("POST /v1/messages", item({ schedule_at: later, ttl_seconds: 60 })));
  await gateway.until((calls) => calls.length >= 6, "the gateway has every message");
  const given = JSON.parse(gateway.calls.find(({ body }) => body.includes(id(first)))?.body ?? "{}") as {
    receipt_url: string;
  };
  const path = new URL(given.receipt_url).pathname;
  for (const report of [
    { message: id(first), state: "delivered", code: `${SPACED} ${WORD}` },
    { message: id(first), state: "delivered", code: WORD.toUpperCase(), extra: NUMBER },
    { message: NUMBER, state: TEXT },
  ]) {
    const raw = JSON.stringify(report);
    await service.call(`POST ${path}`, { raw, headers: signed(account.secret, raw) });
    await service.call(`POST ${path}`, { raw, headers: { ...signed(account.secret, raw), "webhook-id": NUMBER } });
  }
  await service.call(`POST ${path}${NUMBER}`, { raw: NUMBER, headers: { "webhook-signature": NUMBER } });
  await receiver.until(
    (calls) => calls.some(({ body }) => body.includes("message.delivered")),
    "message.delivered is told",
  );
  const events = await ask("GET /v1/events?limit=100");
  const [event] = events.body["data"] as { id: string }[];
  await ask(`GET /v1/events/${event?.id}`);
  await ask(`POST /v1/events/${event?.id}/replay`, { endpoint: NUMBER });
  await ask(`POST /v1/events/${event?.id}/replay`, {}, { "idempotency-key": NATIONAL });
  await ask(`POST /v1/webhooks/${id(hook)}/rotate`, {}, { "idempotency-key": NATIONAL });
  for (const query of [
    "",
    "?limit=100",
    "?state=delivered",
    `?token=${token}`,
    `?reference=${encodeURIComponent(note.reference)}`,
  ])
    free(await ask(`GET /v1/messages${query}`));
  const second = free(await ask("POST /v1/messages", item({ reference: WORD })));
  expect(second.status).toBe(202);
  expect(free(await ask(`GET /v1/messages?reference=${WORD}`)).text).toContain(id(second));
}

/** The vault: tokens, and the one answer that may hold the number. */
async function vault(): Promise<void> {
  const ask = as(sandbox.key);
  const made = await ask("POST /v1/tokens", { number: SPACED }, { "idempotency-key": NUMBER });
  await ask("POST /v1/tokens", { number: SPACED }, { "idempotency-key": NUMBER });
  const token = String(made.body["token"]);
  await ask(`GET /v1/tokens/${token}`);
  const reveal = await ask(`POST /v1/tokens/${token}/reveal`, { reason: "support" });
  expect(reveal.body["number"]).toBe(NUMBER);
  mayHoldNumber.add(reveal);
  await ask(`POST /v1/tokens/${token}/reveal`, { reason: NUMBER });
  await ask(`POST /v1/tokens/${NUMBER}/reveal`, { reason: "support" });
}

/** The sandbox's own network, and its handset. */
async function handset(): Promise<void> {
  const ask = as(sandbox.key);
  const first = await ask("POST /v1/messages", { to: NUMBER, text: TEXT, purpose: "otp" });
  await ended(ask, id(first));
  for (const path of ["/v1/sandbox/handset/messages", "/v1/sandbox/handset/lines"]) {
    const shown = await ask(`GET ${path}`);
    expect(shown.text).toContain(NUMBER);
    mayHoldNumber.add(shown);
    mayHoldText.add(shown);
  }
  await ask(`GET /v1/sandbox/handset/messages?line=${encodeURIComponent(NUMBER)}`);
  await ask("POST /v1/sandbox/clock", { advance_seconds: 100_000 });
}

async function ended(ask: ReturnType<typeof as>, message: string): Promise<void> {
  for (let looks = 0; looks < 600; looks += 1) {
    const { body } = await ask(`GET /v1/messages/${message}`);
    if (body["ended_at"] !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the message never ended");
}

/** The number and the text where they do not belong. */
async function mistakes(): Promise<void> {
  const ask = as(live.key);
  const good = { to: NUMBER, text: TEXT, purpose: "service" };
  for (const field of [
    "to",
    "purpose",
    "from",
    "schedule_at",
    "expires_at",
    "ttl_seconds",
    "smart_encoding",
    "price",
  ]) {
    for (const value of [`${NUMBER}x`, `${SPACED} 00`, NUMBER.repeat(2), { token: NUMBER }, [NUMBER]]) {
      const answer = await ask("POST /v1/messages", { ...good, [field]: value });
      expect(answer.status, `${field} ${answer.text}`).toBeGreaterThanOrEqual(400);
    }
  }
  expect((await ask("POST /v1/messages", { ...good, from: NUMBER })).status).toBe(422);
  await ask("POST /v1/messages", { ...good, metadata: { [NUMBER]: 1, [WORD]: [NUMBER] } });
  await ask("POST /v1/messages", { ...good, metadata: { [`${NUMBER}${WORD}`.repeat(9)]: "x" } });
  for (const raw of [
    NUMBER,
    `{"to":"${NUMBER}"`,
    `{"${NUMBER}":"${WORD}","${NUMBER}":1}`,
    `"${TEXT}"`,
    `[${NATIONAL}]`,
  ])
    await service.call("POST /v1/messages", { key: live.key, raw });
  for (const headers of [{ "content-type": `text/${NUMBER.slice(1)}` }, { "idempotency-key": `${NUMBER} ${WORD}` }])
    await ask("POST /v1/messages", good, headers);
  for (const path of [
    `/v1/messages/${NUMBER}`,
    `/v1/tokens/${NATIONAL}`,
    `/v1/${NUMBER}`,
    `/${WORD}/${NUMBER}`,
    `/carriers/${NUMBER}/receipts/${NUMBER}`,
    `/v1/messages?to=${NATIONAL}`,
    `/v1/messages?cursor=${NATIONAL}`,
    `/v1/messages?token=${NATIONAL}`,
    `/v1/messages?reference=${NATIONAL}`,
    `/v1/messages?${NATIONAL}=1`,
    `/v1/events?type=${NATIONAL}`,
    `/v1/audit?act=${NATIONAL}`,
    `/v1/audit?cursor=${NUMBER.slice(1)}`,
    `/openapi.json?x=${NATIONAL}`,
    `/docs?x=${NATIONAL}`,
    `/errors/${NUMBER}`,
    `/errors/${NATIONAL}?x=${WORD}`,
    `/errors?x=${NATIONAL}`,
    `/healthz?x=${NATIONAL}`,
    `/admin/v1/tenants?cursor=${NATIONAL}`,
  ])
    // prettier-ignore
    await ask(`GET ${path}`);
  for (const key of [NUMBER, `mk_test_${NATIONAL}`, WORD]) await as(key)("GET /v1/messages");
  for (const name of [NUMBER, `Anna ${SPACED}`, `n${encodeURIComponent(NUMBER)}`]) {
    expect((await ask("POST /v1/keys", { name, scopes: ["messages:read"] })).status, name).toBe(422);
    expect((await service.admin("POST /admin/v1/tenants", { name, environment: "sandbox" })).status, name).toBe(422);
    expect((await service.admin(`PATCH /admin/v1/carriers/${account.id}`, { name })).status, name).toBe(422);
  }
  for (const url of [
    `${receiver.url}/${NUMBER}`,
    `${receiver.url}/?to=%2B44${NUMBER.slice(3)}`,
    `${receiver.url}/%30${NUMBER.slice(3)}`,
  ])
    for (const refused of [
      await ask("POST /v1/webhooks", { url, events: ["*"] }),
      await service.admin(`PATCH /admin/v1/carriers/${account.id}`, { url }),
    ])
      expect(refused.status, url).toBe(422);
  for (const policy of [
    { countries: [NUMBER] },
    { routes: [NUMBER] },
    { limits: { [NUMBER]: 1 } },
    { [NUMBER]: 1 },
    { default_sender: NUMBER.repeat(2) },
  ])
    expect((await service.admin(`PATCH /admin/v1/tenants/${live.id}`, { policy })).status).toBeGreaterThanOrEqual(400);
}

/** Reading everything back, purging, exporting. */
async function operators(): Promise<void> {
  for (const { key } of [live, sandbox]) {
    const ask = as(key);
    for (const path of ["/v1/audit?limit=500", "/v1/audit/export", "/v1/keys", "/v1/webhooks", "/v1/events?limit=100"])
      await ask(`GET ${path}`);
  }
  for (const { id: tenant } of [live, sandbox])
    for (const path of [`/admin/v1/tenants/${tenant}`, `/admin/v1/tenants/${tenant}/keys`])
      await service.admin(`GET ${path}`);
  for (const path of [
    "/admin/v1/tenants",
    "/admin/v1/carriers",
    "/admin/v1/keys",
    "/admin/v1/audit",
    "/openapi.json",
    "/docs",
    "/handset",
    "/healthz",
  ])
    await service.admin(`GET ${path}`);
  await service.admin("POST /admin/v1/keys/rewrap");
  await service.scheduled("17 3 * * *");
  await service.admin("POST /admin/v1/purge");
}

test("neither number, text nor code is in any stored byte, log line, answer, webhook or header", async () => {
  await dispatchPath();
  await vault();
  await handset();
  const canary = { number: NUMBER, national: NATIONAL, spaced: SPACED, word: WORD, code: CODE, note };
  await leakCodes(canary, as(live.key), free, gateway);
  const masked = { service, tenant: live.id, account, number: NUMBER, other: OTHER, text: TEXT, word: WORD };
  const kept = (answer: Answer): void => void (mayHoldText.add(answer), mayHoldNumber.add(answer));
  await leakMasking({ ...masked, ask: as(live.key), free, kept, gateway, hook });
  await mistakes();
  const secrets = await leakConsole({ ...masked, key: live.key, national: NATIONAL, free });
  await operators();
  await hanging.until(
    () => service.queued().some((each) => each.includes('"events-slow-eu"')),
    "the slow lane is used",
  );
  await service.stop();

  const hits: string[] = [];
  const look = (where: string, bytes: Buffer | string, needles = [...NUMBERS, ...OTHERS, ...TEXTS, ...CODES]) =>
    void hits.push(...hitsIn(Buffer.from(bytes), needles).map((form) => `${where}: ${form}`));
  const files = service.files();
  expect(files.some(({ name }) => name.endsWith(".sqlite"))).toBe(true);
  const keys = [live.key, ...secrets].flatMap(textNeedles);
  for (const answer of service.answers.filter(({ route }) => route.includes(" /console"))) {
    look(`key on ${answer.route}`, answer.text, keys);
    look(`key in the address ${answer.route.slice(0, 60)}`, answer.route, keys);
    look(`number in the address ${answer.route.slice(0, 60)}`, answer.route);
  }
  for (const { name, bytes } of files) look(name.slice(service.persist.length), Buffer.from(bytes));
  look("the log", service.log());
  expect(service.log()).toContain('"what":"request"');
  for (const answer of service.answers) {
    const route = `${answer.status} ${answer.route.slice(0, 60)}`;
    look(`headers of ${route}`, answer.headers);
    if (!mayHoldNumber.has(answer)) look(`answer ${route} ${answer.text.slice(0, 80)}`, answer.text, NUMBERS);
    look(`answer ${route} ${answer.text.slice(0, 80)}`, answer.text, OTHERS);
    look(`answer ${route} ${answer.text.slice(0, 80)}`, answer.text, CODES);
    if (!mayHoldText.has(answer)) look(`answer ${route} ${answer.text.slice(0, 80)}`, answer.text, TEXTS);
  }
  const queued = service.queued();
  const queues = new Set(queued.map((each) => (JSON.parse(each) as { queue: string }).queue));
  expect([...queues].sort()).toEqual(["bulk-eu", "events-eu", "events-slow-eu", "otp-eu"]);
  for (const [nth, each] of queued.entries()) look(`message ${nth} of a queue ${each.slice(0, 60)}`, each);
  expect(receiver.calls.length).toBeGreaterThan(5);
  for (const call of receiver.calls) look(`webhook ${call.url}`, JSON.stringify(call));
  expect(gateway.calls.some(({ body }) => body.includes(NUMBER))).toBe(true);
  const phones: Record<string, [string, Needle[]]> = { [NUMBER]: ["the canary's phone", OTHERS], [OTHER]: ["the other's phone", NUMBERS] }; // prettier-ignore
  for (const { body } of gateway.calls) {
    const { to, from, text, ...rest } = JSON.parse(body) as { to: string; from: string | null; text: string };
    const [whose, needles] = phones[to] ?? [`a call to ${to}`, [...NUMBERS, ...OTHERS]];
    // What a person writes of themselves is their own affair, and the session's content policy's; here it passes.
    look(whose, JSON.stringify([from, text.replace(` on ${NUMBER}`, ""), rest]), needles);
  }
  expect(hook.calls.length).toBeGreaterThan(1);
  for (const call of hook.calls) look("the hook", JSON.stringify(call).replace(` on ${NUMBER}`, ""), [...NUMBERS, ...OTHERS]); // prettier-ignore
  for (const call of gateway.calls) look(`carrier ${call.url}`, JSON.stringify({ ...call, body: "" }));
  expect(hits).toEqual([]);
  expect(
    queued.every((each) => /^[\w\s{}[\]":,.-]*$/.test(each)),
    "a queue carries ids and counts only",
  ).toBe(true);
  expect(service.answers.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);
});
