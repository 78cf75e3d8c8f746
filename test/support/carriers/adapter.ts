/**
 * One adapter and nothing else: an account from its fixtures, a handover, and a carrier that answers as it is told to.
 */
import { PLAIN_ACCOUNT } from "../../../src/carriers/carrier.ts";
import { readFileSync } from "node:fs";
import type { Account, Answer, Callback, Carrier, CarrierIo, Handover } from "../../../src/carriers/carrier.ts";

export const NOON = Date.UTC(2026, 10, 23, 12);
export const MESSAGE = "msg_edxzht155001m851kn9w0bajjg482hnsx74s";
export const RECEIPT_URL = `https://sms.example.com/carriers/car_1/receipts/${MESSAGE}.4h7j1k6m3n0p5q8s`;

/** What is to be sent unless a test says otherwise. */
export const handover: Handover = {
  message: MESSAGE,
  attempt: 1,
  to: "+447700900123",
  kind: "drama",
  from: "Northern",
  text: "Hello £5 & co = Grüße",
  encoding: "gsm7",
  validitySeconds: 600,
  lane: "otp",
  receiptUrl: RECEIPT_URL,
};

/** A fixture of a kind, as the carrier documents it, numbers replaced. */
export function fixture<T>(kind: string, name: string): T {
  return JSON.parse(readFileSync(`${import.meta.dirname}/../../carriers/fixtures/${kind}/${name}`, "utf8")) as T;
}

/** The account of a kind's fixtures. */
export function accountOf(kind: string): Account {
  const { settings, secrets } = fixture<Pick<Account, "settings" | "secrets">>(kind, "account.json");
  return { ...PLAIN_ACCOUNT, id: "car_1", kind, mode: "test", settings, secrets };
}

/** The outside, reduced to one function. */
export const ioOf = (fetch: CarrierIo["fetch"]): CarrierIo => ({
  fetch,
  now: () => NOON,
  handset: () => Promise.reject(new Error("no handset")),
});

export type Sent = { answer: Answer; url: string; init: RequestInit; headers: Headers; calls: number };

/** Sends by the adapter against a carrier that answers so; tells the call and the answer. */
export async function sendBy(
  carrier: Carrier,
  account: Account,
  answer: () => Response | Promise<Response>,
  over: Partial<Handover> = {},
): Promise<Sent> {
  const calls: [string, RequestInit][] = [];
  const io = ioOf(async (url, init) => (calls.push([url, init]), answer()));
  const said = await carrier.send(account, { ...handover, ...over }, io);
  const [url = "", init = {}] = calls[0] ?? [];
  return { answer: said, url, init, headers: new Headers(init.headers), calls: calls.length };
}

/** An answer in JSON. */
export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } }); // prettier-ignore

/** A callback as the door hands it on. */
export const callbackOf = (body: string | Uint8Array, headers: Record<string, string>, over: Partial<Callback> = {}): Callback => ({
  message: MESSAGE,
  url: RECEIPT_URL,
  headers,
  body: typeof body === "string" ? new TextEncoder().encode(body) : body,
  now: NOON,
  called: null,
  ...over,
}); // prettier-ignore
