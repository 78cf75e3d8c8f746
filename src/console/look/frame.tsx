/**
 * The frame of every page: who is signed in, where they can go, and the page itself. What somebody's role does not open is not
 * in the navigation; that is a courtesy, since the page's verb refuses them all the same.
 */
import type { Child } from "hono/jsx";
import { Brand, pageOf } from "../../look/document.tsx";
import type { Present } from "../../access/people/face.ts";
import { GROUPS, opens, type PageRow } from "../visit.ts";
import type { IconName } from "../../look/icons.ts";
import { Icon, State, type Tone } from "./parts.tsx";

type Link = { path: string; title: string; icon: IconName };
/** Where one can go, and who one is. `ends`: the address whose form ends the session. */
export type Nav = {
  groups: readonly { name: string; links: readonly Link[] }[];
  me: { name: string | null; says: Child; state: string; tone: Tone };
  ends: string;
  path: string;
};

const FILES = { styles: ["/console/console.css"], scripts: ["/console/console.js"] };

/** A page of a tenant's console inside the frame: what somebody's role opens, by groups, and what stands beside. */
export function framed(
  title: string,
  { pages, present, path }: { pages: readonly PageRow[]; present: Present; path: string },
  main: Child,
): string {
  const { environment } = present;
  const beside: Link[] = [
    ...(environment === "sandbox" ? [{ path: "/handset", title: "Handset", icon: "phone" as const }] : []),
    API_REFERENCE,
  ];
  const says = (
    <>
      {present.role} of <bdi>{present.tenant}</bdi>
    </>
  );
  const me = { name: present.name, says, state: environment, tone: environment === "live" ? "good" : "calm" } as const;
  const open = pages.filter((page) => opens(present.scopes, page));
  const groups = [...groupsOf(GROUPS, open), { name: "Beside", links: beside }];
  return framedBy(title, { groups, me, ends: "/console/sign-out", path }, main);
}

export const API_REFERENCE: Link = { path: "/docs", title: "API reference", icon: "book" };

/** The pages that stand in a navigation, by its groups. */
export function groupsOf(
  names: readonly string[],
  pages: readonly { path: string; title: string; nav?: { group: string; icon: IconName } }[],
): Nav["groups"] {
  return names.map((name) => ({
    name,
    links: pages.flatMap(({ path, title, nav }) => (nav?.group === name ? [{ path, title, icon: nav.icon }] : [])),
  }));
}

/** A page inside a frame with this navigation. */
export function framedBy(title: string, nav: Nav, main: Child): string {
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
            <Me {...nav} />
          </div>
        </details>
      </header>
      <header class="side wide-nav">
        <Brand />
        <Links {...nav} label="Pages" />
        <Me {...nav} />
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

function Links({ groups, path, label }: Nav & { label: string }) {
  return (
    <nav aria-label={label}>
      {groups.map(({ name, links }) =>
        links.length === 0 ? null : (
          <>
            <h2>{name}</h2>
            <ul class="plain">
              {links.map(({ path: href, title, icon }) => (
                <li>
                  <a href={href} aria-current={isAt(path, href) ? "page" : undefined}>
                    <Icon name={icon} />
                    {title}
                  </a>
                </li>
              ))}
            </ul>
          </>
        ),
      )}
    </nav>
  );
}

function Me({ me: { name, says, state, tone }, ends }: Nav) {
  return (
    <div class="me">
      <div>
        <strong>
          <bdi>{name ?? "You"}</bdi>
        </strong>
        <span class="soft">{says}</span>
      </div>
      <div>
        <State of={state} tone={tone} />
      </div>
      <form method="post" action={ends}>
        <button class="quiet slim" type="submit">
          <Icon name="signOut" />
          Sign out
        </button>
      </form>
    </div>
  );
}
