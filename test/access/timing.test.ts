// How long a refusal takes tells nothing about the key (T32). Keys are found by their id and compared as SHA-256 hashes in
// constant time: there is no comparison of the secret's own characters that could stop early, and hashing first means that
// even a comparison that did would tell about the hash, which nobody can steer.
import { performance } from "node:perf_hooks";
import { randomBytes, randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { patience } from "../support/run/patience.ts";
import { makeApiKey, readApiKey } from "../../src/access/api-key.ts";
import { KeysLedger } from "../../src/access/keys.ts";
import { equalBytes } from "../../src/base/seal.ts";
import { IdMaker, newTenantCode } from "../../src/base/ids.ts";
import { randomText } from "../../src/base/random.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";
import { readTree } from "../support/source/tree.ts";

const SAMPLES = process.env["MASKLINE_SOAK"] === "1" ? 50_000 : 8_000;
/** A run on a busy machine can look uneven once; a leak looks uneven every time. */
const RUNS = 5;

const owner = { jurisdiction: "eu" as const, code: newTenantCode() };
const door = [randomBytes(32)];
const keyId = new IdMaker(owner).make("key", 0);
const { text, secret } = makeApiKey(door, keyId, "sandbox");

const CHARACTERS = "0123456789abcdefghjkmnpqrstvwxyz";
const other = (character: string): string => CHARACTERS[(CHARACTERS.indexOf(character) + 1) % 32] ?? "0";

/** As long as the right one, right in its first `length` characters and wrong in every one behind. */
const prefixRight = (right: string, length: number): string =>
  right.slice(0, length) + Array.from(right.slice(length), other).join("");

/** Two-sided p of the Mann-Whitney test, by the normal approximation with ties averaged. */
function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const all = a.map((value) => ({ value, first: true })).concat(b.map((value) => ({ value, first: false })));
  all.sort((x, y) => x.value - y.value);
  let rankSum = 0;
  let ties = 0;
  for (let at = 0; at < all.length;) {
    let end = at;
    while (end < all.length && all[end]?.value === all[at]?.value) end += 1;
    const rank = (at + 1 + end) / 2;
    for (let each = at; each < end; each += 1) if (all[each]?.first === true) rankSum += rank;
    ties += (end - at) ** 3 - (end - at);
    at = end;
  }
  const [n, m] = [a.length, b.length];
  const total = n + m;
  const u = rankSum - (n * (n + 1)) / 2;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  return deviation === 0 ? 1 : 2 * (1 - normal(Math.abs(u - (n * m) / 2) / deviation));
}

/** The standard normal distribution (Abramowitz and Stegun 26.2.17). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
}

/** Copies, each flat and in a place of its own: of two strings used again and again, one may lie better in memory. */
const POOL = 40;
const poolOf = (text: string): string[] => Array.from({ length: POOL }, () => Buffer.from(text).toString("latin1"));

/** The greatest p of several runs: times of guesses right for `length` characters against guesses wrong from the first. */
function pOf(right: string, length: number, guess: (text: string) => void): number {
  const pools = { close: poolOf(prefixRight(right, length)), far: poolOf(prefixRight(right, 0)) };
  const anyOf = (which: "close" | "far"): string => pools[which][randomInt(POOL)] ?? "";
  for (let warm = 0; warm < 2_000; warm += 1) guess(anyOf(warm % 2 === 0 ? "close" : "far"));
  let best = 0;
  for (let run = 0; run < RUNS && best <= 0.01; run += 1) {
    const times: { close: number[]; far: number[] } = { close: [], far: [] };
    while (times.close.length < SAMPLES || times.far.length < SAMPLES) {
      const which = randomInt(2) === 0 ? "close" : "far"; // interleaved at random, so that drift hits both alike
      const candidate = anyOf(which);
      const started = performance.now();
      for (let repeat = 0; repeat < 4; repeat += 1) guess(candidate);
      times[which].push(performance.now() - started);
    }
    best = Math.max(best, mannWhitney(times.close, times.far));
  }
  return best;
}

test("the statistics see a comparison that stops at the first difference", { timeout: patience(60_000) }, () => {
  const right = randomText(1_000);
  let looked = 0;
  const early = (guess: string): void => {
    for (let at = 0; at < right.length; at += 1) {
      if (guess.charCodeAt(at) !== right.charCodeAt(at)) return;
      looked += 1; // without an effect the compiler would leave the loop out
    }
  };
  expect(pOf(right, 999, early)).toBeLessThan(0.01);
  expect(looked).toBeGreaterThan(0);
});

test.each([1, 8, 15])("a MAC right in %i characters takes as long to refuse as one wrong from the first", (length) => {
  const mac = text.slice(-16);
  const body = text.slice(0, -16);
  expect(readApiKey(door, `Bearer ${text}`)).not.toBeNull();
  expect(pOf(mac, length, (guess) => void readApiKey(door, `Bearer ${body}${guess}`))).toBeGreaterThan(0.01);
});

test.each([1, 16, 31])(
  "a secret right in %i characters takes as long to refuse as one wrong from the first",
  (length) => {
    const sql = nodeSql();
    KeysLedger.migrate(sql);
    const keys = new KeysLedger(sql);
    keys.add(keyId, secret, { name: "k", scopes: ["*"], ipAllowlist: [], certificate: null, expiresAt: null }, 0);
    const origin = { ip: null, certificate: null };
    expect(keys.recognise({ id: keyId, secret }, origin, 1)).toMatchObject({ id: keyId });
    const guess = (candidate: string) => void keys.recognise({ id: keyId, secret: candidate }, origin, 1);
    expect(pOf(secret, length, guess)).toBeGreaterThan(0.01);
  },
);

test("equal bytes are compared by the platform's constant-time function, whatever differs", () => {
  const right = randomBytes(32);
  for (const at of [0, 15, 31]) {
    const wrong = Uint8Array.from(right, (byte, index) => (index === at ? byte ^ 1 : byte));
    expect(equalBytes(right, wrong)).toBe(false);
  }
  expect(equalBytes(right, right.subarray(1))).toBe(false);
  expect(equalBytes(right, Buffer.from(right))).toBe(true);
});

test("no source compares a secret, a hash, a MAC or a signature with an operator", () => {
  const secretly =
    /\b(secret|hash|mac|signature|adminToken|digest)\b\s*(===|!==|==(?!=)|!=(?!=))(?!\s*(null|undefined|["0-9]))/;
  const found = Object.entries(readTree("src")).flatMap(([path, source]) =>
    source
      .split("\n")
      .filter((line) => secretly.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
  // The audit's hashes are public: they are compared to find a rewritten log, not to let anybody in.
  expect(found.filter((line) => !line.startsWith("src/audit/"))).toEqual([]);
});
