/**
 * The tenant's hook before a relay: called from the pinned object, outside any transaction, after the text was stored. It may allow,
 * rewrite or veto; without a valid answer in time `on_failure` decides.
 */
import { z } from "zod";
import { readAtMost, TIMED_OUT, withDeadline, type FetchLike } from "../net/bounded.ts";
import { judgeResolved, judgeUrl, type Resolver, type UrlPolicy } from "../net/outside-url.ts";
import { isRefused } from "../base/refusal.ts";
import { checkText } from "../sms/sms-text.ts";
import { sign } from "../webhooks/signature.ts";
import type { MaskingDeps } from "./deps.ts";
import type { Interaction } from "./interaction.ts";
import { hookOf, noteReading } from "./settings/reading.ts";
import { keptText, passOn } from "./relay.ts";

export type Decision = { do: "allow" } | { do: "rewrite"; text: string } | { do: "veto"; reason: string };

/** Short, because a person waits for the text meanwhile. */
export const INTERCEPT_TIMEOUT_MS = 3_000;
const ANSWER_BYTES_MAX = 16 * 1_024;

const Answer = z.discriminatedUnion("action", [
  z.object({ action: z.literal("allow") }),
  z.object({ action: z.literal("rewrite"), text: z.string().min(1).max(1_600) }),
  z.object({
    action: z.literal("veto"),
    reason: z
      .string()
      .regex(/^[a-z][a-z_]{0,39}$/)
      .optional(),
  }),
]);

export type AskDeps = { fetchLike: FetchLike; resolve: Resolver; policy: UrlPolicy; realNow: () => number };
/** One call of the hook, with the secret that signs it; made inside the object, which can open the secret. */
export type Question = { id: string; url: string; secret: string; body: string };

/** Calls the hook; null without a valid answer: late, unreachable, an error, or a URL that must not be called. */
export async function askHook(deps: AskDeps, question: Question): Promise<Decision | null> {
  const judged = judgeUrl(question.url, deps.policy);
  if ("refused" in judged) return null;
  const timestampSeconds = Math.floor(deps.realNow() / 1_000);
  const { id, body } = question;
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": sign({ id, timestampSeconds, body, secrets: [question.secret] }),
  };
  try {
    const answer = await withDeadline(INTERCEPT_TIMEOUT_MS, async (signal) => {
      if (judged.url.kind === "name" && isRefused(judgeResolved(await deps.resolve(judged.url.host)))) return null;
      const response = await deps.fetchLike(judged.url.href, {
        method: "POST",
        redirect: "manual",
        headers,
        body,
        signal,
      });
      if (response.status === 204) return { do: "allow" as const };
      const bytes = response.status === 200 ? await readAtMost(response.body, ANSWER_BYTES_MAX) : null;
      return bytes === null ? null : decisionOf(new TextDecoder().decode(bytes));
    });
    return answer === TIMED_OUT ? null : answer;
  } catch {
    return null;
  }
}

function decisionOf(text: string): Decision | null {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = Answer.safeParse(value);
  if (!parsed.success) return null;
  if (parsed.data.action === "allow") return { do: "allow" };
  if (parsed.data.action === "veto") return { do: "veto", reason: parsed.data.reason ?? "intercepted" };
  return checkText(parsed.data.text) === null ? { do: "rewrite", text: parsed.data.text } : null;
}

/**
 * The call of the hook about a pending interaction; null if it is no longer pending, or its sender was erased. The same transaction
 * records that the hook reads the session.
 */
export function questionAbout(
  deps: MaskingDeps,
  id: string,
  openSecret: (sealed: Uint8Array) => string | null,
): Question | null {
  const intercept = hookOf(deps);
  const interaction = deps.ledger.interaction(id);
  const text = textOf(deps, id);
  const secret = intercept === null ? null : openSecret(intercept.secret);
  if (intercept === null || secret === null || interaction?.state !== "pending" || text === null) return null;
  const { session, sender } = interaction;
  noteReading(deps, session, intercept);
  const body = JSON.stringify({
    type: "interaction.pending",
    interaction: { id, session_id: session, from: sender },
    text,
  });
  return { id, url: intercept.url, secret, body };
}

/** Applies the hook's decision, or, without one, `on_failure`. Only the first call for an interaction has an effect. */
export function settleIntercept(deps: MaskingDeps, id: string, said: Decision | null): void {
  const interaction = deps.ledger.interaction(id);
  if (interaction?.state !== "pending") return;
  const failsOpen = hookOf(deps)?.onFailure !== "closed";
  const decision: Decision = said ?? (failsOpen ? { do: "allow" } : { do: "veto", reason: "intercept_failed" });
  const session = deps.ledger.session(interaction.session);
  const sender = deps.ledger.participants(interaction.session).find((one) => one.id === interaction.sender);
  const text = textOf(deps, id);
  if (session?.state !== "open" || sender?.state !== "active" || text === null)
    return veto(deps, interaction, session?.state === "open" ? "sender_gone" : "session_ended");
  if (decision.do === "veto") return veto(deps, interaction, decision.reason);
  const spoken = decision.do === "rewrite" ? decision.text : text;
  const done = passOn(deps, session, sender, interaction, spoken);
  deps.ledger.settleInteraction(done, keptText(deps, { session, sender }, done, spoken));
}

function veto(deps: MaskingDeps, interaction: Interaction, reason: string): void {
  const vetoed: Interaction = { ...interaction, state: "vetoed", reason };
  deps.ledger.settleInteraction(vetoed, null);
  deps.emit("interaction.vetoed", interaction.id, { interaction: { ...vetoed, legs: [] } });
}

function textOf(deps: MaskingDeps, id: string): string | null {
  const sealed = deps.ledger.sealedText(id);
  return sealed === null ? null : deps.vault.openText(sealed.subject, id, "text", sealed.text);
}
