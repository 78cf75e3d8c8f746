// `npm run screening -- <labelled texts> [--write]`: trains the linear model and prints its figures; screening/train.mjs
// says how. It reads the project's TypeScript, so it runs on the project's own Node.
import "./lib/node-version.mjs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ownNode, root, script } from "./lib/tools.mjs";
import { setup } from "./setup.mjs";

await script(async () => {
  await setup();
  const train = join(root, "scripts/screening/train.mjs");
  process.exitCode = spawnSync(ownNode, [train, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;
});
