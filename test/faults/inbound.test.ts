/**
 * Every kind of carrier brings texts to the running service: each is relayed once, however often it comes and in whatever
 * order its parts do; what is forged, stale, another account's or for nobody changes nothing.
 */
import { expect, test } from "vitest";
import { KINDS } from "../../src/carriers/registry.ts";
import { World } from "../support/carriers/world.ts";
import type { Tenant } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { eventually } from "../support/run/signal.ts";

const [ALICE, BOB] = ["+447700900111", "+447700900222"];
/** Carriers that sign a time, and carriers that leave the parts of a long text to us. */
const TIMED = ["http", "vonage", "telnyx"];
const IN_PARTS = ["http", "vonage"];

let service: Service;
let world: World;
setUp(async (use) => {
  world = await use(World.start());
  service = await use(Service.start());
});

type Session = { id: string; participants: { proxy: { number: string } }[] };
type Line = { account: string; url: string; tenant: Tenant; numbers: string[]; session: Session };
let nextNumber = 700;

async function asked<T>(tenant: Tenant, route: string, body?: unknown): Promise<T> {
  const answer = await tenant.call(route, body === undefined ? {} : { body });
  if (answer.status < 200 || answer.status > 299) throw new Error(`${route}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as T;
}

/** A tenant whose virtual numbers live at an account of this kind, with a session of two. */
async function line(kind: string): Promise<Line> {
  const { name: account, body } = world.account(kind);
  const { id } = await service.admin<{ id: string }>("POST /admin/v1/carriers", body);
  const tenant = await service.tenant(account, [id]);
  const numbers = [0, 1].map(() => `+447700900${nextNumber++}`);
  const rows = numbers.map((number) => ({ number, account: id }));
  await service.admin("POST /admin/v1/numbers", { tenant: tenant.id, numbers: rows });
  const { data } = await asked<{ data: { id: string }[] }>(tenant, "GET /v1/numbers");
  await asked(tenant, "POST /v1/pools", { name: "All", numbers: data.map((number) => number.id) });
  const session = await asked<Session>(tenant, "POST /v1/sessions", { participants: [{ to: ALICE }, { to: BOB }] });
  return { account, url: `${service.base}/carriers/${id}/inbound`, tenant, numbers, session };
}

/** What reached a person's phone through an account, in order; carriers write numbers with a plus or without. */
const reached = ({ account }: Line, who: string) => world.callsOf(account).filter(({ to, taken }) => taken && to !== null && who.endsWith(to.replace("+", ""))).map(({ text, from }) => [text, `+${from?.replace("+", "")}`]); // prettier-ignore
const arrives = (at: Line, text: string) => world.until(`${text} by ${at.account}`, 20_000, () => reached(at, BOB).some(([said]) => said === text)); // prettier-ignore

test.each(KINDS)("%s: a text is relayed once; forged, stale, repeated and misdirected ones are not, and the carrier is answered in its time", async (kind) => {
  const [at, other] = [await line(kind), await line(kind)];
  const [alices, bobs] = at.session.participants.map(({ proxy }) => proxy.number) as [string, string];
  const good = kind === "twilio" ? 204 : 200;
  const bring = (text: string, over: object = {}, by = at.account) => world.inbound(by, { url: at.url, from: ALICE, to: alices, text, ...over }); // prettier-ignore
  const id = kind === "twilio" ? `SM${"a".repeat(32)}` : "0A00000001230001";
  for (let times = 0; times < 3; times += 1) expect(await bring("Only once", { id })).toBe(good);
  expect(await bring("Forged", { forged: true })).toBe(401);
  if (TIMED.includes(kind)) expect(await bring("Stale", { ageSeconds: 400 })).toBe(401);
  expect(await bring("Another's key", {}, other.account)).toBe(401);
  expect(await bring("Another's door", { url: other.url })).toBe(401);
  expect(await world.inbound(other.account, { url: other.url, from: ALICE, to: alices, text: "Not its number" })).toBe(good); // prettier-ignore
  expect(await bring("Nobody's number", { to: "+447700900999" })).toBe(good);
  const words = ["The first of three, ", "the second of three, ", "and the last, ŵ."];
  if (IN_PARTS.includes(kind))
    for (const nth of [3, 1, 3, 2]) expect(await bring(words[nth - 1]!, { part: { ref: "142", nth, of: 3 } })).toBe(good);
  else expect(await bring(words.join(""))).toBe(good);
  await arrives(at, words.join(""));
  await bring("The end");
  await arrives(at, "The end");
  expect(reached(at, BOB)).toEqual([["Only once", bobs], [words.join(""), bobs], ["The end", bobs]]);
  expect(reached(at, ALICE)).toEqual([]);
  expect(world.callsOf(other.account)).toEqual([]);
  const { data } = await asked<{ data: unknown[] }>(at.tenant, `GET /v1/sessions/${at.session.id}/interactions`);
  expect(data).toHaveLength(3);
}); // prettier-ignore

test("a text that was acknowledged is relayed although the process was killed right behind it", async () => {
  const at = await line("telnyx");
  const [alices] = at.session.participants.map(({ proxy }) => proxy.number) as [string];
  const id = crypto.randomUUID();
  const bring = () => world.inbound(at.account, { url: at.url, from: ALICE, to: alices, text: "Before the cut", id });
  expect(await bring()).toBe(200);
  await service.kill();
  expect(await bring()).toBe(0);
  await service.resume();
  expect(await bring()).toBe(200);
  await arrives(at, "Before the cut");
  await eventually("sent", 20_000, async () => {
    const { data } = await asked<{ data: { legs: { state: string }[] }[] }>(at.tenant, `GET /v1/sessions/${at.session.id}/interactions`); // prettier-ignore
    return data[0]?.legs.every(({ state }) => state === "delivered") ? true : null;
  });
  expect(reached(at, BOB)).toHaveLength(1);
});
