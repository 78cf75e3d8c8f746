// Strangers' words on every page that shows some: texts that came in, names, references, metadata, sentences, answers of webhooks and of
// carriers. They are shown as words in a real browser: nothing of them runs, asks another host or breaks the page on a narrow phone.
import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NAUGHTY } from "../support/hostile/inputs.ts";
import { json, outside, type Outside } from "../support/receivers/outside.ts";
import { hasBrowser, watchedPage } from "../support/service/browser.ts";
import { startConsole, type ConsoleStory } from "../support/service/console-story.ts";
import { signed } from "../support/service/recorded.ts";

const MARKUP = [
  `<img src=x onerror=alert(1)>"'\`</script><script>alert(1)</script>`,
  `</bdi></td></table><style>*{display:none}</style><iframe src="//evil.example">`,
  `<form action="https://evil.example"><button>Sign in again</button>`,
  `<meta http-equiv="refresh" content="0;url=//evil.example"><base href="//evil.example">`,
];
const WORDS = [...MARKUP, ...NAUGHTY];
const isOne = (text: string): boolean => text.trim() !== "";

let story: ConsoleStory;
let gateway: Outside;
let hook: Outside;
const ids = {
  messages: new Set<string>(),
  sessions: new Set<string>(),
  inbox: new Set<string>(),
  hooks: new Set<string>(),
  pools: new Set<string>(),
};

/** Asks, and says whether it was taken: much of this is refused, and is then nowhere. */
async function tried(route: string, body: unknown): Promise<string | null> {
  const answer = await story.service.call<{ id?: string }>(route, body, story.tenant.key).catch(() => null);
  return answer?.id ?? null;
}

beforeAll(async () => {
  if (!hasBrowser) return;
  story = await startConsole("tenant");
  let turn = 0;
  const next = () => WORDS[(turn += 1) % WORDS.length] ?? "";
  gateway = await outside((_call, response) => json(response, 400, { accepted: false, code: next() }));
  hook = await outside(
    (_call, response) =>
      void response.writeHead(400, { "content-type": "text/html" }).end(MARKUP.join("\n") + next().toWellFormed()),
  );
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const account = await story.service.operate<{ id: string }>("POST /admin/v1/carriers", {
    name: "gateway",
    kind: "http",
    mode: "test",
    url: `${gateway.url}/sms`,
    secret,
  });
  const lots = { minute: 100_000, hour: 100_000, day: 100_000 };
  const policy = { routes: [account.id], limits: { recipient: lots, block: lots, key: lots, tenant: lots } };
  await story.service.operate(`PATCH /admin/v1/tenants/${story.tenant.id}`, { policy });
  await plant(account.id, secret);
}, 120_000);
afterAll(async () => {
  await story?.stop();
  await Promise.all([gateway?.close(), hook?.close()]);
});

/** Puts the words into every place that takes some. */
async function plant(account: string, secret: string): Promise<void> {
  const numbers = ["+447700900871", "+447700900872", "+447700900873", "+447700900874"].map((number) => ({
    number,
    account,
  }));
  await story.service.operate("POST /admin/v1/numbers", { tenant: story.tenant.id, numbers });
  const { data } = await story.service.call<{ data: { id: string }[] }>("GET /v1/numbers", undefined, story.tenant.key);
  ids.hooks.add((await tried("POST /v1/webhooks", { url: `${hook.url}/hook`, events: ["*"] })) ?? "");
  const pool = { numbers: data.slice(0, 3).map(({ id }) => id), cool_off_days: 0, cool_off_others_days: 0 };
  for (const [nth, text] of WORDS.entries()) {
    const at = nth % 3 === 0;
    if (ids.pools.size === 0) add(ids.pools, await tried("POST /v1/pools", { name: text.slice(0, 100), ...pool }));
    else if (at) add(ids.pools, await tried("POST /v1/pools", { name: text.slice(0, 100) }));
    add(
      ids.messages,
      await tried("POST /v1/messages", {
        to: "+447700900150",
        purpose: "service",
        text: isOne(text) ? text : "x",
        reference: text.slice(0, 100),
        metadata: { [text.slice(0, 40) || "place"]: text.slice(0, 200) },
      }),
    );
    await tried("POST /v1/keys", { name: text, scopes: ["messages:read"] });
    await tried("PATCH /v1/masking", { help: text, tombstone: text, out_of_session: text });
    await tried(`PATCH /v1/numbers/${data[3]?.id ?? ""}`, { tags: [text] });
    if (ids.sessions.size < 8)
      add(
        ids.sessions,
        await tried("POST /v1/sessions", {
          pool_id: [...ids.pools][0],
          participants: [
            { to: `+4477009001${10 + ids.sessions.size}`, name: text.slice(0, 60) },
            { to: `+4477009002${10 + ids.sessions.size}`, name: text.slice(0, 60) },
          ],
        }),
      );
    await tried("POST /v1/consents", { to: "+447700900150", purposes: ["marketing"], state: "given", wording: text });
    for (const from of nth % 4 === 0 ? ["+447700900150", text.slice(0, 11)] : ["+447700900150"]) {
      const raw = JSON.stringify({ id: `${nth}-${from.length}`, from, to: "+447700900874", text });
      await fetch(`${story.service.base}/carriers/${account}/inbound`, {
        method: "POST",
        body: raw,
        headers: { "content-type": "application/json", ...signed(secret, raw) },
      });
    }
  }
  let cursor = "";
  do {
    const page = await story.service.call<{ data: { id: string }[]; next_cursor: string | null }>(
      `GET /v1/inbound?limit=100${cursor}`,
      undefined,
      story.tenant.key,
    );
    for (const { id } of page.data) ids.inbox.add(id);
    cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
  } while (cursor !== "");
  await hook.until((calls) => calls.length > 3, "the hook answers with markup");
}
const add = (to: Set<string>, id: string | null): void => void (id !== null && to.add(id));

async function judged(page: Page, path: string): Promise<void> {
  await page.waitForLoadState("load"); // with its styles
  const found = await page.evaluate<{ wide: string[]; odd: number; hidden: boolean; moved: string }>(`({
    wide: document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")].filter((each) => each.getBoundingClientRect().right > innerWidth).map((each) => each.outerHTML).slice(-3),
    odd: document.querySelectorAll("iframe,img:not([src^='data:']),style,base,meta[http-equiv],script:not([src]),form[action^='http']").length,
    hidden: getComputedStyle(document.querySelector("main")).display === "none",
    moved: location.origin,
  })`);
  expect([path, found]).toEqual([path, { wide: [], odd: 0, hidden: false, moved: story.service.base }]);
}

describe.skipIf(!hasBrowser)("words of strangers", () => {
  it("are words on every page, on a narrow phone too, and nothing of them runs", async () => {
    const { page, context, wrong } = await watchedPage(story.browser, story.service.base);
    await story.signIn(page, "olive");
    wrong.length = 0; // the sign-in was at another host
    await page.setViewportSize({ width: 360, height: 800 });
    for (const [kind, made] of Object.entries(ids)) expect([kind, made.size]).not.toEqual([kind, 0]);
    const { data } = await story.service.call<{ data: { to: { token: string } }[] }>(
      "GET /v1/messages?limit=1",
      undefined,
      story.tenant.key,
    );
    const paths = [
      "/console/live",
      "/console/messages",
      "/console/inbox",
      "/console/conversations",
      "/console/webhooks",
      "/console/pools",
      "/console/keys",
      "/console/people",
      "/console/audit",
      "/console/settings",
      `/console/tokens/${data[0]?.to.token ?? ""}`,
      ...[...ids.messages].map((id) => `/console/messages/${id}`),
      ...[...ids.sessions].map((id) => `/console/conversations/${id}`),
      ...[...ids.hooks].map((id) => `/console/webhooks/${id}`),
      ...[...ids.pools].map((id) => `/console/pools/${id}`),
    ];
    const seen: string[] = [];
    for (const path of paths) {
      await page.goto(path);
      await judged(page, path);
      seen.push(await page.locator("main").innerText());
    }
    for (const id of ids.inbox) {
      await page.goto(`/console/inbox/${id}`);
      await page.getByRole("button", { name: "Read this text" }).click();
      await page.getByRole("heading", { name: "Its words" }).waitFor();
      await judged(page, id);
      seen.push(await page.locator("main").innerText());
    }
    const all = seen.join("\n");
    for (const words of MARKUP) expect(all.includes(words.slice(0, 25)), words).toBe(true);
    expect(wrong).toEqual([]);
    await context.close();
  }, 240_000);
});
