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

test("an account whose carrier cannot be asked to forget is not told to ask it, neither made so nor changed to it", async () => {
  const secret = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
  const body = { name: "Gateway", kind: "http", mode: "test", url: "https://192.0.9.1/sms", secret };
  const before = (await asOperator("GET /admin/v1/carriers")).text;
  const deaf = { status: 422, body: { errors: [{ field: "redact" }] } };
  expect(await asOperator("POST /admin/v1/carriers", { ...body, redact: true })).toMatchObject(deaf);
  expect((await asOperator("GET /admin/v1/carriers")).text).toBe(before);
  const made = await asOperator("POST /admin/v1/carriers", body);
  const id = String(made.body["id"]);
  expect(await asOperator(`PATCH /admin/v1/carriers/${id}`, { redact: true })).toMatchObject(deaf);
  expect((await asOperator(`PATCH /admin/v1/carriers/${id}`, { redact: false })).status).toBe(200);
});
