// One service per folder: two on one state would spoil each other's data. The lock is a file that names its holder and
// whose time the holder renews; a holder that was killed leaves a file that the next start recognises and takes over.
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const RENEW_MILLISECONDS = 1_000;
/** A holder silent for so long is gone and its process number another program's. Two migrations, which renew nothing, are shorter. */
const SILENT_MILLISECONDS = 120_000;
const TRIES_MAX = 10;

/**
 * Takes the lock: `{release}`, or `{holder}`, the process number of who has it. A process that sleeps with its laptop and
 * wakes renews within a second, so a silent holder is looked at twice.
 */
export async function takeLock(file, { silentMilliseconds = SILENT_MILLISECONDS } = {}) {
  const own = JSON.stringify({ pid: process.pid, start: randomUUID() });
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    if (create(file, own)) return { release: keep(file, own) };
    const text = read(file);
    if (text === null) continue; // released in this moment
    const { pid } = parse(text);
    if (isAlive(pid)) {
      if (!isSilent(file, silentMilliseconds)) return { holder: pid };
      await pause(RENEW_MILLISECONDS * 2);
      if (!isSilent(file, silentMilliseconds)) return { holder: pid };
    }
    removeStale(file, text);
  }
  return { holder: parse(read(file) ?? "").pid };
}

/** True when the file was not there and now is ours. */
function create(file, text) {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** Renews the file's time until it is released; the release leaves a lock alone that is no longer ours. */
function keep(file, own) {
  const renewal = setInterval(() => {
    if (read(file) === own) utimesSync(file, new Date(), new Date());
  }, RENEW_MILLISECONDS);
  renewal.unref();
  const release = () => {
    clearInterval(renewal);
    if (read(file) === own) rmSync(file, { force: true });
  };
  process.once("exit", release);
  return release;
}

/** Moves the stale file away. Another start may have replaced it in between: then theirs is put back. */
function removeStale(file, stale) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another start was quicker
  }
  if (read(aside) !== stale) {
    try {
      linkSync(aside, file);
    } catch {
      // a third start holds it by now
    }
  }
  rmSync(aside, { force: true });
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** An empty or broken file is that of a start which died while writing it. */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { pid: 0 };
  }
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function isSilent(file, milliseconds) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined || Date.now() - stat.mtimeMs > milliseconds;
}
