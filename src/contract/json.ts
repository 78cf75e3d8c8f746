/**
 * Reads JSON from untrusted sources strictly: valid UTF-8, no byte-order mark, no repeated key (two parsers could read
 * two values), bounded nesting. Everything else is left to the platform's parser.
 */

/** Far deeper than any body of the contract. */
const DEPTH_MAX = 20;

export type JsonFault = "not_utf8" | "not_json" | "repeated_key" | "too_deep";

/** The value, or what is wrong with the bytes. */
export function readJson(bytes: Uint8Array): { value: unknown } | { fault: JsonFault } {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { fault: "not_utf8" };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: "not_json" };
  }
  const fault = faultIn(text);
  return fault === null ? { value } : { fault };
}

/** Walks text that is known to be JSON: only strings, braces and brackets matter. */
function faultIn(text: string): JsonFault | null {
  const keys: (Set<string> | null)[] = [];
  let expectKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charCodeAt(at);
    if (letter === 0x22) {
      const end = endOfString(text, at);
      const open = keys.at(-1);
      if (expectKey && open !== null && open !== undefined) {
        const raw = text.slice(at, end + 1);
        const key = raw.includes("\\") ? String(JSON.parse(raw)) : raw.slice(1, -1);
        if (open.has(key)) return "repeated_key";
        open.add(key);
        expectKey = false;
      }
      at = end;
    } else if (letter === 0x7b || letter === 0x5b) {
      expectKey = letter === 0x7b;
      keys.push(expectKey ? new Set() : null);
      if (keys.length > DEPTH_MAX) return "too_deep";
    } else if (letter === 0x7d || letter === 0x5d) {
      keys.pop();
    } else if (letter === 0x2c) {
      expectKey = keys.at(-1) instanceof Set;
    }
  }
  return null;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const letter = text.charCodeAt(at);
    if (letter === 0x5c) at += 1;
    else if (letter === 0x22) return at;
  }
  return text.length;
}
