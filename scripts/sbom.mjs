// `npm run sbom`: writes the bill of materials to .dev/sbom.cdx.json and checks the lock file against known advisories.
// Offline. `-- --advisories FILE` checks against another file (one OSV record, or a list of them; may be given several
// times); `-- --lock FILE` reads another lock file; `-- --out FILE` writes elsewhere. Exit code 0: nothing found; 1:
// findings; 2: bad usage.
import "./lib/node-version.mjs";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { billOf, findingsOf } from "./lib/sbom.mjs";
import { dev, root } from "./lib/tools.mjs";

process.exitCode = main();

function main() {
  let values;
  try {
    ({ values } = parseArgs({
      options: { advisories: { type: "string", multiple: true }, lock: { type: "string" }, out: { type: "string" } },
    }));
  } catch (error) {
    console.error(error.message);
    return 2;
  }
  const own = join(root, "scripts/advisories.json");
  const files = values.advisories ?? [own];
  let lock;
  let advisories;
  try {
    lock = read(values.lock ?? join(root, "package-lock.json"));
    advisories = files.flatMap((file) => read(file));
  } catch (error) {
    console.error(`Cannot read: ${error.message}`);
    return 2;
  }
  if (lock.packages === undefined || advisories.some((each) => typeof each.id !== "string")) {
    console.error("The lock file must be npm's, version 2 or 3; advisories must be OSV records.");
    return 2;
  }

  const out = values.out ?? join(dev, "sbom.cdx.json");
  const bill = billOf(lock);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(bill, null, 2)}\n`);
  const needed = bill.components.filter(({ scope }) => scope === "required").length;
  console.log(`${String(out)}: ${bill.components.length} packages, ${needed} of them in production.`);

  const findings = findingsOf(lock, advisories);
  for (const { id, name, version, path, fixed, summary } of findings)
    console.log(
      `FOUND ${id}: ${name} ${version} at ${path}; ${fixed === null ? "no fix is known" : `fixed in ${fixed}`}. ${summary}`,
    );
  const told = `${advisories.length} advisories (${files.map((file) => (file === own ? "scripts/advisories.json" : file)).join(", ")})`;
  console.log(findings.length === 0 ? `None of ${told} applies.` : `${findings.length} found among ${told}.`);
  return findings.length === 0 ? 0 : 1;
}

function read(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
