// The simulator's control API, for other processes: accounts, scripts, the history, a person's text.
import { z } from "zod";
import { Script } from "./conduct.mjs";
import { KINDS } from "./kinds.mjs";

const Name = z.string().regex(/^(?!world$)[a-z0-9-]{1,40}$/);
const NewAccount = z.strictObject({
  kind: z.enum(Object.keys(KINDS)),
  name: Name.optional(),
  script: Script.optional(),
});
const NewScript = z.strictObject({ account: Name, script: Script });
const Part = z.strictObject({ ref: z.string().max(40), nth: z.int().min(1).max(255), of: z.int().min(1).max(255) });
const Inbound = z.strictObject({
  account: Name,
  url: z.url(),
  from: z.string(),
  to: z.string(),
  text: z.string(),
  id: z.string().max(64).optional(),
  part: Part.optional(),
  forged: z.boolean().optional(),
  age_seconds: z.int().min(0).max(86_400).optional(),
});

const routes = {
  "POST /accounts": (world, body) => {
    const { kind, ...more } = NewAccount.parse(body);
    const { name, baseUrl, settings, secrets, body: admin } = world.account(kind, more);
    return [201, { name, kind, base_url: baseUrl, settings, secrets, admin }];
  },
  "POST /script": (world, body) => {
    const { account, script } = NewScript.parse(body);
    if (!world.accounts.has(account)) return [404, { detail: "There is no such account." }];
    world.script(account, script);
    return [200, { account, script }];
  },
  "POST /inbound": async (world, body) => {
    const { account, age_seconds: ageSeconds = 0, ...text } = Inbound.parse(body);
    if (!world.accounts.has(account)) return [404, { detail: "There is no such account." }];
    return [200, { status: await world.inbound(account, { ...text, ageSeconds }) }];
  },
  "GET /history": (world) => {
    const { calls, refusals, receipts, asked, owed } = world;
    return [200, { calls, refusals, receipts, asked, owed }];
  },
};

/** Answers a request to the control API. */
export async function controlled(world, request, response, path) {
  const say = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(snake(body))); // prettier-ignore
  const act = routes[`${request.method} ${path}`];
  if (act === undefined) return say(404, { detail: `There are: ${Object.keys(routes).join(", ")}, under /world.` });
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const text = Buffer.concat(chunks).toString("utf8");
    say(...(await act(world, text === "" ? {} : JSON.parse(text))));
  } catch (error) {
    say(400, { detail: error instanceof z.ZodError ? z.prettifyError(error) : String(error) });
  }
}

/** The value with all names in snake_case, as in the API. */
function snake(value) {
  if (Array.isArray(value)) return value.map(snake);
  if (typeof value !== "object" || value === null) return value;
  const named = (name) => (/^[a-z]+(?:[A-Z][a-z]+)+$/.test(name) ? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name); // prettier-ignore
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [named(name), snake(each)]));
}
