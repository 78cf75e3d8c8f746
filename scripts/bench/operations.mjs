// Platform operations per message, from the platform's own meters: repeat contact, idempotency key, one event (an
// endpoint for message.delivered only), receipt, webhook, record, removal; and separately the cost of the later purge.
import { pause, runOnce, until } from "./runs.mjs";

/** Prices per million after the free amounts, in US dollars (platform.md, section 2). */
const prices = {
  requests: 0.3,
  objectRows: 1,
  objectCalls: 0.15,
  queueOperations: 0.4,
  recordRows: 1,
  keyReads: 0.5,
  keyWrites: 5,
};
/** A queue message is written, read and deleted. */
const operationsPerQueueMessage = 3;
const daysUntilPurged = 45;
/** Sent first, so that every number is a repeat contact; the purge finds these too. */
const warmUpMessages = 1_000;

export async function measureOperations(helpers, ours, { operationMessages, connections }) {
  const tenant = await ours.tenant();
  const url = `http://127.0.0.1:${helpers.carrier.ready}/hook`;
  await tenant.call("POST /v1/webhooks", { body: { url, events: ["message.delivered"] }, expect: 201 });
  const job = { ...tenant.single, secret: ours.secret, connections };
  await life(helpers, ours, tenant, { ...job, count: warmUpMessages });
  const before = await ours.meter();
  await life(helpers, ours, tenant, { ...job, count: operationMessages });
  const after = await ours.meter();
  const bytes = await keptBytes(helpers, ours, tenant, job);
  const purged = await purge(ours, tenant, after);
  const perMessage = (name) => (after[name] - before[name]) / operationMessages;
  const operations = {
    requests: perMessage("requests") + perMessage("batches"),
    objectRows: perMessage("rowsWritten") + perMessage("alarmsSet"),
    objectCalls: perMessage("objectCalls") + perMessage("alarmsSet"),
    queueOperations: perMessage("queueMessages") * operationsPerQueueMessage,
    recordRows: perMessage("recordRowsWritten"),
    keyReads: perMessage("keyReads"),
    keyWrites: perMessage("keyWrites"),
  };
  const cost = Object.entries(operations).map(([name, count]) => [name, count * prices[name]]);
  return {
    messages: operationMessages,
    operations,
    dollarsPerMillion: { ...Object.fromEntries(cost), sum: cost.reduce((sum, [, dollars]) => sum + dollars, 0) },
    bytes,
    purge: { ...purged, messages: operationMessages + 2 * warmUpMessages },
  };
}

/** From the request to the removal of what was recorded. */
async function life(helpers, ours, tenant, job) {
  await runOnce(helpers, ours, job);
  const isReported = await until(
    async () => (await helpers.carrier.ask({ ask: "counts" })).hookedDistinct >= job.count,
  );
  if (!isReported) throw new Error("not every delivery was reported by webhook");
  // The clock moves to the first sweep; a sweep checks a thousand messages, so there are several.
  for (let sweep = 0; sweep < Math.ceil(job.count / 1_000) + 3; sweep++) {
    await tenant.call("POST /v1/sandbox/clock", { body: { advance_seconds: 13 } });
    await pause(700);
  }
}

/**
 * Bytes that stay of a message in each store once it has ended. An object's file does not shrink, so rows that were
 * removed leave room for the next ones: the object grows only by what stays.
 */
async function keptBytes(helpers, ours, tenant, job) {
  const before = await sizes(ours, tenant);
  await life(helpers, ours, tenant, { ...job, count: warmUpMessages });
  const after = await sizes(ours, tenant);
  return Object.fromEntries(
    Object.entries(after).map(([store, size]) => [store, (size - before[store]) / warmUpMessages]),
  );
}

/** The bytes of D1, of the tenant's object and of the key store. */
async function sizes(ours, tenant) {
  const { data } = await ours.admin("GET /admin/v1/storage");
  const of = (store, id) => data.find((each) => each.store === store && each.id === id && each.jurisdiction === "eu");
  return { object: of("tenant_object", tenant.id)?.bytes, records: of("d1", null)?.bytes, keys: of("kv", null)?.bytes };
}

/** What is left of every message is purged weeks later; each kind's rows are counted separately. */
async function purge(ours, tenant, before) {
  await tenant.call("POST /v1/sandbox/clock", { body: { advance_seconds: daysUntilPurged * 86_400 } });
  await pause(1_500);
  const start = await ours.meter();
  const { gone } = await ours.admin("POST /admin/v1/purge");
  const end = await ours.meter();
  return { gone, rows: end.rowsWritten - start.rowsWritten, rowsBefore: start.rowsWritten - before.rowsWritten };
}
