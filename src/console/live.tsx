/**
 * Live regions: a part of a page that is asked for again while somebody watches it, so that what happens appears within two seconds
 * without reloading. The page is asked at its own address and answers with the region alone, or with 304 where nothing changed. It is
 * the same verbs with the same session: an ended session or a changed role ends it with the next question. Without scripts the page
 * is whole and stands still.
 *
 * Bounds: one question every 1.5 seconds and page, none while the page is hidden, none from ten minutes after its reader's last act;
 * after a failure the wait doubles, up to a minute. docs/decisions/0113 counts what it costs.
 */
import type { Child } from "hono/jsx";
import { isRefused, REASONS } from "../base/refusal.ts";
import { sha256Hex } from "../base/seal.ts";
import { fragment } from "./look/frame.tsx";
import { Icon } from "./look/parts.tsx";
import type { LiveRegion } from "./visit.ts";

const HEADER = "x-live";
const EVERY_MS = 1_500;
const WAIT_MAX_MS = 60_000;
const IDLE_MS = 600_000;

/** Whether our script asks for a page's live region; another site could not, because of the header. */
export const isLiveRequest = (request: Request): boolean =>
  request.method === "GET" && request.headers.get(HEADER) === "1";

/** The region as the script takes it. A refusal has no words: the script then loads the page, which has them. */
export function liveAnswer(request: Request, region: LiveRegion): Response {
  const kept = { "cache-control": "no-store", "content-type": "text/html; charset=utf-8" };
  if (isRefused(region)) return new Response(null, { status: REASONS[region.refused].status, headers: kept });
  const html = fragment(region.ok);
  const headers = { ...kept, etag: `"${sha256Hex(html).slice(0, 32)}"` };
  return request.headers.get("if-none-match") === headers.etag
    ? new Response(null, { status: 304, headers })
    : new Response(html, { headers });
}

/** A region with its switch. `on`: live from the start; else its reader switches it on. */
export function Live({ on = false, children }: { on?: boolean; children?: Child }) {
  return (
    <>
      <div class="live-bar" data-live={on ? "on" : "off"} hidden>
        <button type="button" class="quiet slim" aria-pressed="false">
          <Icon name="live" />
          Live
        </button>
        <span role="status" class="soft small" />
      </div>
      <div id="live">{children}</div>
    </>
  );
}

/** Behind the console's script, whose `localise` it uses. */
export const LIVE_SCRIPT = `
{
  const region = document.getElementById("live");
  const bar = document.querySelector("[data-live]");
  if (region !== null && bar !== null) {
    const button = bar.querySelector("button"), said = bar.querySelector("[role=status]");
    let on = false, tag = "", wait = ${EVERY_MS}, acted = Date.now(), asking = false, timer;
    const say = (text) => { if (said.textContent !== text) said.textContent = text; };
    const turn = (to, text) => {
      on = to;
      clearTimeout(timer);
      button.setAttribute("aria-pressed", String(to));
      say(text);
      if (to) void look();
    };
    const put = (html) => {
      const held = region.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      region.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
      localise(region);
      if (held !== null) region.querySelector('a[href="' + CSS.escape(held) + '"]')?.focus({ preventScroll: true });
    };
    const look = async () => {
      clearTimeout(timer);
      if (!on || asking || document.hidden) return;
      if (Date.now() - acted > ${IDLE_MS}) return turn(false, "Paused, because nobody was here for ten minutes.");
      let status = 503;
      asking = true;
      try {
        const headers = { "${HEADER}": "1", ...(tag === "" ? {} : { "if-none-match": tag }) };
        const answer = await fetch(location.href, { headers, redirect: "manual", cache: "no-store" });
        status = answer.status;
        if (status === 200) {
          put(await answer.text());
          tag = answer.headers.get("etag") ?? "";
        }
      } catch {}
      asking = false;
      const fails = status === 429 || status >= 500;
      if (!fails && status !== 200 && status !== 304) return location.reload(); // signed out, or no longer allowed: the page says which
      wait = fails ? Math.min(wait * 2, ${WAIT_MAX_MS}) : ${EVERY_MS};
      if (on) say(fails ? "The service does not answer; trying again." : "Up to date.");
      timer = setTimeout(look, wait);
    };
    for (const act of ["pointermove", "keydown", "scroll"])
      addEventListener(act, () => { acted = Date.now(); }, { passive: true });
    document.addEventListener("visibilitychange", look);
    button.addEventListener("click", () => { acted = Date.now(); turn(!on, on ? "Stands still." : ""); });
    bar.hidden = false;
    if (bar.dataset.live === "on") turn(true, "");
  }
}
`;
