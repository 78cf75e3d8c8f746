/**
 * The verbs of the room `consent`: record a consent or withdrawal, and list records. A stop holds for every message admitted after
 * its transaction.
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

/** How far ahead of this clock a caller's may run: up to this, a time in the future counts as now; beyond it, it is refused. */
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
        // A consent dated in the future would override every stop until that time.
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

/** The person, and what they said. */
export type Speaker = Omit<Named, "token">;
export type Said = Pick<ConsentInput, "purposes" | "sender" | "standing" | "source" | "wording"> & { saidAt: number };

/** Makes one record for each purpose, for the API and for texts that say STOP. Writes no audit entry. */
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

/** The person, by keyed name. The number is counted as named, but not stored. */
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
