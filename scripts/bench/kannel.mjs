// Kannel as a peer: bearerbox and smsbox of the Debian package, its generic HTTP carrier posting to the same loopback
// carrier, its sendsms interface loaded by the same generator. Configuration and store are in .dev; nothing else is
// changed.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dev, Trouble } from "../lib/tools.mjs";
import { freePort } from "../lib/worker.mjs";
import { pause, until } from "./runs.mjs";

const folder = join(dev, "bench/kannel");
const readyMillisecondsMax = 20_000;

/** Starts both boxes and waits until a text can be sent; throws what to install if they are missing. */
export async function startKannel(carrierPort) {
  if (spawnSync("bearerbox", ["--version"]).error !== undefined)
    throw new Trouble(
      "Kannel is not installed. On Debian: `apt-get install kannel`, as root; then ask for --peers again.",
    );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const ports = { admin: await freePort(), box: await freePort(), send: await freePort() };
  const password = randomBytes(12).toString("hex");
  const file = join(folder, "kannel.conf");
  writeFileSync(file, configuration(ports, password, carrierPort), { mode: 0o600 });
  const boxes = [start("bearerbox", file)];
  const stop = () => stopAll(boxes);
  try {
    await reachable(`http://127.0.0.1:${ports.admin}/status.txt?password=${password}`, "bearerbox");
    boxes.unshift(start("smsbox", file));
    await reachable(`http://127.0.0.1:${ports.send}/`, "smsbox");
    await pause(1_000); // the box registers with its bearer
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `http://127.0.0.1:${ports.send}/cgi-bin/sendsms`;
  const query = { username: "bench", password };
  return { pid: boxes[0].pid, single: { url, headers: {}, kind: "gateway", query }, stop };
}

function start(name, file) {
  const child = spawn(name, ["-v", "4", file], { stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(join(folder, `${name}.log`));
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  return child;
}

async function reachable(url, name) {
  const answers = () =>
    fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
      () => true,
      () => false,
    );
  if (!(await until(answers, readyMillisecondsMax)))
    throw new Trouble(`Kannel's ${name} did not start. Read .dev/bench/kannel/${name}.log.`);
}

/** Sends SIGTERM first; kills a box that does not end. */
async function stopAll(boxes) {
  for (const box of boxes) {
    if (box.exitCode !== null || box.signalCode !== null) continue;
    const ended = new Promise((resolve) => box.once("exit", resolve));
    box.kill("SIGTERM");
    const late = setTimeout(() => box.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(late);
  }
}

function configuration(ports, password, carrierPort) {
  return `
group = core
admin-port = ${ports.admin}
admin-interface = "127.0.0.1"
admin-password = ${password}
smsbox-port = ${ports.box}
smsbox-interface = "127.0.0.1"
box-allow-ip = "127.0.0.1"
box-deny-ip = "*.*.*.*"
store-type = file
store-location = "${join(folder, "kannel.store")}"
log-level = 4

group = smsc
smsc = http
smsc-id = loopback
system-type = generic
send-url = "http://127.0.0.1:${carrierPort}/gateway?id=%I&to=%p&text=%a"
status-success-regex = "^0:"
port = ${ports.box + 1 > 65_535 ? ports.box - 1 : ports.box + 1}
connect-allow-ip = "127.0.0.1"
max-pending-submits = 10

group = smsbox
bearerbox-host = "127.0.0.1"
bearerbox-port = ${ports.box}
sendsms-port = ${ports.send}
sendsms-interface = "127.0.0.1"
log-level = 4

group = sendsms-user
username = bench
password = ${password}
max-messages = 10
concatenation = true
default-sender = 447700900000
`.trimStart();
}
