// Receivers as they are (T38 to T40), against the built Worker: dead, slow, endless, busy and gone ones; secrets that change
// under way; and every signature checked by the official package.
import { Webhook } from "standardwebhooks";
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

const have = (calls: readonly Kept[], ids: readonly string[]): boolean => {
  const all = calls.map(({ body }) => body).join("\n");
  return ids.every((id) => all.includes(id));
};
const verifies = (call: Kept, secret: string): boolean => {
  try {
    new Webhook(secret).verify(call.body, call.headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
};

/** The calls about any of these messages. */
const aboutAny = (calls: readonly Kept[], ids: readonly string[]): Kept[] =>
  calls.filter(({ body }) => ids.some((id) => body.includes(id)));

/** How long each event took from when it happened until it was received, the 99th of a hundred. */
function p99(calls: readonly Kept[]): number {
  const lags = calls.map(
    (call) => call.at - Date.parse((JSON.parse(call.body) as { occurred_at: string }).occurred_at),
  );
  return lags.toSorted((a, b) => a - b)[Math.ceil(lags.length * 0.99) - 1] ?? 0;
}

test("dead, hanging, dripping and endless receivers delay the others by less than a second once they are known, and all is signed", async () => {
  const good = await endpoint();
  const alone = await send(100);
  await good.until((calls) => have(calls, alone), "a hundred events alone");
  const before = p99(good.calls);

  const chunk = "x".repeat(65_536);
  let written = 0;
  const givenUp = Promise.withResolvers<undefined>();
  const dripGivenUp = Promise.withResolvers<undefined>();
  const bad = [
    await endpoint((_call, response) => void response.writeHead(500).end()),
    await endpoint((_call, response) => void response.on("close", () => givenUp.resolve(undefined))), // never answers
    await endpoint((_call, response) => {
      response.writeHead(200);
      const drip = setInterval(() => void response.write("."), 200);
      response.on("close", () => {
        clearInterval(drip);
        dripGivenUp.resolve(undefined);
      });
    }),
    await endpoint((_call, response) => {
      response.writeHead(200);
      const pour = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
      };
      response.on("drain", pour);
      response.on("error", () => undefined);
      pour();
    }),
    await endpoint((call, response) => void (call.url, response.destroy())),
  ];
  // The first calls find out who hangs; while they do, one turn lasts up to the short timeout of five seconds.
  const first = await send(20);
  await good.until((calls) => have(calls, first), "the good receiver hears while the bad are found out");
  await Promise.all([givenUp.promise, dripGivenUp.promise]);
  const known = await send(10);
  await good.until((calls) => have(calls, known), "the bad are known");
  expect(p99(aboutAny(good.calls, [...first, ...known]))).toBeLessThan(7_000);
  // What an endpoint shows is known for half an hour: from now on nobody waits for it.
  const ids: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    const more = await send(50);
    ids.push(...more);
    await good.until((calls) => have(calls, more), "the good receiver has the round");
  }
  expect(p99(aboutAny(good.calls, ids)) - before).toBeLessThan(1_000);
  for (const each of bad) await each.until((calls) => calls.length > 0, "the bad one was tried");
  expect(written).toBeLessThan(64 * 1_024 * 1_024);
  expect(good.calls.every((call) => verifies(call, good.secret))).toBe(true);
  for (const each of bad) expect(each.calls.every((call) => verifies(call, each.secret))).toBe(true);
});

test("while the secret changes under three hundred deliveries each verifies; without overlap the old one stops at once", async () => {
  const receiver = await endpoint();
  const old = receiver.secret;
  const ids = await send(100);
  const rotated = await ask(`POST /v1/webhooks/${receiver.id}/rotate`, { overlap_hours: 1 });
  const fresh = String(rotated.body["secret"]);
  ids.push(...(await send(200)));
  await receiver.until((calls) => have(calls, ids), "three hundred events");
  expect(receiver.calls.filter((call) => !verifies(call, old) && !verifies(call, fresh))).toEqual([]);
  expect(receiver.calls.filter((call) => !verifies(call, old))).toEqual([]); // the overlap lasts: who has the old one hears all
  expect(verifies(receiver.calls.at(-1)!, fresh)).toBe(true);
  expect(receiver.calls.some((call) => verifies(call, `whsec_${Buffer.alloc(32, 7).toString("base64")}`))).toBe(false);

  const last = String((await ask(`POST /v1/webhooks/${receiver.id}/rotate`, { overlap_hours: 0 })).body["secret"]);
  const from = receiver.calls.length;
  const after = await send(50);
  await receiver.until((calls) => have(calls, after), "fifty more");
  for (const call of receiver.calls.slice(from)) {
    expect(verifies(call, last)).toBe(true);
    expect(verifies(call, old)).toBe(true); // its own end is an hour away: a later rotation does not shorten it
    expect(verifies(call, fresh)).toBe(false);
  }
});
