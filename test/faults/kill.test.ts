/**
 * T1 and T2: the runtime is killed at random moments under load and started again with the storage it had.
 */
import { join } from "node:path";
import { expect, test } from "vitest";
import { CarrierDouble, type Conduct, type DoubleAccount } from "../support/carriers/carrier-double.ts";
import { type Tenant, numberFor } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { History, recordKill, seenCalls, writeEvidence } from "../support/judge/history.ts";
import { connectionsTo, judge } from "../support/judge/judge.ts";
import { overlooked } from "../support/judge/mutations.ts";
import { atSpeed } from "../support/run/patience.ts";
import { chance, sized } from "../support/run/seed.ts";
import { eventually, Signal } from "../support/run/signal.ts";
import { WebhookSink } from "../support/receivers/webhook-sink.ts";

const KILLS = sized(3, 50);
const MESSAGES = sized(300, 10_000);
const PER_SECOND = 100;
/** The kills are spread over the whole run: on average half of this lies between a start and the next kill. */
const LULL_MS_MAX = sized(1_200, 3_800);
/** Leases, questions and whatever the queue lost; at full size a slow machine has a backlog of thousands to work off as well. */
const SETTLED_MS = sized(60_000, 150_000);
const ENDED = ["sent", "delivered", "undelivered", "failed", "expired", "unknown"];

const random = chance("kill");
const connections = connectionsTo(1);
let service: Service;
let carrier: CarrierDouble;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(Service.start());
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

/** One tenant on one account, half of the load. */
type Line = { history: History; tenant: Tenant; account: DoubleAccount };
type Run = { lines: Line[]; up: boolean; changed: Signal; sent: number };

async function line(name: string, asked: boolean): Promise<Line> {
  const account = carrier.account(name, () => conduct());
  const tenant = await service.tenant(name, [await service.carrier(account, null, { asked })]);
  return { history: new History(), tenant, account };
}

/** One of the callers: takes the next wish and asks again, with the same key, until it is acknowledged. */
async function caller(run: Run, started: number): Promise<void> {
  while (run.sent < MESSAGES) {
    const nth = run.sent++;
    const { history, tenant } = run.lines[nth % run.lines.length] as Line;
    const wish = history.wish({
      to: numberFor(nth),
      text: `Kill ${nth}`,
      purpose: nth % 3 === 0 ? "otp" : "service",
    });
    const due = started + (nth * 1_000) / PER_SECOND;
    if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
    while (!(await history.ask(tenant, wish))) await run.changed.until("the Worker is up", 120_000, () => run.up);
  }
}

/** Kills at random moments, each some time after the Worker came up. */
async function killer(run: Run): Promise<void> {
  for (let kill = 0; kill < KILLS; kill += 1) {
    await new Promise((resolve) => setTimeout(resolve, random.between(150, LULL_MS_MAX)));
    run.up = false;
    const record = await recordKill(carrier, () => service.kill());
    for (const { history } of run.lines) history.kills.push(record);
    await service.resume();
    run.up = true;
    run.changed.ring();
  }
}

/** What the tenant of a line sees once everything has come to its end, judged against what the carrier saw. */
async function verdict({ history, tenant, account }: Line, settledBy: number) {
  let waiting: string[] = [];
  const messages = await eventually(
    "every acknowledged message has reached the carrier or ended",
    settledBy - Date.now(),
    async () => {
      const { owed } = carrier; // before the list: a receipt that comes while it is read is in a later one
      const all = await tenant.messages();
      waiting = all.filter(({ state }) => !ENDED.includes(state)).map(({ id, state }) => `${id} ${state}`);
      return waiting.length === 0 && owed === 0 ? all : null;
    },
    sized(1_000, 5_000),
    () => `${waiting.length} wait, such as ${waiting[0]}`,
  );
  const calls = seenCalls(carrier.callsOf(account));
  const evidence = history.evidence({ calls, messages, events: await tenant.events() });
  writeEvidence(join(import.meta.dirname, `../../.dev/kill/${random.seed}-${account.name}.json`), { ...evidence });
  return { ...judge(evidence, { connections }), overlooked: overlooked(evidence, connections) };
}

test(
  "killed at random moments under load, the service loses no acknowledged message, sends none twice, and doubts no more than it had connections",
  async () => {
    const lines = [await line("asked", true), await line("mute", false)] as const;
    const sinks = await Promise.all(lines.map(({ tenant }) => WebhookSink.start(tenant))); // who listens, hears every state
    const run: Run = { lines: [...lines], up: true, changed: new Signal(), sent: 0 };
    const callers = Promise.all(Array.from({ length: 16 }, () => caller(run, Date.now())));
    await killer(run);
    const restarted = Date.now();
    await callers;
    const settledBy = Math.max(restarted, Date.now() - 10_000) + SETTLED_MS; // a late caller is not the service's delay

    const [asked, mute] = [await verdict(lines[0], settledBy), await verdict(lines[1], settledBy)];
    console.log(JSON.stringify({ kills: KILLS, asked: asked.figures, mute: mute.figures, questions: carrier.asked.length, settledMs: Date.now() - restarted })); // prettier-ignore
    expect(asked.wrong).toEqual([]);
    expect([asked.overlooked, mute.overlooked]).toEqual([[], []]); // faults planted into these very records are found
    expect(asked.figures.states["unknown"] ?? 0).toBe(0); // a carrier that can be asked leaves nothing in doubt
    expect(mute.wrong).toEqual([]);
    expect(carrier.forged).toEqual([]);
    expect(sinks.flatMap(({ forged }) => forged)).toEqual([]);
    await Promise.all(sinks.map((sink) => sink.stop()));
  },
  atSpeed(sized(180_000, 1_800_000)),
);
