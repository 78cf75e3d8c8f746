/**
 * The built Worker as a process with kept storage, and a client that remembers every answer it was given.
 */
import { createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { makeSecrets, startWorker } from "../../../scripts/lib/worker.mjs";

export type Answer = { route: string; status: number; text: string; headers: string; body: Record<string, unknown> };
export type Call = { key?: string; body?: unknown; raw?: string | Uint8Array; headers?: Record<string, string> };

export type Service = Awaited<ReturnType<typeof startService>>;

/** Starts it with empty storage; with `tap`, `queued()` is what went over its queues. */
export async function startService(bindings: Record<string, string> = {}, { tap = false } = {}) {
  const script = inject("workerScript");
  const persist = mkdtempSync(join(tmpdir(), "maskline-"));
  const secrets: Record<string, string> = { ...makeSecrets(), ...bindings };
  const worker = await startWorker({ script, persist, bindings: secrets, tap });
  const answers: Answer[] = [];
  const call = async (route: string, { key, body, raw, headers }: Call = {}): Promise<Answer> => {
    const [method = "", path = ""] = route.split(" ");
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(worker.base + path, {
      method,
      redirect: "manual",
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(sent === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent as BodyInit }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const answer = {
      route,
      status: response.status,
      text,
      headers: JSON.stringify([...response.headers]),
      body: parsed(text),
    };
    answers.push(answer);
    return answer;
  };
  const admin = (route: string, body?: unknown) =>
    call(route, { key: secrets["ADMIN_TOKEN"] ?? "", ...(body === undefined ? {} : { body }) });
  return {
    ...worker,
    secrets,
    persist,
    answers,
    call,
    admin,
    /** Every file of the storage, whole. */
    files: () =>
      readdirSync(persist, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => ({
          name: join(entry.parentPath, entry.name),
          bytes: readFileSync(join(entry.parentPath, entry.name)),
        })),
    remove: () => rmSync(persist, { recursive: true, force: true }),
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** A tenant with one key of every scope, on the carrier accounts given or on the sandbox carrier. */
export async function tenantOf(
  service: Service,
  name: string,
  routes?: string[],
): Promise<{ id: string; key: string }> {
  const id = String((await service.admin("POST /admin/v1/tenants", { name, environment: "sandbox" })).body["id"]);
  const recipient = { minute: 10_000, hour: 10_000, day: 10_000 };
  const policy = { limits: { recipient }, ...(routes === undefined ? {} : { routes }) };
  await service.admin(`PATCH /admin/v1/tenants/${id}`, { policy });
  const key = await service.admin(`POST /admin/v1/tenants/${id}/keys`, { name: "all", scopes: ["*"] });
  return { id, key: String(key.body["secret"]) };
}

/** A carrier account of the kind `http` and its shared secret. */
export async function carrierOf(service: Service, url: string): Promise<{ id: string; secret: string }> {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const made = await service.admin("POST /admin/v1/carriers", {
    name: "gateway",
    kind: "http",
    mode: "test",
    url,
    secret,
  });
  return { id: String(made.body["id"]), secret };
}

/** Headers that sign a receipt as the gateway would. */
export function signed(secret: string, body: string | Uint8Array, over: { id?: string; at?: number } = {}) {
  const id = over.id ?? `r_${randomBytes(8).toString("hex")}`;
  const at = over.at ?? Math.floor(Date.now() / 1_000);
  const mac = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
    .update(`${id}.${at}.`)
    .update(body)
    .digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": `v1,${mac}` };
}
