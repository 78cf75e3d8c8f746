// Counts test results, so that a crashed run is never counted as passed. Pure.
import { relative } from "node:path";

/** The counts of one vitest run, from its exit code and its JSON report (absent when it crashed). */
export function countOf(code, report) {
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  // A file that cannot be loaded has no failed test, so it counts as one.
  const broken = (report?.testResults ?? []).filter((file) => file.status === "failed" && noneFailed(file)).length;
  const failed = (report?.numFailedTests ?? 0) + broken;
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
}

function noneFailed(file) {
  return file.assertionResults.every((test) => test.status !== "failed");
}

/**
 * The failures of one vitest run, one line each: the file, the test and the first line of its message, cut at 300
 * characters.
 */
export function failuresOf(report, root) {
  return (report?.testResults ?? []).flatMap((file) => {
    const path = relative(root, file.name);
    if (file.status === "failed" && noneFailed(file)) return [`${path}: ${firstLine(file.message)}`];
    return file.assertionResults
      .filter((test) => test.status === "failed")
      .map((test) => `${path} > ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`);
  });
}

function firstLine(message) {
  return (message ?? "").split("\n", 1)[0].slice(0, 300) || "no message";
}

/** The sum of counts. */
export function addUp(counts) {
  const sum = (field) => counts.reduce((total, count) => total + count[field], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

/** The last line, which people and programs read. */
export function lastLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
