/** A masked conversation in the runtime, from the operator's numbers to the tombstone. */
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { everything, newTenant, until, type Json } from "../support/tenant/tenant.ts";
import {
  advance,
  ALICE,
  arrives,
  BOB,
  newPool,
  opened,
  proxiesOf,
  shown,
  texts,
  told,
} from "../support/tenant/masked-lines.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const DAY = 86_400;

test("two people text through virtual numbers, see neither's own, and after the end get the tombstone once", async () => {
  const tenant = await newTenant();
  await newPool(tenant, 2);
  const session = await opened(tenant, { participants: [{ to: ALICE, name: "Alice" }, { to: BOB }] });
  expect(session).toMatchObject({ state: "open", messages: 0, participants: [{ name: "Alice" }, { name: null }] });
  const [alices, bobs] = proxiesOf(session) as [string, string];

  expect(await texts(tenant, ALICE, alices, "Where do we meet?")).toBe("relayed");
  expect((await arrives(tenant, BOB, "Where do we meet?")).from).toBe(bobs);
  expect(await texts(tenant, BOB, bobs, "At the north gate.")).toBe("relayed");
  expect((await arrives(tenant, ALICE, "At the north gate.")).from).toBe(alices);

  const legs = await until(async () => {
    const { data } = (await tenant.call(`GET /v1/sessions/${session["id"]}/interactions`)).body as { data: Json[] };
    return data.every(({ legs: [leg] }) => leg.state === "delivered") ? data : null;
  });
  expect(legs).toHaveLength(2);
  expect(JSON.stringify(legs)).not.toMatch(/north gate|900111|900222/);

  const closed = await tenant.call(`POST /v1/sessions/${session["id"]}/close`);
  expect(closed.body).toMatchObject({ state: "closed", reason: "by_caller", messages: 2 });
  expect(await texts(tenant, ALICE, alices, "Are you there?")).toBe("answered");
  expect((await arrives(tenant, ALICE, "This conversation has ended.")).from).toBe(alices);
  expect(await texts(tenant, ALICE, alices, "Hello?")).toBe("answered");
  await advance(tenant, DAY + 60);
  expect(await texts(tenant, ALICE, alices, "Still there?")).toBe("answered");
  await until(async () => {
    const ended = (await shown(tenant, ALICE)).filter(({ text }) => text === "This conversation has ended.");
    return ended.length === 2 ? ended : null;
  });
  expect((await shown(tenant, BOB)).map(({ text }) => text)).toEqual(["Where do we meet?"]);
  expect(await told(tenant, String(session["id"]))).toEqual(["session.opened", "session.closed"]);
});

test("neither number, name nor text is in any stored byte, event, audit entry or answer", async () => {
  const tenant = await newTenant();
  await tenant.call("POST /v1/webhooks", { url: "http://127.0.0.1:65001/", events: ["*"] });
  await newPool(tenant, 2);
  const session = await opened(tenant, { participants: [{ to: ALICE, name: "Wilhelmina" }, { to: BOB }] });
  const [alices] = proxiesOf(session) as [string, string];
  await texts(tenant, ALICE, alices, "The parcel is behind the shed");
  await arrives(tenant, BOB, "The parcel is behind the shed");
  const answers = [
    await tenant.call(`GET /v1/sessions/${session["id"]}/interactions`),
    await tenant.call("GET /v1/events?limit=100"),
    await tenant.call("GET /v1/audit?limit=500"),
    await tenant.call("GET /v1/messages"),
  ];
  const said = answers.map(({ body }) => JSON.stringify(body)).join("\n");
  expect(said).toContain("interaction.relayed");
  expect(said).not.toMatch(/900111|900222|Wilhelmina|behind the shed/);
  expect(await everything(tenant)).not.toMatch(/900111|900222|Wilhelmina|behind the shed/);
});

test("a session still relays after its object was evicted", async () => {
  const tenant = await newTenant();
  await newPool(tenant, 2);
  const session = await opened(tenant);
  const [alices] = proxiesOf(session) as [string, string];
  await evictDurableObject(tenant.stub());
  expect(await texts(tenant, ALICE, alices, "After the night")).toBe("relayed");
  await arrives(tenant, BOB, "After the night");
});

test("a text to a number from before a rotation is answered with the tenant's sentence, and the event says why", async () => {
  const tenant = await newTenant();
  await newPool(tenant, 4);
  await tenant.call("POST /v1/webhooks", { url: "http://127.0.0.1:65001/", events: ["*"] });
  const changed = await tenant.call("PATCH /v1/masking", { moved_notice: "Text the newer number." });
  expect(changed.body).toMatchObject({ moved_notice: "Text the newer number." });
  const session = await opened(tenant, { rotation: { overlap_seconds: 0 } });
  const [alices] = proxiesOf(session) as [string, string];
  expect((await tenant.call(`POST /v1/sessions/${session["id"]}/rotate`, {})).status).toBe(200);
  expect(await texts(tenant, ALICE, alices, "Still you?")).toBe("answered");
  expect((await arrives(tenant, ALICE, "Text the newer number.")).from).toBe(alices);
  const { data } = (await tenant.call("GET /v1/events?limit=100")).body as { data: Json[] };
  const why = data.filter(({ type }) => type === "interaction.out_of_session").map((event) => event["data"]);
  expect(why).toMatchObject([{ why: "number_changed", session: session["id"] }]);
  expect((await tenant.call(`GET /v1/sessions/${session["id"]}`)).body["state"]).toBe("open");
});
