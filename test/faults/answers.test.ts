/**
 * T3, T4, T13 and T16: the queue repeats itself, the carrier answers oddly, late, or not at all.
 */
import { expect, test } from "vitest";
import { CALL_TIMEOUT_MS } from "../../src/carriers/carrier.ts";
import { CarrierDouble, type Conduct, type DoubleAccount } from "../support/carriers/carrier-double.ts";
import type { Tenant } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { residentMegabytes } from "../support/service/memory.ts";
import { patience } from "../support/run/patience.ts";
import { sized } from "../support/run/seed.ts";
import { eventually } from "../support/run/signal.ts";

let service: Service;
let carrier: CarrierDouble;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(Service.start());
});

/** A tenant of its own with one account at the carrier that behaves as told. */
async function line(name: string, conduct: DoubleAccount["conduct"]) {
  const account = carrier.account(name, conduct);
  const id = await service.carrier(account);
  return { account, id, tenant: await service.tenant(name, [id]) };
}

const ended = (tenant: Tenant, id: string, states: string[], timeoutMs = 10_000) =>
  eventually(`${id} is ${states.join(" or ")}`, timeoutMs, async () => {
    const message = await tenant.get(id);
    return states.includes(message.state) ? message : null;
  });

test("T3: every queue message again three times and at once reaches the carrier no second time", async () => {
  const { account, id, tenant } = await line("again", () => ({ does: "accept", afterMs: 20 }));
  const sent = await Promise.all(
    Array.from({ length: sized(40, 400) }, (_, nth) => tenant.sent({ text: `Again ${nth}`, purpose: "otp" })),
  );
  const bodies = sent.map((message) => ({ tenant: tenant.id, account: id, lane: "otp", ids: [message] }));
  for (let round = 0; round < 3; round += 1) {
    // on its own lane, on the other one at the same time, and twice within one message
    await Promise.all([
      service.enqueue("OTP_EU", bodies.slice(0, 100)),
      service.enqueue("BULK_EU", bodies.slice(0, 100)),
      service.enqueue("OTP_EU", [
        { tenant: tenant.id, account: id, lane: "otp", ids: sent.slice(0, 50).flatMap((one) => [one, one]) },
      ]),
    ]);
  }
  await service.enqueue("OTP_EU", [
    { tenant: tenant.id, account: "car_of_nobody", lane: "otp", ids: sent.slice(0, 5) },
    "junk",
    null,
  ]);
  await carrier.until("all are called", 20_000, () => carrier.callsOf(account).length >= sent.length);
  const last = await tenant.sent({ text: "Behind all of them", purpose: "otp" });
  await ended(tenant, last, ["sent"], 20_000);
  const calls = carrier.callsOf(account).map((call) => call.message);
  expect(calls).toHaveLength(sent.length + 1);
  expect(new Set(calls)).toEqual(new Set([...sent, last]));
});

test("T4: a call cut after the carrier accepted is unknown, is not made again, and its receipt decides", async () => {
  const { account, tenant } = await line("cut", () => ({ does: "reset_after_accepting" }));
  const id = await tenant.sent({ text: "Cut" });
  const unknown = await ended(tenant, id, ["unknown"]);
  expect(unknown).toMatchObject({ reason: "connection", attempts: [{ outcome: "unknown" }] });
  await tenant.advance(3_600);
  const [call] = carrier.callsOf(account);
  expect(await carrier.receipt(account, call?.receiptUrl ?? "", id, "delivered")).toBe(200);
  expect(await ended(tenant, id, ["delivered"])).toMatchObject({ attempts: [{ outcome: "unknown" }] });
  expect(carrier.callsOf(account)).toHaveLength(1);
});

test("a slow answer counts: what the carrier accepts after three, six and nine seconds is sent, and called once", async () => {
  const { account, tenant } = await line("slow-answer", ({ text }) => ({ does: "accept", afterMs: Number(text) }));
  const sent = await Promise.all([3_000, 6_000, 9_000].map((ms) => tenant.sent({ text: String(ms) })));
  for (const id of sent) {
    const message = await ended(tenant, id, ["sent", "unknown"], 20_000);
    expect([message.state, message.attempts.map(({ outcome }) => outcome)]).toEqual(["sent", ["accepted"]]);
  }
  expect(carrier.callsOf(account)).toHaveLength(3);
});

const say = (status: number, body: string, contentType = "application/json"): Conduct => ({
  does: "say",
  status,
  contentType,
  body,
});
/** What a carrier may answer, and the only states a message may then be in. */
const ODD: Record<string, { conduct: Conduct; states: string[] }> = {
  "a failure in a 200": { conduct: say(200, '{"accepted":false,"code":"blocked"}'), states: ["failed"] },
  "a failure as others write it": { conduct: say(200, '{"messages":[{"status":"1"}]}'), states: ["unknown"] },
  HTML: { conduct: say(200, "<html>OK</html>", "text/html"), states: ["unknown"] },
  "truncated JSON": { conduct: say(200, '{"accepted": tr'), states: ["unknown"] },
  "yes as text/html": { conduct: say(200, '{"accepted":true}', "text/html"), states: ["unknown"] },
  "yes without a type": { conduct: say(200, '{"accepted":true}', ""), states: ["unknown"] },
  "yes as a string": { conduct: say(200, '{"accepted":"true"}'), states: ["unknown"] },
  "an empty 200": { conduct: say(200, ""), states: ["unknown"] },
  "an empty 204": { conduct: say(204, ""), states: ["unknown"] },
  "fifty megabytes": { conduct: { does: "pour", megabytes: 50 }, states: ["unknown"] },
  "a redirect": { conduct: say(302, ""), states: ["unknown"] },
  "a 500 that says no": { conduct: say(500, '{"accepted":false}'), states: ["unknown"] },
  "a 502 page": { conduct: say(502, "<h1>Bad gateway</h1>", "text/html"), states: ["unknown"] },
  "a 400 page": { conduct: say(400, "<h1>Bad request</h1>", "text/html"), states: ["failed"] },
  "a 400 that says yes": { conduct: say(400, '{"accepted":true}'), states: ["failed"] },
  "a 408": { conduct: say(408, ""), states: ["unknown"] },
  "a cut before reading": { conduct: { does: "reset_before_reading" }, states: ["unknown"] },
};

test("T16: every odd answer is a failure or unknown, is asked for once, and memory stays bounded", async () => {
  const rounds = sized(2, 20);
  const before = residentMegabytes(service.pid);
  const calls: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Each by an account of its own: that one which fails text after text is left alone for a while is another test's matter.
    const sent = await Promise.all(
      Object.entries(ODD).map(async ([name, { conduct, states }], nth) => {
        const { account, tenant } = await line(`odd-${round}-${nth}`, () => conduct);
        return { name, states, account, tenant, id: await tenant.sent({ text: `Odd: ${name}` }) };
      }),
    );
    for (const { name, states, account, tenant, id } of sent) {
      const message = await ended(tenant, id, states, 15_000);
      expect(message.attempts, name).toHaveLength(1);
      calls.push(...carrier.callsOf(account).map((call) => call.message));
    }
  }
  expect(new Set(calls).size).toBe(calls.length);
  expect(calls).toHaveLength(Object.keys(ODD).length * rounds);
  const grown = residentMegabytes(service.pid) - before;
  console.log(`memory grew by ${grown} MB`);
  expect(grown).toBeLessThan(200);
  expect((await service.call("", "GET /healthz")).status).toBe(200);
});

test("T13: calls that hang all at once are each given up after ten seconds, unknown, not made again; others go on", async () => {
  const lines = await Promise.all(
    Array.from({ length: sized(2, 5) }, (_, nth) => line(`hang-${nth}`, () => ({ does: "accept" }))),
  );
  const other = await line("other", () => ({ does: "accept" }));
  for (const { tenant } of lines) await ended(tenant, await tenant.sent({ text: "Well" }), ["sent"]); // or few would be let go
  for (const { account } of lines) account.conduct = () => ({ does: "hang", taken: true });
  const callsNow = () => lines.flatMap(({ account }) => carrier.callsOf(account));
  const hung = await Promise.all(
    lines.flatMap(({ tenant }) =>
      Array.from({ length: sized(32, 40) }, async (_, nth) => ({
        tenant,
        id: await tenant.sent({ text: `Hang ${nth}` }),
      })),
    ),
  );
  // An account has four senders with six connections each; messages spread over them by chance, so a few may be free.
  const open = () => callsNow().filter((call) => call.endedAt === null).length;
  await carrier.until("they hang at once", 9_000, () => open() >= sized(40, 100));
  const id = await other.tenant.sent({ text: "Meanwhile" });
  await ended(other.tenant, id, ["sent"], 9_000);
  expect(open()).toBeGreaterThan(0); // they still hang
  const called = new Set(callsNow().flatMap((call) => (call.conduct.does === "hang" ? [call.message] : [])));
  for (const one of hung)
    if (called.has(one.id)) expect((await ended(one.tenant, one.id, ["unknown"], 90_000)).reason).toBe("timeout");
  const lasted = callsNow().flatMap((call) => (called.has(call.message) ? [(call.endedAt ?? Infinity) - call.at] : []));
  expect(Math.max(...lasted)).toBeLessThan(CALL_TIMEOUT_MS + patience(1_500));
  expect(Math.max(...lasted)).toBeGreaterThan(CALL_TIMEOUT_MS - 1_000);
  for (const { account } of lines) account.conduct = () => ({ does: "accept" });
  // What was never called waits for the circuit, and is sent once when the carrier is well again.
  for (const one of hung) await ended(one.tenant, one.id, ["unknown", "sent"], 90_000);
  const ids = callsNow().map((call) => call.message);
  expect(new Set(ids).size).toBe(ids.length);
});
