/**
 * The operators' routes for looking after tenants: what each uses, and its failed background work.
 */
import { z } from "zod";
import { parseTenantId } from "../base/ids.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { EXAMPLE_TENANT, EXAMPLE_TIME } from "../contract/example.ts";
import { cursorLike, limitUpTo, pageOf } from "../contract/list.ts";
import { doorsOver, IdParam, JURISDICTION, type OperatorRouteOf, type Placed } from "../contract/operator-route.ts";
import { FailedJobView } from "../jobs/schemas.ts";
import type { OperatorVerbs } from "../rpc/operator.ts";

const door = doorsOver<OperatorVerbs>();

export const UsageView = z
  .object({
    id: z.string(),
    name: z.string(),
    jurisdiction: JURISDICTION,
    environment: z.enum(["sandbox", "live"]),
    state: z.enum(["active", "suspended"]),
    created_at: z.string(),
    usage: z
      .object({
        texts_today: z.int().meta({ description: "Texts that count in the tenant's day so far." }),
        texts_per_day: z.int(),
        records: z.int(),
        records_max: z.int(),
        bytes: z.int().meta({ description: "Of the tenant's own object." }),
        bytes_max: z.int(),
        quarantined_jobs: z.int(),
        open_alerts: z.int(),
      })
      .nullable()
      .meta({ description: "Null where the tenant's object does not answer." }),
  })
  .meta({
    id: "TenantUsage",
    examples: [
      {
        id: EXAMPLE_TENANT,
        name: "Northern Shifts",
        jurisdiction: "eu",
        environment: "live",
        state: "active",
        created_at: EXAMPLE_TIME,
        usage: {
          texts_today: 1_200,
          texts_per_day: 250_000,
          records: 48_000,
          records_max: 5_000_000,
          bytes: 41_000_000,
          bytes_max: 7_000_000_000,
          quarantined_jobs: 0,
          open_alerts: 1,
        },
      },
    ],
  });

function ofTenant<Input extends object>(id: string, input: Input): Outcome<Placed<{ id: string } & Input>> {
  const owner = parseTenantId(id);
  return owner === null ? refuse("not_found") : { ok: { where: owner.jurisdiction, input: { id, ...input } } };
}

export const oversightRoutes: OperatorRouteOf<OperatorVerbs>[] = [
  door({
    method: "get",
    path: "/admin/v1/usage",
    verb: "usage.list",
    summary: "List tenants with what each uses of its limits and quota",
    query: z.strictObject({
      name: z.string().max(100).default("").meta({ description: "A part of the name, in upper or lower case." }),
      jurisdiction: JURISDICTION.default("eu"),
      limit: limitUpTo(50, 25),
      cursor: cursorLike((text) => parseTenantId(text) !== null).optional(),
    }),
    status: 200,
    answer: pageOf(UsageView),
    refuses: ["invalid_cursor"],
    ask: ({ query }) => ({
      ok: { where: query.jurisdiction, input: { after: query.cursor ?? "", limit: query.limit, name: query.name } },
    }),
  }),
  door({
    method: "get",
    path: "/admin/v1/tenants/{id}/failed-jobs",
    verb: "tenant_jobs.list",
    summary: "List a tenant's background work that fails, the newest hundred",
    params: IdParam,
    status: 200,
    answer: pageOf(FailedJobView),
    ask: ({ params }) => ofTenant(params.id, {}),
  }),
  door({
    method: "post",
    path: "/admin/v1/tenants/{id}/failed-jobs/{job}/retry",
    verb: "tenant_jobs.retry",
    summary: "Try a tenant's failed job again now",
    params: z.strictObject({ id: z.string().max(64), job: z.string().max(64) }),
    status: 200,
    answer: FailedJobView,
    ask: ({ params }) => ofTenant(params.id, { job: params.job }),
  }),
];
