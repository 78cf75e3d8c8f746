// No file names a real person's number, a registry, a machine, or a promise that we do not keep.
import { expect, it } from "vitest";
import { readTree } from "../support/source/tree.ts";
import { badWords } from "./words.ts";

it("the project says none of what it must not", () => {
  expect(badWords(readTree())).toEqual([]);
});

it.each([
  ["a mobile number", 'to: "+447911123456"', /drama numbers/],
  ["one written at home", "ring 07911 123456", /drama numbers/],
  ["one with the international prefix", "00447911123456", /drama numbers/],
  ["a landline", "call 0161 123 4567", /drama numbers/],
  ["the first number behind the drama range", "+447700901000", /drama numbers/],
  ["another country's number", "+14155552671", /drama numbers/],
  ["a number with something behind it", "+447911123456 12", /drama numbers/],
  ["one with hyphens", "07911-123456", /drama numbers/],
  ["one with something behind its prefix", "00447911123456 99", /drama numbers/],
  ["a registry", "from https://registry.npmjs.org/x", /name the package/],
  ["a machine's path", "see /home/ann/project", /root of the project/],
  ["a promise about place", "We offer UK residency.", /deny/],
  ["a promise about secrecy", "It is not slow. Texts are end-to-end encrypted.", /deny/],
])("is refused: %s", (_, text, told) => {
  expect(badWords({ "docs/a.md": text }).join("\n")).toMatch(told);
});

it.each([
  "+447700900123, 07700 900 999, 00447700900000 and 020 7946 0123",
  "+12125550123",
  "+447700900, +4477009001 and 0770090012: parts of drama numbers",
  "+447700900123 12, +4477009001234: drama numbers with something behind them",
  "0123456789 is an alphabet, 017700000001 an address in octal, 0306406152 an ISBN, +1000000 a sum",
  "2026-10-20T00:00:00+00:00 and 0.0712345678 and 1795463885120",
  "GET /v1/messages and https://sms.example.com/home/x",
  "There is no UK jurisdiction, so this is not UK residency.",
])("is allowed: %s", (text) => {
  expect(badWords({ "docs/a.md": text })).toEqual([]);
});
