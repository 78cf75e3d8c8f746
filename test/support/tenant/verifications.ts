/**
 * Verifications through the public API, as a tenant's server would do them, and what the person's handset shows.
 */
import { until, type Answer, type Json, type Tenant } from "./tenant.ts";

export const NUMBER = "+447700900123";

/** Starts one and answers it. */
export async function started(tenant: Tenant, over: Json = {}): Promise<Json> {
  const answer = await start(tenant, over);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

export const start = (tenant: Tenant, over: Json = {}): Promise<Answer> =>
  tenant.call("POST /v1/verifications", { to: NUMBER, ...over });

/** The text of a message on the handset, once it is there. */
export function textOf(tenant: Tenant, message: string): Promise<string> {
  return until(async () => {
    const { body } = await tenant.call("GET /v1/sandbox/handset/messages?limit=200");
    const texts = body["data"] as { message_id: string; text: string }[];
    return texts.find((text) => text.message_id === message)?.text ?? null;
  }, "the text on the handset");
}

/** The code that a verification's newest send shows on the handset. */
export async function codeOf(tenant: Tenant, verification: Json): Promise<string> {
  const text = await textOf(tenant, verification["sends"].at(-1)["message_id"]);
  return /\b[0-9A-Z]{4,10}\b/.exec(text)?.[0] ?? "";
}

/** A code of the same form that is another one. */
export const wrong = (code: string): string => (code.startsWith("1") ? "2" : "1") + code.slice(1);

export const check = (tenant: Tenant, id: string, code: string, over: Json = {}): Promise<Answer> =>
  tenant.call(`POST /v1/verifications/${id}/check`, { code, ...over });

export const advance = (tenant: Tenant, seconds: number): Promise<Answer> =>
  tenant.call("POST /v1/sandbox/clock", { advance_seconds: seconds });

/** The types of the events about a thing, oldest first. */
export async function told(tenant: Tenant, resource: string): Promise<string[]> {
  const { body } = await tenant.call("GET /v1/events?limit=100");
  const events = body["data"] as { type: string; resource: string }[];
  return events.filter((event) => event.resource === resource).map((event) => event.type).toReversed(); // prettier-ignore
}
