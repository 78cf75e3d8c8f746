/**
 * A tenant's verbs for its endpoints and events. The route judges the URL before the verb runs, because that needs a
 * resolver; it is judged again at every attempt.
 */
import { byCaller, type Recorder } from "../contract/record.ts";
import { HOUR_MS, isoOf } from "../base/clock.ts";
import { randomBytes } from "../base/random.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { readPage, wholeList, type Page } from "../contract/list.ts";
import { verb } from "../contract/verb.ts";
import type { AttemptsLedger } from "./attempts.ts";
import {
  ENDPOINTS_MAX,
  eventView,
  type Endpoint,
  type EventFilter,
  type EventsLedger,
  type EventView,
} from "./ledger.ts";
import { makeSecret } from "./signature.ts";

export type WebhooksDeps = {
  events: EventsLedger;
  attempts: AttemptsLedger;
  now: () => number;
  /** Real time: a sandbox's clock never moves a secret's end. */
  realNow: () => number;
  newId: () => string;
  seal: (record: string, text: string) => Uint8Array;
  open: (record: string, sealed: Uint8Array) => string | null;
  /** Seals and opens the head of a receiver's answer. */
  sealAnswer: (record: string, text: string) => Uint8Array;
  openAnswer: (record: string, sealed: Uint8Array) => string | null;
  wake: (endpointId: string) => void;
  record: Recorder;
};

/** A signing secret and its end; null for the newest one. */
export type Secret = { secret: string; until: number | null };

export type EndpointView = ReturnType<typeof endpointView>;

function endpointVerbs(deps: WebhooksDeps) {
  return {
    "webhooks.create": verb(
      "webhooks:manage",
      (who, input: { url: string; events: string[] }): Outcome<EndpointView & { secret: string }> => {
        if (deps.events.endpoints().length >= ENDPOINTS_MAX) return refuse("too_many_endpoints");
        const id = deps.newId();
        const secret = makeSecret(randomBytes);
        deps.events.addEndpoint({
          id,
          url: input.url,
          events: input.events,
          secrets: deps.seal(id, JSON.stringify([{ secret, until: null }] satisfies Secret[])),
          state: "active",
          reason: null,
          slowUntil: 0,
          createdAt: deps.now(),
        });
        deps.record(byCaller(who.id), { act: "webhook.created", subject: id });
        return answer(deps, id, { secret });
      },
    ),

    "webhooks.list": verb("webhooks:manage", (): Outcome<Page<EndpointView>> => ({
      ok: wholeList(deps.events.endpoints().map((endpoint) => endpointView(deps, endpoint))),
    })),

    "webhooks.get": verb("webhooks:manage", (_who, input: { id: string }): Outcome<EndpointView> =>
      answer(deps, input.id, {}),
    ),

    "webhooks.change": verb(
      "webhooks:manage",
      (
        who,
        input: { id: string; url?: string; events?: string[]; state?: "active" | "disabled" },
      ): Outcome<EndpointView> => {
        const { id, ...change } = input;
        const found = find(deps, id);
        if ("refused" in found) return found;
        deps.events.changeEndpoint(id, change.state === "active" ? { ...change, reason: null, slowUntil: 0 } : change);
        deps.record(byCaller(who.id), {
          act: "webhook.changed",
          subject: id,
          facts: { fields: Object.keys(change).join(" ") },
        });
        if (change.state === "active") deps.wake(id);
        return answer(deps, id, {});
      },
    ),
  };
}

function endingVerbs(deps: WebhooksDeps) {
  return {
    "webhooks.delete": verb("webhooks:manage", (who, input: { id: string }): Outcome<null> => {
      const found = find(deps, input.id);
      if ("refused" in found) return found;
      deps.events.removeEndpoint(input.id);
      deps.attempts.remove(input.id);
      deps.record(byCaller(who.id), { act: "webhook.deleted", subject: input.id });
      return { ok: null };
    }),

    /** A new secret; until the overlap ends every call is signed with both. */
    "webhooks.rotate": verb(
      "webhooks:manage",
      (who, input: { id: string; overlapHours: number }): Outcome<EndpointView & { secret: string }> => {
        const found = find(deps, input.id);
        if ("refused" in found) return found;
        const secret = makeSecret(randomBytes);
        const until = deps.realNow() + input.overlapHours * HOUR_MS;
        const former = secretsOf(deps, found.ok)
          .filter((old) => old.until === null || old.until > deps.realNow())
          .map((old) => ({ secret: old.secret, until: old.until ?? until }))
          .slice(0, 2);
        const secrets = deps.seal(input.id, JSON.stringify([{ secret, until: null }, ...former]));
        deps.events.changeEndpoint(input.id, { secrets });
        deps.record(byCaller(who.id), {
          act: "webhook.rotated",
          subject: input.id,
          facts: { overlap_hours: input.overlapHours },
        });
        return answer(deps, input.id, { secret });
      },
    ),
  };
}

function eventsVerbs(deps: WebhooksDeps) {
  return {
    "events.list": verb("events:read", (_who, input: EventFilter & { limit: number }): Outcome<Page<EventView>> => {
      const { limit, ...filter } = input;
      return { ok: readPage(limit, (rows) => deps.events.list(filter, rows), eventView) };
    }),

    "events.get": verb("events:read", (_who, input: { id: string }): Outcome<EventView> => {
      const event = deps.events.get(input.id);
      return event === null ? refuse("not_found") : { ok: eventView(event) };
    }),

    /** Sends an event again, with the same id, to one endpoint or to all active ones. */
    "events.replay": verb(
      "webhooks:manage",
      (who, input: { id: string; endpoint: string | null }): Outcome<{ endpoints: string[] }> => {
        if (deps.events.get(input.id) === null) return refuse("not_found");
        if (input.endpoint !== null && deps.events.endpoint(input.endpoint) === null) return refuse("not_found");
        const endpoints = deps.events
          .endpoints()
          .filter(
            (endpoint) => endpoint.state === "active" && (input.endpoint === null || endpoint.id === input.endpoint),
          )
          .map((endpoint) => endpoint.id);
        for (const id of endpoints) {
          deps.events.replay(id, input.id, deps.now());
          deps.wake(id);
        }
        deps.record(byCaller(who.id), {
          act: "event.replayed",
          subject: input.id,
          facts: { endpoints: endpoints.length },
        });
        return { ok: { endpoints } };
      },
    ),
  };
}

/** The verbs of endpoints and events, over their ledger. */
export function webhooksVerbs(deps: WebhooksDeps) {
  return { ...endpointVerbs(deps), ...endingVerbs(deps), ...eventsVerbs(deps) };
}

export type WebhooksVerbs = ReturnType<typeof webhooksVerbs>;

/** The endpoint's secrets that are in force now, newest first. */
export function secretsInForce(deps: Pick<WebhooksDeps, "open" | "realNow">, endpoint: Endpoint): string[] {
  return secretsOf(deps, endpoint)
    .filter((secret) => secret.until === null || secret.until > deps.realNow())
    .map((secret) => secret.secret);
}

function secretsOf(deps: Pick<WebhooksDeps, "open">, endpoint: Endpoint): Secret[] {
  const text = deps.open(endpoint.id, endpoint.secrets);
  return text === null ? [] : (JSON.parse(text) as Secret[]);
}

/** An endpoint of the tenant. */
export function find(deps: WebhooksDeps, id: string): Outcome<Endpoint> {
  const endpoint = deps.events.endpoint(id);
  return endpoint === null ? refuse("not_found") : { ok: endpoint };
}

function answer<Extra extends object>(deps: WebhooksDeps, id: string, extra: Extra): Outcome<EndpointView & Extra> {
  const endpoint = deps.events.endpoint(id);
  return endpoint === null ? refuse("not_found") : { ok: { ...endpointView(deps, endpoint), ...extra } };
}

function endpointView({ events, attempts }: WebhooksDeps, endpoint: Endpoint) {
  const { retrying, givenUp, nextAt } = events.backlogOf(endpoint.id);
  const failure = attempts.lastFailure(endpoint.id);
  const hasFailed = failure !== null && !events.deliveredSince(endpoint, failure.at);
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: endpoint.events,
    state: endpoint.state,
    reason: endpoint.reason,
    created_at: isoOf(endpoint.createdAt),
    health: {
      state: hasFailed || retrying > 0 ? ("failing" as const) : ("ok" as const),
      retrying,
      given_up: givenUp,
      next_attempt_at: nextAt === null ? null : isoOf(nextAt),
      last_failure: failure === null ? null : { at: isoOf(failure.at), result: failure.result, status: failure.status },
    },
  };
}
