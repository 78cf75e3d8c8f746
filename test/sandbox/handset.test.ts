// What the handset makes of its lines and texts, as pure functions: who stands on the page, what is unread, which code is offered.
import { describe, expect, it } from "vitest";
import { codeIn, personOf, spaced } from "../../src/sandbox/people.ts";
import { handsetPage } from "../../src/sandbox/handset-pages.tsx";
import { linesToShow } from "../../src/sandbox/phone.tsx";
import { isSame, isUnread, seeing, seenCookie, seenIn } from "../../src/sandbox/seen.ts";
import { BUILTINS, DO_NOT_SHARE, LOCALES, TEXTS } from "../../src/verify/code/builtin.ts";
import { NAUGHTY } from "../support/hostile/inputs.ts";
import { MAGIC } from "../../src/carriers/adapters/sandbox.ts";

const lineOf = (
  ending: number,
  newest: string | null = `evt_${ending}newest0`,
  direction: "received" | "sent" = "received",
) => ({
  line: `lin_00000${ending}`,
  number: `+447700900${ending}`,
  texts: 1,
  newest: newest === null ? null : { id: newest, direction, text: "x", at: "2026-12-01T00:00:00.000Z" },
});
const [asha, ben, sam] = [lineOf(201), lineOf(202), lineOf(123)];

describe("which lines stand on the page", () => {
  const shown = (...given: Parameters<typeof linesToShow>) =>
    linesToShow(...given).map(({ line, also }) => [line.number.slice(-3), also]);

  it("nobody chose: the two that were texted last, by number, and the newest where there is room for one", () => {
    expect(shown([ben, asha, sam], { line: null, beside: null })).toEqual([
      ["201", true],
      ["202", false],
    ]);
    expect(shown([asha, ben, sam], { line: null, beside: null })).toEqual([
      ["201", false],
      ["202", true],
    ]);
    expect(shown([sam], { line: null, beside: null })).toEqual([["123", false]]);
    expect(shown([], { line: null, beside: null })).toEqual([]);
  });

  it("the chosen ones, in their order, and never one twice or one that is not the tenant's", () => {
    const lines = [asha, ben, sam];
    expect(shown(lines, { line: sam.line, beside: asha.line })).toEqual([
      ["123", false],
      ["201", false],
    ]);
    expect(shown(lines, { line: sam.line, beside: sam.line })).toEqual([["123", false]]);
    expect(shown(lines, { line: sam.line, beside: "lin_other" })).toEqual([["123", false]]);
    expect(shown(lines, { line: "lin_other", beside: null }).length).toBe(2);
  });
});

describe("what is unread", () => {
  const lines = [asha, ben, sam];
  const kept = (cookie: string) => seenIn(`a=b; ${cookie.split(";")[0]}; c=d`);

  it("a text that came in since its line was shown, and no other", () => {
    const seen = kept(seenCookie(seeing(seenIn(null), [asha, ben])));
    expect(lines.map((line) => isUnread(line, seen))).toEqual([false, false, true]);
    expect(isUnread(lineOf(201, "evt_1another"), seen)).toBe(true);
    expect(isUnread(lineOf(201, "evt_1another", "sent"), seen)).toBe(false);
    expect(isUnread(lineOf(201, null), seen)).toBe(false);
  });

  it("is kept in a cookie of this host only, that no script reads, and that holds no number and no whole id", () => {
    const cookie = seenCookie(seeing(seenIn(null), lines));
    expect(cookie).toMatch(
      /^__Host-maskline_seen=[\w.-]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure$/,
    );
    for (const { line, number, newest } of lines)
      for (const secret of [line, number.slice(1), newest?.id ?? ""]) expect(cookie).not.toContain(secret);
  });

  it("is bounded: the line shown longest ago is forgotten first", () => {
    const many = Array.from({ length: 80 }, (_, at) => lineOf(100 + at));
    const seen = many.reduce((before, line) => seeing(before, [line]), seenIn(null));
    expect(seen.size).toBe(60);
    expect(isUnread(many[79]!, seen)).toBe(false);
    expect(isUnread(many[0]!, seen)).toBe(true);
    expect(isSame(seen, kept(seenCookie(seen)))).toBe(true);
  });

  it.each(["", "x", "----", "a-b-c.d", "=", `${"a".repeat(3_000)}`, "%00", "<script>"])(
    "nonsense is nothing: %s",
    (value) => {
      for (const line of lines) expect(isUnread(line, seenIn(`__Host-maskline_seen=${value}`))).toBe(true);
    },
  );
});

describe("the code that is offered to copy", () => {
  it("is the code of every text that is built in, in every language, with and without the origin's line", () => {
    for (const builtin of BUILTINS)
      for (const locale of LOCALES) {
        const body = TEXTS[builtin][locale]
          .replace("{{code}}", "493027")
          .replace("{{brand}}", "Shifts")
          .replace("{{minutes}}", "10")
          .replace("{{amount}}", "£12.50")
          .replace("{{payee}}", "Shop 24");
        for (const text of [body, `${body} ${DO_NOT_SHARE[locale]}\n\n@shifts.example #493027`])
          expect([builtin, locale, codeIn(text)]).toEqual([builtin, locale, "493027"]);
      }
  });

  it.each([
    ["Your parcel arrives today between 2 and 3 pm.", null],
    ["Call +447700900123 now", null],
    ["Pay £1200 by Friday", null],
    ["Either 123456 or 654321", null],
    ["12345678901 is too long", null],
    ["See https://x.example/123456", null],
    ["On 2026-12-01", null],
    ["1,234.5678 is a figure", null],
    ["Use 0042.", "0042"],
    ["(8841)", "8841"],
  ])("%s: %s", (text, code) => {
    expect(codeIn(text)).toBe(code);
  });
});

it("a line's name is the same at every visit, a magic number is called by what it does, and the number stands in UK form", () => {
  expect(["201", "202", "123"].map((end) => personOf(`+447700900${end}`).name)).toEqual(["Asha", "Ben", "Sam"]);
  for (const ending of Object.keys(MAGIC)) expect(personOf(`+447700${ending}`).magic, ending).toBe(true);
  expect(personOf("+447700900123").magic).toBe(false);
  expect([spaced("+447700900123"), spaced("+12125550123"), spaced("Shifts")]).toEqual([
    "07700 900123",
    "+12125550123",
    "Shifts",
  ]);
});

it("every hostile text and sender is words on the page: it changes nothing but the place where it stands", () => {
  const escaped = (text: string) =>
    text
      .replaceAll("&", "&amp;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#39;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;");
  const pageWith = (text: string, from: string) => {
    const shown = {
      id: "evt_1",
      line: asha.line,
      number: asha.number,
      to: null,
      direction: "received",
      message_id: null,
    } as const;
    const texts = [{ ...shown, from, text, received_at: "2026-12-01T00:00:00.000Z" }];
    const line = { ...asha, newest: null };
    const asked = { line: null, beside: null };
    return handsetPage({
      lines: [line],
      phones: [{ line, texts, also: false }],
      asked,
      seen: new Map(),
      now: "2026-12-01T00:00:00.000Z",
    });
  };
  const usual = pageWith("QUOKKA", "WOMBAT");
  const without = NAUGHTY.filter((text) => codeIn(text) === null && spaced(text) === text && !/^\+\d+$/.test(text));
  expect(without.length).toBeGreaterThan(NAUGHTY.length - 15);
  for (const text of without)
    expect(pageWith(text, text)).toBe(
      usual.replaceAll("QUOKKA", () => escaped(text)).replaceAll("WOMBAT", () => escaped(text)),
    );
});
