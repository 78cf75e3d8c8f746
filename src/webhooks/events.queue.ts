/**
 * Woken by a batch of endpoints to serve. An endpoint is served after the handler has answered, so that one that hangs holds
 * back no batch behind it; what a lost turn leaves is owed still, and the tenant's alarm comes back to it.
 */
import { z } from "zod";
import { nameOfError, type Log } from "../base/log.ts";

const WakeMessage = z.strictObject({ tenant: z.string().max(16), endpoint: z.string().max(64) });

export type EventsDeps = {
  deliver: (tenant: string, endpoint: string) => Promise<void>;
  waitUntil: (work: Promise<unknown>) => void;
  log: Log;
};

/** Serves one batch; the same endpoint named twice is one turn. */
export function consumeEvents(bodies: readonly unknown[], deps: EventsDeps): void {
  const seen = new Set<string>();
  for (const body of bodies) {
    const parsed = WakeMessage.safeParse(body);
    if (!parsed.success) {
      deps.log({ level: "error", what: "a message on the events queue is no wake", code: "queue_message_malformed" });
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
