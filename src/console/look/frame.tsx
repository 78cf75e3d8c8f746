/**
 * The frame of every page: who is signed in, where they can go, and the page itself. What somebody's role does not open is not
 * in the navigation; that is a courtesy, since the page's verb refuses them all the same.
 */
import type { Child } from "hono/jsx";
import { Brand, pageOf } from "../../look/document.tsx";
import type { Present } from "../../access/people/face.ts";
import { GROUPS, opens, type PageRow } from "../visit.ts";
import { Icon, State } from "./parts.tsx";

const FILES = { styles: ["/console/console.css"], scripts: ["/console/console.js"] };

type Nav = { pages: readonly PageRow[]; present: Present; path: string };

/** A page inside the frame. */
export function framed(title: string, nav: Nav, main: Child): string {
  return pageOf(
    title,
    FILES,
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
  return pageOf(
    title,
    FILES,
    <div class="plain-page">
      <header>
        <Brand />
        {links}
      </header>
      {main}
    </div>,
  );
}

/** Where a page stands: a page below another one belongs to it. */
const isAt = (path: string, page: string): boolean => path === page || path.startsWith(`${page}/`);

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
