// The operators' object when many ask at once.
import { expect, test } from "vitest";
import { newTenant, type Json } from "../support/tenant/tenant.ts";
import { asOperator } from "../support/tenant/tenants.ts";

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

test("a number that is brought in while it is given up is its tenant's and in the list, or neither", async () => {
  const secret = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
  const gateway = { name: "Gateway", kind: "http", mode: "test", url: "https://192.0.9.1/sms", secret };
  const account = String((await asOperator("POST /admin/v1/carriers", gateway)).body["id"]);
  const tenant = await newTenant();
  const number = "+447700900795";
  const bring = () => asOperator("POST /admin/v1/numbers", { tenant: tenant.id, numbers: [{ number, account }] });
  for (let times = 0; times < 3; times += 1) {
    const [made] = (await bring()).body["data"] as Json[];
    const release = () => asOperator(`POST /admin/v1/numbers/${String(made?.["id"])}/release`);
    await Promise.all([release(), bring()]);
    const stock = (await asOperator(`GET /admin/v1/numbers?tenant=${tenant.id}`)).body["data"] as Json[];
    const theirs = (await tenant.call("GET /v1/numbers")).body["data"] as Json[];
    expect(theirs.map((one) => one["number"])).toEqual(stock.map((one) => one["number"]));
  }
});
