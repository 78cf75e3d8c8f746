// The story of a developer at the sandbox's handset, in a real browser, and what strangers get at its doors.
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NAUGHTY } from "../support/hostile/texts.ts";
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

type Sent = { id: string; state: string };
const send = (key: string, to: string, text: string) =>
  service.call<Sent>("POST /v1/messages", { to, text, purpose: "service" }, key);

/** Sends texts one after the other to one number; an hour of the sandbox's clock goes by before a limit is reached. */
async function sendAll(key: string, texts: readonly string[]): Promise<void> {
  for (const [at, text] of texts.entries()) {
    if (at % 3 === 2) await service.call("POST /v1/sandbox/clock", { advance_seconds: 3_600 }, key);
    const { id } = await send(key, "+447700900123", text);
    await expect
      .poll(async () => (await service.call<Sent>(`GET /v1/messages/${id}`, undefined, key)).state)
      .toBe("delivered");
  }
}

type Text = { received_at: string };
const newestOn = async (key: string): Promise<Text> => {
  const { data } = await service.call<{ data: Text[] }>("GET /v1/sandbox/handset/messages?limit=1", undefined, key);
  return data[0]!;
};

async function signIn(page: Page, key: string): Promise<void> {
  await page.goto("/handset");
  await page.getByLabel("API key").fill(key);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Phones", exact: true }).waitFor();
}

const fits = (page: Page) => page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth");

/** Inside the scrolled part of its phone. */
async function inSight(page: Page, text: Locator): Promise<void> {
  const [thread, at] = [(await page.locator(".thread").first().boundingBox())!, (await text.boundingBox())!];
  expect(at.y).toBeGreaterThanOrEqual(thread.y);
  expect(at.y + at.height).toBeLessThanOrEqual(thread.y + thread.height + 1);
}

/** Presses Tab until the named thing has the focus, and says whether that can be seen. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    const [text, outline] = await page.evaluate<[string, string]>(
      `(() => { const at = document.activeElement; if (at === document.body) return ["", "solid"]; /* past the end */ const label = at.labels?.[0]?.textContent ?? "";
        return [(label + " " + at.textContent).trim(), getComputedStyle(at).outlineStyle]; })()`,
    );
    expect(outline, `the focus on ${text} can be seen`).toBe("solid");
    if (text.startsWith(name)) return;
  }
  throw new Error(`${name} is not to be reached by keyboard`);
}

describe.skipIf(!hasBrowser)("the handset in a browser", () => {
  it.each(["light", "dark"] as const)(
    "by keyboard alone, in %s: sign in, see a text arrive, sign out",
    async (scheme) => {
      const { key } = await service.tenant("sandbox");
      const { page, context, wrong, asked } = await watchedPage(browser, service.base, scheme);
      await page.goto("/handset");
      expect(await violations(page)).toEqual([]);
      await tabTo(page, "Skip to the content");
      await tabTo(page, "API key");
      await page.keyboard.type(key);
      await page.keyboard.press("Enter");
      await page.getByText("No text has arrived yet").waitFor();

      const message = await send(key, "+447700900123", "Your shift on Friday is confirmed.");
      await page.getByRole("status").filter({ hasText: "One new text." }).waitFor();
      await page.getByRole("region", { name: "Sam 07700 900123", exact: true }).waitFor();
      const text = page.locator("[data-text]");
      expect(await text.locator(".words").innerText()).toBe("Your shift on Friday is confirmed.");
      // The short time is this browser's; the exact one, with what else is known, opens by keyboard.
      const { received_at } = await newestOn(key);
      const at = new Date(received_at);
      const local = at.toLocaleTimeString("en-US", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
      expect(await text.locator("summary time").innerText()).toBe(local);
      expect(await text.locator("summary time").getAttribute("datetime")).toBe(received_at);
      await tabTo(page, local);
      await page.keyboard.press("Enter");
      const shown = await text.locator("dl").innerText();
      for (const fact of ["07700 900123", message.id, `${received_at.slice(0, 10)} ${received_at.slice(11, 19)} UTC`])
        expect(shown).toContain(fact);
      expect(await violations(page)).toEqual([]);

      const cookie = (await context.cookies(`${service.base}/handset`)).find(({ name }) => name.endsWith("_handset"));
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", secure: true, path: "/" });
      expect(cookie?.value).not.toContain(key);
      await tabTo(page, "Sign out");
      await page.keyboard.press("Enter");
      await page.getByLabel("API key").waitFor();
      const names = (await context.cookies(`${service.base}/handset`)).map(({ name }) => name);
      expect(names).not.toContain("__Host-maskline_handset");

      expect(asked.filter((url) => url.includes(key) || /7700|%2B44/.test(url))).toEqual([]);
      expect(wrong).toEqual([]);
      expect(service.log()).not.toContain(key);
      await context.close();
    },
  );

  it("shows hostile words as words, in the chat and in the list of phones", async () => {
    const { key } = await service.tenant("sandbox");
    const { page, context, wrong } = await watchedPage(browser, service.base);
    await signIn(page, key);
    await sendAll(key, NAUGHTY);
    await page
      .locator("[data-text]")
      .nth(NAUGHTY.length - 1)
      .waitFor();
    await page.reload();
    expect((await page.locator(".words").allTextContents()).sort()).toEqual([...NAUGHTY].sort());
    expect(await page.locator("#phones :is(script, img, iframe, style, a, b, marquee)").count()).toBe(0);
    expect(await page.locator(".words").first().getAttribute("dir")).toBe("auto");
    expect(await page.locator("#lines .line-last bdi").innerHTML()).not.toContain("<");
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(await violations(page)).toEqual([]);
    expect(wrong).toEqual([]);
    await context.close();
  });

  it("is a chat: the newest text is at the bottom and in sight, with and without scripts, and stays so as more arrive", async () => {
    const { key } = await service.tenant("sandbox");
    await sendAll(
      key,
      Array.from({ length: 14 }, (_, at) => `Text ${at + 1}`),
    );
    for (const javaScriptEnabled of [false, true]) {
      const context = await browser.newContext({ javaScriptEnabled, baseURL: service.base });
      const page = await context.newPage();
      await signIn(page, key);
      await expect.poll(() => page.locator(".words").count()).toBeGreaterThanOrEqual(14);
      const words = await page.locator(".words").allTextContents();
      expect(words.slice(0, 14)).toEqual(Array.from({ length: 14 }, (_, at) => `Text ${at + 1}`));
      await inSight(page, page.locator("[data-text]").last());
      const composer = (await page.locator(".composer").boundingBox())!;
      const last = (await page.locator("[data-text]").last().boundingBox())!;
      expect(composer.y).toBeGreaterThanOrEqual(last.y + last.height);
      if (javaScriptEnabled) {
        await send(key, "+447700900123", "One more");
        await page.getByText("One more", { exact: true }).first().waitFor();
        await inSight(page, page.locator("[data-text]").last());
      }
      await context.close();
    }
  });

  it("two phones stand side by side from 900 px, and below that the texts come first, of one phone", async () => {
    const { key } = await service.tenant("sandbox");
    await send(key, "+447700900202", "for Ben");
    await send(key, "+447700900201", "for Asha");
    const { page, context } = await watchedPage(browser, service.base);
    await signIn(page, key);
    const [asha, ben] = ["Asha 07700 900201", "Ben 07700 900202"].map((name) =>
      page.getByRole("region", { name, exact: true }),
    ) as [Locator, Locator];
    for (const width of [900, 1_440, 2_560]) {
      await page.setViewportSize({ width, height: 900 });
      const [left, right] = [(await asha.boundingBox())!, (await ben.boundingBox())!];
      expect([width, left.y, left.x + left.width <= right.x]).toEqual([width, right.y, true]);
      expect(await fits(page)).toBe(true);
    }
    for (const width of [360, 899]) {
      await page.setViewportSize({ width, height: 800 });
      expect([width, await ben.isVisible()]).toEqual([width, false]);
      const [phone, lines] = [(await asha.boundingBox())!, (await page.locator("#lines").boundingBox())!];
      expect(phone.y + phone.height).toBeLessThanOrEqual(lines.y);
      expect(await fits(page)).toBe(true);
    }
    // At 200 % zoom a window of 1,280 px has 640.
    await page.setViewportSize({ width: 640, height: 450 });
    expect(await fits(page)).toBe(true);
    expect(await violations(page)).toEqual([]);
    await context.close();
  });

  it("marks a line whose texts nobody looked at, until somebody does, also without scripts", async () => {
    const { key } = await service.tenant("sandbox");
    for (const number of ["+447700900123", "+447700900202", "+447700900201"]) await send(key, number, `to ${number}`);
    for (const javaScriptEnabled of [false, true]) {
      const context = await browser.newContext({ javaScriptEnabled, baseURL: service.base });
      const page = await context.newPage();
      await signIn(page, key);
      const unread = page.locator("#lines .unread");
      await expect.poll(() => unread.count()).toBe(1);
      expect(await unread.innerText()).toContain("New:");
      expect(await unread.innerText()).toContain("Sam");
      await unread.locator(".line-link").click();
      await page.getByRole("region", { name: "Sam 07700 900123", exact: true }).waitFor();
      await page.goto("/handset");
      expect(await unread.count()).toBe(0);
      await context.close();
    }
  });

  it("offers a code to copy, and without scripts it can be selected", async () => {
    const { key } = await service.tenant("sandbox");
    await service.call("POST /v1/verifications", { to: "+447700900123", intent: "login" }, key);
    const { page, context, wrong } = await watchedPage(browser, service.base);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await signIn(page, key);
    await page.getByRole("button", { name: "Copy code" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(copied).toMatch(/^\d{6}$/);
    expect(await page.locator(".words").innerText()).toContain(copied);
    const answer = { to: "+447700900123", code: copied };
    expect((await service.call<Sent>("POST /v1/verifications/check", answer, key)).state).toBe("approved");
    expect(wrong).toEqual([]);
    await context.close();
    const plain = await browser.newContext({ javaScriptEnabled: false, baseURL: service.base });
    const silent = await plain.newPage();
    await signIn(silent, key);
    expect(await silent.locator(".code-offer code").innerText()).toBe(copied);
    expect(await silent.locator(".code-offer button").isVisible()).toBe(false);
    await plain.close();
  });

  it("moves nothing for somebody who asked for less motion", async () => {
    const { key } = await service.tenant("sandbox");
    const context = await browser.newContext({ reducedMotion: "reduce", baseURL: service.base });
    const page = await context.newPage();
    await signIn(page, key);
    await send(key, "+447700900123", "first");
    await page.getByText("first", { exact: true }).first().waitFor();
    await send(key, "+447700900123", "second");
    await page.locator("[data-new]").waitFor();
    expect(await page.evaluate("document.getAnimations().length")).toBe(0);
    await context.close();
  });

  it("shows one line alone, and moves the clock until a slow receipt comes", async () => {
    const { key } = await service.tenant("sandbox");
    const { page, context, wrong } = await watchedPage(browser, service.base);
    await send(key, "+447700900123", "for one");
    const slow = await send(key, "+447700900903", "for another");
    await signIn(page, key);
    await page.getByRole("link", { name: /^Slow 07700 900903/ }).click();
    await page.waitForURL(/line=/);
    await page.getByRole("heading", { name: "Slow 07700 900903" }).waitFor();
    expect(await page.locator(".words").allTextContents()).toEqual(["for another"]);
    expect(page.url()).toMatch(/\/handset\?line=lin_\w+$/);
    expect((await service.call<Sent>(`GET /v1/messages/${slow.id}`, undefined, key)).state).toBe("sent");

    expect(await page.getByRole("button", { name: "+1 minute" }).isVisible()).toBe(false); // folded away
    await tabTo(page, "Clock");
    await page.keyboard.press("Enter");
    await tabTo(page, "+1 minute");
    await page.keyboard.press("Enter");
    await page.waitForURL(/line=lin_\w+#clock$/);
    await expect
      .poll(async () => (await service.call<Sent>(`GET /v1/messages/${slow.id}`, undefined, key)).state)
      .toBe("delivered");
    await page.getByLabel("Forward by seconds").waitFor(); // the address leads into it, so it is open
    await page.getByLabel("Forward by seconds").fill("86400");
    await page.getByRole("button", { name: "Move" }).click();
    const tomorrow = new Date(Date.now() + 86_460_000).toISOString().slice(0, 10);
    await page.locator("#now").filter({ hasText: tomorrow }).waitFor();
    expect(wrong).toEqual([]);
    await context.close();
  });

  it("without scripts everything is there but the looking by itself", async () => {
    const { key } = await service.tenant("sandbox");
    await send(key, "+447700900123", "still here");
    const context = await browser.newContext({ javaScriptEnabled: false, baseURL: service.base });
    const page = await context.newPage();
    await signIn(page, key);
    await page.getByText("still here").first().waitFor();
    expect(await page.getByText("Update by itself").isVisible()).toBe(false);
    await context.close();
  });
});

describe("the handset's doors", () => {
  const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${service.base}${path}`, {
      method: "POST",
      redirect: "manual",
      headers: { origin: service.base, ...headers },
      body: new URLSearchParams(fields),
    });
  const cookieOf = (answer: Response) => answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  const look = async (cookie: string) => (await fetch(`${service.base}/handset`, { headers: { cookie } })).text();

  it("a form that no page of ours sent is not read", async () => {
    const { key } = await service.tenant("sandbox");
    for (const path of ["/handset/sign-in", "/handset/sign-out", "/handset/clock"]) {
      for (const headers of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
      ]) {
        const answer = await form(path, { key, advance_seconds: "60" }, headers);
        expect(answer.status).toBe(403);
        expect(answer.headers.get("set-cookie")).toBeNull();
      }
    }
    expect((await form("/handset/sign-in", { key }, { "content-type": "text/plain" })).status).toBe(415);
    expect((await form("/handset/sign-in", { key: "x".repeat(40_000) })).status).toBe(413);
  });

  it("tells why a key opens nothing, and does not repeat it", async () => {
    const narrow = await service.tenant("sandbox", ["messages:read"]);
    const live = await service.tenant("live");
    const cases = [
      ["mk_test_nonsense", /not a key that opens a sandbox/],
      [narrow.key, /lacks the scope sandbox:use/],
      [live.key, /Live tenants have no handset/],
    ] as const;
    for (const [key, says] of cases) {
      const answer = await form("/handset/sign-in", { key });
      const page = await answer.text();
      expect(answer.status).toBe(401);
      expect(page).toMatch(says);
      expect(page).not.toContain(key);
      expect(cookieOf(answer)).toBe("__Host-maskline_handset=");
    }
  });

  it("says so when a browser does not keep the session cookie", async () => {
    const { key } = await service.tenant("sandbox");
    const signedIn = await form("/handset/sign-in", { key });
    const arrived = await fetch(new URL(signedIn.headers.get("location") ?? "", service.base));
    expect(await arrived.text()).toContain("did not keep the session cookie");
  });

  it("a session ends with its key, and none can be forged", async () => {
    const { id, key } = await service.tenant("sandbox");
    const cookie = cookieOf(await form("/handset/sign-in", { key }));
    expect(await look(cookie)).toContain("Update by itself");
    expect(await look(`${cookie.slice(0, -4)}AAAA`)).toContain("Sign in");
    expect(await look(`__Host-maskline_handset=${Buffer.from(key).toString("base64url")}`)).toContain("Sign in");

    const spare = await service.newKey(id, ["keys:manage"]);
    const { data } = await service.call<{ data: { id: string; scopes: string[] }[] }>("GET /v1/keys", undefined, spare);
    const first = data.find(({ scopes }) => scopes.includes("*"));
    await service.call(`DELETE /v1/keys/${first?.id}`, undefined, spare);
    expect(await look(cookie)).toContain("not a key that opens a sandbox");
  });

  it("one tenant's session shows nothing of another's", async () => {
    const [mine, other] = [await service.tenant("sandbox"), await service.tenant("sandbox")];
    await send(other.key, "+447700900123", "for somebody else");
    const lines = await service.call<{ data: { line: string }[] }>(
      "GET /v1/sandbox/handset/lines",
      undefined,
      other.key,
    );
    const cookie = cookieOf(await form("/handset/sign-in", { key: mine.key }));
    const answer = await fetch(`${service.base}/handset?line=${lines.data[0]?.line ?? ""}`, { headers: { cookie } });
    expect(await answer.text()).not.toContain("for somebody else");
  });

  it("the clock takes whole seconds within its bounds", async () => {
    const { key } = await service.tenant("sandbox");
    const cookie = cookieOf(await form("/handset/sign-in", { key }));
    for (const advance_seconds of ["", "0", "-60", "1.5", "1e3", "99999999", "60; DROP"])
      expect((await form("/handset/clock", { advance_seconds }, { cookie })).status, advance_seconds).toBe(422);
  });

  it("every page is kept nowhere, framed nowhere, and holds no script", async () => {
    const { key } = await service.tenant("sandbox");
    const cookie = cookieOf(await form("/handset/sign-in", { key }));
    for (const headers of [{}, { cookie }]) {
      const answer = await fetch(`${service.base}/handset`, { headers });
      expect(answer.headers.get("cache-control")).toBe("no-store");
      const policy = answer.headers.get("content-security-policy") ?? "";
      for (const rule of ["default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'"])
        expect(policy).toContain(rule);
      expect(await answer.text()).not.toMatch(/<script(?! src="\/handset\/handset\.js")|<style| style=| on\w+=/);
    }
  });
});
