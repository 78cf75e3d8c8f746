// What a new user gets wrong first, through the public API: the answer names the field and says what would be right.
import { beforeEach, expect, test, vi } from "vitest";
import { newTenant, operator, type Json } from "../support/tenant/tenant.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const errorsOf = (body: Json) =>
  (body["errors"] as { field: string; detail: string }[]).map(({ field, detail }) => [field, detail]);

test("`body` instead of `text` is named, and `text` is suggested, in a batch too", async () => {
  const tenant = await newTenant();
  const wrong = { to: "+447700900123", purpose: "service", body: "Hello" };
  const one = await tenant.call("POST /v1/messages", wrong);
  expect(one).toMatchObject({ status: 400, body: { code: "unknown_field" } });
  expect(errorsOf(one.body)).toContainEqual(["body", "`body` is not known here. Did you mean `text`?"]);
  expect(errorsOf(one.body)).toContainEqual(["text", "A value of type string is required."]);
  expect(JSON.stringify(one.body)).not.toContain("Hello");
  const batch = await tenant.call("POST /v1/messages/batch", { messages: [wrong] });
  expect(JSON.stringify(batch.body)).toContain("Did you mean `text`?");
});

test("an unknown query name is named, for tenants and for operators", async () => {
  const tenant = await newTenant();
  const list = await tenant.call("GET /v1/messages?page=2");
  expect(list).toMatchObject({ status: 400, body: { code: "unknown_field" } });
  expect(errorsOf(list.body)).toEqual([["page", "`page` is not known here. Did you mean `cursor`?"]]);
  const tenants = await operator("GET /admin/v1/tenants?limt=2");
  expect(errorsOf(tenants.body)).toEqual([["limt", "`limt` is not known here. Did you mean `limit`?"]]);
});

test("a token where a number belongs is told the form of a token, and not repeated", async () => {
  const tenant = await newTenant();
  const { to } = await tenant.send();
  const token = String((to as Json)["token"]);
  for (const [route, body] of [
    ["POST /v1/messages", { to: token, purpose: "service", text: "x" }],
    ["POST /v1/verifications", { to: token, intent: "login" }],
    ["POST /v1/consents", { to: token, purposes: ["service"], state: "withdrawn" }],
  ] as const) {
    const answer = await tenant.call(route, body);
    expect(answer, route).toMatchObject({ status: 422, body: { code: "invalid_number" } });
    expect(errorsOf(answer.body)).toEqual([["to", expect.stringContaining('send it as {"token": "tok_…"}')]]);
    expect(JSON.stringify(answer.body)).not.toContain(token);
  }
});

test("a country or a kind that is not allowed is told what was read and what is allowed", async () => {
  const tenant = await newTenant();
  const set = (policy: Json) => operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy });
  const send = async () =>
    (await tenant.call("POST /v1/messages", { to: "07700 900123", purpose: "service", text: "x" })).body["detail"];
  await set({ countries: ["IE", "FR"] });
  expect(await send()).toBe("The number was read as of country GB. The tenant's policy allows: IE, FR.");
  await set({ countries: ["GB"], kinds: ["mobile"] });
  expect(await send()).toBe("The number was read as of kind drama. The tenant's policy allows: mobile.");
});

test("a value of no list is told the list", async () => {
  const tenant = await newTenant();
  const answer = await tenant.call("POST /v1/messages", { to: "+447700900123", purpose: "transactional", text: "x" });
  expect(errorsOf(answer.body)).toEqual([["purpose", expect.stringMatching(/^Use one of: .*service/)]]);
  const list = await tenant.call("GET /v1/sessions?state=running");
  expect(errorsOf(list.body)).toEqual([["state", "Use one of: open, expired, closed."]]);
});
