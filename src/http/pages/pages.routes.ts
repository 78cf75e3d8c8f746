/**
 * Pages for a browser: the document, its reference page, the errors, the sandbox's handset.
 */
import type { Hono } from "hono";
import { z } from "zod";
import { readClock } from "../../base/clock.ts";
import { makeNonce, pageResponse } from "../../contract/page.ts";
import { ICON } from "../../look/document.tsx";
import { refuse } from "../../base/refusal.ts";
import type { OpenRoute } from "../../contract/route.ts";
import type { Bindings, C } from "../context.ts";
import { askerOf } from "../tenant-handler.ts";
import { landing } from "../../console/landing.tsx";
import { consoleRoutes } from "../../console/console.routes.tsx";
import { errorList, errorPage, errorStyle, wantsJson } from "./errors.tsx";
import { openApiDocument, type Routes } from "../openapi/document.ts";
import { INFO, VERSION } from "../openapi/parts.ts";
import { handsetRoutes, type HandsetDeps } from "../../sandbox/handset.routes.ts";
import { problemResponse } from "../problem.ts";
import type { Doors } from "../doors.ts";

/** The document about itself. */
export const documentRoute: OpenRoute = {
  name: "openapi",
  method: "get",
  path: "/openapi.json",
  summary: "This document",
  tag: "Service",
  params: null,
  headers: null,
  body: null,
  answer: z
    .object({ openapi: z.string(), info: z.object({ title: z.string(), version: z.string() }) })
    .loose()
    .meta({
      examples: [{ openapi: "3.1.1", info: { title: INFO.title, version: VERSION } }],
    }),
  refuses: [],
};

/** Pages for people. They are not in the document, but the law tests of routes check them. */
export const pageRoutes = [
  ...(["/", "/docs", "/errors", "/errors/style.css", "/errors/{code}"] as const).map(
    (path) => ({ method: "get", path }) as const,
  ),
  ...handsetRoutes,
  ...consoleRoutes,
];

/** Mounts the document and every page. */
export function mountPages(app: Hono<Bindings>, doorsFor: (env: Env) => Doors, routes: Routes): void {
  let document: { origin: string; json: string } | null = null;
  app.get(documentRoute.path, (c) => {
    c.set("route", documentRoute.path);
    const { origin } = new URL(c.req.url); // the reader's own origin, so that the reference page may call it
    if (document?.origin !== origin) document = { origin, json: JSON.stringify(openApiDocument(routes, origin)) };
    return c.body(document.json, 200, { "content-type": "application/json", "cache-control": "no-cache" });
  });
  app.get("/", (c) => {
    c.set("route", "/");
    const { origin } = new URL(c.req.url);
    if (!wantsHtml(c.req.header("accept"))) {
      const links = {
        console: `${origin}/console`,
        docs: `${origin}/docs`,
        openapi: `${origin}/openapi.json`,
        errors: `${origin}/errors`,
      };
      return c.json({ name: "Maskline", version: VERSION, ...links }, 200, { vary: "accept" });
    }
    return landing();
  });
  app.get("/docs", (c) => {
    c.set("route", "/docs");
    return docsPage();
  });
  mountErrors(app);
  for (const { method, path, serve } of handsetRoutes) {
    app.on(method.toUpperCase(), path, async (c) => {
      c.set("route", path);
      return serve(c.req.raw, handsetDeps(c, doorsFor(c.env)));
    });
  }
}

/** A browser names HTML; a program that takes anything, or says nothing, is given JSON. */
const wantsHtml = (accept: string | undefined): boolean => /\btext\/html\b/i.test(accept ?? "");

/** Mounts the pages at the `type` of every problem. */
function mountErrors(app: Hono<Bindings>): void {
  app.get("/errors", (c) => {
    c.set("route", "/errors");
    return errorList(c.get("site"), wantsJson(c.req.header("accept")));
  });
  app.get("/errors/style.css", (c) => {
    c.set("route", "/errors/style.css");
    return errorStyle();
  });
  app.get("/errors/:code", (c) => {
    c.set("route", "/errors/{code}");
    const page = errorPage(c.req.param("code"), c.get("site"), wantsJson(c.req.header("accept")));
    return page ?? problemResponse(c, refuse("not_found"));
  });
}

function handsetDeps(c: C, doors: Doors): HandsetDeps {
  return {
    door: doors.door,
    now: readClock(),
    tenantOf: (key) => {
      c.set("tenant", key.owner.code);
      return askerOf(c, key, doors);
    },
  };
}

/** Removes the advertisement, and sets greys and greens with enough contrast. */
const SCALAR_CSS = `a[href*="powered-by"]{display:none}
.light-mode{--scalar-color-3:#666;--scalar-sidebar-search-color:#666;--scalar-color-green:#006b44;--scalar-color-yellow:#7a5a00;--scalar-color-orange:#8a4b00;--scalar-color-red:#b3261e}
.dark-mode{--scalar-color-red:#ff8a80;--scalar-color-orange:#ffb074;--scalar-color-3:#a0a0a0;--scalar-sidebar-search-color:#a0a0a0}`;

/** Scalar, with every feature off that would call its vendor's hosts. */
const SCALAR = {
  url: "/openapi.json",
  title: "Maskline API",
  theme: "default",
  withDefaultFonts: false,
  telemetry: false,
  persistAuth: false,
  hideClientButton: true,
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

function docsPage(): Response {
  const nonce = makeNonce();
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta property="csp-nonce" content="${nonce}">
<title>Maskline API reference</title>
<meta name="description" content="${INFO.summary}">
<link rel="icon" href="${ICON}">
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript. The document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/scalar.js" nonce="${nonce}"></script>
<script nonce="${nonce}">Scalar.createApiReference("#app", ${JSON.stringify(SCALAR)});</script>
</body>
</html>`;
  return pageResponse(html, { nonce, inlineStyles: true });
}
