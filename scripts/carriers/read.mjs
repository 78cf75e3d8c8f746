// What the simulated carriers share for reading requests. Strict, because a real carrier may refuse what a lenient one
// accepts.
import { randomBytes } from "node:crypto";

/** Ofcom's mobile numbers for drama, without a plus. A simulator texts no other numbers. */
export const isDrama = (digits) => /^447700900\d{3}$/.test(digits);

export const hex = (bytes) => randomBytes(bytes).toString("hex");

/** An answer in JSON. */
export const json = (status, body, headers = {}) => ({ status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) }); // prettier-ignore

/** The form's fields, or null when the content type is another or a field occurs twice. */
export function formOf({ headers, body }) {
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(headers["content-type"] ?? "")) return null;
  const pairs = [...new URLSearchParams(body.toString("utf8"))];
  const fields = Object.fromEntries(pairs);
  return Object.keys(fields).length === pairs.length ? fields : null;
}

/** The body's JSON, or undefined when the content type is another or it is not JSON. */
export function jsonOf({ headers, body }) {
  if (!/^application\/json(;|$)/i.test(headers["content-type"] ?? "")) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** User and password of HTTP's Basic scheme, or null. */
export function basicOf({ headers }) {
  const [, encoded] = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(headers["authorization"] ?? "") ?? [];
  if (encoded === undefined) return null;
  const [user, ...password] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return { user, password: password.join(":") };
}

/** The message's id in a receipt URL of ours, for carriers that send no reference back. */
export const messageIn = (url) => /\/receipts\/([^./?]+)\.[^/?]+$/.exec(url ?? "")?.[1] ?? null;

/** A form as a body, with its content type. */
export const form = (fields) => ({
  headers: { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" },
  body: new URLSearchParams(fields).toString(),
});
