/**
 * T5 to T8: the same request again, with a key of repetition.
 */
import { expect, test } from "vitest";
import { CarrierDouble } from "../support/carriers/carrier-double.ts";
import type { Answer, Tenant } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";

let service: Service;
let carrier: CarrierDouble;
let route: string;
let tenant: Tenant;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(Service.start());
  route = await service.carrier(carrier.account("repeat", () => ({ does: "accept" })));
  tenant = await service.tenant("Repeat", [route]);
});

const body = (text: string) => ({ to: "+447700900123", text, purpose: "service" as const });
const post = (who: Tenant, key: string, text: string) => who.send(body(text), { "idempotency-key": key });
const idOf = (answer: Answer | undefined) => (JSON.parse(answer?.text ?? "{}") as { id: string }).id;
const callsWith = (text: string) => carrier.calls.filter((call) => call.text === text);

/** Everything that was sent before has reached the carrier once this one has. */
async function caughtUp(): Promise<void> {
  const id = await tenant.sent({ text: "Behind" });
  await carrier.until("the last has arrived", 10_000, () => carrier.calls.some((call) => call.message === id));
}

test("T5: 200 at once under one key are one message and one call, and every answer is the same bytes", async () => {
  const answers = await Promise.all(Array.from({ length: 200 }, () => post(tenant, "one-key", "Once")));
  expect(answers.every(({ status }) => status === 202 || status === 409)).toBe(true);
  const later = await Promise.all(Array.from({ length: 20 }, () => post(tenant, "one-key", "Once")));
  const bytes = new Set([...answers, ...later].filter(({ status }) => status === 202).map(({ text }) => text));
  expect(bytes.size).toBe(1);
  expect(later.every(({ headers }) => headers.get("idempotency-replayed") === "true")).toBe(true);
  await caughtUp();
  expect(callsWith("Once")).toHaveLength(1);
});

test("T5: the replay stays the same bytes after the message has moved on, and after a restart", async () => {
  const first = await post(tenant, "moved", "Moves on");
  await carrier.until("called", 10_000, () => callsWith("Moves on").length === 1);
  expect((await post(tenant, "moved", "Moves on")).text).toBe(first.text);
  await service.kill();
  await service.resume();
  expect((await post(tenant, "moved", "Moves on")).text).toBe(first.text);
  await caughtUp();
  expect(callsWith("Moves on")).toHaveLength(1);
});

test("T6: the same key with one byte changed is 422, calls nobody, and leaves the first answer as it was", async () => {
  const first = await post(tenant, "changed", "As it was");
  const other = await post(tenant, "changed", "As it wAs");
  const spaced = await tenant.call("POST /v1/messages", {
    raw: `${JSON.stringify(body("As it was"))} `,
    headers: { "idempotency-key": "changed" },
  });
  expect([other.status, spaced.status]).toEqual([422, 422]);
  expect(other.text).toContain("idempotency_key_reused");
  expect(other.text).not.toContain(idOf(first));
  expect((await post(tenant, "changed", "As it was")).text).toBe(first.text);
  await caughtUp();
  expect([callsWith("As it was").length, callsWith("As it wAs").length]).toEqual([1, 0]);
});

test("T6: a refusal is repeated as it was, and never turns into a message", async () => {
  const wrong = { to: "+12125550123", text: "Refused", purpose: "service" as const };
  const refused = await Promise.all([1, 2, 3].map(() => tenant.send(wrong, { "idempotency-key": "refused" })));
  const codes = refused.map(({ status, text }) => [status, (JSON.parse(text) as { code: string }).code]);
  expect(new Set(codes.map(String))).toEqual(new Set(["422,real_number_in_sandbox"]));
  await caughtUp();
  expect(callsWith("Refused")).toHaveLength(0);
});

test("T7: one key at two tenants, and on two routes, is two keys", async () => {
  const neighbour = await service.tenant("Neighbour", [route]);
  const [mine, theirs] = await Promise.all([
    post(tenant, "shared", "Shared"),
    post(neighbour, "shared", "Shared, theirs"),
  ]);
  expect([mine?.status, theirs?.status]).toEqual([202, 202]);
  expect(idOf(mine)).not.toBe(idOf(theirs));
  expect(theirs?.text).not.toContain(tenant.id.slice(5));
  const batch = await tenant.call("POST /v1/messages/batch", {
    body: { messages: [body("In a batch")] },
    headers: { "idempotency-key": "shared" },
  });
  expect(batch.status).toBe(202);
  expect(batch.text).not.toContain(idOf(mine));
  await caughtUp();
  await carrier.until("theirs too", 10_000, () => callsWith("Shared, theirs").length > 0);
  expect(["Shared", "Shared, theirs", "In a batch"].map((text) => callsWith(text).length)).toEqual([1, 1, 1]);
});

test("T8: a key is kept for 24 hours of the tenant's clock, and not a minute of the other tenants'", async () => {
  const sandbox = await service.tenant("Clock", [route]);
  const first = idOf(await post(sandbox, "day", "A day"));
  await sandbox.advance(24 * 3_600 - 60);
  expect(idOf(await post(sandbox, "day", "A day"))).toBe(first);
  await sandbox.advance(61);
  const second = await post(sandbox, "day", "A day");
  expect([second.status, idOf(second) === first]).toEqual([202, false]);
  await carrier.until("called again", 10_000, () => callsWith("A day").length === 2);
  expect(idOf(await post(sandbox, "day", "A day"))).toBe(idOf(second));
});

test("T8: quoted and unquoted are one key; a key that is empty, too long or no key is 400 and sends nothing", async () => {
  expect(idOf(await post(tenant, '"quoted"', "Quoted"))).toBe(idOf(await post(tenant, "quoted", "Quoted")));
  expect((await post(tenant, "k".repeat(255), "Long enough")).status).toBe(202);
  expect((await post(tenant, `"${"q".repeat(255)}"`, "Long enough, quoted")).status).toBe(202);
  for (const key of [
    "",
    '""',
    '"',
    '"open',
    "k".repeat(256),
    `"${"k".repeat(256)}"`,
    "two words",
    "tab\there",
    '"a"b"',
    "caf\u00e9",
  ]) {
    const answer = await post(tenant, key, "Malformed");
    expect([key, answer.status, answer.text.includes("idempotency_key_invalid")]).toEqual([key, 400, true]);
  }
  await caughtUp();
  expect(callsWith("Malformed")).toHaveLength(0);
  expect(callsWith("Quoted")).toHaveLength(1);
});
