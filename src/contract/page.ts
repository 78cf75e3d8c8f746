/**
 * An HTML page as it leaves: nothing from another host, no script but our own, in no frame, kept nowhere.
 * Called by the few doors that answer people instead of programs.
 */
import { randomText } from "../base/random.ts";

/** What a page may do beyond our own files; every source is our own origin in any case. */
export type PageRules = {
  /** Marks the scripts inside the page that are ours; without it there may be none. */
  nonce?: string;
  /** Lets a script of ours write styles into the page: Scalar does, in the docs page, where no stranger's text is. */
  inlineStyles?: boolean;
};

/** A value that no earlier page had. */
export const makeNonce = (): string => randomText(26);

/** The page's answer. `same-origin` as referrer policy, because with none at all a form's POST has no Origin to check. */
export function pageResponse(html: string, rules: PageRules = {}, status = 200): Response {
  const policy = [
    "default-src 'none'",
    `script-src 'self'${rules.nonce === undefined ? "" : ` 'nonce-${rules.nonce}'`}`,
    `style-src 'self'${rules.inlineStyles === true ? " 'unsafe-inline'" : ""}`,
    "connect-src 'self'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return new Response(html, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      "cache-control": "no-store",
    },
  });
}

/** The site's mark, in the page itself so that no request is made for it. */
export const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230b5c6b'/%3E%3Cpath d='M7 13q9-5 18 0v4q0 3-4 3-3 0-5-3-2 3-5 3-4 0-4-3z' fill='%23fff'/%3E%3C/svg%3E";
