// Makes what `npm start` and `npm test` need and is missing; silent and quick if nothing is. Runs on the Node of the
// machine (20 or later) and imports no package, because none may be installed yet.
import "./lib/node-version.mjs";
import { mkdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { makeAssets } from "./lib/assets.mjs";
import { install } from "./lib/install.mjs";
import { migrateLocal } from "./lib/migrate.mjs";
import { makers, readDevVars, writeDevVars } from "./lib/secrets.mjs";
import { dev, script } from "./lib/tools.mjs";

/** Makes what is missing: packages, development secrets, the docs page's script, the local databases. */
export async function setup() {
  mkdirSync(dev, { recursive: true });
  await install();
  makeSecrets();
  makeAssets();
  migrateLocal();
}

/**
 * Makes development secrets once. Secrets added in a later version are made without changing existing ones, under which
 * data is sealed.
 */
function makeSecrets() {
  const vars = readDevVars();
  const missing = Object.keys(makers).filter((name) => !vars[name]);
  if (missing.length === 0) return;
  for (const name of missing) vars[name] = makers[name]();
  writeDevVars(vars);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await script(setup);
