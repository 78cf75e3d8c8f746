// Whatever is put into a field, a header or a query (T47): an answer below 500 within two seconds, no refusal that repeats
// it, and log lines that stay one line of JSON each.
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { HOSTILE_JSON, NAUGHTY, placesOf, VALUES, withAt } from "../support/hostile/inputs.ts";
import { absentIds, bodyOf, closedDoors, nameOf, OPEN, pathOf, rowOf, type Door } from "../support/tenant/routes.ts";
import { leastOf, patience } from "../support/run/patience.ts";
import { ask, asOperator, newTenant, type Answered, type Tenant } from "../support/tenant/tenants.ts";
import { watch } from "../support/tenant/watched.ts";
import { env } from "cloudflare:workers";

const SLOW_MS = 2_000;
const seed = Number((env as unknown as { SEED: string }).SEED);
const isSoak = (env as unknown as { SOAK: string }).SOAK !== "";
const doors = closedDoors();
const writing = doors.filter((door) => bodyOf(door) !== undefined);
const reading = doors.filter((door) => door.method === "GET");
let tenant: Tenant;
const logged: string[] = [];

beforeAll(async () => {
  watch(); // no call leaves
  tenant = await newTenant("Hostile");
  const lots = { minute: 1e9, hour: 1e9, day: 1e9 };
  const limits = { recipient: lots, block: lots, key: lots, tenant: lots };
  await asOperator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { limits } });
});
beforeEach(() => void vi.spyOn(console, "log").mockImplementation((line: string) => void logged.push(line)));
afterEach(() => {
  vi.restoreAllMocks();
  for (const line of logged.splice(0)) {
    expect(line).not.toMatch(/[\r\n\u2028\u2029]/);
    const read = JSON.parse(line) as Record<string, unknown>;
    expect(read["what"]).not.toBe("forged");
    expect(["info", "warn"], line).toContain(read["level"]);
  }
});

const keyOf = (door: Door): string => (door.operator === null ? tenant.key : env.ADMIN_TOKEN);

/** Calls a door; says what would be wrong with any answer at all. */
async function call(
  door: Door,
  over: { path?: string; raw?: BodyInit; headers?: Record<string, string> },
): Promise<Answered> {
  const ids = { ...absentIds(tenant.id), "admin-tenants": tenant.id };
  const calls: Answered[] = [];
  const timed = async () => {
    const started = performance.now();
    calls.push(await ask(`${door.method} ${over.path ?? pathOf(door, ids)}`, { key: keyOf(door), ...over }));
    return performance.now() - started;
  };
  expect(await leastOf(timed, SLOW_MS), nameOf(door)).toBeLessThan(SLOW_MS);
  const answer = calls.at(-1)!;
  // 503: a tenant that an operator's policy left without a carrier; told, and nothing was done.
  if (answer.status !== 503) expect(answer.status, `${nameOf(door)} ${answer.text.slice(0, 300)}`).toBeLessThan(500);
  return answer;
}

/** A refusal says what would be right, and not a word of what was sent. */
function expectNoEcho(answer: Answered, sent: string): void {
  if (answer.status < 400 || sent.length < 6 || /^[\w.*\s-]*$/.test(sent)) return;
  const { detail, errors } = answer.body as { detail?: string; errors?: unknown };
  const said = JSON.stringify({ detail, errors });
  expect(said, sent.slice(0, 40)).not.toContain(JSON.stringify(sent).slice(1, -1));
  for (const [name, value] of answer.headers) expect(`${name}: ${value}`).not.toContain(sent);
}

/**
 * Every third of the texts, another third at each place and in each run: a field that reads badly is found within a few runs, and a
 * run takes a third of the time. The soak puts every text into every place.
 */
const share = <T>(texts: readonly T[], place: number): T[] =>
  texts.filter((_, nth) => isSoak || (nth + place + seed) % 3 === 0);

describe(`every place of every body (seed ${seed})`, () => {
  test.each(writing.map((door) => [nameOf(door), door] as const))(
    "%s",
    async (_name, door) => {
      const body = bodyOf(door);
      const places = [...placesOf(body), ...extraPlaces(door)];
      const distinct = [...new Map(places.map((each) => [JSON.stringify(each), each])).values()];
      for (const [nth, place] of distinct.entries()) {
        for (const put of share([...NAUGHTY, ...VALUES], nth + door.path.length)) {
          const answer = await call(door, { raw: JSON.stringify(withAt(body, place, put)) });
          if (typeof put === "string") expectNoEcho(answer, put);
        }
      }
      for (const name of share(NAUGHTY, door.path.length)) {
        const answer = await call(door, { raw: `{${JSON.stringify(name)}:1}` });
        expectNoEcho(answer, name);
      }
    },
    patience(60_000),
  );

  /** Fields that are optional and so in no example. */
  function extraPlaces(door: Door): string[][] {
    const shape = (door.tenant ?? door.operator)?.body as { shape?: object } | null | undefined;
    return Object.keys(shape?.shape ?? {}).map((name) => [name]);
  }
});

test(
  "every hostile JSON text is read as one thing or refused, on every route",
  async () => {
    for (const door of writing) {
      for (const raw of HOSTILE_JSON) {
        const answer = await call(door, { raw });
        if (!/^\s*(\{\s*\})?\s*$/.test(raw)) expect(answer.status, raw.slice(0, 40)).toBeGreaterThanOrEqual(400);
      }
      for (const bytes of [
        [0xff],
        [0xfe, 0xff, 0, 0x7b],
        [0xed, 0xa0, 0x80],
        [0xc0, 0x80],
        [0x7b, 0x22, 0x80, 0x22, 0x3a, 0x31, 0x7d],
      ])
        expect((await call(door, { raw: new Uint8Array(bytes) })).status).toBe(400);
    }
  },
  patience(60_000),
);

test.each(reading.map((door) => [nameOf(door), door] as const))(
  "every query and every path of %s",
  async (_name, door) => {
    const names = Object.keys((rowOf(door).query as { shape?: object }).shape ?? {});
    const ids = { ...absentIds(tenant.id), "admin-tenants": tenant.id };
    for (const text of share(NAUGHTY, door.path.length)) {
      const value = encodeURIComponent(text.toWellFormed());
      for (const name of names) expectNoEcho(await call(door, { path: `${pathOf(door, ids)}?${name}=${value}` }), text);
      await call(door, { path: `${pathOf(door, ids)}?${value}=1` });
      if (door.path.includes(":"))
        expectNoEcho(await call(door, { path: door.path.replace(/:\w+/g, value.slice(0, 6_000)) }), text);
    }
  },
  patience(60_000),
);

test(
  "every odd way to write a URL",
  async () => {
    for (const raw of [
      "?%",
      "?%zz",
      "?a=%ff%fe",
      "?" + "a&".repeat(5_000),
      "?limit[]=1",
      "?limit=1&limit=2",
      "?=",
      "?&&&",
      "?#",
      "/%2e%2e/%2e%2e",
      "/%ff",
      "//",
      "/./.",
    ])
      for (const door of reading) await call(door, { path: `/v1/messages${raw}` });
  },
  patience(60_000),
);

test(
  "every header that is read",
  async () => {
    const [door] = doors.filter((each) => nameOf(each) === "POST /v1/messages");
    const raw = JSON.stringify(bodyOf(door!));
    const names = [
      "authorization",
      "idempotency-key",
      "content-type",
      "cf-connecting-ip",
      "origin",
      "sec-fetch-site",
      "cf-access-jwt-assertion",
      "user-agent",
      "accept",
      "webhook-id",
    ];
    for (const name of names) {
      for (const text of NAUGHTY) {
        const value = text
          .replaceAll(/[^\t\u0020-\u007e]/g, "?")
          .trim()
          .slice(0, 4_000);
        expectNoEcho(await call(door!, { raw, headers: { [name]: value } }), value);
      }
    }
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`x-h${at}`, "v"]));
    await call(door!, { raw, headers: many });
  },
  patience(60_000),
);

test("open routes too", async () => {
  expect(OPEN.length).toBeGreaterThan(0);
  for (const text of NAUGHTY) {
    const value = encodeURIComponent(text.toWellFormed()).slice(0, 3_000);
    for (const route of [
      `GET /healthz?${value}`,
      `GET /${value}`,
      `POST /carriers/${value}/receipts/${value}`,
      `GET /carriers/${value}`,
    ]) {
      const answer = await ask(route, route.startsWith("POST") ? { raw: text.toWellFormed() } : {});
      expect(answer.status, route).toBeLessThan(500);
    }
  }
});

test(
  `generated bodies never end in an error of ours (seed ${seed})`,
  async () => {
    const [send] = doors.filter((each) => nameOf(each) === "POST /v1/messages");
    const field = fc.oneof(
      fc.constantFrom(...NAUGHTY),
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.jsonValue({ maxDepth: 4 }),
    );
    const bodies = fc.record(
      {
        to: field,
        text: field,
        purpose: fc.constantFrom("otp", "service", "x"),
        from: field,
        reference: field,
        metadata: fc.dictionary(fc.string(), field),
        ttl_seconds: field,
      },
      { requiredKeys: ["purpose"] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(bodies, fc.jsonValue()),
        async (body) => void (await call(send!, { raw: JSON.stringify(body) })),
      ),
      { seed, numRuns: 400 },
    );
  },
  patience(60_000),
);
