/**
 * The frame of every page: who is signed in, where they can go, and the page itself. What somebody's role does not open is not
 * in the navigation; that is a courtesy, since the page's verb refuses them all the same.
 */
import type { Child } from "hono/jsx";
import { ICON } from "../../contract/page.ts";
import type { Present } from "../../access/people/face.ts";
import { GROUPS, opens, type PageRow } from "../visit.ts";
import { Icon, State } from "./parts.tsx";

type Nav = { pages: readonly PageRow[]; present: Present; path: string };

/** A page inside the frame. */
export function framed(title: string, nav: Nav, main: Child): string {
  return document(
    title,
    <div class="shell">
      <header class="bar">
        <Brand />
        <details class="menu narrow-nav">
          <summary>
            <Icon name="menu" />
            Menu
          </summary>
          <div class="side">
            <Links {...nav} label="Pages, short" />
            <Me present={nav.present} />
          </div>
        </details>
      </header>
      <header class="side wide-nav">
        <Brand />
        <Links {...nav} label="Pages" />
        <Me present={nav.present} />
      </header>
      <main id="main">{main}</main>
    </div>,
  );
}

/** A page without the frame: for who is not signed in. */
export function bare(title: string, main: Child, links: Child = null): string {
  return document(
    title,
    <div class="plain-page">
      <header>
        <Brand />
        {links}
      </header>
      {main}
    </div>,
  );
}

function Brand() {
  return (
    <a class="brand" href="/">
      <img src={ICON} alt="" />
      Maskline
    </a>
  );
}

/** Above all other pages, which do not belong to it. */
const OVERVIEW = "/console";

/** Where a page stands: a page below another one belongs to it. */
const isAt = (path: string, page: string): boolean =>
  path === page || (page !== OVERVIEW && path.startsWith(`${page}/`));

function Links({ pages, present, path, label }: Nav & { label: string }) {
  const open = pages.filter((page) => page.nav !== undefined && opens(present.scopes, page));
  return (
    <nav aria-label={label}>
      {GROUPS.map((group) => {
        const rows = open.filter(({ nav }) => nav?.group === group);
        if (rows.length === 0) return null;
        return (
          <>
            <h2>{group}</h2>
            <ul class="plain">
              {rows.map(({ path: href, title, nav }) => (
                <li>
                  <a href={href} aria-current={isAt(path, href) ? "page" : undefined}>
                    {nav === undefined ? null : <Icon name={nav.icon} />}
                    {title}
                  </a>
                </li>
              ))}
            </ul>
          </>
        );
      })}
      <h2>Beside</h2>
      <ul class="plain">
        {present.environment === "sandbox" ? (
          <li>
            <a href="/handset">
              <Icon name="phone" />
              Handset
            </a>
          </li>
        ) : null}
        <li>
          <a href="/docs">
            <Icon name="book" />
            API reference
          </a>
        </li>
      </ul>
    </nav>
  );
}

function Me({ present }: { present: Present }) {
  return (
    <div class="me">
      <div>
        <strong>
          <bdi>{present.name ?? "You"}</bdi>
        </strong>
        <span class="soft">
          {present.role} of <bdi>{present.tenant}</bdi>
        </span>
      </div>
      <div>
        <State of={present.environment} tone={present.environment === "live" ? "good" : "calm"} />
      </div>
      <form method="post" action="/console/sign-out">
        <button class="quiet slim" type="submit">
          <Icon name="signOut" />
          Sign out
        </button>
      </form>
    </div>
  );
}

function document(title: string, body: Child): string {
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Maskline</title>
        <link rel="icon" href={ICON} />
        <link rel="stylesheet" href="/console/console.css" />
        <script src="/console/console.js" defer />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {body}
      </body>
    </html>
  );
  if (html instanceof Promise) throw new Error("no part of a page waits for anything");
  return `<!doctype html>${html}`;
}
