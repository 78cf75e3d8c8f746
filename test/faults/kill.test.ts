/**
 * T1 and T2: the runtime is killed at random moments under load and started again with the storage it had.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { CarrierDouble, type Conduct } from "../support/carrier-double.ts";
import { numberFor, Service, type Tenant } from "../support/client.ts";
import { History, judge } from "../support/history.ts";
import { chance, sized } from "../support/seed.ts";
import { eventually, Signal } from "../support/signal.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

const KILLS = sized(3, 50);
const MESSAGES = sized(300, 10_000);
const PER_SECOND = 100;
/** The kills are spread over the whole run: on average half of this lies between a start and the next kill. */
const LULL_MS_MAX = sized(1_200, 3_800);
const SETTLED_MS = 60_000;
const ENDED = ["sent", "delivered", "undelivered", "failed", "expired", "unknown"];

const random = chance("kill");
let service: Service;
let carrier: CarrierDouble;

beforeAll(async () => {
  carrier = await CarrierDouble.start();
  service = await Service.start();
});
afterAll(async () => {
  await service.stop();
  await carrier.stop();
});

/** Mostly well, sometimes not, decided once for each call. */
function conduct(): Conduct {
  const receipts = [{ state: "delivered" as const, afterMs: random.between(10, 1_000) }];
  const die = random.fraction();
  if (die < 0.8) return { does: "accept", afterMs: random.between(20, 150), receipts };
  if (die < 0.85) return { does: "accept", afterMs: random.between(20, 150) };
  if (die < 0.9) return { does: "decline", code: "invalid_number" };
  if (die < 0.94) return { does: "reset_after_accepting", receipts };
  if (die < 0.97) return { does: "error", status: 500 };
  return { does: "reset_before_reading" };
}

type Run = { history: History; tenant: Tenant; up: boolean; changed: Signal };

/** One of the callers: takes the next wish and asks again, with the same key, until it is acknowledged. */
async function caller(run: Run, started: number): Promise<void> {
  while (run.history.wishes.length < MESSAGES) {
    const nth = run.history.wishes.length;
    const wish = run.history.wish({
      to: numberFor(nth),
      text: `Kill ${nth}`,
      purpose: nth % 3 === 0 ? "otp" : "service",
    });
    const due = started + (nth * 1_000) / PER_SECOND;
    if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
    while (!(await run.history.ask(run.tenant, wish)))
      await run.changed.until("the Worker is up", 120_000, () => run.up);
  }
}

/** Kills at random moments, each some time after the Worker came up. */
async function killer(run: Run): Promise<void> {
  for (let kill = 0; kill < KILLS; kill += 1) {
    await new Promise((resolve) => setTimeout(resolve, random.between(150, LULL_MS_MAX)));
    run.up = false;
    run.history.killed(carrier);
    await service.kill();
    await service.resume();
    run.up = true;
    run.changed.ring();
  }
}

test(
  "killed at random moments under load, the service loses no acknowledged message and sends none twice",
  async () => {
    const account = carrier.account("primary", () => conduct());
    const tenant = await service.tenant("Kill", [await service.carrier(account)]);
    const sink = await WebhookSink.start(tenant);
    const run: Run = { history: new History(), tenant, up: true, changed: new Signal() };
    const callers = Promise.all(Array.from({ length: 16 }, () => caller(run, Date.now())));
    await killer(run);
    const restarted = Date.now();
    await callers;
    const settledBy = Math.max(restarted, Date.now() - 10_000) + SETTLED_MS; // a late caller is not the service's delay

    let waiting: string[] = [];
    const messages = await eventually(
      "every acknowledged message has reached the carrier or ended",
      settledBy - Date.now(),
      async () => {
        const all = await tenant.messages();
        waiting = all.filter(({ state }) => !ENDED.includes(state)).map(({ id, state }) => `${id} ${state}`);
        return waiting.length === 0 && carrier.owed === 0 ? all : null;
      },
      sized(1_000, 5_000),
      () => `${waiting.length} wait, such as ${waiting[0]}`,
    );
    const { wrong, figures } = judge(run.history, carrier.calls, messages, await tenant.events());
    console.log(JSON.stringify({ ...figures, kills: KILLS, settledMs: Date.now() - restarted }));
    expect(wrong).toEqual([]);
    expect(carrier.forged).toEqual([]);
    expect(sink.forged).toEqual([]);
    await sink.stop();
  },
  sized(120_000, 1_800_000),
);
