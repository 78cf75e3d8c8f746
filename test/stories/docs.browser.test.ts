// The reference page in a real browser: it shows the document and talks to nobody but us.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  hasBrowser,
  startBrowser,
  startService,
  violations,
  watchedPage,
  type Service,
} from "../support/service/browser.ts";

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

describe.skipIf(!hasBrowser)("the reference page in a browser", () => {
  it.each(["light", "dark"] as const)(
    "shows every group, asks no other host, and can be read, in %s",
    async (scheme) => {
      const { page, context, wrong, asked } = await watchedPage(browser, service.base, scheme);
      await page.goto("/docs");
      await page.getByRole("heading", { name: "Maskline", exact: true }).waitFor();
      await page.getByRole("heading", { name: "Send one message" }).first().waitFor();
      const { tags } = (await (await fetch(`${service.base}/openapi.json`)).json()) as { tags: { name: string }[] };
      const groups = await page.locator("aside").first().innerText();
      for (const { name } of tags) expect(groups).toContain(name);
      const outside = await page.evaluate<string[]>(
        `[...document.querySelectorAll("a[href]")].filter((a) => a.host !== location.host && a.checkVisibility()).map((a) => a.href)`,
      );
      expect(outside).toEqual([]);
      expect(await violations(page)).toEqual([]);
      for (const name of ["Events", "Operators"]) {
        await page.locator("aside").getByText(name, { exact: true }).click();
        await page.getByRole("heading", { name, exact: true }).first().waitFor();
        // Scalar gives two cards of examples that are in sight together the same name; that is its to mend.
        const ours = (await violations(page)).filter((found) => !found.startsWith("landmark-unique"));
        expect(ours, name).toEqual([]);
      }
      expect(asked.some((url) => url.endsWith("/docs/scalar.js"))).toBe(true);
      expect(wrong).toEqual([]);
      await context.close();
    },
  );
});

describe("the document", () => {
  it("names the origin it is served at, and is made once", async () => {
    const answers = await Promise.all([1, 2].map(() => fetch(`${service.base}/openapi.json`)));
    const [first, second] = await Promise.all(answers.map((answer) => answer.text()));
    expect(first).toBe(second);
    expect(JSON.parse(first ?? "")).toMatchObject({ openapi: "3.1.1", servers: [{ url: service.base }] });
  });
});
