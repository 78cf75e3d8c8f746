// Runs `wrangler dev` as a child: on a free port, with its log in a file; its whole process group ends with this
// process.
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { stateFolder } from "./migrate.mjs";
import { localSwitches } from "./secrets.mjs";
import { dev, start, Trouble } from "./tools.mjs";

const preferredPort = 8787;
const bootSecondsMax = 90;
const stopMillisecondsMax = 5_000;

export const logFile = join(dev, "start.log");

/**
 * Boots the Worker on a free port and answers `{base, ended, stop}` when `GET /healthz` says 200. If another program
 * took the port meanwhile, tries the next one, up to `triesMax`. `ports` are tried first; `state` is the data's folder.
 * Answers null, with nothing left running, when `until` resolves first.
 */
export async function bootDevServer({
  ports = [preferredPort],
  state = stateFolder,
  log = logFile,
  until = new Promise(() => {}),
  seemsFree = isFree,
  triesMax = 5,
} = {}) {
  for (let tries = 1; ; tries += 1) {
    const named = ports[tries - 1];
    const port = named !== undefined && (await seemsFree(named)) ? named : await freePort();
    try {
      return await bootAt(port, { state, log, until });
    } catch (error) {
      if (tries === triesMax || !/address already in use|EADDRINUSE/i.test(readLog(log))) throw error;
    }
  }
}

/** One `wrangler dev` at one port. */
async function bootAt(port, { state, log: logAt, until }) {
  const args = ["dev", "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", String(await freePort())];
  args.push("--persist-to", state, "--show-interactive-dev-session=false");
  const vars = { ...localSwitches, PUBLIC_URL: `http://127.0.0.1:${port}` };
  args.push("--var", ...Object.entries(vars).map(([name, value]) => `${name}:${value}`));

  // Output goes to a file, for reading after a failure.
  const log = openSync(logAt, "w", 0o600);
  // In a process group of its own, because wrangler does not always end its workerd.
  const child = start("wrangler", args, { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const base = `http://127.0.0.1:${port}`;
  const stop = () => stopGroup(child.pid, ended);

  try {
    const up = healthy(base, { ended, log: logAt, bound: () => readLog(logAt).includes(`Ready on ${base}`) });
    if ((await Promise.race([up, until])) !== undefined) {
      up.catch(() => undefined); // fails because it is ended here
      await stop();
      return null;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { base, ended, stop, group: child.pid };
}

function readLog(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The last line of a log with an error, or else its last line; without colours, at most 300 characters. */
export function lastError(text) {
  const lines = stripVTControlCharacters(text)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.includes("Logs were written to"));
  const named = lines.findLast((line) => /\berror\b/i.test(line));
  return (named ?? lines.at(-1) ?? "the log is empty").replace(/^✘ \[ERROR\] /, "").slice(0, 300);
}

/**
 * Waits until the service answers that it serves. `bound` says whether it is this one, because another program on the
 * port, even another folder's Maskline, may answer 200 too.
 */
export async function healthy(base, { ended = new Promise(() => {}), log = logFile, bound = () => true } = {}) {
  let gone = false;
  void ended.then(() => (gone = true));
  const until = Date.now() + bootSecondsMax * 1000;
  let last = "no answer";
  while (!gone && Date.now() < until) {
    try {
      const answer = await fetch(`${base}/healthz`, { signal: AbortSignal.timeout(2_000) });
      if (answer.status === 200 && bound()) return;
      last = answer.status === 200 ? "200 from another service" : `${answer.status} ${await answer.text()}`;
    } catch {
      last = "no answer";
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  throw new Trouble(
    `The service did not come up at ${base}.\n` +
      `Expected: GET /healthz answers 200 within ${bootSecondsMax} s. Got: ${gone ? "the process ended" : last}.\n` +
      `It last said: ${lastError(readLog(log))}\n` +
      `What to do: read ${log}; after a failed build, correct it and start again.`,
  );
}

/** Ends every process of a group, with SIGTERM first. */
async function stopGroup(group, ended) {
  const signal = (name) => {
    try {
      process.kill(process.platform === "win32" ? group : -group, name);
      return true;
    } catch {
      return false; // no process is left
    }
  };
  if (!signal("SIGTERM")) return;
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  await Promise.race([ended, pause(stopMillisecondsMax)]);
  await pause(100);
  signal("SIGKILL");
}

/** Whether the local port is free. */
function isFree(port) {
  return listen(port).then(
    () => true,
    () => false,
  );
}

/** A free local port. */
function freePort() {
  return listen(0);
}

function listen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const { port: chosen } = server.address();
      server.close(() => resolve(chosen));
    });
  });
}
