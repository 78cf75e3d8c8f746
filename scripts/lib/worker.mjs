// The built Worker as a process, for fault tests and the bench: built once, started with persistent storage, killed,
// started again. Listens on the loopback address only.
import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { localSwitches } from "./secrets.mjs";

const root = join(import.meta.dirname, "../..");
const bootMillisecondsMax = 60_000;
const LAST_WORDS_MS = 1_000;

/**
 * Builds a Worker as for production and answers the path of its one module. Replaced atomically, because two test runs
 * may build at once while another starts from the previous build.
 */
export function buildWorker(outdir = join(root, ".dev/built"), config = join(root, "wrangler.toml")) {
  const fresh = `${outdir}.${process.pid}`;
  mkdirSync(outdir, { recursive: true });
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  const built = spawnSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", fresh, "--config", config], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" },
  });
  if (built.status !== 0) throw new Error(`the Worker does not build:\n${built.stdout}\n${built.stderr}`);
  rmSync(join(outdir, "options.json"), { force: true }); // made again by the first process that starts from here
  for (const name of readdirSync(fresh)) renameSync(join(fresh, name), join(outdir, name));
  rmSync(fresh, { recursive: true });
  return join(outdir, "index.js");
}

/** Secrets and settings for one run. */
export function makeSecrets() {
  const { privateKey } = generateKeyPairSync("ed25519");
  return {
    ...localSwitches,
    KEYRING: JSON.stringify({ 1: randomBytes(32).toString("base64") }),
    DOOR_KEY: randomBytes(32).toString("base64"),
    ADMIN_TOKEN: `mka_${randomBytes(32).toString("base64url")}`,
    AUDIT_KEY: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"),
  };
}

/** A free local port. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts the Worker and answers when it is ready. `persist` is a folder or null; `bindings` are its secrets and variables;
 * `assets` serves its static files too; `certificates` are client certificates by the name of their binding, each with the one
 * server certificate it trusts.
 * `kill()` ends the process and its runtime at once, like a power cut; `stop()` ends it with SIGTERM first; `log()` is its output
 * so far; `scheduled(cron)` fires a cron event and waits for it; `enqueue(binding, bodies)` puts bodies on a queue;
 * `queued()`, if it was started with `tap`, is every message body that the broker has delivered so far, as text.
 *
 * @param {{script: string, persist?: string | null, port?: number | undefined, bindings: Record<string, string>, assets?: boolean,
 *   config?: string, migrations?: string | null, tap?: boolean,
 *   certificates?: Record<string, {key: string, cert: string, trusted: string}>}} options
 */
export async function startWorker({
  script,
  persist = null,
  port = 0,
  bindings,
  assets = false,
  config = join(root, "wrangler.toml"),
  migrations = join(root, "migrations"),
  tap = false,
  certificates = {},
}) {
  const listen = port || (await freePort());
  const argument = JSON.stringify({
    config,
    script,
    persist,
    assets,
    port: listen,
    bindings: { PUBLIC_URL: `http://127.0.0.1:${listen}`, ...bindings },
    migrations,
    tap,
    certificates,
  });
  const child = spawn(process.execPath, [join(import.meta.dirname, "worker-process.mjs"), argument], {
    cwd: root,
    detached: true, // a process group of its own, so that its workerd ends with it
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" },
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const queued = [];
  child.on("message", (message) => void (message.queued !== undefined && queued.push(message.queued)));
  // Output may arrive after the exit, but a process left running may hold the pipes open.
  const ended = new Promise((resolve) => {
    child.once("close", resolve);
    child.once("exit", (code, signal) => {
      log += `\nIt ended with ${signal ?? code}.`;
      setTimeout(resolve, LAST_WORDS_MS);
    });
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the Worker process did not start");
  const kill = async (signal = "SIGKILL") => {
    try {
      process.kill(-pid, signal);
    } catch {
      // the group has ended already
    }
    await ended;
  };
  const base = await ready(child, ended, kill, () => log);
  let calls = 0;
  const ask = (question) => {
    const id = ++calls;
    return new Promise((resolve) => {
      child.on("message", function done(message) {
        if (message.done !== id) return;
        child.off("message", done);
        resolve();
      });
      child.send({ ...question, id });
    });
  };
  return {
    base,
    port: listen,
    pid,
    kill,
    stop: () => kill("SIGTERM"),
    log: () => log,
    queued: () => queued,
    scheduled: (cron) => ask({ scheduled: cron }),
    enqueue: (binding, bodies) => ask({ enqueue: binding, bodies }),
  };
}

function ready(child, ended, kill, log) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the Worker was not ready within ${bootMillisecondsMax} ms:\n${log()}`)); // before the exit handler rejects with a less useful message
      void kill();
    }, bootMillisecondsMax);
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      const line = text.split("\n").find((each) => each.startsWith('{"ready"'));
      if (line === undefined) return;
      clearTimeout(timer);
      resolve(JSON.parse(line).ready);
    });
    void ended.then(() => {
      clearTimeout(timer);
      reject(new Error(`the Worker ended while starting:\n${log()}`));
    });
  });
}
