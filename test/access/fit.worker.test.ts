// What a deployment must be before it serves anybody (T33): keys that are secret, and in production everything that keeps
// strangers out. Not fit means 503 on every route, and nothing touched.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { closedDoors } from "../support/tenant/routes.ts";
import { PUBLISHED_KEYS, PUBLISHED_WEBHOOK_SECRETS, WEAK_KEYS } from "../support/hostile/published-keys.ts";
import { asOperator, BASE, newTenant } from "../support/tenant/tenants.ts";
import { watch } from "../support/tenant/watched.ts";
import wranglerToml from "../../wrangler.toml?raw";

const random = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const bad = Object.entries({ ...PUBLISHED_KEYS, ...WEAK_KEYS });
/** PKCS#8 of an Ed25519 key (RFC 8410). */
const pkcs8 = (seed: Uint8Array) =>
  base64(Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]));

const PRODUCTION = {
  ENVIRONMENT: "production",
  DO_JURISDICTIONS: "on",
  PUBLIC_URL: "https://sms.example.com",
  AUDIT_ORIGIN: "sms.example.com",
  ACCESS_TEAM: "https://team.cloudflareaccess.com",
  ACCESS_AUDIENCE: "a".repeat(64),
  ADMIN_TOKEN: undefined,
};

/** What /healthz says, and what every kind of route answers. */
async function judged(changes: Record<string, unknown>) {
  const watched = watch(changes);
  const health = await watched.fetch(new Request(`${BASE}/healthz`));
  const statuses = new Set<number>();
  for (const path of ["/v1/messages", "/admin/v1/tenants", "/openapi.json", "/carriers/x/receipts/y", "/nowhere"]) {
    statuses.add((await watched.fetch(new Request(BASE + path))).status);
  }
  const { reason } = await health.json<{ reason?: string }>();
  return { reason: reason ?? null, statuses: [...statuses], touched: watched.touched };
}

const refused = async (changes: Record<string, unknown>, reason: RegExp) => {
  const answer = await judged(changes);
  expect(answer).toMatchObject({ statuses: [503], touched: [] });
  expect(answer.reason).toMatch(reason);
  for (const value of Object.values(changes)) {
    if (typeof value === "string" && value.length > 12) expect(answer.reason).not.toContain(value.slice(0, 12));
  }
};

test("a whole configuration of either kind serves", async () => {
  expect((await judged({})).reason).toBeNull();
  expect((await judged(PRODUCTION)).reason).toBeNull();
  expect((await judged({ AUDIT_KEY: pkcs8(crypto.getRandomValues(new Uint8Array(32))) })).reason).toBeNull();
  expect((await judged({ DOOR_KEY: `${random()},${random()}` })).reason).toBeNull();
});

test.each(bad)("%s is no root key", async (_name, key) => {
  const one = key.length === 32 ? /KEYRING/ : /KEYRING|environment/;
  await refused({ KEYRING: JSON.stringify({ 1: base64(key) }) }, one);
  await refused({ KEYRING: JSON.stringify({ 1: random(), 2: base64(key) }) }, one);
});

test.each(bad)("%s is no door key, first or second", async (_name, key) => {
  await refused({ DOOR_KEY: base64(key) }, /DOOR_KEY/);
  await refused({ DOOR_KEY: `${random()},${base64(key)}` }, /DOOR_KEY/);
});

test.each(bad.filter(([, key]) => key.length === 32))("%s signs no audit", async (_name, key) => {
  await refused({ AUDIT_KEY: pkcs8(key) }, /AUDIT_KEY/);
});

test("a secret that is empty, missing or no key at all does not serve", async () => {
  for (const KEYRING of [
    "",
    "{}",
    "[]",
    "null",
    "changeme",
    '{"0":"x"}',
    '{"1":""}',
    '{"1":7}',
    `{"one":"${random()}"}`,
  ]) {
    await refused({ KEYRING }, /KEYRING|environment/);
  }
  for (const DOOR_KEY of ["", " ", ",", "secret", "????", random().slice(0, 20), `${random()},`]) {
    await refused({ DOOR_KEY }, /DOOR_KEY/);
  }
  for (const AUDIT_KEY of ["", "AAAA", "not base64", "-----BEGIN PRIVATE KEY-----"])
    await refused({ AUDIT_KEY }, /AUDIT_KEY/);
  await refused({ KEYRING: undefined }, /KEYRING/);
  await refused({ DOOR_KEY: undefined }, /DOOR_KEY/);
  const shared = random();
  for (const DOOR_KEY of [shared, `${random()}, ${shared}`, `${shared},${random()}`])
    await refused({ KEYRING: JSON.stringify({ 1: shared }), DOOR_KEY }, /also in KEYRING/);
});

test("production without jurisdictions, an origin, Access, or with a token or faults of a laptop does not serve", async () => {
  const changes: [Record<string, unknown>, RegExp][] = [
    [{ DO_JURISDICTIONS: "off" }, /DO_JURISDICTIONS/],
    [{ DO_JURISDICTIONS: "On" }, /DO_JURISDICTIONS/],
    [{ PUBLIC_URL: "" }, /PUBLIC_URL/],
    [{ AUDIT_ORIGIN: "" }, /AUDIT_ORIGIN/],
    [{ AUDIT_ORIGIN: "https://sms.example.com" }, /AUDIT_ORIGIN/],
    [{ AUDIT_ORIGIN: "two words" }, /AUDIT_ORIGIN/],
    [{ ACCESS_TEAM: "" }, /ACCESS/],
    [{ ACCESS_TEAM: "http://team.example.com" }, /ACCESS_TEAM/],
    [{ ACCESS_AUDIENCE: "" }, /ACCESS/],
    [{ ADMIN_TOKEN: env.ADMIN_TOKEN }, /ADMIN_TOKEN/],
    [{ ADMIN_TOKEN: "" }, /ADMIN_TOKEN/],
    [{ ADMIN_TOKEN: "admin" }, /ADMIN_TOKEN/],
    [{ FAULTS: "0" }, /FAULTS/],
    [{ FAULTS: "" }, /FAULTS/],
    [{ ENVIRONMENT: "prod" }, /ENVIRONMENT/],
    [{ ENVIRONMENT: undefined }, /ENVIRONMENT/],
  ];
  for (const [change, reason] of changes) await refused({ ...PRODUCTION, ...change }, reason);
});

test("wrangler.toml as it is committed serves nobody until its settings are given", async () => {
  const committed = Object.fromEntries(
    [...wranglerToml.matchAll(/^([A-Z_]+) = "(.*?)"/gm)].map(([, name, value]) => [name, value]),
  );
  expect(committed).toMatchObject({ ENVIRONMENT: "production", DO_JURISDICTIONS: "on" });
  await refused(committed, /PUBLIC_URL/);
  const { PUBLIC_URL, AUDIT_ORIGIN } = PRODUCTION;
  await refused({ ...committed, PUBLIC_URL }, /AUDIT_ORIGIN/);
  await refused({ ...committed, PUBLIC_URL, AUDIT_ORIGIN }, /ADMIN_TOKEN/);
  await refused({ ...committed, PUBLIC_URL, AUDIT_ORIGIN, ADMIN_TOKEN: undefined }, /ACCESS/);
  expect((await judged({ ...committed, ...PRODUCTION })).reason).toBeNull();
});

test("in production the admin token of a laptop opens nothing", async () => {
  const watched = watch(PRODUCTION);
  for (const door of closedDoors().filter((each) => each.operator !== null)) {
    const headers = { authorization: `Bearer ${env.ADMIN_TOKEN}` };
    const response = await watched.fetch(
      new Request(BASE + door.path.replaceAll(":", ""), { method: door.method, headers }),
    );
    expect(response.status).toBe(401);
    expect(watched.touched).toEqual([]);
  }
});

test("a carrier's shared secret that is printed in a manual, this one's included, is refused", async () => {
  await newTenant("Carrier");
  const carrier = { name: "c", kind: "http", mode: "test", url: "https://192.0.9.1/sms" };
  const before = (await asOperator("GET /admin/v1/carriers")).text;
  for (const secret of [
    ...PUBLISHED_WEBHOOK_SECRETS,
    `whsec_${base64(new Uint8Array(24))}`,
    `whsec_${btoa("a".repeat(32))}`,
  ]) {
    const answer = await asOperator("POST /admin/v1/carriers", { ...carrier, secret });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: "secret" }] } });
    expect(answer.text).not.toContain(secret.slice(6, 20));
  }
  expect((await asOperator("GET /admin/v1/carriers")).text).toBe(before);
  const made = await asOperator("POST /admin/v1/carriers", { ...carrier, secret: `whsec_${random()}` });
  expect(made.status).toBe(201);
  const [weak] = PUBLISHED_WEBHOOK_SECRETS;
  const change = await asOperator(`PATCH /admin/v1/carriers/${String(made.body["id"])}`, { secret: weak });
  expect(change.status).toBe(422);
});
