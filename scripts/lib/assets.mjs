// Extracts the docs page's script, so that /docs loads it from this service and calls no outside host. It is one string
// literal in Scalar's package; extracted once per version.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { dev, root, Trouble } from "./tools.mjs";

const scalar = join(root, "node_modules/@scalar/fastify-api-reference");

/** Makes `.dev/assets/docs/scalar.js`. */
export function makeAssets() {
  const { version } = JSON.parse(readFileSync(join(scalar, "package.json"), "utf8"));
  const target = join(dev, "assets/docs/scalar.js");
  const mark = join(dev, "scalar-version");
  if (existsSync(target) && existsSync(mark) && readFileSync(mark, "utf8") === version) return;

  const source = readFileSync(join(scalar, "dist/index.js"), "utf8");
  const literal = /^var standalone_default = (".*");$/m.exec(source)?.[1];
  if (!literal)
    throw new Trouble(
      `@scalar/fastify-api-reference ${version} no longer keeps its page script in \`standalone_default\`.\n` +
        'Expected: a line `var standalone_default = "…"` in dist/index.js. Pin the version before, or change scripts/lib/assets.mjs.',
    );
  mkdirSync(join(dev, "assets/docs"), { recursive: true });
  writeFileSync(target, runInNewContext(literal));
  writeFileSync(mark, version);
}
