// What somebody meets who starts the service: one start per folder, a port that is taken, a Node that is too old, and a set-up that
// says what it does. The service that is booted here is the real one, on data of its own.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { liveQuickstart } from "../../scripts/lib/client.mjs";
import { bootDevServer, lastError } from "../../scripts/lib/dev-server.mjs";
import { watched } from "../../scripts/lib/install.mjs";
import { takeLock } from "../../scripts/lib/lock.mjs";
import { tooOld } from "../../scripts/lib/node-version.mjs";
import { dev, ownNode } from "../../scripts/lib/tools.mjs";

const folder = mkdtempSync(join(tmpdir(), "maskline-start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lockModule = new URL("../../scripts/lib/lock.mjs", import.meta.url).href;
let locks = 0;
const newLock = () => join(folder, `lock-${(locks += 1)}`);

/** A process that takes the lock, says whether it has it, and holds it. */
async function holder(file: string) {
  const script = `import { takeLock } from ${JSON.stringify(lockModule)};
    const lock = await takeLock(${JSON.stringify(file)});
    console.log(lock.holder === undefined ? "has it" : "refused");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = await new Promise<string>((resolve) =>
    child.stdout.once("data", (text) => resolve(String(text).trim())),
  );
  const kill = () =>
    new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGKILL");
    });
  return { said, pid: child.pid, kill };
}

describe("one start per folder", () => {
  it("a second start is refused while the first one runs, and told which process has the folder", async () => {
    const file = newLock();
    const first = await holder(file);
    expect(first.said).toBe("has it");
    expect(await takeLock(file)).toEqual({ holder: first.pid });
    await first.kill();
  });

  it("a start that was killed keeps nobody out", async () => {
    const file = newLock();
    await (await holder(file)).kill();
    const next = await takeLock(file);
    expect(next.holder).toBeUndefined();
    next.release?.();
  });

  it("of many that find the same stale lock at once, one has it", async () => {
    const file = newLock();
    await (await holder(file)).kill();
    const all = await Promise.all(Array.from({ length: 6 }, () => holder(file)));
    expect(all.filter(({ said }) => said === "has it")).toHaveLength(1);
    await Promise.all(all.map(({ kill }) => kill()));
  });

  it("a lock whose process number belongs to another program by now is taken over", async () => {
    const file = newLock();
    writeFileSync(file, JSON.stringify({ pid: process.ppid, start: "long ago" }));
    expect(await takeLock(file)).toEqual({ holder: process.ppid });
    utimesSync(file, new Date(0), new Date(0));
    const lock = await takeLock(file);
    expect(lock.holder).toBeUndefined();
    lock.release?.();
  });

  it("a broken lock keeps nobody out, and a release takes away no lock but its own", async () => {
    const file = newLock();
    writeFileSync(file, "");
    const lock = await takeLock(file);
    expect(lock.holder).toBeUndefined();
    writeFileSync(file, "another's");
    lock.release?.();
    expect(readFileSync(file, "utf8")).toBe("another's");
  });

  it("`npm start` is refused in one sentence while the folder is taken", async () => {
    const lock = await takeLock(join(dev, "start.lock"));
    const second = spawnSync(process.execPath, ["scripts/start.mjs", "--once"], { encoding: "utf8" });
    lock.release?.();
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(/already runs in this folder \(process \d+\)/);
    expect(second.stdout + second.stderr).not.toMatch(/Starting|\n {4}at /);
  });
});

const isService = (value: unknown): value is { stop: () => Promise<void> } =>
  typeof value === "object" && value !== null && "stop" in value;

describe("ports", () => {
  /** Another program on a port, which even answers like a Maskline. */
  async function occupied(): Promise<{ port: number; server: Server }> {
    const server = createServer((_, response) => response.end('{"status":"ok"}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return { port: address.port, server };
  }

  it(
    "a port that was taken between the check and the bind is left for the next one",
    { timeout: 120_000 },
    async () => {
      const { port, server } = await occupied();
      const log = join(folder, "taken.log");
      const options = { ports: [port], state: join(folder, "state"), log, seemsFree: async () => true };
      const service = await bootDevServer(options);
      try {
        expect(service?.base).not.toBe(`http://127.0.0.1:${port}`);
        expect((await fetch(`${service?.base}/errors/not_found`)).status).toBe(200);
      } finally {
        await service?.stop();
        server.close();
      }
    },
  );

  it("when every port is taken, the last line of the real error is told", { timeout: 120_000 }, async () => {
    const { port, server } = await occupied();
    const options = { ports: [port], state: join(folder, "state"), log: join(folder, "all.log"), triesMax: 1 };
    const booted = await bootDevServer({ ...options, seemsFree: async () => true }).catch((error: unknown) => error);
    if (isService(booted)) await booted.stop();
    expect(String(booted)).toContain(`It last said: Address already in use (127.0.0.1:${port})`);
    server.close();
  });

  it("the last line that names an error is found among others, without its colours", () => {
    const text =
      'ready\n\u001b[31m✘ [ERROR] Could not resolve "hono"\u001b[0m\n\n  src/a.ts:1\nLogs were written to x\n';
    expect(lastError(text)).toBe('Could not resolve "hono"');
    expect(lastError("just this\n")).toBe("just this");
    expect(lastError("")).toBe("the log is empty");
  });

  it("a start that is asked to end while it boots leaves nothing running", { timeout: 60_000 }, async () => {
    const log = join(folder, "ended.log");
    const service = await bootDevServer({ state: join(folder, "state"), log, until: Promise.resolve("stopped") });
    expect(service).toBeNull();
  });
});

describe("what is told", () => {
  it("an old Node is told in one line what is needed, before anything else is loaded", () => {
    expect(tooOld("18.20.4")).toMatch(/^Maskline needs Node 20 or later; this is Node 18\.20\.4\. [^\n]+$/);
    expect([tooOld("20.0.0"), tooOld("26.10.0")]).toEqual([null, null]);
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    const entries = Object.values(scripts).flatMap((line) => /^node (scripts\/[\w-]+\.mjs)/.exec(line)?.[1] ?? []);
    expect(entries.length).toBeGreaterThan(5);
    for (const entry of [...entries, "scripts/setup.mjs"])
      expect([entry, /^import .*$/m.exec(readFileSync(entry, "utf8"))?.[0]]).toEqual([
        entry,
        'import "./lib/node-version.mjs";',
      ]);
  });

  it("a set-up that takes long says how long and what is done, and keeps what its tool said", async () => {
    const lines: string[] = [];
    const child = spawn(ownNode, ["-e", "console.error('a warning'); setTimeout(() => process.exit(3), 400)"], {});
    const options = { everyMilliseconds: 100, print: (line: string) => void lines.push(line) };
    expect(await watched(child, () => "12 packages are in node_modules", options)).toEqual({
      code: 3,
      output: "a warning\n",
    });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines[0]).toMatch(/^ {2}\d+ s: 12 packages are in node_modules …$/);
  });

  it("a set-up that is ended takes its tool along", { timeout: 20_000 }, async () => {
    const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);";
    const module = new URL("../../scripts/lib/install.mjs", import.meta.url).href;
    const script = `import { spawn } from "node:child_process";
      import { watched } from ${JSON.stringify(module)};
      const child = spawn(process.execPath, ["-e", ${JSON.stringify(stubborn)}]);
      const done = watched(child, () => "");
      console.log(child.pid);
      await done;`;
    const setUp = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const tool = Number(
      await new Promise<string>((resolve) => setUp.stdout.once("data", (text) => resolve(String(text)))),
    );
    const ended = new Promise((resolve) => setUp.once("exit", resolve));
    setUp.kill("SIGTERM");
    await ended;
    const isThere = () => {
      try {
        return process.kill(tool, 0);
      } catch {
        return false;
      }
    };
    while (isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it("the facts of a start that has ended are told apart from a running service", async () => {
    const facts = { base_url: "http://127.0.0.1:9", api_key: "mk_test_x" };
    await expect(liveQuickstart(facts)).rejects.toThrow(/a start that has ended: nothing answers at/);
  });
});
