/**
 * Ids of the contract: three letters, `_`, jurisdiction, eight characters of tenant, one of shard, a ULID. 40
 * characters fit the shortest client-reference field of a carrier. The id alone names namespace and object, so the
 * Worker refuses another tenant's id without waking an object. An id is never a secret.
 */
import { ALPHABET, randomBytes, randomText } from "./random.ts";

export type Jurisdiction = "eu" | "us";

/** The prefixes of ids that carry a ULID, as CONTRACT lists them. */
export const PREFIXES = [
  "key",
  "msg",
  "bat",
  "ver",
  "svc",
  "tpl",
  "ses",
  "rel",
  "par",
  "int",
  "inb",
  "num",
  "pol",
  "lea",
  "sub",
  "con",
  "evt",
  "wbh",
  "aud",
  "car",
  "rte",
  "lin",
  "job",
  "per",
  "cse",
  "alr",
] as const;
export type Prefix = (typeof PREFIXES)[number];

/** The tenant part of things that belong to the operator: accounts and shared stock. Never given to a tenant. */
export const OPERATOR_CODE = "00000000";

/** The only shard today; the character is reserved so that a larger tenant can have more. */
const SHARD = "0";

const JURISDICTION_LETTER: Record<Jurisdiction, "e" | "u"> = { eu: "e", us: "u" };
const ID_PATTERN = /^([a-z]{3})_([eu])([0-9a-hjkmnp-tv-z]{8})0([0-9a-hjkmnp-tv-z]{26})$/;
const TENANT_PATTERN = /^ten_([eu])([0-9a-hjkmnp-tv-z]{8})$/;
const TOKEN_PATTERN = /^tok_([eu])([0-9a-hjkmnp-tv-z]{8})0([0-9a-hjkmnp-tv-z]{26})$/;

export type Owner = { jurisdiction: Jurisdiction; code: string };

const jurisdictionOf = (letter: string | undefined): Jurisdiction => (letter === "u" ? "us" : "eu");

/** A tenant's id from its owner part, and back. */
export function tenantId(owner: Owner): string {
  return `ten_${JURISDICTION_LETTER[owner.jurisdiction]}${owner.code}`;
}

/** The owner named by `ten_…`, or null when the text is no tenant id. */
export function parseTenantId(text: string): Owner | null {
  const match = TENANT_PATTERN.exec(text);
  return match?.[2] === undefined ? null : { jurisdiction: jurisdictionOf(match[1]), code: match[2] };
}

/** The owner of any id with a ULID, and its prefix; null when the text is no such id. */
export function parseId(text: string): (Owner & { prefix: string; ulid: string }) | null {
  const match = ID_PATTERN.exec(text);
  if (match?.[1] === undefined || match[3] === undefined || match[4] === undefined) return null;
  return { prefix: match[1], jurisdiction: jurisdictionOf(match[2]), code: match[3], ulid: match[4] };
}

/** The owner of a number token, or null when the text is no token. */
export function parseToken(text: string): Owner | null {
  const match = TOKEN_PATTERN.exec(text);
  return match?.[2] === undefined ? null : { jurisdiction: jurisdictionOf(match[1]), code: match[2] };
}

/** The eight characters of a new tenant: 40 random bits; the operator object refuses one that is taken. */
export function newTenantCode(): string {
  for (;;) {
    const code = randomText(8);
    if (code !== OPERATOR_CODE) return code;
  }
}

/** A number token: 130 bits from the secure generator, so that one token reveals nothing about another. */
export function newToken(owner: Owner): string {
  return `tok_${JURISDICTION_LETTER[owner.jurisdiction]}${owner.code}${SHARD}${randomText(26)}`;
}

/** What every id of one owner and prefix begins with; a token's prefix is `tok`. */
export function stemOf(prefix: Prefix | "tok", owner: Owner): string {
  return `${prefix}_${JURISDICTION_LETTER[owner.jurisdiction]}${owner.code}${SHARD}`;
}

/** What every id of a prefix begins with that belongs to this tenant. */
export const idStemOf = (prefix: Prefix, tenant: string): string => stemOf(prefix, ownerOfTenant(tenant));

/** Shortens ids by what they begin with, for where an owner is known from elsewhere; an id of another form stays whole. */
export function withoutStem(stem: string, id: string): string {
  return id.startsWith(stem) && !id.includes("_", stem.length) ? id.slice(stem.length) : id;
}

/** The id again: only a whole one has a `_`. */
export function withStem(stem: string, text: string): string {
  return text.includes("_") ? text : stem + text;
}

/** Makes ids of one owner: rising within one maker even inside a millisecond (ULID's monotonic rule). */
export class IdMaker {
  readonly #owner: Owner;
  #lastMs = -1;
  #tail: number[] = [];

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** What every id of this prefix begins with; the rest sorts by time. */
  prefixOf(prefix: Prefix): string {
    return stemOf(prefix, this.#owner);
  }

  /** Continues after a stored id, so that ids still increase after a restart with a stopped or stepped-back clock. */
  startAfter(id: string): void {
    const ulid = id.slice(-26);
    if (this.#lastMs >= 0 && ulid <= ulidTime(this.#lastMs) + this.#tailText()) return;
    this.#lastMs = timeOfId(id);
    this.#tail = Array.from(ulid.slice(10), (letter) => ALPHABET.indexOf(letter));
  }

  /** A new id. `now` may stop or step back, as clocks do; the ids still increase. */
  make(prefix: Prefix, now: number): string {
    if (now > this.#lastMs) {
      this.#lastMs = now;
      this.#tail = Array.from(randomBytes(16), (byte) => byte & 31);
      this.#tail[0] = (this.#tail[0] ?? 0) & 15; // head room, so that counting up never overflows
    } else {
      this.#countUp();
    }
    return `${this.prefixOf(prefix)}${ulidTime(this.#lastMs)}${this.#tailText()}`;
  }

  #tailText(): string {
    let tail = "";
    for (const digit of this.#tail) tail += ALPHABET.charAt(digit);
    return tail;
  }

  #countUp(): void {
    for (let at = 15; at >= 0; at -= 1) {
      const digit = (this.#tail[at] ?? 0) + 1;
      this.#tail[at] = digit & 31;
      if (digit < 32) return;
    }
  }
}

let timeMs = -1;
let timeText = "";

/** The ten time characters of a ULID; sorts as the time does. */
export function ulidTime(milliseconds: number): string {
  if (milliseconds === timeMs) return timeText;
  let rest = milliseconds;
  let text = "";
  for (let at = 0; at < 10; at += 1) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  timeMs = milliseconds;
  timeText = text;
  return text;
}

/** Bounds for the ids of one prefix made at or after `from` and before `to`; an absent time leaves that end open. */
export function idsBetween(
  prefix: string,
  from: number | undefined,
  to: number | undefined,
): { from: string; to: string } {
  return {
    from: prefix + (from === undefined ? "" : ulidTime(from)),
    to: to === undefined ? `${prefix}~` : prefix + ulidTime(to),
  };
}

/** Milliseconds from an id's ULID. */
export function timeOfId(id: string): number {
  let milliseconds = 0;
  for (const letter of id.slice(-26, -16)) milliseconds = milliseconds * 32 + ALPHABET.indexOf(letter);
  return milliseconds;
}

/** The owner in a tenant's id. Throws when the text is not a tenant's id. */
export function ownerOfTenant(id: string): Owner {
  const owner = parseTenantId(id);
  if (owner === null) throw new Error("a tenant has a tenant's id");
  return owner;
}
