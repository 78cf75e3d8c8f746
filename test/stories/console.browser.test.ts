// The story of a tenant's people at the console, in a real browser and through the real sign-in: the identity provider of `npm start`
// runs beside the built Worker. Every page is judged by axe, in both schemes, from a narrow phone to a wide screen.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGES } from "../../src/console/pages/pages.ts";
import { atSpeed } from "../support/run/patience.ts";
import { hasBrowser, told, violations, watchedPage } from "../support/service/browser.ts";
import { fits, startConsole, type ConsoleStory } from "../support/service/console-story.ts";

let story: ConsoleStory;

beforeAll(async () => {
  if (!hasBrowser) return;
  story = await startConsole("tenant");
});
afterAll(() => story?.stop());

const own = (wrong: string[]) => story.own(wrong);
const PLAIN = PAGES.filter(({ nav }) => nav !== undefined);

describe.skipIf(!hasBrowser)("at the console", () => {
  it("one signs in, sends a text, sees what became of it, and signs out for good", async () => {
    const { page, context, wrong } = await watchedPage(story.browser, story.service.base);
    await story.signIn(page, "olive");
    await page.getByRole("heading", { name: "No message yet" }).waitFor();
    await page.getByRole("link", { name: "Send the first one" }).click();
    await page.getByLabel("To", { exact: true }).fill("07700 900123");
    await page.getByLabel("Text", { exact: true }).fill("Your parcel arrives today.");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText("accepted").waitFor();
    expect(await page.getByLabel("To", { exact: true }).inputValue()).toBe("07700 900123"); // what was typed stays
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("Follow this message").click();
    await page.getByRole("heading", { name: /^To \+44/ }).waitFor();
    expect(page.url()).toMatch(/\/console\/messages\/msg_\w+$/);
    await expect
      .poll(async () => (await page.reload(), await page.getByRole("main").innerText()), { timeout: 20_000 })
      .toContain("Delivered");
    expect(await page.content()).not.toMatch(/7700\s?900123/);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await page.goBack();
    await page.goto("/console/messages");
    await page.getByRole("heading", { name: "Sign in to the console" }).waitFor();
    expect(own(wrong)).toEqual([]);
    await context.close();
  });

  it("what is sent arrives on the phone beside the form within two seconds, and its person answers there", async () => {
    const { page, context, wrong, asked } = await watchedPage(story.browser, story.service.base);
    await story.signIn(page, "olive");
    await page.goto("/console/send");
    await page.getByLabel("To", { exact: true }).first().fill("07700 900300");
    await page.getByRole("textbox", { name: "Text", exact: true }).first().fill("Arrives beside the form");
    await page.getByLabel("From (may be left out)").fill("Shifts");
    const from = Date.now();
    await page.getByRole("button", { name: "Send", exact: true }).first().click();
    const phone = page.getByRole("region", { name: "Iris 07700 900300", exact: true });
    await phone.locator(".words").getByText("Arrives beside the form").waitFor();
    const took = Date.now() - from;
    expect(took).toBeLessThan(atSpeed(2_000));
    told(`A text of the console is on the phone beside it after ${took} ms.`);
    await page.locator("#sent").getByText("delivered").waitFor(); // by itself
    // The phone may not text whom it wants, and says so where it was asked.
    await phone.getByLabel("To", { exact: true }).fill("07700 900999");
    await phone.getByLabel("Text", { exact: true }).fill("Thank you");
    await page.keyboard.press("Enter");
    await phone.getByRole("alert").getByText("Text one of the tenant's virtual numbers.").waitFor();
    expect(await phone.getByLabel("Text", { exact: true }).inputValue()).toBe("Thank you");
    expect(await violations(page)).toEqual([]);
    expect(asked.filter((url) => /7700|%2B44/.test(url))).toEqual([]);
    expect(own(wrong).filter((each) => !/422/.test(each))).toEqual([]);
    await context.close();
  });

  it("without scripts the phone is there too; and a role without the sandbox's scope sees none", async () => {
    const context = await story.browser.newContext({ javaScriptEnabled: false, baseURL: story.service.base });
    const page = await context.newPage();
    await story.signIn(page, "olive");
    await page.goto("/console/send");
    await page.getByRole("button", { name: "Send", exact: true }).first().click();
    await page.getByText("Follow this message").waitFor();
    await expect
      .poll(async () => (await page.reload(), await page.locator("#phones").innerText()), { timeout: 20_000 })
      .toContain("Your parcel arrives today between 2 and 3 pm.");
    await context.close();
    const other = await watchedPage(story.browser, story.service.base);
    await story.signIn(other.page, "sam");
    await other.page.goto("/console/send");
    await other.page.getByRole("heading", { name: "A text" }).waitFor();
    expect(await other.page.locator("[data-handset], [data-text]").count()).toBe(0);
    await other.context.close();
  });

  it.each(["light", "dark"] as const)(
    "every page can be read by everybody, in %s, at every width, and asks no other host",
    async (scheme) => {
      const { page, context, wrong } = await watchedPage(story.browser, story.service.base, scheme);
      await page.goto("/");
      expect(await violations(page)).toEqual([]);
      await page.goto(story.signInUrl);
      expect(await violations(page)).toEqual([]);
      await story.signIn(page, "olive");
      const message = await story.service.call<{ id: string }>(
        "POST /v1/messages",
        { to: "+447700900124", purpose: "service", text: "x" },
        story.tenant.key,
      );
      const hook = await story.service.call<{ id: string }>(
        "POST /v1/webhooks",
        { url: "http://127.0.0.1:1999/hook", events: ["*"] },
        story.tenant.key,
      );
      const paths = [
        ...PLAIN.map(({ path }) => path),
        `/console/messages/${message.id}`,
        `/console/webhooks/${hook.id}`,
      ];
      for (const path of paths) {
        for (const width of [360, 900, 1_440, 2_560]) {
          await page.setViewportSize({ width, height: 900 });
          await page.goto(path);
          expect([path, width, await violations(page), await fits(page)]).toEqual([path, width, [], true]);
        }
      }
      expect(own(wrong)).toEqual([]);
      await context.close();
    },
    180_000,
  );

  it("a viewer is led to what a viewer may, and told so where not", async () => {
    const { page, context } = await watchedPage(story.browser, story.service.base);
    await story.signIn(page, "vera");
    const links = await page.getByRole("navigation", { name: "Pages", exact: true }).getByRole("link").allInnerTexts();
    expect(links.map((text) => text.trim())).toEqual([
      "Overview",
      "Live",
      "Messages",
      "Verifications",
      "Conversations",
      "Pools",
      "Alerts",
      "Settings",
      "Handset",
      "API reference",
    ]);
    await page.goto("/console/keys");
    await page.getByRole("heading", { name: "A viewer does not see this page" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await context.close();
  });

  it("somebody without a role is told, and has no session", async () => {
    const { page, context } = await watchedPage(story.browser, story.service.base);
    await story.signIn(page, "nobody");
    await page.getByRole("heading", { name: "You have no access" }).waitFor();
    expect((await context.cookies(story.service.base)).map(({ name }) => name)).not.toContain(
      "__Host-maskline_console",
    );
    await context.close();
  });

  it("the first link of a start signs in as the owner, once; then it asks who one is", async () => {
    const link = story.provider.openLink({ go: `${story.signInUrl}/go`, page: story.signInUrl });
    const first = await watchedPage(story.browser, story.service.base);
    await first.page.goto(link);
    await first.page.getByText("Olive Owen").first().waitFor({ state: "attached" });
    expect(new URL(first.page.url()).pathname).toBe("/console");
    await first.context.close();
    const second = await watchedPage(story.browser, story.service.base);
    await second.page.goto(link);
    await second.page.getByRole("heading", { name: "Sign in to the console" }).waitFor();
    await second.context.close();
  });

  it("without scripts, and by keyboard alone, one searches and finds", async () => {
    const context = await story.browser.newContext({ javaScriptEnabled: false, baseURL: story.service.base });
    const page = await context.newPage();
    await story.signIn(page, "sam");
    await page.goto("/console/messages");
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").innerText()).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await page.getByLabel("Token, reference or message id").focus();
    await page.keyboard.type("nothing-of-this-name");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "No message fits this search" }).waitFor();
    expect(page.url()).toContain("reference=nothing-of-this-name");
    await context.close();
  });

  /** Goes on by Tab to what has this name, as somebody without a mouse does. */
  async function tabTo(page: Page, name: RegExp): Promise<void> {
    for (let presses = 0; presses < 150; presses += 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate<string>(
        `(() => { const e = document.activeElement; return e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent ?? "" })()`,
      );
      if (name.test(at.trim())) return;
    }
    throw new Error(`no way by keyboard to ${String(name)}`);
  }

  it("by keyboard alone one sends, finds, sends a webhook again, replaces a key and ends a session", async () => {
    const { page, context, wrong } = await watchedPage(story.browser, story.service.base);
    const other = await watchedPage(story.browser, story.service.base);
    await story.signIn(other.page, "sam");
    await story.signIn(page, "olive");
    const press = (key: string) => page.keyboard.press(key);
    await page.goto("/console/send");
    await tabTo(page, /^To$/);
    await page.keyboard.type("07700 900125");
    await tabTo(page, /^Text$/);
    await page.keyboard.type("By keyboard");
    await tabTo(page, /^Send$/);
    await press("Enter");
    await page.waitForURL(/\/console\/send\?sent=msg_/);
    const id = new URL(page.url()).searchParams.get("sent") ?? "";
    await page.goto("/console/messages");
    await tabTo(page, /^Token, reference or message id$/);
    await page.keyboard.type(id);
    await press("Enter");
    await page.waitForURL(`**/console/messages/${id}`);
    const hook = { url: "http://127.0.0.1:1998/hook", events: ["*"] };
    const { id: endpoint } = await story.service.call<{ id: string }>("POST /v1/webhooks", hook, story.tenant.key);
    await page.goto(`/console/webhooks/${endpoint}`);
    await tabTo(page, /^Send a test event$/);
    await press("Enter");
    await page.getByText("A test event is on its way").waitFor();
    await expect
      .poll(
        async () => (
          await page.goto(`/console/webhooks/${endpoint}`),
          await page.getByRole("button", { name: /^Send .* again$/ }).count()
        ),
        { timeout: 20_000 },
      )
      .toBeGreaterThan(0);
    await tabTo(page, /^Send .* again$/);
    await press("Enter");
    await page.getByText("The event is sent again.").waitFor();
    await story.service.call("POST /v1/keys", { name: "Old", scopes: ["messages:read"] }, story.tenant.key);
    await page.goto("/console/keys");
    await tabTo(page, /^Replace Old$/);
    await press("Enter");
    await page.getByText("The key was replaced.").waitFor();
    await page.goto("/console/people");
    await tabTo(page, /^End the session of Sam/);
    await press("Enter");
    await page.getByText("The session has ended.").waitFor();
    await other.page.goto("/console/messages");
    await other.page.getByRole("heading", { name: "Sign in to the console" }).waitFor();
    expect(own(wrong)).toEqual([]);
    await context.close();
    await other.context.close();
  }, 90_000);

  it("what happens appears within two seconds without reloading, and pauses when nobody is here", async () => {
    const { page, context, wrong, asked } = await watchedPage(story.browser, story.service.base);
    await page.clock.install();
    await story.signIn(page, "vera");
    await page.goto("/console/live");
    await page.getByText("Up to date.").waitFor();
    const text = { to: "+447700900126", purpose: "service", text: "x" };
    const { id } = await story.service.call<{ id: string }>("POST /v1/messages", text, story.tenant.key);
    await page.clock.runFor(2_000);
    await page.locator(`a[href="/console/messages/${id}"]`).waitFor();
    expect(page.url()).toContain("/console/live");
    // Ten minutes later nothing is asked any more, and it says so.
    for (let minutes = 0; minutes < 11; minutes += 1) {
      await page.clock.fastForward(60_000);
      await page.waitForLoadState("networkidle");
    }
    await page.getByText("Paused, because nobody was here for ten minutes.").waitFor();
    const before = asked.length;
    await page.clock.runFor(60_000);
    expect(asked.length).toBe(before);
    await page.getByRole("button", { name: "Live" }).click();
    await page.getByText("Up to date.").waitFor();
    // A browser that has lost its session is led to the sign-in, and not asked for ever.
    await context.clearCookies({ name: "__Host-maskline_console" });
    await page.clock.runFor(2_000);
    await page.getByRole("heading", { name: "Sign in to the console" }).waitFor();
    expect(own(wrong)).toEqual([]);
    await context.close();
  }, 90_000);
});
