// The handset's cookie: the key is not in it, nobody can make or move one, and it ends.
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { beginSession, endSession, readSession } from "../../src/sandbox/session.ts";

const key = "mk_test_e00000000";
const door = [randomBytes(32)];
const now = 1_795_000_000_000;
const hours = 3_600_000;
const valueOf = (cookie: string) => /=([^;]*)/.exec(cookie)?.[1] ?? "";
const sent = (cookie: string) => `other=1; maskline_handset=${valueOf(cookie)}`;

it("holds the key sealed, for the handset's pages only and out of scripts' reach", () => {
  const cookie = beginSession(door, key, now, true);
  expect(cookie).toMatch(/; Path=\/handset; Max-Age=28800; HttpOnly; SameSite=Strict; Secure$/);
  expect(cookie).not.toContain("mk_test");
  expect(Buffer.from(valueOf(cookie), "base64url").toString("latin1")).not.toContain("mk_test");
  expect(beginSession(door, key, now, false)).not.toContain("Secure");
  expect(valueOf(beginSession(door, key, now, true))).not.toBe(valueOf(cookie));
});

it("opens until its eight hours are over, whatever the browser keeps", () => {
  const cookie = sent(beginSession(door, key, now, true));
  expect(readSession(door, cookie, now + 8 * hours - 1)).toBe(key);
  expect(readSession(door, cookie, now + 8 * hours)).toBeNull();
});

it("still opens under the door's former key, and not once that is gone", () => {
  const cookie = sent(beginSession(door, key, now, true));
  expect(readSession([randomBytes(32), ...door], cookie, now)).toBe(key);
  expect(readSession([randomBytes(32)], cookie, now)).toBeNull();
});

it.each([
  ["nothing", null],
  ["another cookie", "a=b"],
  ["an ended one", sent(endSession(true))],
  ["no sealed value", "maskline_handset=AAAA"],
  ["a value too long to be ours", `maskline_handset=${"A".repeat(3_000)}`],
  ["the key in clear", `maskline_handset=${key}`],
])("%s opens nothing", (_, header) => {
  expect(readSession(door, header, now)).toBeNull();
});

it("a changed byte opens nothing", () => {
  const bytes = Buffer.from(valueOf(beginSession(door, key, now, true)), "base64url");
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(readSession(door, `maskline_handset=${changed.toString("base64url")}`, now)).toBeNull();
  }
});
