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

it.each([
  ["a belt", "// waits on the belt", /queue tracker/],
  ["a belt in a name", "const queueBelt = new BeltTracker(BELT_MS);", /queue tracker/],
  ["a conveyor", "// puts it on the conveyor", /sweep/],
  ["a shelf", "// the key is on its shelf", /key store/],
  ["a shelf in a name", "class KeyShelf {}", /key store/],
  ["a mind", "// a tenant's mind", /rooms/],
  ["minds", "// so that minds agree", /rooms/],
  ["a mind in a name", "const tenantMind = openMind();", /rooms/],
  ["a first look", "// found by the first look", /sweep/],
  ["a first look over two lines", "/**\n * found by the first\n * look at it\n */", /sweep/],
  ["looking again", "// the alarm looks again", /check, sweep or poll/],
])("in the source is refused: %s", (_, text, told) => {
  expect(badWords({ "src/room/a.ts": text }).join("\n")).toMatch(told);
  expect(badWords({ "docs/a.md": text })).toEqual([]);
});

it.each([
  "// seals the letter",
  "const letter = sealed;",
  "open(letter, key)",
  "type Letter = {};",
  "const codeLetter = 1;",
])("in the source of verifications is refused: %s", (text) => {
  expect(badWords({ "src/verify/a.ts": text }).join("\n")).toMatch(/code message/);
});

it.each([
  "// no reminder, and nothing of the kind",
  "sql.exec(`ALTER TABLE conveyor RENAME TO sweep`)",
  "// letters and digits, where U V is one letter. The first letter says of what.",
  'vault.sealText(subject, id, "letter", text); `RENAME COLUMN letter TO code_message`',
  "// looked up again in the index",
])("in the source is allowed: %s", (text) => {
  expect(badWords({ "src/verify/a.ts": text })).toEqual([]);
});
