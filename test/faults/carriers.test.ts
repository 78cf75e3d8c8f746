/**
 * Every kind of carrier behind the whole service: an account made by an operator, a text out, receipts in, forged ones too.
 */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { KINDS, type CarrierKind } from "../../src/carriers/registry.ts";
import { UNPROVEN_CALLS_MAX } from "../../src/carriers/courier/circuit.ts";
import { KINDS as SPOKEN } from "../../scripts/carriers/kinds.mjs";
import { World } from "../support/carriers/world.ts";
import { type Client, type Tenant, numberFor } from "../support/service/client.ts";
import { sharedService } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { sized } from "../support/run/seed.ts";
import { eventually } from "../support/run/signal.ts";

let service: Client;
let world: World;
setUp(async (use) => {
  world = await use(World.start());
  service = await use(sharedService());
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

/** Makes it an account of the service; answers its id. */
const opened = async (body: object) => (await service.admin<{ id: string }>("POST /admin/v1/carriers", body)).id;

/** Sends many at once; answers their ids. */
async function many(tenant: Tenant, count: number, item: (nth: number) => object): Promise<string[]> {
  const messages = Array.from({ length: count }, (_, nth) => ({ to: numberFor(nth), ...item(nth) }));
  const { status, text } = await tenant.call("POST /v1/messages/batch", { body: { messages } });
  expect(status).toBe(202);
  return (JSON.parse(text) as { data: { message: { id: string } }[] }).data.map(({ message }) => message.id);
}

/** T14 with two accounts of one kind; answers what it saw. */
async function outage(kind: CarrierKind) {
  const [codes, texts, perSecond] = [sized(30, 200), sized(30, 600), 20];
  const names = [`${kind}-down-1`, `${kind}-down-2`];
  const routes: string[] = [];
  for (const name of names) {
    const { body } = world.account(kind, { name, script: { calls: [{ does: "error", status: 500, receipts: [] }] } });
    const account = Object.entries(body).filter(([field]) => field !== "status_url"); // `http` could be asked, the others cannot
    routes.push(await opened({ ...Object.fromEntries(account), per_second: perSecond }));
  }
  const tenant = await service.tenant(`Outage ${kind}`, routes);
  const calls = () => world.calls.filter(({ account }) => names.includes(account));
  const late = await many(tenant, codes, (nth) => ({ text: `Code ${nth}`, purpose: "otp", ttl_seconds: 60 }));
  const kept = await many(tenant, texts, (nth) => ({ text: `Text ${nth}`, purpose: "service" }));
  await world.until("both were tried", 20_000, () => names.every((name) => world.callsOf(name).length > 0));
  await tenant.advance(61);
  await eventually(`the codes of ${kind} have ended`, 30_000, async () => {
    const all = await Promise.all(late.map((id) => tenant.get(id)));
    return all.every(({ state }) => ["expired", "unknown"].includes(state)) ? true : null;
  });
  for (const name of names) world.script(name, {});
  const messages = await eventually(
    `the texts of ${kind} have drained`,
    60_000 + (texts / perSecond) * 2_000,
    async () => {
      const all = await tenant.messages();
      return all.every(({ state }) => ["expired", "unknown", "delivered"].includes(state)) ? all : null;
    },
    500,
  );
  return { names, calls: calls(), late: new Set(late), kept: new Set(kept), messages, perSecond };
}

test("T14, every kind: with both accounts down codes past their life are never sent; the rest drains at the pace when they are back", async () => {
  for (const { names, calls, late, kept, messages, perSecond } of await Promise.all(KINDS.map(outage))) {
    const taken = calls.filter((call) => call.taken);
    expect(taken.filter(({ message }) => late.has(message ?? ""))).toEqual([]);
    const called = new Set(calls.map(({ message }) => message));
    for (const { id, state, reason } of messages) {
      if (state === "expired") expect([reason, late.has(id), called.has(id)]).toEqual(["too_late", true, false]);
      if (state === "delivered") expect(kept.has(id)).toBe(true);
      if (state === "unknown") expect(called.has(id)).toBe(true);
    }
    expect(called.size).toBe(calls.length); // nobody was called for twice
    expect(messages.filter(({ state }) => state === "expired").length).toBeGreaterThan(0);
    const doubted = messages.filter(({ state }) => state === "unknown").length;
    expect(doubted).toBeLessThan(names.length * (UNPROVEN_CALLS_MAX + 7)); // each probe of two minutes risked one more
    for (const name of names) {
      const times = taken.filter(({ account }) => account === name).map(({ at }) => at);
      const most = Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
      expect(most).toBeLessThanOrEqual(perSecond * 1.2 + 1);
    }
  }
}); // prettier-ignore

/** A receipt's bytes as another reader could read them otherwise, each under the signature of the honest ones. */
const TWISTS: Record<string, (body: Buffer) => Buffer> = {
  "with a byte-order mark": (body) => Buffer.from(`\ufeff${body.toString()}`),
  "in UTF-16": (body) => Buffer.from(body.toString(), "utf16le"),
  "in gzip": (body) => gzipSync(body),
  "with its state said twice, the first first": (body) => withState(body, (own, other) => own + other),
  "with its state said twice, the last first": (body) => withState(body, (own, other) => other + own),
  "with bytes that are no text behind it": (body) => Buffer.concat([body, Buffer.from([0xff, 0xfe])]),
  "with an over-long ampersand": (body) => Buffer.concat([body, Buffer.from([0xc0, 0xa6])]),
};

/** The field that tells the state, repeated with another: `MessageStatus=delivered&`, `"status":"delivered",`. */
function withState(body: Buffer, join: (own: string, other: string) => string): Buffer {
  const field = /"(?:state|status|name)":"[a-zA-Z_]+",?|MessageStatus=\w+&/;
  const twisted = body.toString().replace(field, (found) => {
    const own = /[,&]$/.test(found) ? found : `${found},`;
    return join(own, own.replace(/delivered|DELIVERED_TO_HANDSET/, "undelivered")).replace(
      found === own ? "" : /,$/,
      "",
    );
  });
  expect(twisted).not.toBe(body.toString());
  return Buffer.from(twisted);
}

test.each(KINDS)("T36, %s: a receipt whose bytes are not those that were signed, or could be read otherwise, changes nothing", async (kind) => {
  const { name, body } = world.account(kind, { name: `${kind}-twisted`, script: { calls: [{ does: "accept", receipts: [] }] } });
  const route = await opened(body);
  const tenant = await service.tenant(`Twisted ${kind}`, [route]);
  const id = await tenant.sent({ text: "Twisted" });
  await eventually("sent", 20_000, async () => ((await tenant.get(id)).state === "sent" ? true : null));
  const [written] = [SPOKEN[kind].receipt(world.callsOf(name)[0]!, { state: "delivered", code: undefined, forged: false }, world.accounts.get(name)!)].flat() as { url: string; headers: Record<string, string>; body: string }[];
  const { url, headers, body: honest } = written!;
  for (const [what, twist] of Object.entries(TWISTS)) {
    const encoding = what === "in gzip" ? { "content-encoding": "gzip" } : {};
    const answer = await fetch(url, { method: "POST", headers: { ...headers, ...encoding }, body: new Uint8Array(twist(Buffer.from(honest))) });
    expect([400, 401], `${what}: ${await answer.text()}`).toContain(answer.status);
    expect((await tenant.get(id)).state, what).toBe("sent");
  }
  expect((await fetch(url, { method: "POST", headers, body: honest })).status).toBe(200); // these very bytes are believed
  expect((await tenant.get(id)).state).toBe("delivered");
}); // prettier-ignore
