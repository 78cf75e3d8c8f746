/** The courier: one account, one pace, one word for all its senders. */
import { PLAIN_ACCOUNT } from "../../../src/carriers/carrier.ts";
import { expect, test } from "vitest";
import { Courier } from "../../../src/carriers/courier/courier.ts";
import { httpCarrier } from "../../../src/carriers/adapters/http.ts";
import { Keyring } from "../../../src/vault/keyring.ts";
import { FakeTime } from "../../support/rooms/fake-time.ts";
import { nodeSql } from "../../support/rooms/node-sql.ts";

const ring = Keyring.parse(
  JSON.stringify({ 1: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64") }),
);

function rig(perSecond: number | null = null, sql = nodeSql()) {
  const time = new FakeTime();
  const told: number[] = [];
  const deps = {
    sql,
    ring,
    now: () => time.now,
    later: (milliseconds: number, run: () => void) => void time.later(milliseconds, run),
    carrierOf: () => httpCarrier,
    log: () => undefined,
    quiet: async (_account: string, until: number) => void told.push(until),
    io: () => ({ fetch: () => Promise.reject(new Error("no")), now: Date.now, handset: () => Promise.resolve() }),
    note: () => Promise.resolve(),
  };
  const courier = new Courier(deps);
  courier.configure(
    { ...PLAIN_ACCOUNT, id: "car_1", kind: "http", mode: "test", settings: { url: "http://x" }, perSecond },
    { secret: "whsec_x" },
  );
  courier.report([{ lane: "otp", outcome: "accepted", count: 1, latencyMs: 1 }]); // it is known to be well
  return { time, told, courier, deps, sql };
}
const want = { tenant: "t", lane: "otp" as const, wanted: 6 };

test("a hold is told to every sender at once, and a shorter word afterwards shortens nothing", async () => {
  const { courier, told, time } = rig();
  await courier.hold(30);
  await courier.hold(5);
  expect(told).toEqual([time.now + 30_000]);
  await expect(courier.permit(want)).resolves.toMatchObject({ granted: 0, waitMs: 30_000 });
});

test("a hold outlives a restart", async () => {
  const { courier, deps, time } = rig();
  await courier.hold(30);
  time.now += 28_000;
  const reborn = new Courier(deps);
  await expect(reborn.permit(want)).resolves.toMatchObject({ granted: 0, waitMs: 2_000 });
  time.now += 2_000;
  await expect(reborn.permit(want)).resolves.toMatchObject({ granted: 6, watched: true });
});

test("a pace is never exceeded in any second after the first, however many ask and whatever the clock does", async () => {
  const { courier, time } = rig(10);
  const granted: number[] = [];
  let going = true;
  const asker = async () => {
    while (going) {
      const permit = await courier.permit(want);
      for (let nth = 0; nth < (permit?.granted ?? 0); nth += 1) granted.push(time.now);
      if (permit?.granted === 0) await time.sleep(Math.max(1, permit.waitMs));
    }
  };
  const askers = Promise.all(Array.from({ length: 8 }, asker));
  const began = time.now;
  await time.pass(10_000);
  going = false;
  await time.pass(3_000);
  await askers;
  expect(granted.length).toBeGreaterThanOrEqual(90);
  for (let second = began; second < began + 10_000; second += 100)
    expect(granted.filter((at) => at >= second && at < second + 1_000).length).toBeLessThanOrEqual(11);
});

test("a clock that steps back an hour grants nothing extra", async () => {
  const { courier, time } = rig(10);
  await courier.permit(want);
  time.now -= 3_600_000;
  const asked = courier.permit(want);
  await time.pass(500);
  expect((await asked)?.granted).toBeLessThanOrEqual(1);
});
