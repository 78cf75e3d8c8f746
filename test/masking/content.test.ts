// A labelled corpus of contact details in texts, and of innocent texts that resemble them.
import { describe, expect, it } from "vitest";
import { applyContent, findSlips, REMOVED } from "../../src/masking/content.ts";
import type { ContentPolicy, Slip } from "../../src/masking/session.ts";

const STRIP: ContentPolicy = { numbers: "strip", emails: "strip", links: "strip", spelled_digits: "strip" };

/** What each text holds. */
const CORPUS: [string, Slip[]][] = [
  ["Call me on 07700 900123", ["numbers"]],
  ["my number is +44 7700 900123 ok", ["numbers"]],
  ["07700900123", ["numbers"]],
  ["ring 07700-900-123 after six", ["numbers"]],
  ["write to asha.k@example.com", ["emails"]],
  ["asha (at) example (dot) com", ["emails"]],
  ["it's asha at example dot com", ["emails"]],
  ["see https://example.com/me", ["links"]],
  ["go to example.co.uk/offer", ["links"]],
  ["bit.ly/3abcde", ["links"]],
  ["find me @asha_k99", ["links"]],
  ["WhatsApp me: asha1990", ["links"]],
  ["oh seven seven double oh nine hundred, no: oh seven seven oh oh nine oh oh one two three", ["spelled_digits"]],
  ["zero seven seven zero zero, nine zero zero, one two three", ["spelled_digits"]],
  ["o77 double o, nine oh oh one two three", ["spelled_digits"]],
  ["dim saith saith dim dim naw dim dim un dau tri", ["spelled_digits"]],
  ["asha@example.com or 07700 900123", ["emails", "numbers"]],
  ["call01632960123 now", ["numbers"]],
  ["ring 07700/900123", ["numbers"]],
  ["name.xyz is mine", ["links"]],
  ["www.example.unknownending", ["links"]],
  ["http:/example.com", ["links"]],
  ["asha@gmail", ["emails"]],
  ["prize.To be fair", []],
  ["costs @2800", []],
  ["im @home", []],
  ["signal is bad here", []],
  ["I am at the north gate", []],
  ["See you at 18:30 on 02/11/2026", []],
  ["Flat 12, 45 High Street, LS1 4AB", []],
  ["Order 1234567 is ready", []],
  ["It costs £1,249.00", []],
  ["one or two bags, three at most", []],
  ["Two adults and one child for seven nights", []],
  ["I'll be there at ten. Bring one.", []],
  ["the parcel is 30 x 40 x 50 cm", []],
  ["e.g. the blue door, i.e. not the red one", []],
  ["meet me at dot's cafe", []],
  ["Mae gen i un bag", []],
  ["code 482910", []],
  ["ten out of ten!", []],
];

it.each(CORPUS)("%j", (text, slips) => {
  const found = [...new Set(findSlips(text).map(({ slip }) => slip))].sort();
  expect(found).toEqual([...slips].sort());
});

describe("the policy", () => {
  it("passes: the text as it is, whatever is in it", () => {
    const pass: ContentPolicy = { numbers: "pass", emails: "pass", links: "pass", spelled_digits: "pass" };
    for (const [text] of CORPUS) expect(applyContent(text, pass)).toEqual({ text, slips: [] });
  });

  it("warns: the text as it is, and what was in it", () => {
    const warn: ContentPolicy = { ...STRIP, numbers: "warn" };
    const text = "Call me on 07700 900123";
    expect(applyContent(text, warn)).toEqual({ text, slips: ["numbers"] });
  });

  it("strips: contact details are removed, the rest stays, and a second run finds nothing more", () => {
    expect(applyContent("Call 07700 900123 or asha@example.com, thanks", STRIP)).toEqual({
      text: `Call ${REMOVED} or ${REMOVED}, thanks`,
      slips: ["numbers", "emails"],
    });
    for (const [text, slips] of CORPUS) {
      const once = applyContent(text, STRIP).text;
      if (slips.length > 0) expect(once).toContain(REMOVED);
      else expect(once).toBe(text);
      expect(applyContent(once, STRIP)).toEqual({ text: once, slips: [] });
    }
  });

  it("strips a number out of a link that passes", () => {
    const policy: ContentPolicy = { numbers: "strip", emails: "pass", links: "pass", spelled_digits: "pass" };
    expect(applyContent("wa.me/447700900123 now", policy)).toEqual({
      text: `wa.me/${REMOVED} now`,
      slips: ["numbers"],
    });
  });

  it("strips in a text of 255 parts within a second", () => {
    const text = "call01632960123 or a.b@example.com, see name.xyz ".repeat(6_000).slice(0, 255_000);
    const from = performance.now();
    applyContent(text, STRIP);
    expect(performance.now() - from).toBeLessThan(5_000); // a second, and room for a busy machine
  });

  it("is fast also for a text that was written to make it slow", () => {
    for (const text of ["a@".repeat(800), "a.".repeat(800), "one ".repeat(400), "@".repeat(1_600), "a at ".repeat(320)])
      expect(applyContent(text, STRIP).text.length).toBeGreaterThan(0);
  });
});
