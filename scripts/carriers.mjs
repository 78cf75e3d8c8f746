// `npm run carriers`: simulates every carrier on this machine. Prints an account of each kind and the command that adds
// it to a running `npm start`. `--kind twilio` simulates only that kind; `--port 8790` sets the port.
import "./lib/node-version.mjs";
import { readQuickstart } from "./lib/client.mjs";
import { script, Trouble } from "./lib/tools.mjs";
import { setup } from "./setup.mjs";

await script(async () => {
  await setup();
  const { KINDS } = await import("./carriers/kinds.mjs"); // packages are installed only after the set-up
  const { World } = await import("./carriers/world.mjs");
  const [kind, port] = [option("--kind"), Number(option("--port") ?? 0)];
  if (kind !== undefined && !(kind in KINDS))
    throw new Trouble(`No such kind: ${kind}. There are: ${Object.keys(KINDS).join(", ")}.`);

  const world = await World.start({ port }).catch(() => {
    throw new Trouble(`Cannot listen on port ${port}. Choose another with --port, or leave it out.`);
  });
  console.log(`The carriers listen at ${world.base}, and text nobody but +447700900000 to +447700900999.\n`);
  for (const [nth, each] of Object.keys(KINDS).entries()) {
    if (kind !== undefined && each !== kind) continue;
    tell(world.account(each, { name: each }));
    world.offer(
      each,
      Array.from({ length: 10 }, (_, at) => `+447700900${700 + 10 * nth + at}`),
    ); // numbers to buy
  }
  console.log(farewell(world.base));
  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, resolve);
  });
  await world.stop();
});

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Prints one account: its URL, its credentials, and the command that adds it to the service. */
function tell({ kind, baseUrl, settings, secrets, body }) {
  const { base_url = "http://127.0.0.1:8787", admin_token = "<ADMIN_TOKEN>" } = readQuickstart() ?? {};
  console.log(`${kind}  ${baseUrl}`);
  for (const [name, value] of Object.entries({ ...settings, ...secrets })) console.log(`  ${name.padEnd(18)} ${value}`);
  console.log(`  curl ${base_url}/admin/v1/carriers -H 'authorization: Bearer ${admin_token}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'\n`); // prettier-ignore
}

function farewell(base) {
  return `Then give a tenant its id as a route:
  PATCH /admin/v1/tenants/{id}  {"policy": {"routes": ["car_…"]}}

Make a carrier misbehave, and see what it saw:
  curl ${base}/world/script -d '{"account": "twilio", "script": {"calls": [{"does": "hang"}, {"does": "accept", "weight": 9}]}}'
  curl ${base}/world/history

docs/adding-a-carrier.md has the words of a script. Ctrl-C ends it; nothing is kept.`;
}
