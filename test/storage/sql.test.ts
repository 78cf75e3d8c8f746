import { beforeEach, expect, it } from "vitest";
import { removeAsRead, swap } from "../../src/storage/sql.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";

let sql: NodeSql;
beforeEach(() => {
  sql = nodeSql(`CREATE TABLE things(id TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT, note TEXT) STRICT`);
  sql.exec(`INSERT INTO things VALUES('a', 3, 'new', 'kept'), ('b', 3, 'new', NULL)`);
});
const rows = () => sql.exec(`SELECT * FROM things ORDER BY id`).toArray();

it("a swap writes the columns named and the next version, of the row that was read alone", () => {
  expect(swap(sql, "things", { id: "a", version: 3 }, { state: "old" })).toBe(true);
  expect(rows()).toEqual([
    { id: "a", version: 4, state: "old", note: "kept" },
    { id: "b", version: 3, state: "new", note: null },
  ]);
});

it("a swap of what was moved meanwhile, or is gone, changes nothing and says so", () => {
  const before = rows();
  for (const read of [
    { id: "a", version: 2 },
    { id: "a", version: 4 },
    { id: "c", version: 3 },
  ])
    expect(swap(sql, "things", read, { state: "old", note: null })).toBe(false);
  expect(rows()).toEqual(before);
});

it("a repeated swap changes nothing the second time", () => {
  const read = { id: "b", version: 3 };
  expect([swap(sql, "things", read, { state: "x" }), swap(sql, "things", read, { state: "y" })]).toEqual([true, false]);
  expect(rows()[1]).toMatchObject({ version: 4, state: "x" });
});

it("what is removed as it was read is gone; what moved meanwhile stays", () => {
  removeAsRead(sql, "things", [
    { id: "a", version: 3 },
    { id: "b", version: 2 },
  ]);
  expect(rows()).toMatchObject([{ id: "b" }]);
});
