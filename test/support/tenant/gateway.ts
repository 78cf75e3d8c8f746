/**
 * A sandbox tenant whose virtual numbers live at a gateway of its own: what the gateway brings, signed, and what it was given to send.
 */
import { exports } from "cloudflare:workers";
import { vi } from "vitest";
import { signatureOf } from "../../../src/carriers/adapters/http.ts";
import { newTenant, operator, until, type Json, type Tenant } from "./tenant.ts";

export const GATEWAY = "http://127.0.0.1:65001/gateway";
/** What the gateway was given, in order. */
export const given: Json[] = [];
let nextNumber = 700;
let serial = 0;

/** The gateway takes everything; whatever else is called answers 204. */
export function listen(): void {
  given.length = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    if (url !== GATEWAY) return new Response(null, { status: 204 });
    given.push(JSON.parse(init?.body as string) as Json);
    return Response.json({ accepted: true });
  });
}

export type Line = { tenant: Tenant; account: string; secret: string; numbers: string[]; pool: string };

export const newSecret = (): string =>
  `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;

/** Virtual numbers of an account, in a pool. */
export async function numbersAt(tenant: Tenant, account: string, many: number) {
  const numbers = Array.from({ length: many }, () => `+447700900${nextNumber++}`);
  const rows = numbers.map((number) => ({ number, account }));
  const made = await operator("POST /admin/v1/numbers", { tenant: tenant.id, numbers: rows });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const all = (await tenant.call("GET /v1/numbers?limit=500")).body["data"] as Json[];
  const ids = all.filter(({ number }) => numbers.includes(String(number))).map(({ id }) => id);
  const pool = await tenant.call("POST /v1/pools", { name: "Gateway", numbers: ids });
  return { numbers, pool: String(pool.body["id"]) };
}

/** A tenant with so many numbers at the gateway. */
export async function line(many = 2): Promise<Line> {
  const tenant = await newTenant();
  const secret = newSecret();
  const made = await operator("POST /admin/v1/carriers", {
    name: "Gateway",
    kind: "http",
    mode: "test",
    url: GATEWAY,
    secret,
  });
  const account = String(made.body["id"]);
  return { tenant, account, secret, ...(await numbersAt(tenant, account, many)) };
}

/** A callback of the gateway, signed unless told otherwise. */
export async function bring({ account, secret }: Line, text: Json, over: { secret?: string; age?: number } = {}) {
  const body = JSON.stringify({ id: `in-${(serial += 1)}`, ...text });
  const at = Math.floor(Date.now() / 1_000) - (over.age ?? 0);
  const signature = signatureOf(over.secret ?? secret, `w-${serial}`, at, body);
  const headers = {
    "content-type": "application/json",
    "webhook-id": `w-${serial}`,
    "webhook-timestamp": String(at),
    "webhook-signature": signature,
  };
  return called(account, headers, body);
}

/** A callback as it stands, to the account's door. */
export async function called(account: string, headers: Record<string, string>, body: string) {
  const request = new Request(`http://127.0.0.1:8787/carriers/${account}/inbound`, { method: "POST", headers, body });
  const response = await exports.default.fetch(request);
  const text = await response.text();
  return { status: response.status, body: (text === "" ? {} : JSON.parse(text)) as Json };
}

/** Waits for a text at the gateway. */
export const arrived = (text: string): Promise<Json> =>
  until(async () => given.find((one) => one["text"] === text) ?? null, `${text} at the gateway`);

/** The texts that the gateway was given for somebody, in order. */
export const givenTo = (to: string): string[] =>
  given.filter((one) => one["to"] === to).map(({ text }) => String(text));

/** The inbox, newest first, each with its words. */
export async function inbox(tenant: Tenant): Promise<Json[]> {
  const listed = (await tenant.call("GET /v1/inbound?limit=100")).body["data"] as Json[];
  return Promise.all(listed.map(async ({ id }) => (await tenant.call(`GET /v1/inbound/${id}`)).body));
}

/** Every word of consent as it stands in the list, oldest last. */
export async function consents(tenant: Tenant): Promise<string[]> {
  const data = (await tenant.call("GET /v1/consents?limit=100")).body["data"] as Json[];
  return data.map(({ purpose, sender, state, source }) => [purpose, sender, state, source].join(" "));
}

/** The events of a type, oldest first. */
export async function eventsOf(tenant: Tenant, type: string): Promise<Json[]> {
  const data = (await tenant.call("GET /v1/events?limit=100")).body["data"] as Json[];
  return data.filter((event) => event["type"] === type);
}
