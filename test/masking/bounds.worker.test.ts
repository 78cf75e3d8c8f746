/**
 * What ends by itself: STOP and START in turn, two tenants' relay addresses that point at each other, a group that writes to one
 * phone. Bounded, told, and nobody else's limits are used up by it.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { bring as bringTo, GATEWAY, line, type Line } from "../support/tenant/gateway.ts";
import { newTenant, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { advance, newPool, opened, proxiesOf, shown, texts } from "../support/tenant/masked-lines.ts";

const person = (nth: number) => `+4477009003${String(nth).padStart(2, "0")}`;
const NOTICE = "The other person has stopped these texts. They will not get your messages.";
const events = async (tenant: Tenant, type: string): Promise<Json[]> =>
  ((await tenant.call("GET /v1/events?limit=100")).body["data"] as Json[]).filter((event) => event["type"] === type);
const entries = async (tenant: Tenant, act: string): Promise<Json[]> =>
  (await tenant.call(`GET /v1/audit?limit=500&act=${act}`)).body["data"];

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

async function group(many: number, over: Json = {}) {
  const tenant = await newTenant();
  await newPool(tenant, many);
  const participants = Array.from({ length: many }, (_, nth) => ({ to: person(nth) }));
  const session = await opened(tenant, { participants, ...over });
  return { tenant, session: String(session["id"]), proxies: proxiesOf(session) };
}
const sessionOf = async (tenant: Tenant, id: string) => (await tenant.call(`GET /v1/sessions/${id}`)).body;
const notices = async (tenant: Tenant, to: string) =>
  (await shown(tenant, to)).filter(({ text }) => text === NOTICE).length;

describe("alternating STOP and START", () => {
  test("tell the others once a day, write a bounded number of rows, and leave the stop in force", async () => {
    const { tenant, session, proxies } = await group(4);
    for (let turn = 0; turn < 20; turn += 1) {
      await texts(tenant, person(0), proxies[0]!, "STOP");
      await texts(tenant, person(0), proxies[0]!, "START");
    }
    for (const other of [1, 2, 3]) await until(async () => ((await notices(tenant, person(other))) > 0 ? true : null));
    for (const other of [1, 2, 3]) expect(await notices(tenant, person(other))).toBe(1);
    const words = await tenant.rows(`SELECT standing, count(*) AS n FROM consents GROUP BY standing ORDER BY standing`);
    expect(words).toEqual([
      { standing: "given", n: 6 },
      { standing: "withdrawn", n: 8 },
    ]); // of two purposes
    const { messages, participants } = await sessionOf(tenant, session);
    expect(messages).toBe(1);
    expect(participants[0].stopped).toBe(true);
    expect(await events(tenant, "alert.limit")).toMatchObject([{ data: { limit: "stop_words" } }]);
    expect(await entries(tenant, "relay.limit_reached")).toMatchObject([{ facts: { limit: "stop_words" } }]);

    await advance(tenant, 86_400);
    await texts(tenant, person(0), proxies[0]!, "START"); // a person who means it is obeyed again
    expect((await sessionOf(tenant, session))["participants"][0].stopped).toBe(false);
    await texts(tenant, person(0), proxies[0]!, "STOP");
    await until(async () => ((await notices(tenant, person(1))) === 2 ? true : null));
  });

  test("count towards max_messages: the sentence to the others is a text of the session", async () => {
    const { tenant, session, proxies } = await group(3, { max_messages: 2 });
    for (const one of [0, 1, 2]) await texts(tenant, person(one), proxies[one]!, "STOP");
    expect(await sessionOf(tenant, session)).toMatchObject({ state: "expired", reason: "messages", messages: 2 });
    await until(async () => ((await notices(tenant, person(2))) === 2 ? true : null));
    expect(await notices(tenant, person(0))).toBe(0); // whoever has stopped is not texted
  });

  test("leave consents of which the replaced ones are purged after thirteen months, and those in force are not", async () => {
    const { tenant, proxies } = await group(2);
    for (const word of ["STOP", "START", "STOP"]) await texts(tenant, person(0), proxies[0]!, word);
    await tenant.call("POST /v1/consents", { to: person(5), purposes: ["marketing"], state: "given" });
    await tenant.call("POST /v1/consents", { to: person(5), purposes: ["marketing"], state: "withdrawn" });
    await advance(tenant, 397 * 86_400);
    await tenant.stub().purge(null);
    const left = await tenant.rows(`SELECT standing, source, count(*) AS n FROM consents GROUP BY 1, 2 ORDER BY 2, 1`);
    expect(left).toEqual([
      { standing: "given", source: "other", n: 1 },
      { standing: "withdrawn", source: "other", n: 1 },
      { standing: "withdrawn", source: "stop_word", n: 2 },
    ]);
  });
});

test("a group of nine sends one phone no more than four times the limit per recipient, and the tenant is alerted", async () => {
  const { tenant, session, proxies } = await group(9);
  for (let turn = 0; turn < 5; turn += 1)
    for (let one = 1; one < 9; one += 1) await texts(tenant, person(one), proxies[one]!, `Text ${turn} of ${one}`);
  const relayed =
    await tenant.rows(`SELECT json_extract(facts, '$.createdAt') / 60000 AS minute, count(*) AS n FROM messages
    WHERE json_extract(facts, '$.about') LIKE 'int_%' AND token = (SELECT json_extract(facts, '$.token') FROM participants WHERE session = '${session}' ORDER BY id LIMIT 1) GROUP BY 1`);
  for (const { n } of relayed) expect(n).toBeLessThanOrEqual(20);
  expect((await events(tenant, "alert.limit")).map(({ data }) => data.limit)).toEqual(["relay"]);
  const speak = await tenant.call(`POST /v1/sessions/${session}/messages`, { text: "From the business" });
  expect(speak.status).toBe(202); // people use up nothing of the business's
  const [first] = speak.body["legs"] as Json[];
  expect(first?.["state"]).toBe("queued");
});

describe("two tenants' relay addresses whose people are each other's virtual numbers", () => {
  type Side = Line & { lasting: string };
  const sides = new Map<string, Side>();
  const sent: Json[] = [];

  /** A text that a network brings to whoever has the number. */
  async function bring(from: string, to: string, text: string): Promise<void> {
    const side = sides.get(to);
    if (side === undefined) return;
    const answer = await bringTo(side, { from, to, text });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }

  /** A tenant with a gateway of its own, and a pool of forty numbers and one lasting number. */
  async function side(): Promise<Side> {
    const one = { ...(await line(41)), lasting: "" };
    for (const number of one.numbers) sides.set(number, one);
    return one;
  }

  test("stop within a minute's new strangers, are reported, and use up none of their people's codes", async () => {
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      if (url !== GATEWAY) return new Response(null, { status: 204 });
      const text = JSON.parse(init?.body as string) as Json;
      sent.push(text);
      if (sent.length < 200) await bring(String(text["from"]), String(text["to"]), String(text["text"])); // the network is as fast as can be
      return Response.json({ accepted: true });
    });
    const [one, two] = [await side(), await side()];
    const lastingOf = async ({ tenant }: Side, to: string, over: Json = {}) => {
      const made = await tenant.call("POST /v1/relays", { to, ...over });
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      return made.body;
    };
    // Each points at the number that the other's will have: the second is chosen by name.
    const free = (await two.tenant.call("GET /v1/numbers?limit=500")).body["data"] as Json[];
    const chosen = free[0]!;
    const first = await lastingOf(one, String(chosen["number"]));
    const second = await lastingOf(two, String(first["number"]), { number: chosen["id"] });
    expect(second["number"]).toBe(chosen["number"]);

    await bring(person(7), String(first["number"]), "Hello, who is there?");
    await until(async () => {
      const alerts = [...(await events(one.tenant, "alert.limit")), ...(await events(two.tenant, "alert.limit"))];
      return alerts.length > 0 ? true : null;
    }, "the alert");
    const before = await until(async () => {
      const waiting = [one, two].map(({ tenant }) =>
        tenant.rows(`SELECT id FROM messages WHERE state IN ('queued', 'sending')`),
      );
      return (await Promise.all(waiting)).every((rows) => rows.length === 0) ? sent.length : null;
    }, "that nothing is on its way");
    expect(before).toBeGreaterThan(2); // it was a loop
    expect(before).toBeLessThanOrEqual(2 * 2 * 10 + 2); // over a boundary of minutes at most
    const open = async ({ tenant }: Side) =>
      (await tenant.call("GET /v1/sessions?state=open&limit=100")).body["data"] as Json[];
    for (const each of [one, two]) expect((await open(each)).length).toBeLessThan(40); // the pool is not used up
    const told = [...(await events(one.tenant, "alert.limit")), ...(await events(two.tenant, "alert.limit"))];
    expect(told.map(({ data }) => data.limit)).toContain("strangers");
    const vetoed = [
      ...(await events(one.tenant, "interaction.vetoed")),
      ...(await events(two.tenant, "interaction.vetoed")),
    ];
    expect(vetoed.map(({ data }) => data.reason)).toContain("too_many_strangers");
    const audit = [
      ...(await entries(one.tenant, "relay.limit_reached")),
      ...(await entries(two.tenant, "relay.limit_reached")),
    ];
    expect(audit.length).toBeGreaterThan(0);

    // Their people's logins are not used up by it, nor are the tenants' own texts.
    const login = await one.tenant.call("POST /v1/verifications", { to: String(chosen["number"]) });
    expect(login.status).toBe(201);
    expect((await one.tenant.call(`GET /v1/verifications/${login.body["id"]}`)).body["state"]).toBe("pending");
  });
});
