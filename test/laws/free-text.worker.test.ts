// What any door does with free text that is full of digits: a number comes back masked or is refused, however it is spelled, and the
// largest text that a door takes holds nobody up.
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { placesOf, withAt } from "../support/hostile/inputs.ts";
import { absentIds, bodyOf, bytesMaxOf, closedDoors, nameOf, pathOf, type Door } from "../support/tenant/routes.ts";
import { atSpeed, leastOf, patience } from "../support/run/patience.ts";
import { furnish, type Furnished } from "../support/tenant/settled.ts";
import { ask, asOperator } from "../support/tenant/tenants.ts";
import { watch } from "../support/tenant/watched.ts";
import { env } from "cloudflare:workers";

const doors = closedDoors();
const writing = doors.filter((door) => bodyOf(door) !== undefined);
let tenant: Furnished;

beforeAll(async () => {
  watch(); // no call leaves
  tenant = await furnish("Digits");
  const lots = { minute: 1e9, hour: 1e9, day: 1e9 };
  await asOperator(`PATCH /admin/v1/tenants/${tenant.id}`, {
    policy: { limits: { recipient: lots, block: lots, key: lots, tenant: lots } },
  });
});
beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const keyOf = (door: Door): string => (door.operator === null ? tenant.key : env.ADMIN_TOKEN);
const idsOf = ({ id, things }: Furnished): Record<string, string> => ({
  ...absentIds(id),
  messages: things.message,
  services: things.service,
  budgets: things.budget,
  templates: things.template,
  webhooks: things.webhook,
  keys: things.key,
  tokens: things.token,
  pools: things.pool,
  sessions: things.session,
  participants: things.participant,
  relays: things.relay,
  "admin-tenants": id,
});

/** Every place of a body that may hold a text: of the example, and of fields that are optional. */
function textPlaces(door: Door): (string | number)[][] {
  const body = bodyOf(door);
  const shape = (door.tenant ?? door.operator)?.body as { shape?: object } | null | undefined;
  const places = [...placesOf(body), ...Object.keys(shape?.shape ?? {}).map((name) => [name])];
  return [...new Map(places.map((each) => [JSON.stringify(each), each])).values()];
}

/** One drama number, spelled in every way that was once shown or that is a neighbour of one. */
const SPELLINGS = [
  "+447700900731", "07700900731", "7700900731", "tel7700900731", "07700/900731", "07700 900 731", "07700\u00a0900\u202f731", "07700\u2011900\u2013731",
  "\u202d+447700900731\u202c", "\u20680770\u200b0900731\u2069", "٠٧٧٠٠٩٠٠٧٣١", "０７７００９００７３１", "०७७००९००७३१", "0️⃣7️⃣7️⃣0️⃣0️⃣9️⃣0️⃣0️⃣7️⃣3️⃣1️⃣", "𝟎𝟕𝟕𝟎𝟎𝟗𝟎𝟎𝟕𝟑𝟏",
  "⓪⑦⑦⓪⓪⑨⓪⓪⑦③①", "[07700] 900731", "（07700）900731", "07700·900·731", "07700•900•731", "0_7700_900_731", "07700,900,731", "07700|900|731", "07700~900731",
  "+44%207700%20900731", "%2B447700900731", "%30%37%37%30%30%39%30%30%37%33%31", "0%37700900731", "07700900731%30", "07700 . . . 900731", "call07700900731now", "07700900731150p",
  "tel:+44-7700-900731", "0044 (0) 7700 900731", "+44\ufe0d7700900731", "0\u03367\u03367\u03360\u0336 0900731", "0 7 7 0 0 9 0 0 7 3 1", "cust_07700900731", "07700900731\n",
]; // prettier-ignore

/** The digits of a text whatever they are written in, without what stands between. */
function digitsOf(text: string): string {
  let plain = text;
  for (let times = 0; times < 3; times++)
    plain = plain.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
      try {
        return decodeURIComponent(escaped);
      } catch {
        return escaped;
      }
    });
  const folded = plain.normalize("NFKC").replaceAll(/\p{Nd}/gu, (digit) => {
    let zero = digit.codePointAt(0)!;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String((digit.codePointAt(0)! - zero) % 10);
  });
  return folded.replaceAll(/[^0-9]/g, "");
}

/** Every text in a value, names of fields included. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => [name, ...textsIn(each)]);
}

const alone = (text: string): unknown => text;
const named = (text: string): unknown => ({ some_name: text });
const naming = (text: string): unknown => ({ [text]: "x" });

/** How many bodies with a number in them were taken. */
let taken = 0;

test.each(writing.map((door) => [nameOf(door), door] as const))(
  "%s shows no number that was written into it, however it is spelled",
  async (name, door) => {
    const body = bodyOf(door);
    const path = pathOf(door, idsOf(tenant));
    const shown: string[] = [];
    for (const place of textPlaces(door)) {
      const wraps = place.length === 1 ? [alone, named, naming] : [alone];
      for (const spelling of SPELLINGS)
        for (const put of wraps.map((wrap) => wrap(spelling))) {
          const answer = await ask(`${door.method} ${path}`, { key: keyOf(door), body: withAt(body, place, put) });
          if (answer.status < 300) taken++;
          expect(answer.status, `${name} ${place.join("/")}`).not.toBe(500);
          if (textsIn(answer.body).some((text) => digitsOf(text).includes("7700900731")))
            shown.push(`${place.join("/")}: ${JSON.stringify(put)} (${answer.status})`);
        }
    }
    expect(shown.join("; ")).toBe("");
  },
  patience(60_000),
);

test("so does no list of what was written, and much was taken", async () => {
  expect(taken).toBeGreaterThan(1_000);
  for (const door of doors.filter(({ method }) => method === "GET")) {
    const path = pathOf(door, idsOf(tenant));
    if (/handset/.test(path)) continue; // the sandbox's own handset shows what it was sent
    const answer = await ask(`GET ${path}`, { key: keyOf(door) });
    expect(
      textsIn(answer.body).filter((text) => digitsOf(text).includes("7700900731")),
      nameOf(door),
    ).toEqual([]);
  }
});

/** Texts that cost the most to read: the same few signs as often as a length asks. */
const HEAVY = ["0 ", "07 0 1 ", "+8 2 1 0", "٠ ", "%30 1", "a.b@"];
const LENGTHS = [64, 500, 2_000, 60_000];
const HELD_MS = 1_000;

/** What is put into a place: a text of each length, a map of twenty, a list of a thousand. */
function heavyFor(nth: number): unknown[] {
  const text = (length: number) => (HEAVY[nth % HEAVY.length] ?? "").repeat(length).slice(0, length);
  const map = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`${at} ${text(60)}`, text(500)]));
  return [...LENGTHS.map(text), map, Array.from({ length: 1_000 }, () => text(60))];
}

test(
  "no request holds others longer than a second, whatever fills it",
  async () => {
    const times: { what: string; ms: number }[] = [];
    for (const [at, door] of writing.entries()) {
      const path = pathOf(door, idsOf(tenant));
      for (const [nth, place] of textPlaces(door).entries()) {
        for (const put of heavyFor(at + nth)) {
          const raw = JSON.stringify(withAt(bodyOf(door), place, put));
          if (raw.length > bytesMaxOf(door)) continue;
          const timed = async () => {
            const from = performance.now();
            await ask(`${door.method} ${path}`, { key: keyOf(door), raw });
            return performance.now() - from;
          };
          const ms = Math.round(await leastOf(timed, HELD_MS / 4));
          times.push({ what: `${nameOf(door)} ${place.join("/")}, ${raw.length} bytes`, ms });
        }
      }
    }
    const worst = times.toSorted((a, b) => b.ms - a.ms).slice(0, 5);
    console.info(`the longest requests: ${worst.map(({ what, ms }) => `${what}: ${ms} ms`).join("; ")}`);
    expect(worst.filter(({ ms }) => ms >= atSpeed(HELD_MS))).toEqual([]);
  },
  patience(120_000),
);
