// `npm start`: runs the service on this machine, makes a sandbox tenant with a key, plays two stories, then keeps
// serving. `npm start -- --once` ends after the stories. Data is kept in .dev/state.
import "./lib/node-version.mjs";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bootDevServer, logFile } from "./lib/dev-server.mjs";
import { client, quickstartFile, readQuickstart } from "./lib/client.mjs";
import { readDevVars, writePrivate } from "./lib/secrets.mjs";
import { takeLock } from "./lib/lock.mjs";
import { playMaskedStory, seedNumbers } from "./lib/masked-story.mjs";
import { playStory } from "./lib/story.mjs";
import { dev, script, Trouble } from "./lib/tools.mjs";
import { setup } from "./setup.mjs";

const lockFile = join(dev, "start.lock");

await script(async () => {
  mkdirSync(dev, { recursive: true });
  const lock = await takeLock(lockFile);
  if (lock.holder !== undefined) throw alreadyStarted(lock.holder);
  try {
    await setup();
    await refuseSecondService();
    await serve();
  } finally {
    lock.release();
  }
});

/** Runs the service, its tenant and its stories until it is asked to end. */
async function serve() {
  const stopped = asked();

  console.log("Starting Maskline …");
  const server = await bootDevServer({ until: stopped });
  if (server === null) return;
  const opened = [];
  try {
    await Promise.race([tell(server, opened), stopped]);
    if (process.argv.includes("--once")) return;
    if ((await Promise.race([stopped, server.ended])) !== "stopped")
      throw new Trouble(`The service ended by itself. Read ${logFile}, then start again.`);
  } finally {
    for (const { stop } of opened) await stop();
    await server.stop();
    console.log("\nStopped. The data is kept; `npm start` continues with it.");
  }
}

function alreadyStarted(pid) {
  const facts = readQuickstart();
  const where = facts?.pid === pid ? ` and serves at ${facts.base_url}` : "";
  return new Trouble(
    `\`npm start\` already runs in this folder (process ${pid})${where}. Use it, or end it first (Ctrl-C where it runs).`,
  );
}

/** Resolves when this process should end: on a signal, or when the npm that started it has ended. */
function asked() {
  const parent = process.ppid;
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve("stopped"));
    const check = () => process.ppid !== parent && resolve("stopped");
    if (process.env.npm_lifecycle_event) setInterval(check, 500).unref();
  });
}

/** Refuses to start beside a service that a killed start left running: two services would corrupt the shared state. */
async function refuseSecondService() {
  const facts = readQuickstart();
  if (facts && (await opens(facts.base_url, facts.api_key)))
    throw new Trouble(
      `A service of an earlier \`npm start\` still runs at ${facts.base_url}, though that start was killed.\n` +
        `What to do: end it (${facts.group === undefined ? "its process is `wrangler`" : `kill -- -${facts.group}`}), then start again.`,
    );
}

/** Makes the tenant, plays the stories, and prints what to do next. */
async function tell({ base, group }, opened) {
  const known = await tenantWithKey(base);
  const { openConsole } = await import("./lib/console.mjs"); // it needs packages, which are there once setup is done
  const people = await openConsole(base, known);
  opened.push(people);
  const facts = { ...known, ...people.facts, pid: process.pid, group };
  const write = (all) => writePrivate(quickstartFile, `${JSON.stringify(all, null, 2)}\n`);
  write(facts);
  const call = client(base, facts.api_key);
  console.log("\nThe first story, one SMS:");
  await playStory(call);
  console.log("\nThe second story, a masked conversation:");
  const masked = await playMaskedStory(call, await seedNumbers(call, client(base, facts.admin_token), facts.tenant_id));
  write({ ...facts, ...masked });
  console.log(farewell({ ...facts, ...masked }));
}

/** The tenant of the last start if its key is still valid, otherwise a new one. */
async function tenantWithKey(base) {
  const admin_token = readDevVars().ADMIN_TOKEN;
  const known = readQuickstart();
  const places = { base_url: base, handset_url: `${base}/handset`, docs_url: `${base}/docs` };
  if (known && (await opens(base, known.api_key))) return { ...known, ...places, admin_token };
  if (known)
    console.log(
      "The key in .dev/quickstart.json is not valid any more: the data was deleted or the key revoked.\n" +
        "A new tenant and a new key are made, and the file is written anew.",
    );

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

function farewell({ base_url, api_key, handset_url, docs_url, console_url, console_signin_url, ...facts }) {
  const { operator_console_signin_url, ...story } = facts;
  const { session_id, person, proxy } = story;
  const curl = (path, body, header = "") =>
    `curl ${base_url}${path} -H 'authorization: Bearer ${api_key}' -H 'content-type: application/json'${header} -d '${JSON.stringify(body)}'`;
  const repeat = ` -H "idempotency-key: $(date +%s)"`;
  const sms = { to: "+447700900123", purpose: "service", text: "Hello from Maskline" };
  return `
Open this first. It signs you in, and beside the form is the phone that your text arrives on:
  ${console_signin_url}
  (once a start; later ${console_url} lets you choose who to be)

Maskline serves at ${base_url}
  Operators ${operator_console_signin_url}
            (signs you in as an operator, once)
  API key   ${api_key}
  Handset   ${handset_url}
  Docs      ${docs_url}

Send an SMS:
  ${curl("/v1/messages", sms, repeat)}

Text as Asha, into the masked conversation; Ben's line on the handset shows it, from the number he knows:
  ${curl("/v1/sandbox/handset/messages", { number: person, to: proxy, text: "I am at the door." })}

Open a masked conversation of your own:
  ${curl("/v1/sessions", { participants: [{ to: "+447700900203" }, { to: "+447700900204" }], ttl_seconds: 86_400 }, repeat)}

These facts are in .dev/quickstart.json (session ${session_id}), the service's log in .dev/start.log. Ctrl-C ends it.`;
}
