/**
 * The object's side of a delivery: hands out what is owed to an endpoint, signed, and records the results.
 */
import { DAY_MS, MINUTE_MS } from "../base/clock.ts";
import { byRule } from "../contract/record.ts";
import { randomFraction } from "../base/random.ts";
import { isSlow, type Delivered, type Parcel, type Taken } from "./deliver.ts";
import { eventView, type Endpoint, type Failure, type Owed } from "./ledger.ts";
import { classifyAnswer, nextAttempt, type Classified, type Verdict } from "./schedule.ts";
import { sign } from "./signature.ts";
import { secretsInForce, type WebhooksDeps } from "./verbs.ts";

export type { Delivered, Taken } from "./deliver.ts";

/** After a timed-out call the endpoint is served on the slow lane for this long, where it delays no other. */
export const SLOW_MS = 30 * MINUTE_MS;

/** Up to `limit` signed parcels for an active endpoint; null when there is no such endpoint or it is switched off. */
export function takeDeliveries(deps: WebhooksDeps, endpointId: string, limit: number, slowLane: boolean): Taken | null {
  const endpoint = deps.events.endpoint(endpointId);
  if (endpoint === null || endpoint.state !== "active") return null;
  const slow = endpoint.slowUntil > deps.now();
  if (slow && !slowLane) return { url: endpoint.url, slow, putAside: true, parcels: [] };
  const secrets = secretsInForce(deps, endpoint);
  const timestampSeconds = Math.floor(deps.realNow() / 1_000);
  const parcels = deps.events
    .take(endpoint, limit, deps.now())
    .map((owed) => parcelOf(owed, secrets, timestampSeconds));
  return { url: endpoint.url, slow, putAside: false, parcels };
}

function parcelOf({ event, attempt }: Owed, secrets: string[], timestampSeconds: number): Parcel {
  const body = JSON.stringify(eventView(event));
  return {
    event: event.id,
    attempt,
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": "maskline-webhooks/1",
      "webhook-id": event.id,
      "webhook-timestamp": String(timestampSeconds),
      "webhook-signature": sign({ id: event.id, timestampSeconds, body, secrets }),
    },
  };
}

export type SettleDeps = {
  hooks: WebhooksDeps;
  emit: (type: "endpoint.disabled", resource: string, data: unknown) => void;
};

/**
 * Records the results of a batch: delivered, owed again later, or given up. A 410 or a long failure disables the
 * endpoint.
 */
export function settleDeliveries(deps: SettleDeps, endpointId: string, delivered: readonly Delivered[]): void {
  const { events } = deps.hooks;
  const endpoint = events.endpoint(endpointId);
  if (endpoint === null) return;
  const now = deps.hooks.now();
  const done: string[] = [];
  const failed: Failure[] = [];
  const givenUp: Omit<Failure, "dueAt">[] = [];
  let gone: "gone" | "exhausted" | null = null;
  for (const one of delivered) {
    const { event, answer } = one;
    if ("failed" in answer && answer.failed === "put_aside") {
      failed.push({ event, attempt: one.attempt, dueAt: now }); // owed as before: it was not tried, so it did not fail
      continue;
    }
    const { verdict, retryAfterSeconds } = verdictOf(answer, now);
    const attempt = one.attempt + 1;
    noteAttempt(deps.hooks, endpointId, { event, attempt, answer, verdict });
    if (verdict === "delivered") {
      done.push(event);
      continue;
    }
    const next = nextAttempt({ attempt, outcome: verdict, now, random: randomFraction(), retryAfterSeconds });
    if ("dueAt" in next) failed.push({ event, attempt, dueAt: next.dueAt });
    else {
      givenUp.push({ event, attempt });
      gone = gone === "gone" ? gone : next.giveUp;
    }
  }
  events.settle(endpoint, done, failed, givenUp, now);
  const heard = events.deliveredSince(endpoint, now - DAY_MS); // one event that it cannot take must not disable the endpoint
  if (gone === "gone" || (gone === "exhausted" && !heard)) disable(deps, endpoint, gone);
  else if (delivered.some((one) => isSlow(one.answer))) {
    events.changeEndpoint(endpointId, { slowUntil: now + SLOW_MS });
  }
}

const verdictOf = (answer: Delivered["answer"], now: number): Classified =>
  "status" in answer
    ? classifyAnswer(answer.status, answer.retryAfter, now)
    : { verdict: "failed", retryAfterSeconds: null };

type Made = { event: string; attempt: number; answer: Delivered["answer"]; verdict: Verdict };

/** Records the result of a call, for debugging the endpoint. */
function noteAttempt(hooks: WebhooksDeps, endpoint: string, { event, attempt, answer, verdict }: Made): void {
  const head = "status" in answer ? answer.head : null;
  hooks.attempts.add(endpoint, {
    event,
    attempt,
    at: hooks.now(),
    result: "status" in answer ? verdict : answer.failed === "put_aside" ? "timeout" : answer.failed,
    status: "status" in answer ? answer.status : null,
    latencyMs: "latencyMs" in answer ? answer.latencyMs : null,
    answer: head === null ? null : hooks.sealAnswer(answerName(endpoint, { event, attempt }), head),
  });
}

/** The sealing context of an answer's head, bound to one call so that it cannot be shown as another's. */
export const answerName = (endpoint: string, { event, attempt }: Pick<Made, "event" | "attempt">): string =>
  `${endpoint}|${event}|${attempt}`;

function disable(deps: SettleDeps, endpoint: Endpoint, reason: string): void {
  deps.hooks.events.changeEndpoint(endpoint.id, { state: "disabled", reason });
  deps.hooks.record(byRule("webhooks"), { act: "webhook.disabled", subject: endpoint.id, facts: { reason } });
  deps.emit("endpoint.disabled", endpoint.id, { endpoint: endpoint.id, reason });
}
