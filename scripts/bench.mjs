// `npm run bench`: how fast messages are accepted, handed over and reported by webhook, compared with a baseline Worker
// that does the same platform operations and nothing else; the cost of growth; the platform operations per message.
// Loopback only. `-- --only=accept,growth` runs some sections of: accept, dispatch, latency, whole, growth, allocate,
// relay, codes, operations. `-- --quick` makes a short run, `-- --peers` adds Kannel to the same run, `-- --json` also
// writes .dev/bench.json.
import "./lib/node-version.mjs";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { measureCodes } from "./bench/codes.mjs";
import { buildBoth, startBaseline, startOurs } from "./bench/contenders.mjs";
import { startKannel } from "./bench/kannel.mjs";
import { measureAllocate, measureRelay } from "./bench/masking.mjs";
import { measureOperations } from "./bench/operations.mjs";
import { startHelper } from "./bench/processes.mjs";
import { measureAccept, measureDispatch, measureGrowth, measureLatency, measureWhole } from "./bench/sections.mjs";
import { tell } from "./bench/table.mjs";
import { dev, reexec, script } from "./lib/tools.mjs";
import { setup } from "./setup.mjs";

const full = {
  pairs: 7,
  connections: 16,
  messages: 3_000,
  batches: 5,
  latencyMessages: 600,
  perSecond: 40,
  wholeMessages: 3_000,
  few: 1_000,
  many: 100_000,
  growthMessages: 1_000,
  operationMessages: 2_000,
  openSessions: [10, 1_000, 20_000],
  allocations: 40,
  relays: 1_000,
  codes: 900,
};
const quick = {
  ...full,
  pairs: 3,
  messages: 1_000,
  batches: 3,
  latencyMessages: 200,
  wholeMessages: 1_000,
  many: 20_000,
  growthMessages: 500,
  operationMessages: 1_000,
  openSessions: [10, 1_000, 5_000],
  allocations: 30,
  relays: 500,
  codes: 400,
};

await script(async () => {
  await setup();
  reexec();
  const asked = new Set(process.argv.slice(2));
  const only = [...asked].find((each) => each.startsWith("--only="))?.slice("--only=".length);
  const size = asked.has("--quick") ? quick : full;
  const wanted = (name) => only === undefined || only.split(",").includes(name);
  const ending = [];
  const keep = (started) => {
    ending.unshift(started);
    return started;
  };
  process.once("SIGINT", () => void end(ending).then(() => process.exit(130)));
  try {
    const results = { size, at: new Date().toISOString() };
    const built = buildBoth();
    const helpers = { load: keep(await startHelper("load")), carrier: keep(await startHelper("carrier")) };
    const ours = keep(await startOurs(built.ours, helpers.carrier.ready));
    const baseline = keep(await startBaseline(built.baseline, helpers.carrier.ready));
    const peer = asked.has("--peers") ? keep(await startKannel(helpers.carrier.ready)) : null;
    if (wanted("accept")) results.accept = await measureAccept(helpers, ours, baseline, peer, size);
    if (wanted("dispatch")) results.dispatch = await measureDispatch(helpers, ours, peer, size);
    if (wanted("latency")) results.latency = await measureLatency(helpers, ours, baseline, size);
    if (wanted("whole")) results.whole = await measureWhole(helpers, ours, size);
    if (wanted("growth")) results.growth = await measureGrowth(helpers, ours, size);
    if (wanted("allocate")) results.allocate = await measureAllocate(ours, size);
    if (wanted("relay")) results.relay = await measureRelay(helpers, ours, size);
    if (wanted("codes")) {
      const peers = {};
      for (const kind of ["bare", "limited"]) {
        const folder = join(dev, "bench/better-auth", kind);
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        peers[kind] = keep(await startHelper("better-auth", String(helpers.carrier.ready), folder, kind));
      }
      results.codes = await measureCodes(helpers, ours, peers, size);
    }
    if (wanted("operations")) {
      const counted = keep(await startOurs(built.ours, helpers.carrier.ready, { BENCH: "on" }));
      results.operations = await measureOperations(helpers, counted, size);
    }
    tell(results);
    if (asked.has("--json")) write(results);
  } finally {
    await end(ending);
  }
});

function write(results) {
  mkdirSync(dev, { recursive: true });
  writeFileSync(join(dev, "bench.json"), `${JSON.stringify(results, null, 2)}\n`);
  console.log("\nThe same in .dev/bench.json.");
}

/** Ends everything that was started, last first, even if some of it has ended already. */
async function end(started) {
  for (const each of started.splice(0)) await each.stop().catch(() => undefined);
}
