// What a new user does first, with the real thing: a fresh folder (its packages are there), `npm start`, the first link it prints, and
// one click. The time from the start to the delivered text on the phone in the console is measured and told.
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownNode, root } from "../../scripts/lib/tools.mjs";
import { atSpeed } from "../support/run/patience.ts";
import { hasBrowser, startBrowser, told as figure, violations, watchedPage } from "../support/service/browser.ts";

const SECONDS_MAX = 60;
const folder = mkdtempSync(join(tmpdir(), "maskline-first-"));
let browser: Browser;
let start: ChildProcess | undefined;

beforeAll(async () => {
  for (const name of [
    "src",
    "scripts",
    "migrations",
    "package.json",
    "package-lock.json",
    "wrangler.toml",
    "tsconfig.json",
  ])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  if (hasBrowser) browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  if (start !== undefined && start.exitCode === null) {
    const ended = new Promise((resolve) => start?.once("exit", resolve));
    start.kill("SIGINT");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the service as `npm start` does; answers what it printed once it has said everything. */
function started(): Promise<string> {
  start = spawn(ownNode, ["scripts/start.mjs"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let told = "";
  return new Promise((resolve, reject) => {
    const hear = (text: unknown) => {
      told += String(text);
      if (told.includes("Ctrl-C ends it")) resolve(told);
    };
    start?.stdout?.on("data", hear);
    start?.stderr?.on("data", hear);
    start?.once("exit", () => reject(new Error(`the start ended:\n${told}`)));
  });
}

describe.skipIf(!hasBrowser)("a new user's first visit", () => {
  it(
    "from `npm start` to a delivered text on the phone in the console takes less than a minute",
    { timeout: 300_000 },
    async () => {
      const from = performance.now();
      const since = () => Math.round((performance.now() - from) / 100) / 10;
      const told = await started();
      const up = since();
      const [link = ""] = /http:\/\/\S+/.exec(told.slice(told.indexOf("Open this first"))) ?? [];
      const base = /Maskline serves at (\S+)/.exec(told)?.[1] ?? "";
      expect(told.indexOf("Open this first")).toBeLessThan(told.indexOf("Maskline serves at"));

      const { page, context } = await watchedPage(browser, base);
      await page.goto(link);
      await page.getByRole("heading", { name: "Send & try" }).waitFor();
      // Who it is has not to be typed, nor what to send.
      await page.getByRole("button", { name: "Send", exact: true }).first().click();
      const phone = page.getByRole("region", { name: "Sam 07700 900123", exact: true });
      await phone.getByText("Your parcel arrives today between 2 and 3 pm.").last().waitFor();
      await page.locator("#sent").getByText("delivered").waitFor();
      const took = since();
      expect(await violations(page)).toEqual([]);
      expect(took).toBeLessThan(atSpeed(SECONDS_MAX));
      figure(
        `First visit: the service is up after ${up} s, the text on the phone after ${took} s (at most ${SECONDS_MAX} s).`,
      );
      await context.close();
    },
  );
});
