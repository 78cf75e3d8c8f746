// The story of an operator at their console, in a real browser and through the real sign-in: they find a tenant, suspend it, are told of
// an alert and take it. Every page is judged by axe, in both schemes, on a phone and on a screen.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATOR_PAGES } from "../../src/console/operator/pages.ts";
import { hasBrowser, violations, watchedPage } from "../support/service/browser.ts";
import { fits, startConsole, type ConsoleStory } from "../support/service/console-story.ts";

let story: ConsoleStory;

beforeAll(async () => {
  if (!hasBrowser) return;
  story = await startConsole("operators");
});
afterAll(() => story?.stop());

const own = (wrong: string[]) => story.own(wrong, /40[34]/);
/** Where screenshots go when somebody wants to look. */
const shots = process.env["SHOTS"];

describe.skipIf(!hasBrowser)("at the operators' console", () => {
  it("one finds a tenant, suspends and resumes it, takes an alert, and signs out for good", async () => {
    const { page, context, wrong } = await watchedPage(story.browser, story.service.base);
    await story.signIn(page, "oscar");
    await page.getByRole("heading", { name: "Tenants" }).waitFor();
    await page.getByRole("link", { name: "t", exact: true }).click();
    await page.getByRole("button", { name: "Suspend the tenant" }).click();
    await page.getByText("The tenant is suspended").waitFor();
    await expect(story.service.call("GET /v1/messages", undefined, story.tenant.key)).rejects.toThrow(
      "tenant_suspended",
    );
    await page.getByRole("button", { name: "Resume the tenant" }).click();
    await page.getByText("The tenant may act again.").waitFor();
    await story.service.operate("GET /admin/v1/tenants"); // by the admin token, beside the sign-in
    await page.goto("/console/operator/alerts");
    await page.getByRole("heading", { name: "The admin token is used beside the sign-in" }).waitFor();
    await page.getByRole("button", { name: /^I take it/ }).click();
    await page.getByText("taken", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await page.goto("/console/operator/tenants");
    await page.getByRole("heading", { name: "Sign in to the console" }).waitFor();
    expect(own(wrong)).toEqual([]);
    await context.close();
  });

  it("an observer sees and changes nothing; whoever has no role of operators has no session", async () => {
    const { page, context } = await watchedPage(story.browser, story.service.base);
    await story.signIn(page, "ona");
    await page.goto(`/console/operator/tenants/${story.tenant.id}`);
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("heading", { name: "An observer does not do this" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await context.close();
    const other = await watchedPage(story.browser, story.service.base);
    await story.signIn(other.page, "olive");
    await other.page.getByRole("heading", { name: "You have no access" }).waitFor();
    expect((await other.context.cookies(story.service.base)).map(({ name }) => name)).not.toContain(
      "__Host-maskline_operator",
    );
    await other.context.close();
  });

  it.each(["light", "dark"] as const)(
    "every page can be read by everybody, in %s, on a phone and on a screen, and asks no other host",
    async (scheme) => {
      const { page, context, wrong } = await watchedPage(story.browser, story.service.base, scheme);
      await story.signIn(page, "oscar");
      for (const path of OPERATOR_PAGES.map((each) => each.path.replace("{id}", story.tenant.id))) {
        for (const width of [360, 1_024]) {
          await page.setViewportSize({ width, height: 900 });
          await page.goto(path);
          if (shots !== undefined)
            await page.screenshot({
              path: `${shots}/${path.split("/").slice(3).join("-").slice(0, 20)}-${width}-${scheme}.png`,
              fullPage: true,
            });
          expect([path, width, await violations(page), await fits(page)]).toEqual([path, width, [], true]);
        }
      }
      expect(own(wrong)).toEqual([]);
      await context.close();
    },
    120_000,
  );

  it("the link of a start signs in as the operator, once", async () => {
    const link = story.provider.openLink({ go: `${story.signInUrl}/go`, page: story.signInUrl, as: "oscar" });
    const first = await watchedPage(story.browser, story.service.base);
    await first.page.goto(link);
    await first.page.getByText("Oscar Operator").first().waitFor({ state: "attached" });
    await first.context.close();
    const second = await watchedPage(story.browser, story.service.base);
    await second.page.goto(link);
    await second.page.getByRole("heading", { name: "Sign in to the console" }).waitFor();
    await second.context.close();
  });
});
