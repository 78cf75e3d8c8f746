import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  IdMaker,
  newTenantCode,
  newToken,
  OPERATOR_CODE,
  parseId,
  parseTenantId,
  parseToken,
  PREFIXES,
  tenantId,
  timeOfId,
  ulidTime,
  type Owner,
} from "../../src/base/ids.ts";
import { ALPHABET } from "../../src/base/random.ts";

const START = Date.UTC(2026, 10, 23, 10);
const code = fc.array(fc.constantFrom(...ALPHABET), { minLength: 8, maxLength: 8 }).map((letters) => letters.join(""));
const owner = fc.record({ jurisdiction: fc.constantFrom("eu" as const, "us" as const), code });
const time = fc.integer({ min: 0, max: Date.UTC(9999, 0) });
const eu: Owner = { jurisdiction: "eu", code: "12345678" };

describe("an id", () => {
  it("has 40 characters and says whose it is, of what kind and from when", () => {
    fc.assert(
      fc.property(owner, fc.constantFrom(...PREFIXES), time, (whose, prefix, now) => {
        const maker = new IdMaker(whose);
        const id = maker.make(prefix, now);
        expect(id).toHaveLength(40);
        expect(parseId(id)).toEqual({ ...whose, prefix, ulid: id.slice(-26) });
        expect(timeOfId(id)).toBe(now);
        expect(id.startsWith(maker.prefixOf(prefix))).toBe(true);
        expect(parseToken(id)).toBeNull();
        expect(parseTenantId(id)).toBeNull();
      }),
    );
  });

  it("is nobody's when one character is not of the alphabet, is missing or is too many", () => {
    const id = new IdMaker(eu).make("msg", START);
    for (let at = 0; at < id.length; at++) {
      expect(parseId(id.slice(0, at) + id.slice(at + 1)), `without ${at}`).toBeNull();
      expect(parseId(`${id.slice(0, at)}!${id.slice(at + 1)}`), `! at ${at}`).toBeNull();
    }
    for (const wrong of [`${id}0`, ` ${id}`, `${id}\n`, id.toUpperCase(), "", "msg_"])
      expect(parseId(wrong)).toBeNull();
  });

  it("of another shard than the one there is, is refused", () => {
    const id = new IdMaker(eu).make("msg", START);
    expect(parseId(`${id.slice(0, 13)}1${id.slice(14)}`)).toBeNull();
  });
});

describe("ids of one maker", () => {
  it("rise whatever the clock does, also behind a restart in the middle", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: -5, max: 2 }), fc.boolean()), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(steps, (moves) => {
        let maker = new IdMaker(eu);
        let now = START;
        let last = "";
        for (const [move, restart] of moves) {
          if (restart && last !== "") {
            maker = new IdMaker(eu);
            maker.startAfter(last);
          }
          now += move;
          const id = maker.make("evt", now);
          expect(id > last).toBe(true);
          expect(timeOfId(id)).toBeGreaterThanOrEqual(now);
          last = id;
        }
      }),
    );
  });

  it("rise behind every restart of one stalled millisecond", () => {
    let last = new IdMaker(eu).make("evt", START);
    for (let restart = 0; restart < 200; restart++) {
      const maker = new IdMaker(eu);
      maker.startAfter(last);
      const next = maker.make("evt", START);
      expect(next > last, `restart ${restart}`).toBe(true);
      last = next;
    }
  });

  it("are not taken back by an older id to start behind", () => {
    const maker = new IdMaker(eu);
    const newest = maker.make("evt", START);
    maker.startAfter(new IdMaker(eu).make("msg", START - 1));
    expect(maker.make("evt", START - 1) > newest).toBe(true);
  });

  it("sort as their times do, and a time's text is a bound for both sides", () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        fc.pre(a < b);
        expect(ulidTime(a) < ulidTime(b)).toBe(true);
        const [first, second] = [new IdMaker(eu).make("msg", a), new IdMaker(eu).make("msg", b)];
        expect(first < second).toBe(true);
        expect(first < new IdMaker(eu).prefixOf("msg") + ulidTime(b)).toBe(true);
        expect(second >= new IdMaker(eu).prefixOf("msg") + ulidTime(b)).toBe(true);
      }),
    );
  });

  it("never repeat, 100,000 within one millisecond and over many makers", () => {
    const maker = new IdMaker(eu);
    const ids = new Set<string>();
    for (let n = 0; n < 100_000; n++) ids.add(maker.make("msg", START));
    for (let n = 0; n < 1_000; n++) ids.add(new IdMaker(eu).make("msg", START));
    expect(ids.size).toBe(101_000);
  });
});

describe("a tenant's id and a number's token", () => {
  it("are read back as they were written, and never as each other", () => {
    fc.assert(
      fc.property(owner, (whose) => {
        expect(parseTenantId(tenantId(whose))).toEqual(whose);
        const token = newToken(whose);
        expect(token).toHaveLength(40);
        expect(parseToken(token)).toEqual(whose);
        expect(parseTenantId(token)).toBeNull();
        expect(parseToken(tenantId(whose))).toBeNull();
      }),
    );
  });

  it("a token tells nothing of the one before: 1,000 of one tenant differ in every place", () => {
    const tokens = Array.from({ length: 1_000 }, () => newToken(eu).slice(14));
    for (let at = 0; at < 26; at++) expect(new Set(tokens.map((token) => token[at])).size, `place ${at}`).toBe(32);
    expect(new Set(tokens).size).toBe(1_000);
  });

  it("a new tenant is never given the operator's code", () => {
    for (let n = 0; n < 1_000; n++) expect(newTenantCode()).not.toBe(OPERATOR_CODE);
  });
});
