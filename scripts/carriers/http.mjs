// The carrier `http` as docs/carriers-http.md has it: JSON both ways, signed by Standard Webhooks v1.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { hex, isDrama, json, jsonOf } from "./read.mjs";

const Handover = z.strictObject({
  message: z.string().max(64),
  attempt: z.int().min(1),
  to: z.string().regex(/^\+\d{7,15}$/),
  from: z.string().nullable(),
  text: z.string().min(1),
  encoding: z.enum(["gsm7", "ucs2"]),
  validity_seconds: z.int().min(1),
  receipt_url: z.url(),
});
const Question = z.strictObject({ message: z.string().max(64), attempt: z.int().min(1) });

const signatureOf = (secret, id, at, body) => `v1,${createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(`${id}.${at}.`).update(body).digest("base64")}`; // prettier-ignore

function isAuthentic({ headers, body }, { secrets }) {
  const at = Number(headers["webhook-timestamp"]);
  if (!(Math.abs(Date.now() / 1_000 - at) <= 300)) return false;
  const expected = Buffer.from(signatureOf(secrets.secret, headers["webhook-id"], at, body));
  const given = Buffer.from(headers["webhook-signature"] ?? "");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

const refused = (code, status = 200) => json(status, { accepted: false, code });

/** The kind `http`. */
export const http = {
  kind: "http",
  refusalCode: "blocked",
  patienceMs: 10_000,
  asksAt: "/status",
  makeAccount: (base) => ({
    settings: { url: `${base}/sms`, status_url: `${base}/status` },
    secrets: { secret: `whsec_${randomBytes(32).toString("base64")}` },
  }),

  read(request, account) {
    const isQuestion = request.path === http.asksAt;
    if (request.method !== "POST" || !(isQuestion || request.path === "/sms")) return { answer: json(404, {}) };
    if (!isAuthentic(request, account)) return { answer: json(401, {}), forged: true };
    const { success, data } = (isQuestion ? Question : Handover).safeParse(jsonOf(request));
    if (!success || data.message !== request.headers["webhook-id"]) return { answer: refused("malformed", 400) };
    if (isQuestion) return { ask: data };
    if (!isDrama(data.to.slice(1))) return { answer: refused("invalid_number", 400) };
    const { message, attempt, to, from, text, receipt_url: receiptUrl } = data;
    return { send: { message, attempt, to, from, text, receiptUrl, reference: `r-${hex(8)}` } };
  },

  accepted: ({ reference }) => json(200, { accepted: true, reference }),
  refused: (_send, code) => refused(code),
  throttled: (_send, headers) => json(429, {}, headers),
  failed: (status) => json(status, {}),
  said: (state) => json(200, { state }),

  receipt({ message, receiptUrl }, { state, code, forged }, { secrets }) {
    const body = JSON.stringify({ message, state, ...(code === undefined ? {} : { code }), at: new Date().toISOString() }); // prettier-ignore
    const [id, at] = [`rcp_${hex(8)}`, Math.floor(Date.now() / 1_000)];
    const secret = forged ? `whsec_${randomBytes(32).toString("base64")}` : secrets.secret;
    const headers = { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": signatureOf(secret, id, at, body) }; // prettier-ignore
    return { url: receiptUrl, headers, body };
  },

  inbound({ url, from, to, text, id = `in-${hex(8)}`, part, forged, ageSeconds }, { secrets }) {
    const body = JSON.stringify({ id, from, to, text, ...(part === undefined ? {} : { part }) });
    const at = Math.floor(Date.now() / 1_000) - ageSeconds;
    const secret = forged ? `whsec_${randomBytes(32).toString("base64")}` : secrets.secret;
    const headers = { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": signatureOf(secret, id, at, body) }; // prettier-ignore
    return { url, headers, body };
  },
};
