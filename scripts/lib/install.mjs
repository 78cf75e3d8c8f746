// Installs packages only if node_modules differs from package-lock.json. npm records what it installed; comparing takes
// a millisecond and needs no network.
import { spawn } from "node:child_process";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { root, Trouble } from "./tools.mjs";

const read = (file) => JSON.parse(readFileSync(join(root, file), "utf8")).packages;

const ENDS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Whether each package of the lock file is installed in its version; packages for other platforms may be absent. */
export function isInstalled(locked, installed) {
  const same = (path) => installed[path]?.version === locked[path].version;
  const mayLack = (path) => installed[path] === undefined && (locked[path].optional || locked[path].peer);
  return (
    Object.keys(locked).every((path) => path === "" || same(path) || mayLack(path)) &&
    Object.keys(installed).every((path) => path in locked)
  );
}

/** Installs what the lock file names if it is missing. Hides npm's engines warning about the machine's Node. */
export async function install() {
  const record = "node_modules/.package-lock.json";
  if (existsSync(join(root, record)) && isInstalled(read("package-lock.json"), read(record))) return;
  // A link points to a shared installation, which is not replaced here.
  if (lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) return;

  const paths = Object.keys(read("package-lock.json")).filter((path) => path !== "");
  console.log("Installing what package-lock.json names: about 300 MB, once. It takes one to three minutes.");
  const args = ["ci", "--loglevel=error", "--no-audit", "--no-fund"];
  const npm = process.env.npm_execpath;
  const child = npm
    ? spawn(process.execPath, [npm, ...args], { cwd: root })
    : spawn("npm", args, { cwd: root, shell: process.platform === "win32" });
  const { code, output } = await watched(child, () => {
    const there = paths.filter((path) => existsSync(join(root, path))).length;
    return there === 0 ? "npm reads the lock file and fetches packages" : `${there} packages are in node_modules`;
  });
  if (code !== 0)
    throw new Trouble(
      `The installation failed: \`npm ${args.join(" ")}\`.\n${output}\n` +
        "Expected: every package of package-lock.json. Check the network or npm's registry setting, then run this again.",
    );
}

/** Waits for a long-running child; every few seconds prints its time and progress. Collects its output. */
export async function watched(child, progress, { everyMilliseconds = 10_000, print = console.log } = {}) {
  const began = performance.now();
  const elapsed = () => Math.round((performance.now() - began) / 1000);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const end = () => {
    child.kill("SIGKILL"); // npm ends slowly on SIGTERM, and the next start installs again anyway
    process.exit(1);
  };
  for (const signal of ENDS) process.on(signal, end); // it must not keep running alone
  const telling = setInterval(() => print(`  ${elapsed()} s: ${progress()} …`), everyMilliseconds);
  const code = await new Promise((resolve) => {
    child.once("error", (error) => {
      output += String(error);
      resolve(1);
    });
    child.once("close", (ended) => resolve(ended ?? 1));
  });
  clearInterval(telling);
  for (const signal of ENDS) process.off(signal, end);
  if (code === 0) print(`  Done in ${elapsed()} s.`);
  return { code, output };
}
