/**
 * The console's doors: files, signing in, and every page behind one gate. A form that no page of ours sent is not read; a session
 * that is over leads to the sign-in; what the page's verb refuses is said in words, with the refusal's own status.
 */
import { isRefused, REASONS, refuse, type Refusal } from "../base/refusal.ts";
import { pageResponse } from "../contract/page.ts";
import { readIncoming } from "../net/incoming.ts";
import type { Present } from "../access/people/face.ts";
import { refusalPage } from "./look/refusal.tsx";
import { bare, framed } from "./look/frame.tsx";
import { SCRIPT, STYLE } from "../look/style.ts";
import { Notice } from "./look/parts.tsx";
import { PAGES } from "./pages/pages.ts";
import {
  freshSignIn,
  goTo,
  goToProvider,
  sessionOf,
  showSignIn,
  signInAgain,
  signOut,
  START,
  takeCallback,
} from "./sign-in/sign-in.ts";
import { opens, type ConsoleDeps, type PageRow, type SessionKey } from "./visit.ts";

/** One door of the console. `params` are the ids of its path. */
export type ConsoleRoute = {
  method: "get" | "post";
  path: string;
  serve: (request: Request, deps: ConsoleDeps, params: Record<string, string>) => Promise<Response>;
};

/** A text of 1,600 characters and a key's settings, each character up to nine bytes once it is written as a form. */
const FORM_BYTES_MAX = 32_768;

export const consoleRoutes: readonly ConsoleRoute[] = [
  { method: "get", path: "/console", serve: async () => goTo(START) },
  { method: "get", path: "/console/console.css", serve: () => file(STYLE, "text/css") },
  { method: "get", path: "/console/console.js", serve: () => file(SCRIPT, "text/javascript") },
  { method: "get", path: "/console/sign-in", serve: (request, deps) => showSignIn(request, undefined, deps) },
  {
    method: "get",
    path: "/console/sign-in/{link}",
    serve: (request, deps, { link }) => showSignIn(request, link, deps),
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
    serve: async (request, deps) => (await formOf(request)).refused ?? signOut(request, deps),
  },
  ...PAGES.flatMap((page): ConsoleRoute[] => [
    { method: "get", path: page.path, serve: (request, deps, params) => show(page, request, deps, params, null) },
    ...(page.post === undefined
      ? []
      : [
          {
            method: "post" as const,
            path: page.path,
            serve: async (request: Request, deps: ConsoleDeps, params: Record<string, string>) => {
              const form = await formOf(request);
              return form.refused ?? show(page, request, deps, params, form.fields);
            },
          },
        ]),
  ]),
];

async function show(
  page: PageRow,
  request: Request,
  deps: ConsoleDeps,
  params: Record<string, string>,
  form: URLSearchParams | null,
): Promise<Response> {
  const session = sessionOf(request, deps);
  if (session === null) return signInAgain(request, null, deps);
  const present = await deps.present(session);
  if (isRefused(present))
    return present.refused === "unauthenticated" ? signInAgain(request, session, deps) : unready(present);
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
  // A page that asks nothing before its form is sent is no more open for that.
  if (!opens(present.ok.scopes, page))
    return refusedPage(refuse("missing_scope"), page, url.pathname, deps, session, present.ok);
  const shown = await (form === null ? page.get : (page.post ?? page.get))(visit);
  if ("goTo" in shown) return goTo(shown.goTo);
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

function unready(refusal: Refusal): Response {
  const { status, title, detail } = REASONS[refusal.refused];
  const says = (
    <main class="gate" id="main">
      <Notice tone="bad">
        <strong>{title}.</strong> {refusal.detail ?? detail}
      </Notice>
    </main>
  );
  return pageResponse(bare(title, says), {}, status);
}

type Form = { fields: URLSearchParams; refused: null } | { fields: null; refused: Response };

/** The form's fields; or an answer, when no page of ours can have sent it. */
async function formOf(request: Request): Promise<Form> {
  const site = request.headers.get("sec-fetch-site");
  const refused = (refusal: Refusal): Form => ({ fields: null, refused: unready(refusal) });
  if (request.headers.get("origin") !== new URL(request.url).origin || (site !== null && site !== "same-origin"))
    return refused(refuse("missing_scope", { detail: "This form was sent from another site, so it was not read." }));
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(request.headers.get("content-type") ?? ""))
    return refused(refuse("unsupported_media_type", { detail: "This is not a form." }));
  const bytes = await readIncoming(request, FORM_BYTES_MAX);
  if (isRefused(bytes)) return refused(bytes);
  return { fields: new URLSearchParams(new TextDecoder().decode(bytes.ok)), refused: null };
}

async function file(text: string, type: string): Promise<Response> {
  return new Response(text, { headers: { "content-type": `${type}; charset=utf-8`, "cache-control": "no-cache" } });
}
