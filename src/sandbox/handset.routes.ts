/**
 * The routes of the handset's pages. A developer signs in with an API key, in a form and never in a URL. Every page
 * asks the tenant with that key, so a revoked key ends the session. A POST from any other site's page is refused.
 */
import { readApiKey, type DoorKeys } from "../access/api-key.ts";
import { readIncoming } from "../net/incoming.ts";
import { pageResponse } from "../contract/page.ts";
import type { Asker, QuestionsOf } from "../contract/verb.ts";
import { parseNumber } from "../sms/phone.ts";
import { checkText } from "../sms/sms-text.ts";
import { isRefused, REASONS, type Reason, type Refusal } from "../base/refusal.ts";
import { SCRIPT } from "./handset-script.ts";
import { PHONE_STYLE, STYLE } from "./handset-style.ts";
import { handsetPage, hrefOf, plainPage, signInPage } from "./handset-pages.tsx";
import { linesToShow, TEXTS_SHOWN_MAX, withTexts } from "./phone.tsx";
import { isSame, seeing, seenCookie, seenIn } from "./seen.ts";
import { beginSession, endSession, readSession } from "./session.ts";
import { ADVANCE_SECONDS_MAX, type SandboxVerbs } from "./verbs.ts";

export type ApiKey = NonNullable<ReturnType<typeof readApiKey>>;

export type HandsetDeps = {
  door: DoorKeys;
  /** Real time, for the session's end. */
  now: number;
  /** The key's tenant. */
  tenantOf: (key: ApiKey) => Asker<QuestionsOf<SandboxVerbs>>;
};

/** One route of the handset. */
export type HandsetRoute = {
  method: "get" | "post";
  path: string;
  serve: (request: Request, deps: HandsetDeps) => Promise<Response>;
};

export const handsetRoutes: readonly HandsetRoute[] = [
  { method: "get", path: "/handset", serve: show },
  { method: "get", path: "/handset/handset.css", serve: () => file(STYLE, "text/css") },
  { method: "get", path: "/handset/phone.css", serve: () => file(PHONE_STYLE, "text/css") },
  { method: "get", path: "/handset/handset.js", serve: () => file(SCRIPT, "text/javascript") },
  { method: "post", path: "/handset/sign-in", serve: signIn },
  { method: "post", path: "/handset/sign-out", serve: signOut },
  { method: "post", path: "/handset/clock", serve: moveClock },
  { method: "post", path: "/handset/answer", serve: answer },
];

/** A text of 1,600 characters, each up to nine bytes in a form's encoding. */
const FORM_BYTES_MAX = 16_384;
/** The target of a sign-in. A request here without a session means that the browser did not keep the cookie. */
const SIGNED_IN = "/handset?signed-in";
const COOKIE_LOST =
  "Your browser did not keep the session cookie. It is sent with Secure, which Safari refuses over plain http, " +
  "also on this machine: use Chrome, Edge or Firefox here, or serve over https.";
const LINE_PATTERN = /^lin_[\w]{1,60}$/;

async function show(request: Request, deps: HandsetDeps): Promise<Response> {
  const key = keyOf(request, deps);
  if (key === null) return signInAgain(request.url.endsWith(SIGNED_IN) ? COOKIE_LOST : null);
  const query = new URL(request.url).searchParams;
  const asked = { line: lineOf(query.get("line")), beside: lineOf(query.get("beside")) };
  const tenant = deps.tenantOf(key);
  const refused = (outcome: Refusal) => signInAgain(sentenceOf(outcome.refused));
  const [read, time] = await Promise.all([tenant.ask("sandbox.lines", null), tenant.ask("sandbox.time", null)]);
  if (isRefused(read)) return refused(read);
  if (isRefused(time)) return refused(time);
  const lines = read.ok.data;
  const phones = await withTexts(linesToShow(lines, asked), (line) =>
    tenant.ask("sandbox.texts", { line, limit: TEXTS_SHOWN_MAX }),
  );
  if (isRefused(phones)) return refused(phones);
  const before = seenIn(request.headers.get("cookie"));
  const seen = seeing(
    before,
    phones.ok.map(({ line }) => line),
  );
  const response = pageResponse(handsetPage({ lines, phones: phones.ok, asked, seen, now: time.ok.now }));
  if (!isSame(before, seen)) response.headers.append("set-cookie", seenCookie(seen));
  return response;
}

const lineOf = (text: string | null): string | null => (text !== null && LINE_PATTERN.test(text) ? text : null);

/** A person texts a virtual number; redirects to the page that the form was on. */
async function answer(request: Request, deps: HandsetDeps): Promise<Response> {
  const form = await readForm(request);
  if (form instanceof Response) return form;
  const key = keyOf(request, deps);
  if (key === null) return signInAgain(null, 401);
  const field = (name: string) => (form.get(name) ?? "").trim();
  const line = lineOf(field("line"));
  const person = parseNumber(field("number"));
  const wrong = checkText(field("text"));
  if (wrong !== null) return plain(`This text cannot be sent. ${wrong.detail}`, 422);
  if (line === null && ("refused" in person || !person.number.drama))
    return plain("Text as one of Ofcom's drama numbers, 07700 900000 to 900999.", 422);
  const from = line === null && !("refused" in person) ? { number: person.number } : { line: line ?? "" };
  const outcome = await deps.tenantOf(key).ask("sandbox.answer", { from, to: field("to"), text: field("text") });
  if (isRefused(outcome)) {
    if (outcome.refused === "number_unusable" || outcome.refused === "not_found")
      return plain(outcome.detail ?? "Text one of your virtual numbers.", 422);
    return signInAgain(sentenceOf(outcome.refused), 401);
  }
  // A phone that nobody chose stays unchosen; a number that had no line is shown.
  const shown = lineOf(field("shown")) ?? (line === null ? outcome.ok.line : null);
  return goTo(hrefOf(shown, shown === null ? null : lineOf(field("beside"))), null);
}

async function signIn(request: Request, deps: HandsetDeps): Promise<Response> {
  const form = await readForm(request);
  if (form instanceof Response) return form;
  const text = (form.get("key") ?? "").trim();
  const key = readApiKey(deps.door, `Bearer ${text}`);
  if (key === null) return signInAgain(sentenceOf("unauthenticated"), 401);
  const outcome = await deps.tenantOf(key).ask("sandbox.time", null);
  if (isRefused(outcome)) return signInAgain(sentenceOf(outcome.refused), 401);
  return goTo(SIGNED_IN, beginSession(deps.door, text, deps.now));
}

async function signOut(request: Request): Promise<Response> {
  const form = await readForm(request);
  return form instanceof Response ? form : goTo("/handset", endSession());
}

async function moveClock(request: Request, deps: HandsetDeps): Promise<Response> {
  const form = await readForm(request);
  if (form instanceof Response) return form;
  const key = keyOf(request, deps);
  if (key === null) return signInAgain(null, 401);
  const given = form.get("advance_seconds") ?? "";
  const seconds = Number(given);
  if (!/^\d{1,9}$/.test(given) || seconds < 1 || seconds > ADVANCE_SECONDS_MAX)
    return plain(`The clock moves forward by 1 to ${ADVANCE_SECONDS_MAX} whole seconds.`, 422);
  const outcome = await deps.tenantOf(key).ask("sandbox.clock", { advanceSeconds: seconds });
  if (isRefused(outcome)) return signInAgain(sentenceOf(outcome.refused), 401);
  return goTo(`${hrefOf(lineOf(form.get("line")), lineOf(form.get("beside")))}#clock`, null);
}

/** The form's fields, or a refusal when it was not sent by a page of ours. */
async function readForm(request: Request): Promise<URLSearchParams | Response> {
  const site = request.headers.get("sec-fetch-site");
  if (request.headers.get("origin") !== new URL(request.url).origin || (site !== null && site !== "same-origin"))
    return plain("This form was sent from another site, so it was not read.", 403);
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(request.headers.get("content-type") ?? ""))
    return plain("This is not a form.", 415);
  const bytes = await readIncoming(request, FORM_BYTES_MAX);
  if (isRefused(bytes)) return plain("The form is too large or incomplete.", REASONS[bytes.refused].status);
  return new URLSearchParams(new TextDecoder().decode(bytes.ok));
}

/** The key of the running session. */
function keyOf(request: Request, { door, now }: HandsetDeps): ApiKey | null {
  const text = readSession(door, request.headers.get("cookie"), now);
  return text === null ? null : readApiKey(door, `Bearer ${text}`);
}

/** The sign-in page; ends the session whose key no longer works. */
function signInAgain(wrong: string | null, status = 200): Response {
  const response = pageResponse(signInPage(wrong), {}, status);
  if (wrong !== null) response.headers.append("set-cookie", endSession());
  return response;
}

const SENTENCES: Partial<Record<Reason, string>> = {
  missing_scope: "This key lacks the scope sandbox:use.",
  not_found:
    "This key belongs to a live tenant. Live tenants have no handset: nobody reads a real person's texts here.",
  tenant_suspended: "This tenant is suspended. Ask the operator of this service.",
  keys_unavailable: "The tenant's keys cannot be read now. Try again in a moment.",
};

const sentenceOf = (reason: Reason): string => SENTENCES[reason] ?? "This is not a key that opens a sandbox.";

function plain(says: string, status: number): Response {
  return pageResponse(plainPage(says), {}, status);
}

async function file(text: string, type: string): Promise<Response> {
  return new Response(text, { headers: { "content-type": `${type}; charset=utf-8`, "cache-control": "no-cache" } });
}

function goTo(location: string, cookie: string | null): Response {
  const headers = new Headers({ location, "cache-control": "no-store" });
  if (cookie !== null) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}
