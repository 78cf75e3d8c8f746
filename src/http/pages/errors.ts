/**
 * The pages at the `type` of every problem: one for each code, and a list. Made from the tables of refusals only, never
 * from what a caller sent; HTML for people, JSON for programs.
 */
import { ICON, pageResponse } from "../../contract/page.ts";
import { CAUSES } from "../../contract/refusal-causes.ts";
import { HELP } from "../../contract/refusal-help.ts";
import { REASONS, refuse, type Reason } from "../../base/refusal.ts";
import { problemOf, typeOf } from "../problem.ts";

const STYLE = `
:root{color-scheme:light dark;--bg:#f4f6f7;--card:#fff;--ink:#16232b;--soft:#52636d;--line:#d5dde1;--accent:#0b5c6b;--focus:#b4480a}
@media (prefers-color-scheme:dark){:root{--bg:#0e1518;--card:#172126;--ink:#e6edf0;--soft:#a3b3bb;--line:#2e3c43;--accent:#6fcbdb;--focus:#ffb169}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.6 system-ui,sans-serif}
main,nav{max-width:46rem;margin:0 auto;padding:0 clamp(1rem,4vw,2rem)}
nav{padding-top:1.25rem;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
main{padding-bottom:4rem}
a{color:var(--accent);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:4px}
h1{font-size:1.625rem;line-height:1.25;margin:1.5rem 0 .5rem;text-wrap:balance}
.code{color:var(--soft);margin:0 0 1.5rem}
h2{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:0 0 .5rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1rem;margin:.5rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
dl{margin:1.5rem 0}dt{margin-top:.875rem;font-weight:600}dd{margin:0}
dt span{color:var(--soft);font-weight:400}
`;

/** The stylesheet, served as a file so that the page's policy can forbid inline styles. */
export const errorStyle = (): Response =>
  new Response(STYLE, { headers: { "content-type": "text/css; charset=utf-8", "cache-control": "no-cache" } });

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter);
/** Text as HTML; text in backticks becomes code. */
const prose = (text: string): string => escaped(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

function page(title: string, main: string, status = 200): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)} · Maskline</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/errors/style.css">
</head>
<body>
<nav aria-label="Maskline"><a href="/errors">All errors</a><a href="/docs">API reference</a></nav>
<main>
${main}
</main>
</body>
</html>`;
  const response = pageResponse(html, {}, status);
  response.headers.set("vary", "accept");
  return response;
}

/** Whether the client names JSON and not HTML; browsers ask for HTML. */
export function wantsJson(accept: string | undefined): boolean {
  return accept !== undefined && /\bapplication\/([\w.-]+\+)?json\b/i.test(accept) && !/\btext\/html\b/i.test(accept);
}

const isCode = (text: string): text is Reason => Object.hasOwn(REASONS, text);

/** The facts of a code, as JSON has them. */
const factsOf = (code: Reason, site: string) => {
  const { status, title, detail } = REASONS[code];
  return { type: typeOf(code, site), code, status, title, detail, ...HELP[code], ...CAUSES[code] };
};

const json = (value: unknown): Response =>
  new Response(JSON.stringify(value), {
    headers: { "content-type": "application/json", "cache-control": "no-store", vary: "accept" },
  });

/** Every code; as JSON, `{data: [{type, code, status, title, detail, when, what, causes, mended}]}`. */
export function errorList(site: string, asJson: boolean): Response {
  const codes = Object.keys(REASONS).filter(isCode);
  if (asJson) return json({ data: codes.map((code) => factsOf(code, site)) });
  const rows = codes.map(
    (code) =>
      `<dt><a href="/errors/${code}"><code>${code}</code></a> <span>${REASONS[code].status}</span></dt><dd>${prose(HELP[code].when)}</dd>`,
  );
  return page(
    "Errors",
    `<h1>Errors</h1>
<p>Every refusal is a problem document (RFC 9457). Programs decide by <code>code</code>; <code>detail</code> says what would be right.</p>
<dl>${rows.join("\n")}</dl>`,
  );
}

/** The page of one code; for an unknown code null as JSON, a page as HTML. */
export function errorPage(code: string, site: string, asJson: boolean): Response | null {
  if (!isCode(code)) return asJson ? null : unknownPage();
  if (asJson) return json(factsOf(code, site));
  const { status, title } = REASONS[code];
  const example = JSON.stringify(problemOf(refuse(code), site, "req_01k9mw3v5t8qz2r4x6y7"), null, 2);
  return page(
    title,
    `<h1>${escaped(title)}</h1>
<p class="code"><code>${code}</code>, HTTP status ${status}</p>
<h2>When this happens</h2>
<p>${prose(HELP[code].when)}</p>
<h2>Usual causes</h2>
<ul>${CAUSES[code].causes.map((cause) => `<li>${prose(cause)}</li>`).join("")}</ul>
<h2>What to do</h2>
<p>${prose(HELP[code].what)}</p>
${mendedOf(code)}<h2>The answer</h2>
<pre tabindex="0" role="region" aria-label="Example">${escaped(example)}</pre>
<p>Still stuck? Quote the <code>request_id</code> of your answer to the operator of this service.</p>`,
  );
}

/** A request that works; empty where the request was not the cause. */
function mendedOf(code: Reason): string {
  const { mended } = CAUSES[code];
  if (mended === null) return "";
  const body = mended.body === undefined ? [] : ["", JSON.stringify(mended.body, null, 2)];
  const lines = [mended.request, ...(mended.headers === undefined ? [] : [mended.headers]), ...body];
  return `<h2>A request that works</h2>
<pre tabindex="0" role="region" aria-label="A request that works">${escaped(lines.join("\n"))}</pre>
`;
}

/** Does not repeat the path, which may hold anything. */
const unknownPage = (): Response =>
  page(
    "No such error",
    `<h1>There is no error of this name</h1>
<p>See <a href="/errors">all errors</a> for those there are.</p>`,
    404,
  );
