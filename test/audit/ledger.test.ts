import { describe, expect, test } from "vitest";
import { GENESIS, leafHash, type Head } from "../../src/audit/entry.ts";
import { verifyHead } from "../../src/audit/head.ts";
import { AUDIT_TABLE, AuditLedger } from "../../src/audit/ledger.ts";
import type { Sql } from "../../src/storage/sql.ts";
import { entry, grow, log, newKey, START, type Log } from "../support/rooms/audit-log.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";

/** The platform's own storage fits where ledgers take `Sql`; this fails to compile when it does not. */
export const platformFits = (storage: SqlStorage): Sql => storage;

const key = newKey();

describe("appending", () => {
  test("writes exactly one row an entry, and answers its place", () => {
    const writes: number[] = [];
    const inner = nodeSql(AUDIT_TABLE);
    const counting: Sql = {
      exec: (query, ...bindings) => {
        const cursor = inner.exec(query, ...bindings);
        writes.push(cursor.rowsWritten);
        return cursor as never;
      },
    };
    const ledger = new AuditLedger(counting);
    expect(ledger.append(entry(1), START, () => "aud_1")).toMatchObject({ id: "aud_1", seq: 1 });
    writes.length = 0;
    const placed = ledger.append(entry(2), START, () => "aud_2");
    expect(writes).toEqual([1]);
    expect(placed).toEqual({ id: "aud_2", seq: 2, hash: ledger.head().hash });
  });

  test("chains each entry to the one before, from 64 zeros on", () => {
    const { data } = log(3).ledger.list({ limit: 10 });
    expect(data.map(({ prev }) => prev)).toEqual([GENESIS.hash, data[0]?.hash, data[1]?.hash]);
    expect(data.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(data[0]).toMatchObject({ ...entry(1), id: "aud_1", at: "2026-11-23T10:00:01.000Z" });
  });

  test("goes on where the log stood after the object lost its memory", () => {
    const { sql, ledger } = log(3);
    const reborn = new AuditLedger(sql);
    grow(reborn, 2);
    expect(reborn.verify()).toEqual({ ok: ledger.head(), done: true });
    expect(ledger.head().size).toBe(5);
  });

  test("goes on correctly after a transaction around earlier appends was rolled back", () => {
    const { sql, ledger } = log(3);
    const before = ledger.head();
    expect(() =>
      sql.transactionSync(() => {
        grow(ledger, 2, "lost");
        throw new Error("the act failed");
      }),
    ).toThrow("the act failed");
    expect(ledger.head()).toEqual(before);
    expect(() =>
      sql.transactionSync(() => {
        ledger.append(entry(4), START, () => "aud_lost");
        throw new Error("again");
      }),
    ).toThrow("again");
    expect(ledger.append(entry(4), START, () => "aud_4")).toMatchObject({ seq: 4 });
    expect(ledger.verify()).toMatchObject({ ok: { size: 4 } });
    expect(ledger.export().ndjson).not.toContain("lost");
  });

  test("leaves nothing behind when the entry cannot be said in JSON", () => {
    const { ledger } = log(1);
    expect(() => ledger.append(entry(2, { facts: { price: NaN } }), START, () => "aud_2")).toThrow(TypeError);
    expect(ledger.head().size).toBe(1);
  });

  test("construction touches no storage, so an object that was never created stays empty", () => {
    const untouchable: Sql = {
      exec: () => {
        throw new Error("touched");
      },
    };
    expect(() => new AuditLedger(untouchable)).not.toThrow();
  });
});

describe("reading", () => {
  const { ledger } = log(10);

  test("pages follow each other without overlap and end with null", () => {
    const first = ledger.list({ limit: 4 });
    const second = ledger.list({ limit: 4, after: first.next ?? 0 });
    const third = ledger.list({ limit: 4, after: second.next ?? 0 });
    expect([first, second, third].map(({ data }) => data.map(({ seq }) => seq))).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10],
    ]);
    expect([first.next, second.next, third.next]).toEqual([4, 8, null]);
    expect(ledger.list({ limit: 5, after: 5 }).next).toBeNull();
  });

  test("filters by act and by time, from included and to excluded", () => {
    expect(ledger.list({ limit: 10, act: "token.revealed" }).data.map(({ seq }) => seq)).toEqual([3, 6, 9]);
    const window = { from: "2026-11-23T10:00:03.000Z", to: "2026-11-23T10:00:06.000Z" };
    expect(ledger.list({ limit: 10, ...window }).data.map(({ seq }) => seq)).toEqual([3, 4, 5]);
    expect(ledger.list({ limit: 10, ...window, act: "message.sent" }).data.map(({ seq }) => seq)).toEqual([4, 5]);
    expect(ledger.list({ limit: 10, act: "no.such" })).toEqual({ data: [], next: null });
  });

  test("a filtered page stops after 5,000 rows and says where to go on", () => {
    const { ledger: long } = log(5_001);
    long.append(entry(5_002, { act: "rare.act" }), START, () => "aud_rare");
    const page = long.list({ limit: 10, act: "rare.act" });
    expect(page).toEqual({ data: [], next: 5_000 });
    expect(long.list({ limit: 10, act: "rare.act", after: 5_000 })).toMatchObject({
      data: [{ id: "aud_rare" }],
      next: null,
    });
  });

  test("export pages together are every entry's hashed text, in order, once", () => {
    const { ledger: long } = log(1_201);
    const lines: string[] = [];
    const pages: (number | null)[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page: { ndjson: string; next: number | null } = long.export({ after });
      lines.push(...page.ndjson.trimEnd().split("\n"));
      pages.push((after = page.next));
    }
    expect(pages).toEqual([500, 1_000, null]);
    expect(lines).toHaveLength(1_201);
    expect(leafHash(lines.at(-1) ?? "")).toBe(long.head().hash);
  });

  test("an export can begin and end anywhere, and a page keeps to about a mebibyte", () => {
    const seqs = (ndjson: string) =>
      ndjson
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).seq);
    expect(seqs(ledger.export({ after: 3, upTo: 6 }).ndjson)).toEqual([4, 5, 6]);
    expect(ledger.export({ after: 10 })).toEqual({ ndjson: "", next: null });
    const { ledger: heavy } = log(0);
    for (let n = 1; n <= 20; n++) heavy.append(entry(n, { reason: "x".repeat(65_000) }), START, () => `aud_${n}`);
    const page = heavy.export();
    expect(page.ndjson.length).toBeLessThanOrEqual(1_048_576 + 20);
    expect(page.next).toBe(16);
  });
});

describe("verifying and signing", () => {
  /** Re-chains a log from `seq` on after a change, as someone who can write the whole table would. */
  const rewrite = ({ sql, ledger }: Log, seq: number) => {
    const size = ledger.head().size;
    sql.db.exec(`DELETE FROM audit WHERE seq >= ${seq}`);
    grow(ledger, size - seq + 1, "rewritten");
  };
  const tamperings: [string, (log: Log) => void, string][] = [
    ["a deleted entry", ({ sql }) => sql.db.exec("DELETE FROM audit WHERE seq = 8"), "gap"],
    [
      "an edited entry",
      ({ sql }) => sql.db.exec(`UPDATE audit SET entry = replace(entry, 'msg_8', 'msg_0') WHERE seq = 8`),
      "broken",
    ],
    [
      "the last entry edited",
      ({ sql }) => sql.db.exec(`UPDATE audit SET entry = replace(entry, 'msg_10', 'msg_0') WHERE seq = 10`),
      "broken",
    ],
    [
      "a stored hash edited",
      ({ sql }) => sql.db.exec(`UPDATE audit SET hash = '${"0".repeat(64)}' WHERE seq = 10`),
      "broken",
    ],
    [
      "an inserted entry",
      ({ sql }) => sql.db.exec(`INSERT INTO audit SELECT seq + 1, entry, hash FROM audit WHERE seq = 10`),
      "gap",
    ],
    ["the last entry moved", ({ sql }) => sql.db.exec("UPDATE audit SET seq = 12 WHERE seq = 10"), "gap"],
    [
      "two entries exchanged",
      ({ sql }) =>
        sql.db.exec(
          `UPDATE audit SET seq = 99 WHERE seq = 8; UPDATE audit SET seq = 8 WHERE seq = 9; UPDATE audit SET seq = 9 WHERE seq = 99`,
        ),
      "gap",
    ],
    ["an entry that is no JSON", ({ sql }) => sql.db.exec("UPDATE audit SET entry = 'x' WHERE seq = 8"), "unreadable"],
  ];

  test.each(tamperings)("%s fails verification, and no head is signed", (_name, tamper, fault) => {
    const each = log(10);
    const signedBefore = headAt(each, 5);
    tamper(each);
    expect(each.ledger.verify()).toMatchObject({ fault });
    expect(each.ledger.signedHead(key.signer, [])).toMatchObject({ fault });
    expect(each.ledger.signedHead(key.signer, [signedBefore])).toMatchObject({ fault });
  });

  test("an entry stored under another number is the first fault", () => {
    const each = log(10);
    each.sql.db.exec("UPDATE audit SET seq = 12 WHERE seq = 10");
    expect(each.ledger.verify()).toMatchObject({ fault: "gap", seq: 10 });
  });

  test("a log rolled back behind a signed head gets no new signature, not even after it has grown again", () => {
    const each = log(10);
    const signedBefore = each.ledger.head();
    each.sql.db.exec("DELETE FROM audit WHERE seq > 6");
    expect(each.ledger.verify()).toMatchObject({ ok: { size: 6 }, done: true });
    expect(each.ledger.signedHead(key.signer, [signedBefore])).toMatchObject({ fault: "truncated", seq: 7 });
    grow(each.ledger, 8, "again");
    expect(each.ledger.verify()).toMatchObject({ ok: { size: 14 }, done: true });
    expect(each.ledger.signedHead(key.signer, [signedBefore])).toMatchObject({ fault: "contradicted", seq: 10 });
  });

  test("a log rewritten and chained anew contradicts every head signed behind the change", () => {
    const each = log(10);
    const heads = [headAt(each, 4), headAt(each, 7), headAt(each, 10)];
    rewrite(each, 5);
    expect(each.ledger.assertConsistent(heads)).toMatchObject({ fault: "contradicted", seq: 7 });
    expect(each.ledger.assertConsistent(heads.slice(0, 1))).toMatchObject({ ok: { size: 10 } });
  });

  test("two remembered heads that differ are a fork, whatever the log says", () => {
    const each = log(10);
    const other = headAt(log(10, "other"), 7);
    expect(each.ledger.signedHead(key.signer, [headAt(each, 7), other])).toMatchObject({ fault: "forked", seq: 7 });
  });

  test("a signed entry that is missing is refused", () => {
    const each = log(10);
    const signedBefore = headAt(each, 7);
    each.sql.db.exec("DELETE FROM audit WHERE seq = 7");
    expect(each.ledger.signedHead(key.signer, [signedBefore])).toMatchObject({ fault: "gap", seq: 7 });
  });

  test("damage before the newest signed head leaves that head true: signing goes on, and verification finds it", () => {
    const each = log(10);
    const signedBefore = headAt(each, 7);
    each.sql.db.exec("UPDATE audit SET entry = replace(entry, 'msg_3', 'msg_0') WHERE seq = 3");
    expect(each.ledger.assertConsistent([signedBefore, GENESIS])).toMatchObject({ ok: { size: 10 } });
    expect(each.ledger.verify()).toMatchObject({ fault: "broken", seq: 3 });
  });

  test("a consistent log is signed, and its head verifies", () => {
    const each = log(10);
    const outcome = each.ledger.signedHead(key.signer, [GENESIS, headAt(each, 5), headAt(each, 10)]);
    expect(outcome).toHaveProperty("ok");
    if ("ok" in outcome) expect(verifyHead(outcome.ok, key.publicKey)).toMatchObject({ head: each.ledger.head() });
    expect(log(0).ledger.assertConsistent([])).toEqual({ ok: GENESIS });
  });

  test("verification in slices comes to the same end, and finds the same fault", () => {
    const each = log(1_203);
    const slices = (): unknown => {
      for (let head: Head = GENESIS; ;) {
        const slice = each.ledger.verify(head, 100);
        if ("fault" in slice || slice.done) return slice;
        expect(slice.ok.size).toBe(head.size + 100);
        head = slice.ok;
      }
    };
    expect(slices()).toEqual({ ok: each.ledger.head(), done: true });
    expect(each.ledger.verify(GENESIS, Infinity)).toEqual({ ok: each.ledger.head(), done: true });
    each.sql.db.exec("DELETE FROM audit WHERE seq = 1100");
    expect(slices()).toMatchObject({ fault: "gap", seq: 1100 });
    expect(each.ledger.verify(headAt(each, 1_099), 1)).toMatchObject({ fault: "gap", seq: 1100 });
  });
});

/** The head the log had when it had `size` entries. */
function headAt({ ledger }: Log, size: number): Head {
  const slice = ledger.verify(GENESIS, size);
  if ("fault" in slice) throw new Error(slice.detail);
  return slice.ok;
}
