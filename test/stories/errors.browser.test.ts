// Where the `type` of a problem leads: a page of this service, for people in a browser and for programs as JSON.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAUSES } from "../../src/contract/refusal-causes.ts";
import { HELP } from "../../src/contract/refusal-help.ts";
import { REASONS, type Reason } from "../../src/base/refusal.ts";
import {
  hasBrowser,
  startBrowser,
  startService,
  violations,
  watchedPage,
  type Service,
} from "../support/service/browser.ts";

const CODES = Object.keys(REASONS) as Reason[];

let service: Service;
let browser: Browser;
beforeAll(async () => {
  service = await startService();
  if (hasBrowser) browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await service?.kill();
});

const problemAt = async (path: string, init?: RequestInit) =>
  (await (await fetch(service.base + path, init)).json()) as { type: string; code: Reason; title: string };

describe.skipIf(!hasBrowser)("the page of an error in a browser", () => {
  it.each(["light", "dark"] as const)(
    "explains the problem that led there, asks no other host, and can be read, in %s",
    async (scheme) => {
      const { page, context, wrong } = await watchedPage(browser, service.base, scheme);
      const { type, title, code } = await problemAt("/v1/messages");
      await page.goto(type);
      await page.getByRole("heading", { name: title, level: 1 }).waitFor();
      expect(await page.getByRole("main").innerText()).toContain(HELP[code].when.replaceAll("`", ""));
      expect(await violations(page)).toEqual([]);
      await page.getByRole("link", { name: "All errors" }).click();
      await page.getByRole("heading", { name: "Errors", level: 1 }).waitFor();
      expect(await page.getByRole("main").getByRole("link").count()).toBe(CODES.length);
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`)).toBe(true);
      await page.setViewportSize({ width: 320, height: 640 });
      await page.getByRole("link", { name: "rate_limited" }).click();
      await page.getByRole("heading", { name: REASONS.rate_limited.title }).waitFor();
      expect(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`)).toBe(true);
      expect(wrong).toEqual([]);
      await context.close();
    },
  );

  it("of a name that is no error says so and repeats nothing of it", async () => {
    const { page, context } = await watchedPage(browser, service.base);
    const answer = await page.goto(`/errors/${encodeURIComponent("<img src=x onerror=alert(1)> quokka")}`);
    expect(answer?.status()).toBe(404);
    expect(await page.content()).not.toMatch(/quokka|onerror/);
    expect(await violations(page)).toEqual([]);
    await context.close();
  });
});

describe("the type of a problem", () => {
  it("is a page here for every code, and says of each what the tables say", async () => {
    for (const code of CODES) {
      const answer = await fetch(`${service.base}/errors/${code}`);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
      const html = await answer.text();
      expect(html).toContain(`HTTP status ${REASONS[code].status}`);
      expect(html.replaceAll(/<link[^>]*icon[^>]*>/g, "")).not.toMatch(/(src|href)="(https?:)?\/\//);
    }
  });

  it("is where a refused request is led, in an answer and inside a batch's", async () => {
    const { key } = await service.tenant("sandbox");
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const body = JSON.stringify({ messages: [{ to: "+12125550123", text: "x", purpose: "service" }] });
    const batch = (await problemAt("/v1/messages/batch", { method: "POST", headers, body })) as unknown as {
      data: { problem: { type: string; code: string } }[];
    };
    const refused = batch.data[0]!.problem;
    expect(refused.type).toBe(`${service.base}/errors/${refused.code}`);
    for (const path of ["/nowhere", "/v1/messages", "/admin/v1/tenants"]) {
      const { type, code } = await problemAt(path);
      expect(type).toBe(`${service.base}/errors/${code}`);
    }
  });

  it("is JSON to a program that asks for it, and a problem where there is no such code", async () => {
    const headers = { accept: "application/json" };
    const one = await fetch(`${service.base}/errors/rate_limited`, { headers });
    const { title, detail, status } = REASONS.rate_limited;
    const type = `${service.base}/errors/rate_limited`;
    expect(await one.json()).toEqual({
      type,
      code: "rate_limited",
      status,
      title,
      detail,
      ...HELP.rate_limited,
      ...CAUSES.rate_limited,
    });
    expect(one.headers.get("vary")).toBe("accept");
    const all = (await (await fetch(`${service.base}/errors`, { headers })).json()) as { data: { code: string }[] };
    expect(all.data.map(({ code }) => code)).toEqual(CODES);
    for (const name of ["nothing", "__proto__", "toString", "constructor"]) {
      const none = await fetch(`${service.base}/errors/${name}`, { headers });
      expect([none.status, none.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    }
    const both = await fetch(`${service.base}/errors/rate_limited`, {
      headers: { accept: "text/html, application/json" },
    });
    expect(both.headers.get("content-type")).toContain("text/html"); // who takes either is a person
  });
});
