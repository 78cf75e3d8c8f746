// Vonage's Numbers API as its public OpenAPI description has it: search, buy, cancel, update, and the account's own.
import { z } from "zod";
import { formOf, json } from "./read.mjs";
import { forSale, giveUp, order, owned, ownedBy } from "./inventory.mjs";

const TYPES = { "mobile-lvn": "mobile", landline: "local", "landline-toll-free": "toll_free" };
const Pattern = { pattern: z.string().regex(/^\d{1,15}$/).optional(), search_pattern: z.enum(["0", "1", "2"]).optional(), size: z.string().regex(/^\d{1,3}$/).optional(), index: z.string().optional() }; // prettier-ignore
const Search = z.strictObject({ ...Pattern, country: z.string().length(2), type: z.enum(Object.keys(TYPES)).optional(), features: z.string().optional() }); // prettier-ignore
const Own = z.strictObject({ ...Pattern, country: z.string().length(2).optional() });
const One = { country: z.string().length(2), msisdn: z.string().regex(/^\d{7,15}$/) };
const Order = z.strictObject(One);
const Update = z.strictObject({ ...One, moHttpUrl: z.url().optional(), moSmppSysType: z.string().optional(), voiceCallbackType: z.string().optional(), voiceCallbackValue: z.string().optional(), app_id: z.string().optional() }); // prettier-ignore

const said = (code, label) => json(code, { "error-code": String(code), "error-code-label": label });
const failed = () => said(420, "method failed");
const done = () => said(200, "success");
const digits = ({ e164 }) => e164.slice(1);

/** `pattern` at the start, anywhere, or at the end. */
function isLike(number, { pattern = "", search_pattern: where = "0" }) {
  const text = digits(number);
  return where === "1" ? text.includes(pattern) : where === "2" ? text.endsWith(pattern) : text.startsWith(pattern);
}

/** Reads a request about numbers; undefined if it is about something else. */
export function vonageNumbers({ method, path, query, headers, body }, account) {
  if (!/^\/number\/|^\/account\/numbers$/.test(path)) return undefined;
  if (method === "GET") {
    const schema = path === "/number/search" ? Search : path === "/account/numbers" ? Own : null;
    const { success, data } = (schema ?? z.never()).safeParse(Object.fromEntries(query));
    if (!success) return { answer: said(420, "Numbers from this country can be requested from the Dashboard") };
    const size = Number(data.size ?? 10);
    const found = schema === Search ? forSale(account, { country: data.country, type: TYPES[data.type ?? "mobile-lvn"], limit: 1_000 }) : ownedBy(account); // prettier-ignore
    const numbers = found.filter((one) => isLike(one, data)).slice(0, size);
    const written = numbers.map((one) => ({ country: one.country, msisdn: digits(one), type: Object.keys(TYPES).find((type) => TYPES[type] === one.type), features: ["VOICE", "SMS"], ...(schema === Search ? { cost: one.cost } : { moHttpUrl: one.inboundUrl ?? "" }) })); // prettier-ignore
    return { answer: json(200, numbers.length === 0 ? {} : { count: numbers.length, numbers: written }) };
  }
  const schema = { "/number/buy": Order, "/number/cancel": Order, "/number/update": Update }[path] ?? z.never();
  const { success, data } = schema.safeParse(formOf({ headers, body }));
  if (method !== "POST" || !success) return { answer: failed() };
  const e164 = `+${data.msisdn}`;
  if (account.inventory.get(e164)?.country !== data.country) return { answer: failed() };
  if (path === "/number/buy") return order(account, { e164 }, { sold: done, pending: failed, refused: failed, failed: (status) => json(status, {}) }); // prettier-ignore
  const number = owned(account, e164);
  if (number === undefined) return { answer: failed() };
  if (path === "/number/cancel") giveUp(account, number);
  else number.inboundUrl = data.moHttpUrl ?? "";
  return { answer: done() };
}
