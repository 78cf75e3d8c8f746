/** A text that was seen is known as long as the secret lives that proves it, exactly, in few bytes; and no other text is taken for it. */
import { DatabaseSync } from "node:sqlite";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/base/clock.ts";
import { InboundLedger } from "../../src/inbound/ledger.ts";
import { SeenTexts } from "../../src/inbound/seen.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";

const nameOf = (text: string): Uint8Array => createHmac("sha256", "index key").update(text).digest().subarray(0, 16);
const NONE = nameOf("no such text");

function seenTexts() {
  const sql = nodeSql();
  InboundLedger.migrate(sql);
  InboundLedger.migrate2(sql);
  return { sql, seen: new SeenTexts(sql) };
}
const rows = ({ sql }: ReturnType<typeof seenTexts>, table: string) =>
  sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;

/** Purges night after night until nothing goes any more. */
const purgeAt = (seen: SeenTexts, at: number) => {
  while (seen.purge(at - 7 * DAY_MS, 5_000) > 0);
};

describe("the name of a received text", () => {
  it("is kept through years of nightly purges, a rebuilt room and any number of repetitions", () => {
    const world = seenTexts();
    const by = { account: "car_a", secret: 0 };
    expect(world.seen.isFirst(by, nameOf("one"), NONE, 0)).toBe(true);
    for (let day = 1; day < 1_200; day += 1) purgeAt(world.seen, day * DAY_MS);
    const anew = new SeenTexts(world.sql);
    for (let times = 0; times < 3; times += 1)
      expect(anew.isFirst(by, nameOf("one"), NONE, 1_200 * DAY_MS)).toBe(false);
  });

  it("is purged a week after its secret was replaced, when no callback can be signed with it, and no earlier", () => {
    const world = seenTexts();
    const [before, after] = [0, 1].map((secret) => ({ account: "car_a", secret }));
    for (let nth = 0; nth < 12_000; nth += 1) world.seen.isFirst(before!, nameOf(`old ${nth}`), NONE, 0);
    expect(world.seen.isFirst(after!, nameOf("new"), NONE, DAY_MS)).toBe(true);
    purgeAt(world.seen, 8 * DAY_MS);
    expect(world.seen.isFirst(after!, nameOf("old 1"), NONE, 8 * DAY_MS)).toBe(false); // brought again, signed anew
    purgeAt(world.seen, 8 * DAY_MS + 1);
    expect([rows(world, "seen_texts"), rows(world, "seen_secrets")]).toEqual([2, 1]);
    expect(world.seen.isFirst(after!, nameOf("new"), NONE, 9 * DAY_MS)).toBe(false);
    expect(world.seen.isFirst(after!, nameOf("old 1"), NONE, 9 * DAY_MS)).toBe(false); // there is a proof by the new secret
    expect(world.seen.isFirst(after!, nameOf("old 2"), NONE, 9 * DAY_MS)).toBe(true);
  });

  it("of another account under the same secret is another one, and a replacement there purges nothing here", () => {
    const world = seenTexts();
    world.seen.isFirst({ account: "car_a", secret: 0 }, nameOf("a"), NONE, 0);
    world.seen.isFirst({ account: "car_b", secret: 0 }, nameOf("b"), NONE, 0);
    world.seen.isFirst({ account: "car_b", secret: 1 }, nameOf("c"), NONE, 0);
    purgeAt(world.seen, 100 * DAY_MS);
    expect(world.seen.isFirst({ account: "car_a", secret: 0 }, nameOf("a"), NONE, 0)).toBe(false);
    expect(world.seen.isFirst({ account: "car_b", secret: 1 }, nameOf("b"), NONE, 0)).toBe(true);
  });

  it("is kept over any order of replacements, purges and repetitions; a text not received before is always new", () => {
    const step = fc.record({
      text: fc.integer({ min: 0, max: 40 }),
      exchanged: fc.boolean(),
      hours: fc.integer({ min: 0, max: 72 }),
      back: fc.integer({ min: 0, max: 1 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = seenTexts();
        const under = new Map<number, Set<number>>(); // by text the secrets under which it was brought
        const usedUntil: number[] = []; // by secret when it was last in use, once another has replaced it
        let newest = 0;
        let now = 0;
        for (const { text, exchanged, hours, back } of steps) {
          now += hours * 3_600_000;
          purgeAt(world.seen, now);
          // A courier that was restored to an earlier moment names an earlier secret for a while.
          const secret = exchanged ? newest + 1 : Math.max(0, newest - back);
          if (exchanged) for (let older = 0; older <= newest; older += 1) usedUntil[older] ??= now;
          newest = Math.max(newest, secret);
          if (secret < newest) usedUntil[secret] = now;
          const first = world.seen.isFirst({ account: "car_a", secret }, nameOf(`${text}`), NONE, now);
          const secrets = under.get(text) ?? new Set();
          const provable = [...secrets].some((one) => now <= (usedUntil[one] ?? Infinity) + 7 * DAY_MS);
          if (secrets.size === 0) expect(first).toBe(true);
          else if (provable) expect(first).toBe(false);
          under.set(text, secrets.add(secret));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("from before this table is found by its former name, as a text and as a part", () => {
    const sql = nodeSql();
    InboundLedger.migrate(sql);
    sql.exec(`INSERT INTO heard VALUES(?,?)`, nameOf("earlier"), 5);
    InboundLedger.migrate2(sql);
    const seen = new SeenTexts(sql);
    expect(seen.isFirst({ account: "car_a", secret: 0 }, nameOf("part of earlier"), nameOf("earlier"), 6)).toBe(false);
    expect(seen.isFirst({ account: "car_a", secret: 0 }, nameOf("another"), nameOf("another"), 6)).toBe(true);
  });
});

it("costs at most 40 bytes, whatever the order of names", () => {
  const db = new DatabaseSync(":memory:");
  db.exec(
    `CREATE TABLE seen_texts(secret INTEGER NOT NULL, name BLOB NOT NULL, PRIMARY KEY(secret, name)) STRICT, WITHOUT ROWID`,
  );
  const pages = () => Number(db.prepare("PRAGMA page_count").get()?.["page_count"]);
  const size = Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);
  const before = pages();
  const insert = db.prepare("INSERT INTO seen_texts VALUES(1,?)");
  const TEXTS = 100_000;
  db.exec("BEGIN");
  for (let nth = 0; nth < TEXTS; nth += 1) insert.run(nameOf(`text ${nth}`));
  db.exec("COMMIT");
  const bytes = ((pages() - before) * size) / TEXTS;
  console.log(`bytes of a seen text: ${bytes.toFixed(1)}`);
  expect(bytes).toBeLessThan(40);
  const schema = seenTexts()
    .sql.exec<{ sql: string }>(`SELECT sql FROM sqlite_master WHERE name = 'seen_texts'`)
    .one().sql;
  expect(schema.replaceAll(/\s+/g, " ")).toContain(
    "secret INTEGER NOT NULL, name BLOB NOT NULL, PRIMARY KEY(secret, name)",
  );
});
