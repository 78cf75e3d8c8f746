/**
 * The routes of locks. All are POST, since the number must be in the body, not in a path or a query.
 */
import { z } from "zod";
import { EXAMPLE_NUMBER, EXAMPLE_TIME } from "../../contract/example.ts";
import { routesOver, type RouteOver } from "../../contract/route.ts";
import { NumberView, To } from "../../messages/schemas.ts";
import { LOCK_REASONS, type LocksVerbs } from "./verbs.ts";
import { numberOf } from "../wording.ts";

const route = routesOver<LocksVerbs>();
const tag = "Verification settings";

const Whom = z.strictObject({ to: To }).meta({ id: "LookAtLocks" });
const Change = z.strictObject({ to: To, reason: z.enum(LOCK_REASONS) }).meta({ id: "ChangeLocks" });

const budget = { failures: z.int(), locked_until: z.string().nullable() };

const LocksView = z
  .object({
    to: NumberView,
    blocked_at: z.string().nullable(),
    strangers: z
      .object(budget)
      .meta({ description: "Wrong codes of all strangers together, and the latest lock of any or all of them." }),
    known: z.array(z.object({ of: z.enum(["device", "network"]), seen_at: z.string(), ...budget })),
    sends_left: z.int(),
    next_send_at: z.string().nullable(),
  })
  .meta({
    id: "Locks",
    description: "Failures of a rolling day: of all strangers together, and of each device that has verified before.",
    examples: [
      {
        to: EXAMPLE_NUMBER,
        blocked_at: null,
        strangers: { failures: 5, locked_until: EXAMPLE_TIME },
        known: [{ of: "device", seen_at: EXAMPLE_TIME, failures: 0, locked_until: null }],
        sends_left: 3,
        next_send_at: null,
      },
    ],
  });

const refuses = ["invalid_number", "token_unknown", "new_numbers_exceeded"] as const;

/** A route that changes locks. */
function changing(
  verb: "locks.lift" | "locks.block",
  path: string,
  summary: string,
  detail: string,
): RouteOver<LocksVerbs> {
  return route({
    method: "post",
    path,
    verb,
    scope: "verify:locks",
    summary,
    detail,
    tag,
    body: Change,
    status: 200,
    answer: LocksView,
    refuses,
    example: { to: "+447700900123", reason: "support" },
    input: ({ body }) => {
      const to = numberOf(body.to);
      return "refused" in to ? to : { ok: { to: to.number, reason: body.reason } };
    },
  });
}

export const locksRoutes: RouteOver<LocksVerbs>[] = [
  route({
    method: "post",
    path: "/v1/verify/locks/look",
    verb: "locks.look",
    scope: "verify:locks",
    summary: "See what is counted and locked for a number",
    tag,
    body: Whom,
    status: 200,
    answer: LocksView,
    refuses,
    example: { to: "+447700900123" },
    input: ({ body }) => {
      const to = numberOf(body.to);
      return "refused" in to ? to : { ok: { to: to.number } };
    },
  }),
  changing(
    "locks.lift",
    "/v1/verify/locks/lift",
    "Lift a number's locks and block",
    "The count of wrong codes starts again at 0, for an attacker too: first make sure who asks for it. Has an audit entry.",
  ),
  changing(
    "locks.block",
    "/v1/verify/locks/block",
    "Block a number until it is lifted",
    "No code is sent to it and no code is right; the answer of a start does not reveal it. Has an audit entry.",
  ),
];
