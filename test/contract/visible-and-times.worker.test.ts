/** Times as people paste them, and fields that show nothing, at the doors that once took them otherwise. */
import { expect, test } from "vitest";
import { newTenant } from "../support/tenant/tenant.ts";
import { started } from "../support/tenant/verifications.ts";

test("an audit's times may be lower case and have an offset; what is none is told in the contract's words", async () => {
  const tenant = await newTenant();
  for (const from of ["2026-11-01t03:49:27z", "2026-11-01T03:49:27%2B01:00"])
    expect((await tenant.call(`GET /v1/audit?from=${from}`)).status, from).toBe(200);
  const wrong = await tenant.call("GET /v1/audit?to=yesterday");
  expect([wrong.status, wrong.body["errors"][0].detail]).toEqual([422, "Write an RFC 3339 time with an offset."]);
});

test("a code that shows nothing is refused and costs no guess", async () => {
  const tenant = await newTenant();
  const { id } = await started(tenant);
  for (const code of ["\u200b", "...", " - "])
    expect((await tenant.call(`POST /v1/verifications/${id}/check`, { code })).status, code).toBe(422);
  expect((await tenant.call(`GET /v1/verifications/${id}`)).body["attempts_left"]).toBe(5);
});

test("a template's variable that shows nothing is refused", async () => {
  const tenant = await newTenant();
  for (const shop of ["\u200b\u2060", "\u3164", ""]) {
    const { status, body } = await tenant.call("POST /v1/verifications", { to: "+447700900221", variables: { shop } });
    expect([status, body["errors"][0].detail]).toEqual([422, "Write at least one visible character."]);
  }
});
