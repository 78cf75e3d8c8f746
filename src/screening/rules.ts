/**
 * The rules as data: which signals together say what. `a|b` is one of them, `&` joins what must all be there, `!` what must not.
 * Each rule belongs to a class, and a tenant's policy says by class what is done. Pure.
 */
import type { Place } from "../sms/links.ts";
import type { Signal, Signals } from "./signals.ts";

/** Classes of rules, which a policy gives an action each. */
export const CLASSES = [
  "lures",
  "links",
  "short_links",
  "other_domains",
  "premium_numbers",
  "hidden_characters",
  "code_requests",
  "cards",
  "bank_accounts",
  "national_ids",
  "passwords",
  "codes",
  "personal_numbers",
  "emails",
  "likely",
] as const;
export type RuleClass = (typeof CLASSES)[number];

export type Severity = "low" | "medium" | "high";
export type Rule = { name: string; class: RuleClass; severity: Severity; when: string };

const rule = (name: string, of: RuleClass, severity: Severity, when: string): Rule => ({
  name,
  class: of,
  severity,
  when,
});
const lure = (name: string, when: string): Rule => rule(name, "lures", "high", when);

/** Every rule but `likely`, which is the model's. */
export const RULES: readonly Rule[] = [
  lure("open_again", "open_again"),
  lure(
    "delivery_fee",
    "parcel|brand_delivery & fee|small_money & risky|number_mobile & act|pay|urgent|delivery_failed|delivery_again|call_us",
  ),
  lure("delivery_fee", "parcel|brand_delivery & fee|small_money & link & delivery_failed & pay|delivery_again|act"),
  lure("delivery_details", "parcel|brand_delivery & delivery_failed|delivery_again & risky"),
  lure("refund", "refund_due & risky & act|credentials|urgent|refund_due"),
  lure("refund", "refund_due & money|tax|brand & credentials & act & link|number"),
  lure("fine", "fine & risky & pay|urgent|act|fee"),
  lure("threat", "threat & call_us & number & urgent|threat & pay|urgent|brand_state|money|tax"),
  lure("threat", "threat & risky"),
  lure("threat", "threat & number_mobile & pay|urgent|call_us"),
  lure("fine", "fine & link & urgent & pay"),
  lure("state_call", "brand_state|trouble & fee|pay & number_mobile & urgent"),
  lure("account_trouble", "trouble & risky & act|credentials|urgent|pay|call_us|not_you"),
  lure(
    "account_trouble",
    "trouble & number_mobile & call_us & brand_bank|brand_state|brand_service|claimed|bank_event",
  ),
  lure("credentials", "credentials & risky & act|pay|urgent"),
  lure("password_reset", "forgot & risky"),
  lure("cancel_call", "bank_event & not_you & call_us & number & money|brand"),
  lure("cancel_call", "trouble|bank_event & call_us & number & claimed & not_you"),
  lure("cancel_call", "brand & money & not_you|to_cancel & call_us & number"),
  lure("cancel_call", "bank_event|trouble & to_cancel & call_us & number & brand|fraud_team"),
  lure("cancel_call", "not_you & number & call_us & brand|trouble"),
  lure("cancel_link", "bank_event|trouble & not_you|to_cancel & risky"),
  lure("account_trouble", "trouble & risky & claimed"),
  lure("claimed_link", "brand & risky & urgent"),
  lure("fine", "fine & link & pay & money"),
  lure("safe_account", "safe_account & move_money"),
  lure("hi_mum", "family & new_number"),
  lure("hi_mum", "family & needs_money"),
  lure("hi_mum", "new_number & needs_money & reach_me|urgent|money|family"),
  lure("gift_cards", "gift_card & gift_errand"),
  lure("job_offer", "job & easy_pay|stranger & reach_me|link_chat"),
  lure("job_offer", "job|easy_pay & easy_pay & risky|reach_me|link_chat & job|stranger|hype"),
  lure("investment", "invest & easy_profit & link|reach_me|link_chat|number|money|urgent"),
  lure("investment", "easy_profit & link_chat|risky"),
  lure("prize", "won & prize & collect & risky|number|short_number|number_premium|paid_text|email|credentials"),
  lure("prize", "won & collect & risky"),
  lure("prize", "won & number_mobile & call_us"),
  lure("prize", "collect & prize & urgent & number_mobile & money"),
  lure("account_trouble", "trouble & link_word & link & bank_event|credentials|urgent|generic"),
  lure("account_trouble", "trouble & generic & call_us & number_mobile"),
  lure("points", "points & expiring & risky"),
  lure("inheritance", "inherit & email|credentials|number|reach_me|money|link|generic"),
  lure("loan", "loan & loan_easy & link|number|reach_me|short_number|call_us"),
  lure("claims_farming", "no_win & number|link|act|collect & no_win & money|number|link|collect"),
  lure("pension_release", "pension & pension_early & number|link|reach_me|collect"),
  lure("virus_call", "virus & call_us & number|risky"),
  lure("recovered_money", "recovery & fee|pay|call_us"),
  lure("wallet", "wallet"),
  lure("cancel_call", "brand_bank|brand_coin|fraud_team & not_you & call_us & number"),
  lure("fraud_team", "fraud_team & press_one|code_word|move_money|number"),
  lure("fraud_team", "press_one & money|bank_event|threat|trouble|not_you"),
  lure(
    "claimed_link",
    "claimed & link_plain|link_hinted|link_shortened & act|pay|collect|credentials & money|trouble|urgent|refund_due|points|credentials|won",
  ),
  lure("refund", "refund_due & tax|brand_state & link & act|collect"),
  lure("sextortion", "sextortion & money|invest|pay"),
  lure("overpaid", "bank_account & sold|family|code_lost & refund_due|needs_money|code_lost|urgent"),
  lure("stranger", "number_found & opener"),
  lure("card_courier", "card_courier & credentials|number|call_us"),
  lure("pay_link", "pay|fee & risky & claimed|urgent|trouble|small_money|threat|credentials"),
  lure("pay_link", "pay & fee & risky"),
  lure("intrusion_call", "trouble|bank_event & number & call_us & brand_bank|brand_coin"),
  lure("intrusion_call", "threat & number & call_us & brand_state"),
  lure("job_offer", "job & easy_pay & reach_me|link_chat|risky"),
  lure("investment", "invest & link_chat|risky|easy_profit"),
  lure("claims_farming", "no_win & refund_due & collect"),
  lure("stranger", "stranger & brand_service & reach_me"),
  lure("deposit", "deposit & unseen"),
  lure("sale_payout", "sold|parcel & pay_out & risky|link"),
  lure("stranger", "stranger|code_lost|adult & reach_me"),
  lure("adult", "adult & risky|number|short_number|paid_text|number_premium|reach_me"),
  lure("code_forwarding", "code_asked & code_lost|stranger|brand|bank_event|fraud_team|sold|not_you & !code_of_place"),
  lure("code_forwarding", "code_word & pass_it & code_lost|stranger|brand|bank_event|fraud_team"),
  lure("code_forwarding", "code_word & code_lost & act|pass_it|code_asked"),
  rule("code_request", "code_requests", "high", "code_asked & !code_of_place"),
  rule("code_request", "code_requests", "high", "code_word & pass_it & parcel|sold|family"),
  rule("look_alike_domain", "links", "high", "link_lookalike"),
  rule("look_alike_domain", "links", "high", "link_punycode"),
  rule("raw_address", "links", "high", "link_address"),
  rule("lure_domain", "links", "high", "link_lure & act|pay|urgent|trouble|fee|refund_due|credentials|won|claimed"),
  rule("shortened_link", "short_links", "low", "link_shortened"),
  rule("other_domain", "other_domains", "low", "link_plain|link_cheap|link_hinted|link_lure"),
  rule("premium_number", "premium_numbers", "high", "number_premium"),
  rule("paid_text", "premium_numbers", "high", "paid_text & number|short_number|won|hype|adult|link & !given"),
  rule("hidden_characters", "hidden_characters", "medium", "hidden"),
  rule("turned_writing", "hidden_characters", "high", "turned"),
  rule("mixed_scripts", "hidden_characters", "medium", "mixed"),
  rule("disguised_lure", "lures", "high", "hidden|mixed & link|number|brand|trouble|reach_me"),
  rule("card_number", "cards", "high", "card_number"),
  rule("bank_account", "bank_accounts", "medium", "bank_account"),
  rule("national_insurance", "national_ids", "medium", "national_insurance"),
  rule("nhs_number", "national_ids", "medium", "nhs_number"),
  rule("password", "passwords", "medium", "password"),
  rule("one_time_code", "codes", "low", "code"),
  rule("telephone_number", "personal_numbers", "low", "number|spelled_number"),
  rule("e_mail_address", "emails", "low", "email"),
];

/** One rule that fires on a text, and where: offsets of the text, in order. */
export type Hit = { name: string; class: RuleClass; severity: Severity; spans: Place[] };

type Term = { any: readonly string[]; not: boolean };
type Compiled = Rule & { terms: readonly Term[] };

const COMPILED: readonly Compiled[] = RULES.map((one) => ({
  ...one,
  terms: one.when.split("&").map((term) => {
    const bare = term.trim();
    const not = bare.startsWith("!");
    return { any: bare.replace("!", "").split("|"), not };
  }),
}));

/** The rules that fire, each name once with all its places. */
export function hitsOf(signals: Signals): Hit[] {
  const has = new Map<string, readonly Place[]>(signals);
  const hits = new Map<string, Hit>();
  for (const { name, class: of, severity, terms } of COMPILED) {
    if (!terms.every(({ any, not }) => any.some((signal) => has.has(signal)) !== not)) continue;
    const spans = terms.filter(({ not }) => !not).flatMap(({ any }) => any.flatMap((signal) => has.get(signal) ?? []));
    const known = hits.get(name);
    hits.set(name, { name, class: of, severity, spans: merged([...(known?.spans ?? []), ...spans]) });
  }
  return [...hits.values()];
}

/** In order, without overlap. */
export function merged(places: readonly Place[]): Place[] {
  const out: Place[] = [];
  for (const { start, end } of places.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const last = out.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else if (end > start) out.push({ start, end });
  }
  return out;
}

/** Every name of a signal that a rule reads. */
export const namesInRules = (): string[] => [
  ...new Set(COMPILED.flatMap(({ terms }) => terms.flatMap(({ any }) => any))),
];
export type { Signal };
