/**
 * T19 to T21 and the kill: guesses and right codes at the same time, the end of the ten minutes, and a Worker that dies between
 * start and check.
 */
import { expect, test } from "vitest";
import { CLAIM_LEASE_MS } from "../../src/messages/dispatch.ts";
import { CarrierDouble } from "../support/carriers/carrier-double.ts";
import { type Tenant, numberFor } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { ask, check, codeAt, start, wrongCodes } from "../support/service/codes.ts";
import { atSpeed } from "../support/run/patience.ts";
import { chance, sized } from "../support/run/seed.ts";

const random = chance("verify");
const ROUNDS = sized(10, 100);
const AT_ONCE = 200;
const LONG_MS = atSpeed(sized(240_000, 3_600_000));

let service: Service;
let carrier: CarrierDouble;
let route: string;
let tenant: Tenant;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(Service.start());
  route = await service.carrier(carrier.account("codes", () => ({ does: "accept" })));
  tenant = await service.tenant("Codes", [route]);
});

const reasonsOf = (answers: { body: Record<string, unknown> }[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { body } of answers) counts[String(body["reason"])] = (counts[String(body["reason"])] ?? 0) + 1;
  return counts;
};

test(
  "T19: of 200 wrong guesses at once five are evaluated, and the right code is refused afterwards",
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const verification = await start(tenant, { to: numberFor(round) });
      const code = await codeAt(carrier, verification);
      const { id } = verification as { id: string };
      const wrong = await Promise.all(wrongCodes(code, AT_ONCE).map((guess) => check(tenant, id, guess)));
      expect(wrong.every(({ status, body }) => status === 200 && body["valid"] === false)).toBe(true);
      const { wrong_code: evaluated, ...others } = reasonsOf(wrong);
      expect(evaluated).toBe(5);
      expect(others).toEqual({ too_many_attempts: AT_ONCE - 5 });
      const right = await check(tenant, id, code);
      expect(right.body).toEqual({ state: "failed", valid: false, reason: "too_many_attempts", attempts_left: 0 });
      const again = await start(tenant, { to: numberFor(round) });
      const truth = await ask(tenant, `GET /v1/verifications/${again["id"]}`);
      expect(truth.body).toMatchObject({ state: "locked", reason: "locked" });
    }
  },
  LONG_MS,
);

test(
  "T19: a right code among the guesses counts only where it is one of the five",
  async () => {
    let approved = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const verification = await start(tenant, { to: numberFor(100 + round) });
      const code = await codeAt(carrier, verification);
      const guesses = wrongCodes(code, 9);
      guesses.splice(random.between(0, 9), 0, code);
      const answers = await Promise.all(guesses.map((guess) => check(tenant, String(verification["id"]), guess)));
      const reasons = reasonsOf(answers);
      const valid = answers.filter(({ body }) => body["valid"] === true).length;
      approved += valid;
      expect(valid).toBeLessThanOrEqual(1);
      expect((reasons["wrong_code"] ?? 0) + valid).toBeLessThanOrEqual(5);
      const final = await ask(tenant, `GET /v1/verifications/${verification["id"]}`);
      expect(final.body["state"]).toBe(valid === 1 ? "approved" : "failed");
    }
    console.log(`right among ten: ${approved} of ${ROUNDS} approved`);
  },
  LONG_MS,
);

test(
  "T20: of 200 right codes at once exactly one approves",
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const verification = await start(tenant, { to: numberFor(200 + round) });
      const code = await codeAt(carrier, verification);
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, () => check(tenant, String(verification["id"]), code)),
      );
      expect(reasonsOf(answers)).toEqual({ null: 1, already_approved: AT_ONCE - 1 });
      expect(answers.filter(({ body }) => body["valid"] === true)).toHaveLength(1);
    }
  },
  LONG_MS,
);

/** Moves the sandbox's clock to so many seconds after the start, or a little before. */
async function ageTo(seconds: number, verification: Record<string, unknown>): Promise<void> {
  const now = Date.parse(String((await ask(tenant, "GET /v1/sandbox/clock")).body["now"]));
  const target = Date.parse(String(verification["created_at"])) + seconds * 1_000;
  await tenant.advance(Math.max(0, Math.floor((target - now) / 1_000)));
}

test("T21: a code is right at 599 seconds and over at 601, and no setting says otherwise", async () => {
  const early = await start(tenant, { to: numberFor(400) });
  const code = await codeAt(carrier, early);
  await ageTo(599, early);
  expect((await check(tenant, String(early["id"]), code)).body).toMatchObject({ valid: true, state: "approved" });
  const late = await start(tenant, { to: numberFor(401) });
  const second = await codeAt(carrier, late);
  await ageTo(602, late);
  const over = { state: "expired", valid: false, reason: "expired", attempts_left: 0 };
  expect((await check(tenant, String(late["id"]), second)).body).toEqual(over);
  for (const ttl_seconds of [601, 900, 3_600, 86_400]) {
    const tries = [
      ask(tenant, "POST /v1/verifications", { to: numberFor(402), ttl_seconds }),
      ask(tenant, "POST /v1/verify/services", { name: `Long ${ttl_seconds}`, ttl_seconds }),
    ];
    for (const { status, body } of await Promise.all(tries))
      expect([status, body["code"], body["errors"][0].field]).toEqual([422, "invalid_field", "ttl_seconds"]);
  }
});

test(
  "killed between start and check, the service loses neither the code nor the guesses counted so far",
  async () => {
    // A kill between a claim and its call leaves a doubt; this carrier can be asked, so that the code goes out all the same.
    const askable = await service.carrier(
      carrier.account("askable", () => ({ does: "accept" })),
      null,
      { asked: true },
    );
    const killed = await service.tenant("Killed", [askable]);
    for (let round = 0; round < sized(3, 20); round += 1) {
      const verification = await start(killed, { to: numberFor(500 + round) });
      const id = String(verification["id"]);
      if (random.fraction() < 0.5) await codeAt(carrier, verification);
      const before = random.between(0, 4);
      for (let nth = 0; nth < before; nth += 1)
        expect((await check(killed, id, "WRONG0")).body).toMatchObject({ attempts_left: 4 - nth });
      await service.kill();
      await service.resume();
      const read = await ask(killed, `GET /v1/verifications/${id}`); // whoever waits for a code asks; that wakes the object
      const code = await codeAt(carrier, verification, CLAIM_LEASE_MS + 20_000);
      expect(read.body).toMatchObject({ state: "pending", attempts_left: 5 - before });
      expect((await check(killed, id, code)).body).toMatchObject({ valid: true, state: "approved" });
      await service.kill();
      await service.resume();
      expect((await check(killed, id, code)).body).toMatchObject({ valid: false, reason: "already_approved" });
      const taken = carrier.calls.filter((call) => call.message === verification["sends"][0].message_id && call.taken);
      expect(taken).toHaveLength(1);
    }
  },
  LONG_MS,
);

test("a code that has not arrived goes by another carrier when it is asked for again, and it is the same code", async () => {
  const slow = carrier.account("slow", () => ({ does: "accept" })); // takes it, and never says that it was delivered
  const sure = carrier.account("sure", () => ({ does: "accept", receipts: [{ state: "delivered", afterMs: 0 }] }));
  const routes = [await service.carrier(slow), await service.carrier(sure)];
  const both = await service.tenant("Two carriers", routes);
  const verification = await start(both, { to: numberFor(600) });
  const id = String(verification["id"]);
  const code = await codeAt(carrier, verification);
  await both.advance(30);
  const again = await ask(both, `POST /v1/verifications/${id}/resend`);
  expect(await codeAt(carrier, again.body)).toBe(code);
  const [first, second] = again.body["sends"] as { message_id: string; carrier: string }[];
  expect([first?.carrier, second?.carrier]).toEqual(routes);
  expect(carrier.callsOf(sure).map(({ message }) => message)).toEqual([second?.message_id]);
  await carrier.until("delivered", 20_000, () =>
    carrier.receipts.some(({ message }) => message === second?.message_id),
  );
  await both.advance(60);
  const third = await ask(both, `POST /v1/verifications/${id}/resend`);
  expect(third.body["sends"].at(-1).carrier).toBe(routes[0]); // the one before arrived: the tenant's own order again
  const truth = (await ask(both, `GET /v1/verifications/${id}`)).body["sends"] as { state: string }[];
  expect(truth.slice(0, 2).map(({ state }) => state)).toEqual(["sent", "delivered"]);
});

test("a code that is over is not sent any more: what has not left is taken back", async () => {
  const paced = carrier.account("paced", () => ({ does: "accept" }));
  const waiting = await service.tenant("Paced", [await service.carrier(paced, 1)]);
  const many = await Promise.all(Array.from({ length: 12 }, (_, nth) => start(waiting, { to: numberFor(620 + nth) })));
  for (const { id } of many) expect((await ask(waiting, `POST /v1/verifications/${id}/cancel`)).status).toBe(200);
  const messages = await Promise.all(many.map(({ sends }) => waiting.get(String(sends[0].message_id))));
  const back = messages.filter(({ state }) => state === "canceled");
  expect(back.length).toBeGreaterThan(0);
  expect(back.every(({ reason }) => reason === "verification_over")).toBe(true);
  const truth = await ask(waiting, `GET /v1/verifications/${many.at(-1)?.["id"]}`);
  expect(truth.body).toMatchObject({ state: "canceled", sends: [{ state: messages.at(-1)?.state }] });
  const last = await start(waiting, { to: numberFor(640) });
  await codeAt(carrier, last); // whatever was before it on the queue has been seen to
  const sent = new Set(carrier.callsOf(paced).map(({ message }) => message));
  expect(back.filter(({ id }) => sent.has(id))).toEqual([]);
});
