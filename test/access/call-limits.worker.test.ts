import { expect, test } from "vitest";
import { newTenant, operator, tenantOf } from "../support/tenant/tenant.ts";
import { patience } from "../support/run/patience.ts";

const stop = { to: "+447700900123", purposes: ["marketing"], state: "withdrawn", source: "phone" };

test(
  "a loop of 1,500 consents meets its limit; other keys, reads and codes do not feel it",
  { timeout: patience(120_000) },
  async () => {
    const tenant = await newTenant();
    const other = await operator(`POST /admin/v1/tenants/${tenant.id}/keys`, { name: "other", scopes: ["*"] });
    const first = await tenant.call("POST /v1/consents", stop);
    expect([first.status, JSON.stringify(first.body)]).toEqual([201, expect.any(String)]);
    const statuses = new Map<number, number>();
    let refused = first;
    for (let n = 0; n < 1_499; n += 25)
      for (const answer of await Promise.all(
        Array.from({ length: 25 }, () => tenant.call("POST /v1/consents", stop)),
      )) {
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status === 429) refused = answer;
      }
    expect([...statuses.keys()].toSorted((a, b) => a - b)).toEqual([201, 429]);
    expect(refused.body["code"]).toBe("rate_limited");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(60);

    expect((await tenant.call("GET /v1/consents")).status).toBe(200);
    expect((await tenant.call("POST /v1/verifications", { to: "+447700900124", intent: "login" })).status).toBe(201);
    expect((await tenantOf(tenant.id, other.body["secret"]).call("POST /v1/consents", stop)).status).toBe(201);
    const told = (await tenant.call("GET /v1/audit?act=key.limit_reached")).body["data"];
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ facts: { limit: "calls", class: "write", per_minute: 1_200 } });
    const events = (await tenant.call("GET /v1/events?type=alert.limit")).body["data"];
    expect(events).toHaveLength(1);
  },
);
