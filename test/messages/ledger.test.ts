import { DEFAULT_LIMITS } from "../../src/risk/caps.ts";
import { messagesRoom } from "../../src/messages/room.ts";
import { migrate } from "../../src/storage/migrations.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { IdMaker } from "../../src/base/ids.ts";
import type { Answer } from "../../src/carriers/carrier.ts";
import { claim, CLAIM_LEASE_MS, settle } from "../../src/messages/dispatch.ts";
import { applyReports } from "../../src/messages/reports.ts";
import { MessagesLedger } from "../../src/messages/ledger.ts";
import { QueueTracker } from "../../src/messages/queue/queue-tracker.ts";
import type { SweepDeps } from "../../src/messages/sweep.ts";
import { ENDED, ENTERS, mayEnter, STATES, type Message, type State } from "../../src/messages/message.ts";
import { PURPOSES, type Purpose } from "../../src/sms/purpose.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";
import { sweep } from "../support/rooms/sweep.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const owner = { jurisdiction: "eu", code: "12345678" } as const;

/** The table of docs/contract.md, line by line; "–" is the beginning. */
const CONTRACT = `
scheduled   –
held        – scheduled
queued      – scheduled held
sending     queued
unknown     sending
sent        sending unknown
delivered   sending sent unknown
undelivered sending sent unknown
failed      queued sending
expired     scheduled held queued sending
blocked     held
canceled    scheduled held queued`;

let sql: NodeSql;
let ids: IdMaker;
let ledger: MessagesLedger;
let deps: SweepDeps;
let now: number;
let told: string[];
let dispatched: string[];
beforeEach(() => {
  sql = nodeSql();
  migrate(sql, [messagesRoom]);
  ids = new IdMaker(owner);
  ledger = new MessagesLedger(sql, ids.prefixOf("msg"), () => undefined);
  now = NOON;
  told = [];
  dispatched = [];
  const vault = { openNumber: () => "+447700900123", openText: () => "Hello", findToken: () => null };
  deps = {
    ledger,
    vault: vault as unknown as SweepDeps["vault"],
    now: () => now,
    realNow: () => now,
    receiptUrl: (account, message) => `${account}/${message}`,
    tell: (message) => void told.push(message.state),
    dispatch: (account, _lane, id) => void dispatched.push(`${account} ${id}`),
    ask: () => undefined,
    saidStop: () => undefined,
    settled: () => undefined,
    redacts: () => false,
    redact: () => undefined,
    hasStopped: () => false,
    hasStoppedSomebody: () => false,
    accountOf: () => null,
    caps: { leave: () => null, flush: () => undefined },
    policy: () => ({ limits: DEFAULT_LIMITS, countries: ["GB"] }),
  };
});

function put(over: Partial<Message> = {}, routes = ["car_1", "car_2"]): Message {
  const message: Message = {
    id: ids.make("msg", now),
    state: "queued",
    version: 1,
    purpose: "service",
    token: "tok",
    subject: "sub",
    account: "car_1",
    facts: { batch: null, key: "key", sender: null, encoding: "gsm7", segments: 1, country: "GB", kind: "drama", mask: "+44•••••••23", scheduleAt: null, expiresAt: now + 600_000, createdAt: now, routes, price: null, note: false }, // prettier-ignore
    attempts: [],
    lease: null,
    due: null,
    reason: null,
    sentAt: null,
    endedAt: null,
    ...over,
  };
  ledger.insert(message, new Uint8Array(8), null);
  return message;
}
const inState = (state: State, over: Partial<Message> = {}) => {
  const attempt = { carrier: "car_1", outcome: null, at: now, latencyMs: null };
  const began = state === "sending" || state === "sent" || state === "unknown";
  return put({ state, attempts: began ? [attempt] : [], lease: state === "sending" ? now + CLAIM_LEASE_MS : null, ...over }); // prettier-ignore
};
const get = (id: string) => ledger.get(id)!;
const answer = (id: string, outcome: Answer, attempt = 1) => settle(deps, [{ message: id, attempt, answer: outcome, latencyMs: 5 }]); // prettier-ignore
const sealed = (id: string) => sql.exec(`SELECT 1 FROM messages WHERE id = ? AND sealed IS NOT NULL`, id).toArray().length; // prettier-ignore

describe("the table of states", () => {
  const rows = CONTRACT.trim().split("\n").map((line) => line.split(/\s+/)); // prettier-ignore

  it.each(rows)("%s is entered exactly from the states in the contract", (to, ...from) => {
    for (const source of [null, ...STATES]) {
      expect(mayEnter(source, to as State), `${source} → ${to}`).toBe(from.includes(source ?? "–"));
    }
  });

  it("has every state, and no move from a final one", () => {
    expect(rows.map(([state]) => state)).toEqual([...STATES]);
    for (const ended of ENDED) for (const to of STATES) expect(ENTERS[to].includes(ended)).toBe(false);
  });

  it("holds in storage: a move that it does not allow, or from an older version, changes no row", () => {
    for (const from of STATES) {
      for (const to of STATES) {
        const message = put({ state: from });
        const before = JSON.stringify(get(message.id));
        const moved = ledger.move(message, to, { reason: "x" });
        expect(moved === null, `${from} → ${to}`).toBe(!mayEnter(from, to));
        if (moved === null) expect(JSON.stringify(get(message.id))).toBe(before);
        else expect(ledger.move(message, to, {}) ?? ledger.amend(message, {}), "twice").toBeNull();
      }
    }
  });
});

describe("a claim", () => {
  it("is given once, to the message's account, and only before it expires", () => {
    const { id } = put();
    expect(claim(deps, "car_2", [id])).toEqual([]);
    expect(claim(deps, "car_1", [id, "msg_nobody", id])).toMatchObject([{ message: id, attempt: 1, to: "+447700900123", text: "Hello" }]); // prettier-ignore
    expect(claim(deps, "car_1", [id])).toEqual([]);
    const late = put();
    now += 600_000;
    expect(claim(deps, "car_1", [late.id])).toEqual([]);
    expect(get(late.id)).toMatchObject({ state: "expired", reason: "too_late" });
    expect(sealed(late.id)).toBe(0);
  });

  it.each(STATES.filter((state) => state !== "queued"))(
    "of a message that is %s gives nothing and changes nothing",
    (state) => {
      // prettier-ignore
      const message = inState(state);
      expect(claim(deps, "car_1", [message.id])).toEqual([]);
      expect(get(message.id)).toEqual(message);
    },
  );

  it("of a message whose number was erased ends the message and emits an event", () => {
    deps.vault.openNumber = () => null;
    const { id } = put();
    expect(claim(deps, "car_1", [id])).toEqual([]);
    expect(get(id)).toMatchObject({ state: "failed", reason: "erased" });
  });
});

describe("an answer", () => {
  const claimed = () => {
    const { id } = put();
    claim(deps, "car_1", [id]);
    told = [];
    return id;
  };

  it.each<[Answer, State, number]>([
    [{ outcome: "accepted" }, "sent", 0],
    [{ outcome: "unknown", code: "timeout" }, "unknown", 0],
    [{ outcome: "declined", code: "invalid_number", permanent: true }, "failed", 0],
    [{ outcome: "declined", code: "full", permanent: false }, "sending", 1],
    [{ outcome: "throttled", code: "x", retryAfterSeconds: 2 }, "sending", 1],
  ])("%j makes the message %s, with %d text kept", (outcome, state, texts) => {
    const id = claimed();
    answer(id, outcome);
    expect([get(id).state, sealed(id), get(id).lease]).toEqual([state, texts, null]);
    const after = get(id);
    answer(id, { outcome: "accepted" });
    answer(id, outcome, 2);
    expect(get(id)).toEqual(after);
  });

  it("that declines moves the message to the next account, once to each, and then it has failed", () => {
    const id = claimed();
    const declined: Answer = { outcome: "declined", code: "full", permanent: false };
    expect(answer(id, declined)).toEqual([{ account: "car_2", lane: "bulk", ids: [id] }]);
    expect(claim(deps, "car_1", [id])).toEqual([]);
    expect(claim(deps, "car_2", [id])).toHaveLength(1);
    expect(answer(id, declined, 2)).toEqual([]);
    expect(get(id)).toMatchObject({ state: "failed", reason: "full", attempts: [{ carrier: "car_1" }, { carrier: "car_2" }] }); // prettier-ignore
  });

  it("of a claim that was given up long ago changes nothing", () => {
    const id = claimed();
    now += CLAIM_LEASE_MS + 1;
    sweep(deps, new QueueTracker(0), now);
    expect(get(id)).toMatchObject({ state: "unknown", reason: "sender_lost" });
    const after = get(id);
    answer(id, { outcome: "declined", code: "full", permanent: false });
    expect(get(id)).toEqual(after);
  });
});

describe("a receipt", () => {
  it.each<[State, State, boolean]>(STATES.flatMap((from) => (["sent", "delivered", "undelivered"] as const).map((to): [State, State, boolean] => [from, to, ["sending", "sent", "unknown"].includes(from) && mayEnter(from, to)])))( // prettier-ignore
    "for a message that is %s saying %s is applied: %s", (from, to, applies) => {
    const message = inState(from, { attempts: [{ carrier: "car_1", outcome: "accepted", at: now, latencyMs: 1 }] });
    const report = { message: message.id, state: to as "sent", code: null, at: null };
    expect(applyReports(deps, "car_2", [report])).toBe(0);
    expect(get(message.id)).toEqual(message);
    expect(applyReports(deps, "car_1", [report, report])).toBe(applies ? 1 : 0);
    expect(get(message.id).state).toBe(applies ? to : from);
    expect(told).toEqual(applies ? [to] : []);
  }); // prettier-ignore
});

describe("a message that ended and is being recorded", () => {
  it("is removed if its version is recorded; one that moved meanwhile stays and is swept again", () => {
    const [still, moved] = [inState("sent"), inState("unknown")];
    now += 8 * 86_400_000;
    const turn = sweep(deps, new QueueTracker(0), now);
    expect(turn.ended.sort()).toEqual([still.id, moved.id].sort());
    const recorded = turn.ended.map(get);
    expect(applyReports(deps, "car_1", [{ message: moved.id, state: "delivered", code: null, at: null }])).toBe(1);
    ledger.remove(recorded, now);
    if (turn.seenTo !== null) ledger.setSweptUpTo(turn.seenTo, "");
    expect(ledger.get(still.id)).toBeNull();
    expect(get(moved.id)).toMatchObject({ state: "delivered" });
    const again = sweep(deps, new QueueTracker(0), now);
    expect(again.ended).toEqual([moved.id]);
    ledger.remove(again.ended.map(get), now);
    expect(ledger.count()).toBe(0);
  });
});

describe("an unknown message", () => {
  const WINDOW_MS = { otp: 600_000, service: 72 * 3_600_000, marketing: 72 * 3_600_000 };

  it.each(PURPOSES)(
    "of purpose %s ends when its window is over, and not before, with one event and not sent again",
    (purpose) => {
      const id = doubted(purpose);
      now += WINDOW_MS[purpose] - 1;
      expect(sweep(deps, new QueueTracker(0), now)).toMatchObject({ ended: [], kept: [] });
      expect(get(id).endedAt).toBeNull();
      now += 1;
      for (let nth = 0; nth < 2; nth += 1)
        // until it is recorded, every turn names it
        expect(sweep(deps, new QueueTracker(0), now)).toMatchObject({ ended: [], kept: [{ id }] });
      expect(get(id)).toMatchObject({ state: "unknown", endedAt: now, reason: "timeout" });
      expect([sealed(id), told, dispatched, claim(deps, "car_1", [id])]).toEqual([0, ["unknown"], [], []]);
    },
  );

  it("stays for a week after its record, is then removed, and a receipt meanwhile is applied", () => {
    const [quiet, heard] = [doubted("otp"), doubted("otp")];
    now += WINDOW_MS.otp;
    const { kept } = sweep(deps, new QueueTracker(0), now);
    const report = { message: heard, state: "delivered" as const, code: null, at: null };
    expect(applyReports(deps, "car_1", [{ ...report, state: "sent" }])).toBe(0); // it has ended: no step back
    expect(applyReports(deps, "car_1", [report])).toBe(1);
    ledger.keep(kept);
    expect(sweep(deps, new QueueTracker(0), now)).toMatchObject({ ended: [heard], kept: [] });
    now += 7 * 86_400_000;
    expect(sweep(deps, new QueueTracker(0), now).ended).toContain(quiet);
  });

  it("that has ended is not changed by a sender that answers after its claim ran out", () => {
    const { id } = put({ purpose: "otp" });
    claim(deps, "car_1", [id]);
    now += CLAIM_LEASE_MS + 1;
    sweep(deps, new QueueTracker(0), now);
    now += WINDOW_MS.otp;
    sweep(deps, new QueueTracker(0), now);
    const after = get(id);
    answer(id, { outcome: "accepted" });
    expect(get(id)).toEqual(after);
  });

  function doubted(purpose: Purpose): string {
    const { id } = put({ purpose });
    claim(deps, "car_1", [id]);
    told = [];
    answer(id, { outcome: "unknown", code: "timeout" });
    return id;
  }
});

describe("a held message", () => {
  it("waits, cannot be claimed, and expires with an event", () => {
    const { id } = put({ state: "held", account: null, due: now + 600_000 });
    expect(claim(deps, "car_1", [id])).toEqual([]);
    now += 599_999;
    sweep(deps, new QueueTracker(0), now);
    expect(get(id).state).toBe("held");
    now += 1;
    sweep(deps, new QueueTracker(0), now);
    expect(get(id)).toMatchObject({ state: "expired", reason: "never_released" });
    expect([dispatched, sealed(id)]).toEqual([[], 0]);
  });
});
