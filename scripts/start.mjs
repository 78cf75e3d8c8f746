// `npm start`: the service on this machine, a sandbox tenant with a key, the first story, then it keeps serving.
// `npm start -- --once` ends after the story. Data stays in .dev/state from one start to the next.
import { bootDevServer, logFile } from "./lib/dev-server.mjs";
import { client, quickstartFile, readQuickstart } from "./lib/client.mjs";
import { readDevVars, writePrivate } from "./lib/secrets.mjs";
import { playStory } from "./lib/story.mjs";
import { script, Trouble } from "./lib/tools.mjs";
import { setup } from "./setup.mjs";

await script(async () => {
  setup();
  await refuseSecondStart();
  const stopped = asked();

  console.log("Starting Maskline …");
  const server = await Promise.race([bootDevServer(), stopped]);
  if (server === "stopped") return;
  try {
    await Promise.race([tell(server.base), stopped]);
    if (process.argv.includes("--once")) return;
    if ((await Promise.race([stopped, server.ended])) !== "stopped")
      throw new Trouble(`The service ended by itself. Read ${logFile}, then start again.`);
  } finally {
    await server.stop();
    console.log("\nStopped. The data stays; `npm start` goes on with it.");
  }
});

/** Resolves when somebody wants us to end: by a signal, or by ending the npm that started us without telling us. */
function asked() {
  const parent = process.ppid;
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve("stopped"));
    const look = () => process.ppid !== parent && resolve("stopped");
    if (process.env.npm_lifecycle_event) setInterval(look, 500).unref();
  });
}

/** Two services on one state would spoil each other's data. */
async function refuseSecondStart() {
  const facts = readQuickstart();
  if (facts && (await opens(facts.base_url, facts.api_key)))
    throw new Trouble(`Maskline already runs at ${facts.base_url}. Use it, or end it first (Ctrl-C where it runs).`);
}

/** The tenant, the story, and what to do next. */
async function tell(base) {
  const facts = await tenantWithKey(base);
  writePrivate(quickstartFile, `${JSON.stringify(facts, null, 2)}\n`);
  console.log("\nThe first story:");
  await playStory(client(base, facts.api_key));
  console.log(farewell(facts));
}

/** The tenant of the last start when its key still opens the door, else a new one. */
async function tenantWithKey(base) {
  const admin_token = readDevVars().ADMIN_TOKEN;
  const known = readQuickstart();
  const places = { base_url: base, handset_url: `${base}/handset`, docs_url: `${base}/docs` };
  if (known && (await opens(base, known.api_key))) return { ...known, ...places, admin_token };

  const admin = client(base, admin_token);
  const tenant = await admin("POST /admin/v1/tenants", {
    body: { name: "quickstart", jurisdiction: "eu", environment: "sandbox" },
    expect: 201,
  });
  const key = await admin(`POST /admin/v1/tenants/${tenant.id}/keys`, {
    body: { name: "quickstart", scopes: ["*"] },
    expect: 201,
  });
  return { ...places, tenant_id: tenant.id, api_key: key.secret, admin_token };
}

async function opens(base, api_key) {
  try {
    await client(base, api_key)("GET /v1/messages?limit=1");
    return true;
  } catch {
    return false;
  }
}

function farewell({ base_url, api_key, handset_url, docs_url }) {
  return `
Maskline serves at ${base_url}
  API key   ${api_key}
  Handset   ${handset_url}
  Docs      ${docs_url}

Send one yourself:
  curl ${base_url}/v1/messages -H 'authorization: Bearer ${api_key}' -H 'content-type: application/json' -H "idempotency-key: $(date +%s)" -d '{"to":"+447700900123","purpose":"service","text":"Hello from Maskline"}'

These facts are in .dev/quickstart.json, the service's log in .dev/start.log. Ctrl-C ends it.`;
}
