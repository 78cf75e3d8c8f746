// Runs other programs for the scripts: with the project's own Node, without output, from the root of the project. The
// machine's Node may be too old for wrangler, so a tool is never run through its shebang.
import { spawn, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const dev = join(root, ".dev");

/** The Node that the lock file pins; exists only after the installation. */
export const ownNode = join(root, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");

/** The environment of every tool: no telemetry, no network look-ups, nothing written outside the project. */
export const quiet = {
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`,
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_LOG_PATH: join(dev, "wrangler-logs"),
  WRANGLER_REGISTRY_PATH: join(dev, "registry"),
  NODE_NO_WARNINGS: "1",
};

/** The JavaScript file of each command, so that it runs without a shell or shebang in between. */
const tools = {
  oxlint: "oxlint/bin/oxlint",
  prettier: "prettier/bin/prettier.cjs",
  tsc: "typescript/bin/tsc",
  vitest: "vitest/vitest.mjs",
  wrangler: "wrangler/bin/wrangler.js",
};

const toolFile = (name) => join(root, "node_modules", tools[name]);

/** Starts a tool and returns its process. */
export function start(name, args, options = {}) {
  return spawn(ownNode, [toolFile(name), ...args], { cwd: root, env: quiet, ...options });
}

/** Runs a tool to its end: `{code, output}`, nothing shown. `input` goes to its stdin, never to its arguments. */
export function run(name, args, { input, env } = {}) {
  const done = spawnSync(ownNode, [toolFile(name), ...args], {
    cwd: root,
    env: { ...quiet, ...env },
    input: input ?? "",
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: done.status ?? 1, output: `${done.stdout ?? ""}${done.stderr ?? ""}`, stdout: done.stdout ?? "" };
}

/** Restarts the script in the project's own Node if this is another one. Call it after the installation. */
export function reexec() {
  if (realpathSync(process.execPath) === realpathSync(ownNode)) return;
  const { status } = spawnSync(ownNode, process.argv.slice(1), { stdio: "inherit", env: quiet });
  process.exit(status ?? 1);
}

/** A failure that a person can act on: what was done, what was expected, what to do. Printed without a stack. */
export class Trouble extends Error {}

/** Runs a script's main function; prints a `Trouble` without its stack, and ends with code 1 on every failure. */
export async function script(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Trouble ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
  process.exit();
}
