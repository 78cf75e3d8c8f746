import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { listRecords } from "../../src/messages/records/store.ts";
import { patience } from "../support/run/patience.ts";
import {
  everything,
  leavesOnlyNaming,
  newTenant,
  operator,
  until,
  type Json,
  type Tenant,
} from "../support/tenant/tenant.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const body = { to: "+447700900123", purpose: "service", text: "Hello" };
const policy = (tenant: Tenant, change: Json) => operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: change });
const advance = (tenant: Tenant, seconds: number) => tenant.call("POST /v1/sandbox/clock", { advance_seconds: seconds }); // prettier-ignore
const nowOf = async (tenant: Tenant) => Date.parse((await advance(tenant, 0)).body["now"]);
const at = (time: number) => new Date(time).toISOString();

describe("a message that is refused leaves no row, no token and no count", () => {
  it.each<[string, number, Json, string, Json]>([
    ["to a number that is not a drama number", 422, { to: `+44${"7911"}${"123456"}` }, "real_number_in_sandbox", {}],
    ["to no number", 422, { to: "0770 notanumber" }, "invalid_number", {}],
    ["of a kind the policy leaves out", 422, {}, "number_kind_refused", { kinds: ["mobile"] }],
    ["to a country the policy leaves out", 422, {}, "country_not_allowed", { countries: ["IE"] }],
    ["with more segments than the policy allows", 422, { text: "x".repeat(400) }, "text_too_long", { segments_max: 2 }],
    ["with more segments than any network takes", 422, { text: "€".repeat(1_600) }, "text_too_long", {}],
    ["with a control character", 422, { text: "a\u0007b" }, "invalid_field", {}],
    ["with a sender that networks block", 422, { from: "InfoSMS" }, "sender_refused", {}],
    ["with a sender that may look like another", 422, { from: "Аcme" }, "sender_refused", {}],
    ["to a token of nobody's", 404, { to: { token: `tok_e12345678${"0".repeat(27)}` } }, "token_unknown", {}],
    ["scheduled in the past", 422, { schedule_at: "2020-01-01T00:00:00Z" }, "schedule_out_of_range", {}],
    ["that ends before it leaves", 422, { expires_at: "2020-01-01T00:00:00Z" }, "schedule_out_of_range", {}],
    ["that lives longer than a code may", 422, { purpose: "otp", ttl_seconds: 601 }, "schedule_out_of_range", {}],
    ["without a carrier", 503, {}, "carrier_unavailable", { routes: [] }],
    ["beyond its recipient's cap", 429, {}, "rate_limited", { limits: { recipient: { minute: 0, hour: 0, day: 0 } } }],
    ["beyond the key's new numbers", 429, {}, "new_numbers_exceeded", { limits: { numbers_per_key_per_day: 0 } }],
    ["with an unknown field", 400, { body: "x" }, "unknown_field", {}],
  ])("%s (%d)", async (_, status, over, code, change) => {
    const tenant = await newTenant();
    if (Object.keys(change).length > 0) expect((await policy(tenant, change)).status).toBe(200);
    await leavesOnlyNaming(tenant, async () => {
      const answer = await tenant.call("POST /v1/messages", { ...body, ...over });
      expect([answer.status, answer.body["code"]]).toEqual([status, code]);
      expect(JSON.stringify(answer.body)).not.toMatch(/123456|notanumber|Hello/);
    });
  }); // prettier-ignore
});

describe("a schedule", () => {
  it("may be a second ahead and 35 days ahead, and no nearer or further", async () => {
    const tenant = await newTenant();
    const now = await nowOf(tenant);
    const day = 86_400_000;
    const send = async (time: number) =>
      (await tenant.call("POST /v1/messages", { ...body, schedule_at: at(time) })).status;
    expect([await send(now + 5_000), await send(now + 35 * day)]).toEqual([202, 202]);
    expect([await send(now + 900), await send(now + 35 * day + 60_000)]).toEqual([422, 422]);
    const late = { ...body, schedule_at: at(now + day), expires_at: at(now + day - 1) };
    expect((await tenant.call("POST /v1/messages", late)).body["code"]).toBe("schedule_out_of_range");
  });

  it("of five weeks is kept, number and notes, under a retention of days, and the message then leaves", async () => {
    const tenant = await newTenant();
    await policy(tenant, { forget_numbers_after_days: 1, keep_notes_days: 2 });
    const now = await nowOf(tenant);
    const known = await tenant.send({ to: "+447700900222" });
    await tenant.until(known["id"], "delivered");
    const schedule_at = at(now + 34 * 86_400_000);
    const [fresh, again] = [await tenant.send({ schedule_at, reference: "order 7" }), await tenant.send({ schedule_at, to: "+447700900222" })]; // prettier-ignore
    for (let day = 0; day < 33; day += 11) {
      await advance(tenant, 11 * 86_400);
      await tenant.stub().purge(null);
    }
    await advance(tenant, 86_400 + 10);
    for (const { id } of [fresh, again]) expect(await tenant.until(id, "delivered", "failed", "expired")).toMatchObject({ state: "delivered" }); // prettier-ignore
    expect((await tenant.call(`GET /v1/messages/${fresh["id"]}`)).body["reference"]).toBe("order 7");
    await advance(tenant, 3 * 86_400);
    await tenant.stub().purge(null);
    expect(await tenant.rows(`SELECT * FROM tokens`)).toEqual([]);
    expect(await tenant.rows(`SELECT * FROM notes`)).toEqual([]);
  });
});

describe("a stop while a message is scheduled", () => {
  const stop = (tenant: Tenant, over: Json = {}) =>
    tenant.call("POST /v1/consents", { to: body.to, purposes: ["marketing"], state: "withdrawn", ...over });
  const texts = async (tenant: Tenant) => (await tenant.call("GET /v1/sandbox/handset/messages")).body["data"];

  it("holds when the message is due: it is not sent but blocked, and its text is deleted", async () => {
    const tenant = await newTenant();
    const schedule_at = at((await nowOf(tenant)) + 86_400_000);
    const { id } = await tenant.send({ purpose: "marketing", from: "Shifts", schedule_at });
    expect((await stop(tenant, { sender: "Shifts" })).status).toBe(201);
    await advance(tenant, 86_410);
    expect(await tenant.until(id, "blocked")).toMatchObject({ reason: "opted_out", attempts: [], sent_at: null });
    expect(await texts(tenant)).toEqual([]);
    expect(await tenant.rows(`SELECT sealed FROM messages WHERE sealed IS NOT NULL`)).toEqual([]);
  });

  it("blocks no message of another purpose or sender, or to a person who took it back", async () => {
    const tenant = await newTenant();
    const schedule_at = at((await nowOf(tenant)) + 86_400_000);
    const send = async (over: Json) => (await tenant.send({ purpose: "marketing", schedule_at, ...over }))["id"];
    const sent = [
      await send({ purpose: "service" }),
      await send({ from: "Payroll" }),
      await send({ to: "+447700900124" }),
    ];
    await stop(tenant, { sender: "Shifts" });
    await stop(tenant, { to: "+447700900124" });
    await stop(tenant, { to: "+447700900124", state: "given" });
    await advance(tenant, 86_410);
    for (const id of sent) expect((await tenant.until(id, "delivered", "blocked"))["state"]).toBe("delivered");
    expect(await texts(tenant)).toHaveLength(3);
  });
});

describe("while D1 accepts no record", () => {
  const lose = (name: string) => env.DB_EU.exec(`ALTER TABLE ${name} RENAME TO ${name}_lost`);
  const find = (name: string) => env.DB_EU.exec(`ALTER TABLE ${name}_lost RENAME TO ${name}`);

  it("messages are sent and codes end at their times, and every record is written afterwards", async () => {
    const tenant = await newTenant();
    const schedule_at = at((await nowOf(tenant)) + 3_600_000);
    const over = await tenant.send({ to: "+447700900125" });
    await tenant.until(over["id"], "delivered");
    const planned = await tenant.send({ schedule_at });
    const { body: code } = await tenant.call("POST /v1/verifications", { to: "+447700900124" });
    await lose("messages");
    try {
      await advance(tenant, 700); // the delivered one is due to become a record
      expect(await tenant.rows(`SELECT code_message, digest FROM verifications WHERE id = '${code["id"]}'`)).toEqual([{ code_message: null, digest: null }]); // prettier-ignore
      await advance(tenant, 3_000);
      await tenant.until(planned["id"], "delivered");
      expect(await tenant.rows(`SELECT count(*) AS n FROM messages`)).toEqual([{ n: 3 }]);
    } finally {
      await find("messages");
    }
    await advance(tenant, 120);
    expect(await tenant.rows(`SELECT count(*) AS n FROM messages`)).toEqual([{ n: 0 }]);
    for (const { id } of [over, planned]) expect((await tenant.call(`GET /v1/messages/${id}`)).body["state"]).toBe("delivered"); // prettier-ignore
  });
});

describe("canceling", () => {
  const hold = async (tenant: Tenant) => {
    await policy(tenant, {});
    const now = await nowOf(tenant);
    return tenant.send({ schedule_at: at(now + 3_600_000) });
  };

  it("ends a scheduled message, which is then never sent, and a second time is a conflict", async () => {
    const tenant = await newTenant();
    const { id } = await hold(tenant);
    expect((await tenant.call(`POST /v1/messages/${id}/cancel`)).body).toMatchObject({ state: "canceled", reason: "by_caller" }); // prettier-ignore
    expect(await tenant.call(`POST /v1/messages/${id}/cancel`)).toMatchObject({ status: 409, body: { code: "not_cancelable" } }); // prettier-ignore
    await advance(tenant, 7_200);
    expect((await tenant.call("GET /v1/sandbox/handset/messages")).body["data"]).toEqual([]);
    expect(await tenant.rows(`SELECT sealed FROM messages WHERE sealed IS NOT NULL`)).toEqual([]);
  });

  it.each([["delivered", "+447700900123"], ["unknown", "+447700900902"], ["sent", "+447700900908"], ["undelivered", "+447700900901"], ["failed", "+447700900904"]])(
    "a message that is %s is refused and changes nothing", async (state, to) => {
    const tenant = await newTenant();
    const { id } = await tenant.send({ to });
    const before = await tenant.until(id, state);
    expect((await tenant.call(`POST /v1/messages/${id}/cancel`)).status).toBe(409);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body).toEqual(before);
    expect((await tenant.call("GET /v1/audit?act=message.canceled")).body["data"]).toEqual([]);
  }); // prettier-ignore

  it("of two messages with one idempotency key cancels the one that was named, not the other again", async () => {
    const tenant = await newTenant();
    const [one, two] = [await hold(tenant), await hold(tenant)];
    const cancel = (id: string) =>
      tenant.call(`POST /v1/messages/${id}/cancel`, undefined, { "idempotency-key": "k1" });
    expect((await cancel(one["id"])).body).toMatchObject({ id: one["id"], state: "canceled" });
    expect(await cancel(two["id"])).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
    expect((await tenant.call(`GET /v1/messages/${two["id"]}`)).body["state"]).toBe("scheduled");
    expect((await cancel(one["id"])).headers.get("idempotency-replayed")).toBe("true");
  });
});

describe("a preview", () => {
  it("says what sending would do and leaves nothing but the count of the number: no token, no row", async () => {
    const tenant = await newTenant();
    const asked = { ...body, text: "“Hi” – it’s £5…", smart_encoding: true };
    await leavesOnlyNaming(tenant, async () => {
      for (let n = 0; n < 10; n++) {
        const { status, body: preview } = await tenant.call("POST /v1/messages/preview", asked);
        expect(status).toBe(200);
        expect(preview).toMatchObject({ encoding: "gsm7", segments: 1, number_kind: "drama", would: "accepted", reasons: [] }); // prettier-ignore
        expect(preview["replacements"].length).toBeGreaterThan(3);
      }
    });
    expect(JSON.stringify((await tenant.call("POST /v1/messages/preview", asked)).body)).not.toMatch(/tok_|900123/);
  });

  it("names every reason at once for which it would be refused", async () => {
    const tenant = await newTenant();
    await policy(tenant, { countries: ["IE"], segments_max: 1, routes: [], limits: { recipient: { minute: 0, hour: 0, day: 0 } } }); // prettier-ignore
    const { body: preview } = await tenant.call("POST /v1/messages/preview", { ...body, text: "x".repeat(200), schedule_at: "2020-01-01T00:00:00Z" }); // prettier-ignore
    expect(preview["would"]).toBe("refused");
    expect(preview["reasons"].sort()).toEqual(["carrier_unavailable", "country_not_allowed", "rate_limited", "schedule_out_of_range", "text_too_long"]); // prettier-ignore
  });
});

describe("the text of a message", () => {
  it("is deleted once it was sent, refused or has ended, and never stored in plaintext", async () => {
    const tenant = await newTenant();
    const reference = "call 07700 900321";
    const ended = [["+447700900123", "delivered"], ["+447700900902", "unknown"], ["+447700900904", "failed"], ["+447700900908", "sent"]]; // prettier-ignore
    for (const [to = "", state = ""] of ended) {
      const sent = await tenant.send({ to, text: `Canary ${to.slice(-3)}`, reference, metadata: { "who 07700900321": "at 07700900322" } }); // prettier-ignore
      expect(JSON.stringify(sent)).not.toMatch(/7700 ?90032|Canary/);
      expect(sent).toMatchObject({
        reference: "call +44•••••••21",
        metadata: { "who +44•••••••21": "at +44•••••••22" },
      });
      await tenant.until(sent["id"], state);
    }
    expect(await tenant.rows(`SELECT id FROM messages WHERE sealed IS NOT NULL`)).toEqual([]);
    expect(await everything(tenant)).not.toMatch(/Canary|7700 ?90032|7700 ?900123/);
    const { body: list } = await tenant.call(`GET /v1/messages?reference=${encodeURIComponent("call 07700 900321")}`);
    expect(list["code"]).toBe("number_in_query");
  });

  it("is kept sealed for the days that the tenant set, and then deleted", async () => {
    const tenant = await newTenant();
    await policy(tenant, { keep_text_days: 3 });
    const { id } = await tenant.send({ text: "Canary text" });
    await tenant.until(id, "delivered");
    expect(await tenant.rows(`SELECT message FROM notes`)).toEqual([{ message: id }]);
    expect(await everything(tenant)).not.toContain("Canary text");
    await advance(tenant, 2 * 86_400);
    await tenant.stub().purge(null);
    expect(await tenant.rows(`SELECT message FROM notes`)).toEqual([{ message: id }]);
    await advance(tenant, 2 * 86_400);
    await tenant.stub().purge(null);
    expect(await tenant.rows(`SELECT message FROM notes`)).toEqual([]);
  });
});

describe("a batch", () => {
  it("of a thousand answers each by its index, counts each, and is one audit entry", async () => {
    const tenant = await newTenant();
    await policy(tenant, { limits: { recipient: { minute: 3, hour: 9, day: 9 }, key: { minute: 5_000, hour: 9_000, day: 9_000 }, block: { minute: 5_000, hour: 9_000, day: 9_000 } } }); // prettier-ignore
    const wrong: Json[] = [{ ...body, to: "nobody" }, { ...body, extra: 1 }, { to: body.to }, [] as Json, { ...body, from: "InfoSMS" }]; // prettier-ignore
    const messages = Array.from({ length: 1_000 }, (_, n) =>
      n % 10 === 0 ? wrong[(n / 10) % 5] : { ...body, to: `+447700900${String(n % 200).padStart(3, "0")}` },
    );
    const { status, body: answer } = await tenant.call("POST /v1/messages/batch", { messages });
    expect(status).toBe(202);
    const data: Json[] = answer["data"];
    expect(data.map(({ index }) => index)).toEqual(messages.map((_, n) => n));
    const codes = (n: number) => data[n]?.["problem"]?.code;
    expect([0, 10, 20, 30, 40].map(codes)).toEqual(["invalid_number", "unknown_field", "missing_field", "wrong_type", "sender_refused"]); // prettier-ignore
    const accepted = data.filter((item) => "message" in item);
    expect(accepted).toHaveLength(180 * 3); // three of each number in a minute, then the cap
    expect(codes(999)).toBe("rate_limited");
    expect(accepted.every(({ message }) => message["batch_id"] === answer["batch_id"])).toBe(true);
    expect(JSON.stringify(answer)).not.toMatch(/\+447700900(?!123)\d{3}/);
    const { body: audit } = await tenant.call("GET /v1/audit?act=batch.accepted");
    expect(audit["data"]).toHaveLength(1);
    const { facts } = audit["data"][0];
    expect(facts["messages"]).toBe(1_000);
    expect(Object.values<number>(facts["accepted"]).every((count) => count === 3)).toBe(true);
    expect(Object.keys(facts["accepted"])).toHaveLength(180);
    expect(facts["refused"]).toEqual({ invalid_number: 20, unknown_field: 20, missing_field: 20, wrong_type: 20, sender_refused: 20, rate_limited: 360 }); // prettier-ignore
  });

  it("of none or of 1,001 is refused whole", async () => {
    const tenant = await newTenant();
    const before = await everything(tenant);
    expect((await tenant.call("POST /v1/messages/batch", { messages: [] })).status).toBe(422);
    const many = await tenant.call("POST /v1/messages/batch", { messages: Array.from({ length: 1_001 }, () => body) });
    expect([413, 422]).toContain(many.status);
    expect(await everything(tenant)).toBe(before);
  });
});

describe("a list", () => {
  it(
    "shows every message once, newest first, while they end, are recorded and leave the object",
    { timeout: patience(60_000) },
    async () => {
      const tenant = await newTenant();
      const sent: string[] = [];
      const all = async (query = "") => {
        const ids: string[] = [];
        let cursor = "";
        for (;;) {
          const page = (await tenant.call(`GET /v1/messages?limit=7${query}${cursor}`)).body;
          ids.push(...page["data"].map(({ id }: Json) => id));
          if (page["next_cursor"] === null) return ids;
          cursor = `&cursor=${page["next_cursor"]}`;
        }
      };
      const token = (await tenant.send({ to: "+447700900777", reference: "r1" }))["to"].token;
      sent.push(...(await all()));
      for (let round = 0; round < 3; round++) {
        for (let n = 0; n < 6; n++) {
          const to = [`+4477009001${round}${n}`, "+447700900904", "+447700900908"][n % 3];
          sent.unshift((await tenant.send({ to, reference: n % 2 === 0 ? "even" : "odd" }))["id"]);
          expect((await all())[0]).toBe(sent[0]); // a caller's own write is there at once
        }
        await until(async () => ((await tenant.rows(`SELECT 1 FROM messages WHERE state IN ('queued', 'sending')`)).length === 0 ? true : null)); // prettier-ignore
        expect(await all()).toEqual(sent);
        await advance(tenant, 61);
        await runDurableObjectAlarm(tenant.stub());
        expect(await all()).toEqual(sent);
      }
      const live = (await tenant.rows(`SELECT id FROM messages`)).length;
      const recorded = await listRecords(env.DB_EU, { tenant: tenant.id }, 10_000);
      expect(live).toBeGreaterThan(0);
      expect(recorded.length).toBeGreaterThan(0);
      const states = ["delivered", "failed", "sent", "queued", "sending"];
      const byState = await Promise.all(states.map((state) => all(`&state=${state}`)));
      expect(byState.flat().sort()).toEqual([...sent].sort());
      expect(await all(`&token=${token}`)).toEqual([sent.at(-1)]);
      expect((await all("&reference=even")).length + (await all("&reference=odd")).length).toBe(sent.length - 1);
      expect(await all("&reference=r1")).toEqual([sent.at(-1)]);
      const middle = (await tenant.call(`GET /v1/messages/${sent[10]}`)).body["created_at"];
      const [before, since] = [await all(`&created_to=${middle}`), await all(`&created_from=${middle}`)];
      expect([...since, ...before]).toEqual(sent);
      expect(since).toContain(sent[10]);
      const notes = (await tenant.call("GET /v1/messages?limit=100")).body["data"].map(
        ({ reference }: Json) => reference,
      );
      expect(new Set(notes)).toEqual(new Set(["even", "odd", "r1"]));
    },
  );
});
