/**
 * The routes of figures.
 */
import type { z } from "zod";
import { given, timeOf } from "../contract/list.ts";
import { completedRoutesOver, type RouteOver } from "../contract/route.ts";
import { finishFigures } from "./finish.ts";
import { messagesRow, verificationsRow } from "./groups.ts";
import { figuresOf, StatsQuery, StatsRow, VerificationStatsQuery, VerificationStatsRow } from "./schemas.ts";
import type { StatsVerbs } from "./verbs.ts";

const route = completedRoutesOver<StatsVerbs>();
const tag = "Figures";

type Query = z.output<typeof StatsQuery> | z.output<typeof VerificationStatsQuery>;

const askOf = ({ step, by, from, to }: Query) => ({ step, by, ...given({ from: timeOf(from), to: timeOf(to) }) });

export const statsRoutes: RouteOver<StatsVerbs>[] = [
  route({
    method: "get",
    path: "/v1/stats",
    verb: "stats.messages",
    scope: "stats:read",
    summary: "Count messages",
    detail:
      "By hour or by day of when they were accepted, and by what you name. Messages on their way are counted in the state that they are in, so the figures of an hour change until all of its messages have ended. The same as if you listed the messages and counted. At most 336 hours of the last 50 days, or 400 days; at most 2,000 rows.",
    tag,
    query: StatsQuery,
    status: 200,
    answer: figuresOf(StatsRow),
    csv: true,
    input: ({ query }) => ({ ok: askOf(query) }),
    complete: (part, _input, help) => finishFigures(help, part, messagesRow),
  }),
  route({
    method: "get",
    path: "/v1/stats/verifications",
    verb: "stats.verifications",
    scope: "stats:read",
    summary: "Count verifications",
    detail:
      "As messages are counted, by the hour or day of their start; `carrier` is the one of the last code that was sent.",
    tag,
    query: VerificationStatsQuery,
    status: 200,
    answer: figuresOf(VerificationStatsRow),
    csv: true,
    input: ({ query }) => ({ ok: askOf(query) }),
    complete: (part, _input, help) => finishFigures(help, part, verificationsRow),
  }),
];
