// The story of a developer at the sandbox's handset, in a real browser, and what strangers get at its doors.
import type { Browser, Page } from "playwright-core";
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

type Sent = { id: string; state: string };
const send = (key: string, to: string, text: string) =>
  service.call<Sent>("POST /v1/messages", { to, text, purpose: "service" }, key);

async function signIn(page: Page, key: string): Promise<void> {
  await page.goto("/handset");
  await page.getByLabel("API key").fill(key);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Texts, newest first" }).waitFor();
}

/** Presses Tab until the named thing has the focus, and says whether that can be seen. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    const [text, outline] = await page.evaluate<[string, string]>(
      `(() => { const at = document.activeElement; const label = at.labels?.[0]?.textContent ?? "";
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
      const shown = await page.locator("[data-text]").innerText();
      for (const fact of ["+44 7700 900123", "Your shift on Friday is confirmed.", message.id, "UTC"])
        expect(shown).toContain(fact);
      expect(await violations(page)).toEqual([]);

      const [cookie] = await context.cookies(`${service.base}/handset`);
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", secure: true, path: "/" });
      expect(cookie?.value).not.toContain(key);
      await tabTo(page, "Sign out");
      await page.keyboard.press("Enter");
      await page.getByLabel("API key").waitFor();
      expect(await context.cookies(`${service.base}/handset`)).toEqual([]);

      expect(asked.filter((url) => url.includes(key) || /7700|%2B44/.test(url))).toEqual([]);
      expect(wrong).toEqual([]);
      expect(service.log()).not.toContain(key);
      await context.close();
    },
  );

  it("shows hostile words as words", async () => {
    const { key } = await service.tenant("sandbox");
    const { page, context, wrong } = await watchedPage(browser, service.base);
    const words = [
      `<script>alert(1)</script><img src=x onerror=alert(2)>`,
      `"'><svg onload=alert(3)>&lt;b&gt; \${alert(4)} {{5}}`,
      "\u202Ecba \u05E9\u05DC\u05D5\u05DD \u0645\u0631\u062D\u0628\u0627",
      "👩🏽‍🚒 e\u0301 第二行\nsecond line",
    ];
    await signIn(page, key);
    for (const text of words) await send(key, "+447700900123", text);
    await page
      .locator("[data-text]")
      .nth(words.length - 1)
      .waitFor();
    await page.reload();
    expect((await page.locator(".words").allTextContents()).sort()).toEqual([...words].sort());
    expect(await page.locator("#texts :is(script, img, svg, b)").count()).toBe(0);
    expect(await page.locator(".words").first().getAttribute("dir")).toBe("auto");
    expect(await violations(page)).toEqual([]);
    expect(wrong).toEqual([]);
    await context.close();
  });

  it("shows one line alone, and moves the clock until a slow receipt comes", async () => {
    const { key } = await service.tenant("sandbox");
    const { page, context, wrong } = await watchedPage(browser, service.base);
    await send(key, "+447700900123", "for one");
    const slow = await send(key, "+447700900903", "for another");
    await signIn(page, key);
    await page.getByRole("link", { name: "+44 7700 900903" }).click();
    await page.getByRole("heading", { name: "Texts on +44 7700 900903" }).waitFor();
    expect(await page.locator(".words").allTextContents()).toEqual(["for another"]);
    expect(page.url()).toMatch(/\/handset\?line=lin_\w+$/);
    expect((await service.call<Sent>(`GET /v1/messages/${slow.id}`, undefined, key)).state).toBe("sent");

    await tabTo(page, "+1 minute");
    await page.keyboard.press("Enter");
    await page.waitForURL(/line=lin_\w+#clock$/);
    await expect
      .poll(async () => (await service.call<Sent>(`GET /v1/messages/${slow.id}`, undefined, key)).state)
      .toBe("delivered");
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
    await page.getByText("still here").waitFor();
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
    expect(await look(cookie)).toContain("Texts, newest first");
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
