/**
 * What a tenant may send, to whom and how much: set by the operator, with safe defaults. Pure.
 */
import { z } from "zod";
import { PURPOSES } from "../sms/purpose.ts";
import { refuse, type Refusal } from "../base/refusal.ts";
import { maskOf, NUMBER_KINDS, type Num } from "../sms/phone.ts";
import { isUkPlan, lintSender } from "./sender-id.ts";
import { CHOOSE, type RouteRule } from "../carriers/route.ts";
import { DEFAULT_LIMITS, DEFAULT_NAMING, SANDBOX_LIMITS, type Limits, type NamingAllowance } from "../risk/caps.ts";
import type { Quota } from "../risk/quota.ts";
import { isoOf, millisecondsOf } from "../base/clock.ts";

const count = z.int().min(0).max(1_000_000_000);
const Caps = z.strictObject({ minute: count, hour: count, day: count });
const HourAndDay = z.strictObject({ hour: count, day: count }).nullable();
/** Caps on distinct named numbers; null: derived from the other caps (risk/naming.ts). */
const NamingBody = z.strictObject({
  key_hour: count.nullable().default(null),
  tenant: HourAndDay.default(null),
  codes: z
    .strictObject({ key: HourAndDay.default(null), tenant: HourAndDay.default(null) })
    .default({ key: null, tenant: null }),
});
/** More numbers for a campaign or an import, until a time: for every key, or for one with its rotations. */
const AllowanceBody = z.strictObject({
  numbers: z.int().min(1).max(10_000_000),
  until: z
    .string()
    .max(40)
    .refine((text) => millisecondsOf(text) !== null, "Write it as RFC 3339, with its zone."),
  key: z.string().max(64).nullable().default(null),
});

/** What the policy says of hooks before relays: allowed, allowed where people are told, or not at all. */
export const INTERCEPT_POLICIES = ["allowed", "with_notice", "refused"] as const;
export type InterceptPolicy = (typeof INTERCEPT_POLICIES)[number];

const Countries = z.array(z.string().regex(/^[A-Z]{2}$/)).max(250);
/**
 * A routing rule as the operator writes it. The first that fits a message decides; an empty condition fits every
 * message.
 */
const RuleBody = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/),
  purposes: z.array(z.enum(PURPOSES)).max(PURPOSES.length).default([]),
  countries: Countries.default([]),
  prefixes: z
    .array(z.string().regex(/^\+[1-9]\d{0,9}$/))
    .max(200)
    .default([]),
  choose: z.enum(CHOOSE).default("ordered"),
  accounts: z
    .array(z.strictObject({ account: z.string().max(64), share: z.int().min(1).max(1_000).default(1) }))
    .min(1)
    .max(10),
  price_max: z
    .strictObject({ amount: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) })
    .nullable()
    .default(null),
  weight_min: z.int().min(0).max(100).default(50),
});

/** The policy as the operator writes it; in a change every field is optional. */
export const PolicyChange = z
  .strictObject({
    countries: Countries,
    kinds: z.array(z.enum(NUMBER_KINDS)).max(NUMBER_KINDS.length),
    /** Carrier accounts in the order they may be tried. */
    routes: z.array(z.string().max(64)).max(10),
    /** Rules that choose other accounts for some messages. */
    route_rules: z
      .array(RuleBody)
      .max(50)
      .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, "Each name may be used once."),
    default_sender: z.string().max(16).nullable(),
    segments_max: z.int().min(1).max(10),
    keep_text_days: z.int().min(0).max(365),
    keep_notes_days: z.int().min(1).max(365),
    forget_numbers_after_days: z.int().min(1).max(3_650),
    limits: z
      .strictObject({
        recipient: Caps,
        block: Caps,
        key: Caps,
        tenant: Caps,
        country: z.strictObject({ home: Caps, abroad: Caps }),
        numbers_per_key_per_day: count,
        naming: NamingBody,
      })
      .partial(),
    naming_allowance: AllowanceBody.nullable(),
    /** What the tenant may keep; null is the quota of its environment. */
    storage_quota: z.strictObject({ records: z.int().min(0), bytes: z.int().min(0) }).nullable(),
    /** Whether the tenant may have a hook read what people write to each other, and whether they are told. */
    intercept: z.enum(INTERCEPT_POLICIES),
  })
  .partial();
export type PolicyChange = z.infer<typeof PolicyChange>;

export type Policy = {
  countries: string[];
  kinds: Num["kind"][];
  routes: string[];
  /** Absent in a policy that was stored before there were any. */
  routeRules?: RouteRule[];
  defaultSender: string | null;
  segmentsMax: number;
  keepTextDays: number;
  keepNotesDays: number;
  forgetNumbersAfterDays: number;
  limits: Limits;
  /** Absent in a policy that was stored before there were any. */
  namingAllowance?: NamingAllowance | null;
  /** Absent in a policy that was stored before there was one; null is the quota of the environment. */
  storageQuota?: Quota | null;
  /** Absent in a policy that was stored before it could be refused. */
  intercept?: InterceptPolicy;
};

/**
 * GB mobiles only, without the Crown dependencies, 070 and 076: allowing the whole prefix +44 would allow traffic
 * pumping.
 */
export function defaultPolicy(environment: "sandbox" | "live"): Policy {
  return {
    countries: ["GB"],
    kinds: environment === "sandbox" ? ["drama"] : ["mobile"],
    routes: [],
    defaultSender: null,
    segmentsMax: 6,
    keepTextDays: 0,
    keepNotesDays: 30,
    forgetNumbersAfterDays: 90,
    limits: environment === "sandbox" ? SANDBOX_LIMITS : DEFAULT_LIMITS,
  };
}

/** The policy after a change; fields left out stay unchanged. */
export function changed(policy: Policy, change: PolicyChange): Policy {
  const { numbers_per_key_per_day, naming, ...caps } = change.limits ?? {};
  const next = (now: Limits): Limits => ({
    recipient: caps.recipient ?? now.recipient,
    block: caps.block ?? now.block,
    key: caps.key ?? now.key,
    tenant: caps.tenant ?? now.tenant,
    country: caps.country ?? now.country,
    numbersPerKeyPerDay: numbers_per_key_per_day ?? now.numbersPerKeyPerDay,
    naming:
      naming === undefined
        ? (now.naming ?? DEFAULT_NAMING)
        : { keyHour: naming.key_hour, tenant: naming.tenant, codes: naming.codes },
  });
  return {
    countries: change.countries ?? policy.countries,
    kinds: change.kinds ?? policy.kinds,
    routes: change.routes ?? policy.routes,
    routeRules: change.route_rules?.map(ruleOf) ?? policy.routeRules ?? [],
    defaultSender: change.default_sender === undefined ? policy.defaultSender : change.default_sender,
    segmentsMax: change.segments_max ?? policy.segmentsMax,
    keepTextDays: change.keep_text_days ?? policy.keepTextDays,
    keepNotesDays: change.keep_notes_days ?? policy.keepNotesDays,
    forgetNumbersAfterDays: change.forget_numbers_after_days ?? policy.forgetNumbersAfterDays,
    limits: next(policy.limits),
    namingAllowance:
      change.naming_allowance === undefined
        ? (policy.namingAllowance ?? null)
        : change.naming_allowance === null
          ? null
          : { ...change.naming_allowance, until: millisecondsOf(change.naming_allowance.until) ?? 0 },
    storageQuota: change.storage_quota === undefined ? (policy.storageQuota ?? null) : change.storage_quota,
    intercept: change.intercept ?? policy.intercept ?? "allowed",
  };
}

function ruleOf({ price_max: priceMax, weight_min: weightMin, ...rule }: z.infer<typeof RuleBody>): RouteRule {
  return { ...rule, priceMax, weightMin };
}

function ruleView({ priceMax, weightMin, ...rule }: RouteRule) {
  return { ...rule, price_max: priceMax, weight_min: weightMin };
}

/** The policy as the contract shows it. */
export function policyView(policy: Policy) {
  const { numbersPerKeyPerDay, naming = DEFAULT_NAMING, ...caps } = policy.limits;
  const { namingAllowance: allowance = null } = policy;
  return {
    countries: policy.countries,
    kinds: policy.kinds,
    routes: policy.routes,
    route_rules: (policy.routeRules ?? []).map(ruleView),
    default_sender: policy.defaultSender,
    segments_max: policy.segmentsMax,
    keep_text_days: policy.keepTextDays,
    keep_notes_days: policy.keepNotesDays,
    forget_numbers_after_days: policy.forgetNumbersAfterDays,
    limits: {
      ...caps,
      numbers_per_key_per_day: numbersPerKeyPerDay,
      naming: { key_hour: naming.keyHour, tenant: naming.tenant, codes: naming.codes },
    },
    naming_allowance: allowance === null ? null : { ...allowance, until: isoOf(allowance.until) },
    storage_quota: policy.storageQuota ?? null,
    intercept: policy.intercept ?? "allowed",
  };
}
export type PolicyView = ReturnType<typeof policyView>;

/**
 * A sender that is a number must be one that the operator set, because any other would be somebody else's number,
 * stored in clear. The route has checked a name by the rule for +44, before a token's country is known; names to other
 * countries are checked here.
 */
export function judgeSender(from: string | null, policy: Policy, country: string): Refusal | null {
  if (from === null || from === policy.defaultSender) return null;
  if (!from.startsWith("+")) {
    const linted = isUkPlan(country) ? null : lintSender(from, country);
    if (linted === null || "kind" in linted) return null;
    return refuse("sender_refused", { errors: linted.errors.map((error) => ({ field: "from", ...error })) });
  }
  const detail = "Only the number that the operator set as the tenant's own sender can be used. Use a name instead.";
  return refuse("sender_refused", { errors: [{ field: "from", code: "sender_number_not_yours", detail }] });
}

/** Why this number may not be texted by this tenant, or null. */
export function judgeNumber(
  number: { country: string; kind: Num["kind"] },
  policy: Policy,
  environment: "sandbox" | "live",
): Refusal | null {
  const drama = number.kind === "drama";
  if (environment === "live" && drama) return refuse("drama_number_on_live");
  if (environment === "sandbox" && !drama) return refuse("real_number_in_sandbox");
  if (!policy.countries.includes(number.country))
    return refuse("country_not_allowed", { detail: readAs("country", number.country, policy.countries) });
  if (!policy.kinds.includes(number.kind))
    return refuse("number_kind_refused", { detail: readAs("kind", number.kind, policy.kinds) });
  return null;
}

const LISTED_MAX = 20;

/** How the number was read, which the caller may not have meant, and what is allowed. */
function readAs(what: string, read: string, allowed: readonly string[]): string {
  const more = allowed.length > LISTED_MAX ? ` and ${allowed.length - LISTED_MAX} more` : "";
  const list = allowed.slice(0, LISTED_MAX).join(", ") || "none";
  return `The number was read as of ${what} ${read}. The tenant's policy allows: ${list}${more}.`;
}

/** The policy after a change, and its audit entry. */
export type ChangedPolicy = { policy: ReturnType<typeof policyView>; facts: ReturnType<typeof changeFacts> };

/** Longer values are entered by their length only, because an audit entry is bounded. */
const VALUE_CHARS_MAX = 4_000;

/** For the audit: which fields were named, and their old and new values as JSON. A sender's number is masked. */
export function changeFacts(before: Policy, after: Policy, change: PolicyChange) {
  const fields = Object.keys(change).sort();
  const values = (policy: Policy): string => {
    const view: Record<string, unknown> = policyView({ ...policy, defaultSender: maskedSender(policy.defaultSender) });
    const text = JSON.stringify(Object.fromEntries(fields.map((field) => [field, view[field]])));
    return text.length <= VALUE_CHARS_MAX ? text : `${text.length} characters`;
  };
  return { fields: fields.join(" "), from: values(before), to: values(after) };
}

const maskedSender = (sender: string | null): string | null =>
  sender?.startsWith("+") === true ? maskOf(sender) : sender;
