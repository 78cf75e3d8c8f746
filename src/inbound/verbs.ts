/**
 * What a tenant can ask of its inbox: texts to its virtual numbers that belong to no masked session.
 */
import { byCaller, type Recorder } from "../contract/record.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { readPage, type Page } from "../contract/list.ts";
import { verb } from "../contract/verb.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { InboundLedger } from "./ledger.ts";
import { receivedView, type ReceivedView } from "./view.ts";

export type InboxDeps = {
  ledger: InboundLedger;
  vault: Pick<VaultLedger, "openText">;
  record: Recorder;
};

/** How long texts of the inbox are kept. */
export const INBOX_KEPT_DAYS = 30;

/** The verbs of the inbox. */
export function inboundVerbs(deps: InboxDeps) {
  return {
    "inbound.list": verb(
      "inbound:read",
      (_who, input: { limit: number; token?: string; before?: string }): Outcome<Page<ReceivedView>> => {
        const { limit, ...filter } = input;
        return { ok: readPage(limit, (rows) => deps.ledger.list(filter, rows), receivedView) };
      },
    ),

    /** The text; null when its sender was erased. Every reading has its audit entry. */
    "inbound.read": verb(
      "inbound:read",
      (who, input: { id: string }): Outcome<ReceivedView & { text: string | null }> => {
        const found = deps.ledger.get(input.id);
        if (found === null) return refuse("not_found");
        const { received, subject, sealed } = found;
        const text = sealed === null ? null : deps.vault.openText(subject, received.id, "text", sealed);
        deps.record(byCaller(who.id), { act: "inbound.read", subject: received.id });
        return { ok: { ...receivedView(received), text } };
      },
    ),
  };
}

export type InboundVerbs = ReturnType<typeof inboundVerbs>;
