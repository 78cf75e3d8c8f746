// Counting test results: pure, so that a run that broke can never read as a run that passed.

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

/** The sum of counts. */
export function addUp(counts) {
  const sum = (field) => counts.reduce((total, count) => total + count[field], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

/** The line that people and machines read last. */
export function lastLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
