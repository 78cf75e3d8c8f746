/**
 * Every kind of carrier behind the whole service: an account made by an operator, a text out, receipts in, forged ones too.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { KINDS } from "../../src/carriers/carriers.ts";
import { World } from "../../scripts/carriers/world.mjs";
import { Service } from "../support/client.ts";
import { eventually } from "../support/signal.ts";

let service: Service;
let world: World;
beforeAll(async () => {
  world = await World.start();
  service = await Service.start();
});
afterAll(async () => {
  await service.stop();
  await world.stop();
});

const receipts = [{ state: "undelivered", forged: true }, { state: "sent", after_ms: 1 }, { state: "delivered", after_ms: 2 }]; // prettier-ignore

test.each(KINDS)("%s: a text goes out once, its receipts are believed, a forged one is not, and no secret is shown", async (kind) => {
  const account = world.account(kind, { name: kind, script: { calls: [{ does: "accept", receipts }] } });
  const made = await service.admin<{ id: string }>("POST /admin/v1/carriers", account.body);
  for (const secret of Object.values(account.secrets)) expect(JSON.stringify(made)).not.toContain(secret);
  expect(made).toMatchObject(account.settings);
  const tenant = await service.tenant(kind, [made.id]);
  const id = await tenant.sent({ text: `By ${kind}`, purpose: "otp" });
  await eventually("delivered", 20_000, async () => ((await tenant.get(id)).state === "delivered" ? true : null));
  await world.until("all receipts", 10_000, () => world.owed === 0);
  expect(world.callsOf(kind).map(({ message, text }) => [message, text])).toEqual([[id, `By ${kind}`]]);
  const statuses = world.receipts.filter(({ message }) => message === id).map(({ state, forged, status }) => [state, forged, status]); // prettier-ignore
  expect(statuses).toEqual([["undelivered", true, 401], ["sent", false, 200], ["delivered", false, 200]]); // prettier-ignore
  const [call] = world.callsOf(kind);
  const other = world.account(kind);
  expect(await world.receipt(call, { state: "undelivered" })).toBe(200); // late: an ended message does not move
  expect(await world.receipt({ ...call, account: other.name }, { state: "undelivered" })).toBe(401); // another account's
  for (let again = 0; again < 5; again += 1) expect(await world.receipt(call, { state: "delivered" })).toBe(200);
  expect(await world.receipt({ ...call, receiptUrl: call!.receiptUrl!.replace(/.$/, (last) => (last === "0" ? "1" : "0")) }, { state: "delivered" })).toBe(404); // prettier-ignore
  expect((await tenant.get(id)).state).toBe("delivered");
  const told = (await tenant.events()).filter(({ resource }) => resource === id).map(({ type }) => type);
  expect(told.filter((type) => type === "message.delivered")).toHaveLength(1);
  expect(told).not.toContain("message.undelivered");
}); // prettier-ignore

test("the second account takes what the first declines, and nothing that the first may have sent", async () => {
  const refusing = world.account("twilio", {
    name: "refusing",
    script: { calls: [{ does: "refuse", code: "30002" }] },
  });
  const failing = world.account("twilio", { name: "failing", script: { calls: [{ does: "error", status: 500, receipts: [] }] } }); // prettier-ignore
  const second = world.account("twilio", { name: "second" });
  const ids: Record<string, string> = {};
  for (const { name, body } of [refusing, failing, second]) ids[name] = (await service.admin<{ id: string }>("POST /admin/v1/carriers", body)).id; // prettier-ignore
  const declined = await service.tenant("declined", [ids["refusing"]!, ids["second"]!]);
  const doubted = await service.tenant("doubted", [ids["failing"]!, ids["second"]!]);
  const [one, other] = [await declined.sent({ text: "One" }), await doubted.sent({ text: "Other" })];
  await eventually("delivered", 20_000, async () => ((await declined.get(one)).state === "delivered" ? true : null));
  await eventually("unknown", 20_000, async () => ((await doubted.get(other)).state === "unknown" ? true : null));
  expect((await declined.get(one)).attempts).toMatchObject([
    { carrier: ids["refusing"], outcome: "declined" },
    { carrier: ids["second"], outcome: "accepted" },
  ]);
  expect((await doubted.get(other)).attempts).toMatchObject([{ carrier: ids["failing"], outcome: "unknown" }]);
  expect(world.callsOf("second").map(({ message }) => message)).toEqual([one]);
});
