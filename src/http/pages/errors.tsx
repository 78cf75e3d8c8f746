/**
 * The pages at the `type` of every problem: one for each code, and a list. Made from the tables of refusals only, never
 * from what a caller sent; HTML for people, JSON for programs.
 */
import type { Child } from "hono/jsx";
import { pageResponse } from "../../contract/page.ts";
import { pageOf, Top } from "../../look/document.tsx";
import { STYLE as LOOK } from "../../look/style.ts";
import { CAUSES } from "../../contract/refusal-causes.ts";
import { HELP } from "../../contract/refusal-help.ts";
import { REASONS, refuse, type Reason } from "../../base/refusal.ts";
import { problemOf, typeOf } from "../problem.ts";

const STYLE = `${LOOK}
main.errors{max-width:58rem;margin:0 auto}
.errors>h1+p{color:var(--soft);margin:var(--s2) 0 var(--s5);max-width:44rem}
.errors .card{padding:var(--s4) var(--s5)}
.errors .card p+p,.errors pre{margin-top:var(--s2)}
.errors ul:not(.plain){padding-left:1.25rem;display:grid;gap:var(--s1)}
.codes li{display:grid;gap:0 var(--s4);grid-template-columns:minmax(0,1fr);padding:var(--s3) 0}
.codes li+li{border-top:1px solid var(--line)}
.codes code{overflow-wrap:anywhere}
.codes p{color:var(--soft);font-size:var(--t2)}
@media (min-width:44rem){.codes li{grid-template-columns:17rem minmax(0,1fr)}}
`;

/** The stylesheet, served as a file so that the page's policy can forbid inline styles. */
export const errorStyle = (): Response =>
  new Response(STYLE, { headers: { "content-type": "text/css; charset=utf-8", "cache-control": "no-cache" } });

/** A sentence of ours; what stands in backticks is code. */
const prose = (text: string): Child =>
  text.split("`").map((part, at) => (at % 2 === 1 ? <code>{part}</code> : <>{part}</>));

function page(title: string, main: Child, status = 200): Response {
  const body = (
    <>
      <Top what="Errors">
        <a href="/errors">All errors</a>
        <a href="/docs">API reference</a>
        <a href="/console">Console</a>
      </Top>
      <main class="errors" id="main">
        {main}
      </main>
    </>
  );
  const response = pageResponse(pageOf(title, { styles: ["/errors/style.css"] }, body), {}, status);
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
  return page(
    "Errors",
    <>
      <h1>Errors</h1>
      <p>
        Every refusal is a problem document (RFC 9457). Programs decide by <code>code</code>; <code>detail</code> says
        what would be right.
      </p>
      <ul class="plain card codes">
        {codes.map((code) => (
          <li>
            <div>
              <a href={`/errors/${code}`}>
                <code>{code}</code>
              </a>{" "}
              <span class="soft small">{REASONS[code].status}</span>
            </div>
            <p>{prose(HELP[code].when)}</p>
          </li>
        ))}
      </ul>
    </>,
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
    <>
      <h1>{title}</h1>
      <p>
        <code>{code}</code>, HTTP status {status}
      </p>
      <Part title="When this happens">
        <p>{prose(HELP[code].when)}</p>
      </Part>
      <Part title="Usual causes">
        <ul>
          {CAUSES[code].causes.map((cause) => (
            <li>{prose(cause)}</li>
          ))}
        </ul>
      </Part>
      <Part title="What to do">
        <p>{prose(HELP[code].what)}</p>
      </Part>
      <Mended code={code} />
      <Part title="The answer">
        <Example label="Example" text={example} />
      </Part>
      <p class="soft">
        Still stuck? Quote the <code>request_id</code> of your answer to the operator of this service.
      </p>
    </>,
  );
}

function Part({ title, children }: { title: string; children: Child }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Example({ label, text }: { label: string; text: string }) {
  return (
    <pre tabindex={0} role="region" aria-label={label}>
      {text}
    </pre>
  );
}

/** A request that works; nothing where the request was not the cause. */
function Mended({ code }: { code: Reason }) {
  const { mended } = CAUSES[code];
  if (mended === null) return null;
  const body = mended.body === undefined ? [] : ["", JSON.stringify(mended.body, null, 2)];
  const lines = [mended.request, ...(mended.headers === undefined ? [] : [mended.headers]), ...body];
  return (
    <Part title="A request that works">
      <Example label="A request that works" text={lines.join("\n")} />
    </Part>
  );
}

/** Does not repeat the path, which may hold anything. */
const unknownPage = (): Response =>
  page(
    "No such error",
    <>
      <h1>There is no error of this name</h1>
      <p>
        See <a href="/errors">all errors</a> for those there are.
      </p>
    </>,
    404,
  );
