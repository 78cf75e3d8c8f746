/**
 * The console's doors: files, signing in, and every page behind one gate. A form that no page of ours sent is not read; a session
 * that is over leads to the sign-in; what the page's verb refuses is said in words, with the refusal's own status.
 */
import { isRefused, REASONS, refuse, type Refusal } from "../base/refusal.ts";
import { pageResponse } from "../contract/page.ts";
import type { Present } from "../access/people/face.ts";
import { CHART_STYLE } from "./look/charts.tsx";
import { refusalPage } from "./look/refusal.tsx";
import { formOf, unready } from "./forms.tsx";
import { framed } from "./look/frame.tsx";
import { SCRIPT, STYLE } from "../look/style.ts";
import { isLiveRequest, liveAnswer, LIVE_SCRIPT } from "./live.tsx";
import { doorsOf, ledTo } from "./page-doors.ts";
import { PAGES } from "./pages/pages.ts";
import {
  freshSignIn,
  goTo,
  goToProvider,
  knownSignIn,
  sessionOf,
  showSignIn,
  signInAgain,
  signOut,
  takeCallback,
} from "./sign-in/sign-in.ts";
import { operatorPages } from "./operator/doors.tsx";
import { opens, type ConsoleDeps, type ConsoleRoute, type PageRow, type SessionKey } from "./visit.ts";

export const consoleRoutes: readonly ConsoleRoute[] = [
  ...operatorPages,
  { method: "get", path: "/console/console.css", serve: () => file(STYLE + CHART_STYLE, "text/css") },
  { method: "get", path: "/console/console.js", serve: () => file(SCRIPT + LIVE_SCRIPT, "text/javascript") },
  { method: "get", path: "/console/sign-in", serve: async (request, deps) => knownSignIn("tenant", request, deps) },
  {
    method: "get",
    path: "/console/sign-in/{link}",
    serve: (request, deps, { link = "" }) => showSignIn(request, link, deps),
  },
  {
    method: "get",
    path: "/console/sign-in/{link}/go",
    serve: (request, deps, { link }) => goToProvider(request, link, deps),
  },
  { method: "get", path: "/console/callback", serve: takeCallback },
  {
    method: "post",
    path: "/console/sign-out",
    serve: async (request, deps) => (await formOf(request)).refused ?? signOut("tenant", request, deps),
  },
  ...doorsOf(PAGES, show),
];

async function show(
  page: PageRow,
  request: Request,
  deps: ConsoleDeps,
  params: Record<string, string>,
  form: URLSearchParams | null,
): Promise<Response> {
  const session = sessionOf("tenant", request, deps);
  if (session === null) return signInAgain("tenant", request, null, deps);
  const present = await deps.present(session);
  if (isRefused(present))
    return present.refused === "unauthenticated" ? signInAgain("tenant", request, session, deps) : unready(present);
  const url = new URL(request.url);
  const visit = {
    ask: deps.askAs(session, page.path),
    present: present.ok,
    params,
    query: Object.fromEntries(url.searchParams),
    form: form ?? new URLSearchParams(),
    now: deps.now,
    origin: url.origin,
  };
  if (page.live !== undefined && isLiveRequest(request))
    return liveAnswer(request, opens(present.ok.scopes, page) ? await page.live(visit) : refuse("missing_scope"));
  // A page that asks nothing before its form is sent is no more open for that.
  if (!opens(present.ok.scopes, page))
    return refusedPage(refuse("missing_scope"), page, url.pathname, deps, session, present.ok);
  const shown = await (form === null ? page.get : (page.post ?? page.get))(visit);
  if ("goTo" in shown) return ledTo(shown.goTo, url.pathname);
  if ("refused" in shown) return refusedPage(shown, page, url.pathname, deps, session, present.ok);
  return pageResponse(
    framed(shown.title, { pages: PAGES, present: present.ok, path: url.pathname }, shown.main),
    {},
    shown.status,
  );
}

/** A refusal in the frame; a session that ended meanwhile leads to the sign-in. */
function refusedPage(
  refusal: Refusal,
  page: PageRow,
  path: string,
  deps: ConsoleDeps,
  session: SessionKey,
  present: Present,
): Response {
  if (refusal.refused === "unauthenticated") return goTo("/console/sign-in");
  const again = freshSignIn(deps, session.owner, path);
  const main = refusalPage(refusal, page, present, again);
  return pageResponse(framed(page.title, { pages: PAGES, present, path }, main), {}, REASONS[refusal.refused].status);
}

async function file(text: string, type: string): Promise<Response> {
  return new Response(text, { headers: { "content-type": `${type}; charset=utf-8`, "cache-control": "no-cache" } });
}
