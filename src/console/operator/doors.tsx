/**
 * The doors of the operators' console: signing in, and every page behind one gate. Its cookie, its sessions and its sign-in are its
 * own: a tenant's session opens nothing here, and an operator's nothing there.
 */
import { isRefused, REASONS, type Refusal } from "../../base/refusal.ts";
import { pageResponse } from "../../contract/page.ts";
import type { OperatorPresent } from "../../rpc/operator.ts";
import { formOf, unready } from "../forms.tsx";
import { API_REFERENCE, framedBy, groupsOf, type Nav } from "../look/frame.tsx";
import { refusalPage } from "../look/refusal.tsx";
import { freshSignIn, goTo, knownSignIn, sessionOf, SIGN_IN, signInAgain, signOut, START } from "../sign-in/sign-in.ts";
import { doorsOf, ledTo } from "../page-doors.ts";
import type { ConsoleDeps, ConsoleRoute, SessionKey } from "../visit.ts";
import { OPERATOR_PAGES } from "./pages.ts";
import { OPERATOR_GROUPS, type OperatorPageRow } from "./visit.ts";

const REALM = "operators";

/** Every door of the operators' console. */
export const operatorPages: readonly ConsoleRoute[] = [
  { method: "get", path: "/console/operator", serve: async () => goTo(START[REALM]) },
  { method: "get", path: SIGN_IN[REALM], serve: async (request, deps) => knownSignIn(REALM, request, deps) },
  {
    method: "post",
    path: "/console/operator/sign-out",
    serve: async (request, deps) => (await formOf(request)).refused ?? signOut(REALM, request, deps),
  },
  ...doorsOf(OPERATOR_PAGES, show),
];

async function show(
  page: OperatorPageRow,
  request: Request,
  deps: ConsoleDeps,
  params: Record<string, string>,
  form: URLSearchParams | null,
): Promise<Response> {
  const session = sessionOf(REALM, request, deps);
  if (session === null) return signInAgain(REALM, request, null, deps);
  const present = await deps.operators.present(session);
  if (isRefused(present))
    return present.refused === "unauthenticated" ? signInAgain(REALM, request, session, deps) : unready(present);
  const url = new URL(request.url);
  const visit = {
    ask: deps.operators.askAs(present.ok, page.path),
    present: present.ok,
    params,
    query: Object.fromEntries(url.searchParams),
    form: form ?? new URLSearchParams(),
    now: deps.now,
  };
  const shown = await (form === null ? page.get : (page.post ?? page.get))(visit);
  if ("goTo" in shown) return ledTo(shown.goTo, url.pathname);
  if ("refused" in shown) return refusedPage(shown, page, url.pathname, deps, session, present.ok);
  return pageResponse(framedBy(shown.title, navOf(present.ok, url.pathname), shown.main), {}, shown.status);
}

/** A refusal in the frame, with the way to a fresh sign-in where that is what is missing. */
function refusedPage(
  refusal: Refusal,
  page: OperatorPageRow,
  path: string,
  deps: ConsoleDeps,
  { owner }: SessionKey,
  present: OperatorPresent,
): Response {
  const main = refusalPage(refusal, { path: page.path, title: page.title }, present, freshSignIn(deps, owner, path));
  return pageResponse(framedBy(page.title, navOf(present, path), main), {}, REASONS[refusal.refused].status);
}

function navOf(present: OperatorPresent, path: string): Nav {
  const { name, role, environment } = present;
  const local = environment === "sandbox";
  return {
    groups: [...groupsOf(OPERATOR_GROUPS, OPERATOR_PAGES), { name: "Beside", links: [API_REFERENCE] }],
    me: { name, says: `${role} of this service`, state: local ? "local" : "production", tone: local ? "calm" : "good" },
    ends: "/console/operator/sign-out",
    path,
  };
}
