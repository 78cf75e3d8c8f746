// Every list, by its row: it answers `next_cursor`, and a cursor that it never gave is refused, not answered by an empty page.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { absentIds, closedDoors, nameOf, pathOf, rowOf, type Door } from "../support/tenant/routes.ts";
import { furnish, type Furnished } from "../support/tenant/settled.ts";
import { BASE } from "../support/tenant/tenants.ts";
import { watch } from "../support/tenant/watched.ts";

/** Answers that hold `data` and are no lists: what an act did, and a table over a span of time. */
const NO_LISTS = ["GET /v1/verifications/summary"];

const shapeOf = (schema: z.ZodType | null): Record<string, unknown> =>
  schema instanceof z.ZodObject ? schema.shape : {};
const doors = closedDoors();
const lists = doors.filter(
  (door) =>
    door.method === "GET" &&
    shapeOf(rowOf(door).answer)["data"] instanceof z.ZodArray &&
    !NO_LISTS.includes(nameOf(door)),
);
const paged = doors.filter((door) => "cursor" in { ...shapeOf(rowOf(door).query), ...shapeOf(rowOf(door).body) });

const watched = watch();
let ours: Furnished;
let theirs: Furnished;
beforeAll(async () => {
  ours = await furnish("Ours");
  theirs = await furnish("Theirs");
});

async function call(door: Door, cursor: string) {
  const inBody = "cursor" in shapeOf(rowOf(door).body);
  const path = pathOf(door, { ...absentIds(ours.id), "admin-tenants": ours.id });
  const body = inBody ? JSON.stringify({ ...(rowOf(door).example as object), cursor }) : undefined;
  watched.reset();
  const response = await watched.fetch(
    new Request(`${BASE}${path}${inBody ? "" : `?cursor=${encodeURIComponent(cursor)}`}`, {
      method: door.method,
      headers: {
        authorization: `Bearer ${door.operator === null ? ours.key : env.ADMIN_TOKEN}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body }),
    }),
  );
  return { status: response.status, text: await response.text() };
}

test("every list answers `next_cursor`", () => {
  expect(lists.length).toBeGreaterThan(20);
  expect(lists.filter((door) => !("next_cursor" in shapeOf(rowOf(door).answer))).map(nameOf)).toEqual([]);
});

describe("a cursor that the list never gave is 400 `invalid_cursor`, and no object is asked", () => {
  test.each(paged.map((door) => [nameOf(door), door] as const))("%s", async (_name, door) => {
    const wrong = ["nonsense", "tok_x", `${ours.things.message}0`, ours.things.pool];
    if (door.tenant !== null && !door.path.includes("audit")) wrong.push(...cursorsOf(theirs.things));
    for (const cursor of wrong) {
      const answer = await call(door, cursor);
      expect([answer.status, (JSON.parse(answer.text) as { code: string }).code], cursor).toEqual([
        400,
        "invalid_cursor",
      ]);
      expect(answer.text).not.toContain(cursor);
      expect(watched.touched).toEqual([]);
    }
  });

  test("and every paged list is here", () => expect(paged.length).toBeGreaterThan(12));
});

/** Ids of another tenant, of every kind that a list has. */
const cursorsOf = (things: Furnished["things"]): string[] =>
  [
    things.message,
    things.verification,
    things.event,
    things.session,
    things.number,
    things.relay,
    things.inbound,
    things.key,
  ].map(String);
