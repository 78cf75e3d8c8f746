// `npm run deploy`: creates what the account lacks, migrates both databases, deploys. Can be run again at any point.
// `-- --dry-run` needs no account and no network: the plan for an empty account, and a build with production's
// settings.
import "./lib/node-version.mjs";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as deployment from "./lib/deploy-plan.mjs";
import { makers, writePrivate } from "./lib/secrets.mjs";
import { dev, reexec, root, run, script, Trouble } from "./lib/tools.mjs";
import { setup } from "./setup.mjs";

const configFile = join(dev, "wrangler.deploy.toml");
const secretsFile = join(dev, "deploy.secrets.json");
const pagesMax = 100;

await script(async () => {
  await setup();
  reexec(); // wrangler, which reads wrangler.toml, needs our Node
  const { experimental_readRawConfig } = await import("wrangler");
  const toml = readFileSync(join(root, "wrangler.toml"), "utf8");
  const config = experimental_readRawConfig({ config: join(root, "wrangler.toml") }).rawConfig;
  if (process.argv.includes("--dry-run")) dryRun(toml, config);
  else deploy(toml, config);
});

/** The plan for an empty account, and a build whose bindings are complete. */
function dryRun(toml, config) {
  const nothing = { databases: [], namespaces: [], queues: [], secrets: [] };
  const plan = deployment.planOf(config, nothing);
  console.log("The plan for an empty account:");
  for (const step of plan) console.log(`  ${deployment.describe(step)}`);

  const { databases, namespaces } = deployment.neededBy(config);
  const ids = Object.fromEntries([...databases, ...namespaces].map(({ name }) => [name, `dry-run-${name}`]));
  const { vars } = deployment.readSettings(process.env);
  writeFileSync(configFile, deployment.productionConfig(toml, { ids, vars }));
  const { output } = wrangler(["deploy", "--dry-run", "--outdir", join(dev, "dry"), "--config", configFile]);
  const lacking = [...deployment.bindingsOf(config), 'ENVIRONMENT ("production")', 'DO_JURISDICTIONS ("on")'].filter(
    (name) => !output.includes(`env.${name}`),
  );
  if (lacking.length > 0) throw new Trouble(`The build lacks bindings: ${lacking.join(", ")}.\n${output}`);
  console.log(`\nThe production build is complete: every binding is there. It is in .dev/dry.`);
  const { missing } = deployment.readSettings(process.env);
  if (missing.length === 0) return;
  console.log(`\nBefore the deployment itself, set:`);
  for (const name of missing) console.log(`  MASKLINE_${name}   ${deployment.settings[name].what}`);
}

/** Creates, migrates, deploys; a second run continues where the first one stopped. */
function deploy(toml, config) {
  const { vars, missing } = deployment.readSettings(process.env);
  if (missing.length > 0)
    throw new Trouble(
      "Set these variables of the environment first:\n" +
        missing.map((name) => `  MASKLINE_${name}   ${deployment.settings[name].what}`).join("\n"),
    );
  for (const step of deployment.planOf(config, accountHas(config))) {
    console.log(deployment.describe(step));
    if (step.do === "secrets") putSecrets(step.names, config.name);
    else if (step.do === "config")
      writeFileSync(configFile, deployment.productionConfig(toml, { ids: ids(config), vars }));
    else if (step.do === "create") wrangler(deployment.commandOf(step));
    else wrangler([...deployment.commandOf(step), "--config", configFile, ...domainOf(step, vars)]);
  }
  console.log(`Deployed: ${vars.PUBLIC_URL}`);
}

function domainOf(step, vars) {
  return step.do === "deploy" ? ["--domain", new URL(vars.PUBLIC_URL).hostname] : [];
}

function accountHas(config) {
  return { databases: databases(), namespaces: namespaces(), queues: queues(), secrets: secrets(config.name) };
}

const databases = () =>
  JSON.parse(wrangler(["d1", "list", "--json"]).stdout).map((each) => ({ ...each, id: each.uuid }));

const namespaces = () =>
  JSON.parse(wrangler(["kv", "namespace", "list"]).stdout).map((each) => ({ ...each, name: each.title }));

/** Queues are listed as pages of a text table; wrangler has no JSON for them. */
function queues() {
  const all = [];
  for (let page = 1; page <= pagesMax; page += 1) {
    const rows = deployment.tableRows(wrangler(["queues", "list", "--page", String(page)]).stdout);
    if (rows.length === 0) break;
    all.push(...rows);
  }
  return all;
}

/** A Worker that does not exist yet has no secrets. Any other failure throws, so that no secret is replaced. */
function secrets(worker) {
  const { code, output, stdout } = run("wrangler", ["secret", "list", "--name", worker]);
  if (code === 0) return JSON.parse(stdout).map((each) => each.name);
  if (/10007|does not exist|not found/i.test(output)) return [];
  throw failed(["secret", "list"], output);
}

/**
 * Generates secrets once, keeps them in a file of mode 0600, and passes them by stdin: never as an argument, never on
 * the screen.
 */
function putSecrets(names, worker) {
  mkdirSync(dev, { recursive: true });
  const kept = existsSync(secretsFile) ? JSON.parse(readFileSync(secretsFile, "utf8")) : {};
  for (const name of names) kept[name] ??= makers[name]();
  writePrivate(secretsFile, JSON.stringify(kept));
  const put = Object.fromEntries(names.map((name) => [name, kept[name]]));
  wrangler(["secret", "bulk", "--name", worker], JSON.stringify(put));
  console.log(
    `  Move ${secretsFile} to your own vault now and delete it here. Cloudflare cannot show a secret again,\n` +
      "  and rotating the root key later needs the old one.",
  );
}

function ids(config) {
  const { databases: wanted, namespaces: spaces } = deployment.neededBy(config);
  const found = [...databases(), ...namespaces()];
  return Object.fromEntries(
    [...wanted, ...spaces].map(({ name }) => [name, found.find((each) => each.name === name).id]),
  );
}

function wrangler(args, input) {
  const done = run("wrangler", args, { input });
  if (done.code !== 0) throw failed(args, done.output);
  return done;
}

function failed(args, output) {
  return new Trouble(
    `wrangler ${args.slice(0, 3).join(" ")} failed.\n${output}\n` +
      "What to do: `npx wrangler login` or CLOUDFLARE_API_TOKEN if it is about access; then run this again, it goes on where it stopped.",
  );
}
