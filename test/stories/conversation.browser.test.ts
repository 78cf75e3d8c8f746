// A masked conversation as its two people live it, on two phones side by side in a real browser: the reply, a rotation, STOP,
// the end and the tombstone. By keyboard where it matters, and judged by axe.
import { mkdirSync } from "node:fs";
import { env } from "node:process";
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

const spaced = (number: string) => number.replace(/^\+44(\d{4})/, "0$1 ");
const [ALICE, BOB] = ["+447700900111", "+447700900222"];
type Session = { id: string; participants: { proxy: { number: string } }[] };
type Lines = { data: { line: string; number: string }[] };

/** A sandbox tenant with eight virtual numbers in a pool and a session of two. */
async function conversation() {
  const { id, key } = await service.tenant("sandbox");
  const call = <T>(route: string, body?: unknown) => service.call<T>(route, body, key);
  const accounts = await service.operate<{ data: { id: string; kind: string }[] }>("GET /admin/v1/carriers");
  const account = accounts.data.find(({ kind }) => kind === "sandbox")?.id;
  const numbers = Array.from({ length: 8 }, (_, nth) => ({ number: `+44770090087${nth}`, account }));
  await service.operate("POST /admin/v1/numbers", { tenant: id, numbers });
  const { data } = await call<{ data: { id: string }[] }>("GET /v1/numbers");
  await call("POST /v1/pools", { name: "Couriers", numbers: data.map((one) => one.id) });
  const participants = [{ to: ALICE, name: "Alice" }, { to: BOB }];
  const session = await call<Session>("POST /v1/sessions", { participants, idle_seconds: 86_400 });
  const proxies = (of: Session) => of.participants.map(({ proxy }) => proxy.number) as [string, string];
  return { key, call, session, proxies, lines: async () => (await call<Lines>("GET /v1/sandbox/handset/lines")).data };
}

async function signIn(page: Page, key: string): Promise<void> {
  await page.goto("/handset");
  await page.getByLabel("API key").fill(key);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Phones", exact: true }).waitFor();
}

/** One of the phones, by the number on it. */
const phone = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const [ALICES, BOBS] = ["Alice 07700 900111", "Bob 07700 900222"];

/** Somebody who has no line yet writes, in the form that stands open while there is no phone. */
async function textAsNew(page: Page, as: string, to: string, text: string): Promise<void> {
  await page.getByLabel("As", { exact: true }).fill(as);
  await page.getByLabel("To the virtual number").fill(to);
  await page.getByLabel("Text", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).press("Enter");
}

/** The person of a phone writes, by keyboard. */
async function say(page: Page, name: string, text: string, to?: string): Promise<void> {
  const at = phone(page, name);
  if (to !== undefined) await at.getByLabel("To", { exact: true }).fill(to);
  await at.getByLabel("Text", { exact: true }).fill(text);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await at.getByText(text, { exact: true }).first().waitFor();
}

const hears = (page: Page, name: string, text: string) => phone(page, name).getByText(text, { exact: true }).waitFor();

/** Keeps a picture for whoever wants to look (SCREENSHOTS names a folder). */
async function picture(page: Page, name: string): Promise<void> {
  const folder = env["SCREENSHOTS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

describe.skipIf(!hasBrowser)("a masked conversation in a browser", () => {
  it.each(["light", "dark"] as const)(
    "in %s: reply, rotation, STOP, end and tombstone, on both phones",
    async (scheme) => {
      const { key, call, session, proxies, lines } = await conversation();
      const [alices, bobs] = proxies(session);
      const { page, context, wrong, asked } = await watchedPage(browser, service.base, scheme);
      await signIn(page, key);
      expect(await violations(page)).toEqual([]);

      await textAsNew(page, "07700 900111", alices, "Where do we meet?");
      await hears(page, ALICES, "Where do we meet?");
      const lineOf = async (number: string) => (await lines()).find((one) => one.number === number)?.line ?? "";
      await page.getByRole("link", { name: `Show ${BOBS} beside` }).press("Enter");
      await hears(page, BOBS, "Where do we meet?");
      expect(page.url()).toBe(`${service.base}/handset?line=${await lineOf(ALICE)}&beside=${await lineOf(BOB)}`);

      expect(await phone(page, BOBS).getByLabel("To", { exact: true }).inputValue()).toBe(spaced(bobs));
      await say(page, BOBS, "At the north gate.");
      await hears(page, ALICES, "At the north gate.");
      expect(await violations(page)).toEqual([]);
      await picture(page, `conversation-${scheme}`);

      const rotated = proxies(await call<Session>(`POST /v1/sessions/${session.id}/rotate`, {}));
      expect(rotated.filter((proxy) => [alices, bobs].includes(proxy))).toEqual([]);
      await say(page, ALICES, "To the old number, in the overlap", alices);
      await hears(page, BOBS, "To the old number, in the overlap");

      await say(page, BOBS, "STOP", rotated[1]);
      await hears(page, ALICES, "The other person has stopped these texts. They will not get your messages.");
      await say(page, ALICES, "Are you angry?", rotated[0]);
      await say(page, BOBS, "START", rotated[1]);
      await say(page, ALICES, "Welcome back", rotated[0]);
      await hears(page, BOBS, "Welcome back");
      expect(await phone(page, BOBS).innerText()).not.toContain("Are you angry?");

      await call("POST /v1/sandbox/clock", { advance_seconds: 86_400 });
      await say(page, ALICES, "Is this still on?", rotated[0]);
      await hears(page, ALICES, "This conversation has ended.");
      expect(await call<{ state: string }>(`GET /v1/sessions/${session.id}`)).toMatchObject({
        state: "expired",
        reason: "idle",
      });
      const bobSees = await phone(page, BOBS).innerText();
      expect(bobSees).not.toMatch(/Is this still on\?|900111/);
      expect(await phone(page, ALICES).innerText()).not.toContain("900222");
      await picture(page, `ended-${scheme}`);

      expect(asked.filter((url) => url.includes(key) || /7700|%2B44/.test(url))).toEqual([]);
      expect(wrong).toEqual([]);
      await context.close();
    },
  );

  it("a number that is not the tenant's is refused in words, and another site's form is not read", async () => {
    const { key } = await conversation();
    const { page, context } = await watchedPage(browser, service.base);
    await signIn(page, key);
    await textAsNew(page, "07700 900111", "07700 900999", "Hello?");
    await page.getByText("Text one of the tenant's virtual numbers.").waitFor();
    const forged = await fetch(`${service.base}/handset/answer`, {
      method: "POST",
      headers: { origin: "https://evil.example", "content-type": "application/x-www-form-urlencoded" },
      body: "number=07700900111&to=1&text=x",
    });
    expect(forged.status).toBe(403);
    await context.close();
  });
});
