import { Webhook } from "standardwebhooks";
import { beforeEach, describe, expect, it } from "vitest";
import { IdMaker } from "../../src/base/ids.ts";
import { AttemptsLedger } from "../../src/webhooks/attempts.ts";
import { EventsLedger } from "../../src/webhooks/ledger.ts";
import { SLOW_MS, settleDeliveries, takeDeliveries, type Delivered } from "../../src/webhooks/take.ts";
import { webhooksVerbs, type WebhooksDeps } from "../../src/webhooks/verbs.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";

const NOON = Date.UTC(2026, 10, 23, 12);

let sql: NodeSql;
let now: number;
let hooks: WebhooksDeps;
let emitted: string[];
let acts: string[];
beforeEach(() => {
  sql = nodeSql();
  EventsLedger.migrate(sql);
  AttemptsLedger.migrate(sql);
  now = NOON;
  emitted = [];
  acts = [];
  const ids = new IdMaker({ jurisdiction: "eu", code: "12345678" });
  hooks = {
    events: new EventsLedger(sql, ids, () => undefined),
    attempts: new AttemptsLedger(sql),
    sealAnswer: (record, text) => hooks.seal(record, text),
    openAnswer: (record, sealed) => hooks.open(record, sealed),
    now: () => now,
    realNow: () => Date.now(),
    newId: () => ids.make("wbh", now),
    seal: (record, text) => new TextEncoder().encode([...`${record}|${text}`].reverse().join("")),
    open: (record, sealed) =>
      [...new TextDecoder().decode(sealed)]
        .reverse()
        .join("")
        .slice(record.length + 1),
    wake: () => undefined,
    record: (_key, { act }) => void acts.push(act),
  };
});

const verbs = () => webhooksVerbs(hooks);
const who = { id: "key_1" };
function create(events = ["message.*"]) {
  const made = verbs()["webhooks.create"].run(who, { url: "https://hooks.example.com/", events });
  if ("refused" in made) throw new Error(made.refused);
  return made.ok;
}
const emit = (n = 1) => {
  for (let each = 0; each < n; each++) hooks.events.emit("message.sent", "msg_1", { message: { id: "msg_1" } }, now);
};
const take = (id: string, slow = false) => takeDeliveries(hooks, id, 40, slow);
const settle = (id: string, ...delivered: Delivered[]) =>
  settleDeliveries({ hooks, emit: (type) => void emitted.push(type) }, id, delivered);
const answered = (event: string, status: number, attempt = 0, retryAfter: string | null = null): Delivered => ({ event, attempt, answer: { status, retryAfter, latencyMs: 1, head: null } }); // prettier-ignore
const state = (id: string) => {
  const found = hooks.events.endpoint(id)!;
  return [found.state, found.reason];
};

describe("a parcel", () => {
  it("is signed so that the public library verifies it, with every secret in force and no other", () => {
    const { id, secret } = create();
    const rotated = verbs()["webhooks.rotate"].run(who, { id, overlapHours: 1 });
    if ("refused" in rotated) throw new Error(rotated.refused);
    emit();
    const { parcels } = take(id)!;
    const [{ headers, body } = { headers: {}, body: "" }] = parcels;
    for (const each of [secret, rotated.ok.secret]) expect(new Webhook(each).verify(body, headers)).toMatchObject({ type: "message.sent", sequence: 1 }); // prettier-ignore
    hooks.realNow = () => Date.now() + 3_600_001;
    emit();
    const later = take(id)!.parcels[0]!;
    expect(later.headers["webhook-signature"]?.split(" ")).toHaveLength(1);
    expect(JSON.stringify(parcels)).not.toContain(secret);
  });

  it("is made for nobody who is switched off or gone", () => {
    const { id } = create();
    emit();
    hooks.events.changeEndpoint(id, { state: "disabled" });
    expect([take(id), take("wbh_nobody")]).toEqual([null, null]);
  });
});

describe("what became of a call", () => {
  it("that was answered 2xx is done and owed no more", () => {
    const { id } = create();
    emit(2);
    const [one, two] = take(id)!.parcels;
    settle(id, answered(one!.event, 200), answered(two!.event, 299));
    expect(take(id)!.parcels).toEqual([]);
    expect(sql.exec(`SELECT 1 FROM owed`).toArray()).toEqual([]);
  });

  it.each([[500], [404], [302], [400]])(
    "that was answered %d is tried again in about five seconds, with the same id",
    (status) => {
      // prettier-ignore
      const { id } = create();
      emit();
      const [parcel] = take(id)!.parcels;
      settle(id, answered(parcel!.event, status));
      now += 4_000;
      expect(take(id)!.parcels).toEqual([]);
      now += 2_000;
      expect(take(id)!.parcels).toMatchObject([{ event: parcel!.event, attempt: 1, headers: { "webhook-id": parcel!.event } }]); // prettier-ignore
      expect(state(id)).toEqual(["active", null]);
    },
  );

  it("that asks for time is given it", () => {
    const { id } = create();
    emit();
    settle(id, answered(take(id)!.parcels[0]!.event, 429, 0, "60"));
    now += 59_000;
    expect(take(id)!.parcels).toEqual([]);
    now += 8_000;
    expect(take(id)!.parcels).toHaveLength(1);
  });

  it("410 switches the endpoint off at once and says so; a PATCH switches it on again", () => {
    const { id } = create();
    emit();
    settle(id, answered(take(id)!.parcels[0]!.event, 410));
    expect([state(id), emitted]).toEqual([["disabled", "gone"], ["endpoint.disabled"]]);
    emit();
    expect(take(id)).toBeNull();
    verbs()["webhooks.change"].run(who, { id, state: "active" });
    expect(state(id)).toEqual(["active", null]);
    expect(take(id)!.parcels).toHaveLength(1);
  });

  it("that fails ten times over three days ends the endpoint, and not before", () => {
    const { id } = create();
    emit();
    let tries = 0;
    for (; tries < 20 && state(id)[0] === "active"; now += 2 * 86_400_000) {
      const [parcel] = take(id)!.parcels;
      tries += 1;
      settle(id, answered(parcel!.event, 500, parcel!.attempt));
    }
    expect([tries, state(id)]).toEqual([10, ["disabled", "exhausted"]]);
  });

  /** The tenant's object was put away and wakes again: nothing is in memory. */
  const restart = () => {
    const ids = new IdMaker({ jurisdiction: "eu", code: "12345678" });
    const [newest] = sql.exec<{ id: string }>(`SELECT max(id) AS id FROM events`).toArray();
    ids.startAfter(newest!.id);
    hooks.events = new EventsLedger(sql, ids, () => undefined);
  };

  it.each([["takes the others", 200, "active"], ["takes nothing", 500, "disabled"], ["hears of nothing else", null, "disabled"]])(
    "that fails ten times, one alone and after a restart each time, at an endpoint that %s (%s): it is %s", (_, others, then) => {
    const { id } = create(["message.sent"]);
    now += 1;
    emit();
    const bad = take(id)!.parcels[0]!.event;
    settle(id, answered(bad, 500));
    for (let tries = 1; tries < 10; tries++) {
      now += 96_000_000;
      hooks.events.emit("message.expired", "msg_1", {}, now);
      if (others !== null) emit();
      const aside = { failed: "put_aside" as const };
      for (const { event, attempt } of take(id)!.parcels)
        settle(id, event === bad ? { event, attempt, answer: aside } : answered(event, others ?? 200, attempt));
      now += 3_600_000;
      restart();
      const due = take(id)!.parcels.find(({ event }) => event === bad)!;
      settle(id, answered(bad, 500, due.attempt));
      if (state(id)[0] === "disabled") break;
    }
    expect(state(id)[0]).toBe(then);
  }); // prettier-ignore

  it("that ran out of time sends the endpoint to the slow lane for a while, where it is served", () => {
    const { id } = create();
    emit(2);
    const [one, two] = take(id)!.parcels;
    settle(id, { event: one!.event, attempt: 0, answer: { failed: "timeout", latencyMs: 5_000 } }, answered(two!.event, 200)); // prettier-ignore
    now += 10_000;
    expect(take(id)).toMatchObject({ putAside: true, parcels: [] });
    expect(take(id, true)).toMatchObject({ putAside: false, slow: true, parcels: [{ event: one!.event, attempt: 1 }] });
    settle(id, answered(one!.event, 200, 1));
    now += SLOW_MS;
    expect(take(id)).toMatchObject({ putAside: false, slow: false });
  });

  it("of an endpoint that was deleted meanwhile changes nothing", () => {
    const { id } = create();
    emit();
    const [parcel] = take(id)!.parcels;
    verbs()["webhooks.delete"].run(who, { id });
    settle(id, answered(parcel!.event, 500));
    expect(sql.exec(`SELECT 1 FROM owed`).toArray()).toEqual([]);
    expect(acts).toEqual(["webhook.created", "webhook.deleted"]);
  });
});
