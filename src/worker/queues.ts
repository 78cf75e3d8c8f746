/**
 * Passes a batch to its consumer, by the queue's name. Every message is acknowledged: retries are scheduled by the
 * objects, not by the queue, and the local runtime repeats a whole batch for one throw.
 */
import { parseTenantId } from "../base/ids.ts";
import { readClock } from "../base/clock.ts";
import { nameOfError } from "../base/log.ts";
import { consumeDispatchQueue } from "../messages/queue/dispatch.queue.ts";
import { deliver } from "../webhooks/deliver.ts";
import { consumeEvents } from "../webhooks/events.queue.ts";
import { requeueJob, sendSlow } from "./enqueue.ts";
import { benchMeter } from "./placement.ts";
import { doorsOf, type Wired } from "./wiring.ts";

/** Serves one batch. Never throws. */
export async function consume(batch: MessageBatch, env: Env, ctx: ExecutionContext): Promise<void> {
  const doors = doorsOf(env);
  const meter = benchMeter(env);
  if (meter !== null) meter.batches += 1;
  const bodies = batch.messages.map((message) => message.body);
  try {
    if (batch.queue.endsWith("-dead")) {
      doors.log({ level: "error", what: batch.queue, count: bodies.length, code: "dead_letter" });
    } else if (batch.queue.startsWith("events")) {
      const slow = batch.queue.startsWith("events-slow");
      consumeEvents(bodies, {
        deliver: (tenant, endpoint) => serveEndpoint(env, doors, tenant, endpoint, slow),
        waitUntil: (work) => ctx.waitUntil(work),
        log: doors.log,
      });
    } else {
      await consumeDispatchQueue(bodies, {
        drive: (job, shard) => doors.sender(job.account, shard).drive(job),
        requeue: (job, delaySeconds) => requeueJob(env, job, delaySeconds),
        senders: doors.senders,
        waitUntil: (work) => ctx.waitUntil(work),
        sleep: (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds)),
        log: doors.log,
      });
    }
  } catch (error) {
    doors.log({ level: "error", what: nameOfError(error), code: "batch_failed" });
  }
  batch.ackAll();
}

/** Serves one endpoint; a slow one is served by its own invocation, on the slow lane. */
async function serveEndpoint(env: Env, doors: Wired, tenant: string, endpoint: string, slow: boolean): Promise<void> {
  const owner = parseTenantId(tenant);
  if (owner === null) return;
  const port = doors.tenant(owner);
  let putAside = false;
  const report = await deliver(
    {
      take: async (id, limit) => {
        if (putAside) return null;
        const taken = await port.takeDeliveries(id, limit, slow);
        putAside = taken?.putAside ?? false;
        return taken;
      },
      settle: (id, delivered) => port.settleDeliveries(id, delivered),
      fetchLike: doors.fetchLike,
      resolve: doors.resolve,
      policy: doors.policy,
      now: readClock,
    },
    endpoint,
  );
  if (putAside) await sendSlow(env, owner, endpoint);
  else if (report.more) await doors.outside(owner, { dispatch: [], wake: [endpoint] });
}
