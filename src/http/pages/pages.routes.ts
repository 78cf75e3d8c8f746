/**
 * Pages for a browser: the document, its reference page, the errors, the sandbox's handset.
 */
import type { Hono } from "hono";
import { z } from "zod";
import { readClock } from "../../base/clock.ts";
import { refuse } from "../../base/refusal.ts";
import type { OpenRoute } from "../../contract/route.ts";
import type { Bindings, C } from "../context.ts";
import { askerOf } from "../tenant-handler.ts";
import { landing } from "../../console/landing.tsx";
import { consoleRoutes } from "../../console/console.routes.tsx";
import { docsPage, docsStyle } from "./docs.tsx";
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
  ...(["/", "/docs", "/docs/docs.css", "/errors", "/errors/style.css", "/errors/{code}"] as const).map(
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
  app.get("/docs/docs.css", (c) => {
    c.set("route", "/docs/docs.css");
    return docsStyle();
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
