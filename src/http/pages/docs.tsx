/**
 * The API reference: Scalar over our own document, in our colours, under our head, with every feature off that would call its vendor's
 * hosts.
 */
import { makeNonce, pageResponse } from "../../contract/page.ts";
import { ICON, textOf, Top } from "../../look/document.tsx";
import { TOKENS, TOP } from "../../look/style.ts";
import { INFO } from "../openapi/parts.ts";

/** Scalar stands below our head, which stays in sight. */
const HEAD = `
body{margin:0;background:var(--bg);color:var(--ink);--scalar-custom-header-height:3.5rem}
body>.top{position:sticky;top:0;z-index:20;height:3.5rem;flex-wrap:nowrap;box-sizing:border-box;font:var(--t3)/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.top a{color:var(--accent);text-underline-offset:.18em}.top a.brand{color:inherit}
.top :focus-visible,.skip:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:4px}
noscript p{padding:var(--s5)}
`;

/** Our tokens in the places where Scalar looks for its own; the same names in both schemes, because the tokens know the scheme. */
const SCALAR_CSS = `a[href*="powered-by"]{display:none}
.light-mode,.dark-mode{
--scalar-font:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;--scalar-font-code:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
--scalar-radius:8px;--scalar-radius-lg:10px;--scalar-radius-xl:10px;
--scalar-background-1:var(--card);--scalar-background-2:var(--bg);--scalar-background-3:var(--sunk);--scalar-background-accent:var(--tint);
--scalar-color-1:var(--ink);--scalar-color-2:var(--soft);--scalar-color-3:var(--soft);--scalar-color-accent:var(--accent);
--scalar-border-color:var(--line);--scalar-link-color:var(--accent);--scalar-link-color-hover:var(--accent);--scalar-focus-color:var(--focus);
--scalar-button-1:var(--accent);--scalar-button-1-hover:var(--accent);--scalar-button-1-color:var(--accent-ink);
--scalar-color-green:var(--good);--scalar-color-red:var(--bad);--scalar-color-yellow:var(--wait);--scalar-color-orange:var(--wait);--scalar-color-blue:var(--accent);--scalar-color-purple:var(--calm);
--scalar-sidebar-background-1:var(--card);--scalar-sidebar-color-1:var(--ink);--scalar-sidebar-color-2:var(--soft);--scalar-sidebar-border-color:var(--line);
--scalar-sidebar-item-hover-background:var(--sunk);--scalar-sidebar-item-hover-color:var(--ink);--scalar-sidebar-item-active-background:var(--tint);--scalar-sidebar-color-active:var(--accent);
--scalar-sidebar-search-background:var(--card);--scalar-sidebar-search-border-color:var(--strong);--scalar-sidebar-search-color:var(--soft)}`;

const SCALAR = {
  url: "/openapi.json",
  title: "Maskline API",
  theme: "none",
  withDefaultFonts: false,
  telemetry: false,
  persistAuth: false,
  hideClientButton: true,
  hideDarkModeToggle: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
  documentDownloadType: "direct",
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  hiddenClients: [],
  operationTitleSource: "summary",
  defaultOpenFirstTag: true,
  authentication: { preferredSecurityScheme: "apiKey" },
  customCss: SCALAR_CSS,
};

/** The stylesheet of the page around Scalar. */
export const docsStyle = (): Response =>
  new Response(TOKENS + TOP + HEAD, {
    headers: { "content-type": "text/css; charset=utf-8", "cache-control": "no-cache" },
  });

/** The page. Its one inline script starts Scalar, and its policy allows that script alone. */
export function docsPage(): Response {
  const nonce = makeNonce();
  const top = (
    <Top what="API reference" inside>
      <a href="/errors">Errors</a>
      <a href="/console">Console</a>
    </Top>
  );
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta property="csp-nonce" content="${nonce}">
<title>API reference · Maskline</title>
<meta name="description" content="${INFO.summary}">
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
${textOf(top)}
<div id="app"></div>
<noscript><p>This page needs JavaScript. The document itself is at <a href="/openapi.json">/openapi.json</a>.</p></noscript>
<script src="/docs/scalar.js" nonce="${nonce}"></script>
<script nonce="${nonce}">Scalar.createApiReference("#app", ${JSON.stringify(SCALAR)});</script>
</body>
</html>`;
  return pageResponse(html, { nonce, inlineStyles: true });
}
