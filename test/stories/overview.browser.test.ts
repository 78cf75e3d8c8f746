// The overview in a real browser: its figures are those of /v1/stats, its chart has its table, everybody can read it, and it stays small.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, violations, watchedPage } from "../support/service/browser.ts";
import { startConsole, type ConsoleStory } from "../support/service/console-story.ts";

const PAGE_BYTES_MAX = 100_000;
const ROUNDS = 8;
/** Magic numbers: delivered, and each way in which the sandbox fails. */
const ENDINGS = ["123", "124", "125", "126", "127", "128", "129", "901", "904", "908"];

let story: ConsoleStory;
const call = <T>(route: string, body?: unknown) => story.service.call<T>(route, body, story.tenant.key);

beforeAll(async () => {
  if (!hasBrowser) return;
  story = await startConsole("tenant");
  for (let round = 0; round < ROUNDS; round += 1) {
    const messages = ENDINGS.slice(0, round % 2 === 0 ? 10 : 7).map((ending) => ({
      to: `+447700900${ending}`,
      purpose: "service",
      text: "Hello",
    }));
    await call("POST /v1/messages/batch", { messages });
    await call("POST /v1/verifications", { to: `+4477009002${10 + round}`, intent: "login" });
    await call("POST /v1/sandbox/clock", { advance_seconds: 5 * 3_600 });
  }
}, 120_000);
afterAll(() => story?.stop());

type Row = { at: string; by: Record<string, string | null>; messages: number; delivered: number };
const figures = (query: string) => call<{ data: Row[]; from: string; to: string }>(`GET /v1/stats?${query}`);
const number = (text: string | null) => Number((text ?? "").replaceAll(/[^\d.]/g, ""));

describe.skipIf(!hasBrowser)("the overview", () => {
  it("shows the figures that programs are told, on the tiles, in the chart's table and in the lists", async () => {
    const { page, context, wrong } = await watchedPage(story.browser, story.service.base);
    await story.signIn(page, "olive");
    await page.getByRole("heading", { name: "Overview" }).waitFor(); // one arrives here
    await page.goto("/console?period=week");
    const day = Date.parse((await figures("step=total")).to);
    const to = Math.ceil(day / 86_400_000) * 86_400_000;
    const span = `from=${new Date(to - 7 * 86_400_000).toISOString()}&to=${new Date(to).toISOString()}`;
    const [all] = (await figures(`step=total&${span}`)).data;
    const tile = (name: string) => page.locator(".figures .tile", { hasText: name }).locator(".figure").textContent();
    expect(number(await tile("Messages"))).toBe(all?.messages);
    const states = (await figures(`step=total&by=state&${span}`)).data;
    const count = (...of: string[]) =>
      states.reduce((sum, { by, messages }) => (of.includes(by["state"] ?? "") ? sum + messages : sum), 0);
    const finished = count("delivered", "sent", "undelivered", "failed", "expired", "unknown");
    expect(number(await tile("Delivered"))).toBeCloseTo((100 * count("delivered")) / finished, 1);
    await page.getByText("As a table").click();
    const rows = await page.locator(".as-table tbody tr").allInnerTexts();
    const days = (await figures(`step=day&by=state&${span}`)).data.filter(({ by }) => by["state"] === "delivered");
    expect(rows).toHaveLength(7);
    for (const { at, messages } of days)
      expect(rows.find((row) => row.startsWith(at.slice(0, 10)))?.split(/\s+/)[1]).toBe(String(messages));
    const failures = page.getByRole("region", { name: "Not delivered, by reason" });
    const [reason] = (await figures(`step=total&by=state,reason&${span}`)).data.filter(
      ({ by }) => by["state"] === "failed",
    );
    const link = failures.getByRole("link", { name: (reason?.by["reason"] ?? "").replaceAll("_", " ") });
    await link.first().click(); // two clicks from what is not well to the messages
    expect(page.url()).toContain("/console/messages?state=failed");
    expect(await page.locator("table tbody tr").count()).toBe(reason?.messages);
    expect(story.own(wrong)).toEqual([]);
    await context.close();
  }, 60_000);

  it.each(["light", "dark"] as const)(
    "can be read by everybody, in %s, at every width and for every time, and is small",
    async (scheme) => {
      const { page, context } = await watchedPage(story.browser, story.service.base, scheme);
      await story.signIn(page, "olive");
      for (const period of ["hour", "day", "week", "month"])
        for (const width of [360, 1_024, 2_560]) {
          await page.setViewportSize({ width, height: 900 });
          const answer = await page.goto(`/console?period=${period}`);
          expect((await answer?.body())?.byteLength).toBeLessThanOrEqual(PAGE_BYTES_MAX);
          await page
            .locator("main details")
            .evaluateAll((all: { open: boolean }[]) => all.forEach((each) => (each.open = true)));
          expect([period, width, await violations(page)]).toEqual([period, width, []]);
          expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
          expect(await page.locator("[style]").count()).toBe(0);
          // SHOT
        }
      await context.close();
    },
    120_000,
  );
});
