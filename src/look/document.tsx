/**
 * The document around every page: its title, its files and the way past its head. Files are of our own origin, so that no page holds
 * a style or a script.
 */
import type { Child } from "hono/jsx";
import type { HtmlEscapedString } from "hono/utils/html";

/** The site's icon, inline so that it needs no request. */
export const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230b5c6b'/%3E%3Cpath d='M7 13q9-5 18 0v4q0 3-4 3-3 0-5-3-2 3-5 3-4 0-4-3z' fill='%23fff'/%3E%3C/svg%3E";

/** The files of a page, by their paths. */
export type Files = { styles: readonly string[]; scripts?: readonly string[] };

/** A whole page as text. */
export function pageOf(title: string, files: Files, body: Child): string {
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Maskline</title>
        <link rel="icon" href={ICON} />
        {files.styles.map((path) => (
          <link rel="stylesheet" href={path} />
        ))}
        {(files.scripts ?? []).map((path) => (
          <script src={path} defer />
        ))}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {body}
      </body>
    </html>
  );
  return `<!doctype html>${textOf(html)}`;
}

/** An element as text. */
export function textOf(element: HtmlEscapedString | Promise<HtmlEscapedString>): string {
  if (element instanceof Promise) throw new Error("no part of a page waits for anything");
  return element.toString();
}

/** The service's name, which leads to `/`. */
export function Brand() {
  return (
    <a class="brand" href="/">
      <img src={ICON} alt="" />
      Maskline
    </a>
  );
}

/**
 * The head of a page that stands beside the console: the brand, what the page is, and the ways from here. `inside`: another head belongs
 * to the page itself, so this one is a way to elsewhere and no banner.
 */
export function Top({ what, inside = false, children }: { what?: string; inside?: boolean; children?: Child }) {
  const row = (links: Child) => (
    <>
      <Brand />
      {what === undefined ? null : <span class="what">{what}</span>}
      {links}
    </>
  );
  if (inside)
    return (
      <nav class="top" aria-label="Maskline">
        {row(<div class="ways">{children}</div>)}
      </nav>
    );
  return (
    <header class="top">
      {row(
        <nav class="ways" aria-label="Maskline">
          {children}
        </nav>,
      )}
    </header>
  );
}
