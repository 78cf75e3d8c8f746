// A recount of the records gives the same figures: random messages and codes of a sandbox, late receipts, moved clocks and restarts.
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { chance } from "../support/run/seed.ts";
import { patience } from "../support/run/patience.ts";
import {
  liveMessage,
  recordedMessage,
  recount,
  shareOf,
  shownVerification,
  type One,
} from "../support/stats/recount.ts";
import { cron, newTenant, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { advance, check, codeOf, started } from "../support/tenant/verifications.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BY = ["state", "reason", "purpose", "carrier", "network", "country", "service", "template"];
const BY_OF_CODES = BY.filter((name) => name !== "purpose" && name !== "network");
/** Every magic number of the sandbox, and ordinary ones. */
const ENDINGS = ["901", "902", "903", "904", "905", "906", "907", "908", "909", "123", "124", "125"] as const;

/** Every message there is, once: the object's row where it lives, else its record. */
async function messagesOf(tenant: Tenant): Promise<One[]> {
  const stem = tenant.id.slice(4);
  const records = await env.DB_EU.prepare(`SELECT id, state, record FROM messages WHERE id >= ? AND id < ?`)
    .bind(`msg_${stem}0`, `msg_${stem}1`)
    .all<{ id: string; state: string; record: string }>();
  const live = await tenant.rows(`SELECT * FROM messages`);
  const ids = new Set(live.map(({ id }) => String(id)));
  return [...live.map(liveMessage), ...records.results.filter(({ id }) => !ids.has(id)).map(recordedMessage)];
}

async function all(tenant: Tenant, path: string): Promise<Json[]> {
  const rows: Json[] = [];
  for (let cursor = ""; ;) {
    const { body } = await tenant.call(`GET ${path}?limit=100${cursor}`);
    rows.push(...(body["data"] as Json[]));
    if (body["next_cursor"] === null) return rows;
    cursor = `&cursor=${String(body["next_cursor"])}`;
  }
}

/** What the service tells, in the shape of a recount. */
async function told(tenant: Tenant, path: string, query: string): Promise<Json[]> {
  const { status, body } = await tenant.call(`GET ${path}?${query}`);
  expect([status, body["next_cursor"], body["complete"]], JSON.stringify(body)).toEqual([200, null, true]);
  return body["data"] as Json[];
}

function expectSame(rows: readonly Json[], counted: ReturnType<typeof recount>): void {
  const plain = rows.map(({ at, by, messages, verifications, segments = 0, cost }) => ({
    at,
    by,
    count: messages ?? verifications,
    segments,
    cost,
  }));
  expect(plain).toEqual(counted.map(({ latencies: _latencies, ...row }) => row));
  for (const [nth, { latencies }] of counted.entries()) {
    const latency = rows[nth]?.["latency"] as Record<string, number> | null;
    if (latencies.length === 0) expect(latency).toBeNull();
    for (const [name, share] of Object.entries({ p50_ms: 0.5, p95_ms: 0.95, p99_ms: 0.99 })) {
      const exact = shareOf(latencies, share);
      if (exact === null) continue;
      const off = Math.abs((latency?.[name] ?? 0) - exact);
      expect(off, `${name} of ${exact} ms`).toBeLessThanOrEqual(Math.max(1, exact * 0.1 + 0.5)); // whole milliseconds
    }
  }
}

/** Compares whatever may be compared now. */
async function compare(tenant: Tenant): Promise<void> {
  const messages = await messagesOf(tenant);
  const codes = (await all(tenant, "/v1/verifications")).map(shownVerification);
  const now = Date.parse(String((await tenant.call("GET /v1/sandbox/clock")).body["now"]));
  const span = (ms: number) => `from=${new Date(now - ms).toISOString()}`;
  const floor = Math.floor((now - 10 * DAY) / HOUR) * HOUR;
  const recent = (ones: readonly One[]) => ones.filter(({ at }) => at >= floor);
  const days = `step=day&${span(300 * DAY)}`;
  for (const [by, hours] of [
    [BY, true],
    [["state", "carrier"], true],
    [["country"], false],
    [[], false],
  ] as const)
    expectSame(
      await told(tenant, "/v1/stats", `${hours ? `step=hour&${span(10 * DAY)}` : days}&by=${by.join(",")}`),
      recount(hours ? recent(messages) : messages, hours ? HOUR : DAY, by),
    );
  expectSame(await told(tenant, "/v1/stats", `${days}&by=${BY.join(",")}`), recount(messages, DAY, BY));
  const byOfCodes = `&by=${BY_OF_CODES.join(",")}`;
  expectSame(await told(tenant, "/v1/stats/verifications", `${days}${byOfCodes}`), recount(codes, DAY, BY_OF_CODES));
  expectSame(
    await told(tenant, "/v1/stats/verifications", `step=hour&${span(10 * DAY)}${byOfCodes}`),
    recount(recent(codes), HOUR, BY_OF_CODES),
  );
}

describe("a recount of the records gives the same figures", { timeout: patience(240_000) }, () => {
  test("whatever is sent, whenever the object is restarted and however late receipts come", async () => {
    const random = chance("figures");
    const tenant = await newTenant();
    const { body: service } = await tenant.call("POST /v1/verify/services", { name: "Login" });
    const number = () => `+447700900${random.pick(ENDINGS)}`;
    const acts: Record<string, () => Promise<unknown>> = {
      send: () =>
        tenant.call("POST /v1/messages", {
          to: number(),
          purpose: random.pick(["service", "marketing"]),
          text: "Hello ".repeat(random.between(1, 60)),
        }),
      later: async () => {
        const now = Date.parse(String((await tenant.call("GET /v1/sandbox/clock")).body["now"]));
        const schedule_at = new Date(now + random.between(2, 200_000) * 1_000).toISOString();
        return tenant.call("POST /v1/messages", { to: number(), purpose: "service", text: "Later", schedule_at });
      },
      code: async () => {
        const at = { to: number(), intent: "login", ...(random.fraction() < 0.5 ? { service: service["id"] } : {}) };
        return tenant.call("POST /v1/verifications", at);
      },
      approve: async () => {
        const begun = await started(tenant, { to: `+4477009001${random.between(10, 99)}`, intent: "signup" });
        return check(tenant, String(begun["id"]), await codeOf(tenant, begun));
      },
      restart: async () => {
        await tenant.call("GET /v1/policy"); // only an object that runs can be evicted
        await evictDurableObject(tenant.stub());
      },
      seconds: () => advance(tenant, random.between(1, 100)),
      hours: () => advance(tenant, random.between(600, 40_000)),
      days: () => advance(tenant, random.between(80_000, 400_000)),
    };
    const names = [
      "send",
      "send",
      "send",
      "send",
      "later",
      "code",
      "approve",
      "restart",
      "seconds",
      "hours",
      "days",
    ] as const;
    for (let act = 0; act < 70; act += 1) {
      await acts[random.pick(names)]?.();
      if (act % 10 === 9) await compare(tenant);
    }
    await advance(tenant, 8 * 86_400); // whatever was in doubt has ended
    await compare(tenant);
    expect((await tenant.rows(`SELECT 1 FROM stats_hours`)).length).toBeGreaterThan(1);
  });

  test("a doubt that was recorded and is corrected by a late receipt is counted once, as what it became", async () => {
    const tenant = await newTenant();
    const sent = await tenant.send({ to: "+447700900909" });
    const states = async () =>
      Object.fromEntries(
        (await told(tenant, "/v1/stats", "step=day&by=state")).map(({ by, messages }) => [by.state, messages]),
      );
    await tenant.until(String(sent["id"]), "unknown");
    await advance(tenant, 900);
    expect(await states()).toEqual({ unknown: 1 });
    await evictDurableObject(tenant.stub());
    await advance(tenant, 3_600);
    await tenant.until(String(sent["id"]), "delivered");
    expect(await states()).toEqual({ delivered: 1 });
    await advance(tenant, 86_400);
    await until(async () => ((await tenant.rows(`SELECT 1 FROM messages`)).length === 0 ? true : null));
    await evictDurableObject(tenant.stub());
    expect(
      (await told(tenant, "/v1/stats", "step=day&by=state")).map(({ by, messages }) => [by.state, messages]),
    ).toEqual([["delivered", 1]]);
  });

  test("a purge of the records leaves the figures as they were", async () => {
    const tenant = await newTenant();
    for (const to of ["+447700900123", "+447700900901", "+447700900904"]) {
      const sent = await tenant.send({ to });
      await tenant.until(String(sent["id"]), "delivered", "undelivered", "failed");
    }
    const query = "step=day&by=state,country&from=2026-01-01T00:00:00Z&to=2027-01-31T00:00:00Z";
    await advance(tenant, 2 * 86_400);
    const before = await told(tenant, "/v1/stats", query);
    expect(before.map(({ by, messages }) => [by.state, messages])).toEqual([
      ["delivered", 1],
      ["failed", 1],
      ["undelivered", 1],
    ]);
    await advance(tenant, 8 * 86_400);
    await cron("17 3 * * *");
    expect(await messagesOf(tenant)).toEqual([]);
    expect(await told(tenant, "/v1/stats", query)).toEqual(before);
    await advance(tenant, 45 * 86_400);
    await cron("17 3 * * *"); // the hours go as well: D1 has the day
    expect(await tenant.rows(`SELECT * FROM stats_hours`)).toEqual([]);
    expect(await told(tenant, "/v1/stats", query)).toEqual(before);
  });
});
