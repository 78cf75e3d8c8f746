/**
 * The app over bindings that keep a list of what was touched, so that a test can say what did not happen: no object
 * named, nothing put on a queue, nothing read from or written to a database or key store by the door.
 */
import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../../src/worker/app.ts";

const QUEUES = ["OTP_EU", "OTP_US", "BULK_EU", "BULK_US", "EVENTS_EU", "EVENTS_US", "SLOW_EU", "SLOW_US"] as const;
const OBJECTS = ["TENANTS", "COURIERS", "SENDERS", "OPERATORS"] as const;
const STORES = ["DB_EU", "DB_US", "KEYS_EU", "KEYS_US"] as const;

export type Watched = {
  /** What was touched since `reset`, as `TENANTS eu:abc` or `OTP_EU send`. */
  touched: string[];
  fetch: (request: Request) => Promise<Response>;
  reset: () => void;
};

/** The app, watched; `changes` are variables set otherwise for it. No call leaves the isolate: each is listed and fails. */
export function watch(changes: Record<string, unknown> = {}): Watched {
  const touched: string[] = [];
  globalThis.fetch = (input) => {
    touched.push(`fetch ${new URL(input instanceof Request ? input.url : input).host}`);
    return Promise.reject(new TypeError("no call leaves a test"));
  };
  const watched: Record<string, unknown> = { ...env, ...changes };
  for (const name of OBJECTS) {
    const namespace = env[name] as DurableObjectNamespace;
    watched[name] = {
      idFromName(text: string) {
        touched.push(`${name} ${text}`);
        return namespace.idFromName(text);
      },
      get: (id: DurableObjectId) => namespace.get(id),
      getByName(text: string) {
        touched.push(`${name} ${text}`);
        return namespace.getByName(text);
      },
    };
  }
  for (const name of [...QUEUES, ...STORES]) {
    watched[name] = new Proxy(env[name], {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== "function") return value;
        touched.push(`${name} ${String(property)}`);
        const bound: unknown = value.bind(target);
        return bound;
      },
    });
  }
  return {
    touched,
    reset: () => void touched.splice(0),
    async fetch(request) {
      const ctx = createExecutionContext();
      const response = await app.fetch(request, watched, ctx);
      await waitOnExecutionContext(ctx);
      return response;
    },
  };
}

/** Every row of every table of a tenant's object, as text: equal before and after means that nothing was written. */
export async function rowsOf(tenant: string): Promise<Record<string, string[]>> {
  const name = `${tenant.startsWith("ten_u") ? "us" : "eu"}:${tenant.slice(5)}`;
  return runInDurableObject(env.TENANTS.get(env.TENANTS.idFromName(name)), (_object, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>(
        `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'`,
      )
      .toArray();
    return Object.fromEntries(
      tables.map(({ name: table }) => [
        table,
        storage.sql
          .exec(`SELECT * FROM ${table}`)
          .toArray()
          .map((row) => JSON.stringify(row, (_key, value: unknown) => readable(value))),
      ]),
    );
  });
}

function readable(value: unknown): unknown {
  return value instanceof ArrayBuffer ? Buffer.from(value).toString("hex") : value;
}
