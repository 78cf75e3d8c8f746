// The room of docs/adding-a-room.md, built from that page in a copy of src: it keeps every law, type-checks and works, and nothing
// outside its folder and the list had to change.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { QueueTracker } from "../../src/messages/queue/queue-tracker.ts";
import { defaultPolicy } from "../../src/policy/policy.ts";
import { migrate } from "../../src/storage/migrations.ts";
import type { RoomsDeps } from "../../src/tenant/parts.ts";
import * as LISTED from "../../src/tenant/rooms.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";
import { readTree, type Files } from "../support/source/tree.ts";
import { breaches } from "./tidy.ts";

const LIST = "src/tenant/rooms.ts";
const page = readFileSync("docs/adding-a-room.md", "utf8");
const blocks = [...page.matchAll(/^```ts (src\/\S+)\n([\s\S]*?)^```$/gm)];
const folder: Files = Object.fromEntries(blocks.map(([, path = "", text = ""]) => [path, text]));
const line = /^```ts\n( {2}\.add\(\d+, \w+\))\n```$/m.exec(page)?.[1] ?? "";
const list = readFileSync(LIST, "utf8")
  .replace(/^( {2}\.add\(5, consentRoom\))$/m, `$1\n${line}`)
  .replace(/^import \{ vaultRoom \}.*$/m, (next) => `import { snoozesRoom } from "../snoozes/room.ts";\n${next}`);
const changed: Files = { ...folder, [LIST]: list };

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "new-room-"));
  for (const path of ["src", "tsconfig.json", "worker-configuration.d.ts", "package.json"])
    cpSync(path, join(copy, path), { recursive: true });
  symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
  for (const [path, text] of Object.entries(changed)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

it("the page shows a whole room in its own folder, and one line of the list", () => {
  expect(Object.keys(folder)).toEqual(["src/snoozes/ledger.ts", "src/snoozes/verbs.ts", "src/snoozes/room.ts"]);
  expect(list.split("\n").length).toBe(readFileSync(LIST, "utf8").split("\n").length + 2); // the line, and its import
});

it("keeps every law of structure, and not without its line in the list", () => {
  const files = { ...readTree("src"), ...changed };
  expect(breaches(files)).toEqual([]);
  expect(breaches({ ...files, [LIST]: readFileSync(LIST, "utf8") }).join("\n")).toMatch(
    /src\/snoozes: a room without a floor/,
  );
});

it("type-checks with everything else as it is", { timeout: 300_000 }, () => {
  const config = { extends: "./tsconfig.json", include: ["src", "worker-configuration.d.ts"] };
  writeFileSync(join(copy, "tsconfig.check.json"), JSON.stringify(config));
  const checked = spawnSync(
    process.execPath,
    [resolve("node_modules/typescript/bin/tsc"), "--noEmit", "-p", "tsconfig.check.json"],
    { cwd: copy, encoding: "utf8" },
  );
  expect(checked.stdout + checked.stderr).toBe("");
});

it("joins an object that was there before: its table is made once, its verbs, step, purge and audit work", async () => {
  const { ROOMS: rooms, TenantRooms } = (await import(join(copy, LIST))) as typeof LISTED;
  const sql = nodeSql();
  migrate(sql, LISTED.ROOMS.listed); // as the object was made
  migrate(sql, rooms.listed);
  const before = sql.exec("SELECT * FROM migrations").toArray();
  migrate(sql, rooms.listed);
  expect(sql.exec("SELECT * FROM migrations").toArray()).toEqual(before);

  let offset = 0;
  const tenant = new TenantRooms({ ...depsOver(sql), clockOffset: () => offset });
  const verbs = tenant.verbs as unknown as Record<string, { run: (who: { id: string }, input: unknown) => unknown }>;
  const until = tenant.now() + 60_000;
  expect(verbs["snoozes.set"]?.run({ id: "key" }, { resource: "ses_1", until })).toEqual({ ok: null });
  expect([tenant.takeSoonest(), tenant.nextAt()]).toEqual([until, until]);
  const step = tenant.steps.find(({ name }) => name === "snoozes.end")!;
  expect(step.due(tenant.now(), 10)).toEqual([]);
  offset = 61_000;
  for (const { run } of step.due(tenant.now(), 10)) run();
  expect(verbs["snoozes.list"]?.run({ id: "key" }, { limit: 9 })).toEqual({
    ok: [{ resource: "ses_1", until, ended: true }],
  });
  expect(
    sql.exec<{ act: string }>("SELECT json_extract(entry, '$.act') AS act FROM audit ORDER BY seq").toArray(),
  ).toEqual([{ act: "snooze.set" }, { act: "snooze.ended" }]);
  const purge = tenant.purges.find(({ name }) => name === "snoozes")!;
  const drop = (at: number) => ("drop" in purge ? purge.drop(at, 10) : null);
  expect([drop(tenant.now()), drop(tenant.now() + 31 * 86_400_000)]).toEqual([0, 1]);
});

function depsOver(sql: RoomsDeps["sql"]): RoomsDeps {
  return {
    sql,
    owner: { jurisdiction: "eu", code: "tttttttt" },
    record: { id: "ten_etttttttt", name: "Test", environment: "sandbox", state: "active", createdAt: 0 },
    keys: { epoch: 1, epochs: new Map([[1, new Uint8Array(32)]]), index: new Uint8Array(32) },
    door: { current: new Uint8Array(32), previous: null } as unknown as RoomsDeps["door"],
    queueTracker: new QueueTracker(0),
    policy: () => defaultPolicy("sandbox"),
    accountOf: () => null,
    redacts: () => false,
    clockOffset: () => 0,
    advance: () => undefined,
    publicUrl: () => "",
    signer: null,
    signedBefore: () => null,
    storageBytes: () => 0,
    signed: () => undefined,
  };
}
