// When a receiver is tried again (T38), against the built Worker under a sandbox's clock: the schedule of the specification,
// 410 and 429.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { outside, type Kept, type Outside } from "../support/outside.ts";
import { startService, tenantOf, type Service } from "../support/process.ts";

let service: Service;
let tenant: { id: string; key: string };
const open: Outside[] = [];

beforeAll(async () => void (service = await startService()));
beforeEach(async () => void (tenant = await tenantOf(service, "Receivers")));
afterAll(async () => {
  await service?.kill();
  await Promise.all(open.map((each) => each.close()));
  service?.remove();
});

const ask = (route: string, body?: unknown) =>
  service.call(route, { key: tenant.key, ...(body === undefined ? {} : { body }) });

type Endpoint = Outside & { id: string; secret: string };

/** A receiver that is registered for delivered messages and its own end. */
async function endpoint(answer?: Parameters<typeof outside>[0], events = ["message.delivered"]): Promise<Endpoint> {
  const server = await outside(answer);
  open.push(server);
  const made = await ask("POST /v1/webhooks", { url: `${server.url}/hook`, events });
  expect(made.status, made.text).toBe(201);
  return Object.assign(server, { id: String(made.body["id"]), secret: String(made.body["secret"]) });
}

let line = 0;
/** Sends messages in a batch; answers their ids. */
async function send(count: number): Promise<string[]> {
  const messages = Array.from({ length: count }, () => ({
    to: `+447700900${String(100 + (line++ % 700))}`,
    text: "Hello",
    purpose: "service",
  }));
  const sent = await ask("POST /v1/messages/batch", { messages });
  expect(sent.status, sent.text).toBe(202);
  return (sent.body["data"] as { message: { id: string } }[]).map(({ message }) => message.id);
}

const about = (calls: readonly Kept[], id: string): Kept[] => calls.filter(({ body }) => body.includes(id));
const have = (calls: readonly Kept[], ids: readonly string[]): boolean => {
  const all = calls.map(({ body }) => body).join("\n");
  return ids.every((id) => all.includes(id));
};
/**
 * Once it hears of something newer, what came before is settled: a receiver's batches follow one another. The clock may not
 * move earlier, or the next try would be counted from after the move.
 */
async function settled(each: Endpoint): Promise<void> {
  const [newer = ""] = await send(1);
  await each.until((calls) => have(calls, [newer]), "it hears of what is newer");
}

test("a failing receiver is tried by the schedule of the specification for three days, then switched off and told of", async () => {
  const good = await endpoint(undefined, ["message.delivered", "endpoint.disabled"]);
  const bad = await endpoint((_call, response) => void response.writeHead(500).end());
  const [first = ""] = await send(1);
  const tries = () => about(bad.calls, first).length;
  await bad.until(() => tries() === 1, "the first try");
  await settled(bad);
  const advance = (seconds: number) => ask("POST /v1/sandbox/clock", { advance_seconds: Math.floor(seconds) });
  const heard = async () => {
    const [sentinel = ""] = await send(1);
    await good.until((calls) => have(calls, [sentinel]), "what is new is told meanwhile");
  };
  for (const [at, step] of [300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].entries()) {
    if (at === 0) {
      await advance(7);
      await bad.until(() => tries() === 2, "the second try, after five seconds");
      await settled(bad);
    }
    await advance(step * 0.5);
    await heard();
    expect(tries(), `${step} s are not over`).toBe(at + 2);
    // Within how much of a step it is tried is schedule.test.ts's to say; here, that it is, and once.
    for (let more = 0; more < 12 && tries() < at + 3; more += 1) {
      await advance(step * 0.2);
      await heard();
    }
    await bad.until(() => tries() === at + 3, `the try after ${step} s`);
    if (at < 7) await settled(bad);
  }
  await good.until((calls) => calls.some(({ body }) => body.includes('"endpoint.disabled"')), "endpoint.disabled");
  const seen = about(bad.calls, first);
  expect(seen).toHaveLength(10);
  expect(new Set(seen.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect((await ask(`GET /v1/webhooks/${bad.id}`)).body).toMatchObject({ state: "disabled", reason: "exhausted" });
  const calls = bad.calls.length;
  await advance(90_000);
  const [last = ""] = await send(1);
  await good.until((each) => have(each, [last]), "the others go on");
  expect(bad.calls.length).toBe(calls);
});

test("410 switches a receiver off at once, and 429 is left alone for as long as it asked", async () => {
  const good = await endpoint();
  const gone = await endpoint((_call, response) => void response.writeHead(410).end());
  const busy = await endpoint((_call, response) => void response.writeHead(429, { "retry-after": "3600" }).end());
  const [first = ""] = await send(1);
  for (const each of [good, gone, busy]) await each.until((calls) => calls.length > 0, "each is told");
  for (const each of [good, busy]) await settled(each);
  const tries = (each: Endpoint) => about(each.calls, first).length;
  await ask("POST /v1/sandbox/clock", { advance_seconds: 3_500 });
  const more = await send(3);
  await good.until((calls) => have(calls, more), "the good one hears more");
  expect((await ask(`GET /v1/webhooks/${gone.id}`)).body).toMatchObject({ state: "disabled", reason: "gone" });
  expect(gone.calls).toHaveLength(1);
  expect(tries(busy)).toBe(1);
  await ask("POST /v1/sandbox/clock", { advance_seconds: 600 });
  await busy.until(() => tries(busy) === 2, "the busy one is tried after its hour");
});
