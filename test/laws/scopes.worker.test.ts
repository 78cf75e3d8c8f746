// docs/scopes.md against the service: every scope on every route, alone and missing, and no way to hold more than one was
// given (T27).
import { beforeAll, expect, test } from "vitest";
import published from "../../docs/scopes.md?raw";
import { SCOPES } from "../../src/access/caller.ts";
import { tenantRoutes } from "../../src/http/routes.ts";
import { absentIds, bodyOf, closedDoors, nameOf, pathOf, type Door } from "../support/tenant/routes.ts";
import { ask, newKey, newTenant, type Tenant } from "../support/tenant/tenants.ts";
import { watch } from "../support/tenant/watched.ts";

const table = new Map(
  [...published.matchAll(/^\| `(\w+ [^`]+)` +\| `([a-z_:]+)` +\|$/gm)].map((row) => [row[1], row[2]]),
);
const doors = closedDoors().filter((door) => door.tenant !== null);
const rowNameOf = (door: Door) => `${door.method} ${door.tenant?.path ?? ""}`;
let tenant: Tenant;
const only = new Map<string, string>();
const allBut = new Map<string, string>();

beforeAll(async () => {
  watch(); // no call leaves: endpoints of the examples have names
  tenant = await newTenant("Matrix");
  for (const scope of SCOPES) {
    only.set(scope, (await newKey(tenant.id, { name: "one", scopes: [scope] })).key);
    const rest = SCOPES.filter((other) => other !== scope);
    allBut.set(scope, (await newKey(tenant.id, { name: "rest", scopes: rest })).key);
  }
});

const call = (door: Door, key: string | undefined) => {
  const body = nameOf(door) === "POST /v1/keys" ? { name: "given", scopes: ["keys:manage"] } : bodyOf(door);
  return ask(`${door.method} ${pathOf(door, absentIds(tenant.id))}`, {
    key: key ?? "",
    ...(body === undefined ? {} : { body }),
  });
};

test("the table has every route, and nothing else", () => {
  const routes = tenantRoutes.map((row) => `${row.method.toUpperCase()} ${row.path}`);
  expect(new Set(table.keys())).toEqual(new Set(routes));
  expect(table.size).toBe(routes.length);
});

test.each(doors.map((door) => [nameOf(door), door] as const))(
  "%s opens to its scope and to no other",
  async (_name, door) => {
    const scope = table.get(rowNameOf(door)) ?? "";
    expect(SCOPES as readonly string[]).toContain(scope);
    expect(await call(door, allBut.get(scope))).toMatchObject({ status: 403, body: { code: "missing_scope" } });
    for (const other of SCOPES) {
      const { status } = await call(door, only.get(other));
      if (other === scope) expect([200, 201, 202, 204, 404, 422], `${other}: ${status}`).toContain(status);
      else expect(status, other).toBe(403);
    }
  },
);

test("no key can give, by creating or rotating, a scope it does not hold", async () => {
  const weak = await newKey(tenant.id, { name: "weak", scopes: ["keys:manage", "messages:read"] });
  const strong = await newKey(tenant.id, { name: "strong", scopes: ["*"] });
  const before = (await ask("GET /v1/keys", { key: weak.key })).text;
  for (const scopes of [["*"], ["messages:send"], ["keys:manage", "tokens:reveal"], [...SCOPES]]) {
    const made = await ask("POST /v1/keys", { key: weak.key, body: { name: "more", scopes } });
    expect(made).toMatchObject({ status: 403, body: { code: "missing_scope" } });
    expect(made.text).not.toContain("mk_");
  }
  const rotated = await ask(`POST /v1/keys/${strong.keyId}/rotate`, { key: weak.key, body: {} });
  expect(rotated).toMatchObject({ status: 403, body: { code: "missing_scope" } });
  expect(rotated.text).not.toContain("mk_");
  expect((await ask("GET /v1/keys", { key: weak.key })).text).toBe(before);
  expect((await ask("GET /v1/messages", { key: strong.key })).status).toBe(200);
  const own = await ask(`POST /v1/keys/${weak.keyId}/rotate`, { key: weak.key, body: {} });
  expect(own).toMatchObject({ status: 201, body: { scopes: ["keys:manage", "messages:read"] } });
});
