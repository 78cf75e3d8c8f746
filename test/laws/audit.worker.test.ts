/**
 * Every act has its entry: what a key, an operator, a person, a carrier or a rule does is done here once, by whatever path it comes
 * (a door, a text that came in, a receipt, the alarm, the queue, the night's run), and its entry is looked for. A changing door that
 * is not in the table fails the test, and so does an act that docs/audit.md names and nothing here does, or the other way round.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import published from "../../docs/audit.md?raw";
import { closedDoors, nameOf } from "../support/tenant/routes.ts";
import {
  cron,
  newTenant,
  operator,
  tenantOf,
  until,
  type Answer,
  type Json,
  type Tenant,
} from "../support/tenant/tenant.ts";
import {
  ALICE,
  BOB,
  advance,
  importNumbers,
  newPool,
  opened,
  proxiesOf,
  sandboxAccount,
  texts,
} from "../support/tenant/masked-lines.ts";
import { check, codeOf, started, wrong } from "../support/tenant/verifications.ts";

const CAROL = "+447700900333";
const seen = new Set<string>();
let tenant: Tenant;
let own: { account: string };
let couriers: string;
let named = 0;

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({ accepted: true })));
beforeAll(async () => {
  tenant = await newTenant();
  own = { account: await sandboxAccount() };
  couriers = await newPool(tenant, 24, { cool_off_days: 0 }, 800);
});

type Entry = { act: string; actor: { type: string; id: string }; subject: { id: string } | null; seq: number };

async function entriesOf(of: Tenant | null, after: number): Promise<Entry[]> {
  const ask = (cursor: number) =>
    of === null
      ? operator(`GET /admin/v1/audit?limit=500&cursor=${cursor}`)
      : of.call(`GET /v1/audit?limit=500&cursor=${cursor}`);
  const found: Entry[] = [];
  for (let cursor: number | null = after; cursor !== null;) {
    const { body } = await ask(cursor);
    found.push(...(body["data"] as Entry[]));
    cursor = body["next_cursor"] === null ? null : Number(body["next_cursor"]);
  }
  return found;
}

const newest = async (of: Tenant | null): Promise<number> => (await entriesOf(of, 0)).at(-1)?.seq ?? 0;

const well = ({ status, body }: Answer): Json => {
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
};

/** Runs an act and says that these entries, by such an actor, are new in the log. */
async function enters(
  of: Tenant | null,
  by: string,
  acts: readonly string[],
  act: () => Promise<unknown>,
): Promise<void> {
  const before = await newest(of);
  await act();
  const found = await until(
    async () => {
      const entries = await entriesOf(of, before);
      return acts.every((name) => entries.some((entry) => entry.act === name)) ? entries : null;
    },
    `the entries ${acts.join(", ")}`,
  );
  for (const name of acts) {
    const entry = found.find((one) => one.act === name && one.actor.type === by);
    expect(entry, `${name} by ${by}: ${JSON.stringify(found)}`).toBeDefined();
    expect(entry?.actor.id).toMatch(by === "key" ? /^key_/ : /./);
    seen.add(name);
  }
}

const id = async (answer: Promise<Answer>): Promise<string> => String(well(await answer)["id"]);
const call = (route: string, body?: unknown): Promise<Answer> => tenant.call(route, body);
const newKey = () => id(call("POST /v1/keys", { name: "one", scopes: ["messages:read"] }));
const newRelay = async (to: string) => {
  await importInto(couriers);
  return id(call("POST /v1/relays", { to, pool_id: couriers }));
};
/** One more number for the pool, that nobody had. */
async function importInto(pool: string): Promise<void> {
  const number = (await importNumbers(tenant, 1, (fresh += 1))).at(-1);
  well(await call(`POST /v1/pools/${pool}/numbers`, { numbers: [number] }));
}
let fresh = 900;
const newHook = () => id(call("POST /v1/webhooks", { url: "https://192.0.9.1/hook", events: ["*"] }));
const newService = () => id(call("POST /v1/verify/services", { name: `Service ${(named += 1)}` }));
const newTemplate = () =>
  id(
    call("POST /v1/verify/templates", {
      name: `Template ${(named += 1)}`,
      texts: { "en-GB": "{{code}} is your code" },
    }),
  );
const scheduled = async () => {
  const { now } = (await call("GET /v1/sandbox/clock")).body;
  return id(
    call("POST /v1/messages", {
      to: ALICE,
      purpose: "service",
      text: "Later",
      schedule_at: new Date(Date.parse(String(now)) + 3_600_000).toISOString(),
    }),
  );
};
const tokenOf = async (to: string) => String(well(await call("POST /v1/tokens", { number: to }))["token"]);
const session = (over: Json = {}) => opened(tenant, { pool_id: couriers, ...over });
const participant = (of: Json): string => String(of["participants"][0]["id"]);
const code = async () => started(tenant, { to: `+4477009004${String((codes += 1)).padStart(2, "0")}` });
let codes = 0;

/** What a key does, door by door: the entry, and a call that does it. */
const KEY_ACTS: Record<string, [string, () => Promise<Answer>]> = {
  "POST /v1/keys": ["key.created", () => call("POST /v1/keys", { name: "one", scopes: ["messages:read"] })],
  "POST /v1/keys/:id/rotate": ["key.rotated", async () => call(`POST /v1/keys/${await newKey()}/rotate`, {})],
  "DELETE /v1/keys/:id": ["key.revoked", async () => call(`DELETE /v1/keys/${await newKey()}`)],
  "POST /v1/tokens": ["token.created", () => call("POST /v1/tokens", { number: CAROL })],
  "POST /v1/tokens/:token/reveal": [
    "token.revealed",
    async () => call(`POST /v1/tokens/${await tokenOf(CAROL)}/reveal`, { reason: "support" }),
  ],
  "POST /v1/messages": [
    "message.accepted",
    () => call("POST /v1/messages", { to: ALICE, purpose: "service", text: "Hello" }),
  ],
  "POST /v1/messages/batch": [
    "batch.accepted",
    () => call("POST /v1/messages/batch", { messages: [{ to: ALICE, purpose: "service", text: "Hello" }] }),
  ],
  "POST /v1/messages/:id/cancel": [
    "message.canceled",
    async () => call(`POST /v1/messages/${await scheduled()}/cancel`),
  ],
  "POST /v1/consents": [
    "consent.withdrawn",
    () => call("POST /v1/consents", { to: CAROL, state: "withdrawn", purposes: ["marketing"], source: "web" }),
  ],
  "POST /v1/webhooks": [
    "webhook.created",
    () => call("POST /v1/webhooks", { url: "https://192.0.9.1/hook", events: ["*"] }),
  ],
  "PATCH /v1/webhooks/:id": [
    "webhook.changed",
    async () => call(`PATCH /v1/webhooks/${await newHook()}`, { events: ["audit.head"] }),
  ],
  "POST /v1/webhooks/:id/rotate": [
    "webhook.rotated",
    async () => call(`POST /v1/webhooks/${await newHook()}/rotate`, {}),
  ],
  "DELETE /v1/webhooks/:id": ["webhook.deleted", async () => call(`DELETE /v1/webhooks/${await newHook()}`)],
  "POST /v1/events/:id/replay": [
    "event.replayed",
    async () =>
      call(`POST /v1/events/${(await call("GET /v1/events")).body["data"][0].id}/replay`, {
        endpoint: await newHook(),
      }),
  ],
  "POST /v1/verifications": ["verification.started", () => call("POST /v1/verifications", { to: ALICE })],
  "POST /v1/verifications/:id/check": [
    "verification.approved",
    async () => {
      const one = await code();
      return check(tenant, one["id"], await codeOf(tenant, one));
    },
  ],
  "POST /v1/verifications/check": [
    "verification.approved",
    async () => {
      const one = await code();
      const to = `+4477009004${String(codes).padStart(2, "0")}`;
      return call("POST /v1/verifications/check", { to, code: await codeOf(tenant, one) });
    },
  ],
  "POST /v1/verifications/:id/resend": [
    "verification.resent",
    async () => {
      const one = await code();
      await advance(tenant, 60);
      return call(`POST /v1/verifications/${one["id"]}/resend`, {});
    },
  ],
  "POST /v1/verifications/:id/cancel": [
    "verification.canceled",
    async () => call(`POST /v1/verifications/${(await code())["id"]}/cancel`),
  ],
  "POST /v1/verify/services": [
    "service.created",
    () => call("POST /v1/verify/services", { name: `Service ${(named += 1)}` }),
  ],
  "PATCH /v1/verify/services/:id": [
    "service.changed",
    async () => call(`PATCH /v1/verify/services/${await newService()}`, { name: `Service ${(named += 1)}` }),
  ],
  "DELETE /v1/verify/services/:id": [
    "service.deleted",
    async () => call(`DELETE /v1/verify/services/${await newService()}`),
  ],
  "POST /v1/verify/templates": [
    "template.created",
    () =>
      call("POST /v1/verify/templates", {
        name: `Template ${(named += 1)}`,
        texts: { "en-GB": "{{code}} is your code" },
      }),
  ],
  "PATCH /v1/verify/templates/:id": [
    "template.changed",
    async () => call(`PATCH /v1/verify/templates/${await newTemplate()}`, { name: `Template ${(named += 1)}` }),
  ],
  "DELETE /v1/verify/templates/:id": [
    "template.deleted",
    async () => call(`DELETE /v1/verify/templates/${await newTemplate()}`),
  ],
  "POST /v1/verify/templates/:id/approve": [
    "template.approved",
    async () => call(`POST /v1/verify/templates/${await newTemplate()}/approve`, { sequence: 1 }),
  ],
  "POST /v1/verify/templates/:id/refuse": [
    "template.refused",
    async () => call(`POST /v1/verify/templates/${await newTemplate()}/refuse`, { sequence: 1, reason: "unclear" }),
  ],
  "POST /v1/verify/locks/lift": [
    "lock.lifted",
    async () => {
      await tokenOf(CAROL);
      return call("POST /v1/verify/locks/lift", { to: CAROL, reason: "support" });
    },
  ],
  "POST /v1/verify/locks/block": [
    "lock.blocked",
    () => call("POST /v1/verify/locks/block", { to: CAROL, reason: "abuse" }),
  ],
  "PATCH /v1/numbers/:id": [
    "number.changed",
    async () => call(`PATCH /v1/numbers/${(await importNumbers(tenant, 1, 860))[0]}`, { tags: ["north"] }),
  ],
  "POST /v1/pools": ["pool.created", () => call("POST /v1/pools", { name: `Pool ${(named += 1)}`, numbers: [] })],
  "PATCH /v1/pools/:id": ["pool.changed", async () => call(`PATCH /v1/pools/${couriers}`, { cool_off_days: 1 })],
  "POST /v1/pools/:id/numbers": [
    "pool.filled",
    async () =>
      call(
        `POST /v1/pools/${await id(call("POST /v1/pools", { name: `Pool ${(named += 1)}`, numbers: [] }))}/numbers`,
        { numbers: [(await importNumbers(tenant, 1, 861)).at(-1)] },
      ),
  ],
  "POST /v1/sessions": ["session.opened", async () => ({ status: 201, headers: new Headers(), body: await session() })],
  "POST /v1/sessions/:id/close": [
    "session.closed",
    async () => call(`POST /v1/sessions/${(await session())["id"]}/close`),
  ],
  "POST /v1/sessions/:id/reopen": [
    "session.reopened",
    async () => {
      const one = (await session())["id"];
      well(await call(`POST /v1/sessions/${one}/close`));
      return call(`POST /v1/sessions/${one}/reopen`, {});
    },
  ],
  "POST /v1/sessions/:id/rotate": [
    "session.rotated",
    async () => call(`POST /v1/sessions/${(await session())["id"]}/rotate`, {}),
  ],
  "POST /v1/sessions/:id/participants": [
    "session.participant_added",
    async () => call(`POST /v1/sessions/${(await session())["id"]}/participants`, { to: CAROL }),
  ],
  "DELETE /v1/sessions/:id/participants/:participant": [
    "session.participant_removed",
    async () => {
      const one = await session({ participants: [{ to: ALICE }, { to: BOB }, { to: CAROL }] });
      return call(`DELETE /v1/sessions/${one["id"]}/participants/${participant(one)}`);
    },
  ],
  "PUT /v1/sessions/:id/participants/:participant": [
    "session.participant_replaced",
    async () => {
      const one = await session();
      return call(`PUT /v1/sessions/${one["id"]}/participants/${participant(one)}`, { to: CAROL });
    },
  ],
  "POST /v1/sessions/:id/messages": [
    "session.spoken",
    async () => {
      const one = await session();
      return call(`POST /v1/sessions/${one["id"]}/messages`, { text: "We are late" });
    },
  ],
  "POST /v1/relays": ["relay.created", () => call("POST /v1/relays", { to: "+447700900340", pool_id: couriers })],
  "PATCH /v1/relays/:id": [
    "relay.changed",
    async () => call(`PATCH /v1/relays/${await newRelay("+447700900341")}`, { muted: true }),
  ],
  "DELETE /v1/relays/:id": ["relay.removed", async () => call(`DELETE /v1/relays/${await newRelay("+447700900342")}`)],
  "POST /v1/relays/:id/block": [
    "relay.blocked",
    async () => call(`POST /v1/relays/${await newRelay("+447700900343")}/block`, { to: CAROL }),
  ],
  "POST /v1/relays/:id/unblock": [
    "relay.unblocked",
    async () => call(`POST /v1/relays/${await newRelay("+447700900344")}/unblock`, { to: CAROL }),
  ],
  "PATCH /v1/masking": ["masking.changed", () => call("PATCH /v1/masking", { moved_notice: "Text the newer number." })],
  "PUT /v1/masking/intercept": [
    "masking.intercept_set",
    () => call("PUT /v1/masking/intercept", { url: "https://192.0.9.1/intercept", on_failure: "open" }),
  ],
  "DELETE /v1/masking/intercept": ["masking.intercept_removed", () => call("DELETE /v1/masking/intercept")],
  "POST /v1/failed-jobs/:id/retry": [
    "job.retried",
    async () => call(`POST /v1/failed-jobs/${await failedJob()}/retry`),
  ],
  "POST /v1/sandbox/clock": ["sandbox.clock_moved", () => advance(tenant, 1)],
};

/** What changes nothing that is a key's act: each with the reason. */
const NO_ACT: Record<string, string> = {
  "POST /v1/messages/preview":
    "says what sending would do, and does nothing; the numbers it names are counted and entered as such",
  "POST /v1/verify/templates/preview": "shows texts made of the caller's own words",
  "POST /v1/consents/look": "a reading that names a number in its body; the number is counted and entered as such",
  "POST /v1/verify/locks/look": "as above",
  "POST /v1/sandbox/handset/messages":
    "a person's text, which is a carrier's to bring: below, under `a text that came in`",
};

/** Readings that are acts. */
const READINGS: Record<string, [string, () => Promise<Answer>]> = {
  "GET /v1/audit/export": ["audit.exported", () => call("GET /v1/audit/export")],
  "GET /v1/sessions/:id/interactions": [
    "session.texts_read",
    async () => {
      const one = await session({ keep_text_days: 5 });
      await texts(tenant, ALICE, proxiesOf(one)[0] ?? "", "Where do we meet?");
      return call(`GET /v1/sessions/${one["id"]}/interactions`);
    },
  ],
  "GET /v1/inbound/:id": [
    "inbound.read",
    async () => {
      const [number] = (await call("GET /v1/numbers?limit=500")).body["data"] as Json[];
      await texts(tenant, CAROL, String(number?.["number"]), "Are you open?");
      return call(`GET /v1/inbound/${(await call("GET /v1/inbound")).body["data"][0].id}`);
    },
  ],
};

/** What an operator does, door by door: the entries in the operators' log, those in the tenant's, and a call. */
const OPERATOR_ACTS: Record<string, [ops: string[], tenants: string[], () => Promise<Answer>]> = {
  "POST /admin/v1/tenants": [
    ["tenant.created"],
    [],
    () => operator("POST /admin/v1/tenants", { name: "Other", jurisdiction: "eu", environment: "sandbox" }),
  ],
  "PATCH /admin/v1/tenants/:id": [
    ["tenant.policy_changed", "tenant.renamed"],
    ["tenant.policy_changed", "tenant.naming_allowed"],
    async () => {
      const naming_allowance = { numbers: 100, until: new Date(Date.now() + 3_600_000).toISOString() };
      well(await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { name: "Renamed" }));
      return operator(`PATCH /admin/v1/tenants/${tenant.id}`, {
        policy: { countries: ["GB", "IE"], naming_allowance },
      });
    },
  ],
  "POST /admin/v1/tenants/:id/suspend": [["tenant.suspended"], ["tenant.suspended"], suspendAndResume],
  "POST /admin/v1/tenants/:id/resume": [["tenant.resumed"], ["tenant.resumed"], suspendAndResume],
  "POST /admin/v1/tenants/:id/keys": [
    ["key.created"],
    ["key.created"],
    () => operator(`POST /admin/v1/tenants/${tenant.id}/keys`, { name: "one", scopes: ["audit:read"] }),
  ],
  "DELETE /admin/v1/tenants/:id/keys/:key": [
    ["key.revoked"],
    ["key.revoked"],
    async () => operator(`DELETE /admin/v1/tenants/${tenant.id}/keys/${await newKey()}`),
  ],
  "POST /admin/v1/tenants/:id/templates/:template/decide": [
    ["template.approved"],
    ["template.approved"],
    async () =>
      operator(`POST /admin/v1/tenants/${tenant.id}/templates/${await newTemplate()}/decide`, { state: "approved" }),
  ],
  "POST /admin/v1/purge": [["purge.run"], ["retention.purged"], () => operator("POST /admin/v1/purge")],
  "POST /admin/v1/keys/rewrap": [["keys.rewrapped"], [], () => operator("POST /admin/v1/keys/rewrap")],
  "POST /admin/v1/carriers": [["carrier.created"], [], () => operator("POST /admin/v1/carriers", gateway())],
  "PATCH /admin/v1/carriers/:id": [
    ["carrier.changed"],
    [],
    async () => operator(`PATCH /admin/v1/carriers/${await newCarrier()}`, { per_second: 5 }),
  ],
  "POST /admin/v1/carriers/:id/test": [
    ["carrier.tested"],
    [],
    async () => operator(`POST /admin/v1/carriers/${await newCarrier(twilio())}/test`),
  ],
  "POST /admin/v1/numbers": [
    ["number.imported"],
    ["number.imported"],
    () => operator("POST /admin/v1/numbers", { tenant: tenant.id, numbers: [{ number: "+447700900869", ...own }] }),
  ],
  "POST /admin/v1/numbers/buy": [
    ["number.ordered", "number.refused"],
    [],
    async () => {
      const account = await newCarrier(twilio());
      vi.mocked(globalThis.fetch).mockImplementation(async () =>
        Response.json({ code: 21422, status: 400 }, { status: 400 }),
      );
      const refused = await operator("POST /admin/v1/numbers/buy", {
        tenant: null,
        account,
        number: "+447700900868",
      });
      expect(refused.body["code"]).toBe("carrier_refused");
      return { ...refused, status: 200 };
    },
  ],
  "POST /admin/v1/numbers/:id/release": [
    ["number.releasing", "number.released"],
    ["number.taken_back"],
    async () => {
      const numbers = [{ number: "+447700900867", account: await newCarrier() }];
      const { data } = well(await operator("POST /admin/v1/numbers", { tenant: tenant.id, numbers }));
      return operator(`POST /admin/v1/numbers/${data[0].id}/release`);
    },
  ],
  "POST /admin/v1/tenants/:id/keys/revoke": [
    ["key.all_revoked"],
    ["key.revoked"],
    async () => operator(`POST /admin/v1/tenants/${(await newTenant()).id}/keys/revoke`),
  ],
};

const OPERATOR_NO_ACT: Record<string, string> = {
  "POST /admin/v1/numbers/search": "asks a carrier what it sells; nothing changes",
};

/** Both, since a suspended tenant's log is not read by its keys. */
async function suspendAndResume(): Promise<Answer> {
  well(await operator(`POST /admin/v1/tenants/${tenant.id}/suspend`));
  return operator(`POST /admin/v1/tenants/${tenant.id}/resume`);
}

const gateway = (): Json => ({
  name: "Gateway",
  kind: "http",
  mode: "test",
  url: "http://127.0.0.1:65001/gateway",
  secret: `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`,
});
const twilio = (): Json => ({
  name: "Carrier",
  kind: "twilio",
  mode: "test",
  account_sid: `AC${"a".repeat(32)}`,
  auth_token: crypto.randomUUID().replaceAll("-", ""),
});
const newCarrier = (body: Json = gateway()): Promise<string> => id(operator("POST /admin/v1/carriers", body));

/** A failed job, made as a fault of storage makes one; answers its id. */
async function failedJob(): Promise<string> {
  const made = `job_${String((await session())["id"]).slice(4)}`;
  await runInDurableObject(tenant.stub(), (_object, { storage }) => {
    storage.sql.exec(
      `INSERT INTO failed_jobs(id, step, row, failures, error, first_at, last_at, again_at) VALUES(?,'masking.sessions','x',5,'Error',1,1,NULL)`,
      made,
    );
  });
  await evictDurableObject(tenant.stub()); // it keeps them in memory
  return made;
}

describe("a key's act has its entry, by", () => {
  const doors = closedDoors().filter((door) => door.tenant !== null && door.method !== "GET");
  test("every changing door there is, or one that says why it changes nothing", () => {
    expect(doors.map(nameOf).sort()).toEqual([...Object.keys(KEY_ACTS), ...Object.keys(NO_ACT)].sort());
  });
  test.each(Object.entries({ ...KEY_ACTS, ...READINGS }))("%s", async (_door, [act, run]) => {
    await enters(tenant, "key", [act], async () => well(await run()));
  });
});

describe("an operator's act has its entry in the operators' log, and in the tenant's where it concerns one, by", () => {
  const doors = closedDoors().filter((door) => door.operator !== null && door.method !== "GET");
  test("every changing door there is, or one that says why it changes nothing", () => {
    expect(doors.map(nameOf).sort()).toEqual([...Object.keys(OPERATOR_ACTS), ...Object.keys(OPERATOR_NO_ACT)].sort());
  });
  test.each(Object.entries(OPERATOR_ACTS))("%s", async (door, [ops, tenants, run]) => {
    const before = await newest(tenant);
    await enters(null, "operator", ops, async () => void well(await run()));
    const found = (await entriesOf(tenant, before)).filter(({ actor }) => actor.type === "operator");
    if (door.endsWith("/keys/revoke")) return; // of another tenant, whose keys are gone
    for (const act of tenants)
      expect(
        found.map((entry) => entry.act),
        act,
      ).toContain(act);
    for (const act of tenants) seen.add(act);
  });
});

const DAY = 86_400;

/** What persons, carriers and rules do: by which path, the entries, by what kind of actor, and how it comes about. */
const OTHERS: [path: string, acts: string[], by: string, (to: Tenant) => Promise<unknown>][] = [
  [
    "a text that came in: STOP, then START",
    ["consent.withdrawn", "consent.given"],
    "system",
    async (to) => {
      await newPool(to, 4);
      const [proxy = ""] = proxiesOf(await opened(to));
      await texts(to, ALICE, proxy, "STOP");
      await texts(to, ALICE, proxy, "START");
    },
  ],
  [
    "a text that came in: a stranger to a relay address",
    ["session.opened"],
    "system",
    async (to) => {
      await relayed(to);
    },
  ],
  [
    "a text that came in: a stranger after the session was closed",
    ["session.reopened"],
    "system",
    async (to) => {
      const address = await relayed(to);
      const { data } = (await to.call("GET /v1/sessions")).body;
      well(await to.call(`POST /v1/sessions/${data[0].id}/close`));
      await texts(to, CAROL, address, "Are you there?");
    },
  ],
  [
    "a receipt, or a refusal: the carrier knows of a stop",
    ["consent.withdrawn"],
    "carrier",
    async (to) => {
      const account = await newCarrier(twilio());
      well(await operator(`PATCH /admin/v1/tenants/${to.id}`, { policy: { routes: [account] } }));
      vi.mocked(globalThis.fetch).mockImplementation(async () =>
        Response.json({ code: 21610, message: "Unsubscribed", status: 400 }, { status: 400 }),
      );
      await to.until((await to.send({ from: "Payroll" }))["id"], "failed");
    },
  ],
  [
    "the alarm: a session's time is over",
    ["session.expired"],
    "system",
    async (to) => {
      await newPool(to, 4);
      await opened(to, { ttl_seconds: 3_600 });
      await advance(to, 3_700);
    },
  ],
  [
    "the alarm: a session's numbers are to change",
    ["session.rotated"],
    "system",
    async (to) => {
      await newPool(to, 6);
      await opened(to, { rotation: { every_seconds: 600 } });
      await advance(to, 700);
    },
  ],
  [
    "the alarm: a number has rested",
    ["number.released"],
    "system",
    async (to) => {
      await newPool(to, 4, { sharing: "exclusive", cool_off_days: 1 });
      well(await to.call(`POST /v1/sessions/${(await opened(to))["id"]}/close`));
      await advance(to, 40 * DAY);
    },
  ],
  [
    "the alarm: a row fails five times",
    ["job.quarantined"],
    "system",
    async (to) => {
      await newPool(to, 4);
      const one = (await opened(to, { ttl_seconds: 3_600 }))["id"];
      await runInDurableObject(
        to.stub(),
        (_object, { storage }) => void storage.sql.exec(`UPDATE sessions SET settings = '{' WHERE id = ?`, one),
      );
      await evictDurableObject(to.stub());
      for (const seconds of [3_700, 10, 30, 100, 400, 2_000]) await advance(to, seconds);
    },
  ],
  [
    "a rule at the door: too many wrong guesses",
    ["verification.locked", "verification.alerted"],
    "system",
    async (to) => {
      for (let nth = 0; nth < 8; nth += 1) {
        const one = await started(to, { to: `+4477009005${String(nth).padStart(2, "0")}` });
        const right = await codeOf(to, one);
        for (let guess = 0; guess < 5; guess += 1) await check(to, one["id"], wrong(right));
      }
    },
  ],
  [
    "a rule at the door: numbers named, and the cap on them",
    ["key.named_numbers", "key.limit_reached"],
    "key",
    async (to) => {
      well(await operator(`PATCH /admin/v1/tenants/${to.id}`, { policy: { limits: { numbers_per_key_per_day: 3 } } }));
      const messages = [0, 1, 2].map((nth) => ({ to: `+44770090060${nth}`, purpose: "service", text: "Hello" }));
      well(await to.call("POST /v1/messages/batch", { messages }));
      expect((await to.call("POST /v1/tokens", { number: CAROL })).status).toBe(429);
    },
  ],
  [
    "the door: credentials that were refused",
    ["credential.refused"],
    "system",
    async (to) => {
      const { body } = await to.call("POST /v1/keys", { name: "leaked", scopes: ["audit:read"] });
      well(await to.call(`DELETE /v1/keys/${body["id"]}`));
      expect((await tenantOf(to.id, body["secret"]).call("GET /v1/audit")).status).toBe(401);
      expect(await runDurableObjectAlarm(to.stub())).toBe(true);
    },
  ],
  [
    "the queue: an endpoint that answers 410",
    ["webhook.disabled"],
    "system",
    async (to) => {
      vi.mocked(globalThis.fetch).mockImplementation(async () => new Response(null, { status: 410 }));
      well(await to.call("POST /v1/webhooks", { url: "https://192.0.9.1/hook", events: ["*"] }));
      await to.send();
    },
  ],
  [
    "the stock: numbers are lent, and given back in the night",
    ["number.lent", "number.returned"],
    "system",
    async (to) => {
      const account = await newCarrier();
      const numbers = [6, 7, 8].map((nth) => ({ number: `+44770090065${nth}`, account }));
      well(await operator("POST /admin/v1/numbers", { tenant: null, numbers }));
      const lent = await id(to.call("POST /v1/pools", { name: "Lent", lease: { below: 1, block: 3 } }));
      await opened(to, { pool_id: lent }).catch(() => undefined);
      await until(async () => (((await to.call("GET /v1/numbers")).body["data"] as Json[]).length > 0 ? true : null));
      well(await to.call(`PATCH /v1/pools/${lent}`, { lease: null }));
      await advance(to, 31 * DAY);
      await to.stub().purge(null);
    },
  ],
  ["the night's run", ["retention.purged"], "system", async () => cron("17 3 * * *")],
];

/** A relay address that a stranger texted. */
async function relayed(to: Tenant): Promise<string> {
  await newPool(to, 4);
  const { body } = await to.call("POST /v1/relays", { to: ALICE });
  const address = String(body["number"]);
  await texts(to, CAROL, address, "Are you free?");
  return address;
}

describe("what persons, carriers and rules do has its entry, by", () => {
  test.each(OTHERS)("%s", { timeout: 60_000 }, async (_path, acts, by, run) => {
    const to = await newTenant();
    await enters(to, by, acts, () => run(to));
  });
});

/** Acts that need a carrier's shop or an hour of traffic: the tests that do them. */
const ELSEWHERE: Record<string, string> = {
  "number.bought": "test/faults/buying.test.ts",
  "number.unknown": "test/faults/buying.test.ts",
  "number.unreleased": "test/faults/buying.test.ts",
  "carrier.circuit": "test/carriers/courier",
  "carrier.weight": "test/carriers/courier",
  "carrier.alert": "test/carriers/courier",
};

test("docs/audit.md names every act that was entered here, and no other", () => {
  const named = [...published.matchAll(/^\| `([a-z]+\.[a-z_]+)` +\|/gm)].map(([, act]) => act);
  expect(named.toSorted()).toEqual([...seen, ...Object.keys(ELSEWHERE)].toSorted());
});
