/**
 * A sandbox tenant's verbs: its handset, and its clock. Live tenants are refused, so that nobody reads a real person's
 * texts here or moves real time.
 */
import { byCaller, type Recorder } from "../contract/record.ts";
import { isoOf } from "../base/clock.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { readPage, wholeList, type Page } from "../contract/list.ts";
import { verb } from "../contract/verb.ts";
import type { Num } from "../sms/phone.ts";
import type { Naming } from "../vault/naming.ts";
import type { HandsetLine, HandsetText, SandboxLedger } from "./ledger.ts";

export type SandboxDeps = {
  sandbox: SandboxLedger | null;
  now: () => number;
  /** Moves the tenant's clock; due work runs before the answer. */
  advance: (seconds: number) => void;
  naming: Naming;
  /** A person texts one of the tenant's virtual numbers; answers the outcome. */
  answer: (from: string, to: string, text: string) => string;
  record: Recorder;
};

/** The longest move of a clock at once: 400 days. */
export const ADVANCE_SECONDS_MAX = 400 * 24 * 3_600;

/** The verbs of the sandbox; each refuses a live tenant. */
export function sandboxVerbs(deps: SandboxDeps) {
  const live = () => refuse("not_found", { detail: "Live tenants have no sandbox." });
  return {
    "sandbox.texts": verb(
      "sandbox:use",
      (_who, { limit, ...filter }: { line?: string; before?: string; limit: number }): Outcome<Page<HandsetText>> => {
        const { sandbox } = deps;
        if (sandbox === null) return live();
        return {
          ok: readPage(
            limit,
            (rows) => sandbox.texts(filter, rows),
            (text) => text,
          ),
        };
      },
    ),
    "sandbox.lines": verb("sandbox:use", (): Outcome<Page<HandsetLine>> =>
      deps.sandbox === null ? live() : { ok: wholeList(deps.sandbox.lines()) },
    ),
    /** A person texts a virtual number, as if through the carrier. */
    "sandbox.answer": verb(
      "sandbox:use",
      (
        who,
        input: { from: { line: string } | { number: Num }; to: string; text: string },
      ): Outcome<{ line: string; state: string }> => {
        if (deps.sandbox === null) return live();
        const person = "line" in input.from ? null : deps.naming.name(who.id, input.from.number);
        if (person !== null && "refused" in person) return person;
        const from = "line" in input.from ? deps.sandbox.numberOf(input.from.line) : input.from.number.e164;
        if (from === null) return refuse("not_found", { detail: "Line not found." });
        const line = deps.sandbox.lineOf(from, deps.now());
        const state = deps.answer(from, input.to, input.text);
        if (state === "unknown_number")
          return refuse("number_unusable", { detail: "Text one of the tenant's virtual numbers." });
        deps.sandbox.keepSent(line, input.to, input.text, deps.now());
        return { ok: { line, state } };
      },
    ),
    "sandbox.time": verb("sandbox:use", (): Outcome<{ now: string }> =>
      deps.sandbox === null ? live() : { ok: { now: isoOf(deps.now()) } },
    ),
    "sandbox.clock": verb("sandbox:use", (who, input: { advanceSeconds: number }): Outcome<{ now: string }> => {
      if (deps.sandbox === null) return live();
      deps.advance(input.advanceSeconds);
      deps.record(byCaller(who.id), {
        act: "sandbox.clock_moved",
        subject: null,
        facts: { seconds: input.advanceSeconds },
      });
      return { ok: { now: isoOf(deps.now()) } };
    }),
  };
}

export type SandboxVerbs = ReturnType<typeof sandboxVerbs>;
