/** Texts through the carriers' door: signed, heard once, joined, obeyed, relayed, stored before the 200. */
import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { everything, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { arrived, bring, given, line, listen } from "../support/tenant/gateway.ts";
import { advance, ALICE, BOB, opened, proxiesOf } from "../support/tenant/masked-lines.ts";

beforeEach(listen);

const inbox = async (tenant: Tenant): Promise<Json[]> => (await tenant.call("GET /v1/inbound")).body["data"];

describe("an inbound text", () => {
  test("is relayed by the number's own account, from the number that the other person texts", async () => {
    const at = await line();
    const session = await opened(at.tenant);
    const [alices, bobs] = proxiesOf(session);
    expect(await bring(at, { from: ALICE, to: alices, text: "Through the gateway" })).toEqual({ status: 200, body: { taken: 1 } }); // prettier-ignore
    expect(await arrived("Through the gateway")).toMatchObject({ to: BOB, from: bobs });
  });

  test("that is repeated has an effect once, also at another instance of the object", async () => {
    const at = await line();
    const [alices] = proxiesOf(await opened(at.tenant));
    const text = { id: "same", from: ALICE, to: alices, text: "Only once" };
    for (let times = 0; times < 3; times += 1) expect((await bring(at, text)).status).toBe(200);
    await evictDurableObject(at.tenant.stub());
    expect((await bring(at, text)).status).toBe(200);
    await arrived("Only once");
    await bring(at, { from: ALICE, to: alices, text: "The next one" });
    await arrived("The next one");
    expect(given.filter((one) => one["text"] === "Only once")).toHaveLength(1);
  });

  test("that is forged, stale, of another account or to a number without an owner changes nothing", async () => {
    const [at, other] = [await line(), await line()];
    const [alices] = proxiesOf(await opened(at.tenant));
    const text = { from: ALICE, to: alices, text: "Not to be believed" };
    const before = await everything(at.tenant);
    expect((await bring(at, text, { secret: other.secret })).status).toBe(401);
    expect((await bring(at, text, { age: 400 })).status).toBe(401);
    expect(await bring(other, text)).toEqual({ status: 200, body: { taken: 0 } });
    expect(await bring(at, { ...text, to: "+447700900999" })).toEqual({ status: 200, body: { taken: 0 } });
    expect((await bring(at, { ...text, to: 7 })).status).toBe(400);
    expect((await bring({ ...at, account: "car_x" }, text)).status).toBe(404);
    expect(await everything(at.tenant)).toBe(before);
  });

  test("from an account that does not have the number is refused by the tenant's object too", async () => {
    const [at, other] = [await line(), await line()];
    const before = await everything(at.tenant);
    await at.tenant.stub().inbound(other.account, [{ id: "x", from: ALICE, to: at.numbers[0]!, text: "Misdirected" }]);
    expect(await everything(at.tenant)).toBe(before);
  });

  test("of a stranger goes into the inbox, its event has no text, and reading it has an audit entry", async () => {
    const at = await line();
    const to = at.numbers[0]!;
    expect((await bring(at, { from: ALICE, to, text: "Are you open on Sunday?" })).body).toEqual({ taken: 1 });
    const [one] = await inbox(at.tenant);
    expect(one).toMatchObject({ from: { mask: "+44•••••••11" }, word: null });
    const { body: events } = await at.tenant.call("GET /v1/events");
    const types = (events["data"] as Json[]).map(({ type }) => type);
    expect(types).toEqual(["interaction.out_of_session", "inbound.received"]);
    expect(JSON.stringify(events)).not.toMatch(/Sunday|900111/);
    expect(await everything(at.tenant)).not.toMatch(/Sunday|900111/);
    expect((await at.tenant.call(`GET /v1/inbound/${one?.["id"]}`)).body["text"]).toBe("Are you open on Sunday?");
    const { body: audit } = await at.tenant.call("GET /v1/audit?act=inbound.read");
    expect(audit["data"]).toHaveLength(1);
    expect(given).toEqual([]);
  });

  test("of an alphanumeric sender goes into the inbox and is not answered", async () => {
    const at = await line();
    await bring(at, { from: "MyBank", to: at.numbers[0], text: "Your code is 482910" });
    expect(await inbox(at.tenant)).toMatchObject([{ from: null, sender_name: "MyBank" }]);
    expect(await everything(at.tenant)).not.toContain("482910");
    expect(await at.tenant.rows("SELECT count(*) AS n FROM tokens")).toEqual([{ n: 0 }]);
  });
});

describe("a text in parts", () => {
  const part = (nth: number, of: number) => ({ ref: "r1", nth, of });

  test("is joined in order, whatever order the parts come in, and a part that comes twice is one", async () => {
    const at = await line();
    const [alices] = proxiesOf(await opened(at.tenant));
    const common = { from: ALICE, to: alices };
    await bring(at, { ...common, text: "the third.", part: part(3, 3) });
    await bring(at, { ...common, id: "twice", text: "The first, ", part: part(1, 3) });
    await bring(at, { ...common, id: "twice", text: "The first, ", part: part(1, 3) });
    expect(given).toEqual([]);
    expect(await everything(at.tenant)).not.toMatch(/the third|The first/);
    await bring(at, { ...common, text: "the second, ", part: part(2, 3) });
    await arrived("The first, the second, the third.");
    expect(await at.tenant.rows("SELECT * FROM parts")).toEqual([]);
  });

  test("is one text also when there are more parts than twenty", async () => {
    const at = await line();
    const [alices] = proxiesOf(await opened(at.tenant));
    const words = Array.from({ length: 25 }, (_, nth) => `p${nth + 1} `);
    for (const [nth, text] of words.entries()) {
      expect(given).toEqual([]);
      await bring(at, { from: ALICE, to: alices, text, part: part(nth + 1, 25) });
    }
    await arrived(words.join(""));
    expect(await at.tenant.rows("SELECT * FROM parts")).toEqual([]);
  });

  test("of two hundred and fifty-five parts, each as long as one may be, is taken, and so is the next text", async () => {
    const at = await line();
    const long = "€".repeat(1_000);
    const common = { from: ALICE, to: at.numbers[0]! };
    const parts = Array.from({ length: 255 }, (_, nth) => ({
      ...common,
      id: `p${nth}`,
      text: long,
      part: part(nth + 1, 255),
    }));
    expect(await at.tenant.stub().inbound(at.account, parts)).toHaveProperty("ok");
    const [one] = await inbox(at.tenant);
    expect((await at.tenant.call(`GET /v1/inbound/${one?.["id"]}`)).body["text"]).toHaveLength(255_000);
    await bring(at, { ...common, text: `${long}€`, part: part(1, 255) }); // longer than a part: a text of its own
    expect([(await inbox(at.tenant)).length, await at.tenant.rows("SELECT * FROM parts")]).toEqual([2, []]);
  });

  test("whose place is beyond its total is stored as an incomplete text, and is no keyword", async () => {
    const at = await line();
    expect((await bring(at, { from: ALICE, to: at.numbers[0], text: "STOP", part: part(4, 3) })).status).toBe(200);
    expect(await inbox(at.tenant)).toMatchObject([{ word: null, complete: false }]);
    expect(await at.tenant.rows("SELECT * FROM consents")).toEqual([]);
  });

  test("whose other parts never arrive is processed after a minute, with a mark for the gap", async () => {
    const at = await line();
    const [alices] = proxiesOf(await opened(at.tenant));
    await bring(at, { from: ALICE, to: alices, text: "Half a thought", part: part(1, 2) });
    await advance(at.tenant, 59);
    expect(await at.tenant.rows("SELECT count(*) AS n FROM parts")).toEqual([{ n: 1 }]);
    await advance(at.tenant, 2);
    await arrived("Half a thought [...]");
  });
});

describe("a keyword", () => {
  const allows = async (tenant: Tenant, purpose: string, from?: string) => {
    const body = { to: ALICE, text: "x", purpose, ...(from === undefined ? {} : { from }) };
    return (await tenant.call("POST /v1/messages/preview", body)).body["reasons"] as string[];
  };

  test("STOP in a session stops relays to that person, tells the others and the tenant, and stops no codes", async () => {
    const at = await line();
    const session = await opened(at.tenant);
    const [alices, bobs] = proxiesOf(session);
    await bring(at, { from: ALICE, to: alices, text: "Stop." });
    expect(await arrived("The other person has stopped these texts. They will not get your messages.")).toMatchObject({ to: BOB, from: bobs }); // prettier-ignore
    expect(given.filter(({ text }) => text === "Stop.")).toEqual([]);
    await bring(at, { from: BOB, to: bobs, text: "Why?" });
    const { body } = await at.tenant.call(`GET /v1/sessions/${session["id"]}/interactions`);
    expect(body["data"]).toMatchObject([{ state: "vetoed", reason: "opted_out" }]);
    const { body: consents } = await at.tenant.call("GET /v1/consents");
    expect((consents["data"] as Json[]).map(({ purpose, sender, state, source }) => [purpose, sender, state, source].join(" ")).toSorted((a, b) => a.localeCompare(b))).toEqual([
      `marketing ${alices} withdrawn stop_word`, `service ${alices} withdrawn stop_word`,
    ]); // prettier-ignore
    expect(await allows(at.tenant, "otp")).not.toContain("recipient_opted_out");
    expect(await allows(at.tenant, "service", "Shifts")).not.toContain("recipient_opted_out");
    await bring(at, { from: ALICE, to: alices, text: "START" });
    await bring(at, { from: BOB, to: bobs, text: "Welcome back" });
    await arrived("Welcome back");
    expect(given.filter(({ text }) => text === "Why?")).toEqual([]);
  });

  test("STOPALL stops service and marketing of every sender, and no codes", async () => {
    const at = await line();
    await bring(at, { from: ALICE, to: at.numbers[0], text: "stop all" });
    expect(await allows(at.tenant, "service", "Shifts")).toContain("recipient_opted_out");
    expect(await allows(at.tenant, "marketing")).toContain("recipient_opted_out");
    expect(await allows(at.tenant, "otp")).not.toContain("recipient_opted_out");
  });

  test("HELP is answered also on a day on which the same number had to say that the conversation has ended", async () => {
    const at = await line();
    const session = await opened(at.tenant);
    const [alices] = proxiesOf(session);
    await at.tenant.call(`POST /v1/sessions/${session["id"]}/close`);
    await bring(at, { from: ALICE, to: alices, text: "Still there?" });
    await arrived("This conversation has ended.");
    await bring(at, { from: ALICE, to: alices, text: "HELP" });
    await arrived("You are texting through a masked number. Reply STOP to stop these texts.");
  });

  test("HELP is answered from the number dialled, once a day", async () => {
    const at = await line();
    for (let times = 0; times < 3; times += 1) await bring(at, { from: ALICE, to: at.numbers[0], text: "help?" });
    const help = "You are texting through a masked number. Reply STOP to stop these texts.";
    expect(await arrived(help)).toMatchObject({ to: ALICE, from: at.numbers[0] });
    await advance(at.tenant, 1);
    expect(given.filter(({ text }) => text === help)).toHaveLength(1);
  });

  test("in a longer text is no keyword: the text is relayed", async () => {
    const at = await line();
    const [alices] = proxiesOf(await opened(at.tenant));
    await bring(at, { from: ALICE, to: alices, text: "Stop by at six" });
    await arrived("Stop by at six");
    expect((await at.tenant.call("GET /v1/consents")).body["data"]).toEqual([]);
  });
});

test("the directory knows a number's owner after the courier was evicted", async () => {
  const at = await line();
  await evictDurableObject(env.COURIERS.get(env.COURIERS.idFromName(`eu:${at.account}`)));
  expect((await bring(at, { from: ALICE, to: at.numbers[0], text: "Hello" })).body).toEqual({ taken: 1 });
});
