// Runs inside a child process: the built Worker on the local runtime, with persistent storage. Started only by
// `startWorker` in worker.mjs; takes one JSON argument and prints `{"ready": url}` on stdout.
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const { config, script, persist, assets, port, bindings, migrations, tap, certificates } = JSON.parse(
  process.argv[2] ?? "{}",
);
// A module around the built one that prints every message body that the broker delivers, before the consumer gets it.
const SHOWS = "queue-shows ";
const TAP = `import worker from "./${basename(script)}";
export * from "./${basename(script)}";
export default { ...worker, queue(batch, env, ctx) {
  for (const { body, attempts } of batch.messages) console.log("${SHOWS}" + JSON.stringify({ queue: batch.queue, attempts, body }));
  return worker.queue(batch, env, ctx);
} };`;
const built = { type: "ESModule", path: script };
const tapped = { type: "ESModule", path: join(dirname(script), "queue-tap.js"), contents: TAP };

const { assets: files, ...options } = await optionsOf(config);
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    ...options,
    modulesRules: undefined,
    modulesRoot: dirname(script), // the built module has no configuration in its folder
    modules: tap ? [tapped, built] : [built],
    bindings: { ...options.bindings, ...bindings },
    serviceBindings: { ...options.serviceBindings, ...withCertificates(certificates) },
    host: "127.0.0.1",
    port,
    cf: false,
    ...(assets ? { assets: files } : {}),
    handleStructuredLogs: ({ message }) =>
      tap && message.startsWith(SHOWS)
        ? process.send({ queued: message.slice(SHOWS.length) })
        : process.stderr.write(`${message}\n`),
    ...(persist === null ? {} : { resourcePersistencePath: persist }),
  }),
);

const url = await miniflare.ready;
if (migrations !== null) {
  for (const name of ["DB_EU", "DB_US"]) {
    const database = await miniflare.getD1Database(name);
    await database.exec("CREATE TABLE IF NOT EXISTS applied_migrations(name TEXT PRIMARY KEY)");
    const { results } = await database.prepare("SELECT name FROM applied_migrations").all();
    const done = new Set(results.map((row) => row.name));
    for (const file of readdirSync(migrations).sort()) {
      if (!file.endsWith(".sql") || done.has(file)) continue;
      for (const statement of statements(readFileSync(join(migrations, file), "utf8")))
        await database.prepare(statement).run();
      await database.prepare("INSERT INTO applied_migrations VALUES(?)").bind(file).run();
    }
  }
}
process.stdout.write(`${JSON.stringify({ ready: url.href.replace(/\/$/, "") })}\n`);

// Requests of a test to the runtime: cron events and queue messages, which cannot be caused over HTTP.
process.on("message", (message) => void serve(message).then(() => process.send({ done: message.id })));
process.on("SIGTERM", () => void miniflare.dispose().then(() => process.exit(0)));

async function serve({ scheduled, enqueue, bodies }) {
  if (scheduled !== undefined) await (await miniflare.getWorker()).scheduled({ cron: scheduled });
  if (enqueue !== undefined) {
    const queue = await miniflare.getQueueProducer(enqueue);
    await queue.sendBatch(bodies.map((body) => ({ body })));
  }
}

/**
 * The options of a configuration. Cached beside the built Worker, because loading wrangler takes longer than the rest
 * of a start; the Worker is rebuilt whenever they may have changed.
 */
async function optionsOf(file) {
  const kept = join(dirname(script), "options.json");
  try {
    const known = JSON.parse(readFileSync(kept, "utf8"));
    if (known.config === file) return known.options;
  } catch {
    // none yet
  }
  const { unstable_getMiniflareWorkerOptions: readConfig } = await import("wrangler");
  const { workerOptions } = readConfig(file, undefined, { envFiles: [] });
  const fresh = `${kept}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify({ config: file, options: workerOptions }), { mode: 0o600 });
  renameSync(fresh, kept); // atomic, because several may start at once
  return workerOptions;
}

/** Replaces production's `mtls_certificates`: bindings that call out with a client certificate and trust one server. */
function withCertificates(certificates) {
  return Object.fromEntries(
    Object.entries(certificates).map(([name, { key, cert, trusted }]) => {
      const tlsOptions = { keypair: { privateKey: key, certificateChain: cert }, trustedCertificates: [trusted] };
      return [name, { network: { allow: ["private"], deny: [], tlsOptions } }];
    }),
  );
}

function statements(sql) {
  return sql
    .replaceAll(/--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}
