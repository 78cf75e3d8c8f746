// A run that broke never reads as a run that passed.
import { expect, it } from "vitest";
import { addUp, countOf, failuresOf, lastLine } from "../../scripts/lib/counts.mjs";
import { isInstalled } from "../../scripts/lib/install.mjs";

const green = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0, testResults: [] };
const unloadable = { ...green, testResults: [{ status: "failed", assertionResults: [] }] };
const oneFailed = {
  ...green,
  numFailedTests: 1,
  testResults: [{ status: "failed", assertionResults: [{ status: "failed" }] }],
};

it.each([
  ["all pass", 0, green, 3, 0],
  ["a test fails", 1, oneFailed, 3, 1],
  ["a file cannot be loaded", 1, unloadable, 3, 1],
  ["all pass but vitest says no", 1, green, 3, 1],
  ["vitest crashed before its report", 139, undefined, 0, 1],
])("%s", (_, code, report, passed, failed) => {
  expect(countOf(code, report)).toMatchObject({ passed, failed });
});

it("the last line is the sum, and names skipped tests only when there are some", () => {
  const one = { passed: 1, failed: 0, skipped: 0 };
  expect(lastLine(addUp([one, one]))).toBe("2 passed, 0 failed");
  expect(lastLine({ ...one, skipped: 2 })).toBe("1 passed, 0 failed, 2 skipped");
});

it("each failure is told in a line: file, test, and the first line of what it said", () => {
  const testResults = [
    { name: "/here/test/good.test.ts", status: "passed", assertionResults: [{ status: "passed", fullName: "holds" }] },
    { name: "/here/test/torn.test.ts", status: "failed", message: "no such module\n at …", assertionResults: [] },
    {
      name: "/here/test/bad.test.ts",
      status: "failed",
      assertionResults: [
        { status: "passed", fullName: "holds" },
        { status: "failed", fullName: "does not", failureMessages: [`${"x".repeat(400)}\n at …`] },
      ],
    },
  ];
  expect(failuresOf({ testResults }, "/here/")).toEqual([
    "test/torn.test.ts: no such module",
    `test/bad.test.ts > does not: ${"x".repeat(300)}`,
  ]);
  expect(failuresOf(undefined, "/here/")).toEqual([]);
});

it("an installation is whole when only other platforms' packages are absent", () => {
  const locked = {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "1.0.0", optional: true },
  };
  const a = { "node_modules/a": { version: "1.0.0" } };
  expect(isInstalled(locked, a)).toBe(true);
  expect(isInstalled(locked, {})).toBe(false);
  expect(isInstalled(locked, { "node_modules/a": { version: "1.0.1" } })).toBe(false);
  expect(isInstalled(locked, { ...a, "node_modules/c": { version: "1.0.0" } })).toBe(false);
});
