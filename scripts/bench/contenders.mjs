// The contenders: our own built Worker with a tenant, and the baseline Worker. Both on the local runtime, each in its own
// process, both with the same carrier.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { client } from "../lib/client.mjs";
import { dev, root } from "../lib/tools.mjs";
import { buildWorker, makeSecrets, startWorker } from "../lib/worker.mjs";

const baselineConfig = join(root, "scripts/bench/baseline/wrangler.toml");
const unlimited = { minute: 1_000_000_000, hour: 1_000_000_000, day: 1_000_000_000 };
const limits = {
  recipient: unlimited,
  block: unlimited,
  key: unlimited,
  tenant: unlimited,
  country: { home: unlimited, abroad: unlimited },
  numbers_per_key_per_day: 1_000_000_000,
};

/** Builds both Workers as production would. */
export function buildBoth() {
  return {
    ours: buildWorker(join(dev, "bench/ours")),
    baseline: buildWorker(join(dev, "bench/baseline"), baselineConfig),
  };
}

/**
 * Our Worker, and as many tenants as asked for: `tenant()` answers one with its key, high (but counted) limits and the
 * loopback carrier as its route. `meter()` answers the platform's counts, if the Worker was started with them.
 */
export async function startOurs(script, carrierPort, bindings = {}) {
  const secrets = makeSecrets();
  const worker = await startWorker({ script, bindings: { ...secrets, ...bindings } });
  const admin = client(worker.base, secrets.ADMIN_TOKEN);
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const opened = { name: "bench", kind: "http", mode: "test", url: `http://127.0.0.1:${carrierPort}/sms`, secret };
  let account;
  try {
    account = await admin("POST /admin/v1/carriers", { body: opened, expect: 201 });
  } catch (error) {
    await worker.stop(); // the caller has no handle to stop it yet
    throw error;
  }
  return {
    ...worker,
    secret,
    account: account.id,
    admin,
    /** A tenant; its messages are distributed by weight among `accounts` accounts. */
    async tenant({ accounts = 1 } = {}) {
      const shares = [{ account: account.id }];
      while (shares.length < accounts) {
        const { id } = await admin("POST /admin/v1/carriers", {
          body: { ...opened, name: `bench ${shares.length}` },
          expect: 201,
        });
        shares.push({ account: id });
      }
      const route_rules = accounts === 1 ? [] : [{ name: "shares", choose: "weighted", accounts: shares }];
      const body = { name: "bench", environment: "sandbox" };
      const { id } = await admin("POST /admin/v1/tenants", { body, expect: 201 });
      await admin(`PATCH /admin/v1/tenants/${id}`, { body: { policy: { routes: [account.id], route_rules, limits } } });
      const key = await admin(`POST /admin/v1/tenants/${id}/keys`, { body: { name: "b", scopes: ["*"] }, expect: 201 });
      const job = { url: `${worker.base}/v1/messages`, headers: { authorization: `Bearer ${key.secret}` } };
      return {
        id,
        call: client(worker.base, key.secret),
        single: { ...job, kind: "single" },
        batch: { ...job, url: `${job.url}/batch`, kind: "batch", size: 1_000 },
      };
    },
    async meter() {
      const answer = await fetch(`${worker.base}/healthz`);
      return JSON.parse(answer.headers.get("x-meter") ?? "null");
    },
  };
}

/** Starts the baseline Worker, which baseline/index.ts describes. */
export async function startBaseline(script, carrierPort) {
  const bindings = { CARRIER_URL: `http://127.0.0.1:${carrierPort}/sms` };
  const worker = await startWorker({ script, config: baselineConfig, migrations: null, bindings });
  return { ...worker, single: { url: `${worker.base}/v1/messages`, headers: {}, kind: "single" } };
}
