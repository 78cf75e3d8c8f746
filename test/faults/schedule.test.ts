// When a receiver is tried again (T38), against the built Worker under a sandbox's clock: the schedule of the specification,
// 410 and 429.
import { afterAll, beforeEach, expect, test } from "vitest";
import type { Client } from "../support/service/client.ts";
import { sharedService } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { about, have, Receivers, type Endpoint } from "../support/receivers/receivers.ts";

let service: Client;
let tenant: Receivers;
const tenants: Receivers[] = [];

setUp(async (use) => {
  service = await use(sharedService());
});
beforeEach(async () => void tenants.push((tenant = await Receivers.of(service))));
afterAll(async () => {
  await Promise.all(tenants.map((each) => each.close()));
});

/**
 * Once it hears of something newer, what came before is settled: a receiver's batches follow one another. The clock may not
 * move earlier, or the next try would be counted from after the move.
 */
async function settled(each: Endpoint): Promise<void> {
  const [newer = ""] = await tenant.send(1);
  await each.until((calls) => have(calls, [newer]), "it hears of what is newer");
}

test("a failing receiver is tried by the schedule of the specification for three days, then switched off and told of", async () => {
  const good = await tenant.endpoint(undefined, ["message.delivered", "endpoint.disabled"]);
  const bad = await tenant.endpoint((_call, response) => void response.writeHead(500).end());
  const [first = ""] = await tenant.send(1);
  const tries = () => about(bad.calls, first).length;
  await bad.until(() => tries() === 1, "the first try");
  await settled(bad);
  const heard = async () => {
    const [sentinel = ""] = await tenant.send(1);
    await good.until((calls) => have(calls, [sentinel]), "what is new is told meanwhile");
  };
  for (const [at, step] of [300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].entries()) {
    if (at === 0) {
      await tenant.advance(7);
      await bad.until(() => tries() === 2, "the second try, after five seconds");
      await settled(bad);
    }
    await tenant.advance(step * 0.5);
    await heard();
    expect(tries(), `${step} s are not over`).toBe(at + 2);
    // Within how much of a step it is tried is schedule.test.ts's to say; here, that it is, and once.
    for (let more = 0; more < 12 && tries() < at + 3; more += 1) {
      await tenant.advance(step * 0.2);
      await heard();
    }
    await bad.until(() => tries() === at + 3, `the try after ${step} s`);
    if (at < 7) await settled(bad);
  }
  await good.until((calls) => calls.some(({ body }) => body.includes('"endpoint.disabled"')), "endpoint.disabled");
  const seen = about(bad.calls, first);
  expect(seen).toHaveLength(10);
  expect(new Set(seen.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect((await tenant.ask(`GET /v1/webhooks/${bad.id}`)).body).toMatchObject({
    state: "disabled",
    reason: "exhausted",
  });
  const calls = bad.calls.length;
  await tenant.advance(90_000);
  const [last = ""] = await tenant.send(1);
  await good.until((each) => have(each, [last]), "the others go on");
  expect(bad.calls.length).toBe(calls);
});

test("410 switches a receiver off at once, and 429 is left alone for as long as it asked", async () => {
  const good = await tenant.endpoint();
  const gone = await tenant.endpoint((_call, response) => void response.writeHead(410).end());
  const busy = await tenant.endpoint(
    (_call, response) => void response.writeHead(429, { "retry-after": "3600" }).end(),
  );
  const [first = ""] = await tenant.send(1);
  for (const each of [good, gone, busy]) await each.until((calls) => calls.length > 0, "each is told");
  for (const each of [good, busy]) await settled(each);
  const tries = (each: Endpoint) => about(each.calls, first).length;
  await tenant.advance(3_500);
  const more = await tenant.send(3);
  await good.until((calls) => have(calls, more), "the good one hears more");
  expect((await tenant.ask(`GET /v1/webhooks/${gone.id}`)).body).toMatchObject({ state: "disabled", reason: "gone" });
  expect(gone.calls).toHaveLength(1);
  expect(tries(busy)).toBe(1);
  await tenant.advance(600);
  await busy.until(() => tries(busy) === 2, "the busy one is tried after its hour");
});
