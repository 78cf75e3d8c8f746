/**
 * The Worker: three handlers and the objects, no logic.
 */
import { app } from "./app.ts";
import { consume } from "./queues.ts";
import { runCron } from "./cron.ts";

export { CourierObject } from "./courier.object.ts";
export { OperatorObject } from "./operator.object.ts";
export { SenderObject } from "./sender.object.ts";
export { TenantObject } from "./tenant.object.ts";

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env, ctx) => consume(batch, env, ctx),
  scheduled: (event, env) => runCron(event.cron, env),
} satisfies ExportedHandler<Env>;
