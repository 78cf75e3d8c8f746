// The audit of a running service, as an auditor checks it (T48): exported over the wire, read by the command line, offline.
// Then the file is tampered with, the storage under the service is, and the service is killed while it writes.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";

const folder = mkdtempSync(join(tmpdir(), "maskline-audit-"));
const script = join(import.meta.dirname, "../../scripts/audit-verify.mjs");
let service: Service;
let tenant: { id: string; key: string };
let publicKey: string;

setUp(async (use) => {
  service = await use(Service.start());
  tenant = await service.tenant("Audited");
  publicKey = String((await ask("GET /v1/audit/key")).body["public_key"]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ask(route: string, body?: unknown) {
  const [method = "", path = ""] = route.split(" ");
  const headers = { authorization: `Bearer ${tenant.key}`, "content-type": "application/json" };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await fetch(service.base + path, init);
  const text = await answer.text();
  return { status: answer.status, text, body: JSON.parse(text) as Record<string, unknown> };
}

async function send(): Promise<string> {
  const sent = await ask("POST /v1/messages", { to: "+447700900123", text: "Hello", purpose: "service" });
  expect(sent.status, sent.text).toBe(202);
  return String(sent.body["id"]);
}

type Page = { ndjson: string; next: number | null; head: string | null };
type Export = { answers: string[]; lines: string[]; head: string | null };

/** Every page, as it came and as lines. */
async function exported(): Promise<Export> {
  const answers: string[] = [];
  const lines: string[] = [];
  for (let after: number | null = 0; after !== null;) {
    const { status, text } = await ask(`GET /v1/audit/export?after=${after}`);
    expect(status, text).toBe(200);
    const page = JSON.parse(text) as Page;
    answers.push(text);
    lines.push(...page.ndjson.split("\n").slice(0, -1));
    after = page.next;
    if (after === null) return { answers, lines, head: page.head };
  }
  throw new Error("an export ends with a page");
}

const headLine = (head: string | null): string[] => (head === null ? [] : [JSON.stringify({ signed_head: head })]);
let files = 0;
function file(text: string): string {
  const path = join(folder, `${++files}.txt`);
  writeFileSync(path, text);
  return path;
}
const ndjson = (lines: readonly string[]) => file(lines.map((line) => `${line}\n`).join(""));
/** Node is our own here too: what `npm run audit:verify` starts. */
const verify = (...args: string[]) =>
  spawnSync(process.execPath, [script, ...args, "--key", publicKey], { encoding: "utf8" });

const hashOf = (line: string) =>
  createHash("sha256")
    .update(Buffer.concat([Buffer.alloc(1), Buffer.from(line)]))
    .digest("hex");
/** The lines with their chain made good again from one on, as a forger with the code would. */
function rechained(lines: readonly string[]): string[] {
  let prev = "0".repeat(64);
  return lines.map((line, at) => {
    const mended = line.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`).replace(/"seq":\d+/, `"seq":${at + 1}`);
    prev = hashOf(mended);
    return mended;
  });
}

test("a real export is right, as answers and as lines, and its head is signed by the key the service names", async () => {
  for (let nth = 0; nth < 12; nth += 1) await send();
  const token = await ask("POST /v1/tokens", { number: "+447700900321" });
  const revealed = await ask(`POST /v1/tokens/${String(token.body["token"])}/reveal`, { reason: "dispute" });
  expect(revealed.status, revealed.text).toBe(200);
  await ask("POST /v1/keys", { name: "second", scopes: ["audit:read"] });
  const { answers, lines, head } = await exported();
  expect(lines.length).toBeGreaterThan(15);
  expect(head).not.toBeNull();
  for (const args of [answers.map(file), [ndjson([...lines, ...headLine(head)])]]) {
    const { status, stdout, stderr } = verify(...args);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`entries 1 to ${lines.length}: form, numbering and chain are right`);
    expect(stdout).not.toContain("NOT CHECKED");
  }
  expect(lines.join("\n")).not.toContain("7700900");
});

describe("an export that somebody changed is told, with exit code 1", () => {
  type Change = (lines: string[], head: string) => string[];
  const edit = (line = "") => line.replace('"act":"', '"act":"x');
  const rows: [string, Change, RegExp][] = [
    ["an entry deleted", (lines, head) => [...lines.toSpliced(5, 1), head], /line 6: gap/],
    ["the first deleted", (lines, head) => [...lines.slice(1), head], /line 1: gap/],
    ["an entry edited", (lines, head) => [...lines.with(5, edit(lines[5])), head], /line 7: broken/],
    ["the last edited", (lines, head) => [...lines.with(-1, edit(lines.at(-1))), head], /contradicted/],
    ["an entry inserted", (lines, head) => [...lines.toSpliced(5, 0, lines[2]!), head], /line 6: gap/],
    ["two exchanged", (lines, head) => [...lines.with(5, lines[6]!).with(6, lines[5]!), head], /line 6: gap/],
    ["deleted, and the chain made good", (lines, head) => [...rechained(lines.toSpliced(5, 1)), head], /truncated|contradicted/],
    ["edited, and the chain made good", (lines, head) => [...rechained(lines.with(5, edit(lines[5]))), head], /contradicted/],
    ["inserted, and the chain made good", (lines, head) => [...rechained(lines.toSpliced(5, 0, lines[2]!)), head], /gap: a head of size/],
    ["the end cut off", (lines, head) => [...lines.slice(0, -3), head], /truncated/],
    ["the end cut off with its head", (lines) => lines.slice(0, -3), /no_head/],
    ["entries behind the head", (lines, head) => [...rechained([...lines, lines[2]!]).slice(0, -1), head, lines[2]!], /FAILED/],
    ["the head's hash changed", (lines, head) => [...lines, head.replace(/[A-Za-z]=\\n/, "z=\\n")], /FAILED/],
    ["spaces that change nothing", (lines, head) => [...lines.with(5, lines[5]!.replace(":", ": ")), head], /unreadable/],
  ]; // prettier-ignore
  test.each(rows)("%s", async (_name, change, fault) => {
    const { lines, head } = await exported();
    const { status, stdout, stderr } = verify(ndjson(change(lines, headLine(head)[0]!)));
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(fault);
  });

  test("one page of an answer changed, left out or given twice", async () => {
    const { answers } = await exported();
    const [only = ""] = answers;
    expect(verify(file(only.replace('\\"act\\":\\"', '\\"act\\":\\"x'))).status).toBe(1);
    expect(verify(file(""), "--after", "0").status).toBe(1);
    expect(verify(file(only), file(only)).status).toBe(1);
  });
});

/** The file of the tenant's object: the one whose audit names the tenant's own act. */
function objectFile(): string {
  const found = readdirSync(service.persist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".sqlite"))
    .map((entry) => join(entry.parentPath, entry.name))
    .find((path) => {
      const db = new DatabaseSync(path);
      try {
        const known = db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'audit'").get() as { n: number };
        return (
          known.n === 1 && db.prepare("SELECT 1 FROM audit WHERE entry LIKE '%token.revealed%'").get() !== undefined
        );
      } finally {
        db.close();
      }
    });
  if (found === undefined) throw new Error("no object holds this audit");
  return found;
}

/** Each time on another port: where a service listens is no part of the log's name. */
async function restart(bindings: Record<string, string> = {}): Promise<void> {
  await service.kill();
  await service.move(bindings);
}

/** Changes the storage under the service while it is down, and starts it again. */
async function meddle(change: (db: DatabaseSync) => void): Promise<void> {
  await service.kill();
  const db = new DatabaseSync(objectFile());
  change(db);
  db.close();
  await restart();
}

test("a pinned key and a kept head hold after a restart on another port and under another PUBLIC_URL", async () => {
  const before = await exported();
  await restart({ PUBLIC_URL: "https://moved.example.com" });
  expect((await ask("GET /v1/audit/key")).body["public_key"]).toBe(publicKey);
  await send();
  const { answers } = await exported();
  expect(verify(...answers.map(file), "--head", file(before.head ?? ""))).toMatchObject({ status: 0 });
  await restart();
}, 60_000);

test("killed while it writes, the service has an entry for every message it acknowledged, and the chain goes on", async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const sending = Array.from({ length: 40 }, () => send().then((id) => acknowledged.push(id), () => undefined));
    await Promise.race([Promise.all(sending), until(() => acknowledged.length >= (round + 1) * 10)]);
    await restart();
    await Promise.all(sending);
  }
  const { answers, lines } = await exported();
  expect(verify(...answers.map(file)).status).toBe(0);
  const all = lines.join("\n");
  expect(acknowledged.length).toBeGreaterThanOrEqual(30);
  expect(acknowledged.filter((id) => !all.includes(id))).toEqual([]);
}); // prettier-ignore

/** Looked at whenever something else has had its turn. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

test("storage edited, deleted from, or rolled back under the service: the verifier tells, and a forked head is not signed", async () => {
  const before = await exported();
  const early = file(before.head ?? "");
  const copy = mkdtempSync(join(folder, "copy-"));
  await service.kill();
  cpSync(objectFile(), join(copy, "object.sqlite"));
  await restart();
  for (let nth = 0; nth < 5; nth += 1) await send();
  const later = await exported();
  expect(verify(...later.answers.map(file), "--head", early).status).toBe(0);

  await meddle((db) => db.exec(`UPDATE audit SET entry = replace(entry, '"act":"', '"act":"x') WHERE seq = 4`));
  const edited = await exported();
  expect(verify(...edited.answers.map(file)).status).toBe(1);
  await meddle((db) => db.exec(`UPDATE audit SET entry = replace(entry, '"act":"x', '"act":"') WHERE seq = 4`));
  expect(verify(...(await exported()).answers.map(file)).status).toBe(0);

  // Cut and grown again: another history of the same length. The head that was given out stands against it.
  await meddle((db) => db.exec(`DELETE FROM audit WHERE seq > ${before.lines.length}`));
  for (let nth = 0; nth < 12; nth += 1) await send();
  const forked = await exported();
  expect(forked.head).toBeNull();
  expect(verify(...forked.answers.map(file)).status).toBe(1); // nothing vouches for it
  const againstLater = verify(...forked.answers.map(file), "--head", file(later.head ?? ""));
  expect([againstLater.status, againstLater.stderr]).toEqual([1, expect.stringMatching(/contradicted|unsigned/)]);

  // The whole object as it was before: right in itself, and older than what was given out.
  await service.kill();
  cpSync(join(copy, "object.sqlite"), objectFile());
  for (const suffix of ["-wal", "-shm"]) rmSync(`${objectFile()}${suffix}`, { force: true });
  await restart();
  expect((await exported()).head).toBeNull();
});
