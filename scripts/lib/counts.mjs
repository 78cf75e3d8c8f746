// Counting test results: pure, so that a run that broke can never read as a run that passed.
import { relative } from "node:path";

/** What one vitest run adds to the total, from its exit code and its JSON report (absent when it crashed). */
export function countOf(code, report) {
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  // A file that cannot be loaded has no test to fail, so it counts as one itself.
  const broken = (report?.testResults ?? []).filter((file) => file.status === "failed" && noneFailed(file)).length;
  const failed = (report?.numFailedTests ?? 0) + broken;
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
}

function noneFailed(file) {
  return file.assertionResults.every((test) => test.status !== "failed");
}

/** What failed in one vitest run, a line each: the file, the test and the first line of what it said, cut at 300 signs. */
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

/** The line that people and machines read last. */
export function lastLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
