/**
 * The routes of virtual numbers and pools. A virtual number is shown in full but addressed by id, because no path may
 * hold a number.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { Label } from "../contract/label.ts";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { CAPABILITIES, NUMBER_STATES, SELECTIONS, SHARINGS, type PoolSettings } from "./number.ts";
import type { NumbersVerbs } from "./verbs.ts";

const route = routesOver<NumbersVerbs>();
const tag = "Numbers";
const Id = z.strictObject({ id: z.string().max(64) });
const NumberIds = z.array(z.string().max(64)).max(500);
const days = (max: number) => z.int().min(0).max(max);

export const VirtualNumberView = z
  .object({
    id: z.string(),
    number: z.string(),
    mask: z.string(),
    country: z.string(),
    kind: z.string(),
    account: z.string(),
    capabilities: z.array(z.enum(CAPABILITIES)),
    price: z.object({ amount: z.int(), currency: z.string() }).nullable(),
    tags: z.array(z.string()),
    lent: z.boolean().meta({ description: "From the operator's shared stock: it is returned when not needed." }),
    pool: z.string().nullable(),
    state: z.enum(NUMBER_STATES),
    uses: z.int(),
    cooling_until: z.string().nullable(),
    created_at: z.string(),
  })
  .meta({
    id: "VirtualNumber",
    description: "A virtual number: public, shown in full, and nobody's own.",
    examples: [
      {
        id: exampleId("num"),
        number: "+447700900871",
        mask: "+44•••••••71",
        country: "GB",
        kind: "drama",
        account: exampleId("car"),
        capabilities: ["sms"],
        price: { amount: 1_000_000, currency: "GBP" },
        tags: ["leeds"],
        lent: false,
        pool: exampleId("pol"),
        state: "available",
        uses: 4,
        cooling_until: null,
        created_at: EXAMPLE_TIME,
      },
    ],
  });

const settings = {
  selection: z.enum(SELECTIONS),
  cool_off_days: days(365),
  cool_off_others_days: days(365),
  low_water: z.int().min(0).max(100_000),
  lease: z
    .strictObject({
      below: z.int().min(1).max(1_000),
      block: z.int().min(1).max(100).default(10),
      country: z.string().length(2).nullable().default(null),
    })
    .nullable()
    .meta({ description: "With fewer free numbers than `below` the pool borrows `block` more of the shared stock." }),
};

export const PoolView = z
  .object({
    id: z.string(),
    name: z.string(),
    sharing: z.enum(SHARINGS),
    ...settings,
    numbers: z.object(Object.fromEntries(NUMBER_STATES.map((state) => [state, z.int()]))),
    created_at: z.string(),
  })
  .meta({
    id: "Pool",
    examples: [
      {
        id: exampleId("pol"),
        name: "Couriers",
        sharing: "shared",
        selection: "least_used",
        cool_off_days: 30,
        cool_off_others_days: 7,
        low_water: 5,
        lease: { below: 5, block: 10, country: "GB" },
        numbers: { available: 20, leased: 0, cooling: 0, reserved: 2, retired: 0 },
        created_at: EXAMPLE_TIME,
      },
    ],
  });

export const PoolPlanView = z
  .object({
    numbers: z.int(),
    free: z.int(),
    per_day: z.number(),
    exhausted_in_days: z.int().nullable(),
    recommended_size: z.int(),
  })
  .meta({
    id: "PoolPlan",
    examples: [{ numbers: 50, free: 20, per_day: 10, exhausted_in_days: 2, recommended_size: 96 }],
  });

const numberRoutes: RouteOver<NumbersVerbs>[] = [
  route({
    method: "get",
    path: "/v1/numbers",
    verb: "numbers.list",
    scope: "numbers:read",
    summary: "List the virtual numbers you have",
    tag,
    query: z.strictObject({
      limit: limitUpTo(500, 100),
      cursor: cursorOf("num"),
      pool: z.string().max(64).optional(),
      state: z.enum(NUMBER_STATES).optional(),
      country: z.string().length(2).optional(),
    }),
    status: 200,
    answer: pageOf(VirtualNumberView),
    refuses: ["invalid_cursor"],
    input: ({ query: { limit, cursor, pool, state, country } }) => ({
      ok: { limit, ...given({ after: cursor, pool, state, country }) },
    }),
  }),
  route({
    method: "get",
    path: "/v1/numbers/{id}",
    verb: "numbers.get",
    scope: "numbers:read",
    summary: "Read a virtual number",
    tag,
    params: Id,
    status: 200,
    answer: VirtualNumberView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "patch",
    path: "/v1/numbers/{id}",
    verb: "numbers.change",
    scope: "numbers:manage",
    summary: "Move a number to a pool, reserve, tag or retire it",
    detail: "A reserved number is given out only when a participant names it. A retired one is never given out again.",
    tag,
    params: Id,
    body: z
      .strictObject({
        pool: z.string().max(64).nullable().optional(),
        reserved: z.boolean().optional(),
        retired: z.literal(true).optional(),
        tags: z.array(Label).max(20).optional(),
      })
      .meta({ id: "ChangeNumber" }),
    status: 200,
    answer: VirtualNumberView,
    refuses: ["pool_unknown", "state_conflict"],
    example: { reserved: true },
    input: ({ params, body: { pool, reserved, retired, tags } }) => ({
      ok: {
        id: params.id,
        ...(pool === undefined ? {} : { pool }),
        ...(reserved === undefined ? {} : { reserved }),
        ...(retired === undefined ? {} : { retired }),
        ...(tags === undefined ? {} : { tags }),
      },
    }),
  }),
];

const poolRoutes: RouteOver<NumbersVerbs>[] = [
  route({
    method: "post",
    path: "/v1/pools",
    verb: "pools.create",
    scope: "numbers:manage",
    summary: "Create a pool of numbers",
    detail:
      "`shared`: one number serves many people at once, and one person meets it in one session at a time. `exclusive`: a number belongs to one session at a time. Through the cool-off nobody meets a number again that they had.",
    tag,
    body: z
      .strictObject({
        name: Label,
        sharing: z.enum(SHARINGS).default("shared"),
        ...z.object(settings).partial().shape,
        numbers: NumberIds.default([]),
      })
      .meta({ id: "NewPool" }),
    status: 201,
    answer: PoolView,
    refuses: ["name_taken", "state_conflict"],
    repeat: {},
    example: { name: "Couriers", sharing: "shared" },
    input: ({ body }) => ({
      ok: { name: body.name, settings: { sharing: body.sharing, ...settingsOf(body) }, numbers: body.numbers },
    }),
  }),
  route({
    method: "get",
    path: "/v1/pools",
    verb: "pools.list",
    scope: "numbers:read",
    summary: "List pools",
    tag,
    status: 200,
    answer: pageOf(PoolView),
    input: () => ({ ok: null }),
  }),
  route({
    method: "get",
    path: "/v1/pools/{id}",
    verb: "pools.get",
    scope: "numbers:read",
    summary: "Read a pool",
    tag,
    params: Id,
    status: 200,
    answer: PoolView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "get",
    path: "/v1/pools/{id}/plan",
    verb: "pools.plan",
    scope: "numbers:read",
    summary: "Forecast how long a pool lasts, and how large it should be",
    detail: "From the sessions opened in the last four weeks. Give the average duration of your sessions in days.",
    tag,
    params: Id,
    query: z.strictObject({ session_days: z.coerce.number().min(0).max(365).default(1) }),
    status: 200,
    answer: PoolPlanView,
    input: ({ params, query }) => ({ ok: { id: params.id, sessionDays: query.session_days } }),
  }),
  route({
    method: "patch",
    path: "/v1/pools/{id}",
    verb: "pools.change",
    scope: "numbers:manage",
    summary: "Change a pool",
    tag,
    params: Id,
    body: z.strictObject(settings).partial().meta({ id: "ChangePool" }),
    status: 200,
    answer: PoolView,
    example: { cool_off_days: 14 },
    input: ({ params, body }) => ({ ok: { id: params.id, settings: settingsOf(body) } }),
  }),
  route({
    method: "post",
    path: "/v1/pools/{id}/numbers",
    verb: "pools.fill",
    scope: "numbers:manage",
    summary: "Put numbers into a pool",
    tag,
    params: Id,
    body: z.strictObject({ numbers: NumberIds.min(1) }).meta({ id: "FillPool" }),
    status: 200,
    answer: PoolView,
    repeat: {},
    example: { numbers: [exampleId("num")] },
    input: ({ params, body }) => ({ ok: { id: params.id, numbers: body.numbers } }),
  }),
];

export const numbersRoutes: RouteOver<NumbersVerbs>[] = [...numberRoutes, ...poolRoutes];

type SettingsBody = {
  selection?: PoolSettings["selection"] | undefined;
  cool_off_days?: number | undefined;
  cool_off_others_days?: number | undefined;
  low_water?: number | undefined;
  lease?: PoolSettings["lease"] | undefined;
};

function settingsOf(body: SettingsBody): Partial<Omit<PoolSettings, "sharing">> {
  return {
    ...(body.selection === undefined ? {} : { selection: body.selection }),
    ...(body.cool_off_days === undefined ? {} : { coolOffDays: body.cool_off_days }),
    ...(body.cool_off_others_days === undefined ? {} : { coolOffOthersDays: body.cool_off_others_days }),
    ...(body.low_water === undefined ? {} : { lowWater: body.low_water }),
    ...(body.lease === undefined ? {} : { lease: body.lease }),
  };
}
