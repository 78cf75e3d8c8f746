/**
 * A tenant's verbs for finding out why an endpoint fails: delivered and waiting events, every failed call with the head
 * of its answer, a test event, and a check of a signature.
 */
import { isoOf, SECOND_MS } from "../base/clock.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { pageFrom, rowsFor, type Page } from "../contract/list.ts";
import { byCaller } from "../contract/record.ts";
import { verb } from "../contract/verb.ts";
import type { Attempt } from "./attempts.ts";
import { eventView, type DeliveryState, type Endpoint, type EventRow, type EventView } from "./ledger.ts";
import { judgeSignature, type SignatureFault } from "./signature.ts";
import { answerName } from "./take.ts";
import { find, secretsInForce, type WebhooksDeps } from "./verbs.ts";

/** Events read for one page of deliveries; a filter that few match continues on the next page. */
const SCANNED_MAX = 1_000;

export type AttemptView = {
  attempt: number;
  at: string;
  result: Attempt["result"];
  status: number | null;
  latency_ms: number | null;
  answer: string | null;
};
export type DeliveryView = {
  id: string;
  type: string;
  resource: string;
  occurred_at: string;
  state: DeliveryState;
  next_attempt_at: string | null;
  attempts: AttemptView[];
};

type ListInput = { id: string; before?: string; limit: number; state?: DeliveryState };
export type SignatureInput = { id: string; webhookId: string; timestamp: string; signature: string; body: string };
export type SignatureVerdict = { valid: boolean; reason: SignatureFault | "body_changed" | "other_endpoint" | null };

/** The verbs for debugging, over the endpoints' ledger. */
export function debugVerbs(deps: WebhooksDeps) {
  return {
    "webhooks.deliveries": verb("webhooks:manage", (_who, input: ListInput): Outcome<Page<DeliveryView>> => {
      const endpoint = find(deps, input.id);
      return "refused" in endpoint ? endpoint : { ok: listDeliveries(deps, endpoint.ok, input) };
    }),

    /** Sends an event to this endpoint only, whatever its filter. */
    "webhooks.test": verb("webhooks:manage", (who, input: { id: string }): Outcome<EventView> => {
      const endpoint = find(deps, input.id);
      if ("refused" in endpoint) return endpoint;
      if (endpoint.ok.state !== "active")
        return refuse("state_conflict", { detail: "The endpoint is disabled: set its `state` to `active` first." });
      const event = deps.events.write("endpoint.test", input.id, { endpoint: input.id }, deps.now());
      deps.events.replay(input.id, event.id, deps.now());
      deps.wake(input.id);
      deps.record(byCaller(who.id), { act: "webhook.tested", subject: input.id });
      return { ok: eventView(event) };
    }),

    "webhooks.check_signature": verb("webhooks:manage", (_who, input: SignatureInput): Outcome<SignatureVerdict> => {
      const endpoint = find(deps, input.id);
      return "refused" in endpoint ? endpoint : { ok: checkSignature(deps, endpoint.ok, input) };
    }),
  };
}

export type DebugVerbs = ReturnType<typeof debugVerbs>;

function listDeliveries(
  deps: WebhooksDeps,
  endpoint: Endpoint,
  { before, limit, state }: ListInput,
): Page<DeliveryView> {
  const found: DeliveryView[] = [];
  let scanned = 0;
  let at = before ?? null;
  for (const event of deps.events.newestFirst(endpoint, at, SCANNED_MAX)) {
    scanned += 1;
    const delivery = deps.events.deliveryOf(endpoint, event);
    if (state === undefined || delivery.state === state) found.push(deliveryView(deps, endpoint, event, delivery));
    at = event.id;
    if (found.length === rowsFor(limit)) break;
  }
  const page = pageFrom(found, limit);
  return page.next_cursor === null && scanned === SCANNED_MAX ? { ...page, next_cursor: at } : page;
}

function deliveryView(
  deps: WebhooksDeps,
  endpoint: Endpoint,
  event: EventRow,
  { state, dueAt }: { state: DeliveryState; dueAt: number | null },
): DeliveryView {
  return {
    id: event.id,
    type: event.type,
    resource: event.resource,
    occurred_at: isoOf(event.at),
    state,
    next_attempt_at: dueAt === null ? null : isoOf(dueAt),
    attempts: deps.attempts.of(endpoint.id, event.id).map((made) => attemptView(deps, endpoint.id, made)),
  };
}

const attemptView = (deps: WebhooksDeps, endpoint: string, made: Attempt): AttemptView => ({
  attempt: made.attempt,
  at: isoOf(made.at),
  result: made.result,
  status: made.status,
  latency_ms: made.latencyMs,
  answer: made.answer === null ? null : deps.openAnswer(answerName(endpoint, made), made.answer),
});

/** Whether a call, as it was received, is ours, and if not, the most likely mistake. Never shows a secret. */
function checkSignature(deps: WebhooksDeps, endpoint: Endpoint, input: SignatureInput): SignatureVerdict {
  const given = { ...input, nowSeconds: Math.floor(deps.realNow() / SECOND_MS) };
  const fault = judgeSignature({ ...given, secrets: secretsInForce(deps, endpoint) });
  if (fault !== "no_match") return { valid: fault === null, reason: fault };
  const event = deps.events.get(input.webhookId);
  const bodySent = event === null ? null : JSON.stringify(eventView(event));
  if (bodySent !== null && bodySent !== input.body) {
    const sent = judgeSignature({ ...given, body: bodySent, secrets: secretsInForce(deps, endpoint) });
    if (sent === null) return { valid: false, reason: "body_changed" };
  }
  const others = deps.events.endpoints().filter(({ id }) => id !== endpoint.id);
  const byOther = others.some((other) => judgeSignature({ ...given, secrets: secretsInForce(deps, other) }) === null);
  return { valid: false, reason: byOther ? "other_endpoint" : "no_match" };
}
