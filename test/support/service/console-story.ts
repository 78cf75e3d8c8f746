/**
 * What every story at a console begins with: the built Worker, the identity provider of `npm start` beside it, a browser, a sandbox
 * tenant, and a sign-in that is set.
 */
import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { CLAIM, OPERATOR_ROWS, PEOPLE, ROLE_ROWS, startProvider } from "../../../scripts/lib/identity-provider.mjs";
import { startBrowser, startService } from "./browser.ts";

export type ConsoleStory = Awaited<ReturnType<typeof startConsole>>;

/** Starts all of it. `whose` is the console: the tenant's, or the operators'. */
export async function startConsole(whose: "tenant" | "operators") {
  const service = await startService();
  const clientSecret = randomBytes(32).toString("base64url");
  const provider = await startProvider({ console: service.base, clientSecret });
  const browser = await startBrowser();
  const tenant = await service.tenant("sandbox");
  const settings = { issuer: provider.issuer, client_id: provider.clientId, client_secret: clientSecret, claim: CLAIM };
  const set = await (whose === "tenant"
    ? service.call<{ sign_in_url: string }>("PUT /v1/sign-in", { ...settings, roles: ROLE_ROWS }, tenant.key)
    : service.operate<{ sign_in_url: string }>("PUT /admin/v1/sign-in", { ...settings, roles: OPERATOR_ROWS }));
  const signInUrl = new URL(set.sign_in_url, service.base).href;
  return {
    service,
    provider,
    browser,
    tenant,
    signInUrl,
    /** Through the sign-in page and the provider, as one of its people. */
    signIn: async (page: Page, person: keyof typeof PEOPLE): Promise<void> => {
      await page.goto(signInUrl);
      await page.getByRole("link", { name: "Continue to sign in" }).click();
      await page.getByRole("button", { name: PEOPLE[person].name }).click();
      await page.waitForURL((url) => url.href.startsWith(service.base));
    },
    /** What went wrong on our own pages, but for answers with these statuses, which the story asks for. */
    own: (wrong: readonly string[], statuses = /404/): string[] =>
      wrong.filter((each) => !each.includes(provider.issuer) && !/favicon/.test(each) && !statuses.test(each)),
    stop: async (): Promise<void> => {
      await browser.close();
      await provider.stop();
      await service.kill();
    },
  };
}

/** Whether the page is no wider than the screen. */
export const fits = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth");
