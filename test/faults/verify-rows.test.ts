/**
 * What a verification costs in rows, by the platform's own count: a wrong guess two, an approval five at most.
 */
import { expect, test } from "vitest";
import { CarrierDouble } from "../support/carriers/carrier-double.ts";
import { type Tenant, numberFor } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { codeAt, start, type Json } from "../support/service/codes.ts";

let service: Service;
let carrier: CarrierDouble;
let tenant: Tenant;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(Service.start({ bindings: { BENCH: "on" } }));
  const route = await service.carrier(carrier.account("rows", () => ({ does: "accept" })));
  tenant = await service.tenant("Rows", [route]);
});

/** Rows written in the service's isolate so far. */
async function rows(): Promise<number> {
  const { headers } = await tenant.call("GET /v1/sandbox/clock");
  return (JSON.parse(headers.get("x-meter") ?? "{}") as { rowsWritten: number }).rowsWritten;
}

/** Rows one act writes: the fewest of several tries, since a turn of the alarm may come in between. */
async function costOf(act: (nth: number) => Promise<Json>): Promise<number> {
  let least = Infinity;
  for (let nth = 0; nth < 4; nth += 1) {
    const before = await rows();
    await act(nth);
    least = Math.min(least, (await rows()) - before);
  }
  return least;
}

const check = async (id: string, code: string): Promise<Json> =>
  JSON.parse((await tenant.call(`POST /v1/verifications/${id}/check`, { body: { code } })).text) as Json;

test("a wrong guess writes two rows, an approval five at most, and a check of one that is over none", async () => {
  const made: { id: string; code: string }[] = [];
  for (let nth = 0; nth < 4; nth += 1) {
    const verification = await start(tenant, { to: numberFor(nth), end_user: { device_id: `d${nth}` } });
    made.push({ id: String(verification["id"]), code: await codeAt(carrier, verification) });
  }
  await tenant.advance(60); // what the sends left to do is done
  const at = (nth: number) => made[nth] ?? { id: "", code: "" };
  const wrong = await costOf((nth) => check(at(nth).id, "WRONG0"));
  const right = await costOf((nth) => check(at(nth).id, at(nth).code));
  const over = await costOf((nth) => check(at(nth).id, at(nth).code));
  const first = await costOf((nth) => start(tenant, { to: numberFor(100 + nth) }));
  console.log(`rows: wrong ${wrong}, approval ${right}, over ${over}, start to a new number ${first}`);
  expect(wrong).toBe(2);
  expect(right).toBeLessThanOrEqual(5);
  expect(over).toBe(0);
});
