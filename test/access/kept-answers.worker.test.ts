import { expect, test } from "vitest";
import { newTenant } from "../support/tenant/tenant.ts";

const KEPT_BYTES_MAX = 20_000;

test("a batch of a thousand empty messages keeps less than 20 kB, and is repeated byte for byte", async () => {
  const tenant = await newTenant();
  const body = JSON.stringify({ messages: Array.from({ length: 1_000 }, () => ({})) });
  const ask = () => tenant.call("POST /v1/messages/batch", body, { "idempotency-key": "empty" });
  const first = await ask();
  expect([first.status, first.body["data"].length]).toEqual([202, 1_000]);
  const [{ kept }] = (await tenant.rows(`SELECT sum(length(answer)) AS kept FROM idempotency`)) as [{ kept: number }];
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(KEPT_BYTES_MAX);
  const again = await ask();
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(again.body["data"]).toEqual(first.body["data"]);
});
