// Everything `npm start` and `npm test` need, made when it is missing. Silent and quick when nothing is.
// Run by whatever Node the newcomer has (20 or later): it may not import a package, none is installed yet.
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

/** Development secrets are made once; later ones are added without touching those that data is sealed under. */
function makeSecrets() {
  const vars = readDevVars();
  const missing = Object.keys(makers).filter((name) => !vars[name]);
  if (missing.length === 0) return;
  for (const name of missing) vars[name] = makers[name]();
  writeDevVars(vars);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await script(setup);
