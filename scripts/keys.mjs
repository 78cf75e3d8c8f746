// `npm run keys -- list | rotate | retire N`: the root keys of the service on this machine, while it runs. A root key
// wraps only epoch keys, so a rotation re-wraps a few small values and opens no record. Never prints a key.
import "./lib/node-version.mjs";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { client, liveQuickstart } from "./lib/client.mjs";
import { healthy } from "./lib/dev-server.mjs";
import { readDevVars, withNewRoot, withoutRoot, writeDevVars } from "./lib/secrets.mjs";
import { root, script, Trouble } from "./lib/tools.mjs";

const reloadSecondsMax = 30;
const rewrapCallsMax = 10_000;

const usage = `npm run keys -- list       the versions of the root key and how many keys each wraps
npm run keys -- rotate     a new version; everything is re-wrapped under it
npm run keys -- retire N   forgets version N, when nothing is wrapped under it any more

In production the same, by hand, because only you hold the old keys (Cloudflare cannot show a secret again):
  1. Add a version to the KEYRING you keep: {"1":"…","2":"<openssl rand -base64 32>"}
  2. wrangler secret put KEYRING --name maskline      (paste the whole JSON when asked)
  3. POST /admin/v1/keys/rewrap until it answers {"remaining":0}
  4. A minute later, since a read of KV may lag: GET /admin/v1/keys; when version 1 has 0 uses, take it out of the JSON and put the secret again`;

await script(async () => {
  const [verb, version] = process.argv.slice(2);
  if (verb === "list") return print(await versions(await service()));
  if (verb === "rotate") return rotate(await service());
  if (verb === "retire" && /^[0-9]+$/.test(version ?? "")) return retire(await service(), version);
  console.log(usage);
  if (verb !== undefined) throw new Trouble(`There is no such verb: ${process.argv.slice(2).join(" ")}.`);
});

/** A client of the running service, with the operator's credential. */
async function service() {
  const facts = await liveQuickstart();
  const token = readDevVars().ADMIN_TOKEN;
  return { base: facts.base_url, call: client(facts.base_url, token) };
}

async function versions({ call }) {
  return (await call("GET /admin/v1/keys")).data;
}

function print(rows) {
  for (const { version, uses } of rows) console.log(`version ${version}: wraps ${uses} key${uses === 1 ? "" : "s"}`);
}

/** Adds a version, waits until the service has read it, and re-wraps until nothing needs an older one. */
async function rotate(known) {
  await versions(known); // throws, before a version is written, if the service does not answer
  const { version, keyring } = withNewRoot(ring());
  writeRing(keyring);
  await reloaded(known, (rows) => rows.some((row) => String(row.version) === version));

  for (let calls = 1; calls <= rewrapCallsMax; calls += 1) {
    const report = await known.call("POST /admin/v1/keys/rewrap");
    console.log(JSON.stringify(report));
    if (report.remaining === 0) {
      console.log(`The root key is now version ${version}.`);
      return print(await versions(known));
    }
  }
  throw new Trouble(`After ${rewrapCallsMax} calls keys are still left under an older version. Run this again.`);
}

/** Removes a version; refused while anything is wrapped under it, and always for the newest. */
async function retire(known, version) {
  const keyring = ring();
  const row = (await versions(known)).find((each) => String(each.version) === version);
  if (!row || !keyring[version]) throw new Trouble(`There is no version ${version}. See \`npm run keys -- list\`.`);
  if (Number(version) === Math.max(...Object.keys(keyring).map(Number)))
    throw new Trouble(`Version ${version} is the one in use. Rotate first.`);
  if (row.uses !== 0)
    throw new Trouble(
      `Version ${version} still wraps ${row.uses} keys. Rotate first; without it they cannot be opened.`,
    );
  writeRing(withoutRoot(keyring, version));
  await reloaded(known, (rows) => rows.every((each) => String(each.version) !== version));
  console.log(`Version ${version} is removed.`);
}

function ring() {
  return JSON.parse(readDevVars().KEYRING);
}

function writeRing(keyring) {
  writeDevVars({ ...readDevVars(), KEYRING: JSON.stringify(keyring) });
  // wrangler dev reads .dev.vars again only when its configuration file changes.
  utimesSync(join(root, "wrangler.toml"), new Date(), new Date());
}

/** Waits until the change is visible, because the Worker with the old keyring may still answer for a moment. */
async function reloaded(known, isSo) {
  const until = Date.now() + reloadSecondsMax * 1000;
  while (Date.now() < until) {
    await healthy(known.base);
    const rows = await versions(known).catch(() => []);
    if (rows.length > 0 && isSo(rows)) return;
    await pause(200);
  }
  throw new Trouble(
    `The service did not read the new .dev.vars within ${reloadSecondsMax} s.\n` +
      "Nothing is lost: stop it, `npm start` again, and repeat this command.",
  );
}
