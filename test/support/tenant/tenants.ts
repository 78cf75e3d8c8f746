/**
 * Tenants for worker tests, made and asked through the public API alone: `exports.default.fetch`, as a client would.
 */
import { env, exports } from "cloudflare:workers";

export const BASE = "https://maskline.test";

export type Answered = { status: number; body: Record<string, unknown>; headers: Headers; text: string };

export type Ask = {
  key?: string;
  /** A value to be written as JSON, or text to be sent as it is. */
  body?: unknown;
  raw?: BodyInit;
  headers?: Record<string, string>;
  cf?: Record<string, unknown>;
};

/** One request: `ask("POST /v1/messages", { key, body })`. */
export async function ask(route: string, { key, body, raw, headers, cf }: Ask = {}): Promise<Answered> {
  const [method = "", path = ""] = route.split(" ");
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await exports.default.fetch(
    new Request(BASE + path, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(sent === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
      ...(cf === undefined ? {} : { cf: cf as CfProperties }),
    }),
  );
  const text = await response.text();
  return { status: response.status, body: jsonOf(text), headers: response.headers, text };
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** As an operator of a local deployment. */
export const asOperator = (route: string, body?: unknown): Promise<Answered> =>
  ask(route, { key: env.ADMIN_TOKEN, ...(body === undefined ? {} : { body }) });

export type Tenant = { id: string; key: string; keyId: string };

/** A new sandbox tenant with one key of every scope. */
export async function newTenant(name: string, jurisdiction: "eu" | "us" = "eu"): Promise<Tenant> {
  const made = await asOperator("POST /admin/v1/tenants", { name, jurisdiction, environment: "sandbox" });
  if (made.status !== 201) throw new Error(`no tenant: ${made.text}`);
  const id = String(made.body["id"]);
  return { id, ...(await newKey(id, { name: "all", scopes: ["*"] })) };
}

/** A key of a tenant with these settings, issued by an operator. */
export async function newKey(tenant: string, settings: object): Promise<{ key: string; keyId: string }> {
  const made = await asOperator(`POST /admin/v1/tenants/${tenant}/keys`, settings);
  if (made.status !== 201) throw new Error(`no key: ${made.text}`);
  return { key: String(made.body["secret"]), keyId: String(made.body["id"]) };
}
