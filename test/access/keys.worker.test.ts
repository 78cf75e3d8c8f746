// A key's bounds, tried from outside: revoked at once, its networks, its certificate, its end, its replacement.
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { rowsOf } from "../support/tenant/watched.ts";
import { ask, asOperator, newKey, newTenant, type Ask, type Tenant } from "../support/tenant/tenants.ts";

let tenant: Tenant;
beforeAll(async () => (tenant = await newTenant("Keys")));
afterEach(() => void vi.useRealTimers());

const message = { to: "+447700900160", text: "Hello", purpose: "service" };
const tries = (key: string, over: Ask = {}) => ask("GET /v1/messages", { key, ...over });
const scopes = ["messages:read", "messages:send"];
const written = async () => {
  const { messages, tokens, counters, idempotency, events } = await rowsOf(tenant.id);
  return { messages, tokens, counters, idempotency, events };
};

test("a revoked key stops with the next call: twenty clients at once succeed not once, and nothing is written (T31)", async () => {
  const by: ((id: string) => Promise<{ status: number }>)[] = [
    (id) => ask(`DELETE /v1/keys/${id}`, { key: tenant.key }),
    (id) => asOperator(`DELETE /admin/v1/tenants/${tenant.id}/keys/${id}`),
  ];
  for (const revoke of by) {
    const { key, keyId } = await newKey(tenant.id, { name: "fleet", scopes });
    expect((await tries(key)).status).toBe(200);
    const running = Array.from({ length: 20 }, () => tries(key)); // clients in full swing while it is revoked
    expect((await revoke(keyId)).status).toBe(200);
    await Promise.all(running);
    const before = await written();
    const after = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        at % 2 === 0 ? tries(key) : ask("POST /v1/messages", { key, body: message }),
      ),
    );
    expect(after.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(new Set(after.map(({ body }) => body["detail"])).size).toBe(1);
    expect(await written()).toEqual(before);
    await evictDurableObject(env.TENANTS.get(env.TENANTS.idFromName(`eu:${tenant.id.slice(5)}`)));
    expect((await tries(key)).status).toBe(401);
  }
});

test("a repeated request by a revoked key is not answered from what was kept", async () => {
  const { key, keyId } = await newKey(tenant.id, { name: "repeats", scopes });
  const headers = { "idempotency-key": "kept" };
  expect((await ask("POST /v1/messages", { key, body: message, headers })).status).toBe(202);
  await ask(`DELETE /v1/keys/${keyId}`, { key: tenant.key });
  const again = await ask("POST /v1/messages", { key, body: message, headers });
  expect(again.status).toBe(401);
  expect(again.text).not.toContain("msg_");
});

test("a key ends at its time, to the millisecond, whatever the sandbox's clock says", async () => {
  const end = Date.now() + 60_000;
  const { key } = await newKey(tenant.id, { name: "short", scopes, expires_at: new Date(end).toISOString() });
  await ask("POST /v1/sandbox/clock", { key: tenant.key, body: { advance_seconds: 86_400 } });
  expect((await tries(key)).status).toBe(200);
  vi.useFakeTimers({ toFake: ["Date"], now: end - 1 });
  expect((await tries(key)).status).toBe(200);
  vi.setSystemTime(end);
  expect((await tries(key)).status).toBe(401);
});

test("of a replaced key the old one works until the overlap ends, the new one from now on, with the same bounds", async () => {
  const settings = { name: "rotating", scopes: ["messages:read"], ip_allowlist: ["192.0.2.0/24"] };
  const old = await newKey(tenant.id, settings);
  const at = Date.now();
  const rotated = await ask(`POST /v1/keys/${old.keyId}/rotate`, { key: tenant.key, body: { overlap_seconds: 60 } });
  expect(rotated).toMatchObject({ status: 201, body: { scopes: ["messages:read"], ip_allowlist: ["192.0.2.0/24"] } });
  const fresh = String(rotated.body["secret"]);
  const from = (ip: string): Ask => ({ headers: { "cf-connecting-ip": ip } });
  for (const key of [old.key, fresh]) {
    expect((await tries(key, from("192.0.2.9"))).status).toBe(200);
    expect((await tries(key, from("198.51.100.9"))).status).toBe(401);
    expect((await ask("POST /v1/messages", { key, body: message, ...from("192.0.2.9") })).status).toBe(403);
  }
  const second = await ask(`POST /v1/keys/${old.keyId}/rotate`, { key: tenant.key, body: {} });
  expect(second.status).toBe(409);
  vi.useFakeTimers({ toFake: ["Date"], now: at + 61_000 });
  expect((await tries(old.key, from("192.0.2.9"))).status).toBe(401);
  expect((await tries(fresh, from("192.0.2.9"))).status).toBe(200);
});

test("an old key revoked during its overlap stops at once", async () => {
  const old = await newKey(tenant.id, { name: "leaked", scopes });
  await ask(`POST /v1/keys/${old.keyId}/rotate`, { key: tenant.key, body: { overlap_seconds: 3_600 } });
  expect((await tries(old.key)).status).toBe(200);
  await ask(`DELETE /v1/keys/${old.keyId}`, { key: tenant.key });
  expect((await tries(old.key)).status).toBe(401);
});

const FORGED = ["x-forwarded-for", "forwarded", "true-client-ip", "x-real-ip", "x-client-ip", "cf-connecting-ipv6",
  "cf-pseudo-ipv4", "x-cluster-client-ip", "fastly-client-ip", "x-forwarded", "via", "client-ip", "mf-cf-blob"]; // prettier-ignore

test("only the platform's connecting address counts: no header that a client may send opens an allowlist (T34)", async () => {
  const { key } = await newKey(tenant.id, {
    name: "office",
    scopes,
    ip_allowlist: ["192.0.2.0/24", "2001:db8:1::/48"],
  });
  const inside = [
    "192.0.2.7",
    "for=192.0.2.7",
    'for="192.0.2.7";by=192.0.2.7',
    "192.0.2.7, 198.51.100.1",
    '{"clientIp":"192.0.2.7"}',
  ];
  const before = await written();
  for (const peer of [undefined, "198.51.100.1", "2001:db8:2::1", "unknown", ""]) {
    for (const forged of FORGED) {
      for (const value of inside) {
        const headers = { [forged]: value, ...(peer === undefined ? {} : { "cf-connecting-ip": peer }) };
        expect((await tries(key, { headers })).status, `${forged}: ${value} from ${peer}`).toBe(401);
      }
    }
  }
  expect(await written()).toEqual(before);
  for (const headers of FORGED.map((name) => ({ [name]: "198.51.100.1", "cf-connecting-ip": "192.0.2.7" }))) {
    expect((await tries(key, { headers })).status).toBe(200);
  }
});

test("every spelling of an address is that address, and a list or half an address is none", async () => {
  const { key } = await newKey(tenant.id, { name: "spelt", scopes, ip_allowlist: ["192.0.2.0/24", "2001:db8:1::/48"] });
  const from = (ip: string) => tries(key, { headers: { "cf-connecting-ip": ip } });
  for (const ip of [
    "192.0.2.255",
    "::ffff:192.0.2.1",
    "::ffff:c000:201",
    "::FFFF:192.0.2.1",
    "2001:db8:1::",
    "2001:DB8:1:0::F",
  ]) {
    expect((await from(ip)).status, ip).toBe(200);
  }
  for (const ip of [
    "192.0.3.1",
    "192.0.2.1, 192.0.2.2",
    "192.0.2",
    "0xc0000201",
    "0300.0.2.1",
    "192.0.2.1:443",
    "::192.0.2.1",
    "64:ff9b::192.0.2.1",
    "2002:c000:201::",
    "2001:db8:1::1%eth0",
    "192.0.2.1/24",
    "*",
    "localhost",
  ]) {
    // prettier-ignore
    expect((await from(ip)).status, ip).toBe(401);
  }
});

test("an allowlist that cannot be read is refused, and nothing is created", async () => {
  const before = (await ask("GET /v1/keys", { key: tenant.key })).text;
  for (const rule of [
    "192.0.2.1/24",
    "192.0.2.0/33",
    "0.0.0.0/-1",
    "::/129",
    "192.0.2.*",
    "any",
    "",
    "10.1",
    "fe80::1%eth0/64",
  ]) {
    const body = { name: "x", scopes, ip_allowlist: ["192.0.2.0/24", rule] };
    const answer = await ask("POST /v1/keys", { key: tenant.key, body });
    expect(answer, rule).toMatchObject({ status: 422, body: { errors: [{ field: "ip_allowlist/1" }] } });
    if (rule.length > 3) expect(answer.text).not.toContain(`"${rule}"`);
  }
  expect((await ask("GET /v1/keys", { key: tenant.key })).text).toBe(before);
});

test("a pinned certificate is the platform's word: verified, not revoked, and that very one", async () => {
  const pin = "ab".repeat(32);
  const { key } = await newKey(tenant.id, { name: "pinned", scopes, certificate_sha256: pin });
  const good = { certPresented: "1", certVerified: "SUCCESS", certRevoked: "0", certFingerprintSHA256: pin };
  const withAuth = (tlsClientAuth: unknown, headers: Record<string, string> = {}) =>
    tries(key, { cf: { tlsClientAuth }, headers });
  expect((await withAuth(good)).status).toBe(200);
  expect((await withAuth({ ...good, certFingerprintSHA256: pin.toUpperCase() })).status).toBe(200);
  const wrong: Record<string, unknown>[] = [
    { certVerified: "FAILED:self signed certificate" },
    { certVerified: "NONE" },
    { certVerified: "success" },
    { certVerified: undefined },
    { certRevoked: "1" },
    { certRevoked: undefined },
    { certPresented: "0" },
    { certFingerprintSHA256: "cd".repeat(32) },
    { certFingerprintSHA256: "" },
    { certFingerprintSHA256: undefined, certFingerprintSHA1: "ab".repeat(20) },
  ];
  for (const change of wrong) expect((await withAuth({ ...good, ...change })).status, JSON.stringify(change)).toBe(401);
  expect((await tries(key)).status).toBe(401);
  for (const name of ["cf-client-cert-sha256", "x-client-cert-sha256", "client-cert", "x-ssl-client-fingerprint"]) {
    expect((await withAuth(undefined, { [name]: pin, "x-ssl-client-verify": "SUCCESS" })).status).toBe(401);
  }
});
