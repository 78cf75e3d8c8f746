/**
 * The operators' routes for carrier accounts.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { parseId } from "../base/ids.ts";
import { Label } from "../contract/label.ts";
import { judgeUrl, type UrlPolicy } from "../net/outside-url.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { ANOMALIES } from "../carriers/courier/anomalies.ts";
import type { Fields } from "../carriers/carrier.ts";
import { CARRIERS, KINDS, type CarrierKind } from "../carriers/registry.ts";
import { given, pageOf } from "../contract/list.ts";
import { doorsOver, IdParam, JURISDICTION, type OperatorRouteOf, type Placed } from "../contract/operator-route.ts";
import type { OperatorVerbs } from "../rpc/operator.ts";

const door = doorsOver<OperatorVerbs>();

/** Every setting of every kind; an account shows those of its kind. */
const SETTINGS = namesOf("settings");
const SECRETS = namesOf("secrets");
/** A field of any kind, checked for length only; the account's kind checks the rest once the account is known. */
const SomeText = z.string().min(1).max(4_000);

const Price = z.strictObject({ amount: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) });
const PriceRowBody = z
  .strictObject({
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .nullable()
      .default(null),
    prefix: z
      .string()
      .regex(/^\+[1-9]\d{0,9}$/)
      .nullable()
      .default(null),
    ...Price.shape,
  })
  .refine(({ country, prefix }) => country !== null || prefix !== null, "Name a country, a prefix, or both.");
const Processing = z.strictObject({
  jurisdiction: Label.nullable().default(null),
  agreement: Label.nullable().default(null),
});
/** What may be given when an account is made, and changed later. */
const changeable = {
  per_second: z.number().positive().max(100_000).nullable(),
  price: Price.nullable().meta({ description: "Of one segment, if no row of `prices` applies." }),
  prices: z.array(PriceRowBody).max(1_000).meta({ description: "The longest prefix counts first, then the country." }),
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/))
    .max(250)
    .nullable()
    .meta({ description: "Countries that it may be used for; null: any." }),
  mtls: z
    .string()
    .regex(/^MTLS_[A-Z0-9_]{1,40}$/)
    .nullable()
    .meta({ description: "The Worker's binding that holds the client certificate the carrier asks for." }),
  redact: z
    .boolean()
    .meta({ description: "Whether the carrier is asked to delete text and number once a message has ended." }),
  processing: Processing.meta({
    description: "Where the carrier processes the data, and under which agreement, as the operator states it.",
  }),
};
const DEFAULTS = { per_second: null, price: null, prices: [], countries: null, mtls: null, redact: false, processing: { jurisdiction: null, agreement: null } }; // prettier-ignore

export const AccountView = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    mode: z.enum(["test", "live"]),
    ...Object.fromEntries(SETTINGS.map((name) => [name, z.string().optional()])),
    ...changeable,
    prices: z.array(z.object({ country: z.string().nullable(), prefix: z.string().nullable(), ...Price.shape })),
    tenant_id: z.string().nullable(),
    created_at: z.string(),
  })
  .meta({
    id: "CarrierAccount",
    examples: [
      {
        id: exampleId("car"),
        name: "Our gateway",
        kind: "http",
        mode: "live",
        url: "https://gateway.example.com/sms",
        status_url: "https://gateway.example.com/status",
        ...DEFAULTS,
        per_second: 30,
        price: { amount: 38_000, currency: "GBP" },
        tenant_id: null,
        created_at: EXAMPLE_TIME,
      },
    ],
  });

const LaneHealth = z.object({
  window_seconds: z.int(),
  weight: z.int(),
  calls: z.int(),
  accepted: z.int(),
  declined: z.int(),
  throttled: z.int(),
  unknown: z.int(),
  unmapped: z.int().meta({ description: "Answers and receipts with a code that our tables do not have." }),
  latency_ms_p50: z.int().nullable(),
  latency_ms_p99: z.int().nullable(),
  receipts: z.int(),
  delivered: z.int(),
  slow: z.int(),
  receipt_ms_mean: z.int().nullable(),
});
const LANE_EXAMPLE = {
  window_seconds: 900,
  weight: 90,
  calls: 1_200,
  accepted: 1_190,
  declined: 7,
  throttled: 0,
  unknown: 3,
  unmapped: 0,
  latency_ms_p50: 100,
  latency_ms_p99: 800,
  receipts: 1_010,
  delivered: 1_000,
  slow: 170,
  receipt_ms_mean: 41_000,
};
export const HealthView = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    circuit: z.object({ state: z.enum(["closed", "open", "probing"]), since: z.string() }).optional(),
    held_until: z.string().nullable().optional(),
    otp: LaneHealth.optional(),
    bulk: LaneHealth.optional(),
    networks: z
      .record(
        z.string(),
        z.object({
          receipts: z.int(),
          slow: z.int(),
          delivered: z.int(),
          weights: z.object({ otp: z.int(), bulk: z.int() }),
        }),
      )
      .optional()
      .meta({ description: "By mobile country and network code, as receipts name it; both lanes together." }),
    alerts: z
      .array(
        z.object({
          lane: z.enum(["otp", "bulk"]),
          kind: z.enum(ANOMALIES),
          share: z.number(),
          since: z.string(),
          code: z.string().optional(),
        }),
      )
      .optional()
      .meta({ description: "Present anomalies: begun and not ended." }),
    moves: z.array(z.looseObject({ at: z.string() })).optional(),
  })
  .meta({
    id: "CarrierHealth",
    examples: [
      {
        id: exampleId("car"),
        name: "Our gateway",
        kind: "http",
        circuit: { state: "closed", since: EXAMPLE_TIME },
        held_until: null,
        otp: { ...LANE_EXAMPLE, window_seconds: 120, weight: 100 },
        bulk: LANE_EXAMPLE,
        networks: { "23415": { receipts: 400, slow: 120, delivered: 396, weights: { otp: 100, bulk: 80 } } },
        alerts: [{ lane: "bulk", kind: "receipts_missing", share: 0.83, since: EXAMPLE_TIME }],
        moves: [{ at: EXAMPLE_TIME, lane: "bulk", network: "23415", from: 90, to: 80, slow_share: 0.3 }],
      },
    ],
  });

const common = {
  name: Label,
  jurisdiction: JURISDICTION.default("eu"),
  mode: z.enum(["test", "live"]),
  tenant_id: z.string().max(64).nullable().default(null).meta({
    description: "The only tenant whose routes may name it; null: any tenant's. Cannot be changed later.",
  }),
  per_second: changeable.per_second.default(DEFAULTS.per_second),
  price: changeable.price.default(DEFAULTS.price),
  prices: changeable.prices.default(DEFAULTS.prices),
  countries: changeable.countries.default(DEFAULTS.countries),
  mtls: changeable.mtls.default(DEFAULTS.mtls),
  redact: changeable.redact.default(DEFAULTS.redact),
  processing: changeable.processing.default(DEFAULTS.processing),
};
const bodyOf = (kind: CarrierKind) => {
  const { settings, secrets } = CARRIERS[kind].fields;
  return z.strictObject({ ...common, kind: z.literal(kind), ...settings, ...secrets });
};
const [first, ...others] = KINDS.map(bodyOf);
if (first === undefined) throw new Error("there are no kinds of carriers");
const NewAccount = z.discriminatedUnion("kind", [first, ...others]).meta({ id: "NewCarrierAccount" });

function namesOf(which: keyof Fields): string[] {
  return [...new Set(KINDS.flatMap((kind) => Object.keys(CARRIERS[kind].fields[which])))].sort();
}

/**
 * The named fields that the body gives (URLs judged, in the form in which they are called) and those that it removes.
 */
function picked(
  body: object,
  names: readonly string[],
  policy: UrlPolicy,
): Outcome<{ set: Record<string, string>; removed: Record<string, null> }> {
  const given = new Map<string, unknown>(Object.entries(body));
  const set: Record<string, string> = {};
  const removed: Record<string, null> = {};
  for (const name of names) {
    const value = given.get(name);
    if (value === null) removed[name] = null;
    if (typeof value !== "string") continue;
    const judged = name.endsWith("url") ? judgeUrl(value, policy) : null;
    if (judged !== null && "refused" in judged) return judged;
    set[name] = judged === null ? value : judged.url.href;
  }
  return { ok: { set, removed } };
}

function ofAccount<Input extends object>(id: string, input: Input): Outcome<Placed<{ id: string } & Input>> {
  const owner = parseId(id);
  return owner === null || owner.prefix !== "car"
    ? refuse("not_found")
    : { ok: { where: owner.jurisdiction, input: { id, ...input } } };
}

export const carrierRoutes: OperatorRouteOf<OperatorVerbs>[] = [
  door({
    method: "post",
    path: "/admin/v1/carriers",
    verb: "carriers.create",
    sensitive: true,
    summary: "Create a carrier account",
    body: NewAccount,
    status: 201,
    answer: AccountView,
    refuses: ["url_refused"],
    example: {
      name: "Our gateway",
      kind: "http",
      mode: "live",
      url: "https://gateway.example.com/sms",
      secret: "whsec_c2VjcmV0LWZvci10aGUtZXhhbXBsZS1vbmx5",
      per_second: 30,
    },
    ask: ({ body }, policy) => {
      const fields = CARRIERS[body.kind].fields; // of this kind only: one kind's setting may be another's secret
      const settings = picked(body, Object.keys(fields.settings), policy);
      if (isRefused(settings)) return settings;
      const secrets = picked(body, Object.keys(fields.secrets), policy);
      if (isRefused(secrets)) return secrets;
      const { name, kind, mode, price, prices, countries, mtls, redact, processing, per_second: perSecond } = body;
      const known = { name, kind, mode, price, prices, countries, mtls, redact, processing, perSecond };
      const input = { ...known, tenant: body.tenant_id, settings: settings.ok.set, secrets: secrets.ok.set };
      return { ok: { where: body.jurisdiction, input } };
    },
  }),
  door({
    method: "get",
    path: "/admin/v1/carriers",
    verb: "carriers.list",
    summary: "List carrier accounts",
    query: z.strictObject({ jurisdiction: JURISDICTION.default("eu") }),
    status: 200,
    answer: pageOf(AccountView),
    ask: ({ query }) => ({ ok: { where: query.jurisdiction, input: null } }),
  }),
  door({
    method: "get",
    path: "/admin/v1/carriers/health",
    verb: "carriers.health",
    summary: "Read the health of every carrier account",
    detail:
      "Circuit, hold, and the lanes' windows: two minutes for codes, fifteen for the rest. A weight falls by ten points when 15 % of a window's receipts were slow, and drifts back after quiet.",
    query: z.strictObject({ jurisdiction: JURISDICTION.default("eu") }),
    status: 200,
    answer: pageOf(HealthView),
    ask: ({ query }) => ({ ok: { where: query.jurisdiction, input: null } }),
  }),
  door({
    method: "post",
    path: "/admin/v1/carriers/{id}/test",
    verb: "carriers.test",
    summary: "Test an account's address and credentials",
    detail: "Makes one call that sends nothing and costs nothing. `untested` where the carrier has no such call.",
    params: IdParam,
    status: 200,
    answer: z
      .object({ result: z.enum(["well", "rejected", "down", "untested"]), code: z.string().nullable() })
      .meta({ id: "CarrierTest", examples: [{ result: "rejected", code: "http_401" }] }),
    ask: ({ params }) => ofAccount(params.id, {}),
  }),
  door({
    method: "patch",
    path: "/admin/v1/carriers/{id}",
    verb: "carriers.change",
    sensitive: true,
    summary: "Change a carrier account",
    params: IdParam,
    body: z
      .strictObject({
        name: Label,
        ...changeable,
        ...Object.fromEntries(SETTINGS.map((name) => [name, SomeText.nullable()])),
        ...Object.fromEntries(SECRETS.map((name) => [name, SomeText])),
      })
      .partial()
      .meta({ id: "ChangeCarrierAccount" }),
    status: 200,
    answer: AccountView,
    refuses: ["url_refused"],
    example: { per_second: 50 },
    ask: ({ params, body }, policy) => {
      const settings = picked(body, SETTINGS, policy);
      if (isRefused(settings)) return settings;
      const secrets = picked(body, SECRETS, policy);
      if (isRefused(secrets)) return secrets;
      const { name, per_second: perSecond, price, prices, countries, mtls, redact, processing } = body;
      return ofAccount(params.id, {
        change: {
          ...given({ name, price, prices, countries, mtls, redact, processing, perSecond }),
          settings: { ...settings.ok.set, ...settings.ok.removed },
          secrets: secrets.ok.set,
        },
      });
    },
  }),
];
