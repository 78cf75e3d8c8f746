/**
 * A sandbox tenant and the receivers of its events: registered, sent to, listened to. For tests that drive the built Worker
 * and whose subject is what receivers do.
 */
import { outside, type Kept, type Outside } from "./outside.ts";
import type { Client, Tenant } from "../service/client.ts";

export type Endpoint = Outside & { id: string; secret: string };

let line = 0;

/** Everything below is one tenant's. */
export class Receivers {
  readonly key: string;
  readonly #tenant: Tenant;
  readonly #open: Outside[] = [];

  private constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.key = tenant.key;
  }

  static async of(service: Client, name = "Receivers"): Promise<Receivers> {
    return new Receivers(await service.tenant(name));
  }

  async ask(route: string, body?: unknown): Promise<{ status: number; text: string; body: Record<string, unknown> }> {
    const { status, text } = await this.#tenant.call(route, body === undefined ? {} : { body });
    return { status, text, body: JSON.parse(text === "" ? "{}" : text) as Record<string, unknown> };
  }

  /** A receiver that is registered for these events and answers as told, or 204. */
  async endpoint(answer?: Parameters<typeof outside>[0], events = ["message.delivered"]): Promise<Endpoint> {
    const server = await outside(answer);
    this.#open.push(server);
    return Object.assign(server, await this.register(`${server.url}/hook`, events));
  }

  /** Registers a URL whose server is the test's own. */
  async register(url: string, events = ["message.delivered"]): Promise<{ id: string; secret: string }> {
    const made = await this.ask("POST /v1/webhooks", { url, events });
    if (made.status !== 201) throw new Error(`not registered: ${made.text}`);
    return { id: String(made.body["id"]), secret: String(made.body["secret"]) };
  }

  /** Sends messages in a batch; answers their ids. */
  async send(count: number): Promise<string[]> {
    const to = () => `+447700900${String(100 + (line++ % 700))}`;
    const messages = Array.from({ length: count }, () => ({ to: to(), text: "Hello", purpose: "service" }));
    const sent = await this.ask("POST /v1/messages/batch", { messages });
    if (sent.status !== 202) throw new Error(`not sent: ${sent.text}`);
    return (sent.body["data"] as { message: { id: string } }[]).map(({ message }) => message.id);
  }

  async advance(seconds: number): Promise<void> {
    await this.ask("POST /v1/sandbox/clock", { advance_seconds: Math.floor(seconds) });
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((each) => each.close()));
  }
}

/** Whether the calls tell of every one of these messages. */
export function have(calls: readonly Kept[], ids: readonly string[]): boolean {
  const all = calls.map(({ body }) => body).join("\n");
  return ids.every((id) => all.includes(id));
}

/** The calls about any of these messages. */
export const about = (calls: readonly Kept[], ...ids: string[]): Kept[] =>
  calls.filter(({ body }) => ids.some((id) => body.includes(id)));

/** How long each event took from when it happened until it was received, the 99th of a hundred, in milliseconds. */
export function p99(calls: readonly Kept[]): number {
  const lags = calls.map(
    (call) => call.at - Date.parse((JSON.parse(call.body) as { occurred_at: string }).occurred_at),
  );
  return lags.toSorted((a, b) => a - b)[Math.ceil(lags.length * 0.99) - 1] ?? 0;
}
