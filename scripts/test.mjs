// `npm test`: set-up, then every kind of check in order; the last line is the count. `.ci/run` runs exactly this.
// `npm test -- node lint` runs only these parts; `--soak` runs the fault tests and those in workerd at full size.
import "./lib/node-version.mjs";
import { mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { ensureChromium } from "./lib/chromium.mjs";
import { dev, quiet, root, script, start, Trouble } from "./lib/tools.mjs";
import { addUp, countOf, failuresOf, lastLine } from "./lib/counts.mjs";
import { setup } from "./setup.mjs";

const soak = process.argv.includes("--soak");
const reports = join(dev, "reports");

/**
 * In a whole run these go on in parallel to the other parts, one after the other, because they mostly wait; their output
 * is printed at the end. The other parts run with lower priority, because the fault tests wait for bounds in time.
 */
const beside = ["faults", "browser"];
const STAND_BACK = 10;
let besides = null;

/** In this order: the fastest to fail come first. */
const parts = {
  types: () => tool("tsc", ["--noEmit"]),
  lint: () => tool("oxlint", ["--type-aware", "--deny-warnings"]),
  format: () => tool("prettier", ["--check", "--log-level", "warn", "."]),
  node: () => tests("node"),
  workers: () => tests("workers"),
  faults: (log) => tests("faults", log),
  browser: (log) => {
    ensureChromium();
    return tests("browser", log);
  },
};

await script(async () => {
  const asked = soak ? ["faults", "workers"] : process.argv.slice(2);
  const unknown = asked.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new Trouble(`No such part: ${unknown.join(", ")}. There are: ${Object.keys(parts).join(", ")}.`);
  await setup();
  mkdirSync(reports, { recursive: true });

  const whole = asked.length === 0;
  const summary = [];
  for (const name of whole ? Object.keys(parts).filter((each) => !beside.includes(each)) : asked) {
    if (whole && name === "node") besides = runBeside();
    summary.push(await timed(name, parts[name]));
  }
  if (besides !== null) {
    summary.push(...(await besides));
    for (const name of beside) console.log(readFileSync(join(reports, `${name}.log`), "utf8"));
  }

  console.log("\n── summary");
  for (const { name, count, seconds } of summary)
    console.log(`${name.padEnd(8)} ${lastLine(count)}  (${seconds.toFixed(1)} s)`);
  // Repeated at the end, so that the end of a long log says what failed.
  for (const { name, failures } of summary) for (const line of failures) console.log(`failed in ${name}: ${line}`);
  const total = addUp(summary.map(({ count }) => count));
  process.exitCode = total.failed > 0 ? 1 : 0;
  console.log(lastLine(total));
});

async function runBeside() {
  const summary = [];
  for (const name of beside) summary.push(await timed(name, parts[name], join(reports, `${name}.log`)));
  return summary;
}

async function timed(name, run, log = null) {
  console.log(`\n── ${name}`);
  const began = performance.now();
  const { failures = [], ...count } = await run(log);
  return { name, count, failures, seconds: (performance.now() - began) / 1000 };
}

/** Runs a tool, which counts as one test. */
async function tool(name, args) {
  const passed = (await ended(start(name, args, { stdio: "inherit" }))) === 0;
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/** One project of test/vitest.config.ts, counted from its own report. */
async function tests(project, log = null) {
  const report = join(reports, `${project}.json`);
  rmSync(report, { force: true });
  const args = ["run", "--config", "test/vitest.config.ts", "--project", project, "--passWithNoTests"];
  args.push("--reporter=default", "--reporter=json", `--outputFile.json=${report}`);
  const env = soak ? { ...quiet, MASKLINE_SOAK: "1" } : quiet;
  const out = log === null ? "inherit" : openSync(log, "w");
  const child = start("vitest", args, { stdio: ["inherit", out, out], env });
  if (besides !== null && log === null && child.pid !== undefined) setPriority(child.pid, STAND_BACK);
  const code = await ended(child);
  const result = read(report);
  return { ...countOf(code, result), failures: failuresOf(result, root) };
}

function read(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return undefined; // vitest ended before it could write one
  }
}

function ended(child) {
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)).once("error", () => resolve(1)));
}
