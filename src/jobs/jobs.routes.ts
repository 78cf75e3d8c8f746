/**
 * The routes of failed jobs.
 */
import { z } from "zod";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { FailedJobView } from "./schemas.ts";
import type { JobsVerbs } from "./verbs.ts";

const route = routesOver<JobsVerbs>();
const tag = "Failed jobs";

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
