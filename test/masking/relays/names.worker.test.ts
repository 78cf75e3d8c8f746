/** Short codes and names that text a lasting number: the person gets what they say, with who they are from before it. */
import { beforeEach, expect, test } from "vitest";
import { advance, ALICE, BOB } from "../../support/tenant/masked-lines.ts";
import { everything, operator, until, type Json } from "../../support/tenant/tenant.ts";
import { arrived, bring, eventsOf, given, givenTo, inbox, line, listen } from "../../support/tenant/gateway.ts";

beforeEach(listen);

async function lasting() {
  const at = await line(4);
  const made = await at.tenant.call("POST /v1/relays", { to: ALICE });
  expect(made.status).toBe(201);
  return { at, relay: made.body, number: String(made.body["number"]) };
}

test.each([
  ["60777", "60777: Your code is 493817"],
  ["+60777", "60777: Your code is 493817"],
  ["MyBank", "MyBank: Your code is 493817"],
  ["GOVUK", "GOVUK: Your code is 493817"],
  ["M&S Bank", "M&S Bank: Your code is 493817"],
  ["A\u0000\u202eB", "AB: Your code is 493817"],
  ["Al 07700900123", "Unknown sender: Your code is 493817"],
  ["x@example.com", "Unknown sender: Your code is 493817"],
])("a text from %s is forwarded from the lasting number", async (from, shown) => {
  const { at, number } = await lasting();
  expect((await bring(at, { from, to: number, text: "Your code is 493817" })).body).toEqual({ taken: 1 });
  expect(await arrived(shown)).toMatchObject({ to: ALICE, from: number });
  expect(await inbox(at.tenant)).toEqual([]);
  expect(await everything(at.tenant)).not.toMatch(/493817|900111/);
});

test("a long one is forwarded as several messages, a repeated one once, and parts are joined before", async () => {
  const { at, number } = await lasting();
  const text = "t".repeat(1_600);
  for (let times = 0; times < 2; times += 1) await bring(at, { id: "same", from: "MyBank", to: number, text });
  for (const nth of [2, 1])
    await bring(at, { from: "60777", to: number, text: `p${nth}.`, part: { ref: "r", nth, of: 2 } });
  await arrived("60777: p1.p2.");
  expect(givenTo(ALICE).slice(0, 2).join("")).toBe(`MyBank: ${text}`);
  expect(given).toHaveLength(3);
});

test("a reply to it is not relayed, and its sender is told so once a day", async () => {
  const { at, number } = await lasting();
  await bring(at, { from: "MyBank", to: number, text: "Reply YES" });
  await arrived("MyBank: Reply YES");
  for (const text of ["YES", "Yes?"]) await bring(at, { from: ALICE, to: number, text });
  expect(await arrived("Replies to this number reach nobody.")).toMatchObject({ to: ALICE, from: number });
  expect(given).toHaveLength(2);
  await advance(at.tenant, 86_401);
  await bring(at, { from: ALICE, to: number, text: "And now?" });
  await until(async () => (given.length === 3 ? true : null), "tomorrow's answer");
});

test("at a muted address it is reported and not sent; one that a stop or a limit refuses is in the inbox", async () => {
  const { at, relay, number } = await lasting();
  await at.tenant.call(`PATCH /v1/relays/${relay["id"]}`, { muted: true });
  await bring(at, { from: "MyBank", to: number, text: "muted" });
  const vetoed = async () => (await eventsOf(at.tenant, "interaction.vetoed")).map(({ data }) => data as Json);
  expect(await vetoed()).toMatchObject([{ relay: relay["id"], sender_name: "MyBank", reason: "muted" }]);
  await at.tenant.call(`PATCH /v1/relays/${relay["id"]}`, { muted: false });
  await bring(at, { from: ALICE, to: number, text: "STOP" });
  await bring(at, { from: "MyBank", to: number, text: "after the stop" });
  expect((await vetoed()).at(-1)).toMatchObject({ reason: "opted_out" });
  expect(await inbox(at.tenant)).toMatchObject([{ text: "after the stop", sender_name: "MyBank" }, { word: "stop" }]);
  expect(given).toEqual([]);
});

test("all alphanumeric senders share one limit, so that they cannot flood a person's phone", async () => {
  const { at, number } = await lasting();
  for (let nth = 0; nth < 30; nth += 1) await bring(at, { from: `Name ${nth}`, to: number, text: `text ${nth}` });
  await until(async () => (given.length >= 5 ? true : null), "some of them");
  expect(given.length).toBeLessThan(30);
  expect((await eventsOf(at.tenant, "interaction.vetoed")).at(-1)).toMatchObject({ data: { reason: "rate_limited" } });
  expect((await inbox(at.tenant)).length + given.length).toBe(30); // nothing is lost
});

test("a stranger's Help reaches the person; texts to a number without a relay address are in the inbox only", async () => {
  const { at, number } = await lasting();
  await bring(at, { from: BOB, to: number, text: "Help" });
  expect(await arrived("Help")).toMatchObject({ to: ALICE });
  const other = at.numbers.find((one) => one !== number)!;
  await bring(at, { from: "60777", to: other, text: "To the business" });
  expect((await inbox(at.tenant))[0]).toMatchObject({ sender_name: "60777", from: null, text: "To the business" });
});

test("the answer to a reply can be changed", async () => {
  const { at, number } = await lasting();
  const changed = await at.tenant.call("PATCH /v1/masking", { no_reply_notice: "Nobody reads this." });
  expect(changed.body).toMatchObject({ no_reply_notice: "Nobody reads this." });
  await bring(at, { from: ALICE, to: number, text: "Hello?" });
  await arrived("Nobody reads this.");
  const { body } = await operator(`GET /admin/v1/tenants`);
  expect(JSON.stringify(body)).not.toContain("900111");
});
