/**
 * The tenant's hook reads what people write to each other. Whether it may is the operator's policy; that it reads a session is in the
 * audit, once for each session and setting of the hook, and its people are told where the setting or the policy says so.
 */
import type { Actor } from "../../contract/record.ts";
import type { InterceptPolicy } from "../../policy/policy.ts";
import type { MaskingDeps } from "../deps.ts";
import type { Intercept } from "./settings.ts";

/** What people are told where the policy asks for it and the tenant gave no words of its own. */
export const NOTICE_DEFAULT =
  "Messages in this conversation pass through the service that arranged it, which may read or change them.";

/** Who acts: the service, for the hook that a key has set. */
const HOOK: Actor = { type: "system", id: "intercept" };

type Deps = { ledger: Pick<MaskingDeps["ledger"], "settings">; interceptPolicy: () => InterceptPolicy };

/** The hook that is asked before a relay; null where there is none, or the policy allows none. */
export function hookOf({ ledger, interceptPolicy }: Deps): Intercept | null {
  return interceptPolicy() === "refused" ? null : ledger.settings().intercept;
}

/** What people are told of the hook; null: nothing. */
export function noticeOf({ interceptPolicy }: Pick<Deps, "interceptPolicy">, { notice }: Intercept): string | null {
  return notice ?? (interceptPolicy() === "with_notice" ? NOTICE_DEFAULT : null);
}

/** The hook is about to read a text of the session: into the audit and to its people, the first time under this setting. */
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
    deps.send(session.key, {
      to: { token: one.token },
      from: number,
      text: notice,
      about: sessionId,
      by,
      always: true,
    });
  }
}

/** Where a URL leads, without what stands behind the name. */
export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : "");
