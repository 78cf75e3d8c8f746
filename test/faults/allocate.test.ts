/**
 * T29: a thousand openings at once from a hundred numbers. Each number goes to one session, everybody else is told why not and
 * when; and who has which number is the same after the process was killed.
 */
import { expect, test } from "vitest";
import { World } from "../support/carriers/world.ts";
import type { Tenant } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";

const NUMBERS = 100;
const OPENINGS = 1_000;

let service: Service;
let world: World;
setUp(async (use) => {
  world = await use(World.start());
  service = await use(Service.start());
});

type Session = { id: string; participants: { proxy: { number: string } }[] };
const person = (nth: number): string => `+447700900${String(nth % 900).padStart(3, "0")}`;

async function lent(sharing: "exclusive" | "shared", first: number, many: number) {
  const account = world.account("http");
  const { id } = await service.admin<{ id: string }>("POST /admin/v1/carriers", account.body);
  const tenant = await service.tenant(sharing, [id]);
  const rows = Array.from({ length: many }, (_, nth) => ({ number: `+447700900${first + nth}`, account: id }));
  await service.admin("POST /admin/v1/numbers", { tenant: tenant.id, numbers: rows });
  const { data } = JSON.parse((await tenant.call("GET /v1/numbers?limit=500")).text) as { data: { id: string }[] };
  await tenant.call("POST /v1/pools", { body: { name: "All", sharing, numbers: data.map((number) => number.id) } });
  return { tenant, account: account.name, url: `${service.base}/carriers/${id}/inbound` };
}

const open = (tenant: Tenant, a: string, b: string) => tenant.call("POST /v1/sessions", { body: { participants: [{ to: a }, { to: b }] } }); // prettier-ignore

test(`${OPENINGS} openings at once from ${NUMBERS} numbers: ${NUMBERS} have one, the others a clear refusal, nobody another's`, async () => {
  const { tenant, account, url } = await lent("exclusive", 900, NUMBERS);
  const answers = await Promise.all(Array.from({ length: OPENINGS }, (_, nth) => open(tenant, person(2 * nth), person(2 * nth + 1)))); // prettier-ignore
  const opened = answers.filter(({ status }) => status === 201).map(({ text }) => JSON.parse(text) as Session);
  const refused = answers.filter(({ status }) => status !== 201);
  expect([opened.length, refused.length]).toEqual([NUMBERS, OPENINGS - NUMBERS]);
  for (const { status, text } of refused) expect([status, JSON.parse(text)]).toMatchObject([409, { code: "numbers_exhausted", detail: expect.stringContaining(`All ${NUMBERS} numbers`) }]); // prettier-ignore
  const numbersOf = ({ participants }: Session) => [...new Set(participants.map(({ proxy }) => proxy.number))];
  const given = opened.map(numbersOf);
  expect(given.every(({ length }) => length === 1)).toBe(true);
  expect(new Set(given.flat()).size).toBe(NUMBERS);

  await service.kill();
  await service.resume();
  for (const session of opened.slice(0, 20)) {
    const again = JSON.parse((await tenant.call(`GET /v1/sessions/${session.id}`)).text) as Session & { state: string };
    expect([again.state, numbersOf(again)]).toEqual(["open", numbersOf(session)]);
  }
  expect((await open(tenant, person(1), person(2))).status).toBe(409);
  const nth = answers.findIndex(({ status }) => status === 201);
  const session = JSON.parse(answers[nth]!.text) as Session;
  const text = { url, from: person(2 * nth), to: session.participants[0]!.proxy.number, text: "Still here" };
  expect(await world.inbound(account, text)).toBe(200);
  await world.until("the relay", 20_000, () => world.callsOf(account).some((call) => call.text === "Still here" && call.to === person(2 * nth + 1))); // prettier-ignore
  expect(world.callsOf(account)).toHaveLength(1);
}); // prettier-ignore

test("one person in many openings at once meets every number once, and is refused the next", async () => {
  const MANY = 40;
  const { tenant } = await lent("shared", 850, MANY);
  const answers = await Promise.all(Array.from({ length: MANY + 20 }, (_, nth) => open(tenant, person(5), person(6 + nth)))); // prettier-ignore
  const opened = answers.filter(({ status }) => status === 201).map(({ text }) => JSON.parse(text) as Session);
  expect(opened).toHaveLength(MANY);
  expect(new Set(opened.map(({ participants }) => participants[0]!.proxy.number)).size).toBe(MANY);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(20);
});
