// The edges of a verification: caps on sends, who may guess at what, what stays hidden, what is kept and for how long.
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { everything, newTenant, operator, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { advance, check, codeOf, NUMBER, start, started, told, wrong } from "../support/tenant/verifications.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const policy = (tenant: Tenant, change: Json) => operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: change });
const byNumber = (tenant: Tenant, over: Json) => tenant.call("POST /v1/verifications/check", { to: NUMBER, ...over });

describe("sends to one destination", () => {
  it("are at most five in ten minutes and ten in a day, across verifications and parties; a refusal stores nothing", async () => {
    const tenant = await newTenant();
    const again = async (device: string) => {
      const answer = await start(tenant, { end_user: { device_id: device } });
      if (answer.status === 201) await tenant.call(`POST /v1/verifications/${answer.body["id"]}/cancel`);
      return answer;
    };
    for (let nth = 0; nth < 5; nth += 1) expect((await again(`d${nth}`)).status).toBe(201);
    const before = await everything(tenant);
    const sixth = await again("d6");
    expect([sixth.status, sixth.body["code"]]).toEqual([429, "sends_exceeded"]);
    expect(Number(sixth.headers.get("retry-after"))).toBeGreaterThan(590);
    expect(await everything(tenant)).toBe(before);
    await advance(tenant, 601);
    for (let nth = 0; nth < 5; nth += 1) expect((await again(`e${nth}`)).status).toBe(201);
    await advance(tenant, 601);
    const eleventh = await again("f");
    expect(eleventh.body["code"]).toBe("sends_exceeded");
    expect(Number(eleventh.headers.get("retry-after"))).toBeGreaterThan(80_000);
    await advance(tenant, 86_400);
    expect((await again("g")).status).toBe(201);
  });

  it("a recipient's cap is hidden: the answer is like any other, nothing is sent, and verify:read shows why", async () => {
    const tenant = await newTenant();
    const caps = { minute: 1, hour: 1, day: 1 };
    await policy(tenant, { limits: { recipient: caps } });
    await tenant.send({ to: NUMBER, purpose: "otp", text: "Hello" });
    const verification = await started(tenant);
    expect(verification).toMatchObject({ state: "pending", reason: null, sends: [{ state: "queued" }] });
    const { body } = await tenant.call(`GET /v1/verifications/${verification["id"]}`);
    expect(body).toMatchObject({ state: "failed", reason: "recipient_limit", sends: [{ state: "blocked" }] });
    const [row] = await tenant.rows(`SELECT digest, code_message FROM verifications`);
    expect(row).toEqual({ digest: null, code_message: null });
    const shown = (await tenant.call("GET /v1/sandbox/handset/messages")).body["data"] as Json[];
    expect(shown.every(({ text }) => !text.includes("code"))).toBe(true);
  });

  it("a person's stop is hidden: nothing is sent, and only verify:read shows why", async () => {
    const tenant = await newTenant();
    const stop = { to: NUMBER, purposes: ["otp"], state: "withdrawn", source: "phone" };
    expect((await tenant.call("POST /v1/consents", stop)).status).toBe(201);
    const verification = await started(tenant);
    expect(verification).toMatchObject({ state: "pending", reason: null, sends: [{ state: "queued" }] });
    const { body } = await tenant.call(`GET /v1/verifications/${verification["id"]}`);
    expect(body).toMatchObject({ state: "failed", reason: "opted_out", sends: [{ state: "blocked" }] });
    expect((await check(tenant, verification["id"], "000000")).body).toMatchObject({
      valid: false,
      reason: "wrong_code",
    });
    expect((await tenant.call("GET /v1/sandbox/handset/messages")).body["data"]).toEqual([]);
    await tenant.call("POST /v1/consents", { ...stop, state: "given" });
    await tenant.call(`POST /v1/verifications/${verification["id"]}/cancel`);
    const next = await started(tenant);
    expect((await check(tenant, next["id"], await codeOf(tenant, next))).body["valid"]).toBe(true);
  });

  it("have at most three pending verifications of a service: the oldest is superseded", async () => {
    const tenant = await newTenant();
    const made: Json[] = [];
    for (const device of ["a", "b", "c", "d"]) made.push(await started(tenant, { end_user: { device_id: device } }));
    const states = await Promise.all(
      made.map(async ({ id }) => (await tenant.call(`GET /v1/verifications/${id}`)).body),
    );
    expect(states.map(({ state, reason }) => [state, reason])).toEqual([
      ["canceled", "superseded"], ["pending", null], ["pending", null], ["pending", null],
    ]); // prettier-ignore
  });
});

describe("a guess", () => {
  it("from one device does not count at what another started: it uses up nobody's attempts", async () => {
    const tenant = await newTenant();
    const mine = { end_user: { device_id: "mine" } };
    const verification = await started(tenant, mine);
    const code = await codeOf(tenant, verification);
    const thief = await byNumber(tenant, { code: wrong(code), end_user: { device_id: "thief" } });
    expect(thief.body["code"]).toBe("verification_unknown");
    expect((await tenant.call(`GET /v1/verifications/${verification["id"]}`)).body["attempts_left"]).toBe(5);
    expect((await byNumber(tenant, { code, ...mine })).body).toMatchObject({ valid: true, id: verification["id"] });
  });

  it("finds the end user's own verification before another's newer one", async () => {
    const tenant = await newTenant();
    const mine = await started(tenant, { end_user: { device_id: "mine" } });
    const other = await started(tenant, { end_user: { ip: "192.0.2.1" } });
    const code = await codeOf(tenant, mine);
    expect((await byNumber(tenant, { code, end_user: { device_id: "mine" } })).body["id"]).toBe(mine["id"]);
    expect((await byNumber(tenant, { code: "WRONG0", end_user: { ip: "192.0.2.77" } })).body["id"]).toBe(other["id"]);
  });

  it("by number alone counts as a stranger's, and is refused while strangers are locked", async () => {
    const tenant = await newTenant();
    const mine = { end_user: { device_id: "mine" } };
    const first = await started(tenant, mine);
    await check(tenant, first["id"], await codeOf(tenant, first));
    const verification = await started(tenant, mine);
    const code = await codeOf(tenant, verification);
    for (let nth = 0; nth < 4; nth += 1) await byNumber(tenant, { code: wrong(code) });
    const own = await started(tenant, {});
    await byNumber(tenant, { code: "WRONG0" });
    expect((await byNumber(tenant, { code })).body).toMatchObject({ valid: false, reason: "locked" });
    expect((await check(tenant, own["id"], "WRONG0")).body["reason"]).toBe("locked");
    expect((await byNumber(tenant, { code, ...mine })).body).toMatchObject({ valid: true });
  });

  it("at a blocked destination looks like a wrong one, and the right code is not right", async () => {
    const tenant = await newTenant();
    const verification = await started(tenant);
    const code = await codeOf(tenant, verification);
    await tenant.call("POST /v1/verify/locks/block", { to: NUMBER, reason: "fraud" });
    const answer = { state: "pending", valid: false, reason: "wrong_code", attempts_left: 4 };
    expect((await check(tenant, verification["id"], code)).body).toEqual(answer);
    await tenant.call("POST /v1/verify/locks/lift", { to: NUMBER, reason: "mistake" });
    expect((await check(tenant, verification["id"], code)).body["valid"]).toBe(true);
  });
});

it("a code is not kept where a tenant keeps its texts", async () => {
  const tenant = await newTenant();
  await policy(tenant, { keep_text_days: 30 });
  await tenant.send({ text: "A shift" });
  const kept = (await tenant.rows(`SELECT message FROM notes`)).length;
  await started(tenant);
  expect(kept).toBe(1);
  expect(await tenant.rows(`SELECT message FROM notes`)).toHaveLength(kept);
});

it("metadata are sealed, masked in answers, in no event, and still there when the verification is a record", async () => {
  const tenant = await newTenant();
  const { id } = await started(tenant, { metadata: { name: "Anna 07700 900123" } });
  const masked = { name: "Anna +44•••••••23" };
  expect((await tenant.call(`GET /v1/verifications/${id}`)).body["metadata"]).toEqual(masked);
  expect(await everything(tenant)).not.toContain("Anna");
  await advance(tenant, 2 * 3_600);
  expect(await told(tenant, id)).toEqual(["verification.expired"]);
  expect(JSON.stringify((await tenant.call("GET /v1/events?limit=100")).body)).not.toContain("Anna");
  expect(await tenant.rows(`SELECT id FROM verifications`)).toEqual([]);
  expect((await tenant.call(`GET /v1/verifications/${id}`)).body).toMatchObject({ state: "expired", metadata: masked });
  expect((await tenant.call("GET /v1/verifications")).body["data"]).toMatchObject([{ id, metadata: masked }]);
});

it("a list has live verifications and records, newest first, page by page", async () => {
  const tenant = await newTenant();
  const ids: string[] = [];
  for (let nth = 0; nth < 3; nth += 1) ids.push((await started(tenant, { to: `+4477009004${10 + nth}` }))["id"]);
  await advance(tenant, 2 * 3_600);
  for (let nth = 3; nth < 5; nth += 1) ids.push((await started(tenant, { to: `+4477009004${10 + nth}` }))["id"]);
  const first = (await tenant.call("GET /v1/verifications?limit=3")).body;
  const second = (await tenant.call(`GET /v1/verifications?limit=3&cursor=${first["next_cursor"]}`)).body;
  const found = [...first["data"], ...second["data"]].map(({ id }: Json) => id);
  expect(found).toEqual(ids.toReversed());
  expect(second["next_cursor"]).toBeNull();
  const pending = (await tenant.call("GET /v1/verifications?state=pending")).body["data"] as Json[];
  expect(pending.map(({ id }) => id)).toEqual(ids.slice(3).toReversed());
});

it("an ended code between two calls is neither sent later nor kept", async () => {
  const tenant = await newTenant();
  const { body } = await start(tenant, { to: "+447700900905" }); // throttled, every time
  const [{ message_id: message }] = body["sends"];
  const between = `SELECT 1 AS yes FROM messages WHERE state = 'sending' AND lease IS NULL AND sealed IS NOT NULL`;
  await until(async () => ((await tenant.rows(between)).length === 1 ? true : null));
  await tenant.call(`POST /v1/verifications/${body["id"]}/cancel`);
  expect(await tenant.rows(`SELECT sealed FROM messages`)).toEqual([{ sealed: null }]);
  expect((await tenant.call(`GET /v1/messages/${message}`)).body).toMatchObject({ state: "failed", reason: "verification_over" }); // prettier-ignore
  await advance(tenant, 120);
  expect((await tenant.call("GET /v1/sandbox/handset/messages")).body["data"]).toEqual([]);
});

it.each(["\ud8001", "12345\udc00", "\ud800\ud800123456"])(
  "a blank guess (%j) is a wrong one that counts, by id and by number, and no error", async (code) => {
    const tenant = await newTenant();
    const id = String((await start(tenant)).body["id"]);
    const typed = await tenant.call(`POST /v1/verifications/${id}/check`, { code });
    expect([typed.status, typed.body["reason"], typed.body["attempts_left"]]).toEqual([200, "wrong_code", 4]);
    const other = await byNumber(tenant, { code });
    expect([other.status, other.body["reason"], other.body["attempts_left"]]).toEqual([200, "wrong_code", 3]);
  }); // prettier-ignore

it("counts, locks and limits are purged when nothing of them counts any more, records after their time", async () => {
  const tenant = await newTenant();
  await started(tenant, { end_user: { device_id: "x" } });
  await advance(tenant, 30);
  const tables = ["destinations", "verify_counts", "verify_prefixes"];
  const rows = async () =>
    Promise.all(tables.map(async (table) => (await tenant.rows(`SELECT 1 FROM ${table}`)).length));
  await tenant.stub().purge(null);
  expect(await rows()).toEqual([1, 1, 1]);
  const list = async () => ((await tenant.call("GET /v1/verifications")).body["data"] as Json[]).length;
  await advance(tenant, 6 * 86_400);
  await tenant.stub().purge(null);
  expect(await list()).toBe(1);
  await advance(tenant, 2 * 86_400); // a sandbox's records go after seven days
  await tenant.stub().purge(null);
  expect(await list()).toBe(0);
  await advance(tenant, 31 * 86_400);
  await tenant.stub().purge(null);
  expect(await rows()).toEqual([0, 0, 0]);
});

it("a tenant created before there were verifications gets their tables when it next wakes", async () => {
  const tenant = await newTenant();
  await runInDurableObject(tenant.stub(), (_object, state) => {
    const tables = ["verifications", "destinations", "verify_marks", "verify_settings", "verify_limits", "verify_counts", "verify_prefixes"]; // prettier-ignore
    for (const table of tables) state.storage.sql.exec(`DROP TABLE ${table}`);
    state.storage.sql.exec(`DELETE FROM migrations WHERE name = 'verify'`);
  });
  await evictDurableObject(tenant.stub());
  const verification = await started(tenant);
  expect((await check(tenant, verification["id"], await codeOf(tenant, verification))).body["valid"]).toBe(true);
});
