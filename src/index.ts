/**
 * The Worker: three handlers and the objects, no logic.
 */
import { app } from "./worker/app.ts";
import { consume } from "./worker/queues.ts";
import { runCron } from "./worker/cron.ts";

export { CourierObject } from "./worker/courier.object.ts";
export { OperatorObject } from "./worker/operator.object.ts";
export { SenderObject } from "./worker/sender.object.ts";
export { TenantObject } from "./worker/tenant.object.ts";

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env, ctx) => consume(batch, env, ctx),
  scheduled: (event, env) => runCron(event.cron, env),
} satisfies ExportedHandler<Env>;
