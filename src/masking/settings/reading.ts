/**
 * The tenant's hook reads what people write to each other. The operator's policy says whether it may. Its first reading of a session,
 * for each setting of the hook, has an audit entry, and its people are told if the setting or the policy demands it.
 */
import type { Actor } from "../../contract/record.ts";
import type { InterceptPolicy } from "../../policy/policy.ts";
import type { MaskingDeps } from "../deps.ts";
import type { Intercept } from "./settings.ts";

/** The notice if the policy demands one and the tenant gave none. */
export const NOTICE_DEFAULT =
  "Messages in this conversation pass through the service that arranged it, which may read or change them.";

/** The actor in the audit: the service, for the hook that a key has set. */
const HOOK: Actor = { type: "system", id: "intercept" };

type Deps = { ledger: Pick<MaskingDeps["ledger"], "settings">; interceptPolicy: () => InterceptPolicy };

/** The hook that is called before a relay; null without one, or if the policy allows none. */
export function hookOf({ ledger, interceptPolicy }: Deps): Intercept | null {
  return interceptPolicy() === "refused" ? null : ledger.settings().intercept;
}

/** The notice to the people of a session; null: none. */
export function noticeOf({ interceptPolicy }: Pick<Deps, "interceptPolicy">, { notice }: Intercept): string | null {
  return notice ?? (interceptPolicy() === "with_notice" ? NOTICE_DEFAULT : null);
}

/** Called before the hook reads a text of the session; the first time under this setting it writes the audit entry and sends the notice. */
export function noteReading(deps: MaskingDeps, sessionId: string, hook: Intercept): void {
  if (!deps.ledger.isFirstReading(sessionId, hook.setAt)) return;
  const notice = noticeOf(deps, hook);
  const facts = { host: hostOf(hook.url), on_failure: hook.onFailure, notice: notice !== null };
  deps.record(HOOK, { act: "session.intercepted", subject: sessionId, facts });
  const session = deps.ledger.session(sessionId);
  if (session === null || notice === null) return;
  for (const one of deps.ledger.participants(sessionId)) {
    const number = one.state !== "active" || one.stopped ? null : deps.numbers.get(one.number);
    if (number === null) continue;
    const by = `${sessionId}|notice`;
    deps.send(session.key, { to: { token: one.token }, from: number, text: notice, about: sessionId, by });
  }
}

/** The host of a URL, with its port. */
export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : "");
