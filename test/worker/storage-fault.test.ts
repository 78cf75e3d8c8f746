import { expect, test } from "vitest";
import { isStorageFault } from "../../src/storage/sql.ts";

test("what storage says is told from a mistake of ours", () => {
  const failed = [
    new Error("database or disk is full: SQLITE_FULL"),
    new Error("disk I/O error: SQLITE_IOERR"),
    new Error("D1_ERROR: Network connection lost."),
    Object.assign(new Error("Durable Object is overloaded."), { overloaded: true, retryable: false }),
    Object.assign(new Error("Durable Object reset"), { durableObjectReset: true }),
    Object.assign(new Error("gone"), { retryable: true }),
  ];
  const ours = [
    new Error("UNIQUE constraint failed: messages.id: SQLITE_CONSTRAINT"),
    new Error('D1_ERROR: near "SELEC": syntax error at offset 0: SQLITE_ERROR'),
    new Error("no such table: nowhere: SQLITE_ERROR"),
    new TypeError("x is not a function"),
    Object.assign(new Error("remote"), { retryable: false, remote: true }),
    "SQLITE_FULL",
  ];
  expect(failed.map(isStorageFault)).toEqual(failed.map(() => true));
  expect(ours.map(isStorageFault)).toEqual(ours.map(() => false));
});
