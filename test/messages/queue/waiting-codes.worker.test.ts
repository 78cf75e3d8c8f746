// Codes that the queue lost, in the real runtime: one whose object lives, and one whose object woke since.
import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { app } from "../../../src/worker/app.ts";
import { FIRST_SWEEP_MS } from "../../../src/messages/ledger.ts";
import { newTenant, type Json, type Tenant } from "../../support/tenant/tenant.ts";

/** Admits a code whose queue message is lost: the door's queue takes it and nobody ever gets it. */
async function admitLost(tenant: Tenant): Promise<Json> {
  const lossy = { ...env, OTP_EU: { send: () => Promise.resolve(), sendBatch: () => Promise.resolve() } };
  const ctx = createExecutionContext();
  const headers = { authorization: `Bearer ${tenant.key}`, "content-type": "application/json" };
  const body = JSON.stringify({ to: "+447700900123", purpose: "otp", text: "123456 is your code" });
  const request = new Request("http://127.0.0.1:8787/v1/messages", { method: "POST", headers, body });
  const answer = await app.fetch(request, lossy, ctx);
  await waitOnExecutionContext(ctx);
  expect(answer.status).toBe(202);
  return answer.json<Json>();
}

test("a code that the queue lost is with its carrier before its first sweep, and nothing was written to find it", async () => {
  const tenant = await newTenant();
  const { id } = await admitLost(tenant);
  const alarm = await runInDurableObject(tenant.stub(), (_object, state) => state.storage.getAlarm());
  const message = await tenant.until(String(id), "sent", "delivered");
  const admittedAt = Date.parse(String(message["created_at"]));
  expect(alarm).toBeGreaterThanOrEqual(admittedAt + FIRST_SWEEP_MS - 1_000); // none was set to find it sooner
  const after = Date.parse(String(message["sent_at"])) - admittedAt;
  console.log(`a lost code is with its carrier after ${after} ms`);
  expect(after).toBeGreaterThan(1_000); // it was lost indeed
  expect(after).toBeLessThan(FIRST_SWEEP_MS);
  expect(await tenant.rows("SELECT due FROM messages")).toEqual([{ due: null }]);
});

test("an object that wakes puts the code that waits on the queue at once, whatever woke it", async () => {
  const tenant = await newTenant();
  const { id } = await admitLost(tenant);
  const died = runInDurableObject(tenant.stub(), (_object, state) => state.abort("as if its machine had died"));
  await expect(died).rejects.toThrow("as if its machine had died");
  const woken = Date.now();
  await tenant.call("GET /v1/sandbox/clock"); // asks nothing about the code
  const message = await tenant.until(String(id), "sent", "delivered");
  const after = Date.parse(String(message["sent_at"])) - woken;
  console.log(`the code of an object that woke is with its carrier after ${after} ms`);
  expect(after).toBeGreaterThan(0);
  expect(after).toBeLessThan(FIRST_SWEEP_MS / 2);
  expect(message["attempts"]).toHaveLength(1);
});
