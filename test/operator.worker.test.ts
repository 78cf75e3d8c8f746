// The operators' object when many ask at once.
import { expect, test } from "vitest";
import { asOperator } from "./support/tenants.ts";

test("twenty first sandbox tenants at once are all made, and there is one sandbox carrier", async () => {
  const body = { name: "First", jurisdiction: "us", environment: "sandbox" };
  const made = await Promise.all(Array.from({ length: 20 }, () => asOperator("POST /admin/v1/tenants", body)));
  expect(made.map(({ status, text }) => (status === 201 ? 201 : text))).toEqual(Array<number>(20).fill(201));
  expect(new Set(made.map(({ body: tenant }) => tenant["id"])).size).toBe(20);
  const { body: carriers } = await asOperator("GET /admin/v1/carriers?jurisdiction=us");
  expect((carriers["data"] as { kind: string }[]).filter(({ kind }) => kind === "sandbox")).toHaveLength(1);
  const listed = await asOperator("GET /admin/v1/tenants?jurisdiction=us&limit=100");
  expect(listed.body["data"]).toHaveLength(20);
});
