// The built Worker with a sandbox tenant, and a browser that watches what its pages do: requests to other hosts, errors on
// the console and breaches of the content policy are counted, and axe-core judges what people with a screen reader meet.
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type Page } from "playwright-core";
import { inject } from "vitest";
import { chromiumPath } from "../../../scripts/lib/chromium.mjs";
import { makeSecrets, startWorker } from "../../../scripts/lib/worker.mjs";

/** False where the tests that need a browser have to be skipped. */
export const hasBrowser = chromiumPath() !== undefined;

// Without these Chromium calls hosts of its maker's by itself.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export type Service = Awaited<ReturnType<typeof startService>>;

/** The service with one sandbox tenant and a key that may do everything. */
export async function startService() {
  const secrets = makeSecrets();
  const worker = await startWorker({ script: inject("workerScript"), bindings: secrets, assets: true });
  const call = async <T>(route: string, body: unknown, credential: string): Promise<T> => {
    const [method = "GET", path = "/"] = route.split(" ");
    const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json" };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(worker.base + path, init);
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const tenant = async (environment: "sandbox" | "live", scopes: string[] = ["*"]) => {
    const { id } = await call<{ id: string }>(
      "POST /admin/v1/tenants",
      { name: "t", environment },
      secrets.ADMIN_TOKEN,
    );
    return { id, key: await newKey(id, scopes) };
  };
  const newKey = async (id: string, scopes: string[]) => {
    const body = { name: "k", scopes };
    return (await call<{ secret: string }>(`POST /admin/v1/tenants/${id}/keys`, body, secrets.ADMIN_TOKEN)).secret;
  };
  const operate = <T>(route: string, body?: unknown) => call<T>(route, body, secrets.ADMIN_TOKEN);
  return { ...worker, call, tenant, newKey, operate };
}

/** Starts Chromium. */
export function startBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error("there is no browser on this machine");
  return chromium.launch({ executablePath, args: FLAGS });
}

/** A page in a profile of its own; `wrong` gathers what it may not do, `asked` every address it asked for. */
export async function watchedPage(browser: Browser, base: string, colorScheme: "light" | "dark" = "light") {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 }, baseURL: base });
  const page = await context.newPage();
  const wrong: string[] = [];
  const asked: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrong.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`threw: ${error.message}`));
  page.on("dialog", (dialog) => {
    wrong.push(`opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on("request", (request) => {
    asked.push(request.url());
    if (!request.url().startsWith(`${base}/`) && !request.url().startsWith("data:"))
      wrong.push(`asked another host: ${request.url()}`);
  });
  return { page, context, wrong, asked };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds wrong with the page as it stands. */
export async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    // What is half faded in has no contrast yet: a look comes after the animations.
    `${AXE}; Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => axe.run(document, { resultTypes: ["violations"] })).then((result) => result.violations)`,
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

/** A figure that whoever runs the tests should see; the run's own output shows only what failing tests print. */
export const told = (line: string): void => void writeSync(2, `${line}\n`);
