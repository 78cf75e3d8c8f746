// A client of the public API for the scripts: JSON in, JSON out; a failure says what was expected.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { logFile } from "./dev-server.mjs";
import { dev, Trouble } from "./tools.mjs";

export const quickstartFile = join(dev, "quickstart.json");

/** A caller with one credential: `call("POST /v1/messages", {expect: 202, …})` answers the parsed body. */
export function client(base, credential) {
  /**
   * @param {string} route
   * @param {{body?: unknown, headers?: Record<string, string>, expect?: number}} options
   */
  return async function call(route, { body, headers, expect = 200 } = {}) {
    const [method, path] = route.split(" ");
    const answer = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${credential}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    }).catch(unreached);
    const text = await answer.text();
    if (answer.status !== expect)
      throw new Trouble(
        `${route} failed.\nExpected: ${expect}. Got: ${answer.status} ${text.slice(0, 500)}\n` +
          `What to do: follow the \`detail\` above; the service's own log is ${logFile}.`,
      );
    return text === "" ? undefined : JSON.parse(text);
  };
}

/** A failed connection in the shape of an answer, so that it is reported in the same way. */
function unreached(error) {
  return { status: "no answer", text: async () => String(error.cause?.code ?? error.message) };
}

/** The facts of the running service. Throws if they are from a service that has ended. */
export async function liveQuickstart(facts = readQuickstart()) {
  if (facts === undefined)
    throw new Trouble("No service is known in this folder. Run `npm start` in another terminal first.");
  const health = await fetch(`${facts.base_url}/healthz`, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
  if (health === null)
    throw new Trouble(
      `.dev/quickstart.json is of a start that has ended: nothing answers at ${facts.base_url}.\n` +
        "What to do: run `npm start` in another terminal, then this again.",
    );
  return facts;
}

/** The facts that the last `npm start` wrote, or undefined. */
export function readQuickstart() {
  try {
    return JSON.parse(readFileSync(quickstartFile, "utf8"));
  } catch {
    return undefined;
  }
}
