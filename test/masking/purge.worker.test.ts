/** What has passed its time goes in the night, and a quiet open session loses nobody. */
import { beforeEach, expect, test, vi } from "vitest";
import { patience } from "../support/run/patience.ts";
import { newTenant } from "../support/tenant/tenant.ts";
import { advance, ALICE, arrives, BOB, newPool, opened, proxiesOf, texts } from "../support/tenant/masked-lines.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const DAY = 86_400;

test(
  "ended sessions, interactions, pairs and the inbox are purged, and none before its time",
  { timeout: patience(60_000) },
  async () => {
    const tenant = await newTenant();
    await newPool(tenant, 3);
    const session = await opened(tenant, { keep_text_days: 5 });
    const [alices] = proxiesOf(session) as [string, string];
    await texts(tenant, ALICE, alices, "Kept for five days");
    await arrives(tenant, BOB, "Kept for five days");
    await texts(tenant, "+447700900444", alices, "A stranger");
    await tenant.call(`POST /v1/sessions/${session["id"]}/close`);
    const count = async (query: string) => (await tenant.rows(`SELECT count(*) AS n FROM ${query}`))[0]?.["n"];
    const kept = () => tenant.call(`GET /v1/sessions/${session["id"]}/interactions`);
    const night = async (days: number) => {
      await advance(tenant, days * DAY);
      await tenant.stub().purge(null);
    };
    await night(1);
    expect((await kept()).body["data"]).toMatchObject([{ text: "Kept for five days" }]);
    const readings = async () =>
      (await tenant.rows(`SELECT count(*) AS n FROM audit WHERE entry LIKE '%session.texts_read%'`))[0]?.["n"];
    expect(await readings()).toBe(1);
    expect([await count("inbox"), await count("pairs")]).toEqual([1, 2]);
    await night(7);
    expect((await kept()).body["data"][0].text).toBeUndefined();
    expect(await readings()).toBe(1); // no text, no reading
    expect([await count("inbox"), await count("interactions WHERE sealed IS NOT NULL")]).toEqual([1, 0]);
    await night(30);
    expect([await count("inbox"), await count("pairs"), await count("interactions"), await count("sessions")]).toEqual([0, 0, 1, 1]); // prettier-ignore
    await night(60);
    expect([await count("interactions"), await count("sessions")]).toEqual([0, 1]);
    await night(320);
    expect([await count("sessions"), await count("participants"), await count("answered")]).toEqual([0, 0, 0]);
  },
);

test("people of an open session are reached after two hundred quiet days", { timeout: patience(60_000) }, async () => {
  const tenant = await newTenant();
  await newPool(tenant, 2);
  const [alices] = proxiesOf(await opened(tenant)) as [string, string];
  for (let weeks = 0; weeks < 4; weeks += 1) {
    await advance(tenant, 50 * DAY);
    await tenant.stub().purge(null);
  }
  expect(await texts(tenant, ALICE, alices, "Long time")).toBe("relayed");
  await arrives(tenant, BOB, "Long time");
});

test(
  "the person of a relay address is kept as long as it exists, and purged later",
  { timeout: patience(60_000) },
  async () => {
    const tenant = await newTenant();
    await newPool(tenant, 4);
    const kept = await tenant.call("POST /v1/tokens", { number: BOB });
    const relay = (await tenant.call("POST /v1/relays", { to: ALICE })).body;
    const other = (await tenant.call("POST /v1/relays", { to: BOB })).body;
    const nights = async () => {
      for (const days of [60, 60]) {
        await advance(tenant, days * DAY);
        await tenant.stub().purge(null);
      }
    };
    await nights();
    expect(await texts(tenant, "+447700900444", String(relay["number"]), "Are you there?")).toBe("relayed");
    await arrives(tenant, ALICE, "Are you there?");
    for (const { id } of [relay, other] as { id?: string }[])
      expect((await tenant.call(`DELETE /v1/relays/${id}`)).status).toBe(204);
    await nights();
    expect(await tenant.rows(`SELECT token FROM tokens`)).toEqual([{ token: kept.body["token"] }]); // that one was asked to be kept
  },
);
