/**
 * Puts on the queues what transactions leave to do: opaque ids, in messages within the platform's limits.
 */
import { parseTenantId, tenantId, type Owner } from "../base/ids.ts";
import type { Job } from "../carriers/sender/sender.ts";
import type { Effects } from "../rpc/effects.ts";
import { queueOf } from "./placement.ts";

/** Ids in one queue message: 40 characters each, far under 128 KB, and few enough for one job of a sender. */
const IDS_PER_MESSAGE_MAX = 100;
/** The platform's limit for one `sendBatch`. */
const MESSAGES_PER_SEND_MAX = 100;

/** Puts on the queue what a transaction left to do. Throws when the queue refuses; the rows are stored in any case. */
export async function sendOutside(env: Env, owner: Owner, effects: Effects): Promise<void> {
  const tenant = tenantId(owner);
  const sends: Promise<unknown>[] = [];
  for (const { ids, ...job } of effects.dispatch) {
    const queue = queueOf(env, job.lane, owner.jurisdiction);
    const bodies: { body: unknown }[] = [];
    for (let at = 0; at < ids.length; at += IDS_PER_MESSAGE_MAX) {
      bodies.push({ body: { tenant, ...job, ids: ids.slice(at, at + IDS_PER_MESSAGE_MAX) } });
    }
    if (bodies.length === 1) sends.push(queue.send(bodies[0]?.body));
    else
      for (let at = 0; at < bodies.length; at += MESSAGES_PER_SEND_MAX)
        sends.push(queue.sendBatch(bodies.slice(at, at + MESSAGES_PER_SEND_MAX)));
  }
  const events = queueOf(env, "events", owner.jurisdiction);
  for (const endpoint of effects.wake) sends.push(events.send({ tenant, endpoint }));
  await Promise.all(sends);
}

/** Puts an endpoint on the slow lane. */
export async function sendSlow(env: Env, owner: Owner, endpoint: string): Promise<void> {
  await queueOf(env, "slow", owner.jurisdiction).send({ tenant: tenantId(owner), endpoint });
}

/** Puts a job on its lane with a delay, because the sender could not process it or another account is next. */
export async function requeueJob(env: Env, job: Job, delaySeconds: number): Promise<void> {
  const owner = parseTenantId(job.tenant);
  if (owner !== null) await queueOf(env, job.lane, owner.jurisdiction).send(job, { delaySeconds });
}
