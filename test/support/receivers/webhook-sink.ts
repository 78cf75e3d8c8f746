/**
 * A tenant's webhook receiver on the loopback address: checks every signature with the official package, answers 204, and
 * rings for whoever waits.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import type { Tenant, TenantEvent } from "../service/client.ts";
import { Signal } from "../run/signal.ts";

export class WebhookSink {
  /** Every event by its id; one that comes again is the same. */
  readonly events = new Map<string, TenantEvent>();
  readonly forged: string[] = [];
  readonly signal = new Signal();
  #secret = "";
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.writeHead(this.#take(Buffer.concat(chunks).toString("utf8"), request.headers as never)).end();
        this.signal.ring();
      });
    });
  }

  /** Listens, and registers itself with the tenant for the events of messages. */
  static async start(tenant: Tenant): Promise<WebhookSink> {
    const sink = new WebhookSink();
    await new Promise<void>((resolve) => sink.#server.listen(0, "127.0.0.1", resolve));
    const { port } = sink.#server.address() as AddressInfo;
    const answer = await tenant.call("POST /v1/webhooks", {
      body: { url: `http://127.0.0.1:${port}/`, events: ["message.*"] },
    });
    if (answer.status !== 201) throw new Error(`the endpoint: ${answer.status} ${answer.text}`);
    sink.#secret = (JSON.parse(answer.text) as { secret: string }).secret;
    return sink;
  }

  /** The newest state that was told of a message. */
  stateOf(message: string): string | null {
    let newest: TenantEvent | null = null;
    for (const event of this.events.values())
      if (event.resource === message && (newest === null || event.sequence > newest.sequence)) newest = event;
    return newest === null ? null : newest.type.replace("message.", "");
  }

  /** How many messages were told to be in each state. */
  count(state: string): number {
    return new Set(
      [...this.events.values()].filter((event) => event.type === `message.${state}`).map((event) => event.resource),
    ).size;
  }

  until(what: string, timeoutMs: number, holds: () => boolean): Promise<void> {
    return this.signal.until(what, timeoutMs, holds, () => {
      const types: Record<string, number> = {};
      for (const { type } of this.events.values()) types[type] = (types[type] ?? 0) + 1;
      return JSON.stringify(types);
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(body: string, headers: Record<string, string>): number {
    try {
      const event = new Webhook(this.#secret).verify(body, headers) as TenantEvent;
      this.events.set(event.id, event);
      return 204;
    } catch (error) {
      this.forged.push(String(error));
      return 401;
    }
  }
}
