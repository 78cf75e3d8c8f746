/**
 * What is done with a text: by direction and purpose, each class of rules has an action, and the severest of the rules that fire
 * decides. A tenant's own lines come before the defaults. Pure.
 */
import { z } from "zod";
import type { Place } from "../sms/links.ts";
import { PURPOSES, type Purpose } from "../sms/purpose.ts";
import { scoreOf } from "./model.ts";
import { CLASSES, hitsOf, merged, type Hit, type RuleClass } from "./rules.ts";
import { signalsOf } from "./signals.ts";

/** `outbound`: a tenant's program. `person`: to another person by a virtual number. `inbound`: to the tenant. */
export const DIRECTIONS = ["outbound", "person", "inbound"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** From the mildest to the severest. */
export const ACTIONS = ["allow", "warn", "redact", "hold", "block"] as const;
export type Action = (typeof ACTIONS)[number];

/** One line of a policy; the first that fits decides. Null: each. */
const PolicyLine = z.object({
  direction: z.enum(DIRECTIONS).nullable(),
  purpose: z.enum(PURPOSES).nullable(),
  class: z.enum(CLASSES),
  action: z.enum(ACTIONS),
});
export type PolicyLine = z.infer<typeof PolicyLine>;

/** A policy as it is stored. */
export const ScreeningPolicy = z.object({
  /** False: every text is judged and labelled, and nothing is changed, held or refused. */
  enforced: z.boolean(),
  /** The tenant's own domains: never suspicious, and looked after like a brand's. */
  domains: z.array(z.string()),
  /** What stands where something is redacted. */
  replacement: z.string(),
  /** A person's text that is held goes through with its label after this. */
  holdHours: z.int(),
  /** What is added to a person's text that asks for a code; null: nothing. */
  codeWarning: z.string().nullable(),
  lines: z.array(PolicyLine),
});
export type ScreeningPolicy = z.infer<typeof ScreeningPolicy>;

export const HOLD_HOURS_MAX = 72;
/** Stands behind a person's text that was held and that nobody decided about. */
export const CAUTION = "[Caution: this text looks like a scam.]";
export const DEFAULT_WARNING = "[Warning: never share a code that was sent to you.]";

/** A tenant's policy before it sets one: on for live tenants; in a sandbox texts are judged and nothing is held. */
export function defaultPolicy(environment: "sandbox" | "live"): ScreeningPolicy {
  return {
    enforced: environment === "live",
    domains: [],
    replacement: "[removed]",
    holdHours: 12,
    codeWarning: DEFAULT_WARNING,
    lines: [],
  };
}

/** The action of each class where the tenant's policy has no line: of a program's text, of a person's, of one that comes in. */
const DEFAULTS: Readonly<Record<RuleClass, readonly [outbound: Action, person: Action, inbound: Action]>> = {
  lures: ["hold", "hold", "hold"],
  links: ["hold", "hold", "hold"],
  premium_numbers: ["hold", "hold", "hold"],
  code_requests: ["hold", "warn", "warn"],
  short_links: ["warn", "warn", "warn"],
  other_domains: ["warn", "allow", "allow"],
  hidden_characters: ["warn", "warn", "warn"],
  cards: ["redact", "redact", "redact"],
  bank_accounts: ["allow", "warn", "warn"],
  national_ids: ["warn", "redact", "warn"],
  passwords: ["warn", "warn", "allow"],
  codes: ["warn", "allow", "allow"],
  personal_numbers: ["allow", "allow", "allow"],
  emails: ["allow", "allow", "allow"],
  likely: ["warn", "warn", "warn"],
};

/** What is done where a class of rules fires. */
export function actionOf(policy: ScreeningPolicy, direction: Direction, purpose: Purpose, of: RuleClass): Action {
  const own = policy.lines.find(
    (line) =>
      line.class === of &&
      (line.direction === null || line.direction === direction) &&
      (line.purpose === null || line.purpose === purpose),
  );
  if (own !== undefined) return own.action;
  if (of === "codes" && purpose === "otp") return "allow";
  if (of === "other_domains" && policy.domains.length === 0) return "allow"; // nothing is said of which are whose
  return DEFAULTS[of][DIRECTIONS.indexOf(direction)] ?? "hold";
}

/** The action of every class, for one direction and purpose. */
export function actionsFor(policy: ScreeningPolicy, direction: Direction, purpose: Purpose): Record<RuleClass, Action> {
  const actions = { ...EVERY_CLASS_ALLOWED };
  for (const each of CLASSES) actions[each] = actionOf(policy, direction, purpose, each);
  return actions;
}

const EVERY_CLASS_ALLOWED: Readonly<Record<RuleClass, Action>> = {
  lures: "allow",
  links: "allow",
  short_links: "allow",
  other_domains: "allow",
  premium_numbers: "allow",
  hidden_characters: "allow",
  code_requests: "allow",
  cards: "allow",
  bank_accounts: "allow",
  national_ids: "allow",
  passwords: "allow",
  codes: "allow",
  personal_numbers: "allow",
  emails: "allow",
  likely: "allow",
};

/** A rule that fired and what the policy does about it. */
export type JudgedRule = Hit & { action: Action };
export type Judged = {
  /** What the policy says; where it is not enforced, only said. */
  verdict: Action;
  rules: JudgedRule[];
  score: number;
  /** Whether somebody is asked for a code. */
  asksForCode: boolean;
};

export type Screened = { policy: ScreeningPolicy; direction: Direction; purpose: Purpose; from: string | null };

/** From this score on the rule `likely_scam` fires. */
const LIKELY_SCORE = 90;
/** From this score on `very_likely_scam` does, which is a lure. Of the wanted texts of docs/screening.md none reaches it. */
const SURE_SCORE = 97;
const ASKS_FOR_CODE: ReadonlySet<string> = new Set(["code_request", "code_forwarding"]);

/** Judges one text. */
export function judgeText(text: string, { policy, direction, purpose, from }: Screened): Judged {
  const signals = signalsOf(text, { from, domains: policy.domains });
  const score = scoreOf(signals);
  const hits = hitsOf(signals);
  if (score >= SURE_SCORE) hits.push({ name: "very_likely_scam", class: "lures", severity: "high", spans: [] });
  else if (score >= LIKELY_SCORE) hits.push({ name: "likely_scam", class: "likely", severity: "medium", spans: [] });
  const rules = hits.map((hit): JudgedRule => ({ ...hit, action: actionOf(policy, direction, purpose, hit.class) }));
  const verdict = rules.reduce<Action>((worst, { action }) => severer(worst, action), "allow");
  return { verdict, rules, score, asksForCode: rules.some(({ name }) => ASKS_FOR_CODE.has(name)) };
}

const severer = (one: Action, other: Action): Action => (ACTIONS.indexOf(other) > ACTIONS.indexOf(one) ? other : one);

/** The text without what a policy redacts. */
export function redacted(text: string, { rules }: Pick<Judged, "rules">, replacement: string): string {
  const places: Place[] = merged(rules.flatMap(({ action, spans }) => (action === "redact" ? spans : [])));
  let out = "";
  let from = 0;
  for (const { start, end } of places) {
    out += text.slice(from, start) + replacement;
    from = end;
  }
  return out + text.slice(from);
}

/** What is kept and told of a verdict: names and offsets, no word of the text. */
export const Label = z.object({
  verdict: z.enum(ACTIONS),
  rules: z.array(z.object({ name: z.string(), spans: z.array(z.tuple([z.int(), z.int()])) })),
  score: z.int(),
});
export type Label = z.infer<typeof Label>;

/** What stays of a label on the record of a text: no offsets. */
export const ShortLabel = z.object({ verdict: z.enum(ACTIONS), rules: z.array(z.string()) });
export type ShortLabel = z.infer<typeof ShortLabel>;

/** The label of a text as its record keeps it. */
export const shortLabelOf = ({ verdict, rules }: Label): ShortLabel => ({
  verdict,
  rules: rules.map(({ name }) => name),
});

/** The label of a judged text, of the rules that the policy does not simply allow. */
export function labelOf({ verdict, rules, score }: Judged): Label {
  const shown = rules.filter(({ action }) => action !== "allow");
  return {
    verdict,
    rules: shown.map(({ name, spans }) => ({
      name,
      spans: spans.map(({ start, end }): [number, number] => [start, end]),
    })),
    score,
  };
}
