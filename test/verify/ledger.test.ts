// The tables of verifications over SQLite: moves by compare-and-swap, secrets gone with the end, deadlines after a restart.
import { verifyRoom } from "../../src/verify/room.ts";
import { migrate } from "../../src/storage/migrations.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/base/clock.ts";
import { IdMaker } from "../../src/base/ids.ts";
import { KEPT_HERE_MS, recordedAt, VerifyLedger, type Secrets } from "../../src/verify/ledger.ts";
import { countFailure, countSend, learn, newDestination } from "../../src/verify/locks/locks.ts";
import { SettingsLedger } from "../../src/verify/settings/ledger.ts";
import { ENTERS, mayEnter, STATES, type State, type Verification } from "../../src/verify/code/verification.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const owner = { jurisdiction: "eu", code: "12345678" } as const;
const secrets: Secrets = {
  digest: new Uint8Array([1]),
  context: new Uint8Array([2]),
  codeMessage: new Uint8Array([3]),
};

let sql: NodeSql;
let ids: IdMaker;
let soonest: number[];
let ledger: VerifyLedger;
const open = () => new VerifyLedger(sql, ids.prefixOf("ver"), (at) => void soonest.push(at));
beforeEach(() => {
  sql = nodeSql();
  ids = new IdMaker(owner);
  soonest = [];
  migrate(sql, [verifyRoom]);
  ledger = open();
});

function verification(now: number, state: State = "pending"): Verification {
  const facts = {
    channel: "sms", intent: "login", service: null, template: "login", locale: "en-GB", key: "key_1", country: "GB",
    kind: "drama", mask: "+44•••••••23", strength: "restricted", fingerprint: null, cell: "GB|b|login", createdAt: now,
    expiresAt: now + 600_000, note: false, withheld: false,
  } as const; // prettier-ignore
  const id = ids.make("ver", now);
  return {
    id, state, version: 1, token: "tok_1", subject: "sub_1", destination: new Uint8Array([9]), attempts: 0, reason: null,
    endedAt: null, facts, sends: [],
  }; // prettier-ignore
}

function inserted(now: number): Verification {
  const made = verification(now);
  ledger.insert(made, secrets);
  return made;
}

describe("a move", () => {
  it("happens once: one with an older version changes nothing", () => {
    const read = inserted(NOON);
    const other = ledger.get(read.id)!;
    expect(ledger.move(read, "approved", { endedAt: NOON })).toMatchObject({ state: "approved", version: 2 });
    expect(ledger.move(other, "approved", { endedAt: NOON })).toBeNull();
    expect(ledger.amend(other, { attempts: 4 })).toBeNull();
    expect(ledger.get(read.id)).toMatchObject({ state: "approved", version: 2, attempts: 0 });
  });

  it.each(STATES.flatMap((from) => STATES.map((to) => [from, to] as const)))("from %s to %s is as the table says", (from, to) => {
    const made = verification(NOON, from);
    ledger.insert(made, secrets);
    expect(ledger.move(made, to, {}) !== null).toBe(mayEnter(from, to));
  }); // prettier-ignore

  it("leads out of pending only, and nothing leads back", () => {
    for (const state of STATES) expect(ENTERS[state].every((from) => from === null || from === "pending")).toBe(true);
    expect(ENTERS.pending).toEqual([null]);
  });

  it.each(STATES.filter((state) => state !== "pending"))("to %s takes digests and letter with it", (state) => {
    const made = inserted(NOON);
    expect(ledger.getWhole(made.id)?.secrets).toEqual(secrets);
    ledger.move(made, state, { endedAt: NOON });
    expect(ledger.getWhole(made.id)?.secrets).toEqual({ digest: null, context: null, codeMessage: null });
  });
});

describe("deadlines", () => {
  it("are known again after a restart, each once, and an ended one has none", () => {
    const [first, second, third] = [inserted(NOON), inserted(NOON + 1_000), inserted(NOON + 2_000)];
    ledger.move(second, "canceled", { endedAt: NOON + 3_000 });
    ledger = open();
    expect(ledger.next(0)).toEqual({ endsAt: NOON + 600_000, oldest: first.id });
    expect(ledger.due(NOON + 599_999, 10)).toEqual([]);
    expect(ledger.due(NOON + 602_000, 10)).toEqual([first.id, third.id]);
    expect(ledger.due(NOON + 602_000, 1)).toEqual([first.id]);
    expect(soonest[0]).toBe(NOON + 600_000);
  });

  it("let an ended one be recorded after an hour, never a pending one, and remove it only as it was recorded", () => {
    const ended = ledger.move(inserted(NOON), "approved", { endedAt: NOON })!;
    inserted(NOON + 1);
    expect(recordedAt(NOON)).toBe(NOON + KEPT_HERE_MS + MINUTE_MS); // with the others of its minute
    expect(ledger.old(recordedAt(NOON) - 1, 10)).toEqual([]);
    const [old, ...others] = ledger.old(recordedAt(NOON), 10);
    expect([old?.id, others]).toEqual([ended.id, []]);
    const moved = ledger.amend(ended, { sends: [{ message: "m", at: NOON, state: "delivered", carrier: null }] })!;
    ledger.remove([old!.read()]);
    expect(ledger.get(ended.id)).toEqual(moved);
    ledger.remove([moved]);
    expect(ledger.get(ended.id)).toBeNull();
  });
});

it("the guesses of an hour are counted from rows, so that a restart loses none", () => {
  const made = inserted(NOON);
  ledger.amend(made, { attempts: 3 });
  const right = inserted(NOON + 1);
  ledger.move(right, "approved", { attempts: 2, endedAt: NOON });
  expect(ledger.guessesSince(NOON)).toEqual({ checks: 5, failed: 4 });
  expect(ledger.guessesSince(NOON + HOUR_MS)).toEqual({ checks: 0, failed: 0 });
});

it("a destination is kept only as long as something of it counts", () => {
  const name = new Uint8Array([7]);
  let destination = countSend(newDestination(), "ver_1", NOON, null);
  destination = countFailure(destination, null, NOON + HOUR_MS).destination;
  ledger.putDestination(name, destination);
  expect(ledger.purge(NOON + DAY_MS + HOUR_MS, 10)).toBe(0);
  expect(ledger.destination(name, NOON + DAY_MS)).toMatchObject({
    sends: [],
    strangers: { failures: [NOON + HOUR_MS] },
  });
  expect(ledger.purge(NOON + DAY_MS + HOUR_MS + 1, 10)).toBe(1);
  ledger.putDestination(name, learn(newDestination(), "dmine", NOON));
  expect(ledger.purge(NOON + 90 * DAY_MS, 10)).toBe(0);
  expect(ledger.purge(NOON + 90 * DAY_MS + 1, 10)).toBe(1);
});

it("a named limit's window begins with its first use and ends by itself", () => {
  SettingsLedger.migrate(sql);
  const settings = new SettingsLedger(sql);
  const bucket = { name: "session", max: 2, seconds: 60 };
  const name = new Uint8Array([5]);
  settings.use(name, bucket, NOON);
  settings.use(name, bucket, NOON + 59_000);
  expect(settings.used(name, NOON + 59_999)).toEqual({ used: 2, until: NOON + 60_000 });
  expect(settings.used(name, NOON + 60_000)).toEqual({ used: 0, until: 0 });
  expect([settings.purge(NOON + 59_999, 10), settings.purge(NOON + 60_000, 10)]).toEqual([0, 1]);
});
