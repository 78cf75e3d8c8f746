/**
 * IP literals: which may be called from here, and which match a tenant's allowlist. Used by the guard of outside URLs
 * and by the check of where an API key is used. Never resolves a name, and reads one spelling only: four decimal parts,
 * or RFC 4291 text without a zone.
 */
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Public by registry, but a cloud's own host agent answers there: Azure's wire server gives out machine credentials.
 */
const PUBLIC_BUT_PRIVILEGED = new Set(["168.63.129.16"]);

/**
 * True only for a global unicast address of the public internet; an unreadable address is not public. Default deny: an
 * IPv6 address must lie in 2000::/3 (RFC 4291 2.4) and in no special-purpose block (RFC 6890), so the blocks that embed
 * an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo) are refused whole, as is ISATAP's interface id. A network's
 * own NAT64 prefix cannot be told from any other prefix here.
 */
export function isPublicAddress(ip: string): boolean {
  const address = readAddress(ip);
  if (address === null || address.range() !== "unicast") return false;
  if (address.kind() === "ipv4") return !PUBLIC_BUT_PRIVILEGED.has(address.toString());
  const groups = hextets(address);
  return isGlobalUnicast(groups) && !isIsatap(groups);
}

/** True for 127.0.0.0/8 and ::1 only, in their one spelling. The mapped form does not count: it is never called. */
export function isLoopbackAddress(ip: string): boolean {
  const address = readAddress(ip);
  return address !== null && address.range() === "loopback";
}

/** True when the text is an address in the one spelling this file reads. */
export function isAddress(ip: string, kind?: "ipv4" | "ipv6"): boolean {
  const address = readAddress(ip);
  return address !== null && (kind === undefined || address.kind() === kind);
}

/**
 * True when the address lies in one of the networks. An IPv4-mapped IPv6 address counts as its IPv4 address, because a
 * dual-stack listener reports the same peer in either form; no IPv6 rule ever matches an IPv4 peer, `::/0` included. An
 * empty list matches nothing: the caller decides whether "no list" means "anywhere". An unreadable rule matches
 * nothing.
 */
export function matchesAllowlist(ip: string, cidrs: readonly string[]): boolean {
  const address = readAddress(ip);
  if (address === null) return false;
  const peer = unmapped(address);
  return cidrs.some((text) => {
    const rule = readNetwork(text);
    return typeof rule !== "string" && rule.base.kind() === peer.kind() && peer.match(rule.base, rule.bits);
  });
}

/**
 * Reads one rule of an allowlist and writes it in its one form: `192.0.2.0/24`, RFC 5952 for IPv6, a mapped network as
 * its IPv4 network, a bare address as a network of one. Host bits are refused, not cleared, because `10.0.0.1/8` may
 * mean one host or sixteen million; the refusal names the network.
 */
export function parseCidr(text: string): { cidr: string } | { invalid: string } {
  const rule = readNetwork(text);
  if (typeof rule === "string") return { invalid: rule };
  const network = networkOf(rule.base, rule.bits);
  const cidr = `${network.toString()}/${String(rule.bits)}`;
  if (network.toString() === rule.base.toString()) return { cidr };
  return {
    invalid: `The address has bits set beyond its prefix. Write ${cidr} for the network, or leave the prefix out for one host.`,
  };
}

/**
 * The network by which neighbouring addresses are counted: the /24, or the /64 for IPv6; null when the text is no
 * address.
 */
export function neighbourhoodOf(ip: string): string | null {
  const address = readAddress(ip);
  if (address === null) return null;
  const peer = unmapped(address);
  const bits = peer.kind() === "ipv4" ? 24 : 64;
  return `${networkOf(peer, bits).toString()}/${String(bits)}`;
}

type Network = { base: Address; bits: number };

const NOT_AN_ADDRESS =
  "The address cannot be read. Write IPv4 as four decimal numbers without leading zeros, or IPv6 without a zone.";
const NOT_A_PREFIX =
  "The prefix cannot be read. Write /0 to /32 for IPv4 or /0 to /128 for IPv6, without leading zeros.";

/** A network with its host bits as written, or a sentence saying why the text is none. */
function readNetwork(text: string): Network | string {
  const slash = text.indexOf("/");
  const address = readAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === null) return NOT_AN_ADDRESS;
  const widest = address.kind() === "ipv4" ? 32 : 128;
  const digits = slash === -1 ? String(widest) : text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > widest) return NOT_A_PREFIX;
  const bits = Number(digits);
  // ::ffff:0:0/96 and narrower is an IPv4-mapped network (RFC 4291 2.5.5.2); a wider prefix is an IPv6 network.
  const base = unmapped(address);
  return base.kind() === address.kind() || bits < 96 ? { base: address, bits } : { base, bits: bits - 96 };
}

/**
 * Strict reading: one text must mean one address to every reader. ipaddr.js also takes octal, hexadecimal and short
 * forms, on their own and inside IPv6, and reads `::192.0.2.1` as the mapped address, which RFC 4291 2.2 (3) does not;
 * so it is passed only IPv4 in four decimal parts and IPv6 in groups; a dotted tail is rewritten as groups first.
 */
function readAddress(text: string): Address | null {
  if (!text.includes(":")) return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : null;
  const end = text.lastIndexOf(":") + 1;
  const tail = text.slice(end).includes(".") ? groupsOf(text.slice(end)) : text.slice(end);
  if (tail === null || text.includes("%")) return null;
  const groups = text.slice(0, end) + tail;
  return ipaddr.IPv6.isValid(groups) ? ipaddr.IPv6.parse(groups) : null;
}

/** The two groups of a dotted tail: `192.0.2.1` is `c000:201`. */
function groupsOf(dotted: string): string | null {
  if (!ipaddr.IPv4.isValidFourPartDecimal(dotted)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(dotted).octets;
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** The IPv4 address inside a mapped one; any other address as it is. */
function unmapped(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** The address with every bit beyond the prefix cleared. */
function networkOf(address: Address, bits: number): Address {
  const bytes = address
    .toByteArray()
    .map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))));
  return ipaddr.fromByteArray(bytes);
}

function hextets(address: Address): number[] {
  return address instanceof ipaddr.IPv6 ? address.parts : [];
}

/** 2000::/3, the only space that the registries assign. */
function isGlobalUnicast(groups: readonly number[]): boolean {
  return ((groups[0] ?? 0) & 0xe000) === 0x2000;
}

/** RFC 5214 6.1: interface id 0000:5efe or 0200:5efe, then an IPv4 address to which a router would unwrap the packet. */
function isIsatap(groups: readonly number[]): boolean {
  return groups[5] === 0x5efe && ((groups[4] ?? 0) & 0xfdff) === 0;
}
