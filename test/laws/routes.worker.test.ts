// Every route that is not open by name and reason: what a stranger, a foreign tenant and a careless caller get from it,
// and that none of them leaves a trace. Walks the router itself, so that a forgotten route cannot escape.
import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { looksLikeField } from "../../src/contract/unknown-field.ts";
import { tenantRoutes } from "../../src/http/routes.ts";
import { operatorRoutes } from "../../src/operator/tenants.routes.ts";
import { furnish, type Furnished } from "../support/tenant/settled.ts";
import {
  absentIds,
  bodyOf,
  bytesMaxOf,
  closedDoors,
  nameOf,
  OPEN,
  pathOf,
  rowOf,
  type Door,
} from "../support/tenant/routes.ts";
import { BASE, newKey } from "../support/tenant/tenants.ts";
import { rowsOf, watch } from "../support/tenant/watched.ts";

const doors = closedDoors();
const watched = watch();
let ours: Furnished;
let theirs: Furnished;
let ids: { ours: Record<string, string>; theirs: Record<string, string>; absent: Record<string, string> };

beforeAll(async () => {
  ours = await furnish("Ours");
  theirs = await furnish("Theirs");
  ids = { ours: idsOf(ours), theirs: idsOf(theirs), absent: absentIds(ours.id) };
});

const idsOf = ({ id, things }: Furnished): Record<string, string> => ({
  ...absentIds(id), // of alerts and operators' sessions, which nobody made here
  messages: things.message,
  verifications: things.verification,
  services: things.service,
  budgets: things.budget,
  templates: things.template,
  webhooks: things.webhook,
  events: things.event,
  keys: things.key,
  tokens: things.token,
  numbers: things.number,
  pools: things.pool,
  sessions: things.session,
  participants: things.participant,
  inbound: things.inbound,
  screening: things.inbound,
  relays: things.relay,
  people: things.person,
  "people-sessions": things.personSession,
  "failed-jobs": things.job,
  "admin-tenants": id,
  "admin-carriers": `car_e00000000${things.message.slice(13)}`,
  "admin-numbers": `num_e00000000${things.message.slice(13)}`,
});

type Sent = { headers?: Record<string, string>; body?: BodyInit | undefined; path?: string };

/** One call of a door, with the key or token it wants unless told otherwise; what it touched is in `watched.touched`. */
async function call(door: Door, { headers, body, path }: Sent = {}) {
  watched.reset();
  const response = await watched.fetch(
    new Request(BASE + (path ?? pathOf(door, ids.ours)), {
      method: door.method,
      headers: { authorization: `Bearer ${credentialOf(door)}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body }),
    }),
  );
  const text = await response.text();
  const problem = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  const { request_id: _id, ...shape } = problem;
  return { status: response.status, code: problem["code"], shape, text, headers: response.headers };
}

const credentialOf = (door: Door): string => (door.operator === null ? ours.key : env.ADMIN_TOKEN);
const json = (body: unknown): string | undefined => (body === undefined ? undefined : JSON.stringify(body));
const both = async () => [await rowsOf(ours.id), await rowsOf(theirs.id)];
const records = async () => (await env.DB_EU.prepare("SELECT count(*) AS n FROM messages").first<{ n: number }>())?.n;

/** Runs `act` and says that neither tenant's rows, nor the records, nor the list of objects changed by it. */
async function withoutTrace(act: () => Promise<void>, naming: "counted" | "none" = "none"): Promise<void> {
  const traces = async () => {
    const rows = naming === "none" ? await both() : (await both()).map(withoutNaming);
    return { rows, records: await records(), objects: (await objects()).length };
  };
  const before = await traces();
  await act();
  expect(await traces()).toEqual(before);
}

/** Rows but for what says that a number was named: that is counted whatever becomes of the request. */
function withoutNaming({ counters: _counters, audit = [], ...rows }: Record<string, string[]>) {
  return { ...rows, audit: audit.filter((entry) => !entry.includes("key.named_numbers")) };
}

const objects = async () => [
  ...(await listDurableObjectIds(env.TENANTS)),
  ...(await listDurableObjectIds(env.COURIERS)),
  ...(await listDurableObjectIds(env.SENDERS)),
  ...(await listDurableObjectIds(env.OPERATORS)),
];

const broken = (text: string): string => text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");

test("every mounted route has a row or is open by name, and every row is mounted", () => {
  expect(doors.map((door) => rowOf(door).summary).every((summary) => summary.length > 0)).toBe(true);
  expect(doors.length).toBe(tenantRoutes.length + operatorRoutes.length);
  expect(OPEN.every(({ why }) => why.length > 10)).toBe(true);
});

describe("a stranger", () => {
  test.each(doors.map((door) => [nameOf(door), door] as const))(
    "%s answers 401 and wakes nobody",
    async (_name, door) => {
      const forgedKey = `mk_test_${"e"}${"0".repeat(35)}${"0".repeat(32)}${"0".repeat(16)}`;
      const credentials = [
        undefined,
        "",
        "Bearer",
        "Bearer null",
        `Bearer ${broken(ours.key)}`,
        `Bearer ${ours.key} `.replace("mk_test", "mk_live"),
        `Bearer ${ours.key}${ours.key}`,
        `bearer ${ours.key}`,
        `Basic ${btoa(`${ours.key}:`)}`,
        `Bearer ${forgedKey}`,
        `Bearer ${ours.key.slice(0, 8)}${theirs.key.slice(8, 44)}${ours.key.slice(44)}`,
        door.operator === null ? `Bearer ${env.ADMIN_TOKEN}` : `Bearer ${ours.key}`,
        door.operator === null ? "Bearer mka_" : `Bearer ${broken(env.ADMIN_TOKEN)}`,
      ];
      const before = (await objects()).length;
      const shapes = new Set<string>();
      for (const credential of credentials) {
        for (const body of [json(bodyOf(door)), door.method === "GET" ? undefined : "{nonsense"]) {
          const headers: Record<string, string> = { authorization: credential ?? "" };
          const answer = await call(door, { headers, body: door.method === "GET" ? undefined : body });
          expect(answer.status, `${String(credential).slice(0, 12)}`).toBe(401);
          expect(answer.headers.get("www-authenticate")).toContain("Bearer");
          expect(watched.touched).toEqual([]);
          shapes.add(JSON.stringify(answer.shape));
        }
      }
      expect(shapes.size).toBe(1);
      expect((await objects()).length).toBe(before);
    },
  );
});

describe("a body that is too large", () => {
  const writing = doors.filter((door) => door.method !== "GET");
  test.each(writing.map((door) => [nameOf(door), door] as const))(
    "%s answers 413, touching nothing",
    async (_name, door) => {
      const max = bytesMaxOf(door);
      const large = " ".repeat(max + 1);
      expect(await call(door, { body: large })).toMatchObject({ status: 413, code: "body_too_large" });
      expect(watched.touched).toEqual([]);
      const chunk = new TextEncoder().encode(" ".repeat(16_384));
      let left = Math.ceil((max + 1) / chunk.length);
      const endless = new ReadableStream({
        pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
      });
      expect(await call(door, { body: endless })).toMatchObject({ status: 413, code: "body_too_large" });
      expect(watched.touched).toEqual([]);
    },
  );
});

describe("a field that is not in the schema", () => {
  const NAMES = [
    "zz",
    "__proto__",
    "constructor",
    "prototype",
    "tenant_id",
    "tenant",
    "role",
    "price",
    "state",
    "sequence",
  ];
  const withField = (body: unknown, name: string): string =>
    `{${JSON.stringify(name)}:{"x":1}${JSON.stringify(body).replace("{", ",").replace(/^,}/, "}")}`;

  test.each(doors.map((door) => [nameOf(door), door] as const))(
    "%s refuses it in the query and the body",
    async (_name, door) => {
      await withoutTrace(async () => {
        for (const name of NAMES) {
          if (!rowHas(rowOf(door).query, name)) {
            const path = `${pathOf(door, ids.ours)}?${encodeURIComponent(name)}=1`;
            expect(await call(door, { path, body: json(bodyOf(door)) }), name).toMatchObject({ status: 400 });
            expect(watched.touched).toEqual([]);
          }
          const body = bodyOf(door);
          if (body === undefined || name in rowShape(rowOf(door).body)) continue;
          const answer = await call(door, { body: withField(body, name) });
          expect(answer, name).toMatchObject({ status: 400, code: "unknown_field" });
          const { errors: fields } = JSON.parse(answer.text) as { errors: { field: string }[] };
          expect(fields.map(({ field }) => field)).toEqual([looksLikeField(name) ? name : ""]);
          if (!looksLikeField(name)) expect(answer.text).not.toContain(name);
          expect(watched.touched).toEqual([]);
        }
      });
    },
  );

  test("nor below the first level: in a recipient, in a batch's messages, in a policy", async () => {
    const send = doors.find((door) => nameOf(door) === "POST /v1/messages")!;
    const batch = doors.find((door) => nameOf(door) === "POST /v1/messages/batch")!;
    const change = doors.find((door) => nameOf(door) === "PATCH /admin/v1/tenants/:id")!;
    await withoutTrace(async () => {
      for (const name of ["zz", "__proto__", "tenant_id"]) {
        const inner = `{"token":"${ids.ours["tokens"]}",${JSON.stringify(name)}:1}`;
        const body = `{"to":${inner},"text":"x","purpose":"service"}`;
        expect(await call(send, { body })).toMatchObject({ status: 400 });
        expect(await call(change, { body: `{"policy":{${JSON.stringify(name)}:1}}` })).toMatchObject({ status: 400 });
        const limits = `{"policy":{"limits":{${JSON.stringify(name)}:1}}}`;
        expect(await call(change, { body: limits })).toMatchObject({ status: 400 });
      }
    });
    const inBatch = `{"messages":[{"to":"+447700900123","text":"x","purpose":"service","__proto__":{"price":0}}]}`;
    const answer = await call(batch, { body: inBatch });
    expect(answer.text).toContain("unknown_field");
    expect(answer.text).not.toContain('"message"');
  });
});

/** The fields of a schema; of a choice between schemas, those of any. */
const rowShape = (schema: unknown): object => {
  const { shape, options = [] } = (schema ?? {}) as { shape?: object; options?: unknown[] };
  return shape ?? Object.assign({}, ...options.map(rowShape));
};
const rowHas = (schema: unknown, name: string): boolean => Object.hasOwn(rowShape(schema), name);

describe("an id of another tenant (T25)", () => {
  const named = doors.filter((door) => /:(id|token|key)/.test(door.path));

  test.each(named.map((door) => [nameOf(door), door] as const))("%s looks like an absent one", async (_name, door) => {
    const body = json(bodyOf(door));
    await withoutTrace(async () => {
      const absent = await call(door, { path: pathOf(door, ids.absent), body });
      expect(absent.status).toBe(404);
      const kinds = Object.values(ids.theirs);
      const foreign = door.operator === null ? kinds : kinds.filter((id) => id !== theirs.id);
      for (const id of [
        ...foreign,
        "x",
        "..%2f..%2fadmin",
        "%00",
        "%E2%80%AE",
        "a".repeat(2_000),
        `${ids.ours["keys"]}%20`,
      ]) {
        const path = door.path.replace(/:(id|token|key)/g, () => id);
        const answer = await call(door, { path, body });
        expect(answer, id.slice(0, 60)).toMatchObject({ status: 404, shape: absent.shape });
        if (door.operator === null) expect(watched.touched).toEqual([]);
        expect(answer.text).not.toContain(theirs.id.slice(5));
      }
    }, "counted");
  });

  test("in a query it finds nothing of theirs", async () => {
    await withoutTrace(async () => {
      for (const path of [
        `/v1/messages?token=${ids.theirs["tokens"]}`,
        `/v1/messages?limit=100`,
        `/v1/verifications?token=${ids.theirs["tokens"]}`,
        `/v1/verifications?limit=100`,
        `/v1/events?limit=100`,
        `/v1/audit?limit=500`,
        `/v1/sandbox/handset/messages?line=${theirs.things.line}`,
        `/v1/sandbox/handset/messages`,
        `/v1/sessions?limit=100`,
        `/v1/sessions?token=${ids.theirs["tokens"]}`,
        `/v1/numbers?limit=500`,
        `/v1/numbers?pool=${ids.theirs["pools"]}`,
        `/v1/pools`,
        `/v1/inbound?limit=100`,
        `/v1/inbound?token=${ids.theirs["tokens"]}`,
        `/v1/relays?limit=100`,
        `/v1/budgets`,
        `/v1/verify/services`,
        `/v1/verify/templates`,
        `/v1/verifications/summary?by=prefix`,
        `/v1/webhooks`,
        `/v1/keys`,
      ]) {
        const door = doors.find((each) => nameOf(each) === `GET ${path.split("?")[0]}`)!;
        const answer = await call(door, { path });
        expect(answer.status, path).toBe(200);
        expect(answer.text, path).not.toContain(theirs.id.slice(5));
        expect(
          watched.touched.filter((touch) => touch.startsWith("TENANTS")).every((t) => t.endsWith(ours.id.slice(5))),
        ).toBe(true);
      }
    });
  });

  test("in a body it is not known, and leaves nothing behind", async () => {
    const at = (name: string) => doors.find((door) => nameOf(door) === name)!;
    const message = { text: "x", purpose: "service" };
    await withoutTrace(async () => {
      for (const token of [...Object.values(ids.theirs), ids.absent["tokens"]]) {
        for (const [name, given] of [
          ["POST /v1/messages", message],
          ["POST /v1/messages/preview", message],
          ["POST /v1/verifications", {}],
          ["POST /v1/verifications/check", { code: "123456" }],
          ["POST /v1/verify/locks/look", {}],
          ["POST /v1/verify/locks/lift", { reason: "support" }],
          ["POST /v1/verify/locks/block", { reason: "support" }],
        ] as const) {
          const answer = await call(at(name), { body: json({ ...given, to: { token } }) });
          expect(answer, name).toMatchObject({ status: 404, code: "token_unknown" });
        }
      }
      for (const id of [...Object.values(ids.theirs), ids.absent["services"]]) {
        const answer = await call(at("POST /v1/verifications"), { body: json({ to: "+447700900123", service: id }) });
        expect(answer).toMatchObject({ status: 422, code: "service_unknown" });
      }
      const template = { to: "+447700900123", template: ids.theirs["templates"] };
      expect(await call(at("POST /v1/verifications"), { body: json(template) })).toMatchObject({
        status: 422,
        code: "template_unusable",
      });
      for (const endpoint of Object.values(ids.theirs)) {
        expect(await call(at("POST /v1/events/:id/replay"), { body: json({ endpoint }) })).toMatchObject({
          status: 404,
        });
      }
      const routes = [`car_u00000000${theirs.things.message.slice(13)}`];
      const patch = { body: json({ policy: { routes } }) };
      expect(await call(at("PATCH /admin/v1/tenants/:id"), patch)).toMatchObject({ status: 422 });
    }, "counted");
    const batch = await call(at("POST /v1/messages/batch"), {
      body: json({ messages: [{ ...message, to: { token: ids.theirs["tokens"] } }] }),
    });
    expect(batch.text).toContain("token_unknown");
    expect((await rowsOf(ours.id))["messages"]).toEqual([]);
    expect(JSON.stringify(await rowsOf(theirs.id))).not.toContain(ours.id.slice(5));
  });
});

test("an operator's route is not opened by a page of another site, whatever the browser sends along", async () => {
  for (const door of doors.filter((each) => each.operator !== null)) {
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ] as Record<string, string>[]) {
      const answer = await call(door, { headers, body: json(bodyOf(door)) });
      expect(answer.status, nameOf(door)).toBe(401);
      expect(watched.touched).toEqual([]);
    }
  }
});

test("a missing scope answers 403, spends no count and writes no row", async () => {
  const { key } = await newKey(ours.id, { name: "audit only", scopes: ["audit:read"] });
  await withoutTrace(async () => {
    for (const door of doors.filter((each) => each.tenant !== null && !each.path.startsWith("/v1/audit"))) {
      const headers = { authorization: `Bearer ${key}`, "idempotency-key": "once" };
      const answer = await call(door, { headers, body: json(bodyOf(door)) });
      expect(answer, nameOf(door)).toMatchObject({ status: 403, code: "missing_scope" });
      expect(answer.headers.get("ratelimit")).toBeNull();
      expect(watched.touched).toEqual([`TENANTS eu:${ours.id.slice(5)}`]);
    }
  });
});
