/**
 * The consumer of the events queues: each message names an endpoint to serve. Endpoints are served after the handler
 * has returned, so that one that hangs delays no later batch. If a run is lost its events are still owed, and the
 * tenant's alarm wakes the endpoint again.
 */
import { z } from "zod";
import { nameOfError, type Log } from "../base/log.ts";

const WakeMessage = z.strictObject({ tenant: z.string().max(16), endpoint: z.string().max(64) });

export type EventsDeps = {
  deliver: (tenant: string, endpoint: string) => Promise<void>;
  waitUntil: (work: Promise<unknown>) => void;
  log: Log;
};

/** Serves one batch; an endpoint named twice is served once. */
export function consumeEvents(bodies: readonly unknown[], deps: EventsDeps): void {
  const seen = new Set<string>();
  for (const body of bodies) {
    const parsed = WakeMessage.safeParse(body);
    if (!parsed.success) {
      deps.log({ level: "error", what: "a message on the events queue is malformed", code: "queue_message_malformed" });
      continue;
    }
    const { tenant, endpoint } = parsed.data;
    if (seen.has(endpoint)) continue;
    seen.add(endpoint);
    deps.waitUntil(
      deps.deliver(tenant, endpoint).catch((error: unknown) => {
        deps.log({ level: "error", what: nameOfError(error), tenant, id: endpoint, code: "deliver_failed" });
      }),
    );
  }
}
