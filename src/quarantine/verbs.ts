/**
 * What can be asked about screening: the tenant's policy, a verdict without consequences, and the texts that are held.
 */
import { isoOf } from "../base/clock.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { readPage, type Page } from "../contract/list.ts";
import { byCaller, type Recorder } from "../contract/record.ts";
import { verb } from "../contract/verb.ts";
import type { CapsLedger } from "../risk/ledger.ts";
import { actionsFor, judgeText, type Direction, type PolicyLine, type ScreeningPolicy } from "../screening/policy.ts";
import { maskNumbersIn } from "../sms/phone.ts";
import type { Purpose } from "../sms/purpose.ts";
import type { Held, HeldState, QuarantineLedger } from "./ledger.ts";

/** What the rooms that have the texts do with one. */
export type HeldTexts = {
  /** The words; null where they are gone. */
  read: (id: string) => string | null;
  release: (id: string) => void;
  block: (id: string) => void;
};

export type QuarantineDeps = {
  ledger: QuarantineLedger;
  policy: () => ScreeningPolicy;
  caps: Pick<CapsLedger, "tally" | "flush">;
  held: HeldTexts;
  now: () => number;
  record: Recorder;
};

/** Verdicts that one caller may ask for. */
const JUDGED_MAX = { minute: 300, hour: 6_000, day: 60_000 } as const;

export type PolicyInput = {
  enforced: boolean;
  domains: string[];
  replacement: string;
  hold_hours: number;
  code_warning: string | null;
  rules: PolicyLine[];
};
export type JudgeInput = { text: string; direction: Direction; purpose: Purpose; from: string | null };

/** The verbs of screening. */
export function quarantineVerbs(deps: QuarantineDeps) {
  const { ledger, policy, now, record } = deps;
  return {
    "screening.policy": verb("policy:read", (): Outcome<PolicyShown> => ({ ok: shown(policy()) })),

    "screening.set_policy": verb("screening:manage", (who, input: PolicyInput): Outcome<PolicyShown> => {
      const { hold_hours: holdHours, code_warning: codeWarning, rules: lines, ...rest } = input;
      const next: ScreeningPolicy = { ...rest, holdHours, codeWarning, lines };
      ledger.setPolicy(next);
      const facts = { enforced: next.enforced, domains: next.domains.length, rules: next.lines.length };
      record(byCaller(who.id), { act: "screening.policy_set", subject: null, facts });
      return { ok: shown(next) };
    }),

    /** Nothing is stored; that it was asked is counted. */
    "screening.judge": verb("screening:judge", (who, { text, ...about }: JudgeInput) => {
      const within = deps.caps.tally(`judge|${who.id}`, JUDGED_MAX, now());
      deps.caps.flush();
      if (!within) return refuse("rate_limited", { retryAfterSeconds: 60 });
      const { verdict, rules, score } = judgeText(text, { policy: policy(), ...about });
      const shownRules = rules.map(({ name, class: of, action, spans }) => ({
        name,
        class: of,
        action,
        spans: spans.map(({ start, end }) => [start, end]),
      }));
      return { ok: { verdict, enforced: policy().enforced, rules: shownRules, score } };
    }),

    "screening.list_held": verb(
      "screening:read",
      (_who, { limit, ...filter }: { limit: number; state: HeldState; before?: string }): Outcome<Page<HeldShown>> => ({
        ok: readPage(limit, (rows) => ledger.list(filter, rows), heldView),
      }),
    ),

    /** The words. Every reading is entered in the audit. */
    "screening.read_held": verb(
      "screening:read_held",
      (who, { id }: { id: string }): Outcome<HeldShown & { text: string | null }> => {
        const held = ledger.get(id);
        if (held === null) return refuse("not_found");
        record(byCaller(who.id), { act: "screening.held_read", subject: id });
        return { ok: { ...heldView(held), text: deps.held.read(id) } };
      },
    ),

    "screening.decide": verb("screening:decide", (who, input: DecideInput) => {
      const data = [...new Set(input.ids)].map((id) => ({ id, done: decide(deps, who.id, id, input) }));
      return { ok: { data } };
    }),
  };
}

export type QuarantineVerbs = ReturnType<typeof quarantineVerbs>;
type DecideInput = { ids: string[]; decision: "release" | "block"; reason: string | null };

function decide({ ledger, held, now, record }: QuarantineDeps, key: string, id: string, input: DecideInput): boolean {
  const isRelease = input.decision === "release";
  if (!ledger.settle(id, isRelease ? "released" : "blocked", now())) return false;
  if (isRelease) held.release(id);
  else held.block(id);
  const reason = input.reason === null ? {} : { reason: maskNumbersIn(input.reason) };
  record(byCaller(key), { act: isRelease ? "screening.released" : "screening.blocked", subject: id, ...reason });
  return true;
}

type PolicyShown = ReturnType<typeof shown>;

function shown(policy: ScreeningPolicy) {
  const { enforced, domains, replacement, holdHours, codeWarning, lines } = policy;
  const actions = (direction: Direction) => actionsFor(policy, direction, "service");
  return {
    enforced,
    domains,
    replacement,
    hold_hours: holdHours,
    code_warning: codeWarning,
    rules: lines,
    effective: { outbound: actions("outbound"), person: actions("person"), inbound: actions("inbound") },
  };
}

type HeldShown = ReturnType<typeof heldView>;

function heldView({ id, direction, purpose, token, mask, label, state, heldAt, until, decidedAt }: Held) {
  return {
    id,
    direction,
    purpose,
    person: token === null ? null : { token, mask: mask ?? "" },
    ...label,
    state,
    held_at: isoOf(heldAt),
    until: isoOf(until),
    decided_at: decidedAt === null ? null : isoOf(decidedAt),
  };
}
