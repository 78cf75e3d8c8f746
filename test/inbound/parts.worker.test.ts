/** Parts of texts: which text a part is of, how they are joined, and what is never obeyed. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Json } from "../support/tenant/tenant.ts";
import { arrived, bring, consents, given, inbox, line, listen, type Line } from "../support/tenant/gateway.ts";
import { advance, ALICE, BOB, opened, proxiesOf } from "../support/tenant/masked-lines.ts";

beforeEach(listen);

const part = (nth: number, of: number, ref = "07") => ({ ref, nth, of });
const wordsOf = (texts: Json[]) => texts.map(({ text, complete, word }) => [text, complete, word]).toReversed();

async function parts(at: Line, to: string, ...given: [text: string, nth: number, of: number, over?: Json][]) {
  for (const [text, nth, of, over = {}] of given) {
    const brought = await bring(at, { from: ALICE, to, text, part: part(nth, of), ...over });
    expect(brought).toEqual({ status: 200, body: { taken: 1 } });
  }
}

describe("a text with a missing part is stored, and is no keyword", () => {
  test.each([
    ["Stop", 2, 2, "[...] Stop"],
    ["End", 1, 2, "End [...]"],
    ["STOPALL", 2, 3, "[...] STOPALL [...]"],
    ["help", 1, 2, "help [...]"],
  ])("%s, part %i of %i", async (text, nth, of, shown) => {
    const at = await line();
    await parts(at, at.numbers[0]!, [text, nth, of]);
    await advance(at.tenant, 70);
    expect(wordsOf(await inbox(at.tenant))).toEqual([[shown, false, null]]);
    expect(await consents(at.tenant)).toEqual([]);
    expect(given).toEqual([]);
  });

  test("START, the third of three, gives nothing back", async () => {
    const at = await line();
    await bring(at, { from: ALICE, to: at.numbers[0], text: "STOP" });
    const before = await consents(at.tenant);
    await parts(at, at.numbers[0]!, ["start", 3, 3]);
    await advance(at.tenant, 70);
    expect(wordsOf(await inbox(at.tenant)).at(-1)).toEqual(["[...] start", false, null]);
    expect(await consents(at.tenant)).toEqual(before);
  });

  test("nor is what a carrier calls a part without its place", async () => {
    const at = await line();
    const [to] = at.numbers;
    await at.tenant.stub().inbound(at.account, [{ id: "f", from: ALICE, to: to!, text: "Stop", fragment: true }]);
    expect(wordsOf(await inbox(at.tenant))).toEqual([["Stop [...]", false, null]]);
    expect(await consents(at.tenant)).toEqual([]);
  });

  test("but a keyword in two parts is one when both have arrived", async () => {
    const at = await line();
    await parts(at, at.numbers[0]!, ["ST", 1, 2], ["OP", 2, 2]);
    expect(wordsOf(await inbox(at.tenant))).toEqual([["STOP", true, "stop"]]);
  });

  test("nor is one whose parts may belong to two texts with the same reference", async () => {
    const at = await line();
    await parts(at, at.numbers[0]!, ["ST", 1, 2], ["ST", 1, 2], ["OP", 2, 2]);
    await advance(at.tenant, 70);
    expect(wordsOf(await inbox(at.tenant)).map(([, , word]) => word)).toEqual([null, null]);
    expect(await consents(at.tenant)).toEqual([]);
  });

  test("each gap has one mark, also in the relayed text", async () => {
    const at = await line();
    const [alices] = proxiesOf(await opened(at.tenant));
    await parts(at, alices!, ["two ", 2, 7], ["three", 3, 7], ["six", 6, 7]);
    await advance(at.tenant, 70);
    expect(await arrived("[...] two three [...] six [...]")).toMatchObject({ to: BOB });
  });
});

describe("parts are of one text where originator, number, reference and total are the same", () => {
  test("the same reference with another total belongs to another text", async () => {
    const at = await line();
    await parts(
      at,
      at.numbers[0]!,
      ["First text, part one. ", 1, 3],
      ["part two. ", 2, 3],
      ["Second text starts. ", 1, 2],
      ["Second text ends.", 2, 2],
    );
    await advance(at.tenant, 70);
    expect(wordsOf(await inbox(at.tenant))).toEqual([
      ["Second text starts. Second text ends.", true, null],
      ["First text, part one. part two. [...]", false, null],
    ]);
  });

  test("whatever order they come in", async () => {
    const at = await line();
    await parts(
      at,
      at.numbers[0]!,
      ["Three, ", 1, 3],
      ["ends.", 2, 2],
      ["Two, ", 1, 2],
      ["goes on, ", 2, 3],
      ["ends.", 3, 3],
    );
    expect(wordsOf(await inbox(at.tenant))).toEqual([
      ["Two, ends.", true, null],
      ["Three, goes on, ends.", true, null],
    ]);
  });

  test("a second part in the same place, with a new id, begins another text; nothing of either is lost", async () => {
    const at = await line();
    const zero = { part: { ...part(1, 2), ref: "0" } };
    await bring(at, { from: ALICE, to: at.numbers[0], text: "Lost its end. ", ...zero });
    await bring(at, { from: ALICE, to: at.numbers[0], text: "Whole, ", ...zero });
    await bring(at, { from: ALICE, to: at.numbers[0], text: "both parts.", part: { ...part(2, 2), ref: "0" } });
    await advance(at.tenant, 70);
    expect(wordsOf(await inbox(at.tenant))).toEqual([
      ["Whole, both parts.", true, null],
      ["Lost its end. [...]", false, null],
    ]);
  });

  test("a part of another person, or to another number, belongs to another text", async () => {
    const at = await line();
    const [one, two] = at.numbers;
    await parts(at, one!, ["Alice ", 1, 2]);
    await parts(at, one!, ["Bob ", 1, 2, { from: BOB }]);
    await parts(at, two!, ["elsewhere", 2, 2]);
    expect(await inbox(at.tenant)).toEqual([]);
    await parts(at, one!, ["ends", 2, 2, { from: BOB }]);
    expect(wordsOf(await inbox(at.tenant))).toEqual([["Bob ends", true, null]]);
  });

  test("one id for all parts is accepted, and a repeated part counts once", async () => {
    const at = await line();
    const common = { id: "one-for-all" };
    await parts(
      at,
      at.numbers[0]!,
      ["one ", 1, 3, common],
      ["two ", 2, 3, common],
      ["two ", 2, 3, common],
      ["three", 3, 3, common],
    );
    await parts(at, at.numbers[0]!, ["three", 3, 3, common], ["one ", 1, 3, common]);
    await advance(at.tenant, 70);
    expect(wordsOf(await inbox(at.tenant))).toEqual([["one two three", true, null]]);
  });

  test("a part that arrives after the minute is processed alone, not lost and not repeated", async () => {
    const at = await line();
    await parts(at, at.numbers[0]!, ["Early ", 1, 2]);
    await advance(at.tenant, 70);
    await parts(at, at.numbers[0]!, ["late", 2, 2]);
    await advance(at.tenant, 70);
    expect(wordsOf(await inbox(at.tenant))).toEqual([
      ["Early [...]", false, null],
      ["[...] late", false, null],
    ]);
  });

  test("also of an alphanumeric sender", async () => {
    const at = await line();
    const from = { from: "MyBank" };
    await parts(at, at.numbers[0]!, ["is 493817", 2, 2, from], ["Your code ", 1, 2, from]);
    expect(await inbox(at.tenant)).toMatchObject([{ text: "Your code is 493817", sender_name: "MyBank", from: null }]);
  });
});

test("a character cut between two parts is joined; an unpaired half of one is removed", async () => {
  const at = await line();
  const [alices] = proxiesOf(await opened(at.tenant));
  await parts(at, alices!, ["See you soon \ud83d", 1, 2], ["\ude00 bye", 2, 2]);
  expect(await arrived("See you soon 😀 bye")).toMatchObject({ to: BOB });
  await bring(at, { from: BOB, to: at.numbers[0], text: "half \ud83d" });
  expect(String((await inbox(at.tenant))[0]?.["text"]).isWellFormed()).toBe(true);
});

test("a keyword that the carrier recognised counts for the whole text, whichever part has it", async () => {
  for (const [first, second] of [
    ["stop", "stop"],
    ["stop", undefined],
    [undefined, "STOP"],
  ]) {
    const at = await line();
    const [to] = at.numbers;
    const part = (nth: number) => ({ ref: "1", nth, of: 2 });
    await bring(at, {
      from: ALICE,
      to,
      text: "AVREG",
      part: part(1),
      ...(first === undefined ? {} : { keyword: first }),
    });
    expect(await consents(at.tenant)).toEqual([]); // half a text is not obeyed
    await bring(at, {
      from: ALICE,
      to,
      text: "ISTRER",
      part: part(2),
      ...(second === undefined ? {} : { keyword: second }),
    });
    expect(await consents(at.tenant)).toContain(`marketing ${to} withdrawn carrier`);
  }
});

test("invalid optional fields are ignored, and the text is stored", async () => {
  const at = await line();
  const [to] = at.numbers;
  const more = [
    { part: { ref: "1", nth: 0, of: 2 } },
    { part: { ref: "1", nth: 3, of: 2 } },
    { part: { nth: 1, of: 2 } },
    { keyword: "foo" },
    { media: "1" },
    { media: -1 },
    { extra: 1 },
  ];
  for (const [nth, one] of more.entries()) {
    expect((await bring(at, { from: ALICE, to, text: `words ${nth}`, ...one })).status).toBe(200);
  }
  expect((await inbox(at.tenant)).map(({ text }) => text).toReversed()).toEqual(
    more.map((one, nth) => ("part" in one ? `words ${nth} [...]` : `words ${nth}`)),
  );
});
