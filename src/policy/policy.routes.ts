/**
 * The route of a tenant's own policy.
 */
import { z } from "zod";
import { EXAMPLE_TENANT } from "../contract/example.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { INTERCEPT_POLICIES } from "./policy.ts";
import type { PolicyVerbs } from "./verbs.ts";

const route = routesOver<PolicyVerbs>();
const Caps = z.object({ minute: z.int(), hour: z.int(), day: z.int() });
const HourAndDay = z
  .object({ hour: z.int(), day: z.int() })
  .nullable()
  .meta({ description: "Null where the cap on messages is the cap on named numbers too." });
const caps = (minute: number, hour: number, day: number) => ({ minute, hour, day });

const Kept = z.object({ records: z.int(), bytes: z.int() });

export const PolicyView = z
  .object({
    tenant: z.string(),
    jurisdiction: z.enum(["eu", "us"]),
    environment: z.enum(["sandbox", "live"]),
    countries: z.array(z.string()),
    kinds: z.array(z.string()),
    senders: z.object({
      own: z.string().nullable().meta({ description: "The sender that the operator set for the tenant, if any." }),
    }),
    segments_max: z.int(),
    intercept: z.enum(INTERCEPT_POLICIES).meta({
      description: "Whether you may have a hook read masked conversations; `with_notice`: their people are told.",
    }),
    retention: z.object({ text_days: z.int(), notes_days: z.int(), forget_numbers_after_days: z.int() }),
    limits: z.object({
      recipient: Caps,
      block: Caps,
      key: Caps,
      tenant: Caps,
      country: z.object({ home: Caps, abroad: Caps }),
      numbers_per_key_per_day: z.int(),
      naming: z.object({
        key_hour: z.int().nullable(),
        tenant: HourAndDay,
        codes: z.object({ key: HourAndDay, tenant: HourAndDay }),
      }),
    }),
    storage: z.object({ used: Kept, quota: Kept }).meta({
      description:
        "What you keep and may keep: records of messages and verifications, counted by night and since, and the bytes of your object.",
    }),
  })
  .meta({
    id: "Policy",
    description: "What the tenant may do and how long what is kept. The operator changes it.",
    examples: [
      {
        tenant: EXAMPLE_TENANT,
        jurisdiction: "eu",
        environment: "live",
        countries: ["GB"],
        kinds: ["mobile"],
        senders: { own: "Acme" },
        segments_max: 6,
        intercept: "with_notice",
        retention: { text_days: 0, notes_days: 30, forget_numbers_after_days: 90 },
        limits: {
          recipient: caps(5, 20, 50),
          block: caps(30, 200, 1_000),
          key: caps(600, 10_000, 100_000),
          tenant: caps(1_200, 20_000, 200_000),
          country: { home: caps(1_200, 20_000, 200_000), abroad: caps(60, 500, 2_000) },
          numbers_per_key_per_day: 10_000,
          naming: { key_hour: null, tenant: null, codes: { key: null, tenant: null } },
        },
        storage: { used: { records: 48_210, bytes: 61_000_000 }, quota: { records: 5_000_000, bytes: 7_000_000_000 } },
      },
    ],
  });

export const policyRoutes: RouteOver<PolicyVerbs>[] = [
  route({
    method: "get",
    path: "/v1/policy",
    verb: "policy.get",
    scope: "policy:read",
    summary: "Read your policy: jurisdiction, retention, caps, senders, storage",
    tag: "Policy",
    status: 200,
    answer: PolicyView,
    input: () => ({ ok: null }),
  }),
];
