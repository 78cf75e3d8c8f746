// One service per folder, because two would corrupt the shared state. The lock is a file with its holder's process
// number, whose time the holder renews. The next start takes over the file of a holder that was killed.
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const RENEW_MILLISECONDS = 1_000;
/**
 * A holder that has not renewed for this long is gone, even if its process number is in use again. Longer than two
 * migrations, which renew nothing.
 */
const SILENT_MILLISECONDS = 120_000;
const TRIES_MAX = 10;

/**
 * Takes the lock: `{release}`, or `{holder}` with the holder's process number. A silent holder is checked twice,
 * because a process that wakes from a suspended machine renews within a second.
 */
export async function takeLock(file, { silentMilliseconds = SILENT_MILLISECONDS } = {}) {
  const own = JSON.stringify({ pid: process.pid, start: randomUUID() });
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    if (create(file, own)) return { release: keep(file, own) };
    const text = read(file);
    if (text === null) continue; // released meanwhile
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

/** Creates the file; false if it exists. */
function create(file, text) {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** Renews the file's time until it is released; the release removes only our own lock. */
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

/** Moves the stale file away. If another start has replaced it meanwhile, restores theirs. */
function removeStale(file, stale) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another start was faster
  }
  if (read(aside) !== stale) {
    try {
      linkSync(aside, file);
    } catch {
      // a third start has taken it
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

/** Parses the file. An empty or broken one is from a start that died while writing it. */
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
