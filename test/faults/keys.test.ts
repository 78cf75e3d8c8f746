// The built Worker as a process over kept storage: what a stolen or restored copy of that storage opens without the keys
// that lie elsewhere, and a root key replaced under load.
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { makeSecrets, startWorker } from "../../scripts/lib/worker.mjs";

type Json = { [name: string]: any }; // oxlint-disable-line typescript/no-explicit-any -- answers, judged by the tests below
type Worker = Awaited<ReturnType<typeof startWorker>>;

const RECORDS = process.env["MASKLINE_SOAK"] === undefined ? 2_000 : 100_000;
const secrets = makeSecrets();
const newRoot = () => randomBytes(32).toString("base64");
const folder = mkdtempSync(join(tmpdir(), "maskline-keys-"));
const script = inject("workerScript");
const running: Worker[] = [];

afterAll(async () => {
  for (const worker of running) await worker.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function start(persist: string, over: Json = {}): Promise<Worker> {
  const worker = await startWorker({
    script,
    persist,
    port: undefined,
    bindings: { ...secrets, ...over },
  });
  running.push(worker);
  return worker;
}

async function call(base: string, credential: string, route: string, body?: unknown) {
  const [method = "", path = ""] = route.split(" ");
  const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json" };
  const response = await fetch(base + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }); // prettier-ignore
  const text = await response.text();
  return { status: response.status, body: (text === "" ? {} : JSON.parse(text)) as Json };
}

async function newTenant(base: string, jurisdiction = "eu") {
  const made = await call(base, secrets.ADMIN_TOKEN, "POST /admin/v1/tenants", { name: "T", jurisdiction, environment: "sandbox" }); // prettier-ignore
  const id = String(made.body["id"]);
  const open = { minute: 1_000_000, hour: 1_000_000, day: 1_000_000 };
  await call(base, secrets.ADMIN_TOKEN, `PATCH /admin/v1/tenants/${id}`, { policy: { limits: { recipient: open, block: open, key: open, tenant: open, country: { home: open, abroad: open } } } }); // prettier-ignore
  const key = await call(base, secrets.ADMIN_TOKEN, `POST /admin/v1/tenants/${id}/keys`, { name: "k", scopes: ["*"] });
  return { id, key: String(key.body["secret"]) };
}

/** Every byte below a folder, as one text for each file. */
function* filesIn(place: string): Generator<{ path: string; text: string }> {
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    const path = join(place, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else yield { path, text: readFileSync(path).toString("latin1") };
  }
}

describe("a copy of object storage and D1, restored where the key store has forgotten the tenant", () => {
  it("opens no number and no text, and the service says that the keys cannot be loaded", async () => {
    const persist = join(folder, "original");
    const first = await start(persist);
    const { key } = await newTenant(first.base);
    const sent = await call(first.base, key, "POST /v1/messages", { to: "+447700900731", purpose: "service", text: "Canary in the copy", reference: "Canary reference", schedule_at: new Date(Date.now() + 3_600_000).toISOString() }); // prettier-ignore
    expect(sent.status).toBe(202);
    const { token } = sent.body["to"];
    const reveal = (base: string) => call(base, key, `POST /v1/tokens/${token}/reveal`, { reason: "support" });
    expect((await reveal(first.base)).body["number"]).toBe("+447700900731");
    await first.stop();

    const copy = join(folder, "copy");
    for (const store of ["do", "d1"]) if (existsSync(join(persist, store))) cpSync(join(persist, store), join(copy, store), { recursive: true }); // prettier-ignore
    const files = [...filesIn(copy)];
    expect(files.some(({ text }) => text.includes(String(token)))).toBe(true);
    for (const { path, text } of files) expect(/Canary|7700900731/.test(text), path).toBe(false);

    const restored = await start(copy);
    const asked = [reveal(restored.base), call(restored.base, key, `GET /v1/messages/${sent.body["id"]}`), call(restored.base, key, "GET /v1/messages"), call(restored.base, key, "POST /v1/messages", { to: "+447700900731", purpose: "service", text: "x" })]; // prettier-ignore
    for (const { status, body } of await Promise.all(asked)) {
      expect([status, body["code"]]).toEqual([503, "keys_unavailable"]);
      expect(JSON.stringify(body)).not.toMatch(/Canary|900731/);
    }
    expect(restored.log()).not.toMatch(/Canary|900731/);
    await restored.stop();

    const whole = await start(persist);
    expect((await reveal(whole.base)).body["number"]).toBe("+447700900731");
    await whole.stop();
  });
});

describe("a root key", () => {
  it("is replaced under load without one failed read, and can then be forgotten", async () => {
    const persist = join(folder, "rewrap");
    const roots = { "1": JSON.parse(secrets.KEYRING)["1"] as string, "2": newRoot() };
    const one = await start(persist, { KEYRING: JSON.stringify({ "1": roots["1"] }) });
    const tenants = [await newTenant(one.base), await newTenant(one.base, "us"), await newTenant(one.base)];
    const gateway = await call(one.base, secrets.ADMIN_TOKEN, "POST /admin/v1/carriers", { name: "g", kind: "http", mode: "test", url: "http://127.0.0.1:65001/", secret: `whsec_${newRoot()}` }); // prettier-ignore
    expect(gateway.status).toBe(201);
    const records: Kept[] = [];
    const schedule_at = new Date(Date.now() + 86_400_000).toISOString();
    for (let n = 0; n < RECORDS; n += 500) {
      const { key } = tenants[(n / 500) % tenants.length]!;
      const messages = Array.from({ length: 500 }, (_, m) => ({ to: `+447700900${String((n + m) % 1_000).padStart(3, "0")}`, purpose: "service", text: "Hello", reference: `r${n + m}`, schedule_at })); // prettier-ignore
      const { body } = await call(one.base, key, "POST /v1/messages/batch", { messages });
      for (const { message } of body["data"] as Json[])
        records.push({ key, message: message.id, token: message.to.token });
    }
    expect(records).toHaveLength(RECORDS);
    const uses = async (base: string) => (await call(base, secrets.ADMIN_TOKEN, "GET /admin/v1/keys")).body["data"];
    expect(await uses(one.base)).toEqual([{ version: 1, uses: 4 }]);
    await one.stop();

    const both = await start(persist, { KEYRING: JSON.stringify(roots) });
    expect(await uses(both.base)).toEqual([{ version: 1, uses: 4 }, { version: 2, uses: 0 }]); // prettier-ignore
    const load = underLoad(both.base, records);
    const report = await call(both.base, secrets.ADMIN_TOKEN, "POST /admin/v1/keys/rewrap");
    const { reads, failed } = await load.stop();
    expect(report).toEqual({ status: 200, body: { rewrapped: 4, remaining: 0 } });
    expect(reads).toBeGreaterThan(20);
    expect(failed).toEqual([]);
    expect(await uses(both.base)).toEqual([{ version: 1, uses: 0 }, { version: 2, uses: 4 }]); // prettier-ignore
    await both.stop();

    const last = await start(persist, { KEYRING: JSON.stringify({ "2": roots["2"] }) });
    expect(await uses(last.base)).toEqual([{ version: 2, uses: 4 }]);
    for (const record of records.filter((_, at) => at % Math.ceil(RECORDS / 300) === 0)) expect(await readBoth(last.base, record)).toBeNull(); // prettier-ignore
    const sent = await call(last.base, tenants[0]!.key, "POST /v1/messages", { to: "+447700900001", purpose: "service", text: "Hello" }); // prettier-ignore
    expect(sent.status).toBe(202);
    await last.stop();
  });

  it("that is missing is still counted under what it closes, so that a rewrap never calls it unused", async () => {
    const persist = join(folder, "missing");
    const roots = { "1": JSON.parse(secrets.KEYRING)["1"] as string, "2": newRoot() };
    const one = await start(persist, { KEYRING: JSON.stringify({ "1": roots["1"] }) });
    const { key } = await newTenant(one.base);
    await one.stop();
    const without = await start(persist, { KEYRING: JSON.stringify({ "2": roots["2"] }) });
    expect((await call(without.base, key, "GET /v1/messages")).body["code"]).toBe("keys_unavailable");
    const report = await call(without.base, secrets.ADMIN_TOKEN, "POST /admin/v1/keys/rewrap");
    expect(report.body).toEqual({ rewrapped: 0, remaining: 1 });
    await without.stop();
    const again = await start(persist, { KEYRING: JSON.stringify(roots) });
    expect((await call(again.base, key, "GET /v1/messages")).status).toBe(200);
    await again.stop();
  });
});

type Kept = { key: string; message: string; token: string };

/** The message with its reference and the number behind its token; what went wrong, or null. */
async function readBoth(base: string, { key, message, token }: Kept): Promise<string | null> {
  const read = await call(base, key, `GET /v1/messages/${message}`);
  if (read.status !== 200 || !/^r\d+$/.test(String(read.body["reference"]))) return `message: ${read.status}`;
  const revealed = await call(base, key, `POST /v1/tokens/${token}/reveal`, { reason: "support" });
  return /^\+447700900\d{3}$/.test(String(revealed.body["number"])) ? null : `reveal: ${revealed.status}`;
}

function underLoad(base: string, records: Kept[]) {
  let stopped = false;
  let reads = 0;
  const failed: string[] = [];
  const reader = async (lane: number) => {
    for (let at = lane; !stopped || reads < 50; at += 4) {
      const wrong = await readBoth(base, records[(at * 37) % records.length]!);
      reads += 1;
      if (wrong !== null) failed.push(wrong);
    }
  };
  const lanes = Promise.all([0, 1, 2, 3].map(reader));
  return {
    stop: async () => {
      stopped = true;
      await lanes;
      return { reads, failed };
    },
  };
}
