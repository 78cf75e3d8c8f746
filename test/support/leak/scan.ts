/**
 * Looks for a canary in bytes, in every form a leak could give it: as it is, as people write it, encoded, hashed, reversed,
 * and inside what is escaped or compressed. A hit says which form, so that its way can be found.
 */
import { createHash } from "node:crypto";
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";

export type Needle = { form: string; bytes: Buffer };

/** Shorter needles would be found in noise. */
const NEEDLE_BYTES_MIN = 8;

/** The spellings of a number that name it whole. */
function spellingsOf(e164: string): Record<string, string> {
  const national = e164.slice(3);
  return {
    "E.164": e164.slice(1), // also inside +44… and 0044…
    national: `0${national}`,
    bare: national,
    spaced: `${national.slice(0, 4)} ${national.slice(4)}`,
    hyphened: `${national.slice(0, 4)}-${national.slice(4)}`,
    "in threes": `${national.slice(0, 4)} ${national.slice(4, 7)} ${national.slice(7)}`,
  };
}

/** Every form of a number. */
export function numberNeedles(e164: string): Needle[] {
  const whole = [e164, e164.slice(1), `0${e164.slice(3)}`, `00${e164.slice(1)}`];
  return needlesOf(spellingsOf(e164), whole);
}

/** Every form of a text. */
export function textNeedles(text: string): Needle[] {
  return needlesOf({ plain: text }, [text]);
}

function needlesOf(spellings: Record<string, string>, whole: readonly string[]): Needle[] {
  const needles: Needle[] = [];
  const add = (form: string, bytes: Buffer) => void needles.push({ form, bytes });
  for (const [name, text] of Object.entries(spellings)) {
    const bytes = Buffer.from(text);
    add(name, bytes);
    add(`${name}, hex`, Buffer.from(bytes.toString("hex")));
    add(`${name}, HEX`, Buffer.from(bytes.toString("hex").toUpperCase()));
    for (const offset of [0, 1, 2]) add(`${name}, base64 at ${offset}`, base64At(bytes, offset, "base64"));
    for (const offset of [0, 1, 2]) add(`${name}, base64url at ${offset}`, base64At(bytes, offset, "base64url"));
    add(`${name}, URL-encoded`, Buffer.from(encodeURIComponent(text)));
    add(`${name}, all percent`, Buffer.from([...bytes].map((byte) => `%${byte.toString(16)}`).join("")));
    add(`${name}, UTF-16LE`, Buffer.from(text, "utf16le"));
    add(`${name}, UTF-16BE`, Buffer.from(text, "utf16le").swap16());
    add(`${name}, reversed`, Buffer.from([...text].reverse().join("")));
    add(`${name}, escaped`, Buffer.from(JSON.stringify(text).slice(1, -1)));
    const escapes = [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
    add(`${name}, \\u escapes`, Buffer.from(escapes.join("")));
  }
  for (const text of whole) {
    for (const algorithm of ["sha256", "md5", "sha1"]) {
      const digest = createHash(algorithm).update(text).digest();
      add(`${algorithm} of ${text.slice(0, 3)}…`, digest);
      add(`${algorithm} in hex`, Buffer.from(digest.toString("hex")));
      add(`${algorithm} in base64`, Buffer.from(digest.toString("base64").replace(/=+$/, "")));
    }
  }
  const unique = new Map(needles.toReversed().map((needle) => [needle.bytes.toString("latin1"), needle]));
  return [...unique.values()].filter(({ bytes }) => bytes.length >= NEEDLE_BYTES_MIN);
}

/** The part of a base64 text that depends on these bytes alone, when `offset` bytes stand before them. */
function base64At(bytes: Buffer, offset: number, encoding: "base64" | "base64url"): Buffer {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString(encoding)
    .replace(/=+$/, "");
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  return Buffer.from(text.slice(from, to));
}

/** Where each needle stands in the bytes, or in what they hold compressed or escaped. */
export function hitsIn(bytes: Buffer, needles: readonly Needle[], depth = 2): string[] {
  const found = needles.filter((needle) => bytes.includes(needle.bytes)).map(({ form }) => form);
  if (depth === 0) return found;
  for (const [how, inner] of insides(bytes)) {
    found.push(...hitsIn(inner, needles, depth - 1).map((form) => `${form} in ${how}`));
  }
  return found;
}

function insides(bytes: Buffer): [string, Buffer][] {
  const inner: [string, Buffer][] = [];
  const add = (how: string, unpack: () => Buffer) => {
    try {
      inner.push([how, unpack()]);
    } catch {
      // not compressed in this way
    }
  };
  for (let at = bytes.indexOf("1f8b08", 0, "hex"); at >= 0; at = bytes.indexOf("1f8b08", at + 1, "hex")) {
    add("gzip", () => gunzipSync(bytes.subarray(at), { finishFlush: 2 }));
  }
  for (const magic of ["789c", "7801", "78da"]) {
    if (bytes.subarray(0, 2).toString("hex") === magic) add("zlib", () => inflateSync(bytes, { finishFlush: 2 }));
  }
  if (bytes.length < 65_536) {
    add("brotli", () => brotliDecompressSync(bytes));
    add("deflate", () => inflateRawSync(bytes));
  }
  if (bytes.includes("\\u00")) {
    const text = bytes.toString("latin1");
    const unescaped = text.replaceAll(/\\u00([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    inner.push(["JSON escapes", Buffer.from(unescaped, "latin1")]);
  }
  return inner;
}
