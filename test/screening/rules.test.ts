// The rules over labelled texts of our own, kinds of disguise, what is sensitive, and texts made to be slow. The texts were written
// beside the rules, so their figures are no estimate of what is unseen; docs/screening.md says what is.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { linksOf } from "../../src/screening/link-signs.ts";
import { FEATURES } from "../../src/screening/model.ts";
import { normalOf, SCREENED_CHARS_MAX } from "../../src/screening/normal.ts";
import { PHRASES } from "../../src/screening/phrases.ts";
import {
  defaultPolicy,
  judgeText,
  labelOf,
  redacted,
  type Direction,
  type ScreeningPolicy,
} from "../../src/screening/policy.ts";
import { namesInRules, RULES } from "../../src/screening/rules.ts";
import { signalsOf } from "../../src/screening/signals.ts";
import type { Purpose } from "../../src/sms/purpose.ts";

const lines = (file: string): string[] =>
  readFileSync(`${import.meta.dirname}/${file}`, "utf8")
    .split("\n")
    .filter((line) => line !== "");
const judge = (
  text: string,
  over: Partial<ScreeningPolicy> = {},
  direction: Direction = "outbound",
  purpose: Purpose = "service",
) => judgeText(text, { policy: { ...defaultPolicy("live"), ...over }, direction, purpose, from: null });
const isHeld = (text: string, direction: Direction = "outbound"): boolean =>
  ["hold", "block"].includes(judge(text, {}, direction).verdict);
const names = (text: string): string[] => judge(text).rules.map(({ name }) => name);

describe("of our own labelled texts", () => {
  test.each(["outbound", "inbound"] as const)("at most 2 of 400 of businesses are held, %s", (direction) => {
    const texts = lines("businesses.txt");
    expect(texts.length).toBeGreaterThan(300);
    expect(texts.filter((text) => isHeld(text, direction)).length / texts.length).toBeLessThanOrEqual(2 / 400);
  });
  test.each(["outbound", "person", "inbound"] as const)("at least 95 % of scams are held, %s", (direction) => {
    const texts = lines("scams.txt");
    expect(texts.length).toBeGreaterThan(200);
    expect(texts.filter((text) => isHeld(text, direction)).length / texts.length).toBeGreaterThanOrEqual(0.95);
  });
  test("the founding text's phrase with a shortened link is held, and without a link it is not", () => {
    expect(names("forgot okcupid password https://bit.ly/2okc")).toEqual(
      expect.arrayContaining(["password_reset", "shortened_link"]),
    );
    expect(isHeld("forgot okcupid password https://bit.ly/2okc")).toBe(true);
    expect(isHeld("forgot okcupid password")).toBe(false);
  });
});

describe("a disguise does not hide", () => {
  test.each([
    ["letters of another script", "Hi mum, my phone brоke, this is my nеw numbеr"],
    ["full-width letters", "Ｈｉ ｍｕｍ, my phone broke, this is my ｎｅｗ ｎｕｍｂｅｒ"],
    ["mathematical letters", "Hi 𝐦𝐮𝐦, my phone broke, this is my 𝐧𝐞𝐰 𝐧𝐮𝐦𝐛𝐞𝐫"],
    ["characters that show nothing", "Hi mu\u200bm, my phone bro\u200bke, this is my new num\u2060ber"],
    ["accents", "Hí mùm, my phone brokè, this is my nèw numbér"],
    ["digits for letters", "R0yal Mai1: your parce1 is held. Pay the £1.99 fee at https://royalmail-fee.com"],
    ["capitals", "HI MUM, MY PHONE BROKE, THIS IS MY NEW NUMBER"],
  ])("behind %s", (_how, text) => expect(isHeld(text)).toBe(true));
  test("and its places are offsets of the text as it is", () => {
    const text = "😀 Hi mu\u200bm, this is my new number";
    const spans = judge(text).rules.find(({ name }) => name === "hi_mum")?.spans ?? [];
    expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual(["Hi mu\u200bm, this", "is my new number"]);
  });
  test("joined emoji and letters with accents are none", () => {
    expect(names("Well done 👩‍👩‍👧‍👦 ❤️ from the café in Llŷn")).toEqual([]);
  });
});

describe("a link", () => {
  const kind = (link: string, domains: string[] = []) => linksOf(`See ${link} now`, domains).map((one) => one.kind);
  test.each([
    ["https://www.royalmail.com/track", "official"],
    ["gov.uk/vehicle-tax", "official"],
    ["www.leeds.gov.uk/pay", "official"],
    ["https://bit.ly/3x", "shortened"],
    ["http://185.22.14.9/login", "address"],
    ["https://xn--ryalmail-o7a.com", "punycode"],
    ["https://rоyalmail.com/pay", "punycode"], // a Cyrillic o
    ["https://royalmail-fee.com", "lookalike"],
    ["https://royalmail.com.parcel-fee.info", "lookalike"],
    ["https://royalmall.com", "lookalike"],
    ["https://paypa1-help.com", "lookalike"],
    ["https://gov.uk-rebate.com", "lookalike"],
    ["https://verify-account-login.com", "lure"],
    ["https://wa.me/447700900123", "chat"],
    ["https://acmeplumbing.co.uk/t/8f3", "plain"],
    ["https://evri.example/track", "plain"],
    ["https://royalmail-pay.example", "lookalike"],
  ])("%s is %s", (link, expected) => expect(kind(link)).toEqual([expected]));
  test("to the tenant's own domain says nothing, and one that only looks like it does", () => {
    expect(kind("https://shop.northgatebank.co.uk/x", ["northgatebank.co.uk"])).toEqual(["allowed"]);
    expect(kind("https://northgatebank-login.com", ["northgatebank.co.uk"])).toEqual(["lookalike"]);
    expect(kind("https://northgatebamk.com", ["northgatebank.co.uk"])).toEqual(["lookalike"]);
    expect(kind("https://northgatebank-news.com")).toEqual(["plain"]);
  });
  test("to another domain than the tenant's is named where the tenant has said which are its own", () => {
    const verdict = (domains: string[]) => judge("Book at https://elsewhere.co.uk/x", { domains }).verdict;
    expect([verdict([]), verdict(["acme.co.uk"])]).toEqual(["allow", "warn"]);
  });
});

describe("what is sensitive", () => {
  test.each([
    ["card_number", "Card 4111 1111 1111 1111 exp 09/27", "4111 1111 1111 1111"],
    ["card_number", "pay 378282246310005 now", "378282246310005"],
    ["bank_account", "sort code 12-34-56, account 12345678", "12-34-56, account 12345678"],
    ["national_insurance", "NI AB 12 34 56 C please", "AB 12 34 56 C"],
    ["nhs_number", "NHS number 943 476 5919", "943 476 5919"],
    ["password", "Wi-Fi password: seaside2026", "password: seaside2026"],
    ["one_time_code", "Your code is 482913", "482913"],
  ])("%s is found", (name, text, expected) => {
    const spans = judge(text).rules.find((rule) => rule.name === name)?.spans ?? [];
    expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual([expected]);
  });
  test.each([
    ["card_number", "Card 4111 1111 1111 1112"], // the check digit is wrong
    ["card_number", "Order 0000 0000 0000 0000"],
    ["nhs_number", "NHS number 943 476 5918"],
    ["national_insurance", "Flight BG123456A leaves"], // letters that are not given out
    ["bank_account", "Order 12345678 of 12-34-56"],
    ["password", "Your password was changed today"],
  ])("no %s in %s", (name, text) => {
    if (name === "bank_account") return expect(judge(text).verdict).toBe("allow");
    expect(names(text)).not.toContain(name);
  });
  test("a card number is redacted, whole and alone", () => {
    const text = "Use 4111-1111-1111-1111 or call 01632 960123.";
    expect(redacted(text, judge(text), "[removed]")).toBe("Use [removed] or call 01632 960123.");
  });
  test("a one-time code is as it should be in a text of purpose otp", () => {
    const verdict = (purpose: Purpose) => judge("Your code is 482913", {}, "outbound", purpose).verdict;
    expect([verdict("otp"), verdict("service")]).toEqual(["allow", "warn"]);
  });
});

describe("the policy", () => {
  test("does what its first fitting line says, and the severest of the rules decides", () => {
    const lines = [
      { direction: "inbound", purpose: null, class: "short_links", action: "allow" },
      { direction: null, purpose: null, class: "short_links", action: "block" },
    ] as const;
    const verdict = (direction: Direction) => judge("See https://bit.ly/3x", { lines: [...lines] }, direction).verdict;
    expect([verdict("inbound"), verdict("outbound")]).toEqual(["allow", "block"]);
  });
  test("a label names rules and offsets, and no rule that is simply allowed", () => {
    const text = "Your photos by Smith, 01632 960123: https://bit.ly/3x";
    const spans = [[text.indexOf("https"), text.length]];
    expect(labelOf(judge(text))).toMatchObject({ verdict: "warn", rules: [{ name: "shortened_link", spans }] });
  });
  test("a warning against a scam is none", () => {
    expect(isHeld("We will never ask you to send us the code, or to move your money to a safe account.")).toBe(false);
  });
});

describe("rules and weights", () => {
  test("name only signals that there are, and every signal of the phrases is read by a rule or has a weight", () => {
    const known = new Set<string>([
      ...FEATURES,
      "brand",
      "turned",
      "card_number",
      "national_insurance",
      "nhs_number",
      "password",
    ]);
    expect(namesInRules().filter((name) => !known.has(name))).toEqual([]);
    expect(Object.keys(PHRASES).filter((name) => !known.has(name))).toEqual([]);
    expect(RULES.length).toBeGreaterThan(40);
  });
});

describe("its time", () => {
  /** Processor time, since other processes share the machine; the best of some rounds, since they share caches too. */
  function millisecondsFor(text: string, times: number): number {
    let best = Infinity;
    for (let round = 0; round < 5; round++) {
      const before = process.cpuUsage();
      for (let nth = 0; nth < times; nth++) signalsOf(text, { from: null, domains: [] });
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / 1_000 / times);
    }
    return best;
  }

  test("is at most 0.3 ms for an ordinary text", () => {
    const texts = [...lines("businesses.txt"), ...lines("scams.txt")];
    let best = Infinity;
    for (let round = 0; round < 6; round++) {
      const before = process.cpuUsage();
      for (const text of texts) judge(text);
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / 1_000 / texts.length);
    }
    expect(best).toBeLessThan(0.3);
  });

  const HOSTILE: [string, (length: number) => string][] = [
    ["one letter", (length) => "a".repeat(length)],
    ["full stops", (length) => "a.".repeat(length / 2)],
    ["links", (length) => "http://a.b-c.com/x ".repeat(length / 19)],
    ["links without spaces", (length) => "http://".repeat(length / 7)],
    ["signs of addresses", (length) => "a@".repeat(length / 2)],
    ["digits", (length) => "4".repeat(length)],
    ["groups of digits", (length) => "4111 ".repeat(length / 5)],
    ["sort codes and accounts", (length) => "12-34-56 12345678 ".repeat(length / 18)],
    ["first words of phrases", (length) => "send your the call text my ".repeat(length / 27)],
    ["phrases with gaps", (length) => "send me the the the ".repeat(length / 20)],
    ["spelled digits", (length) => "seven double seven ".repeat(length / 19)],
    ["marks on a letter", (length) => "e" + "\u0301".repeat(length - 1)],
    [
      "characters of every page",
      (length) => Array.from({ length }, (_, at) => String.fromCodePoint(0x100 + ((at * 37) % 0xd000))).join(""),
    ],
    ["emoji", (length) => "👩‍👩‍👧‍👦".repeat(length / 11)],
    ["passwords", (length) => "password is ".repeat(length / 12)],
    ["brackets", (length) => "([{ at )]} dot ".repeat(length / 15)],
  ];
  test.each(HOSTILE)("is bounded and grows no faster than the text: %s", (_kind, of) => {
    const [short, long] = [of(1_000), of(SCREENED_CHARS_MAX)];
    millisecondsFor(long, 3);
    const [one, four] = [millisecondsFor(short, 10), millisecondsFor(long, 10)];
    expect(four).toBeLessThan(25);
    expect(four).toBeLessThan(12 * one + 1);
  });
  test("nothing behind the bound is read", () => {
    expect(normalOf("a".repeat(1_000_000)).text).toHaveLength(SCREENED_CHARS_MAX);
  });
});
