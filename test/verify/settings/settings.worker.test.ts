// Services, templates, named limits, locks, the summary and the alert: through the public API, in the runtime.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { everything, newTenant, operator, tenantOf, type Json, type Tenant } from "../../support/tenant/tenant.ts";
import {
  advance,
  check,
  codeOf,
  NUMBER,
  start,
  started,
  textOf,
  told,
  wrong,
} from "../../support/tenant/verifications.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const service = async (tenant: Tenant, over: Json = {}): Promise<Json> => {
  const answer = await tenant.call("POST /v1/verify/services", { name: "Sign-in", ...over });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};

const keyOf = async (tenant: Tenant, scopes: string[]): Promise<string> => {
  const made = await operator(`POST /admin/v1/tenants/${tenant.id}/keys`, { name: "some", scopes });
  return String(made.body["secret"]);
};

describe("a service", () => {
  it("sets a code's properties, which a start may override", async () => {
    const tenant = await newTenant();
    const { id } = await service(tenant, {
      code_length: 8, code_alphabet: "alphanumeric", ttl_seconds: 120, brand: "Shifts", locales: ["cy", "en-GB"],
      do_not_share: false,
    }); // prettier-ignore
    const verification = await started(tenant, { service: id, intent: "login" });
    expect(Date.parse(verification["expires_at"]) - Date.parse(verification["created_at"])).toBe(120_000);
    const text = await textOf(tenant, verification["sends"][0]["message_id"]);
    expect(text).toMatch(/^[34679ACDEFGHJKMNPQRTVWXY]{8} yw eich cod mewngofnodi Shifts\. Daw i ben ymhen 2 munud\.$/);
    const typed = text.slice(0, 8).toLowerCase();
    expect((await check(tenant, verification["id"], typed)).body["valid"]).toBe(true);
    const other = await started(tenant, { service: id, locale: "en-GB", code_length: 4, code_alphabet: "numeric" });
    expect(other["factor_strength"]).toBe("restricted_short");
    expect(await textOf(tenant, other["sends"][0]["message_id"])).toMatch(/^\d{4} is your Shifts code\./);
  });

  it("is changed, listed and deleted, and cannot make a code valid for more than ten minutes", async () => {
    const tenant = await newTenant();
    const { id } = await service(tenant);
    expect((await tenant.call("POST /v1/verify/services", { name: "Sign-in" })).body["code"]).toBe("name_taken");
    for (const ttl_seconds of [601, 3_600, 59, 0, -1]) {
      expect((await tenant.call(`PATCH /v1/verify/services/${id}`, { ttl_seconds })).status).toBe(422);
      expect((await tenant.call("POST /v1/verify/services", { name: "Long", ttl_seconds })).status).toBe(422);
      expect((await start(tenant, { ttl_seconds })).status).toBe(422);
    }
    const changed = await tenant.call(`PATCH /v1/verify/services/${id}`, { countries: ["IE"], brand: "Bank" });
    expect(changed.body).toMatchObject({ id, ttl_seconds: 600, brand: "Bank", countries: ["IE"], sequence: 2 });
    expect((await start(tenant, { service: id })).body["code"]).toBe("country_not_allowed");
    expect((await tenant.call(`DELETE /v1/verify/services/${id}`)).status).toBe(204);
    expect((await tenant.call(`GET /v1/verify/services/${id}`)).status).toBe(404);
    expect((await start(tenant, { service: id })).body["code"]).toBe("service_unknown");
  });

  it("limits starts by named limits, and stores neither name nor value in plaintext", async () => {
    const tenant = await newTenant();
    const { id } = await service(tenant, { limits: [{ name: "session", max: 2, seconds: 600 }] });
    const limits = { session: "person@example.com" };
    for (const last of [1, 2]) await started(tenant, { to: `+44770090010${last}`, service: id, limits });
    const third = await start(tenant, { to: "+447700900103", service: id, limits });
    expect([third.status, third.body["code"]]).toEqual([429, "rate_limited"]);
    expect(third.body["detail"]).toContain("limit number 1");
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(590);
    expect((await start(tenant, { to: "+447700900103", service: id, limits: { session: "other" } })).status).toBe(201);
    expect((await start(tenant, { service: id, limits: { unknown: "x" } })).body["code"]).toBe("invalid_field");
    expect(await everything(tenant)).not.toContain("person@example.com");
    await advance(tenant, 601);
    expect((await start(tenant, { to: "+447700900103", service: id, limits })).status).toBe(201);
  });
});

describe("a code of the caller's own", () => {
  it("needs its scope and the service's permission, and counts as weaker", async () => {
    const tenant = await newTenant();
    const key = await keyOf(tenant, ["verify:start", "verify:check"]);
    const refused = await tenant.call("POST /v1/verifications", { to: NUMBER, custom_code: "314159" }, { authorization: `Bearer ${key}` }); // prettier-ignore
    expect([refused.status, refused.body["code"]]).toEqual([403, "missing_scope"]);
    const { id } = await service(tenant);
    expect((await start(tenant, { service: id, custom_code: "314159" })).status).toBe(422);
    const verification = await started(tenant, { custom_code: "Ab-1".replace("-", "9") });
    expect(verification["factor_strength"]).toBe("restricted_custom");
    expect((await check(tenant, verification["id"], "aB 91")).body["valid"]).toBe(true);
  });
});

describe("a template", () => {
  const texts = { "en-GB": "{{code}} for shift {{shift}} at {{brand}}.", pl: "{{code}}: zmiana {{shift}}." };

  it("is used once it is approved, not before and not after its text has changed", async () => {
    const tenant = await newTenant();
    const { body: made } = await tenant.call("POST /v1/verify/templates", { name: "Shift", texts });
    expect(made).toMatchObject({ state: "draft", variables: ["shift"] });
    const use = { template: made["id"], variables: { shift: "Friday\n@evil.example #000000" } };
    expect((await start(tenant, use)).body["code"]).toBe("template_unusable");
    const approver = { authorization: `Bearer ${await keyOf(tenant, ["verify:approve"])}` };
    const writer = { authorization: `Bearer ${await keyOf(tenant, ["verify:manage"])}` };
    const approve = `POST /v1/verify/templates/${made["id"]}/approve`;
    expect((await tenant.call(approve, undefined, writer)).status).toBe(403);
    expect((await tenant.call(approve, undefined, approver)).body["state"]).toBe("approved");
    const verification = await started(tenant, { ...use, origin: "https://shifts.example" });
    const text = await textOf(tenant, verification["sends"][0]["message_id"]);
    const code = text.slice(0, 6);
    expect(text).toBe(
      `${code} for shift Friday evil.example #000000 at Test. Do not share it.\n\n@shifts.example #${code}`,
    );
    const polish = await started(tenant, { ...use, locale: "pl", to: "+447700900124" });
    expect(await textOf(tenant, polish["sends"][0]["message_id"])).toMatch(/^\d{6}: zmiana Friday/);
    expect((await start(tenant, { template: made["id"] })).body["errors"]).toMatchObject([{ field: "variables" }]);
    await tenant.call(`PATCH /v1/verify/templates/${made["id"]}`, { texts: { "en-GB": "{{code}} {{shift}}" } });
    expect((await start(tenant, use)).body["code"]).toBe("template_unusable");
    const no = await tenant.call(`POST /v1/verify/templates/${made["id"]}/refuse`, { reason: "No brand" }, approver);
    expect(no.body).toMatchObject({ state: "refused", reason: "No brand" });
    expect((await tenant.call(`DELETE /v1/verify/templates/${made["id"]}`)).status).toBe(204);
  });

  it.each([
    ["no code", "Hello"],
    ["two codes", "{{code}} {{code}}"],
    ["a brace that is no placeholder", "{{code}} {brand}"],
    ["a machine-readable line of its own", "Hi\n@evil.example #{{code}}"],
    ["a phone number", "{{code}} or call 07700 900123"],
    ["a character that turns the reading direction", "{{code}} \u202e321"],
    ["a control character", "{{code}}\u0007"],
  ])("with %s is refused", async (_, text) => {
    const tenant = await newTenant();
    const made = await tenant.call("POST /v1/verify/templates", { name: "x", texts: { "en-GB": text } });
    expect([made.status, made.body["code"]]).toEqual([422, "invalid_field"]);
    expect(JSON.stringify(made.body)).not.toContain("evil");
  });

  it("for a payment must show amount and payee", async () => {
    const tenant = await newTenant();
    const { body } = await tenant.call("POST /v1/verify/templates", {
      name: "Pay", texts: { "en-GB": "{{code}} to pay {{amount}}" },
    }); // prettier-ignore
    await tenant.call(`POST /v1/verify/templates/${body["id"]}/approve`);
    const pay = { intent: "payout", template: body["id"], amount: 1_000_000, currency: "GBP", payee: "Anna" };
    const answer = await start(tenant, pay);
    expect(answer.body["errors"]).toEqual([
      { field: "template", code: "template_unusable", detail: "A payment's text must show {{payee}}." },
    ]);
  });

  it("is decided by an operator too, whose entry is in both audits", async () => {
    const tenant = await newTenant();
    const { body: made } = await tenant.call("POST /v1/verify/templates", {
      name: "x",
      texts: { "en-GB": "{{code}}" },
    });
    const templates = `/admin/v1/tenants/${tenant.id}/templates`;
    expect((await operator(`GET ${templates}`)).body["data"]).toMatchObject([{ id: made["id"], state: "draft" }]);
    const absent = `${made["id"].slice(0, -1)}${made["id"].endsWith("z") ? "y" : "z"}`;
    const decide = (body: Json) => operator(`POST ${templates}/${made["id"]}/decide`, body);
    expect((await decide({ state: "approved" })).body).toMatchObject({ state: "approved", sequence: 2 });
    expect((await start(tenant, { template: made["id"] })).status).toBe(201);
    expect((await decide({ state: "refused", reason: "No brand" })).body).toMatchObject({ reason: "No brand" });
    expect((await start(tenant, { template: made["id"] })).status).toBe(422);
    expect((await operator(`POST ${templates}/${absent}/decide`, { state: "approved" })).status).toBe(404);
    const entries = (await tenant.call("GET /v1/audit?limit=100")).body["data"] as Json[];
    expect(entries.filter(({ act }) => act === "template.approved")).toMatchObject([{ actor: { type: "operator" } }]);
    expect(JSON.stringify((await operator("GET /admin/v1/audit?limit=100")).body)).toContain("template.refused");
  });

  it("that was changed since the version that a decision names is not decided on, by key or operator", async () => {
    const tenant = await newTenant();
    const write = { name: "Bait", texts: { "en-GB": "{{code}} is yours." } };
    const { body: read } = await tenant.call("POST /v1/verify/templates", write);
    await tenant.call(`PATCH /v1/verify/templates/${read["id"]}`, {
      texts: { "en-GB": "{{code}}: tell us on the phone." },
    });
    const mine = (what: string, over: Json) => tenant.call(`POST /v1/verify/templates/${read["id"]}/${what}`, over);
    const theirs = (over: Json) => operator(`POST /admin/v1/tenants/${tenant.id}/templates/${read["id"]}/decide`, over);
    const { sequence } = read;
    for (const answer of [
      await mine("approve", { sequence }),
      await mine("refuse", { sequence, reason: "No" }),
      await theirs({ state: "approved", sequence }),
      await theirs({ state: "refused", sequence }),
    ]) expect([answer.status, answer.body["code"]]).toEqual([409, "state_conflict"]); // prettier-ignore
    expect((await tenant.call(`GET /v1/verify/templates/${read["id"]}`)).body).toMatchObject({ state: "draft", sequence: 2 }); // prettier-ignore
    expect((await theirs({ state: "refused", sequence: 2 })).body).toMatchObject({ state: "refused", sequence: 3 });
    expect((await mine("approve", { sequence: 3 })).body).toMatchObject({ state: "approved", sequence: 4 });
  });

  it("is previewed with its segments, as a draft too, and nothing is stored", async () => {
    const tenant = await newTenant();
    const before = await everything(tenant);
    const preview = async (over: Json) => (await tenant.call("POST /v1/verify/templates/preview", over)).body;
    expect(await preview({ intent: "login", brand: "Shifts", locale: "fr" })).toEqual({
      template: "login", locale: "fr", encoding: "gsm7", segments: 1,
      text: "000000 est votre code de connexion Shifts. Il expire dans 10 min. Ne le communiquez à personne.",
    }); // prettier-ignore
    const hash = await preview({ app_hash: "FA+9qCX9VSu", brand: "Shifts" });
    expect(hash["text"]).toBe("000000 is your Shifts code. It expires in 10 min. Do not share it.\n\nFA+9qCX9VSu");
    const pay = { amount: 1_234_500_000, currency: "EUR", payee: "A".repeat(70), app_hash: "FA+9qCX9VSu" };
    expect((await preview(pay))["code"]).toBe("text_too_long");
    expect(await everything(tenant)).toBe(before);
  });
});

describe("a locked or blocked destination", () => {
  const body = (verification: Json) => {
    const {
      id: _id,
      created_at: _created,
      expires_at: _expires,
      resend_after: _resend,
      to,
      sends,
      ...rest
    } = verification;
    return { ...rest, to: Object.keys(to), sends: sends.map((send: Json) => ({ ...send, message_id: "", at: "" })) };
  };

  it("gets no code, and its start, resend and cancel answer like any other's", async () => {
    const tenant = await newTenant();
    const first = await started(tenant, { to: "+447700900121" });
    const barred = await started(tenant, { to: "+447700900122" });
    for (const one of [first, barred]) await codeOf(tenant, one);
    await tenant.call(`POST /v1/verifications/${barred["id"]}/cancel`);
    await advance(tenant, 3_600);
    const lock = { to: "+447700900122", reason: "fraud" };
    expect((await tenant.call("POST /v1/verify/locks/block", lock)).body).toMatchObject({
      to: { mask: "+44•••••••22" },
    });
    const known = await started(tenant, { to: "+447700900121" });
    const blocked = await started(tenant, { to: "+447700900122" });
    const fresh = await started(tenant, { to: "+447700900120" });
    expect(body(blocked)).toEqual(body(fresh));
    expect(body(blocked)).toEqual(body(known));
    expect(known["id"]).not.toBe(first["id"]);

    const truth = (await tenant.call(`GET /v1/verifications/${blocked["id"]}`)).body;
    expect(truth).toMatchObject({ state: "failed", reason: "blocked", sends: [{ state: "blocked" }] });
    expect(await told(tenant, blocked["id"])).toEqual(["verification.failed"]);
    const again = await started(tenant, { to: "+447700900122" });
    expect(again["id"]).toBe(blocked["id"]);
    const resend = (one: Json) => tenant.call(`POST /v1/verifications/${one["id"]}/resend`);
    expect((await resend(blocked)).body["code"]).toBe("resend_too_early");
    await advance(tenant, 30);
    const [yes, no] = [await resend(fresh), await resend(blocked)];
    expect([yes.status, no.status]).toEqual([200, 200]);
    expect(body(no.body)).toEqual(body(yes.body));
    const cancel = (one: Json) => tenant.call(`POST /v1/verifications/${one["id"]}/cancel`);
    const canceled = [await cancel(fresh), await cancel(blocked)].map((answer) => ({
      ...body(answer.body),
      ended_at: "",
    }));
    expect(canceled[1]).toEqual(canceled[0]);
    for (const one of [fresh, blocked]) {
      expect((await cancel(one)).body["code"]).toBe("verification_ended");
      expect((await resend(one)).body["code"]).toBe("verification_ended");
    }
    const shown = (await tenant.call("GET /v1/sandbox/handset/messages?limit=200")).body["data"] as Json[];
    expect(shown.filter(({ number }) => number === "+447700900122")).toHaveLength(1); // the one before the block
  });

  it("lets a key name no more numbers in a day than its cap, known or new, but any token", async () => {
    const tenant = await newTenant();
    const token = (await tenant.call("POST /v1/tokens", { number: "+447700900140" })).body["token"];
    const { body: key } = await tenant.call("POST /v1/keys", { name: "desk", scopes: ["verify:locks"] });
    const desk = tenantOf(tenant.id, key["secret"]);
    await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { limits: { numbers_per_key_per_day: 2 } } });
    const look = async (to: unknown) => {
      const { status, body } = await desk.call("POST /v1/verify/locks/look", { to });
      return [status, body["code"] ?? body["to"].token];
    };
    expect(await look("+447700900140")).toEqual([200, token]);
    expect(await look("+447700900141")).toEqual([404, "token_unknown"]);
    for (const to of ["+447700900142", "+447700900143"]) expect(await look(to)).toEqual([429, "new_numbers_exceeded"]);
    await tenant.call("POST /v1/tokens", { number: "+447700900144" });
    expect(await look("+447700900144")).toEqual([429, "new_numbers_exceeded"]);
    const block = await desk.call("POST /v1/verify/locks/block", { to: "+447700900144", reason: "test" });
    expect(block.status).toBe(429);
    expect([await look("+447700900140"), await look({ token })]).toEqual([
      [200, token],
      [200, token],
    ]);
  });

  it("locks strangers after five wrong guesses, not the device that has verified before, until it is lifted", async () => {
    const tenant = await newTenant();
    const mine = { end_user: { device_id: "mine" } };
    const theirs = { end_user: { ip: "192.0.2.7", user_agent: "x" } };
    const home = await started(tenant, mine);
    expect((await check(tenant, home["id"], await codeOf(tenant, home))).body["valid"]).toBe(true);
    const attack = await started(tenant, theirs);
    const code = await codeOf(tenant, attack);
    for (let nth = 0; nth < 3; nth += 1) await check(tenant, attack["id"], wrong(code));
    const second = await started(tenant, { ...theirs, intent: "signup" });
    await check(tenant, second["id"], "WRONG0");
    const locking = await check(tenant, attack["id"], wrong(code));
    expect(locking.body).toEqual({ state: "locked", valid: false, reason: "wrong_code", attempts_left: 0 });
    expect((await check(tenant, attack["id"], code)).body).toMatchObject({ valid: false, reason: "locked" });
    expect(await told(tenant, attack["id"])).toEqual(["verification.locked"]);
    await advance(tenant, 60);
    const more = await started(tenant, theirs);
    expect((await tenant.call(`GET /v1/verifications/${more["id"]}`)).body).toMatchObject({ state: "locked", reason: "locked" }); // prettier-ignore
    const ours = await started(tenant, mine);
    expect((await check(tenant, ours["id"], await codeOf(tenant, ours))).body["valid"]).toBe(true);

    const look = () => tenant.call("POST /v1/verify/locks/look", { to: NUMBER });
    expect((await look()).body).toMatchObject({ strangers: { failures: 5 }, known: [{ of: "device", failures: 0 }] });
    const lift = { to: { token: home["to"]["token"] }, reason: "support" };
    expect((await tenant.call("POST /v1/verify/locks/lift", lift)).body).toMatchObject({ strangers: { failures: 0 } });
    const audit = JSON.stringify((await tenant.call("GET /v1/audit?act=lock.lifted")).body);
    expect(audit).toContain(home["to"]["token"]);
    expect((await tenant.call("POST /v1/verify/locks/look", { to: "+447700900199" })).body["code"]).toBe(
      "token_unknown",
    );
    await advance(tenant, 600);
    const free = await started(tenant, theirs);
    expect((await check(tenant, free["id"], await codeOf(tenant, free))).body["valid"]).toBe(true);
  });
});

describe("the summary", () => {
  it("shows conversion by dimension, and no prefix with fewer than ten starts", async () => {
    const tenant = await newTenant();
    for (let nth = 0; nth < 9; nth += 1) {
      const verification = await started(tenant, { to: `+4477009002${10 + nth}`, intent: "login" });
      const code = await codeOf(tenant, verification);
      await tenant.until(verification["sends"][0]["message_id"], "delivered");
      if (nth < 6) expect((await check(tenant, verification["id"], code)).body["valid"]).toBe(true);
    }
    const by = async (dimension: string): Promise<Json[]> =>
      (await tenant.call(`GET /v1/verifications/summary?by=${dimension}`)).body["data"];
    const nine = { started: 9, sent: 9, delivered: 9, approved: 6, failed: 0, expired: 0, conversion: 0.6667 };
    expect(await by("country")).toEqual([{ key: "GB", ...nine }]);
    expect(await by("prefix")).toEqual([{ key: null, ...nine }]);
    expect(await by("template")).toEqual([{ key: "login", ...nine }]);
    expect((await by("carrier"))[0]?.["key"]).toMatch(/^car_/);
    await started(tenant, { to: "+447700900230", intent: "login" });
    expect(await by("prefix")).toMatchObject([{ key: "+447700900", started: 10 }]);
    expect(await everything(tenant)).not.toContain("+447700900");
    await advance(tenant, 660);
    expect((await by("country"))[0]).toMatchObject({ started: 10, approved: 6, expired: 4 });
    expect((await by("hour")).reduce((sum, row) => sum + row["started"], 0)).toBe(10);
  });

  it("is stored by the alarm run, so that it survives the eviction of the object", async () => {
    const tenant = await newTenant();
    await started(tenant);
    await advance(tenant, 30);
    const rows = await tenant.rows(`SELECT counts FROM verify_counts`);
    expect(rows.map(({ counts }) => JSON.parse(counts)[0])).toEqual([1]);
  });

  it("tells the tenant once an hour when more than half of twenty guesses are wrong", async () => {
    const tenant = await newTenant();
    const alerts = async () => {
      const events = (await tenant.call("GET /v1/events?limit=100")).body["data"] as Json[];
      return events.filter(({ type }) => type === "alert.verification_failures");
    };
    const guesses = async (many: number, from: number) => {
      for (let nth = 0; nth < many; nth += 1) {
        const to = `+4477009003${10 + from + Math.floor(nth / 4)}`;
        const verification = await started(tenant, { to });
        await check(tenant, verification["id"], wrong(await codeOf(tenant, verification)));
      }
    };
    await guesses(19, 0);
    expect(await alerts()).toEqual([]);
    await guesses(3, 10);
    expect((await alerts()).map(({ data }) => data)).toMatchObject([{ checks: 20, failed: 20 }]);
    await advance(tenant, 3_600);
    await guesses(20, 20);
    expect(await alerts()).toHaveLength(2);
  });
});
