import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { IdMaker } from "../../src/base/ids.ts";
import type { EventType } from "../../src/webhooks/event.ts";
import { DELIVERY_LEASE_MS, EventsLedger, type Endpoint } from "../../src/webhooks/ledger.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const owner = { jurisdiction: "eu", code: "12345678" } as const;

let sql: NodeSql;
let ids: IdMaker;
let events: EventsLedger;
let soon: number[];
beforeEach(() => {
  sql = nodeSql();
  EventsLedger.migrate(sql);
  restart();
});

/** The object lost its memory: a new ledger and a new maker of ids over the same storage. */
function restart(): void {
  soon = [];
  ids = new IdMaker(owner);
  const newest = sql.exec<{ id: string | null }>(`SELECT max(id) AS id FROM events`).one().id;
  if (newest !== null) ids.startAfter(newest);
  events = new EventsLedger(sql, ids, (at) => soon.push(at));
}

const addEndpoint = (id: string, filter: string[] = ["*"], over: Partial<Endpoint> = {}) =>
  events.addEndpoint({ id, url: "https://hooks.example.com", events: filter, secrets: new Uint8Array(1), state: "active", reason: null, slowUntil: 0, createdAt: NOON, ...over }); // prettier-ignore
const emit = (type: EventType = "message.delivered", now = NOON) => events.emit(type, "msg_1", { n: 1 }, now);
const endpoint = (id = "wbh_1") => events.endpoint(id)!;
const take = (limit = 10, now = NOON, id = "wbh_1") =>
  events.take(endpoint(id), limit, now).map(({ event, attempt }) => [event.sequence, attempt]);
const idOf = (sequence: number) =>
  sql.exec<{ id: string }>(`SELECT id FROM events WHERE sequence = ?`, sequence).one().id;
const settle = (delivered: number[], failed: [number, number, number][] = [], givenUp: number[] = []) =>
  events.settle(
    endpoint(),
    delivered.map(idOf),
    failed.map(([sequence, attempt, dueAt]) => ({ event: idOf(sequence), attempt, dueAt })),
    givenUp.map((sequence) => ({ event: idOf(sequence), attempt: 10 })),
    NOON,
  );
const owedRows = () => sql.exec(`SELECT event FROM owed`).toArray().length;
const cursor = (id = "wbh_1") =>
  sql.exec<{ cursor: string }>(`SELECT cursor FROM endpoints WHERE id = ?`, id).one().cursor;

describe("events", () => {
  it("are numbered from 1 without gaps, behind a restart and behind a purge too", () => {
    for (let n = 0; n < 3; n++) emit();
    restart();
    emit();
    const after = `evt_e1234567800${"z".repeat(25)}`;
    expect(events.purge(after, 100)).toBe(3);
    restart();
    emit();
    const { data } = { data: events.list({}, 10) };
    expect(data.map(({ sequence }) => sequence)).toEqual([4, 5]);
    expect(data.map(({ id }) => id)).toEqual(data.map(({ id }) => id).toSorted());
  });

  it("wake only active endpoints that asked for the type", () => {
    addEndpoint("wbh_1", ["message.*"]);
    addEndpoint("wbh_2", ["audit.head"]);
    addEndpoint("wbh_3", ["*"], { state: "disabled" });
    expect(emit("message.sent")).toEqual(["wbh_1"]);
    expect(emit("audit.head")).toEqual(["wbh_2"]);
    expect(emit("alert.limit")).toEqual([]);
    expect(events.wanted("alert.limit")).toBe(false);
    expect(events.wanted("message.failed")).toBe(true);
  });

  it("purged take with them what was owed of them, and nothing else", () => {
    addEndpoint("wbh_1");
    for (let n = 0; n < 3; n++) emit("message.sent", NOON + n);
    take();
    settle([], [[1, 1, NOON + 9], [3, 1, NOON + 9]]); // prettier-ignore
    expect(events.purge(idOf(2), 100)).toBe(1);
    expect(owedRows()).toBe(1);
    expect(events.list({}, 10).map(({ sequence }) => sequence)).toEqual([2, 3]);
  });
});

describe("an endpoint", () => {
  it("hears what happens from its registration on, in order, each once, and no row is written for it", () => {
    emit();
    addEndpoint("wbh_1");
    for (let n = 0; n < 5; n++) emit();
    expect(take(3)).toEqual([[2, 0], [3, 0], [4, 0]]); // prettier-ignore
    settle([2, 3, 4]);
    expect(take()).toEqual([[5, 0], [6, 0]]); // prettier-ignore
    settle([5, 6]);
    expect(take()).toEqual([]);
    expect(owedRows()).toBe(0);
    expect(cursor()).toBe(idOf(6));
    restart();
    expect(take()).toEqual([]);
  });

  it("hears only what its filter names, and what it did not ask for is not owed later", () => {
    addEndpoint("wbh_1", ["message.failed"]);
    emit("message.sent");
    emit("message.failed");
    expect(take()).toEqual([[2, 0]]);
    settle([2]);
    events.changeEndpoint("wbh_1", { events: ["*"] });
    expect(take()).toEqual([]);
  });

  it("is served by two consumers at once with different events", () => {
    addEndpoint("wbh_1");
    for (let n = 0; n < 6; n++) emit();
    expect(take(3)).toEqual([[1, 0], [2, 0], [3, 0]]); // prettier-ignore
    expect(take(3)).toEqual([[4, 0], [5, 0], [6, 0]]); // prettier-ignore
    expect(take(3)).toEqual([]);
    settle([4, 5, 6]);
    expect(cursor()).not.toBe(idOf(6));
    settle([1, 2, 3]);
    expect(cursor()).toBe(idOf(6));
  });

  it("hears again, with the same id, what a consumer took and never settled, also while others go on taking", () => {
    addEndpoint("wbh_1");
    emit();
    expect(take(1)).toEqual([[1, 0]]);
    let now = NOON;
    for (let n = 2; n < 10; n++) {
      now += DELIVERY_LEASE_MS / 4;
      emit("message.sent", now);
      const taken = take(10, now);
      if (now < NOON + DELIVERY_LEASE_MS) expect(taken).toEqual([[n, 0]]);
      settle(taken.map(([sequence = 0]) => sequence));
    }
    expect(cursor()).toBe(idOf(9));
    expect(take(10, now)).toEqual([]);
    expect(owedRows()).toBe(0);
  });

  it("does not hear again what was settled when only a neighbour's lease ran out", () => {
    addEndpoint("wbh_1");
    for (let n = 0; n < 4; n++) emit();
    take(2);
    take(2);
    settle([3, 4]);
    const later = NOON + DELIVERY_LEASE_MS + 1;
    expect(take(10, later)).toEqual([[1, 0], [2, 0]]); // prettier-ignore
    expect(take(10, later)).toEqual([]); // leased anew
    settle([1, 2]);
    expect(take(10, later + DELIVERY_LEASE_MS * 2)).toEqual([]);
  });

  it("hears what was in flight at a crash again, with the same ids and no others", () => {
    addEndpoint("wbh_1");
    for (let n = 0; n < 3; n++) emit();
    take(2);
    settle([1]);
    restart();
    expect(take()).toEqual([[1, 0], [2, 0], [3, 0]]); // prettier-ignore
  });

  it("is told again what failed when its time has come, not before, and only once when it then succeeds", () => {
    addEndpoint("wbh_1");
    emit();
    emit();
    take();
    settle([2], [[1, 1, NOON + 5_000]]);
    expect(take(10, NOON + 4_999)).toEqual([]);
    expect(take(10, NOON + 5_000)).toEqual([[1, 1]]);
    settle([], [[1, 2, NOON + 9_000]]);
    restart();
    expect(take(10, NOON + 9_000)).toEqual([[1, 2]]);
    settle([1]);
    expect(owedRows()).toBe(0);
    restart();
    expect(take(10, NOON + 99_000)).toEqual([]);
  });

  it("whose event is given up keeps a row that says so, and is never due", () => {
    addEndpoint("wbh_1");
    emit();
    take();
    settle([], [[1, 1, NOON]]);
    take();
    settle([], [], [1]);
    expect(owedRows()).toBe(1);
    expect(take(10, NOON + 1e9)).toEqual([]);
    expect(events.owing(NOON + 1e9)).toEqual({ endpoints: [], nextAt: null });
  });
});

describe("a replay", () => {
  it("sends the event once more with its id, and then never again", () => {
    addEndpoint("wbh_1", ["message.failed"]);
    emit("message.failed");
    emit("message.sent");
    take();
    settle([1]);
    for (const sequence of [1, 2]) {
      events.replay("wbh_1", idOf(sequence), NOON);
      expect(take()).toEqual([[sequence, 0]]);
      expect(take()).toEqual([]);
      settle([sequence]);
      expect(take()).toEqual([]);
      expect(take(10, NOON + 1e9)).toEqual([]);
      expect(owedRows()).toBe(0);
    }
  });

  it("of an event that is still to come or in flight makes no second delivery", () => {
    addEndpoint("wbh_1");
    emit();
    emit();
    events.replay("wbh_1", idOf(1), NOON);
    expect(take()).toEqual([[1, 0], [2, 0]]); // prettier-ignore
    settle([1, 2]);
    expect(take()).toEqual([]);
    expect(owedRows()).toBe(0);
  });

  it("asked for while the event is in flight is made good behind it", () => {
    addEndpoint("wbh_1");
    emit();
    take();
    events.replay("wbh_1", idOf(1), NOON);
    expect(take()).toEqual([]);
    settle([1]);
    expect(take()).toEqual([[1, 0]]);
    settle([1]);
    expect(take()).toEqual([]);
  });
});

describe("who is owed something", () => {
  it("is an active endpoint with new events, a retry that is due, or a batch nobody settled", () => {
    addEndpoint("wbh_1");
    expect(events.owing(NOON)).toEqual({ endpoints: [], nextAt: null });
    emit();
    expect(events.owing(NOON).endpoints.map(({ id }) => id)).toEqual(["wbh_1"]);
    take();
    expect(events.owing(NOON)).toEqual({ endpoints: [], nextAt: NOON + DELIVERY_LEASE_MS });
    expect(events.owing(NOON + DELIVERY_LEASE_MS).endpoints).toHaveLength(1);
    settle([], [[1, 1, NOON + 5_000]]);
    expect(events.owing(NOON)).toEqual({ endpoints: [], nextAt: NOON + 5_000 });
    expect(events.owing(NOON + 5_000).endpoints).toHaveLength(1);
    events.changeEndpoint("wbh_1", { state: "disabled" });
    expect(events.owing(NOON + 5_000)).toEqual({ endpoints: [], nextAt: null });
  });

  it("comes back with all it missed when it is switched on again, and is forgotten when it is deleted", () => {
    addEndpoint("wbh_1");
    events.changeEndpoint("wbh_1", { state: "disabled" });
    emit();
    emit();
    events.changeEndpoint("wbh_1", { state: "active" });
    expect(take(1)).toEqual([[1, 0]]);
    settle([], [[1, 1, NOON]]);
    events.removeEndpoint("wbh_1");
    expect([owedRows(), events.endpoint("wbh_1"), events.owing(NOON + 1e9).endpoints]).toEqual([0, null, []]);
  });
});

it("over any run of takes, settlements, failures, crashes and waits, every event arrives, and twice only behind a loss", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("emit" as const) }),
    fc.record({ do: fc.constant("take" as const), limit: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constantFrom("deliver" as const, "fail" as const, "lose" as const) }),
    fc.record({ do: fc.constant("restart" as const) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 90_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      sql = nodeSql();
      EventsLedger.migrate(sql);
      restart();
      addEndpoint("wbh_1");
      let now = NOON;
      let emitted = 0;
      let losses = 0;
      const heard = new Map<number, number>();
      let batches: [number, number][][] = [];
      const finish = (batch: [number, number][], how: "deliver" | "fail") => {
        if (how === "fail") return settle([], batch.map(([sequence, attempt]) => [sequence, attempt + 1, now + 1_000])); // prettier-ignore
        for (const [sequence] of batch) heard.set(sequence, (heard.get(sequence) ?? 0) + 1);
        settle(batch.map(([sequence]) => sequence));
      };
      for (const each of steps) {
        if (each.do === "emit") events.emit("message.sent", `msg_${++emitted}`, {}, now);
        else if (each.do === "take") batches.push(take(each.limit, now) as [number, number][]);
        else if (each.do === "wait") {
          now += each.ms;
          if (each.ms >= DELIVERY_LEASE_MS) losses += batches.length;
        } else if (each.do === "restart") {
          losses += 1;
          restart();
        } else {
          const batch = batches.shift() ?? [];
          if (each.do === "lose") losses += 1;
          else finish(batch, each.do);
        }
      }
      losses += batches.length;
      batches = [];
      for (let round = 0; round < 100; round++) {
        now += DELIVERY_LEASE_MS;
        finish(take(10, now) as [number, number][], "deliver");
      }
      for (let n = 1; n <= emitted; n++) {
        const times = heard.get(n) ?? 0;
        expect(times).toBeGreaterThanOrEqual(1);
        if (losses === 0 && steps.every((each) => each.do !== "wait")) expect(times).toBe(1);
      }
      expect(take(10, now + 1e9)).toEqual([]);
      expect(owedRows()).toBe(0);
    }),
    { numRuns: 200 },
  );
});
