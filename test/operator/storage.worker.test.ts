import { expect, test } from "vitest";
import { newTenant, operator, type Json } from "../support/tenant/tenant.ts";

test("operators see what D1, objects and key store of both jurisdictions take, and no alert while nothing is full", async () => {
  const tenant = await newTenant({ jurisdiction: "us" });
  const { status, body } = await operator("GET /admin/v1/storage");
  expect(status).toBe(200);
  const rows = body["data"] as Json[];
  for (const jurisdiction of ["eu", "us"]) {
    const d1 = rows.find((row) => row["store"] === "d1" && row["jurisdiction"] === jurisdiction);
    expect(d1?.["bytes"]).toBeGreaterThan(10_000);
  }
  expect(rows.find(({ id }) => id === tenant.id)?.["bytes"]).toBeGreaterThan(10_000);
  expect(rows.find(({ store, jurisdiction }) => store === "kv" && jurisdiction === "us")?.["bytes"]).toBeGreaterThan(
    100,
  );
  expect(rows.filter(({ alert }) => alert)).toEqual([]);
});
