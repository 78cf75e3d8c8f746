/**
 * What the room `consent` can be asked: to record what a person said, and to show what was said. A stop counts in the same
 * transaction for every message admitted after it.
 */
import { byCaller, type Recorder } from "../contract/record.ts";
import type { Purpose } from "../sms/purpose.ts";
import { refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { given, readPage, type Page } from "../contract/list.ts";
import { adding, verb } from "../contract/verb.ts";
import type { Naming } from "../vault/naming.ts";
import type { To } from "../vault/recipient.ts";
import { consentView, type Consent, type ConsentView, type Source, type Standing } from "./consent.ts";
import type { ConsentFilter, ConsentLedger } from "./ledger.ts";

export type ConsentDeps = {
  consents: ConsentLedger;
  naming: Naming;
  now: () => number;
  newId: () => string;
  tell: (consent: Consent) => void;
  record: Recorder;
};

type Named = { who: Uint8Array; mask: string; country: string; token: string | null };

export type ConsentInput = {
  to: To;
  purposes: Purpose[];
  sender: string | null;
  standing: Standing;
  source: Source;
  wording: string | null;
  saidAt: number | null;
};

export type ListInput = {
  to?: { token: string };
  purpose?: Purpose;
  standing?: Standing;
  before?: string;
  limit: number;
};

/** A word may be told afterwards, and not before it was said. A teller's clock may run ahead of ours: what it says then is said now. */
const AHEAD_MS_MAX = 60_000;

/** The verbs of consents. */
export function consentVerbs(deps: ConsentDeps) {
  return {
    "consents.record": adding(
      verb("consents:write", (who, input: ConsentInput): Outcome<{ data: ConsentView[] }> => {
        const named = nameOf(deps, who.id, input.to);
        if ("refused" in named) return named;
        const now = deps.now();
        if (input.saidAt !== null && input.saidAt > now + AHEAD_MS_MAX) {
          const detail = "Give the time at which it was said; it cannot be in the future.";
          return refuse("invalid_field", { errors: [{ field: "said_at", code: "invalid_field", detail }] });
        }
        // A word from the time to come would stand against every stop until then, and for ever after.
        const data = recordWords(deps, named, { ...input, saidAt: Math.min(input.saidAt ?? now, now) });
        for (const { id, purpose, sender, standing, source } of data)
          deps.record(byCaller(who.id), {
            act: `consent.${standing}`,
            subject: id,
            facts: { purpose, sender, source },
          });
        return { ok: { data: data.map((consent) => consentView(consent, named.token)) } };
      }),
      ({ standing }) => standing === "given",
    ),

    "consents.look": verb(
      "consents:read",
      (who, input: { to: To; limit: number; before?: string }): Outcome<Page<ConsentView>> => {
        const named = nameOf(deps, who.id, input.to);
        if ("refused" in named) return named;
        const filter = { ...given({ before: input.before }), who: named.who };
        return { ok: page(deps, filter, input.limit, named.token) };
      },
    ),

    "consents.list": verb("consents:read", (who, input: ListInput): Outcome<Page<ConsentView>> => {
      const { to, limit, ...filter } = input;
      if (to === undefined) return { ok: page(deps, filter, limit, null) };
      const named = nameOf(deps, who.id, to);
      return "refused" in named ? named : { ok: page(deps, { ...filter, who: named.who }, limit, named.token) };
    }),
  };
}

export type ConsentVerbs = ReturnType<typeof consentVerbs>;

/** Whose word it is, and what was said. */
export type Speaker = Omit<Named, "token">;
export type Said = Pick<ConsentInput, "purposes" | "sender" | "standing" | "source" | "wording"> & { saidAt: number };

/** Records one word for each purpose; for doors, and for texts that say STOP. */
export function recordWords(
  deps: Pick<ConsentDeps, "consents" | "now" | "newId" | "tell">,
  named: Speaker,
  said: Said,
): Consent[] {
  const { who, mask, country } = named;
  const { purposes, ...word } = said;
  return [...new Set(purposes)].map((purpose) => {
    const consent: Consent = { id: deps.newId(), who, mask, country, purpose, createdAt: deps.now(), ...word };
    deps.consents.add(consent);
    deps.tell(consent);
    return consent;
  });
}

/** The person, by keyed name. A number is not stored for having been named here; that it was named is counted. */
function nameOf({ naming }: ConsentDeps, key: string, to: To): Named | Refusal {
  const recipient = naming.name(key, to);
  if ("refused" in recipient) return recipient;
  const { index: who, mask, country } = recipient;
  return { who, mask, country, token: "token" in to ? to.token : null };
}

function page(deps: ConsentDeps, filter: ConsentFilter, limit: number, token: string | null): Page<ConsentView> {
  return readPage(
    limit,
    (rows) => deps.consents.list(filter, rows),
    (consent) => consentView(consent, token),
  );
}
