/**
 * Masked sessions through the public API: virtual numbers, a pool, people, what their phones show and what they answer.
 */
import { operator, until, type Answer, type Json, type Tenant } from "./tenant.ts";

export const ALICE = "+447700900111";
export const BOB = "+447700900222";

/** The sandbox's own carrier account. */
export async function sandboxAccount(): Promise<string> {
  const { body } = await operator("GET /admin/v1/carriers");
  const accounts = body["data"] as Json[];
  return String(accounts.find(({ kind }) => kind === "sandbox")?.["id"]);
}

/** Virtual numbers for a sandbox tenant, from +447700900{first} on; answers their ids. */
export async function importNumbers(tenant: Tenant, many: number, first = 870): Promise<string[]> {
  const account = await sandboxAccount();
  const numbers = Array.from({ length: many }, (_, nth) => ({ number: `+447700900${first + nth}`, account }));
  const made = await operator("POST /admin/v1/numbers", { tenant: tenant.id, numbers });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const { body } = await tenant.call("GET /v1/numbers?limit=500");
  return (body["data"] as Json[]).map(({ id }) => String(id));
}

/** A pool of so many new numbers. */
export async function newPool(tenant: Tenant, many: number, over: Json = {}, first = 870): Promise<string> {
  const before = new Set(((await tenant.call("GET /v1/numbers?limit=500")).body["data"] as Json[]).map(({ id }) => id));
  const numbers = (await importNumbers(tenant, many, first)).filter((id) => !before.has(id));
  const made = await tenant.call("POST /v1/pools", { name: `Pool ${first}`, numbers, ...over });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return String(made.body["id"]);
}

export const open = (tenant: Tenant, over: Json = {}): Promise<Answer> =>
  tenant.call("POST /v1/sessions", { participants: [{ to: ALICE }, { to: BOB }], ...over });

/** Opens a session; a refusal is a mistake of the test. */
export async function opened(tenant: Tenant, over: Json = {}): Promise<Json> {
  const answer = await open(tenant, over);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

/** The virtual number that each person of a session texts, in order. */
export const proxiesOf = (session: Json): string[] =>
  (session["participants"] as Json[]).map(({ proxy }) => String(proxy.number));

/** A person texts a virtual number; answers what became of it. */
export async function texts(tenant: Tenant, from: string, to: string, text: string): Promise<string> {
  const { status, body } = await tenant.call("POST /v1/sandbox/handset/messages", { number: from, to, text });
  if (status !== 202) throw new Error(JSON.stringify(body));
  return String(body["state"]);
}

export type Shown = { from: string; text: string };

/** What a person's phone shows, newest first. */
export async function shown(tenant: Tenant, number: string): Promise<Shown[]> {
  const { body } = await tenant.call("GET /v1/sandbox/handset/messages?limit=200");
  return (body["data"] as Json[])
    .filter((text) => text["number"] === number && text["direction"] !== "sent")
    .map(({ from, text }) => ({ from: String(from), text: String(text) }));
}

/** Waits until a person's phone shows a text. */
export const arrives = (tenant: Tenant, number: string, text: string): Promise<Shown> =>
  until(async () => (await shown(tenant, number)).find((one) => one.text === text) ?? null, `${text} on ${number}`);

export const advance = (tenant: Tenant, seconds: number): Promise<Answer> =>
  tenant.call("POST /v1/sandbox/clock", { advance_seconds: seconds });

/** The types of events about a thing, oldest first. */
export async function told(tenant: Tenant, resource: string): Promise<string[]> {
  const { body } = await tenant.call("GET /v1/events?limit=100");
  return (body["data"] as Json[]).filter((event) => event["resource"] === resource).map(({ type }) => String(type));
}
