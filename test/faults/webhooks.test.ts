// Receivers as they are (T38 to T40), against the built Worker: dead, slow, endless, busy and gone ones; secrets that change
// under way; and every signature checked by the official package.
import { Webhook } from "standardwebhooks";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { Kept } from "../support/receivers/outside.ts";
import type { Client } from "../support/service/client.ts";
import { atSpeed, leastOf, patience } from "../support/run/patience.ts";
import { sharedService } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { about, have, p99, Receivers } from "../support/receivers/receivers.ts";

/** Bad receivers delay the good one by less than this. */
const DELAY_MS_MAX = atSpeed(1_000);

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

const verifies = (call: Kept, secret: string): boolean => {
  try {
    new Webhook(secret).verify(call.body, call.headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
};

test("dead, hanging, dripping and endless receivers delay the others by less than a second, and all is signed", async () => {
  const good = await tenant.endpoint();
  const alone = await tenant.send(100);
  await good.until((calls) => have(calls, alone), "a hundred events alone");
  const before = p99(good.calls);

  const chunk = "x".repeat(65_536);
  let written = 0;
  const givenUp = Promise.withResolvers<undefined>();
  const dripGivenUp = Promise.withResolvers<undefined>();
  const bad = [
    await tenant.endpoint((_call, response) => void response.writeHead(500).end()),
    await tenant.endpoint((_call, response) => void response.on("close", () => givenUp.resolve(undefined))), // never answers
    await tenant.endpoint((_call, response) => {
      response.writeHead(200);
      const drip = setInterval(() => void response.write("."), 200);
      response.on("close", () => {
        clearInterval(drip);
        dripGivenUp.resolve(undefined);
      });
    }),
    await tenant.endpoint((_call, response) => {
      response.writeHead(200);
      const pour = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
      };
      response.on("drain", pour);
      response.on("error", () => undefined);
      pour();
    }),
    await tenant.endpoint((call, response) => void (call.url, response.destroy())),
  ];
  // The first calls find out who hangs.
  const first = await tenant.send(20);
  await good.until((calls) => have(calls, first), "the good receiver hears while the bad are found out");
  await Promise.all([givenUp.promise, dripGivenUp.promise]);
  const known = await tenant.send(10);
  await good.until((calls) => have(calls, known), "the bad are known");
  expect(p99(about(good.calls, ...first, ...known)) - before).toBeLessThan(patience(DELAY_MS_MAX)); // seen once only
  // What an endpoint shows is known for half an hour: from now on nobody waits for it.
  const rounds = async (): Promise<number> => {
    const ids: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const more = await tenant.send(50);
      ids.push(...more);
      await good.until((calls) => have(calls, more), "the good receiver has the round");
    }
    return p99(about(good.calls, ...ids));
  };
  expect((await leastOf(rounds, before + DELAY_MS_MAX)) - before).toBeLessThan(DELAY_MS_MAX);
  for (const each of bad) await each.until((calls) => calls.length > 0, "the bad one was tried");
  expect(written).toBeLessThan(64 * 1_024 * 1_024);
  expect(good.calls.every((call) => verifies(call, good.secret))).toBe(true);
  for (const each of bad) expect(each.calls.every((call) => verifies(call, each.secret))).toBe(true);
});

test("while the secret changes under three hundred deliveries each verifies; without overlap the old one stops at once", async () => {
  const receiver = await tenant.endpoint();
  const old = receiver.secret;
  const ids = await tenant.send(100);
  const rotated = await tenant.ask(`POST /v1/webhooks/${receiver.id}/rotate`, { overlap_hours: 1 });
  const fresh = String(rotated.body["secret"]);
  ids.push(...(await tenant.send(200)));
  await receiver.until((calls) => have(calls, ids), "three hundred events");
  expect(receiver.calls.filter((call) => !verifies(call, old) && !verifies(call, fresh))).toEqual([]);
  expect(receiver.calls.filter((call) => !verifies(call, old))).toEqual([]); // the overlap lasts: who has the old one hears all
  expect(verifies(receiver.calls.at(-1)!, fresh)).toBe(true);
  expect(receiver.calls.some((call) => verifies(call, `whsec_${Buffer.alloc(32, 7).toString("base64")}`))).toBe(false);

  const last = String(
    (await tenant.ask(`POST /v1/webhooks/${receiver.id}/rotate`, { overlap_hours: 0 })).body["secret"],
  );
  const from = receiver.calls.length;
  const after = await tenant.send(50);
  await receiver.until((calls) => have(calls, after), "fifty more");
  for (const call of receiver.calls.slice(from)) {
    expect(verifies(call, last)).toBe(true);
    expect(verifies(call, old)).toBe(true); // its own end is an hour away: a later rotation does not shorten it
    expect(verifies(call, fresh)).toBe(false);
  }
});
