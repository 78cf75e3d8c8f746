/**
 * The guard for every URL that a tenant gives us (server-side request forgery, OWASP API7:2023). Called when an
 * endpoint is registered and again before every attempt, because a name's addresses change. Never connects to the host
 * it judges, and never repeats in a refusal what the caller sent. Limit: the runtime cannot pin the checked address, so
 * a name may resolve differently a moment later; only the operator's allowlist closes this.
 */
import { isAddress, isLoopbackAddress, isPublicAddress } from "./address.ts";
import { type Outcome, type Refusal, refuse } from "../base/refusal.ts";

/**
 * What the operator allows. `allowlist`, when not empty, names the only hosts that may be called: exact hosts, or
 * `*.suffix` for every name below a suffix but not the suffix itself. It narrows the other rules and never lifts one.
 * `allowLoopbackHttp` is for local development and tests: it allows receivers on this machine, over http and https.
 */
export type UrlPolicy = { allowlist: readonly string[]; allowLoopbackHttp: boolean };

/** A URL that may be called. Call `href`, never the text it came from: only `href` was judged. */
export type OutsideUrl = {
  href: string;
  /** The name or address as the URL parser wrote it, without brackets. */
  host: string;
  port: number;
  /** A name must be resolved and judged by `judgeResolved` before each call; the others need no further check. */
  kind: "name" | "address" | "loopback";
};

/** The addresses of a name; empty when it has none; null when they could not be determined. */
export type Resolver = (host: string) => Promise<readonly string[] | null>;

/** Longer URLs are cut or refused by some proxies. */
export const URL_CHARS_MAX = 2_000;

/** RFC 1035 2.3.4: what fits in a DNS message, less the root label. */
const NAME_CHARS_MAX = 253;

/** The Fetch standard's bad ports (section 2.9) from 1024 up; all below but 443 are refused anyway. */
const BAD_PORTS = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/** Data stores and control planes that often need no authentication; never a webhook receiver. */
const DANGEROUS_PORTS = [
  1433, 1521, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4222, 5432, 5672, 5900, 5984, 5985, 5986, 6379, 6443, 8086,
  9042, 9092, 9200, 9300, 10250, 10255, 11211, 27017, 27018, 27019, 50070,
];

const REFUSED_PORTS = new Set([...BAD_PORTS, ...DANGEROUS_PORTS]);

/**
 * Names that are not, or must not be, in the public DNS: special-use names (RFC 6761, 6762, 7686, 8375, 9476), ICANN's
 * `internal`, and the names that leak from private networks most (RFC 6762 appendix G). Each includes all names below
 * it.
 */
const PRIVATE_SUFFIXES = new Set([
  "alt", "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain",
  "localhost", "mail", "onion", "private", "test", "workgroup",
]); // prettier-ignore

/**
 * Judges the text of a URL, without a look-up. It is read by the WHATWG parser that `fetch` uses, so octal,
 * hexadecimal, short and full-width spellings of an address are judged as that address.
 */
export function judgeUrl(text: string, policy: UrlPolicy): { url: OutsideUrl } | Refusal {
  if (text.length > URL_CHARS_MAX) return refused(`The URL is longer than ${String(URL_CHARS_MAX)} characters.`);
  const parsed = parse(text);
  if (parsed === null) return refused("The URL cannot be read. Write https://, a host name and a path.");
  // Percent-encoding may have made it longer.
  if (parsed.href.length > URL_CHARS_MAX)
    return refused(`The URL is longer than ${String(URL_CHARS_MAX)} characters once it is encoded.`);

  const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  const kind = kindOf(host);
  const loopback = kind === "loopback" && policy.allowLoopbackHttp;
  if (parsed.protocol !== "https:" && !(parsed.protocol === "http:" && loopback))
    return refused("The URL must use https.");
  if (parsed.username !== "" || parsed.password !== "")
    return refused("The URL must not carry a user name or password.");
  if (parsed.href.includes("#")) return refused("The URL must not have a fragment.");
  const port = parsed.port === "" ? (parsed.protocol === "https:" ? 443 : 80) : Number(parsed.port);
  if (!isPortAllowed(port))
    return refused("The port is not allowed. Use 443, or one from 1024 upwards that no database or mail service uses.");
  const wrong = loopback ? null : kind === "name" ? wrongWithName(host) : wrongWithAddress(host);
  if (wrong !== null) return refused(wrong);
  if (policy.allowlist.length > 0 && !policy.allowlist.some((entry) => matchesEntry(host, entry)))
    return refused("The operator of this service allows calls to listed hosts only, and this host is not listed.");
  return { url: { href: parsed.href, host, port, kind } };
}

/**
 * Judges what a name resolved to: every address must be public, since any of them may be the one that is called. Null
 * (not determined) and an empty list are both refused: no answer means no call.
 */
export function judgeResolved(addresses: readonly string[] | null): Outcome<readonly string[]> {
  if (addresses === null || addresses.length === 0) return refused("The host name could not be resolved.");
  if (!addresses.every(isPublicAddress)) return refused("The host name resolves to an address that is not public.");
  return { ok: addresses };
}

function refused(detail: string): Refusal {
  return refuse("url_refused", { detail });
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** `localhost` is loopback whatever a resolver says (RFC 6761 6.3). */
function kindOf(host: string): OutsideUrl["kind"] {
  if (host === "localhost" || isLoopbackAddress(host)) return "loopback";
  return isAddress(host) ? "address" : "name";
}

function isPortAllowed(port: number): boolean {
  return port === 443 || (port >= 1024 && !REFUSED_PORTS.has(port));
}

function wrongWithAddress(host: string): string | null {
  return isPublicAddress(host) ? null : "The host is not an address of the public internet.";
}

/**
 * Letters, digits and inner hyphens only (RFC 1123 2.1), at least two labels. A trailing dot is refused: it names the
 * same host but would pass comparisons by text.
 */
function wrongWithName(host: string): string | null {
  const labels = host.split(".");
  const wellFormed = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  if (!wellFormed || host.length > NAME_CHARS_MAX) return "The host is not a plain host name.";
  if (labels.length < 2) return "The host must be a full name, such as hooks.example.com.";
  if (PRIVATE_SUFFIXES.has(labels.at(-1) ?? "")) return "The host's last label is reserved for private names.";
  return null;
}

/**
 * The URL parser reads the entry too, so an operator may write it as in a browser. An unreadable entry matches nothing.
 */
function matchesEntry(host: string, entry: string): boolean {
  const below = entry.startsWith("*.");
  const parsed = parse(`https://${below ? entry.slice(2) : entry}`);
  if (parsed === null || parsed.pathname !== "/") return false;
  const name = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  return below ? host.endsWith(`.${name}`) : host === name;
}
