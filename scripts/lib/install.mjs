// The installation: done when node_modules is not what package-lock.json asks for, and only then.
// npm leaves a record of what it installed; comparing it costs a millisecond and needs no network.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, Trouble } from "./tools.mjs";

const read = (file) => JSON.parse(readFileSync(join(root, file), "utf8")).packages;

/** True when each package of the lock file is installed in its version; those for other platforms may be absent. */
export function isInstalled(locked, installed) {
  const same = (path) => installed[path]?.version === locked[path].version;
  const mayLack = (path) => installed[path] === undefined && (locked[path].optional || locked[path].peer);
  return (
    Object.keys(locked).every((path) => path === "" || same(path) || mayLack(path)) &&
    Object.keys(installed).every((path) => path in locked)
  );
}

/** Installs what the lock file names when it is not there. The engines warning of an old host Node stays unseen. */
export function install() {
  const record = "node_modules/.package-lock.json";
  if (existsSync(join(root, record)) && isInstalled(read("package-lock.json"), read(record))) return;
  // A link leads to an installation that others share; replacing it is theirs to decide.
  if (lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) return;

  console.log("Installing what package-lock.json names (once; it takes up to a minute) …");
  const args = ["ci", "--loglevel=error", "--no-audit", "--no-fund"];
  const npm = process.env.npm_execpath;
  const done = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, encoding: "utf8" })
    : spawnSync("npm", args, { cwd: root, encoding: "utf8", shell: process.platform === "win32" });
  if (done.status !== 0)
    throw new Trouble(
      `The installation failed: \`npm ${args.join(" ")}\`.\n${done.stdout ?? ""}${done.stderr ?? done.error ?? ""}\n` +
        "Expected: every package of package-lock.json. Check the network or npm's registry setting, then run this again.",
    );
}
