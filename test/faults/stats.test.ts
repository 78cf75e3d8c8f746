/**
 * The runtime is killed while messages become records and leave the object: no figure is lost and none is counted twice.
 */
import { expect, test } from "vitest";
import { CarrierDouble, type Conduct, type DoubleAccount } from "../support/carriers/carrier-double.ts";
import type { Tenant } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { atSpeed } from "../support/run/patience.ts";
import { setUp } from "../support/run/set-up.ts";
import { chance, sized } from "../support/run/seed.ts";
import { eventually } from "../support/run/signal.ts";

const KILLS = sized(6, 40);
/** Messages between two kills, sent a few milliseconds apart, so that they leave one another after. */
const MESSAGES = sized(40, 100);
/** A message is looked at twelve seconds after it was accepted; the clock of the sandbox makes that twelve. */
const LEAVE_SECONDS = 13;

const random = chance("figures-killed");
let service: Service;
let carrier: CarrierDouble;
let account: DoubleAccount;
let tenant: Tenant;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(Service.start());
  account = carrier.account("figures", () => conduct());
  tenant = await service.tenant("Figures", [await service.carrier(account)]);
});

function conduct(): Conduct {
  const die = random.fraction();
  if (die < 0.5) return { does: "accept", receipts: [{ state: "delivered", afterMs: random.between(1, 200) }] };
  if (die < 0.6) return { does: "accept", receipts: [{ state: "undelivered", afterMs: random.between(1, 200) }] };
  if (die < 0.8) return { does: "decline", code: "invalid_number" };
  return { does: "accept" };
}

type Counts = Record<string, number>;

/** What the service counts, by state and carrier. */
async function figures(): Promise<Counts> {
  const answer = await tenant.call("GET /v1/stats?step=day&by=state,carrier");
  if (answer.status !== 200) throw new Error(answer.text);
  const { data, complete } = JSON.parse(answer.text) as {
    data: { by: { state: string; carrier: string | null }; messages: number }[];
    complete: boolean;
  };
  expect(complete).toBe(true);
  return sums(data.map(({ by, messages }) => [`${by.state} ${by.carrier}`, messages]));
}

/** What anybody counts who lists the messages. */
const listed = async (): Promise<Counts> =>
  sums((await tenant.messages()).map(({ state, carrier: by }) => [`${state} ${by}`, 1]));

function sums(of: readonly (readonly [string, number])[]): Counts {
  const found: Counts = {};
  for (const [name, count] of of) found[name] = (found[name] ?? 0) + count;
  return Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether the figures are the recount, at a moment when nothing moves. */
const same = () =>
  eventually("the figures of what is listed", 20_000, async () => {
    const [before, told, after] = [await listed(), await figures(), await listed()];
    if (JSON.stringify(before) !== JSON.stringify(after)) return null;
    expect(told).toEqual(after);
    return told;
  });

test(
  "killed at random moments while messages leave, the service tells the figures that a recount gives",
  async () => {
    let sent = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const batch = {
        messages: Array.from({ length: MESSAGES }, () => ({
          to: `+4477009005${random.between(10, 99)}`,
          purpose: "service",
          text: "Hello",
        })),
      };
      const answer = await tenant.call("POST /v1/messages/batch", { body: batch });
      expect(answer.status, answer.text).toBe(202);
      sent += MESSAGES;
      await eventually("nothing waits any more", 20_000, async () => {
        const waiting = (await tenant.messages()).filter(({ state }) => state === "queued" || state === "sending");
        return waiting.length === 0 ? true : null;
      });
      // They leave now, in one run of the alarm or several; the kill comes somewhere in it.
      const moved = tenant
        .call("POST /v1/sandbox/clock", { body: { advance_seconds: LEAVE_SECONDS } })
        .catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, random.between(0, sized(60, 120))));
      await service.kill();
      await moved;
      await service.resume();
      await same();
    }
    await tenant.advance(80 * 3_600); // those without a receipt leave as well
    const told = await same();
    expect(Object.values(told).reduce((sum, count) => sum + count, 0)).toBe(sent);
  },
  atSpeed(sized(120_000, 1_200_000)),
);
