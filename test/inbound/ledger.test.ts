/** Texts in parts and the inbox over SQLite: what was there before a migration is there after it. */
import { expect, it } from "vitest";
import { InboundLedger } from "../../src/inbound/ledger.ts";
import { GAP, joinParts } from "../../src/inbound/parts.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";
import fc from "fast-check";

it("parts that waited, and texts of the inbox, are there after the migration", () => {
  const sql = nodeSql();
  InboundLedger.migrate(sql);
  const who = new Uint8Array(16).fill(3);
  const add = `INSERT INTO parts VALUES(?,?,?,?,?,?,?,?,?,?)`;
  for (const nth of [1, 3])
    sql.exec(add, who, "num", "ref", nth, 3, `rec${nth}`, "tok", "sub", new Uint8Array([nth]), 90);
  sql.exec(`INSERT INTO inbox VALUES('inb_1',NULL,NULL,NULL,'MyBank','num',NULL,5,'tenant',NULL)`);
  InboundLedger.migrate2(sql);
  InboundLedger.migrate3(sql);
  const ledger = new InboundLedger(sql, () => undefined);
  expect(ledger.list({}, 5)).toMatchObject([{ id: "inb_1", complete: true, media: 0 }]);
  expect(ledger.late(89, 5)).toEqual([]);
  const author = { token: "tok", subject: "sub", name: null };
  const whole = ledger.addPart(
    { who, number: "num", ref: "ref", nth: 2, total: 3, ...author, record: "rec2", sealed: new Uint8Array([2]) },
    200,
  );
  expect(whole).toMatchObject({
    total: 3,
    mixed: false,
    parts: [{ record: "rec1" }, { record: "rec2" }, { record: "rec3" }],
  });
  ledger.dropParts(whole!);
  expect([ledger.late(1_000, 5), sql.exec(`SELECT * FROM parts`).toArray()]).toEqual([[], []]);
});

it("parts are joined in order, whatever order they arrive in, with one mark for each gap and none without", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 9 }),
      fc.array(fc.nat(), { minLength: 9, maxLength: 9 }),
      fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
      (texts, keys, here) => {
        const all = texts.map((text, nth) => ({ nth: nth + 1, text: text.replaceAll("[", "(") }));
        const come = all
          .filter((_one, nth) => here[nth])
          .toSorted((a, b) => (keys[a.nth - 1] ?? 0) - (keys[b.nth - 1] ?? 0));
        const { text, complete } = joinParts(come, all.length);
        expect(complete).toBe(come.length === all.length);
        if (complete) expect(text).toBe(all.map((one) => one.text).join(""));
        const gaps = all.filter(({ nth }) => !here[nth - 1] && (nth === 1 || here[nth - 2])).length;
        expect(text.split(GAP)).toHaveLength(gaps + 1);
      },
    ),
  );
});
