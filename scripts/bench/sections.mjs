// What the bench measures, one function for each section. Contenders alternate within a section, so that other load on
// the machine affects all of them equally; figures are medians, and ratios are medians of the ratios of neighbouring
// runs.
import { pause, quantile, runOnce, spread, until } from "./runs.mjs";

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString();

/** Accepting, with dispatch running: ours one by one, the baseline, ours in batches, and the peer if there is one. */
export async function measureAccept(helpers, ours, baseline, peer, { pairs, messages, batches, connections }) {
  const tenant = await ours.tenant();
  const runs = {
    ours: () => runOnce(helpers, ours, { ...tenant.single, connections, count: messages }),
    baseline: () => runOnce(helpers, baseline, { ...baseline.single, connections, count: messages }),
    batch: () => runOnce(helpers, ours, { ...tenant.batch, connections: 2, count: batches }),
    ...(peer === null ? {} : { peer: () => runOnce(helpers, peer, { ...peer.single, connections, count: messages }) }),
  };
  const seen = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (let round = -1; round < pairs; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const result = await run(); // round -1 warms up
      if (round >= 0) seen[name].push(result);
      if (name === "ours" || name === "batch") await sweepNow(tenant);
    }
  }
  const of = (name, field) => spread(seen[name].map((result) => result[field]));
  const ratio = (a, b, field) => spread(seen[a].map((result, at) => result[field] / seen[b][at][field]));
  const told = (name) =>
    Object.fromEntries(
      ["acceptPerSecond", "deliveredPerSecond", "handedOverMeanwhile", "cpuPerAccepted", "answerP50", "answerP99"].map(
        (field) => [field, of(name, field)],
      ),
    );
  return {
    contenders: Object.fromEntries(Object.keys(runs).map((name) => [name, told(name)])),
    ratios: {
      oursToBaseline: ratio("ours", "baseline", "acceptPerSecond"),
      oursToBaselineDelivered: ratio("ours", "baseline", "deliveredPerSecond"),
      oursToBaselineCpu: ratio("baseline", "ours", "cpuPerAccepted"),
      batchToSingle: ratio("batch", "ours", "acceptPerSecond"),
      ...(peer === null
        ? {}
        : {
            oursToPeer: ratio("ours", "peer", "acceptPerSecond"),
            oursToPeerDelivered: ratio("ours", "peer", "deliveredPerSecond"),
          }),
    },
  };
}

/** Moves the sandbox's clock, so that the first sweep of the messages happens now and not inside another run. */
async function sweepNow(tenant) {
  for (let sweep = 0; sweep < 3; sweep++) {
    await tenant.call("POST /v1/sandbox/clock", { body: { advance_seconds: 13 } });
    await pause(400);
  }
}

/** The time from the request to the carrier's call, at a rate that leaves the machine spare capacity. */
export async function measureLatency(helpers, ours, baseline, { latencyMessages, perSecond }) {
  const tenant = await ours.tenant();
  const of = async (contender, single) => {
    const job = { ...single, connections: 32, times: true, perSecond };
    await runOnce(helpers, contender, { ...job, count: Math.ceil(latencyMessages / 5) });
    const { run } = await runOnce(helpers, contender, { ...job, count: latencyMessages });
    const { times } = await helpers.carrier.ask({ ask: "times" });
    const waits = Object.entries(run.sentAt).flatMap(([id, at]) => (times[id] === undefined ? [] : [times[id] - at]));
    return { p50: quantile(waits, 0.5), p99: quantile(waits, 0.99), messages: waits.length };
  };
  return { perSecond, ours: await of(ours, tenant.single), baseline: await of(baseline, baseline.single) };
}

/** Handing over by two accounts, half of the messages each, compared with one account, and the peer if there is one. */
export async function measureDispatch(helpers, ours, peer, { pairs, batches }) {
  const tenants = { one: await ours.tenant(), two: await ours.tenant({ accounts: 2 }) };
  const runs = {
    one: () => runOnce(helpers, ours, { ...tenants.one.batch, connections: 2, count: batches }),
    two: () => runOnce(helpers, ours, { ...tenants.two.batch, connections: 2, count: batches }),
    ...(peer === null
      ? {}
      : { peer: () => runOnce(helpers, peer, { ...peer.single, connections: 16, count: batches * 1_000 }) }),
  };
  const seen = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (let round = -1; round < Math.min(pairs, 5); round++) {
    for (const [name, run] of Object.entries(runs)) {
      const { deliveredPerSecond } = await run(); // round -1 warms up
      if (round >= 0) seen[name].push(deliveredPerSecond);
      if (name in tenants) await sweepNow(tenants[name]);
    }
  }
  const ratio = (a, b) => spread(seen[a].map((rate, at) => rate / seen[b][at]));
  return {
    ...Object.fromEntries(Object.entries(seen).map(([name, rates]) => [name, spread(rates)])),
    ratios: { twoToOne: ratio("two", "one"), ...(peer === null ? {} : { twoToPeer: ratio("two", "peer") }) },
  };
}

/**
 * The whole life of a message: accepted, sent, receipt, webhook. Messages per second from the first request to the last
 * webhook.
 */
export async function measureWhole(helpers, ours, { wholeMessages, connections }) {
  const tenant = await ours.tenant();
  const url = `http://127.0.0.1:${helpers.carrier.ready}/hook`;
  await tenant.call("POST /v1/webhooks", { body: { url, events: ["message.delivered"] }, expect: 201 });
  const { run } = await runOnce(helpers, ours, {
    ...tenant.single,
    secret: ours.secret,
    connections,
    count: wholeMessages,
  });
  let counts;
  const whole = await until(async () => {
    counts = await helpers.carrier.ask({ ask: "counts" });
    return counts.hookedDistinct >= wholeMessages;
  });
  if (!whole) throw new Error(`of ${wholeMessages} messages ${counts.hookedDistinct} were reported by webhook`);
  return { messages: wholeMessages, perSecond: (wholeMessages * 1_000) / (counts.lastHook - run.began) };
}

/** Accepting alternately with few and with many records present, on one Worker. */
export async function measureGrowth(helpers, ours, { pairs, growthMessages, few, many, connections }) {
  const tenants = { few: await ours.tenant(), many: await ours.tenant() };
  const extra = { schedule_at: tomorrow() }; // they stay stored, and no dispatch disturbs the measurement
  const fill = async (tenant, records) => {
    for (let left = records; left > 0; left -= 10_000)
      await runOnce(helpers, ours, {
        ...tenant.batch,
        connections: 2,
        count: Math.ceil(Math.min(left, 10_000) / 1_000),
        extra,
        undelivered: true,
      });
  };
  await fill(tenants.few, few);
  await fill(tenants.many, many);
  const seen = { few: [], many: [] };
  for (let round = -1; round < pairs; round++) {
    for (const name of round % 2 === 0 ? ["few", "many"] : ["many", "few"]) {
      const job = { ...tenants[name].single, connections, count: growthMessages, extra, undelivered: true };
      const { acceptPerSecond } = await runOnce(helpers, ours, job);
      if (round >= 0) seen[name].push(acceptPerSecond);
    }
  }
  return {
    few: { records: few, ...spread(seen.few) },
    many: { records: many, ...spread(seen.many) },
    timeRatio: spread(seen.few.map((rate, at) => rate / seen.many[at])),
  };
}
