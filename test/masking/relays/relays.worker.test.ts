/** Relay addresses: a lasting number for a person, a number of the pool for each stranger, and the right to be left alone. */
import { beforeEach, expect, test, vi } from "vitest";
import { everything, newTenant, type Json, type Tenant } from "../../support/tenant/tenant.ts";
import { advance, ALICE, arrives, BOB, newPool, shown, texts } from "../../support/tenant/masked-lines.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const CAROL = "+447700900333";
const MONTH = 30 * 86_400;

async function lasting(many = 4): Promise<{ tenant: Tenant; relay: Json; number: string }> {
  const tenant = await newTenant();
  await newPool(tenant, many);
  const made = await tenant.call("POST /v1/relays", { to: ALICE });
  expect(made.status).toBe(201);
  return { tenant, relay: made.body, number: String(made.body["number"]) };
}

test("a stranger texts the lasting number, and the person's reply comes from it", async () => {
  const { tenant, number } = await lasting();
  expect(await texts(tenant, BOB, number, "Is the bike still for sale?")).toBe("relayed");
  const { from: bobAsSeen } = await arrives(tenant, ALICE, "Is the bike still for sale?");
  expect(await texts(tenant, CAROL, number, "I want the bike")).toBe("relayed");
  const { from: carolAsSeen } = await arrives(tenant, ALICE, "I want the bike");
  expect(new Set([number, bobAsSeen, carolAsSeen]).size).toBe(3);
  await texts(tenant, ALICE, bobAsSeen, "Yes, it is");
  expect((await arrives(tenant, BOB, "Yes, it is")).from).toBe(number);
  expect(await shown(tenant, CAROL)).toEqual([]);
  await texts(tenant, BOB, number, "Great");
  expect((await arrives(tenant, ALICE, "Great")).from).toBe(bobAsSeen);
  expect(await everything(tenant)).not.toMatch(/900111|900222|900333|bike/);
});

test("a session that expired by silence reopens with the same numbers, and after the cool-off a new one opens", async () => {
  const { tenant, number } = await lasting();
  await texts(tenant, BOB, number, "First");
  const { from: seen } = await arrives(tenant, ALICE, "First");
  await advance(tenant, MONTH + 60);
  expect(await texts(tenant, BOB, number, "A month later")).toBe("relayed");
  expect((await arrives(tenant, ALICE, "A month later")).from).toBe(seen);
  await advance(tenant, 3 * MONTH);
  expect(await texts(tenant, BOB, number, "A season later")).toBe("relayed");
  await arrives(tenant, ALICE, "A season later");
});

test("a blocked sender's texts are not relayed and not answered; after unblocking they are relayed", async () => {
  const { tenant, relay, number } = await lasting();
  await texts(tenant, BOB, number, "Hello");
  await arrives(tenant, ALICE, "Hello");
  expect((await tenant.call(`POST /v1/relays/${relay["id"]}/block`, { to: BOB })).status).toBe(200);
  expect(await texts(tenant, BOB, number, "Why no answer?")).toBe("vetoed");
  expect(await texts(tenant, CAROL, number, "And I?")).toBe("relayed");
  await arrives(tenant, ALICE, "And I?");
  expect(await shown(tenant, BOB)).toEqual([]);
  await tenant.call(`POST /v1/relays/${relay["id"]}/unblock`, { to: BOB });
  expect(await texts(tenant, BOB, number, "Friends again")).toBe("relayed");
  await arrives(tenant, ALICE, "Friends again");
  expect((await shown(tenant, ALICE)).map(({ text }) => text)).not.toContain("Why no answer?");
});

test("of a muted address nothing is relayed, and an event says so", async () => {
  const { tenant, relay, number } = await lasting();
  await tenant.call(`PATCH /v1/relays/${relay["id"]}`, { muted: true });
  expect(await texts(tenant, BOB, number, "Anybody?")).toBe("vetoed");
  const { body } = await tenant.call("GET /v1/events?type=interaction.vetoed");
  expect(body["data"]).toMatchObject([{ resource: relay["id"], data: { reason: "muted" } }]);
  expect(await shown(tenant, ALICE)).toEqual([]);
});

test("of a removed address the number is never assigned again", async () => {
  const { tenant, relay, number } = await lasting();
  expect((await tenant.call(`DELETE /v1/relays/${relay["id"]}`)).status).toBe(204);
  expect(await texts(tenant, BOB, number, "Hello?")).toBe("received");
  const { body } = await tenant.call("GET /v1/numbers?state=retired");
  expect((body["data"] as Json[]).map((one) => one["number"])).toEqual([number]);
});

test("removing it ends its sessions: no stranger reaches the person any more, nor they a stranger", async () => {
  const { tenant, relay, number } = await lasting();
  await texts(tenant, BOB, number, "Hello");
  const { from: seen } = await arrives(tenant, ALICE, "Hello");
  await tenant.call(`DELETE /v1/relays/${relay["id"]}`);
  expect(await texts(tenant, BOB, number, "Are you there?")).toBe("answered");
  expect(await texts(tenant, ALICE, seen, "I am")).toBe("answered");
  const all = [...(await shown(tenant, ALICE)), ...(await shown(tenant, BOB))].map(({ text }) => text);
  expect(all).not.toEqual(expect.arrayContaining(["Are you there?"]));
  expect(all).not.toEqual(expect.arrayContaining(["I am"]));
});

test("its number is in no other session, and no change of the number makes it available", async () => {
  const { tenant, relay, number } = await lasting();
  const { body } = await tenant.call("GET /v1/numbers?state=reserved");
  const [one] = body["data"] as Json[];
  expect(one?.["number"]).toBe(number);
  const participants = [{ to: BOB, number: one?.["id"] }, { to: CAROL }];
  expect((await tenant.call("POST /v1/sessions", { participants })).body["code"]).toBe("number_unusable");
  for (const change of [{ reserved: false }, { retired: true }, { pool: null }])
    expect((await tenant.call(`PATCH /v1/numbers/${one?.["id"]}`, change)).body["code"]).toBe("state_conflict");
  expect((await tenant.call(`PATCH /v1/numbers/${one?.["id"]}`, { tags: ["asha"] })).status).toBe(200);
  await tenant.call(`DELETE /v1/relays/${relay["id"]}`);
  expect((await tenant.call("GET /v1/numbers?state=retired")).body["data"]).toHaveLength(1);
});

test("a rotation changes the number that stands for the stranger, and never the lasting one", async () => {
  const { tenant, number } = await lasting(5);
  await texts(tenant, BOB, number, "Hello");
  const { from: before } = await arrives(tenant, ALICE, "Hello");
  const [session] = (await tenant.call("GET /v1/sessions")).body["data"] as Json[];
  expect((await tenant.call(`POST /v1/sessions/${session?.["id"]}/rotate`, {})).status).toBe(200);
  expect(await texts(tenant, BOB, number, "Still me")).toBe("relayed");
  const { from: after } = await arrives(tenant, ALICE, "Still me");
  expect(new Set([number, before, after]).size).toBe(3);
  await texts(tenant, ALICE, after, "Good");
  expect((await arrives(tenant, BOB, "Good")).from).toBe(number);
});
