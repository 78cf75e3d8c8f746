/** The offline verifier as an auditor runs it: a process, files, an exit code. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { exported, grow, log, newKey, signed } from "../support/rooms/audit-log.ts";

const script = fileURLToPath(new URL("../../scripts/audit-verify.mjs", import.meta.url).href);
const folder = mkdtempSync(join(tmpdir(), "audit-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = newKey();
const { ledger } = log(6);
const early = signed(ledger, key.signer);
grow(ledger, 4);
const lines = exported(ledger, key.signer);

let files = 0;
function file(text: string): string {
  const path = join(folder, `${++files}.txt`);
  writeFileSync(path, text);
  return path;
}

const ndjson = (text: readonly string[]) => file(text.map((line) => `${line}\n`).join(""));

function verify(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
}

test("a good export passes with exit code 0 and a list of what was checked", () => {
  const path = ndjson(lines);
  const { status, stdout, stderr } = verify(path, "--key", key.publicKey, "--head", file(early));
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toBe(
    `${path}: 10 entries\n  entries 1 to 10: form, numbering and chain are right\n` +
      `  head: size 10, hash ${ledger.head().hash}\n` +
      `  signed heads of ${key.signer.origin} that agree: size 6, 10\n`,
  );
});

test("what was not checked is said", () => {
  expect(verify(ndjson(lines)).stdout).toContain("NOT CHECKED: who signed the heads");
  expect(verify(ndjson(lines.slice(0, -1))).stdout).toContain("NOT CHECKED: whether entries are missing at the end");
  const tail = verify(ndjson(lines.slice(7)), "--after", "7", "--key", key.publicKey, "--head", file(early)).stdout;
  expect(tail).toContain("NOT CHECKED: what stands before entry 8");
  expect(tail).toContain("NOT CHECKED: heads of size 6");
});

test("an export longer than one read of the file, and without a last newline, is read whole", () => {
  const long = exported(log(1_000).ledger, key.signer);
  expect(verify(file(long.join("\n")), "--key", key.publicKey).stdout).toContain("entries 1 to 1000:");
});

describe("a log that was signed under an earlier name", () => {
  const EARLIER = "127.0.0.1:8787/audit/ten_e1234567";
  const earlier = newKey(EARLIER, key.pkcs8);
  const kept = () => file(signed(ledger, earlier.signer));

  test("its earlier heads count where that name is given, by the same key only", () => {
    const path = ndjson(lines);
    expect(verify(path, "--key", key.publicKey, "--head", kept())).toMatchObject({ status: 1, stderr: expect.stringContaining("other_key") }); // prettier-ignore
    expect(verify(path, "--key", key.publicKey, "--head", kept(), "--name", EARLIER)).toMatchObject({
      status: 0,
      stderr: "",
    });
    const stranger = file(signed(ledger, newKey(EARLIER).signer));
    const forged = verify(path, "--key", key.publicKey, "--head", stranger, "--name", EARLIER);
    expect(forged).toMatchObject({ status: 1, stderr: expect.stringContaining("other_key") });
  });

  test("a key that was pinned under the earlier name checks heads of the present one", () => {
    const path = ndjson(lines);
    expect(verify(path, "--key", earlier.publicKey)).toMatchObject({ status: 1 });
    expect(verify(path, "--key", earlier.publicKey, "--name", key.signer.origin)).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
});

describe("a tampered export fails with exit code 1 and the first bad line", () => {
  const swapped = lines.with(3, lines[4] ?? "").with(4, lines[3] ?? "");
  test.each<[string, string[], string]>([
    ["an entry deleted", lines.toSpliced(3, 1), "line 4: gap"],
    ["the first entry deleted", lines.slice(1), "line 1: gap"],
    ["an entry edited", lines.with(3, (lines[3] ?? "").replace("msg_4", "msg_5")), "line 5: broken"],
    ["the last entry edited", lines.with(9, (lines[9] ?? "").replace("msg_10", "msg_5")), "line 11: contradicted"],
    ["an entry inserted", lines.toSpliced(3, 0, lines[2] ?? ""), "line 4: gap"],
    ["two entries exchanged", swapped, "line 4: gap"],
    ["an empty line", lines.toSpliced(3, 0, ""), "line 4: unreadable"],
    ["the end cut off", lines.toSpliced(7, 3), "line 8: truncated"],
    ["the end cut off with its head", lines.slice(0, 8), "txt: no_head"],
    [
      "another log's head",
      [...lines.slice(0, 10), exported(log(10, "x").ledger, key.signer).at(-1) ?? ""],
      "line 11: contradicted",
    ],
    ["a head by another key", exported(ledger, newKey().signer), "line 11: other_key"],
  ])("%s", (_name, tampered, where) => {
    const { status, stdout, stderr } = verify(ndjson(tampered), "--key", key.publicKey);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(where);
  });

  test("two signed heads that fork", () => {
    const fork = signed(log(6, "fork").ledger, key.signer);
    const { status, stderr } = verify(
      ndjson(lines),
      "--key",
      key.publicKey,
      "--head",
      file(early),
      "--head",
      file(fork),
    );
    expect(status).toBe(1);
    expect(stderr).toContain("forked: two heads of size 6 differ");
  });

  test("a whole older export, against a later head", () => {
    const older = exported(log(6).ledger, key.signer);
    const { status, stderr } = verify(
      ndjson(older),
      "--key",
      key.publicKey,
      "--head",
      file(signed(ledger, key.signer)),
    );
    expect(status).toBe(1);
    expect(stderr).toContain("truncated");
  });
});

test.each([[[]], [["a", "--after", "-1"]], [["a", "--no-such"]], [["/no/such/file"]]])(
  "bad usage %j ends with exit code 2",
  (args) => {
    const { status, stderr } = verify(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^usage|cannot read/);
  },
);
