/**
 * JSON with exactly one spelling (RFC 8785), so that a hash or a signature over data means the data. Called for every
 * audit entry, so it is written for speed: no intermediate copies, no second pass over safe strings. Never repairs its
 * input: a value that JSON cannot express, or can express in two ways, is a programming error and throws a TypeError.
 */

/** Deeper nesting is a circular reference or a mistake: an audit entry has three levels. */
const DEPTH_MAX = 64;

/** Printable ASCII without `"` and `\`: such a string is its own JSON, and has no surrogates. */
const SAFE = /^[ !#-[\]-~]*$/;

/**
 * The one canonical text of a value. Two values with the same members give the same text, whatever their key order, and
 * `JSON.parse` gives an equal value back; the only loss is the sign of -0, which RFC 8785 (3.2.2.3) writes as 0. Throws
 * a TypeError for undefined (also as a member or a hole), NaN, infinities, bigints, functions, symbols, lone surrogates
 * (RFC 8785, 3.2.2.2), objects that are not plain, and nesting beyond 64 levels, which catches circular references.
 */
export function canonical(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "number":
      // ECMAScript's shortest round-trip form is the form RFC 8785 (3.2.2.3) demands; String(-0) is already "0".
      if (!Number.isFinite(value)) throw new TypeError("canonical JSON has no NaN and no infinity");
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= DEPTH_MAX) throw new TypeError(`canonical JSON nests at most ${DEPTH_MAX} levels`);
      return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1);
    default:
      throw new TypeError(`canonical JSON has no ${typeof value}`);
  }
}

function quoted(text: string): string {
  if (SAFE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError("canonical JSON has no lone surrogates");
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], depth: number): string {
  if (items.length === 0) return "[]";
  let text = "[" + write(items[0], depth);
  for (let i = 1; i < items.length; i++) text += "," + write(items[i], depth);
  return text + "]";
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError("canonical JSON has plain objects only");
  const members = value as Record<string, unknown>;
  const keys = inOrder(Object.keys(members));
  let text = "";
  for (const key of keys) {
    const member = quoted(key) + ":" + write(members[key], depth);
    text = text === "" ? member : text + "," + member;
  }
  return "{" + text + "}";
}

/** Keys by their UTF-16 code units (RFC 8785, 3.2.3), which is what `<` and a bare `sort()` compare. */
function inOrder(keys: string[]): string[] {
  if (keys.length > 16) return keys.sort();
  // Insertion sort: entries have about ten keys, mostly in order already, and `sort()` costs more than the rest.
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] ?? "";
    let at = i - 1;
    for (; at >= 0; at--) {
      const before = keys[at] ?? "";
      if (before <= key) break;
      keys[at + 1] = before;
    }
    keys[at + 1] = key;
  }
  return keys;
}
