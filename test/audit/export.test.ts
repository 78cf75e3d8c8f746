import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readEntry, sealEntry } from "../../src/audit/entry.ts";
import { checkExport, headLine, type ExportFault, type ExportOptions } from "../../src/audit/export.ts";
import { entry, exported, grow, log, newKey, signed } from "../support/rooms/audit-log.ts";

const key = newKey();
const SIZE = 12;
const { ledger } = log(SIZE);
const lines = exported(ledger, key.signer);
const withKey = { publicKey: key.publicKey };

function check(text: readonly string[], options: ExportOptions = withKey): object {
  const opened = checkExport(options);
  if ("fault" in opened) return opened;
  for (const line of text) {
    const fault = opened.line(line);
    if (fault !== null) return fault;
  }
  return opened.end();
}

/** Where the changed line stands, and where at the latest the check must have noticed. */
function expectFaultNear(text: readonly string[], index: number): void {
  const fault = check(text) as ExportFault;
  expect(fault).toHaveProperty("fault");
  expect(fault.line).toBeGreaterThanOrEqual(index + 1);
  expect(fault.line).toBeLessThanOrEqual(index + 2);
}

describe("an export with its signed head", () => {
  const index = fc.nat(SIZE - 1);

  test("is good as it is", () => {
    expect(check(lines)).toMatchObject({
      ok: { entries: SIZE, end: ledger.head(), headsChecked: [SIZE], signaturesChecked: true },
    });
  });

  test("is refused with any one entry deleted, at that line", () => {
    fc.assert(fc.property(index, (at) => expectFaultNear(lines.toSpliced(at, 1), at)));
  });

  test("is refused with any one character of any entry changed, by the next line at the latest", () => {
    const change = fc.tuple(index, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }));
    fc.assert(
      fc.property(change, ([at, where, char]) => {
        const line = lines[at] ?? "";
        const place = where % line.length;
        const changed = line.slice(0, place) + char + line.slice(place + 1);
        fc.pre(changed !== line && char !== "\n");
        expectFaultNear(lines.with(at, changed), at);
      }),
      { numRuns: 500 },
    );
  });

  test("is refused with any one field of any entry rewritten in good form", () => {
    const fields = ["id", "at", "actor", "act", "subject", "reason", "facts"] as const;
    const values = {
      id: "x",
      at: "2020-01-01T00:00:00.000Z",
      actor: { type: "system", id: "x" },
      act: "x.y",
      subject: null,
    };
    const all = { ...values, reason: "x", facts: {} };
    fc.assert(
      fc.property(index, fc.constantFrom(...fields), (at, field) => {
        const { prev, ...rest } = readEntry(lines[at] ?? "")!;
        expectFaultNear(lines.with(at, sealEntry(prev, { ...rest, [field]: all[field] }).text), at);
      }),
    );
  });

  test("is refused with an entry inserted anywhere, copied or well sealed in its place", () => {
    fc.assert(
      fc.property(fc.nat(SIZE), fc.nat(SIZE - 1), fc.boolean(), (at, copied, sealed) => {
        const before = readEntry(lines[at - 1] ?? "");
        const prev = before === null ? "0".repeat(64) : sealEntry(before.prev, strip(before)).hash;
        const made = sealEntry(prev, { ...entry(99), id: "aud_x", seq: at + 1, at: "2026-11-23T10:00:00.000Z" }).text;
        expectFaultNear(lines.toSpliced(at, 0, sealed ? made : (lines[copied] ?? "")), at);
      }),
    );
  });

  test("is refused with any two entries exchanged, at the first of them", () => {
    fc.assert(
      fc.property(index, index, (one, other) => {
        fc.pre(one !== other);
        const swapped = lines.with(one, lines[other] ?? "").with(other, lines[one] ?? "");
        expectFaultNear(swapped, Math.min(one, other));
      }),
    );
  });

  test("is refused when cut anywhere, with its head kept or dropped", () => {
    for (let size = 0; size < SIZE; size++) {
      expect(check([...lines.slice(0, size), lines.at(-1) ?? ""])).toMatchObject({ fault: "truncated" });
      expect(check(lines.slice(0, size))).toMatchObject({ fault: "no_head" });
    }
  });

  test("is refused when rewritten from any entry on and chained anew", () => {
    for (let from = 0; from < SIZE; from++) {
      const { ledger: other } = log(from);
      grow(other, SIZE - from, "rewritten");
      const forged = exported(other, newKey().signer).with(-1, lines.at(-1) ?? "");
      expect(check(forged)).toMatchObject({ fault: "contradicted", line: SIZE + 1 });
    }
  });

  test("is refused when its head is by another key, or its text was changed", () => {
    expect(check(exported(ledger, newKey().signer))).toMatchObject({ fault: "other_key", line: SIZE + 1 });
    expect(check(lines.with(-1, (lines.at(-1) ?? "").replace("\\n12\\n", "\\n11\\n")))).toMatchObject({
      fault: "bad_signature",
    });
    expect(check(lines.with(-1, '{"signed_head":1}'))).toMatchObject({ fault: "malformed_head" });
    expect(check(lines.with(-1, (lines.at(-1) ?? "") + " "))).toMatchObject({ fault: "malformed_head" });
  });
});

describe("heads from elsewhere", () => {
  const growing = log(5);
  const early = signed(growing.ledger, key.signer);
  grow(growing.ledger, 5);
  const late = signed(growing.ledger, key.signer);
  const whole = exported(growing.ledger, key.signer);
  const fork = signed(log(5, "fork").ledger, key.signer);

  test("agree with the log that signed them", () => {
    expect(check(whole, { ...withKey, heads: [early, late] })).toMatchObject({ ok: { headsChecked: [5, 10] } });
  });

  test("two of one size that differ prove a fork before the file is opened", () => {
    expect(checkExport({ ...withKey, heads: [early, fork] })).toMatchObject({ fault: "forked", line: null });
  });

  test("one of another history is contradicted at the entry it speaks of", () => {
    expect(check(whole, { ...withKey, heads: [fork] })).toMatchObject({ fault: "contradicted", line: 5 });
  });

  test("a later one shows that a whole, rightly signed, older export was rolled back", () => {
    const older = [...whole.slice(0, 5), headLine(early)];
    expect(check(older)).toHaveProperty("ok");
    expect(check(older, { ...withKey, heads: [late] })).toMatchObject({ fault: "truncated" });
  });

  test("an older one alone does not vouch for what stands behind it", () => {
    expect(check(whole.slice(0, -1), { ...withKey, heads: [early] })).toMatchObject({ fault: "unsigned" });
  });

  test("one inside the file stands directly behind its last entry", () => {
    expect(check([...whole.slice(0, 5), headLine(early), ...whole.slice(5)])).toMatchObject({
      ok: { headsChecked: [5, 10] },
    });
    expect(check([...whole.slice(0, 6), headLine(early)])).toMatchObject({ fault: "gap", line: 7 });
  });

  test("heads of two logs are not mixed", () => {
    const other = signed(growing.ledger, newKey("other.test/log").signer);
    expect(checkExport({ heads: [early, other] })).toMatchObject({ fault: "other_key" });
    expect(check(whole, { heads: [other] })).toMatchObject({ fault: "other_key" });
  });

  test("a partial export is accepted only when asked for, and stands on an earlier head when there is one", () => {
    const tail = whole.slice(5);
    expect(check(tail)).toMatchObject({ fault: "gap", line: 1 });
    expect(check(tail, { ...withKey, after: 5 })).toMatchObject({ ok: { entries: 5, headsChecked: [10] } });
    expect(check(tail, { ...withKey, after: 5, heads: [early] })).toMatchObject({ ok: { headsChecked: [5, 10] } });
    expect(check(tail, { ...withKey, after: 5, heads: [fork] })).toMatchObject({ fault: "broken", line: 1 });
    expect(check(whole.slice(6), { ...withKey, after: 5 })).toMatchObject({ fault: "gap", line: 1 });
    expect(check(whole.slice(7), { ...withKey, after: 7, heads: [early] })).toMatchObject({ ok: { headsBefore: [5] } });
  });

  test("without a key the chain is checked and the report says that signatures were not", () => {
    expect(check(whole, {})).toMatchObject({ ok: { headsChecked: [10], signaturesChecked: false } });
    expect(check(whole.slice(0, -1), {})).toMatchObject({ ok: { headsChecked: [], origin: null } });
  });
});

function strip({ prev: _prev, ...rest }: NonNullable<ReturnType<typeof readEntry>>) {
  return rest;
}
