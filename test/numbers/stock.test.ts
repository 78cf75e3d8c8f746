/** The operators' list of numbers: rows from before numbers were bought and lent, and what lending takes. */
import { expect, it } from "vitest";
import { StockLedger, type StockRow } from "../../src/numbers/stock.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";

const row = (nth: number, over: Partial<StockRow> = {}): StockRow => ({ id: `num_${nth}`, e164: `+44770090070${nth}`, tenant: null, shared: true, state: "held", account: "car_1", country: "GB", kind: "drama", capabilities: ["sms"], price: null, tags: [], createdAt: nth, ...over }); // prettier-ignore

function stocked(...rows: StockRow[]): StockLedger {
  const sql = nodeSql();
  StockLedger.migrate(sql);
  const stock = new StockLedger(sql);
  for (const each of rows) stock.add(each);
  return stock;
}

it("rows of an older list stay whose they are, are given an id once, and are lent to nobody", () => {
  const sql = nodeSql();
  sql.exec(`CREATE TABLE stock(
    e164 TEXT NOT NULL, tenant TEXT NOT NULL, account TEXT NOT NULL, country TEXT NOT NULL, kind TEXT NOT NULL,
    facts TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY(e164, tenant)) STRICT, WITHOUT ROWID`);
  sql.exec(
    `INSERT INTO stock VALUES('+447700900700', 'ten_a', 'car_1', 'GB', 'drama', '{"capabilities":["sms"],"price":null,"tags":[]}', 1)`,
  );
  let named = 0;
  for (let times = 0; times < 2; times += 1) {
    StockLedger.migrate(sql);
    new StockLedger(sql).nameAll(() => `num_${(named += 1)}`);
  }
  const stock = new StockLedger(sql);
  expect(stock.byId("num_1")).toMatchObject({ e164: "+447700900700", tenant: "ten_a", shared: false, state: "held" });
  expect([named, stock.byId("")]).toEqual([1, null]);
  expect(stock.lend("ten_b", ["car_1"], null, 10)).toEqual([]);
});

it("lends what is shared, held, at an account in reach, of the country, and nobody's; and takes back only from whom it was lent to", () => {
  const stock = stocked(row(0), row(1, { state: "releasing" }), row(2, { state: "unknown" }), row(3, { account: "car_2" }), row(4, { country: "IE" }), row(5, { tenant: "ten_c", shared: false }), row(6)); // prettier-ignore
  expect(stock.lend("ten_a", ["car_1"], "GB", 1).map(({ id, tenant }) => [id, tenant])).toEqual([["num_0", "ten_a"]]);
  expect(stock.lend("ten_b", ["car_1"], "GB", 10).map(({ id }) => id)).toEqual(["num_6"]);
  expect(stock.lend("ten_b", ["car_1"], null, 10).map(({ id }) => id)).toEqual(["num_4"]);
  expect(stock.lentTo("ten_b").map(({ id }) => id)).toEqual(["num_4", "num_6"]);
  stock.takeBack("num_5"); // a tenant's own
  expect(stock.byId("num_5")).toMatchObject({ tenant: "ten_c" });
  stock.takeBack("num_0");
  expect(stock.lend("ten_b", ["car_1"], "GB", 10).map(({ id }) => id)).toEqual(["num_0"]);
});
