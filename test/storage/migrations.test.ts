/** Migrations: each once, in order, recorded; objects from before the record lose nothing; an ordinary wake writes nothing. */
import { expect, it } from "vitest";
import { OPERATOR_CODE, IdMaker } from "../../src/base/ids.ts";
import { StockLedger } from "../../src/numbers/stock.ts";
import { migrateOperator } from "../../src/operator/migrations.ts";
import { migrate, type Migration } from "../../src/storage/migrations.ts";
import type { Sql, SqlBinding, SqlRow } from "../../src/storage/sql.ts";
import { ROOMS } from "../../src/tenant/rooms.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";

const schemaOf = (sql: Sql) =>
  sql.exec<{ sql: string }>("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").toArray();

/** Counts what is asked and what is written. */
function watched(sql: Sql) {
  const seen = { statements: [] as string[], rowsWritten: 0 };
  const exec = <Row extends SqlRow>(query: string, ...bindings: SqlBinding[]) => {
    const cursor = sql.exec<Row>(query, ...bindings);
    seen.statements.push(query);
    seen.rowsWritten += cursor.rowsWritten;
    return cursor;
  };
  return { seen, sql: { exec } satisfies Sql };
}

it("each is applied once, in order, and what comes later is applied alone", () => {
  const sql = nodeSql();
  const ran: number[] = [];
  const upTo = (last: number): Migration[] =>
    Array.from({ length: last }, (_, nth) => ({ id: nth + 1, up: () => void ran.push(nth + 1) }));
  migrate(sql, [{ name: "a", migrations: upTo(2) }]);
  migrate(sql, [{ name: "a", migrations: upTo(2) }]);
  expect(ran).toEqual([1, 2]);
  migrate(sql, [
    { name: "a", migrations: upTo(3) },
    { name: "b", migrations: [{ id: 1, up: ["CREATE TABLE b(x)", "INSERT INTO b VALUES(1)"] }] },
  ]);
  expect(ran).toEqual([1, 2, 3]);
  expect(sql.exec("SELECT name, id FROM migrations ORDER BY name, id").toArray()).toEqual([
    { name: "a", id: 1 },
    { name: "a", id: 2 },
    { name: "a", id: 3 },
    { name: "b", id: 1 },
  ]);
});

it("an object that a newer version migrated is not opened by an older one", () => {
  const sql = nodeSql();
  const one: Migration = { id: 1, up: [] };
  migrate(sql, [{ name: "a", migrations: [one, { id: 2, up: [] }] }]);
  expect(() => migrate(sql, [{ name: "a", migrations: [one] }])).toThrow(/newer version/);
});

/** Rooms that came after migrations were recorded. */
const SINCE = ["alerts", "quarantine", "stats"];

it("an object from before the record has the same tables afterwards, and keeps what is in them", () => {
  const [fresh, old] = [nodeSql(), nodeSql()];
  migrate(fresh, ROOMS.listed);
  migrate(
    old,
    ROOMS.listed
      .filter(({ name }) => !SINCE.includes(name))
      .map(({ name, migrations }) => ({ name, migrations: migrations.slice(0, 1) })),
  );
  for (const table of ["migrations", "failed_jobs"]) old.exec(`DROP TABLE ${table}`); // neither was there
  old.exec("DROP TABLE tokens");
  old.exec(`CREATE TABLE tokens(
      token TEXT PRIMARY KEY, subject TEXT NOT NULL, sealed BLOB NOT NULL, number_index BLOB NOT NULL, block TEXT NOT NULL,
      country TEXT NOT NULL, kind TEXT NOT NULL, mask TEXT NOT NULL, created_at INTEGER NOT NULL,
      seen_day INTEGER NOT NULL, kept INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`); // as it was before networks were noted
  old.exec("INSERT INTO tokens VALUES('tok', 'sub', x'00', x'00', '', 'GB', 'mobile', '', 1, 1, 1)");
  old.exec("INSERT INTO verify_marks VALUES('alerted', '7')");
  old.exec("INSERT INTO conveyor VALUES('looked', 'msg_7')");
  old.exec(
    `INSERT INTO destinations VALUES(x'01', '{"prints":[{"print":"d1","failures":[]}],"known":[{"print":"n2"}]}', 9)`,
  );
  migrate(old, ROOMS.listed);
  const names = (sql: Sql) => schemaOf(sql).map((row) => (row as { name?: string }).name);
  expect(names(old)).toEqual(names(fresh));
  expect(old.exec("SELECT token, network FROM tokens").toArray()).toEqual([{ token: "tok", network: null }]);
  expect(old.exec("SELECT value FROM verify_marks").toArray()).toEqual([{ value: "7" }]);
  expect(old.exec("SELECT * FROM sweep").toArray()).toEqual([{ name: "up_to", value: "msg_7", figures: "" }]);
  const [{ data }] = old.exec<{ data: string }>("SELECT data FROM destinations").toArray() as [{ data: string }];
  expect(JSON.parse(data)).toEqual({
    fingerprints: [{ fingerprint: "d1", failures: [] }],
    known: [{ fingerprint: "n2" }],
  });
});

it("an ordinary wake costs two reads and writes nothing", () => {
  const bare = nodeSql();
  migrate(bare, ROOMS.listed);
  const { seen, sql } = watched(bare);
  migrate(sql, ROOMS.listed);
  expect([seen.statements.length, seen.rowsWritten]).toEqual([2, 0]);
});

it("every room's migrations count from one without a gap, and no room stands twice in the list", () => {
  for (const { name, migrations } of ROOMS.listed)
    expect(
      migrations.map(({ id }) => id),
      name,
    ).toEqual(migrations.map((_, nth) => nth + 1));
  expect(new Set(ROOMS.listed.map(({ name }) => name)).size).toBe(ROOMS.listed.length);
});

it("operators' numbers from before they had an id are named once, and not looked for at every wake", () => {
  const bare = nodeSql();
  StockLedger.migrate(bare);
  bare.exec(
    `INSERT INTO stock(e164, tenant, account, country, kind, facts, created_at) VALUES('+447700900871', '', 'car', 'GB', 'drama', '{}', 1)`,
  );
  const ids = new IdMaker({ jurisdiction: "eu", code: OPERATOR_CODE });
  const { seen, sql } = watched(bare);
  const wake = () => migrateOperator({ sql, transaction: (act) => act() }, () => ids.make("num", 1));
  wake();
  expect(bare.exec<{ id: string }>("SELECT id FROM stock").one().id).toMatch(/^num_/);
  const before = seen.statements.length;
  wake();
  expect(seen.statements.length - before).toBe(2);
});
