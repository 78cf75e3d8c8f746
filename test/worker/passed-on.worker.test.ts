/** What an object answers holds nothing of another object's answer but its values: else its caller would have to dispose of it. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { OperatorObject } from "../../src/index.ts";
import { newTenant } from "../support/tenant/tenant.ts";

const isBoundToACall = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (Symbol.dispose in value || Object.values(value).some((part) => isBoundToACall(part)));

test("the operators' object gives a tenant's answers on as plain values, refusals too", async () => {
  const tenant = await newTenant();
  const stub = env.OPERATORS.get(env.OPERATORS.idFromName("eu:operator"));
  await runInDurableObject(stub, async (object: OperatorObject) => {
    const id = tenant.id;
    const answers = [
      await object.ask({ id: "ops" }, "tenant_keys.list", { id }, null),
      await object.ask({ id: "ops" }, "tenant_templates.list", { id }, null),
      await object.ask({ id: "ops" }, "tenant_keys.revoke", { id, key: "key_none" }, null),
    ];
    expect(answers.map(isBoundToACall)).toEqual(answers.map(() => false));
  });
});
