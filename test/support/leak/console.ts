/**
 * The part of the leak test that is about the console: every page, the operators' too, with every id there is, is read by every role, signed
 * in at the real identity provider; and the number and the words are typed into every form. A page may hold the words where a caller wrote them
 * beside a message, and where somebody asked to read a text of the inbox; a number, a code or a key it may hold nowhere.
 */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { CLAIM, OPERATOR_ROWS, PEOPLE, ROLE_ROWS, startProvider } from "../../../scripts/lib/identity-provider.mjs";
import { OPERATOR_PAGES } from "../../../src/console/operator/pages.ts";
import { PAGES } from "../../../src/console/pages/pages.ts";
import type { Answer, Service } from "../service/recorded.ts";
import { sessionOf } from "../service/sign-in.ts";

type Canary = {
  service: Service;
  tenant: string;
  key: string;
  number: string;
  national: string;
  text: string;
  word: string;
  free: (answer: Answer) => Answer;
};

/** Pages on which a caller's own words stand: what was written beside a message, and names of people in a conversation. */
const OWN_WORDS = /^\/console\/(messages\/|verifications\/|conversations)/;

/** Whom the tenant gives no role: operators sign in elsewhere. */
const STRANGERS = ["nothing", "operator", "observer"];

/** Reads everything as everybody; answers the secrets of their sessions, which stand on no page either. */
export async function leakConsole(canary: Canary): Promise<string[]> {
  const { service, key } = canary;
  const clientSecret = randomBytes(32).toString("base64url");
  const provider = await startProvider({ console: service.base, clientSecret });
  try {
    const settings = {
      issuer: provider.issuer,
      client_id: provider.clientId,
      client_secret: clientSecret,
      claim: CLAIM,
    };
    const set = await service.call("PUT /v1/sign-in", { key, body: { ...settings, roles: ROLE_ROWS } });
    expect(set.status, set.text).toBe(200);
    const signIn = new URL(String(set.body["sign_in_url"])).pathname;
    const secrets: string[] = [];
    const paths = await pathsOf(canary);
    for (const [person, { role }] of Object.entries(PEOPLE)) {
      const cookie = await sessionOf(service, signIn, person);
      if (STRANGERS.includes(role)) {
        expect(cookie).toBeNull();
        continue;
      }
      expect([role, cookie]).toEqual([role, expect.stringContaining("__Host-maskline_console=mcs_")]);
      secrets.push(String(cookie).split("=")[1] ?? "");
      await visitAll(canary, paths, { cookie: cookie ?? "" });
      if (role === "owner" || role === "support") await typeIn(canary, { cookie: cookie ?? "" });
    }
    return [...secrets, ...(await leakOperators(canary, settings))];
  } finally {
    await provider.stop();
  }
}

/** The same for the operators' pages: no number, word, code or key of the tenant stands on one, or in where a form leads. */
async function leakOperators(canary: Canary, settings: object): Promise<string[]> {
  const { service, tenant, number, national, word } = canary;
  const set = await service.admin("PUT /admin/v1/sign-in", { ...settings, roles: OPERATOR_ROWS });
  expect(set.status, set.text).toBe(200);
  const signIn = new URL(String(set.body["sign_in_url"])).pathname;
  const paths = OPERATOR_PAGES.map(({ path }) => path.replace("{id}", tenant));
  const secrets: string[] = [];
  for (const person of ["oscar", "ona"]) {
    const cookie = await sessionOf(service, signIn, person);
    expect([person, cookie]).toEqual([person, expect.stringContaining("__Host-maskline_operator=")]);
    secrets.push(String(cookie).split("=")[1] ?? "");
    await visitAll(canary, paths, { cookie: cookie ?? "" });
    for (const path of paths)
      for (const typed of [number, national, `${national} ${word}`])
        await service.call(`POST ${path}`, {
          raw: new URLSearchParams(FIELDS.map((name) => [name, typed])).toString(),
          headers: { cookie: cookie ?? "", origin: service.base, "content-type": "application/x-www-form-urlencoded" },
        });
  }
  return secrets;
}
/** Names of fields on the operators' forms. */
const FIELDS = ["q", "name", "id", "cursor", "jurisdiction", "url", "role", "until", "job", "per_second", "act"];

/** Every page's path, with each id that the tenant has of its kind. */
async function pathsOf({ service, key, free }: Canary): Promise<string[]> {
  const idsOf = async (list: string): Promise<string[]> => {
    const { body } = free(await service.call(`GET /v1/${list}`, { key }));
    return (body["data"] as { id: string }[]).map(({ id }) => id);
  };
  const messages = free(await service.call("GET /v1/messages?limit=100", { key }));
  const tokens = (messages.body["data"] as { to: { token: string } }[]).map(({ to }) => to.token);
  const ids: Record<string, string[]> = {
    "/console/messages/{id}": await idsOf("messages?limit=100"),
    "/console/verifications/{id}": await idsOf("verifications?limit=100"),
    "/console/conversations/{id}": await idsOf("sessions?limit=100"),
    "/console/inbox/{id}": await idsOf("inbound?limit=100"),
    "/console/webhooks/{id}": await idsOf("webhooks"),
    "/console/pools/{id}": await idsOf("pools"),
    "/console/tokens/{token}": [...new Set(tokens)],
  };
  return PAGES.flatMap(({ path }) => {
    if (!path.includes("{")) return [path];
    expect([path, ids[path]?.length]).toEqual([path, expect.any(Number)]);
    expect(ids[path]).not.toEqual([]);
    return (ids[path] ?? []).map((id) => path.replace(/\{\w+\}/, id));
  });
}

type Visitor = { cookie: string };

async function visitAll({ service, free }: Canary, paths: readonly string[], { cookie }: Visitor): Promise<void> {
  for (const path of paths) {
    for (const headers of [{ cookie }, { cookie, "x-live": "1" }]) {
      const answer = await service.call(`GET ${path}`, { headers });
      expect([path, [200, 403].includes(answer.status)]).toEqual([path, true]);
      if (OWN_WORDS.test(path)) free(answer);
    }
  }
}

/** The number and the words, typed into every form that takes a text. */
async function typeIn(canary: Canary, { cookie }: Visitor): Promise<void> {
  const { service, number, national, text, word, free } = canary;
  const submit = (path: string, fields: Record<string, string>) =>
    service.call(`POST ${path}`, {
      raw: new URLSearchParams(fields).toString(),
      headers: { cookie, origin: service.base, "content-type": "application/x-www-form-urlencoded" },
    });
  for (const q of [number, national, `${national} ${word}`]) {
    await submit("/console/messages", { q, state: number, from: number, to: number });
    await submit("/console/tokens", { q });
  }
  for (const what of ["preview", "send"]) {
    free(await submit("/console/send", { to: number, purpose: "service", text, from: number, do: what }));
    free(await submit("/console/send", { to: number, purpose: number, text: `${text} ${number}`, do: what }));
    free(await submit("/console/send", { to: number, purpose: "service", text, do: what }));
  }
  await submit("/console/keys", { name: `${word} ${number}`, scope: "messages:read" });
  await submit("/console/webhooks", { url: `https://hooks.example/${number}`, event: "*" });
  await submit("/console/settings", { help: number, tombstone: national });
  const { body } = await service.call("GET /v1/inbound?limit=100", { key: canary.key });
  for (const { id } of body["data"] as { id: string }[]) free(await submit(`/console/inbox/${id}`, {}));
}
