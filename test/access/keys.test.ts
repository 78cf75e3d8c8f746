import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { callbackMac, readCallback, makeApiKey, readApiKey } from "../../src/access/api-key.ts";
import { SCOPES, type Granted, type Origin } from "../../src/access/caller.ts";
import { IdempotencyLedger, KEPT_MS } from "../../src/access/idempotency.ts";
import { KEYS_MAX, KeysLedger, type KeySettings } from "../../src/access/keys.ts";
import { issueKey, keysVerbs, type KeysDeps } from "../../src/access/verbs.ts";
import { IdMaker } from "../../src/base/ids.ts";
import { randomBytes } from "../../src/base/random.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const door = [randomBytes(32)];
const ids = new IdMaker({ jurisdiction: "eu", code: "12345678" });
const nowhere: Origin = { ip: null, certificate: null };
const settings = (over: Partial<KeySettings> = {}): KeySettings => ({ name: "k", scopes: ["*"], ipAllowlist: [], certificate: null, expiresAt: null, ...over }); // prettier-ignore

let sql: NodeSql;
let keys: KeysLedger;
let deps: KeysDeps;
let recorded: string[];
let now: number;
beforeEach(() => {
  sql = nodeSql();
  KeysLedger.migrate(sql);
  keys = new KeysLedger(sql);
  recorded = [];
  now = NOON;
  deps = {
    keys,
    door,
    environment: "sandbox",
    newId: () => ids.make("key", NOON),
    realNow: () => now,
    scopesOf: (id) => {
      const found = keys.get(id);
      return "refused" in found ? [] : found.ok.scopes;
    },
    record: (_actor, entry) => recorded.push(entry.act),
  };
});

const OPERATOR = { type: "operator", id: "op" } as const;

function issue(over: Partial<KeySettings> = {}) {
  const issued = issueKey(deps, OPERATOR, settings(over));
  if ("refused" in issued) throw new Error(issued.refused);
  const read = readApiKey(door, `Bearer ${issued.ok.secret}`);
  return { id: issued.ok.id, text: issued.ok.secret, credential: read!.credential };
}
const verdict = (credential: { id: string; secret: string }, origin = nowhere) => {
  const caller = keys.recognise(credential, origin, now);
  return typeof caller === "string" ? caller : "caller";
};

describe("an API key", () => {
  it("that would have expired when it is made is refused, whoever makes it, and no row is written", () => {
    for (const expiresAt of [NOON, NOON - 1, 0])
      expect(issueKey(deps, OPERATOR, settings({ expiresAt }))).toMatchObject({
        refused: "invalid_field",
        errors: [{ field: "expires_at" }],
      });
    expect([keys.list(), recorded]).toEqual([[], []]);
    expect(issueKey(deps, OPERATOR, settings({ expiresAt: NOON + 1 }))).toMatchObject({ ok: { name: "k" } });
  });

  it("stands on one page of the list, also when there are more than a page holds", () => {
    const made = Array.from({ length: 5 }, () => issue().id).toReversed();
    const list = keysVerbs(deps)["keys.list"];
    const pages = (limit: number, before?: string): string[] => {
      const page = list.run({ id: made[0]! }, { limit, ...(before === undefined ? {} : { before }) });
      if ("refused" in page) throw new Error(page.refused);
      const { data, next_cursor: next } = page.ok;
      return [...data.map(({ id }) => id), ...(next === null ? [] : pages(limit, next))];
    };
    for (const limit of [1, 2, 4, 5, 6]) expect(pages(limit)).toEqual(made);
  });

  it("names its tenant and key, and its door knows it from its text alone", () => {
    const { text, id } = issue();
    expect(text).toMatch(/^mk_test_e12345678/);
    expect(readApiKey(door, `Bearer ${text}`)).toMatchObject({ owner: { jurisdiction: "eu", code: "12345678" }, credential: { id } }); // prettier-ignore
    expect(readApiKey([randomBytes(32), ...door], `Bearer ${text}`)).not.toBeNull();
    expect(readApiKey([randomBytes(32)], `Bearer ${text}`)).toBeNull();
    expect(makeApiKey(door, ids.make("key", NOON), "live").text).toMatch(/^mk_live_/);
  });

  it("changed in any one character, cut or lengthened, is refused at the door", () => {
    const { text } = issue();
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "0" ? "1" : "0";
      expect(readApiKey(door, `Bearer ${text.slice(0, at)}${other}${text.slice(at + 1)}`), `${at}`).toBeNull();
      expect(readApiKey(door, `Bearer ${text.slice(0, at)}`)).toBeNull();
    }
    for (const header of [
      undefined,
      "",
      text,
      `bearer ${text}`,
      `Bearer  ${text}`,
      `Bearer ${text} `,
      `Bearer ${text}0`,
      `Basic ${text}`,
    ])
      // prettier-ignore
      expect(readApiKey(door, header)).toBeNull();
    fc.assert(fc.property(fc.string({ unit: "binary" }), (header) => readApiKey(door, header) === null));
  });

  it("is stored only as a hash", () => {
    const { text, credential } = issue();
    const stored = JSON.stringify(sql.exec(`SELECT * FROM api_keys`).toArray());
    expect(stored).not.toContain(credential.secret);
    expect(stored).not.toContain(text.slice(-16));
    expect(JSON.stringify(keys.list())).not.toContain(credential.secret);
  });

  it.each<[string, Partial<KeySettings>, Origin, string]>([
    ["from anywhere", {}, nowhere, "caller"],
    ["from a network of its list", { ipAllowlist: ["192.0.2.0/24"] }, { ip: "192.0.2.9", certificate: null }, "caller"],
    ["from the mapped form of that network", { ipAllowlist: ["192.0.2.0/24"] }, { ip: "::ffff:192.0.2.9", certificate: null }, "caller"],
    ["from another network", { ipAllowlist: ["192.0.2.0/24"] }, { ip: "198.51.100.9", certificate: null }, "address"],
    ["from nowhere the platform names", { ipAllowlist: ["0.0.0.0/0"] }, nowhere, "address"],
    ["with its certificate", { certificate: "ab" }, { ip: null, certificate: "ab" }, "caller"],
    ["without its certificate", { certificate: "ab" }, nowhere, "certificate"],
    ["with another certificate", { certificate: "ab" }, { ip: null, certificate: "cd" }, "certificate"],
    ["before its end", { expiresAt: NOON + 1 }, nowhere, "caller"],
    ["at its end", { expiresAt: NOON }, nowhere, "expired"],
  ])("used %s is judged so", (_, over, origin, expected) => {
    now = NOON - 1;
    const { credential } = issue(over);
    now = NOON;
    expect(verdict(credential, origin)).toBe(expected);
  }); // prettier-ignore

  it("of no key, or with another's secret, is nobody's", () => {
    const [one, two] = [issue(), issue()];
    expect(verdict({ id: ids.make("key", NOON), secret: one.credential.secret })).toBe("unknown");
    expect(verdict({ id: one.id, secret: two.credential.secret })).toBe("secret");
  });

  it("revoked stops with the next call, for good, whatever was remembered of it", () => {
    const { id, credential } = issue();
    expect(verdict(credential)).toBe("caller");
    keys.revoke(id, now);
    expect(verdict(credential)).toBe("revoked");
    expect(keys.revoke(id, now + 5)).toMatchObject({ ok: { revoked_at: new Date(NOON).toISOString() } });
    keys = new KeysLedger(sql);
    expect(verdict(credential)).toBe("revoked");
  });

  it("revoked stays so behind a clock that has stepped back", () => {
    const { id, credential } = issue();
    keys.revoke(id, now);
    now -= 60_000;
    expect(verdict(credential)).toBe("revoked");
    expect(new KeysLedger(sql).recognise(credential, nowhere, now)).toBe("revoked");
  });

  it("that has expired takes no place of a live one, and has no successor, which would be born dead", () => {
    const old = issue({ expiresAt: NOON + 1_000 });
    for (let more = 1; more < KEYS_MAX; more++) issue();
    expect(issueKey(deps, OPERATOR, settings())).toMatchObject({ refused: "state_conflict" });
    now = NOON + 1_000;
    const before = sql.exec(`SELECT * FROM api_keys`).toArray();
    expect(keys.rotate(old.id, deps.newId(), "secret", now + 1_000, now)).toMatchObject({ refused: "state_conflict" });
    expect(sql.exec(`SELECT * FROM api_keys`).toArray()).toEqual(before);
    issue();
  });

  it("can be replaced also when there are a hundred", () => {
    const [first] = Array.from({ length: KEYS_MAX }, () => issue());
    expect(keys.rotate(first!.id, deps.newId(), "secret", now + 1_000, now)).toHaveProperty("ok");
    expect(issueKey(deps, OPERATOR, settings())).toMatchObject({ refused: "state_conflict" });
  });

  it("is refused beyond a hundred, and nothing is stored of it", () => {
    for (let n = 0; n < KEYS_MAX; n++) issue();
    expect(issueKey(deps, OPERATOR, settings())).toMatchObject({ refused: "state_conflict" });
    expect(keys.list()).toHaveLength(KEYS_MAX);
    expect(recorded).toHaveLength(KEYS_MAX);
  });
});

describe("rotation", () => {
  it("lets both keys in until the overlap ends, then only the new one", () => {
    const old = issue({ scopes: ["messages:send", "keys:manage"], ipAllowlist: [] });
    const verbs = keysVerbs(deps);
    const rotated = verbs["keys.rotate"].run({ id: old.id }, { id: old.id, overlapSeconds: 60 });
    if ("refused" in rotated) throw new Error(rotated.refused);
    const fresh = readApiKey(door, `Bearer ${rotated.ok.secret}`)!.credential;
    expect([verdict(old.credential), verdict(fresh)]).toEqual(["caller", "caller"]);
    now = NOON + 60_000;
    expect([verdict(old.credential), verdict(fresh)]).toEqual(["revoked", "caller"]);
    expect(rotated.ok.scopes).toEqual(["messages:send", "keys:manage"]);
    expect(keys.get(old.id)).toMatchObject({ ok: { replaced_by: rotated.ok.id } });
    expect(verbs["keys.rotate"].run({ id: fresh.id }, { id: old.id, overlapSeconds: 60 })).toMatchObject({ refused: "state_conflict" }); // prettier-ignore
  });

  it("can be cut short by revoking the old key", () => {
    const old = issue();
    keysVerbs(deps)["keys.rotate"].run({ id: old.id }, { id: old.id, overlapSeconds: 600 });
    keysVerbs(deps)["keys.revoke"].run({ id: old.id }, { id: old.id });
    expect(verdict(old.credential)).toBe("revoked");
  });
});

describe("a key cannot hand out more than it holds", () => {
  const granted = fc.subarray([...SCOPES, "*"] as Granted[number][], { minLength: 1 });
  const within = (mine: Granted, theirs: Granted) =>
    theirs.every((scope) => mine.includes("*") || (scope !== "*" && mine.includes(scope)));

  it("neither by making a key nor by replacing one, and a refused try leaves no key and no entry", () => {
    fc.assert(
      fc.property(granted, granted, (mine, theirs) => {
        for (const { id } of keys.list()) keys.revoke(id, now);
        const me = issue({ scopes: mine });
        const other = issue({ scopes: theirs });
        const before = [keys.list().length, recorded.length];
        const verbs = keysVerbs(deps);
        const made = verbs["keys.create"].run({ id: me.id }, settings({ scopes: theirs }));
        const replaced = verbs["keys.rotate"].run({ id: me.id }, { id: other.id, overlapSeconds: 0 });
        for (const outcome of [made, replaced]) expect("ok" in outcome).toBe(within(mine, theirs));
        if (within(mine, theirs)) return;
        expect([keys.list().length, recorded.length]).toEqual(before);
        expect(made).toMatchObject({ refused: "missing_scope" });
        expect(replaced).toMatchObject({ refused: "missing_scope" });
        expect(verdict(other.credential)).toBe("caller");
      }),
      { numRuns: 60 },
    );
  });
});

describe("a callback's last part", () => {
  const called = { at: 1_795_000_000_000, lane: "otp" as const };
  it("says when and on which lane the call was made, for one account and one message, under an older door key too", () => {
    const text = callbackMac(door, "car_1", "msg_1", called);
    expect(readCallback([randomBytes(32), ...door], "car_1", "msg_1", text)).toEqual(called);
    const bulk = callbackMac(door, "car_1", "msg_1", { at: called.at + 999, lane: "bulk" });
    expect(readCallback(door, "car_1", "msg_1", bulk)).toEqual({ at: called.at, lane: "bulk" });
    expect(text.length).toBeLessThanOrEqual(26);
  });

  it("is nobody's when account, message, lane, time or MAC differ", () => {
    const text = callbackMac(door, "car_1", "msg_1", called);
    for (const [account, message, other] of [
      ["car_2", "msg_1", text],
      ["car_1", "msg_2", text],
      ["car_1", "msg_1", ""],
      ["car_1", "msg_1", `${text}0`],
      ["car_1", "msg_1", `b${text.slice(1)}`],
      ["car_1", "msg_1", `${text.slice(0, 6)}${text[6] === "1" ? "2" : "1"}${text.slice(7)}`],
      ["car_1", "msg_1", text.slice(-16)],
      ["car_1|msg", "1", text],
    ] as const)
      // prettier-ignore
      expect(readCallback(door, account, message, other), other).toBeNull();
    expect(readCallback([randomBytes(32)], "car_1", "msg_1", text)).toBeNull();
  });
});

describe("a kept answer", () => {
  const bytes = (n: number) => new Uint8Array(16).fill(n);
  let kept: IdempotencyLedger;
  beforeEach(() => {
    IdempotencyLedger.migrate(sql);
    kept = new IdempotencyLedger(sql);
  });

  it("is found for exactly 24 hours, behind a restart too, and by its own name only", () => {
    const ends = [NOON, NOON + KEPT_MS / 2 - 1, NOON - (NOON % KEPT_MS) - 1];
    for (const [n, at] of ends.entries()) {
      kept.keep(bytes(n), bytes(2), bytes(3), at);
      kept = new IdempotencyLedger(sql);
      expect(kept.find(bytes(n), at + KEPT_MS - 1)).toEqual({ body: bytes(2), answer: bytes(3), at });
      expect(kept.find(bytes(n), at + KEPT_MS)).toBeNull();
      expect(kept.find(bytes(9), at)).toBeNull();
    }
  });

  it("is found when the clock has stepped back over midnight, and the newest hides one whose day is over", () => {
    const midnight = NOON - (NOON % KEPT_MS) + KEPT_MS;
    kept.keep(bytes(1), bytes(2), bytes(3), midnight + 5);
    expect(kept.find(bytes(1), midnight - 5)?.at).toBe(midnight + 5);
    kept.keep(bytes(4), bytes(2), bytes(3), midnight - 10);
    kept.keep(bytes(4), bytes(5), bytes(6), midnight - 10 + KEPT_MS);
    expect(kept.find(bytes(4), midnight - 9 + KEPT_MS)).toMatchObject({ body: bytes(5), answer: bytes(6) });
  });

  it("is purged when its time is over and not before, a bounded number at once", () => {
    kept.keep(bytes(1), bytes(2), bytes(3), NOON);
    expect(kept.purge(NOON + KEPT_MS - 1, 10)).toBe(0);
    for (let n = 2; n < 8; n++) kept.keep(bytes(n), bytes(2), bytes(3), NOON);
    expect(kept.purge(NOON + 2 * KEPT_MS, 5)).toBe(5);
    expect(kept.purge(NOON + 2 * KEPT_MS, 5)).toBe(2);
    expect(sql.exec(`SELECT * FROM idempotency`).toArray()).toEqual([]);
  });
});
