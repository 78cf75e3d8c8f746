/**
 * The face of webhooks: events, and the endpoints that receive them.
 */
import { DAY_MS } from "../base/clock.ts";
import { ulidTime } from "../base/ids.ts";
import { room, type Ground } from "../contract/room.ts";
import type { Recorder } from "../contract/record.ts";
import { newestId } from "../storage/sql.ts";
import { ATTEMPTS_KEPT_MS, AttemptsLedger } from "./attempts.ts";
import { debugVerbs } from "./debug.ts";
import type { Delivered, Taken } from "./deliver.ts";
import type { EventType } from "./event.ts";
import { EVENTS_KEPT_DAYS, EventsLedger, SAFETY_MS } from "./ledger.ts";
import { settleDeliveries, takeDeliveries } from "./take.ts";
import { webhooksVerbs, type WebhooksDeps } from "./verbs.ts";

export { postOnce } from "./post.ts";
export { classifyAnswer, nextAttempt } from "./schedule.ts";
export { makeSecret, sign } from "./signature.ts";

type WebhooksGround = Ground & {
  /** Wakes an endpoint's delivery once this transaction is durable. */
  wake: (endpoint: string) => void;
};
type Below = {
  audit: { record: Recorder };
  vault: {
    sealOwn: (record: string, field: string, text: string) => Uint8Array;
    openOwn: (record: string, field: string, sealed: Uint8Array) => string | null;
  };
};

/** The field under whose name an endpoint's secrets are sealed. */
const SECRETS = "webhook-secret";
/** And the head of a receiver's answer. */
const ANSWER = "webhook-answer";

/** The room. */
export const webhooksRoom = room({
  name: "webhooks",
  migrations: [
    { id: 1, up: (sql) => EventsLedger.migrate(sql) },
    { id: 2, up: (sql) => AttemptsLedger.migrate(sql) },
  ],
  open: ({ sql, ids, now, realNow, soon, wake }: WebhooksGround, { audit, vault }: Below) => {
    const events = new EventsLedger(sql, ids, soon);
    const deps: WebhooksDeps = {
      events,
      attempts: new AttemptsLedger(sql),
      now,
      realNow,
      newId: () => ids.make("wbh", now()),
      seal: (record, text) => vault.sealOwn(record, SECRETS, text),
      open: (record, sealed) => vault.openOwn(record, SECRETS, sealed),
      sealAnswer: (record, text) => vault.sealOwn(record, ANSWER, text),
      openAnswer: (record, sealed) => vault.openOwn(record, ANSWER, sealed),
      wake,
      record: audit.record,
    };
    /** Writes an event and wakes the endpoints whose filter includes it. */
    const emit = (type: EventType, resource: string, data: unknown): void => {
      for (const endpoint of events.emit(type, resource, data, now())) wake(endpoint);
    };
    return {
      verbs: { ...webhooksVerbs(deps), ...debugVerbs(deps) },
      steps: [
        {
          name: "webhooks.deliveries",
          rowsMax: Infinity,
          due: (at: number) => events.owing(at).endpoints.map(({ id }) => ({ id, run: () => wake(id) })),
          nextAt: (at: number) => {
            const { endpoints, nextAt } = events.owing(at);
            return endpoints.length === 0 ? nextAt : Math.min(at + SAFETY_MS, nextAt ?? Infinity);
          },
        },
      ],
      purges: [
        {
          name: "events",
          drop: (at: number, limit: number) => {
            const before = ids.prefixOf("evt") + ulidTime(Math.max(0, at - EVENTS_KEPT_DAYS * DAY_MS));
            return events.purge(before, limit);
          },
        },
        { name: "attempts", drop: (at: number, limit: number) => deps.attempts.purge(at - ATTEMPTS_KEPT_MS, limit) },
      ],
      newestIds: () => [newestId(sql, "events")],
      emit,
      wanted: (type: EventType): boolean => events.wanted(type),
      takeDeliveries: (endpoint: string, limit: number, slowLane: boolean): Taken | null =>
        takeDeliveries(deps, endpoint, limit, slowLane),
      settleDeliveries: (endpoint: string, delivered: readonly Delivered[]): void =>
        settleDeliveries({ hooks: deps, emit }, endpoint, delivered),
      /** A sandbox's clock was moved: running deliveries keep their remaining time. */
      clockMoved: (milliseconds: number): void => events.clockMoved(milliseconds),
    };
  },
});
