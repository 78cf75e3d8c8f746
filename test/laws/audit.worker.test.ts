/**
 * Every act has its entry: what a key, an operator, a person, a carrier or a rule does is done here once, by whatever path it comes
 * (a door, a text that came in, a receipt, the alarm, the queue, the night's run), and its entry is looked for. A changing door that
 * is not in the table fails the test, and so does an act that docs/audit.md names and nothing here does, or the other way round.
 */
import { describe, expect, test, vi, beforeAll, beforeEach } from "vitest";
import { newTenant } from "../support/tenant/tenant.ts";
import { enters, entriesOf, furnishWorld, newest, tenant, well } from "../support/audit/world.ts";
import published from "../../docs/audit.md?raw";
import { KEY_ACTS, NO_ACT, READINGS } from "../support/audit/key-acts.ts";
import { OPERATOR_ACTS, OPERATOR_NO_ACT } from "../support/audit/operator-acts.ts";
import { OTHERS } from "../support/audit/other-acts.ts";
import { closedDoors, nameOf } from "../support/tenant/routes.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({ accepted: true })));
beforeAll(furnishWorld);

describe("a key's act has its entry, by", () => {
  const doors = closedDoors().filter((door) => door.tenant !== null && door.method !== "GET");
  test("every changing door there is, or one that says why it changes nothing", () => {
    expect(doors.map(nameOf).sort()).toEqual([...Object.keys(KEY_ACTS), ...Object.keys(NO_ACT)].sort());
  });
  test.each(Object.entries({ ...KEY_ACTS, ...READINGS }))("%s", async (_door, [act, run]) => {
    await enters(tenant, "key", [act], async () => well(await run()));
  });
});

describe("an operator's act has its entry in the operators' log, and in the tenant's where it concerns one, by", () => {
  const doors = closedDoors().filter((door) => door.operator !== null && door.method !== "GET");
  test("every changing door there is, or one that says why it changes nothing", () => {
    expect(doors.map(nameOf).sort()).toEqual([...Object.keys(OPERATOR_ACTS), ...Object.keys(OPERATOR_NO_ACT)].sort());
  });
  test.each(Object.entries(OPERATOR_ACTS))("%s", async (door, [ops, tenants, run]) => {
    const before = await newest(tenant);
    await enters(null, "operator", ops, async () => void well(await run()));
    const found = (await entriesOf(tenant, before)).filter(({ actor }) => actor.type === "operator");
    if (door.endsWith("/keys/revoke")) return; // of another tenant, whose keys are gone
    for (const act of tenants)
      expect(
        found.map((entry) => entry.act),
        act,
      ).toContain(act);
  });
});

describe("what persons, carriers and rules do has its entry, by", () => {
  test.each(OTHERS)("%s", { timeout: 60_000 }, async (_path, acts, by, run) => {
    const to = await newTenant();
    await enters(to, by, acts, () => run(to));
  });
});

/** Acts that need a carrier's shop or an hour of traffic: the tests that do them. */
const ELSEWHERE: Record<string, string> = {
  "number.bought": "test/faults/buying.test.ts",
  "number.unknown": "test/faults/buying.test.ts",
  "number.unreleased": "test/faults/buying.test.ts",
  "carrier.circuit": "test/carriers/courier",
  "carrier.weight": "test/carriers/courier",
  "carrier.alert": "test/carriers/courier",
  "operator.token_used": "test/console/operators.worker.test.ts",
};

test("docs/audit.md names every act that was entered here, and no other", () => {
  const keys = Object.values({ ...KEY_ACTS, ...READINGS }).map(([act]) => act);
  const operators = Object.values(OPERATOR_ACTS).flatMap(([ops, tenants]) => [...ops, ...tenants]);
  const done = [...keys, ...operators, ...OTHERS.flatMap(([, acts]) => acts)];
  const named = [...published.matchAll(/^\| `([a-z]+\.[a-z_]+)` +\|/gm)].flatMap(([, act]) => act ?? []);
  expect(named.sort()).toEqual([...new Set([...done, ...Object.keys(ELSEWHERE)])].sort());
});
