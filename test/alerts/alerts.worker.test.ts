// Alerts, of a tenant and of operators: one open alert with a count, told until somebody takes it or silences it, closed by itself
// when its cause has ended or when it was quiet; and the on-call service, called with signatures that the official rules verify.
import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { judgeSignature } from "../../src/webhooks/signature.ts";
import type { OperatorObject } from "../../src/worker/operator.object.ts";
import { ask, asOperator, newKey, newTenant, type Tenant } from "../support/tenant/tenants.ts";

type Alert = { id: string; type: string; count: number; state: string; closed_by: string | null; about: string };
const stub = () => env.OPERATORS.get(env.OPERATORS.idFromName("eu:operator"));
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

describe("a tenant's alert", () => {
  let tenant: Tenant;
  const reset = () => asOperator(`POST /admin/v1/tenants/${tenant.id}/sign-in/reset`);
  const alerts = async (state = "open") =>
    (await ask(`GET /v1/alerts?state=${state}`, { key: tenant.key })).body["data"] as Alert[];
  const told = async (type = "alert.sign_in_reset") =>
    ((await ask(`GET /v1/events?type=${type}`, { key: tenant.key })).body["data"] as object[]).length;
  const act = (id: string, what: string, body: object = {}) =>
    ask(`POST /v1/alerts/${id}/${what}`, { key: tenant.key, body });
  beforeEach(async () => (tenant = await newTenant("Alerted")));

  test("that is raised again while it is open is one with a count, and each time is told", async () => {
    await reset();
    await reset();
    expect(await alerts()).toMatchObject([{ type: "alert.sign_in_reset", about: tenant.id, count: 2, state: "open" }]);
    expect(await told()).toBe(2);
  });

  test("that somebody has taken is told no more, by them, in the audit; a second time changes nothing", async () => {
    await reset();
    const [{ id }] = (await alerts()) as [Alert];
    expect((await act(id, "acknowledge")).body).toMatchObject({ acknowledged_by: tenant.keyId });
    expect((await act(id, "acknowledge")).status).toBe(200);
    await reset();
    expect([await told(), (await alerts())[0]?.count]).toEqual([1, 2]);
    const acts = (await ask("GET /v1/audit?act=alert.acknowledged", { key: tenant.key })).body["data"];
    expect(acts).toMatchObject([{ actor: { type: "key", id: tenant.keyId }, subject: { id } }]);
  });

  test("that is silenced is told again when the silence ends, and not before", async () => {
    await reset();
    const [{ id }] = (await alerts()) as [Alert];
    expect((await act(id, "silence", { until: inHours(1) })).status).toBe(200);
    await reset();
    expect(await told()).toBe(1);
    await ask("POST /v1/sandbox/clock", { key: tenant.key, body: { advance_seconds: 3_700 } });
    await reset();
    expect(await told()).toBe(2);
    for (const until of [inHours(-1), inHours(24 * 40)])
      expect((await act(id, "silence", { until })).body).toMatchObject({ code: "invalid_field" });
  });

  test("that was quiet for its time closes by itself, is told, and opens anew; a silence outlives it", async () => {
    await reset();
    const [{ id }] = (await alerts()) as [Alert];
    await act(id, "silence", { until: inHours(24 * 9) });
    await ask("POST /v1/sandbox/clock", { key: tenant.key, body: { advance_seconds: 7 * 86_400 + 60 } });
    expect(await alerts()).toEqual([]);
    expect(await alerts("closed")).toMatchObject([{ id, state: "closed", closed_by: "quiet" }]);
    expect(await told("alert.closed")).toBe(1);
    expect((await act(id, "acknowledge")).body).toMatchObject({ code: "state_conflict" });
    await reset();
    expect([(await alerts())[0]?.count, await told()]).toEqual([1, 1]); // a new one, and still silent
  });

  test("about the quota closes when what is kept falls below it", async () => {
    const quota = (records: number) =>
      asOperator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { storage_quota: { records, bytes: 1e9 } } });
    await quota(0);
    await ask("GET /v1/keys", { key: tenant.key });
    expect(await alerts()).toMatchObject([{ type: "alert.quota" }]);
    await quota(1_000);
    expect(await alerts()).toEqual([]);
    expect(await alerts("closed")).toMatchObject([{ type: "alert.quota", closed_by: "cause_ended" }]);
  });

  test("is read and taken by scopes of their own, and by no other tenant", async () => {
    await reset();
    const [{ id }] = (await alerts()) as [Alert];
    const reads = await newKey(tenant.id, { name: "reads", scopes: ["alerts:read"] });
    const other = await newTenant("Other");
    expect((await ask("GET /v1/alerts", { key: reads.key })).status).toBe(200);
    expect((await ask(`POST /v1/alerts/${id}/acknowledge`, { key: reads.key })).status).toBe(403);
    expect((await ask(`POST /v1/alerts/${id}/acknowledge`, { key: other.key })).status).toBe(404);
    expect((await asOperator("GET /admin/v1/usage?name=Alerted")).text).toContain('"open_alerts":1');
  });
});

describe("an operators' alert", () => {
  const ACCOUNT = "car_e00000000001m80000000000000000000000";
  const note = (state: string, act: "carrier.alert" | "carrier.circuit" = "carrier.alert") =>
    stub().note({ account: ACCOUNT, act, facts: { lane: "otp", kind: "receipts_missing", state } });
  const alerts = async (state = "open") =>
    (await asOperator(`GET /admin/v1/alerts?state=${state}`)).body["data"] as Alert[];
  type Call = { url: string; headers: Headers; body: string };
  let calls: Call[];
  let status: number;
  beforeEach(() => {
    calls = [];
    status = 204;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      const request = new Request(url, init);
      calls.push({ url: request.url, headers: request.headers, body: await request.text() });
      return new Response(null, { status });
    });
  });
  afterEach(() => void vi.restoreAllMocks());
  const onCall = () => asOperator("PUT /admin/v1/on-call", { url: "https://192.0.9.1/on-call" });

  test("opens with what a courier saw and closes when it sees it no more; a circuit's likewise", async () => {
    await note("raised");
    await note("open", "carrier.circuit");
    expect((await alerts()).map(({ type }) => type).sort()).toEqual(["alert.carrier", "alert.circuit"]);
    await note("cleared");
    await note("closed", "carrier.circuit");
    expect(await alerts()).toEqual([]);
    expect(await alerts("closed")).toMatchObject([{ closed_by: "cause_ended" }, { closed_by: "cause_ended" }]);
  });

  test("is sent to the on-call service, signed, when it opens and when it closes; and no alert is sent that was taken", async () => {
    const secret = String((await onCall()).body["secret"]);
    await note("raised");
    await runDurableObjectAlarm(stub());
    const [{ id }] = (await alerts()) as [Alert];
    await asOperator(`POST /admin/v1/alerts/${id}/acknowledge`);
    await note("raised");
    await note("cleared");
    await runDurableObjectAlarm(stub());
    expect(calls.map(({ url, body }) => [url, (JSON.parse(body) as { type: string }).type])).toEqual([
      ["https://192.0.9.1/on-call", "alert.carrier"],
      ["https://192.0.9.1/on-call", "alert.closed"],
    ]);
    for (const { headers, body } of calls)
      expect(
        judgeSignature({
          webhookId: headers.get("webhook-id") ?? "",
          timestamp: headers.get("webhook-timestamp") ?? "",
          signature: headers.get("webhook-signature") ?? "",
          body,
          secrets: [secret],
          nowSeconds: Math.floor(Date.now() / 1_000),
        }),
      ).toBeNull();
  });

  test("that the service does not take waits and is sent again, under the same id", async () => {
    await onCall();
    status = 500;
    await note("raised");
    await runDurableObjectAlarm(stub());
    expect((await asOperator("GET /admin/v1/on-call")).body).toMatchObject({ waiting: 1 });
    status = 204;
    await runInDurableObject(stub(), (_object: OperatorObject, { storage }) => {
      storage.sql.exec(`UPDATE on_call_waiting SET due_at = 1`);
    });
    await runDurableObjectAlarm(stub());
    expect((await asOperator("GET /admin/v1/on-call")).body).toMatchObject({ waiting: 0 });
    expect(new Set(calls.map(({ headers }) => headers.get("webhook-id"))).size).toBe(1);
    expect(calls).toHaveLength(2);
    await note("cleared");
  });

  test("is never sent inside, and to nobody once the service is removed", async () => {
    for (const url of ["http://192.0.9.1/x", "https://10.0.0.1/x"])
      expect((await asOperator("PUT /admin/v1/on-call", { url })).body).toMatchObject({ code: "url_refused" });
    expect((await asOperator("DELETE /admin/v1/on-call")).status).toBe(200);
    await note("raised");
    await runDurableObjectAlarm(stub());
    expect(calls).toEqual([]);
    await note("cleared");
  });

  test("whose courier has forgotten it closes after an hour; of one that still sees it stays open", async () => {
    await note("raised");
    await runInDurableObject(stub(), (_object: OperatorObject, { storage }) => {
      storage.sql.exec(`UPDATE alerts SET closes_at = 1 WHERE closed_at IS NULL`);
    });
    await runInDurableObject(stub(), (object: OperatorObject) => object.alarm());
    expect(await alerts()).toEqual([]); // this account has no courier that sees anything
  });
});
