// The handset's cookie: the key is not in it, nobody can make or move one, and it ends.
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { beginSession, endSession, readSession } from "../../src/sandbox/session.ts";

const key = "mk_test_e00000000";
const door = [randomBytes(32)];
const now = 1_795_000_000_000;
const hours = 3_600_000;
const valueOf = (cookie: string) => /=([^;]*)/.exec(cookie)?.[1] ?? "";
const sent = (cookie: string) => `other=1; __Host-maskline_handset=${valueOf(cookie)}`;

it("holds the key sealed, for this host only, over https or loopback only, and out of scripts' reach", () => {
  const cookie = beginSession(door, key, now);
  expect(cookie).toMatch(/^__Host-maskline_handset=[\w-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure$/);
  expect(cookie).not.toContain("mk_test");
  expect(Buffer.from(valueOf(cookie), "base64url").toString("latin1")).not.toContain("mk_test");
  expect(valueOf(beginSession(door, key, now))).not.toBe(valueOf(cookie));
});

it("opens until its eight hours are over, whatever the browser keeps", () => {
  const cookie = sent(beginSession(door, key, now));
  expect(readSession(door, cookie, now + 8 * hours - 1)).toBe(key);
  expect(readSession(door, cookie, now + 8 * hours)).toBeNull();
});

it("still opens under the door's former key, and not once that is gone", () => {
  const cookie = sent(beginSession(door, key, now));
  expect(readSession([randomBytes(32), ...door], cookie, now)).toBe(key);
  expect(readSession([randomBytes(32)], cookie, now)).toBeNull();
});

it.each([
  ["nothing", null],
  ["another cookie", "a=b"],
  ["a cookie that another host of the site could plant", sent(beginSession(door, key, now)).replace("__Host-", "")],
  ["an ended one", sent(endSession())],
  ["no sealed value", "__Host-maskline_handset=AAAA"],
  ["a value too long to be ours", `__Host-maskline_handset=${"A".repeat(3_000)}`],
  ["the key in clear", `__Host-maskline_handset=${key}`],
])("%s opens nothing", (_, header) => {
  expect(readSession(door, header, now)).toBeNull();
});

it("a changed byte opens nothing", () => {
  const bytes = Buffer.from(valueOf(beginSession(door, key, now)), "base64url");
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(readSession(door, `__Host-maskline_handset=${changed.toString("base64url")}`, now)).toBeNull();
  }
});
