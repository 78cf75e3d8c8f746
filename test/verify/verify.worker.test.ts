// The story of a code, through the public API in the runtime: start, the handset, check, resend, cancel, and what is told.
import { beforeEach, expect, it, vi } from "vitest";
import { everything, leavesOnlyNaming, newTenant, type Json } from "../support/tenant/tenant.ts";
import { advance, check, codeOf, start, started, textOf, told, wrong } from "../support/tenant/verifications.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

it("sends a code that the handset shows and the answer does not; it approves once, and the tenant is told", async () => {
  const tenant = await newTenant();
  const verification = await started(tenant, { intent: "login", metadata: { order: "7" } });
  expect(verification).toMatchObject({
    state: "pending", attempts_left: 5, sends_left: 4, intent: "login", template: "login", channel: "sms", reason: null,
    factor_strength: "restricted", metadata: { order: "7" }, sequence: 1,
  }); // prettier-ignore
  const text = await textOf(tenant, verification["sends"][0]["message_id"]);
  expect(text).toMatch(/^\d{6} is your Test sign-in code\. It expires in 10 min\. Do not share it\.$/);
  const code = text.slice(0, 6);
  expect(JSON.stringify(verification)).not.toContain(code);
  const { id } = verification;

  expect((await check(tenant, id, wrong(code))).body).toEqual({ state: "pending", valid: false, reason: "wrong_code", attempts_left: 4 }); // prettier-ignore
  const typed = `${code.slice(0, 3)} ${code.slice(3)}`;
  expect((await check(tenant, id, typed)).body).toEqual({ state: "approved", valid: true, reason: null, attempts_left: 0 }); // prettier-ignore
  expect((await check(tenant, id, code)).body).toEqual({ state: "approved", valid: false, reason: "already_approved", attempts_left: 0 }); // prettier-ignore

  await tenant.until(verification["sends"][0]["message_id"], "delivered");
  const { body } = await tenant.call(`GET /v1/verifications/${id}`);
  expect(body).toMatchObject({
    state: "approved",
    attempts_left: 0,
    resend_after: null,
    sends: [{ state: "delivered" }],
  });
  expect(await told(tenant, id)).toEqual(["verification.approved"]);
  const [row] = await tenant.rows(`SELECT digest, context, code_message FROM verifications`);
  expect(row).toEqual({ digest: null, context: null, code_message: null });
  expect(await everything(tenant)).not.toContain(code);
  const audit = JSON.stringify((await tenant.call("GET /v1/audit?limit=100")).body);
  expect(audit).toContain("verification.started");
  expect(audit).toContain("verification.approved");
  expect(audit).not.toContain(code);
});

it("refuses the sixth guess, also with the right code, and answers why at every later check", async () => {
  const tenant = await newTenant();
  const { id, ...verification } = await started(tenant);
  const code = await codeOf(tenant, verification);
  for (let left = 4; left >= 1; left -= 1)
    expect((await check(tenant, id, wrong(code))).body).toMatchObject({ state: "pending", attempts_left: left });
  expect((await check(tenant, id, wrong(code))).body).toMatchObject({
    state: "failed",
    valid: false,
    attempts_left: 0,
  });
  const over = { state: "failed", valid: false, reason: "too_many_attempts", attempts_left: 0 };
  expect((await check(tenant, id, code)).body).toEqual(over);
  expect(await told(tenant, id)).toEqual(["verification.failed"]);
  await advance(tenant, 2 * 3_600);
  expect(await tenant.rows(`SELECT id FROM verifications`)).toEqual([]);
  expect((await check(tenant, id, code)).body).toEqual(over); // from the records
  expect((await tenant.call(`GET /v1/verifications/${id}`)).body).toMatchObject({ state: "failed" });
  expect((await tenant.call(`POST /v1/verifications/${id}/resend`)).body["code"]).toBe("verification_ended");
  const list = (await tenant.call(`GET /v1/verifications?state=failed`)).body["data"] as Json[];
  expect(list.map((one) => one["id"])).toEqual([id]);
  expect((await check(tenant, `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`, code)).status).toBe(404);
});

it("sends the same code again when the back-off allows, and not a moment before", async () => {
  const tenant = await newTenant();
  const verification = await started(tenant, { code_length: 8 });
  const { id } = verification;
  const code = await codeOf(tenant, verification);
  expect(code).toHaveLength(8);
  const resend = () => tenant.call(`POST /v1/verifications/${id}/resend`);
  for (const [nth, wait] of [30, 60, 120].entries()) {
    const early = await resend();
    expect([early.status, early.body["code"]]).toEqual([429, "resend_too_early"]);
    expect(Number(early.headers.get("retry-after"))).toBeGreaterThan(wait - 5);
    expect(Number(early.headers.get("retry-after"))).toBeLessThanOrEqual(wait);
    await advance(tenant, wait);
    const again = await resend();
    expect([again.status, again.body["sends"].length]).toEqual([200, nth + 2]);
    const text = await textOf(tenant, again.body["sends"].at(-1)["message_id"]);
    expect(text).toContain(code);
    expect(text).toContain(`expires in ${[10, 9, 7][nth]} min`);
  }
  expect((await check(tenant, id, code)).body["valid"]).toBe(true);
  expect((await resend()).body["code"]).toBe("verification_ended");
});

it("continues the pending one for the same party, and supersedes it for another payment", async () => {
  const tenant = await newTenant();
  const pay = { intent: "payout", amount: 25_000_000, currency: "gbp", payee: "  Anna\n Müller " };
  const first = await started(tenant, pay);
  const text = await textOf(tenant, first["sends"][0]["message_id"]);
  expect(text).toContain("£25.00 to Anna Müller");
  const code = text.slice(0, 6);
  const same = await started(tenant, { ...pay, currency: "GBP", payee: "Anna Müller" });
  expect(same["id"]).toBe(first["id"]);
  expect(same["sends"]).toHaveLength(1);
  const mine = { amount: 25_000_000, currency: "GBP", payee: "Anna Müller" };
  for (const [over, left] of [[{}, 4], [{ ...mine, amount: 25_000_001 }, 3], [{ amount: 25_000_000 }, 2]] as const) {
    const { body } = await check(tenant, first["id"], code, over);
    expect(body).toEqual({ state: "pending", valid: false, reason: "context_mismatch", attempts_left: left });
  } // prettier-ignore
  const other = await started(tenant, { ...pay, amount: 26_000_000 });
  expect(other["id"]).not.toBe(first["id"]);
  expect((await check(tenant, first["id"], code, mine)).body).toMatchObject({ valid: false, reason: "superseded", state: "canceled" }); // prettier-ignore
  const second = await codeOf(tenant, other);
  const answer = await check(tenant, other["id"], second, { ...mine, amount: 26_000_000 });
  expect(answer.body).toMatchObject({ valid: true });
});

it("is canceled at once, and a new one of the same number starts without waiting", async () => {
  const tenant = await newTenant();
  const first = await started(tenant);
  const canceled = await tenant.call(`POST /v1/verifications/${first["id"]}/cancel`);
  expect(canceled.body).toMatchObject({ state: "canceled", reason: "by_caller", attempts_left: 0, sends_left: 0 });
  expect((await tenant.call(`POST /v1/verifications/${first["id"]}/cancel`)).status).toBe(409);
  const second = await started(tenant);
  expect(second["id"]).not.toBe(first["id"]);
  expect(second["state"]).toBe("pending");
});

it("checks by number: the newest pending one, and says when there is none", async () => {
  const tenant = await newTenant();
  const verification = await started(tenant, { intent: "signup" });
  const code = await codeOf(tenant, verification);
  const to = (over: Json) => tenant.call("POST /v1/verifications/check", { to: "+447700900123", code, ...over });
  expect((await to({ to: "+447700900124" })).body["code"]).toBe("verification_unknown");
  expect((await to({ intent: "login" })).body["code"]).toBe("verification_unknown");
  const right = await to({ intent: "signup" });
  expect(right.body).toMatchObject({ id: verification["id"], valid: true, state: "approved" });
  expect((await to({})).body).toMatchObject({ id: verification["id"], valid: false, reason: "already_approved" });
});

it("expires when its time has passed, by itself, and deletes digest and code message", async () => {
  const tenant = await newTenant();
  const { id } = await started(tenant, { ttl_seconds: 60 });
  await advance(tenant, 59);
  expect((await tenant.rows(`SELECT state, code_message IS NULL AS gone FROM verifications`))[0]).toEqual({ state: "pending", gone: 0 }); // prettier-ignore
  await advance(tenant, 2);
  expect((await tenant.rows(`SELECT state, digest, code_message FROM verifications`))[0]).toEqual({ state: "expired", digest: null, code_message: null }); // prettier-ignore
  expect(await told(tenant, id)).toEqual(["verification.expired"]);
});

it("refuses for reasons in the request, and stores no row and no token, only the count of the named number", async () => {
  const tenant = await newTenant();
  await leavesOnlyNaming(tenant, async () => {
    for (const [over, status, code, field] of [
      [{ ttl_seconds: 601 }, 422, "invalid_field"],
      [{ code_length: 3 }, 422, "invalid_field"],
      [{ code_length: 11 }, 422, "invalid_field"],
      [{ amount: 1 }, 422, "invalid_field"],
      [{ amount: 1.5, currency: "GBP", payee: "A" }, 400, "wrong_type"],
      [{ amount: 10_000, currency: "XYZ", payee: "A" }, 422, "invalid_field", "currency"],
      [{ amount: 10_000, currency: "GBP", payee: "\u200b\u2800" }, 422, "invalid_field", "payee"],
      [{ origin: "https://a.example", app_hash: "FA+9qCX9VSu" }, 422, "invalid_field"],
      [{ origin: "http://a.example" }, 422, "invalid_field"],
      [{ template: "tpl_none" }, 422, "template_unusable"],
      [{ template: "login", amount: 10_000, currency: "GBP", payee: "A" }, 422, "template_unusable"],
      [{ template: "payment" }, 422, "template_unusable"],
      [{ variables: { a: "b" } }, 422, "template_unusable"],
      [{ service: "svc_none" }, 422, "service_unknown"],
      [{ limits: { ip: "x" } }, 422, "invalid_field"],
      [{ to: "07700" }, 422, "invalid_number"],
      [{ to: `+44${"7911"}${"123456"}` }, 422, "real_number_in_sandbox"],
      [{ code: "123456" }, 400, "unknown_field"],
    ] as [Json, number, string, string?][]) {
      const answer = await start(tenant, over);
      expect([answer.status, answer.body["code"]], JSON.stringify(over)).toEqual([status, code]);
      if (field !== undefined) expect(answer.body["errors"]).toMatchObject([{ field }]);
    }
  });
});
