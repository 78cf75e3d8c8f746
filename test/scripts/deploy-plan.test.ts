// The plan of a deployment, without an account: what is missing, in which order, and the configuration it deploys.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { experimental_readRawConfig } from "wrangler";
import * as deployment from "../../scripts/lib/deploy-plan.mjs";

const toml = readFileSync("wrangler.toml", "utf8");
const config = experimental_readRawConfig({ config: "wrangler.toml" }).rawConfig;
const needed = deployment.neededBy(config);
const nothing = { databases: [], namespaces: [], queues: [], secrets: [] };
const everything = { ...needed };

type Step = ReturnType<typeof deployment.planOf>[number];
const created = (plan: Step[]) => plan.filter((step) => step.do === "create").map((step) => step.name);

it("an empty account gets everything, each in the jurisdiction its name promises", () => {
  const plan = deployment.planOf(config, nothing);
  const all = [...needed.databases, ...needed.namespaces, ...needed.queues].map(({ name }) => name);
  expect(new Set(created(plan))).toEqual(new Set(all));
  for (const step of plan.filter((each) => each.do === "create")) {
    expect(deployment.commandOf(step)?.slice(-2)).toEqual(["--jurisdiction", deployment.jurisdictionOf(step.name)]);
    expect(`-${step.name}-`).toContain(`-${step.jurisdiction}-`);
  }
});

it("a dead-letter queue comes before the queue that names it", () => {
  const order = created(deployment.planOf(config, nothing));
  const consumers = config.queues?.consumers ?? [];
  expect(consumers.filter((each: { dead_letter_queue?: string }) => each.dead_letter_queue)).toHaveLength(8);
  for (const { queue, dead_letter_queue } of consumers)
    if (dead_letter_queue) expect(order.indexOf(dead_letter_queue)).toBeLessThan(order.indexOf(queue));
});

it("resources come before secrets, secrets before migrations, migrations before the deployment", () => {
  const kinds = deployment.planOf(config, nothing).map((step) => step.do);
  const firsts = [...new Set(kinds)];
  expect(firsts).toEqual(["create", "secrets", "config", "migrate", "deploy"]);
  expect(kinds).toEqual(kinds.toSorted((a, b) => firsts.indexOf(a) - firsts.indexOf(b)));
});

it("a complete account is only migrated and deployed", () => {
  const plan = deployment.planOf(config, everything);
  expect(plan.map((step) => step.do)).toEqual(["config", "migrate", "migrate", "deploy"]);
});

it.each(["databases", "namespaces", "queues"] as const)("one missing of %s is the only one created", (kind) => {
  const [missing, ...rest] = needed[kind];
  expect(created(deployment.planOf(config, { ...everything, [kind]: rest }))).toEqual([missing?.name]);
});

it("secrets that are there are never put again", () => {
  const plan = deployment.planOf(config, { ...everything, secrets: ["KEYRING", "DOOR_KEY"] });
  expect(plan.find((step) => step.do === "secrets")).toEqual({ do: "secrets", names: ["AUDIT_KEY"] });
});

it("a resource in the wrong jurisdiction is refused", () => {
  const databases = [{ name: "maskline-eu", jurisdiction: "us" }];
  expect(() => deployment.planOf(config, { ...everything, databases })).toThrow(/cannot be moved/);
});

it("a plan holds names only", () => {
  const text = deployment.planOf(config, nothing).map(deployment.describe).join("\n");
  expect(text).toContain("queues create otp-eu-dead --jurisdiction eu");
  expect(text).not.toMatch(/[A-Za-z0-9+/]{40}/);
});

it("production's configuration has real ids, production's switches, and paths seen from .dev", () => {
  const names = [...needed.databases, ...needed.namespaces].map(({ name }) => name);
  const ids = Object.fromEntries(names.map((name) => [name, `id-of-${name}`]));
  const vars = { PUBLIC_URL: "https://sms.example.com", ACCESS_TEAM: "https://t.cloudflareaccess.com" };
  const text = deployment.productionConfig(toml, { ids, vars });
  for (const line of ['ENVIRONMENT = "production"', 'DO_JURISDICTIONS = "on"', 'main = "../src/index.ts"'])
    expect(text).toContain(line);
  for (const name of names) expect(text).toMatch(new RegExp(`^(database_id|id) = "id-of-${name}"`, "m"));
  expect(text).not.toMatch(/^(database_id|id) = "maskline-/m);
  expect(text).toContain('migrations_dir = "../migrations"');
});

it("a configuration whose lines cannot be found once is refused", () => {
  const ids = { "maskline-xx": "1" };
  expect(() => deployment.productionConfig(toml, { ids, vars: {} })).toThrow(/found 0/);
  expect(() => deployment.productionConfig(toml, { ids: {}, vars: { PUBLIC_URL: 'a" b' } })).toThrow(/quote/);
});

it("settings only the operator knows are asked for by name", () => {
  expect(deployment.readSettings({}).missing).toEqual(["PUBLIC_URL", "AUDIT_ORIGIN", "ACCESS_TEAM", "ACCESS_AUDIENCE"]);
  const env = { MASKLINE_PUBLIC_URL: "http://a", MASKLINE_ACCESS_TEAM: "t", MASKLINE_ACCESS_AUDIENCE: "a" };
  expect(deployment.readSettings({ ...env, MASKLINE_AUDIT_ORIGIN: "a" }).missing).toEqual(["PUBLIC_URL"]);
  const wrong = { ...env, MASKLINE_PUBLIC_URL: "https://a", MASKLINE_AUDIT_ORIGIN: "https://a" };
  expect(deployment.readSettings(wrong).missing).toEqual(["AUDIT_ORIGIN"]);
});

it("wrangler's drawn table is read by its column names", () => {
  const drawn = "┌──┬──┐\n│ id │ name   │\n├──┼──┤\n│ 1  │ otp-eu │\n├──┼──┤\n│ 2  │ otp-us │\n└──┴──┘\n";
  expect(deployment.tableRows(drawn)).toEqual([
    { id: "1", name: "otp-eu" },
    { id: "2", name: "otp-us" },
  ]);
  expect(deployment.tableRows("")).toEqual([]);
});
