/**
 * The vault's verbs for tenants: a token for a number, the facts of a token without the number, and, with a reason and
 * an audit entry, the number itself.
 */
import { byCaller, type Recorder } from "../contract/record.ts";
import { isoOf } from "../base/clock.ts";
import type { Num } from "../sms/phone.ts";
import { refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { adding, verb } from "../contract/verb.ts";
import type { Contact, VaultLedger } from "./ledger.ts";
import type { Naming } from "./naming.ts";

export type TokensDeps = {
  vault: VaultLedger;
  now: () => number;
  naming: Naming;
  /** Whether the tenant's environment and policy let it hold such a number at all. */
  judge: (number: Num) => Refusal | null;
  record: Recorder;
};

export const REVEAL_REASONS = ["support", "dispute", "legal", "migration", "security"] as const;
export type RevealReason = (typeof REVEAL_REASONS)[number];

/** The verbs of tokens, over the vault. */
export function tokensVerbs(deps: TokensDeps) {
  return {
    /** The number's token; the same answer, whether it was known before or not. */
    "tokens.create": adding(
      verb("tokens:write", (who, input: { number: Num }): Outcome<TokenView> => {
        const recipient = deps.naming.name(who.id, input.number);
        if ("refused" in recipient) return recipient;
        const judged = deps.judge(input.number);
        if (judged !== null) return judged;
        const contact = recipient.use(deps.now(), { kept: true });
        deps.record(byCaller(who.id), { act: "token.created", subject: contact.token });
        return { ok: tokenView(contact) };
      }),
    ),

    "tokens.get": verb(
      "tokens:read",
      (_who, input: { token: string }): Outcome<TokenView & { first_seen_at: string }> => {
        const contact = deps.vault.findToken(input.token);
        if (contact === null) return refuse("token_unknown");
        return { ok: { ...tokenView(contact), first_seen_at: isoOf(contact.createdAt) } };
      },
    ),

    /**
     * The only verb from token to number: needs its own scope and a reason, and writes an audit entry in the same
     * transaction.
     */
    "tokens.reveal": verb(
      "tokens:reveal",
      (who, input: { token: string; reason: RevealReason }): Outcome<TokenView & { number: string }> => {
        const contact = deps.vault.findToken(input.token);
        const number = contact === null ? null : deps.vault.openNumber(input.token);
        if (contact === null || number === null) return refuse("token_unknown");
        deps.record(byCaller(who.id), { act: "token.revealed", subject: contact.token, reason: input.reason });
        return { ok: { ...tokenView(contact), number } };
      },
    ),
  };
}

export type TokensVerbs = ReturnType<typeof tokensVerbs>;

export type TokenView = { token: string; mask: string; country: string; kind: Num["kind"] };

function tokenView(contact: Contact): TokenView {
  return { token: contact.token, mask: contact.mask, country: contact.country, kind: contact.kind };
}
