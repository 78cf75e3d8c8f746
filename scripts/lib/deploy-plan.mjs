// What a deployment needs, what the account lacks, and the configuration with its resources. Pure: lists in, plan out.
// A resource never changes its jurisdiction, so one in the wrong jurisdiction is refused.

/** Secrets that production needs. Not ADMIN_TOKEN, because operators sign in through Access. */
export const productionSecrets = ["KEYRING", "DOOR_KEY", "AUDIT_KEY"];

/** Settings from the operator, read from the environment as MASKLINE_<NAME>. */
export const settings = {
  PUBLIC_URL: { needed: true, what: "the https origin the service answers at, such as https://sms.example.com" },
  AUDIT_ORIGIN: {
    needed: true,
    what: "the deployment's name in signed audit heads, such as sms.example.com; never changed again",
  },
  ACCESS_TEAM: { needed: true, what: "https://<team>.cloudflareaccess.com" },
  ACCESS_AUDIENCE: { needed: true, what: "the AUD tag of the Access application for operators" },
  EGRESS_ALLOWLIST: { needed: false, what: "comma-separated host names webhooks may go to" },
};

/** The jurisdiction in a resource's name. */
export function jurisdictionOf(name) {
  const found = /(?:^|-)(eu|us)(?:-|$)/.exec(name)?.[1];
  if (!found) throw new Error(`${name}: its name must have "eu" or "us" between dashes, for its jurisdiction`);
  return found;
}

/** Every resource that wrangler.toml (parsed) names. */
export function neededBy(config) {
  const consumers = config.queues?.consumers ?? [];
  const dead = consumers.map((each) => each.dead_letter_queue).filter(Boolean);
  const queues = [...(config.queues?.producers ?? []), ...consumers].map((each) => each.queue);
  return {
    databases: config.d1_databases.map(({ binding, database_name }) => ({ binding, name: database_name })),
    namespaces: config.kv_namespaces.map(({ binding, id }) => ({ binding, name: id })),
    // Dead-letter queues first, because a queue can only name one that exists.
    queues: [...new Set([...dead, ...queues])].map((name) => ({ name })),
    secrets: productionSecrets,
  };
}

/**
 * The steps, in an order that works. `has` is what the account has: databases, namespaces and queues as
 * `{name, jurisdiction?}`, secrets as names.
 */
export function planOf(config, has) {
  const needed = neededBy(config);
  const steps = [];
  for (const kind of ["databases", "namespaces", "queues"])
    for (const { name } of needed[kind]) {
      const jurisdiction = jurisdictionOf(name);
      const there = has[kind].find((each) => each.name === name);
      if (!there) steps.push({ do: "create", kind, name, jurisdiction });
      else if (there.jurisdiction && there.jurisdiction !== jurisdiction)
        throw new Error(
          `${name} exists in jurisdiction ${there.jurisdiction}, not ${jurisdiction}; it cannot be moved`,
        );
    }
  const secrets = needed.secrets.filter((name) => !has.secrets.includes(name));
  if (secrets.length > 0) steps.push({ do: "secrets", names: secrets });
  steps.push({ do: "config" });
  for (const { binding } of needed.databases) steps.push({ do: "migrate", binding });
  steps.push({ do: "deploy" });
  return steps;
}

/** One step as wrangler's arguments; undefined for steps without wrangler. */
export function commandOf(step) {
  const create = {
    databases: ["d1", "create"],
    namespaces: ["kv", "namespace", "create"],
    queues: ["queues", "create"],
  };
  if (step.do === "create") return [...create[step.kind], step.name, "--jurisdiction", step.jurisdiction];
  if (step.do === "migrate") return ["d1", "migrations", "apply", step.binding, "--remote"];
  if (step.do === "deploy") return ["deploy"];
  return undefined;
}

/** One step in words; names only, never a value. */
export function describe(step) {
  if (step.do === "secrets") return `generate and put the secrets ${step.names.join(", ")}`;
  if (step.do === "config") return "write .dev/wrangler.deploy.toml";
  return `wrangler ${commandOf(step).join(" ")}`;
}

/**
 * wrangler.toml for production: real ids, production variables, paths seen from .dev/. `ids` maps a resource's name to
 * its id, `vars` the operator's settings. Throws if a line does not occur exactly once, so that no local value remains.
 */
export function productionConfig(toml, { ids, vars }) {
  const strings = { main: "../src/index.ts", directory: "assets", ENVIRONMENT: "production", DO_JURISDICTIONS: "on" };
  let text = toml;
  for (const [name, value] of Object.entries({ ...strings, ...vars })) text = setOnce(text, name, value);
  text = text.replaceAll(/^migrations_dir = "/gm, 'migrations_dir = "../');
  for (const [name, id] of Object.entries(ids))
    text = replaceOnce(text, new RegExp(`^(database_id|id) = "${name}"`, "m"), `$1 = "${id}"`, name);
  return text;
}

function setOnce(text, name, value) {
  if (/["\\\n]/.test(value)) throw new Error(`${name}: the value may hold no quote, backslash or line break`);
  return replaceOnce(text, new RegExp(`^${name} = ".*?"`, "m"), `${name} = "${value}"`, name);
}

function replaceOnce(text, pattern, replacement, what) {
  const found = text.match(new RegExp(pattern, "gm"))?.length ?? 0;
  if (found !== 1) throw new Error(`wrangler.toml: expected one line for ${what}, found ${found}`);
  return text.replace(pattern, replacement);
}

/** The settings from the environment, and the names of required ones that are missing or invalid. */
export function readSettings(env) {
  const vars = Object.fromEntries(Object.keys(settings).map((name) => [name, env[`MASKLINE_${name}`] ?? ""]));
  const missing = Object.keys(settings).filter((name) => settings[name].needed && vars[name] === "");
  if (vars.PUBLIC_URL !== "" && !/^https:\/\/[^/]+$/.test(vars.PUBLIC_URL)) missing.push("PUBLIC_URL");
  if (vars.AUDIT_ORIGIN !== "" && !/^[a-z0-9][a-z0-9.-]{0,99}$/.test(vars.AUDIT_ORIGIN)) missing.push("AUDIT_ORIGIN");
  return { vars, missing };
}

/** The names of all bindings of the Worker, which a dry run must list. */
export function bindingsOf(config) {
  const lists = [config.durable_objects.bindings.map((each) => each.name)];
  lists.push([...config.d1_databases, ...config.kv_namespaces, ...config.queues.producers].map((each) => each.binding));
  return [...lists.flat(), ...Object.keys(config.vars)];
}

/** The rows of a text table of wrangler's, each as an object by column name. */
export function tableRows(drawn) {
  const lines = drawn.split("\n").filter((line) => line.startsWith("│"));
  const [head, ...rows] = lines.map((line) =>
    line
      .split("│")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [head[index], cell])));
}
