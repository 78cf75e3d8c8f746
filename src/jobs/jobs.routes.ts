/**
 * The routes of failed jobs.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import type { JobsVerbs } from "./verbs.ts";

const route = routesOver<JobsVerbs>();
const tag = "Failed jobs";

export const FailedJobView = z
  .object({
    id: z.string(),
    step: z.string().meta({ description: "The step of background work, such as `messages.sweep`." }),
    resource: z
      .string()
      .nullable()
      .meta({ description: "What the work is about; null when the step could not find its rows." }),
    state: z.enum(["retrying", "quarantined"]),
    failures: z.int(),
    error: z.string().meta({ description: "The class of the error and where it was thrown; never its message." }),
    first_failed_at: z.string(),
    last_failed_at: z.string(),
    retry_at: z.string().nullable(),
  })
  .meta({
    id: "FailedJob",
    examples: [
      {
        id: exampleId("job"),
        step: "masking.sessions",
        resource: exampleId("ses"),
        state: "quarantined",
        failures: 5,
        error: "TypeError in rotateSession < run",
        first_failed_at: EXAMPLE_TIME,
        last_failed_at: EXAMPLE_TIME,
        retry_at: null,
      },
    ],
  });

export const jobsRoutes: RouteOver<JobsVerbs>[] = [
  route({
    method: "get",
    path: "/v1/failed-jobs",
    verb: "jobs.list",
    scope: "jobs:read",
    summary: "List background work that fails, newest first",
    detail:
      "A row of background work that throws is tried again after 5, 20, 80 and 320 seconds. After the fifth failure it is quarantined: left alone until it is retried, and told by `alert.job_quarantined`. No other row waits for it. Kept thirty days.",
    tag,
    query: z.strictObject({
      limit: limitUpTo(),
      cursor: cursorOf("job"),
    }),
    status: 200,
    answer: pageOf(FailedJobView),
    refuses: ["invalid_cursor"],
    input: ({ query: { limit, cursor } }) => ({ ok: { limit, ...given({ before: cursor }) } }),
  }),
  route({
    method: "post",
    path: "/v1/failed-jobs/{id}/retry",
    verb: "jobs.retry",
    scope: "jobs:retry",
    summary: "Try a failed job again now",
    detail: "Entered in the audit. The work is done within seconds; the job is gone from the list when it succeeded.",
    tag,
    params: z.strictObject({ id: z.string().max(64) }),
    status: 200,
    answer: FailedJobView,
    input: ({ params }) => ({ ok: params }),
  }),
];
