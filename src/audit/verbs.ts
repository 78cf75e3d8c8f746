/**
 * A tenant's verbs for its audit: a page of entries, and an export for the offline verifier.
 */
import { byCaller, type Recorder } from "../contract/record.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { type Page } from "../contract/list.ts";
import { verb } from "../contract/verb.ts";
import type { AuditLedger, AuditRecord, ListQuery } from "./ledger.ts";

export type AuditDeps = {
  audit: AuditLedger;
  /** The signed note of the present head, or null if the operator has set no signing key. */
  signHead: () => string | null;
  /** The public key of signed heads, as text; null if there is none. */
  publicKey: () => string | null;
  record: Recorder;
};

/** The verbs of the audit, over its ledger. */
export function auditVerbs(deps: AuditDeps) {
  /** Where each key's export continues; a page from elsewhere begins a new export. */
  const pages = new Map<string, number>();
  return {
    "audit.list": verb("audit:read", (_who, input: ListQuery): Outcome<Page<AuditRecord>> => {
      const { data, next } = deps.audit.list(input);
      return { ok: { data, next_cursor: next === null ? null : String(next) } };
    }),

    /** The public key with which the offline verifier checks every signed head. */
    "audit.key": verb("audit:read", (): Outcome<{ public_key: string }> => {
      const key = deps.publicKey();
      return key === null
        ? refuse("not_found", { detail: "The operator of this service has set no key to sign the audit with." })
        : { ok: { public_key: key } };
    }),

    /**
     * One page of the log, each line exactly as it was hashed. An export is entered in the audit once, with its first
     * page.
     */
    "audit.export": verb(
      "audit:read",
      (who, input: { after: number }): Outcome<{ ndjson: string; next: number | null; head: string | null }> => {
        const { after } = input;
        if (after === 0 || pages.get(who.id) !== after)
          deps.record(byCaller(who.id), { act: "audit.exported", subject: null, facts: after === 0 ? {} : { after } });
        const page = deps.audit.export({ after });
        if (page.next === null) pages.delete(who.id);
        else pages.set(who.id, page.next);
        return { ok: { ...page, head: page.next === null ? deps.signHead() : null } };
      },
    ),
  };
}

export type AuditVerbs = ReturnType<typeof auditVerbs>;
