/** What people write to each other: as long as it is, without what may not be sent, with pictures told of, and words that act kept back. */
import { beforeEach, describe, expect, test } from "vitest";
import { operator, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { arrived, bring, consents, eventsOf, given, givenTo, inbox, line, listen } from "../support/tenant/gateway.ts";
import { ALICE, BOB, opened, proxiesOf } from "../support/tenant/masked-lines.ts";

beforeEach(listen);

const CARA = "+447700900333";
const HELP = "You are texting through a masked number. Reply STOP to stop these texts.";

async function conversation(over: Json = {}) {
  const at = await line(3);
  const session = await opened(at.tenant, over);
  return { at, session, proxies: proxiesOf(session) };
}
const interactions = async (tenant: Tenant, session: Json) =>
  (await tenant.call(`GET /v1/sessions/${session["id"]}/interactions`)).body["data"] as Json[];

describe("a long text between two people reaches the other, as several messages in order", () => {
  test.each([
    ["402 units and an emoji", `${"x".repeat(401)}😀`, 1],
    ["919 characters of GSM-7", "y".repeat(919), 1],
    ["1,531 characters", "z".repeat(1_531), 2],
    ["671 of another alphabet", "ŵ".repeat(671), 2],
    ["words up to four thousand characters", "seven words and then a few more ".repeat(125), 3],
  ])("%s", async (_what, text, messages) => {
    const { at, session, proxies } = await conversation();
    await bring(at, { from: ALICE, to: proxies[0], text });
    await until(async () => (givenTo(BOB).length === messages ? true : null), `${messages} messages`);
    expect([...givenTo(BOB)].join("")).toBe(text);
    const [one] = await interactions(at.tenant, session);
    expect(one).toMatchObject({ state: "relayed", legs: Array(messages).fill({ state: expect.any(String) }) });
    expect(await eventsOf(at.tenant, "interaction.vetoed")).toEqual([]);
  });

  test("also if the tenant may send only one segment, and in a group with the sender's name before it", async () => {
    const people = [{ to: ALICE, name: "Ann Support" }, { to: BOB }, { to: CARA }];
    const { at, proxies } = await conversation({ participants: people });
    const policy = { segments_max: 1 };
    expect((await operator(`PATCH /admin/v1/tenants/${at.tenant.id}`, { policy })).status).toBe(200);
    const text = "w".repeat(1_530);
    await bring(at, { from: ALICE, to: proxies[0], text });
    await until(async () => (givenTo(BOB).length === 2 && givenTo(CARA).length === 2 ? true : null), "both");
    for (const to of [BOB, CARA]) expect(givenTo(to).join("")).toBe(`Ann Support: ${text}`);
  });

  test("but the tenant's own texts in the session keep to its limit of segments", async () => {
    const { at, session } = await conversation();
    const said = await at.tenant.call(`POST /v1/sessions/${session["id"]}/messages`, { text: "p".repeat(919) });
    expect(given).toEqual([]);
    expect(JSON.stringify(said.body)).toContain("text_too_long");
  });

  test("and a piece that a limit refuses is reported, and no further piece is sent", async () => {
    const { at, session, proxies } = await conversation();
    for (let nth = 0; nth < 5; nth += 1) await bring(at, { from: ALICE, to: proxies[0], text: `${nth}`.repeat(9_000) });
    const all = await interactions(at.tenant, session);
    const last = all[0]?.["legs"] as Json[];
    expect(last.at(-1)).toMatchObject({ message_id: null, state: "rate_limited" });
    for (const { legs } of all) {
      const states = (legs as Json[]).map(({ message_id: id }) => id !== null);
      expect(states.filter((left) => !left).length).toBeLessThanOrEqual(1);
      expect(states.lastIndexOf(true)).toBeLessThan(states.includes(false) ? states.indexOf(false) : states.length);
    }
  });
});

describe("what the API refuses to send is not relayed", () => {
  test.each(["\u200b", "\u3164", "\u0301", "\u0000", "\t", " ", ""])(
    "a blank text (%j) is not relayed, also if a name would precede it",
    async (text) => {
      const people = [{ to: ALICE, name: "Ann Support" }, { to: BOB }, { to: CARA }];
      const { at, session, proxies } = await conversation({ participants: people });
      await bring(at, { from: ALICE, to: proxies[0], text });
      expect(await interactions(at.tenant, session)).toMatchObject([{ state: "vetoed", reason: "empty_text" }]);
      const relay = await at.tenant.call("POST /v1/relays", { to: BOB });
      await bring(at, { from: "MyBank", to: String(relay.body["number"]), text });
      await bring(at, { from: ALICE, to: proxies[0], text: "and now words" });
      await until(async () => (givenTo(CARA).length > 0 ? true : null), "the words");
      const shown = (to: string) => givenTo(to).filter((one) => /^(?:Ann|MyBank)/.test(one));
      expect([shown(BOB), shown(CARA)]).toEqual([["Ann Support: and now words"], ["Ann Support: and now words"]]);
    },
  );

  test("control characters are left out, a tab is a space, and the text stays in its alphabet", async () => {
    const { at, proxies } = await conversation();
    await bring(at, { from: ALICE, to: proxies[0], text: "price \f or\u001b\u0000 x\u0085" });
    expect(await arrived("price  or x")).toMatchObject({ encoding: "gsm7" });
    await bring(at, { from: ALICE, to: proxies[0], text: `milk\teggs${"e".repeat(151)}` });
    expect(await arrived(`milk eggs${"e".repeat(151)}`)).toMatchObject({ encoding: "gsm7" });
  });

  test("they do not hide a number from the content rules", async () => {
    const { at, proxies } = await conversation({ content: { numbers: "strip" } });
    await bring(at, { from: ALICE, to: proxies[0], text: "call 07700\u0000 9\u000700123" });
    expect(await arrived("call [removed]")).toMatchObject({ to: BOB });
  });

  test("a blank text is not relayed, and is reported", async () => {
    const { at, session, proxies } = await conversation();
    await bring(at, { from: ALICE, to: proxies[0], text: "\u0000 \u200b\u2800" });
    expect(await interactions(at.tenant, session)).toMatchObject([{ state: "vetoed", reason: "empty_text" }]);
    expect(given).toEqual([]);
  });
});

describe("a picture is reported", () => {
  const NOTICE = "Pictures do not go through this number.";

  test("to the other person by a mark after the text, to its sender once, and to the tenant by an event", async () => {
    const { at, proxies } = await conversation();
    await bring(at, { from: ALICE, to: proxies[0], text: "see photo", media: 1 });
    await arrived("see photo [picture]");
    expect(await arrived(NOTICE)).toMatchObject({ to: ALICE, from: proxies[0] });
    await bring(at, { from: ALICE, to: proxies[0], text: "", media: 3 });
    await arrived("[3 pictures]");
    expect(givenTo(ALICE)).toEqual([NOTICE]);
    const told = (await eventsOf(at.tenant, "inbound.media_dropped")).map(({ data }) => data as Json);
    expect(told.map(({ media }) => media)).toEqual([1, 3]);
    expect(JSON.stringify(told)).not.toContain("900111");
  });

  test("without a session the text is in the inbox, with the number of pictures; a keyword with a picture takes effect", async () => {
    const at = await line();
    await bring(at, { from: ALICE, to: at.numbers[0], text: "", media: 1 });
    expect(await inbox(at.tenant)).toMatchObject([{ text: "[picture]", media: 1, word: null }]);
    await arrived(NOTICE);
    await bring(at, { from: ALICE, to: at.numbers[0], text: "STOP", media: 1 });
    expect(await inbox(at.tenant)).toMatchObject([{ word: "stop", media: 1 }, {}]);
  });

  test("and the sentence can be changed or switched off", async () => {
    const at = await line();
    const { body } = await at.tenant.call("PATCH /v1/masking", { media_notice: null });
    expect(body).toMatchObject({ media_notice: null });
    await bring(at, { from: ALICE, to: at.numbers[0], text: "", media: 1 });
    expect(await eventsOf(at.tenant, "inbound.media_dropped")).toHaveLength(1);
    await bring(at, { from: ALICE, to: at.numbers[0], text: "help" });
    await arrived(HELP);
    expect(givenTo(ALICE)).toEqual([HELP]);
  });
});

describe("texts between two people are relayed, except keywords that take effect", () => {
  test("HELP is answered once a day and relayed each time; INFO, and a START with nothing to give back, are relayed", async () => {
    const { at, proxies } = await conversation();
    const said = ["Help", "Info", "Start", "Help!", "UNSTOP"];
    for (const text of said) await bring(at, { from: ALICE, to: proxies[0], text });
    await until(async () => (givenTo(BOB).length === said.length ? true : null), "all five");
    expect(givenTo(BOB)).toEqual(said);
    expect(givenTo(ALICE)).toEqual([HELP]);
    expect(await consents(at.tenant)).toEqual([]);
  });

  test("STOP is not relayed, nor is a START that ends a stop", async () => {
    const { at, proxies } = await conversation();
    await bring(at, { from: ALICE, to: proxies[0], text: "STOP" });
    await bring(at, { from: ALICE, to: proxies[0], text: "START" });
    await bring(at, { from: ALICE, to: proxies[0], text: "Start" }); // by now there is nothing to give back
    await arrived("Start");
    expect(givenTo(BOB)).toEqual([
      "The other person has stopped these texts. They will not get your messages.",
      "Start",
    ]);
    expect(await consents(at.tenant)).toHaveLength(4);
  });

  test("after the session's end HELP is answered, once, and not relayed", async () => {
    const { at, session, proxies } = await conversation();
    await at.tenant.call(`POST /v1/sessions/${session["id"]}/close`);
    await bring(at, { from: ALICE, to: proxies[0], text: "Help" });
    await arrived(HELP);
    expect(given).toHaveLength(1);
    expect(await inbox(at.tenant)).toMatchObject([{ word: "help" }]);
  });
});

describe("a keyword that the carrier recognised", () => {
  test("STOP in any language is recorded with source carrier, not relayed, and reported to the other person", async () => {
    const { at, proxies } = await conversation();
    await bring(at, { from: ALICE, to: proxies[0], text: "AVREGISTRER", keyword: "stop" });
    await arrived("The other person has stopped these texts. They will not get your messages.");
    expect(givenTo(BOB)).toHaveLength(1);
    expect((await consents(at.tenant)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      `marketing ${proxies[0]} withdrawn carrier`,
      `service ${proxies[0]} withdrawn carrier`,
    ]);
  });

  test("START is recorded as given, once however often it comes, and not relayed; the person's own STOP overrides it", async () => {
    const { at, proxies } = await conversation();
    for (let times = 0; times < 3; times += 1)
      await bring(at, { from: ALICE, to: proxies[0], text: "GO", keyword: "start" });
    expect(await consents(at.tenant)).toHaveLength(2);
    expect((await consents(at.tenant)).every((one) => one.endsWith("given carrier"))).toBe(true);
    await bring(at, { from: ALICE, to: proxies[0], text: "END", keyword: "start" });
    expect((await consents(at.tenant)).slice(0, 2).every((one) => one.includes("withdrawn"))).toBe(true);
    expect(given.filter(({ text }) => text === "GO" || text === "END")).toEqual([]);
  });

  test("HELP is not answered twice, and is still relayed", async () => {
    const { at, proxies } = await conversation();
    await bring(at, { from: ALICE, to: proxies[0], text: "HELP", keyword: "help" });
    await arrived("HELP");
    expect(givenTo(ALICE)).toEqual([]);
  });

  test("START ends a stop with source carrier, to senders that the carrier chooses", async () => {
    const { at } = await conversation();
    const { tenant, account, numbers } = at;
    expect(
      (await at.tenant.call("POST /v1/consents", { to: ALICE, state: "given", purposes: ["service"], source: "web" }))
        .status,
    ).toBe(201);
    await tenant
      .stub()
      .inbound(account, [{ id: "s", from: ALICE, to: numbers[2]!, text: "STOP ALL", keyword: "stop" }]);
    const preview = async () =>
      (await tenant.call("POST /v1/messages/preview", { to: ALICE, text: "x", purpose: "service", from: "Shifts" }))
        .body["would"];
    expect(await preview()).not.toBe("accepted");
    await tenant.stub().inbound(account, [{ id: "t", from: ALICE, to: numbers[2]!, text: "WEITER", keyword: "start" }]);
    expect(await preview()).toBe("accepted");
  });
});
