/**
 * A running service, as operators and tenants see it: callers that take every answer as it comes, the missing one too.
 */
import type { DoubleAccount } from "../carriers/carrier-double.ts";
import { patience } from "../run/patience.ts";
import type { MessageView } from "../../../src/messages/message.ts";

/** Status 0: the connection broke, so whether anything happened is not known. */
export type Answer = { status: number; text: string; headers: Headers };

export type Ask = { body?: unknown; raw?: string; headers?: Record<string, string> };

/** A service that runs somewhere; its own process or one that files share, see running.ts. */
export abstract class Client {
  abstract readonly base: string;
  protected abstract readonly adminToken: string;

  call(credential: string, route: string, ask: Ask = {}): Promise<Answer> {
    return call(this.base, credential, route, ask);
  }

  /** As an operator, whatever comes back. */
  operate(route: string, ask: Ask = {}): Promise<Answer> {
    return this.call(this.adminToken, route, ask);
  }

  /** As an operator; a refusal is a mistake of the test. */
  async admin<T>(route: string, body?: unknown): Promise<T> {
    const answer = await this.call(this.adminToken, route, body === undefined ? {} : { body });
    if (answer.status < 200 || answer.status > 299) throw new Error(`${route}: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as T;
  }

  /** A carrier account that leads to the double; with `asked` it can be asked what became of a call. */
  async carrier(
    account: DoubleAccount,
    perSecond: number | null = null,
    { asked = false }: { asked?: boolean } = {},
  ): Promise<string> {
    const { name, url, secret } = account;
    const status = asked ? { status_url: account.statusUrl } : {};
    const body = { name, kind: "http", mode: "test", url, secret, per_second: perSecond, ...status };
    return (await this.admin<{ id: string }>("POST /admin/v1/carriers", body)).id;
  }

  /** A sandbox tenant with a key, these routes (the sandbox carrier's without), and limits that no test reaches. */
  async tenant(name: string, routes?: string[]): Promise<Tenant> {
    const { id } = await this.admin<{ id: string }>("POST /admin/v1/tenants", { name, environment: "sandbox" });
    const caps = { minute: 1_000_000, hour: 1_000_000, day: 1_000_000 };
    await this.admin(`PATCH /admin/v1/tenants/${id}`, {
      policy: {
        ...(routes === undefined ? {} : { routes }),
        limits: {
          recipient: caps,
          block: caps,
          key: caps,
          tenant: caps,
          country: { home: caps, abroad: caps },
          numbers_per_key_per_day: 1_000_000,
        },
      },
    });
    const key = await this.admin<{ secret: string }>(`POST /admin/v1/tenants/${id}/keys`, {
      name: "faults",
      scopes: ["*"],
    });
    return new Tenant(this, id, key.secret);
  }
}

export type Send = {
  to?: string;
  text: string;
  purpose?: "otp" | "service" | "marketing";
  ttl_seconds?: number;
  schedule_at?: string;
  reference?: string;
};

/** Drama numbers in turn; those with a meaning for the sandbox carrier are left out. */
export const numberFor = (nth: number): string => `+${447_700_900_000 + (nth % 900)}`;

/** One tenant's caller. */
export class Tenant {
  readonly id: string;
  readonly key: string;
  readonly #service: Client;
  #sent = 0;

  constructor(service: Client, id: string, key: string) {
    this.#service = service;
    this.id = id;
    this.key = key;
  }

  call(route: string, ask: Ask = {}): Promise<Answer> {
    return this.#service.call(this.key, route, ask);
  }

  send({ to, text, purpose = "service", ...rest }: Send, headers: Record<string, string> = {}): Promise<Answer> {
    const body = { to: to ?? numberFor(this.#sent++), text, purpose, ...rest };
    return this.call("POST /v1/messages", { body, headers });
  }

  /** Sends, and expects to be heard; answers the message's id. */
  async sent(send: Send): Promise<string> {
    const answer = await this.send(send);
    if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${answer.text}`);
    return (JSON.parse(answer.text) as { id: string }).id;
  }

  async get(id: string): Promise<MessageView> {
    const answer = await this.call(`GET /v1/messages/${id}`);
    if (answer.status !== 200) throw new Error(`${id}: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as MessageView;
  }

  async advance(seconds: number): Promise<void> {
    const answer = await this.call("POST /v1/sandbox/clock", { body: { advance_seconds: seconds } });
    if (answer.status !== 200) throw new Error(`the clock: ${answer.status} ${answer.text}`);
  }

  messages(): Promise<MessageView[]> {
    return this.#all<MessageView>("GET /v1/messages", (message) => message.id);
  }

  /** Every page of a list. */
  async #all<T>(route: string, _idOf: (item: T) => string): Promise<T[]> {
    const found: T[] = [];
    let cursor: string | null = null;
    do {
      const answer = await this.call(`${route}?limit=100${cursor === null ? "" : `&cursor=${cursor}`}`);
      if (answer.status !== 200) throw new Error(`${route}: ${answer.status} ${answer.text}`);
      const page = JSON.parse(answer.text) as { data: T[]; next_cursor: string | null };
      found.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return found;
  }

  events(): Promise<TenantEvent[]> {
    return this.#all<TenantEvent>("GET /v1/events", (event) => event.id);
  }
}

export type TenantEvent = {
  id: string;
  type: string;
  sequence: number;
  resource: string;
  data: { message?: MessageView };
};

async function call(base: string, credential: string, route: string, { body, raw, headers }: Ask): Promise<Answer> {
  const [method = "GET", path = "/"] = route.split(" ");
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  try {
    const answer = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${credential}`,
        ...(text === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
      signal: AbortSignal.timeout(patience(30_000)),
    });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  } catch {
    return { status: 0, text: "", headers: new Headers() };
  }
}
