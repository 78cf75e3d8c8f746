/**
 * Verifications against the built Worker, from outside: starts, what the carrier was given, checks.
 */
import type { CarrierDouble } from "../carriers/carrier-double.ts";
import type { Tenant } from "./client.ts";

export type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- answers, judged by the tests that read them
export type Asked = { status: number; body: Json; text: string };

/** One call, its answer read. */
export async function ask(tenant: Tenant, route: string, body?: unknown): Promise<Asked> {
  const { status, text } = await tenant.call(route, body === undefined ? {} : { body });
  return { status, text, body: text === "" ? {} : (JSON.parse(text) as Json) };
}

/** Starts one; a refusal is a mistake of the test. */
export async function start(tenant: Tenant, over: Json): Promise<Json> {
  const { status, body, text } = await ask(tenant, "POST /v1/verifications", over);
  if (status !== 201) throw new Error(`not started: ${status} ${text}`);
  return body;
}

/** The code in the text that the carrier was given for a verification's newest send. */
export async function codeAt(carrier: CarrierDouble, verification: Json, withinMs = 20_000): Promise<string> {
  const message: string = verification["sends"].at(-1)["message_id"];
  const found = () => carrier.calls.find((call) => call.message === message && call.text !== null);
  await carrier.until("the code is with the carrier", withinMs, () => found() !== undefined);
  return /^\w+/.exec(found()?.text ?? "")?.[0] ?? "";
}

export const check = (tenant: Tenant, id: string, code: string, over: Json = {}): Promise<Asked> =>
  ask(tenant, `POST /v1/verifications/${id}/check`, { code, ...over });

/** Every code of six digits but this one, in turn. */
export function wrongCodes(code: string, many: number): string[] {
  const first = Number(code);
  return Array.from({ length: many }, (_, nth) => String((first + 1 + nth * 7) % 1_000_000).padStart(6, "0"));
}
