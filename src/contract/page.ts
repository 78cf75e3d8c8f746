/**
 * The response of an HTML page: nothing from another host, no script but our own, never framed, never cached. Used by
 * the few routes that people open in a browser.
 */
import { randomText } from "../base/random.ts";

/** What a page may do beyond loading our own files. Every source is our own origin. */
export type PageRules = {
  /** Marks our inline scripts; without it the page may have none. */
  nonce?: string;
  /** Allows inline styles, which Scalar writes in the docs page. Only for pages without any user's text. */
  inlineStyles?: boolean;
};

/** A fresh nonce for one page. */
export const makeNonce = (): string => randomText(26);

/**
 * The page's response. The referrer policy is `same-origin`, because with `no-referrer` a form's POST has no Origin to
 * check.
 */
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
