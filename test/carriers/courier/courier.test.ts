import { PLAIN_ACCOUNT } from "../../../src/carriers/carrier.ts";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LogLine } from "../../../src/base/log.ts";
import { randomBytes } from "../../../src/base/random.ts";
import { toBase64 } from "../../../src/base/seal.ts";
import { carrierOf } from "../../../src/carriers/registry.ts";
import { Courier, type AccountConfig } from "../../../src/carriers/courier/courier.ts";
import { Pace, type Want } from "../../../src/carriers/courier/pace.ts";
import { signatureOf } from "../../../src/carriers/adapters/twilio/twilio.ts";
import { Keyring } from "../../../src/vault/keyring.ts";
import { accountOf, callbackOf, fixture, RECEIPT_URL } from "../../support/carriers/adapter.ts";
import { nodeSql, type NodeSql } from "../../support/rooms/node-sql.ts";

const roots = { "1": toBase64(randomBytes(32)), "2": toBase64(randomBytes(32)) };
const ringOf = (...versions: ("1" | "2")[]) => Keyring.parse(JSON.stringify(Object.fromEntries(versions.map((version) => [version, roots[version]])))); // prettier-ignore
const config: AccountConfig = { ...PLAIN_ACCOUNT, id: "car_1", kind: "http", mode: "test", settings: { url: "https://g.example.com/" } }; // prettier-ignore
const SECRET = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5";
const want = (tenant: string, lane: Want["lane"] = "bulk", wanted = 1): Want => ({ tenant, lane, wanted });

describe("the pace of an account", () => {
  it("is never exceeded over any window, whatever is asked and whenever", () => {
    const asks = fc.array(fc.record({ after: fc.integer({ min: 0, max: 400 }), wanted: fc.integer({ min: 1, max: 20 }) }), { maxLength: 200 }); // prettier-ignore
    fc.assert(
      fc.property(fc.constantFrom(0.5, 1, 7, 30, 400), asks, (perSecond, run) => {
        const pace = new Pace(perSecond, 0, 0);
        const depth = Math.max(1, perSecond / 10);
        const given: { at: number; granted: number }[] = [];
        let now = 0;
        for (const { after, wanted } of run) {
          now += after;
          const { granted, waitMs } = pace.grant(wanted, now);
          expect(granted).toBeLessThanOrEqual(wanted);
          expect(granted > 0 ? waitMs === 0 : waitMs > 0).toBe(true);
          given.push({ at: now, granted });
        }
        for (const [first, { at: from }] of given.entries()) {
          let sum = 0;
          for (const { at, granted } of given.slice(first)) {
            sum += granted;
            expect(sum).toBeLessThanOrEqual(depth + ((at - from) * perSecond) / 1_000 + 1e-6);
          }
        }
      }),
    );
  });

  it("gives, behind the wait it names, at least one", () => {
    for (const perSecond of [0.2, 1, 30, 999]) {
      const pace = new Pace(perSecond, 0, 0);
      let now = 0;
      for (let n = 0; n < 500; n++) {
        const { granted, waitMs } = pace.grant(6, now);
        if (granted === 0) expect(pace.grant(1, (now += waitMs)).granted).toBe(1);
      }
    }
  });

  it("is not lifted by a clock that steps back, nor does the account stand still for it", () => {
    const pace = new Pace(10, 0, 1_000_000);
    expect(pace.grant(5, 1_000_000).granted).toBe(1);
    expect(pace.grant(5, 900_000).granted).toBe(0);
    expect(pace.grant(5, 900_100).granted).toBe(1);
  });

  it("gives no turn away for nothing: two tenants that wait are served one by one", () => {
    const pace = new Pace(10, 0, 0);
    const line = [want("a"), want("b")];
    const order: string[] = [];
    for (let now = 0; now < 1_000; now += 100) {
      for (;;) {
        const next = pace.next(line)!;
        if (pace.grant(1, now).granted === 0) break;
        pace.served(next);
        order.push(next.tenant);
      }
    }
    expect(order.join("")).toBe("ababababab");
  });

  it("is held as long as the carrier asked, a shorter word never shortens a longer, and an unlimited account is held too", () => {
    for (const perSecond of [null, 10]) {
      const pace = new Pace(perSecond, 0, 0);
      expect([pace.hold(5_000), pace.hold(3_000), pace.hold(5_000), pace.holdUntil]).toEqual([true, false, false, 5_000]); // prettier-ignore
      expect(pace.grant(1, 4_999)).toEqual({ granted: 0, waitMs: 1 });
      expect(pace.grant(1, 5_000).granted).toBeGreaterThan(0);
    }
  });

  it("lets codes go first and tenants of one lane take turns", () => {
    const pace = new Pace(null, 0, 0);
    let line = [want("a"), want("a"), want("b"), want("a", "otp"), want("c"), want("b", "otp"), want("a")];
    const order: string[] = [];
    while (line.length > 0) {
      const next = pace.next(line)!;
      order.push(`${next.tenant} ${next.lane}`);
      pace.served(next);
      line = line.filter((one) => one !== next);
    }
    expect(order).toEqual(["a otp", "b otp", "c bulk", "a bulk", "b bulk", "a bulk", "a bulk"]);
    expect(pace.next([])).toBeNull();
  });
});

describe("a courier", () => {
  let sql: NodeSql;
  const lines: LogLine[] = [];
  beforeEach(() => {
    sql = nodeSql();
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => void vi.useRealTimers());
  const courier = (ring = ringOf("1")) => new Courier({ sql, ring, now: Date.now, later: (ms, run) => void setTimeout(run, ms), carrierOf, log: (line) => void lines.push(line), quiet: () => Promise.resolve(), io: () => ({ fetch: () => Promise.reject(new Error("no")), now: Date.now, handset: () => Promise.resolve() }), note: () => Promise.resolve() }); // prettier-ignore
  const made = (over: Partial<AccountConfig> = {}) => {
    const one = courier();
    one.configure({ ...config, ...over }, { secret: SECRET });
    return one;
  };

  it("that was never made gives no permit, reads no receipt and writes nothing", async () => {
    const nobody = courier();
    expect(await nobody.permit(want("a"))).toBeNull();
    await nobody.hold(5);
    expect(await nobody.readReceipts({ message: "m", url: "", headers: {}, body: new Uint8Array(0), now: 0, called: null })).toMatchObject({ refused: "not_found" }); // prettier-ignore
    expect([nobody.rootsInUse(), nobody.rewrap()]).toEqual([[], []]);
    expect(sql.exec(`SELECT name FROM sqlite_master`).toArray()).toEqual([]);
  });

  it("counts a state or a code that is in no table of ours, and only of a receipt that it believes", async () => {
    const { settings, secrets } = accountOf("twilio");
    const one = courier();
    one.configure({ ...config, kind: "twilio", settings }, secrets);
    let read: unknown = null;
    const told = async (MessageStatus: string, ErrorCode: string, token = secrets["auth_token"]!) => {
      const form = { ...fixture<Record<string, string>>("twilio", "status.json"), MessageStatus, ErrorCode };
      const signature = signatureOf(token, RECEIPT_URL, new Map(Object.entries(form)));
      lines.length = 0;
      read = await one.readReceipts(callbackOf(new URLSearchParams(form).toString(), { "x-twilio-signature": signature })); // prettier-ignore
      return [...lines];
    };
    const line = { level: "warn", what: "carrier_unmapped", id: "car_1" };
    expect(await told("delivered", "")).toEqual([]);
    expect(await told("undelivered", "30003")).toEqual([]);
    expect(await told("pondering", "")).toEqual([line]);
    expect(await told("undelivered", "39999")).toEqual([{ ...line, code: "39999" }]);
    expect(read).not.toMatchObject({ ok: [{ saidStop: true }] });
    expect(await told("undelivered", "21610")).toEqual([]);
    expect(read).toMatchObject({ ok: [{ code: "21610", saidStop: true }] });
    expect(await told("pondering", "", "e".repeat(32))).toEqual([]);
  });

  it("keeps its secret wrapped at rest and hands it only to a sender", async () => {
    const permit = await made().permit(want("a"));
    expect(permit?.account).toEqual({ ...config, secrets: { secret: SECRET } });
    const stored = JSON.stringify(sql.exec(`SELECT * FROM account`).toArray(), (_key, value: unknown) => value instanceof ArrayBuffer ? Buffer.from(value).toString("latin1") : value); // prettier-ignore
    expect(stored).not.toContain(SECRET.slice(6, 20));
    expect(stored).not.toContain("canary");
  });

  it("changed without a new secret keeps the one it has, and its hold", async () => {
    const one = made();
    await one.hold(60);
    one.configure({ ...config, perSecond: 5 }, {});
    expect(await one.permit(want("a"))).toMatchObject({
      granted: 0,
      account: { perSecond: 5, secrets: { secret: SECRET } },
    });
  });

  it("remembers behind a restart that the carrier asked to be left alone", async () => {
    await made().hold(60);
    const reborn = courier();
    expect(await reborn.permit(want("a"))).toMatchObject({ granted: 0, waitMs: 60_000 });
    vi.setSystemTime(1_060_000);
    expect(await reborn.permit(want("a"))).toMatchObject({ waitMs: 0, goodUntil: 1_061_000 });
  });

  it("lets nobody wait in line longer than he said, and serves the line in turn: codes, then tenants", async () => {
    const one = made({ perSecond: 10 });
    expect(await one.permit(want("x"))).toMatchObject({ granted: 1 });
    const served: string[] = [];
    const waits = [want("a"), want("a"), want("b"), want("c", "otp")].map(async (each) => {
      const { granted = 0 } = (await one.permit(each)) ?? {};
      served.push(`${each.tenant} ${granted}`);
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(waits);
    expect(served).toEqual(["c 1", "a 1", "b 1", "a 1"]);
    const slow = made({ perSecond: 0.5 });
    await slow.permit(want("a"));
    expect(await slow.permit(want("b"))).toMatchObject({ granted: 0, waitMs: 2_000 });
  });

  it("re-wraps its secret under the newest root, and says which root it needs even when it cannot open it", async () => {
    made();
    expect(courier(ringOf("1", "2")).rootsInUse()).toEqual([1]);
    expect([courier(ringOf("2")).rootsInUse(), courier(ringOf("2")).rewrap()]).toEqual([[1], [1]]);
    expect(await courier(ringOf("2")).permit(want("a"))).toBeNull();
    expect(courier(ringOf("1", "2")).rewrap()).toEqual([2]);
    expect(courier(ringOf("2")).rootsInUse()).toEqual([2]);
    expect(await courier(ringOf("2")).permit(want("a"))).toMatchObject({ account: { secrets: { secret: SECRET } } });
    expect(courier(ringOf("1")).rewrap()).toEqual([2]);
  });

  it("without a secret, as the sandbox's, needs no root", () => {
    const one = courier();
    one.configure({ ...config, kind: "sandbox", settings: {} }, {});
    expect([one.rootsInUse(), one.rewrap()]).toEqual([[], []]);
  });
});
