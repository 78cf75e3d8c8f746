/** What persons, carriers and rules do. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, vi } from "vitest";
import { ALICE, advance, newPool, opened, proxiesOf, sandboxAccount, texts } from "../tenant/masked-lines.ts";
import { identity, setSignIn, SIGN_IN, signedIn, submit, trySignIn } from "../tenant/people.ts";
import { cron, operator, tenantOf, until, type Json, type Tenant } from "../tenant/tenant.ts";
import { check, codeOf, started, wrong } from "../tenant/verifications.ts";
import { CAROL, id, newCarrier, twilio, well } from "./world.ts";

const DAY = 86_400;

/** What persons, carriers and rules do: by which path, the entries, by what kind of actor, and how it comes about. */
export const OTHERS: [path: string, acts: string[], by: string, (to: Tenant) => Promise<unknown>][] = [
  [
    "the alarm: an alert that was quiet for its time",
    ["alert.closed"],
    "system",
    async (to) => {
      well(await operator(`POST /admin/v1/tenants/${to.id}/sign-in/reset`));
      await advance(to, 7 * DAY + 60);
    },
  ],
  [
    "a text that came in: STOP, then START",
    ["consent.withdrawn", "consent.given"],
    "system",
    async (to) => {
      await newPool(to, 4);
      const [proxy = ""] = proxiesOf(await opened(to));
      await texts(to, ALICE, proxy, "STOP");
      await texts(to, ALICE, proxy, "START");
    },
  ],
  [
    "a text that came in: STOP, then START, as the carrier itself has recognised them",
    ["consent.withdrawn", "consent.given"],
    "carrier",
    async (to) => {
      await newPool(to, 4);
      const [proxy = ""] = proxiesOf(await opened(to));
      const account = await sandboxAccount();
      const brought = [
        { id: "1", text: "AVREGISTRER", keyword: "stop" as const },
        { id: "2", text: "GO", keyword: "start" as const },
      ];
      await to.stub().inbound(
        account,
        brought.map((text) => ({ ...text, from: ALICE, to: proxy })),
      );
    },
  ],
  [
    "a text that came in: a stranger to a relay address",
    ["session.opened"],
    "system",
    async (to) => {
      await relayed(to);
    },
  ],
  [
    "a text that came in: the hook reads the session",
    ["session.intercepted"],
    "system",
    async (to) => {
      await newPool(to, 4);
      well(await to.call("PUT /v1/masking/intercept", { url: "https://192.0.9.1/hook", on_failure: "open" }));
      const [proxy = ""] = proxiesOf(await opened(to));
      await texts(to, ALICE, proxy, "Hello");
    },
  ],
  [
    "a text that came in: START more often than it is obeyed",
    ["relay.limit_reached"],
    "system",
    async (to) => {
      await newPool(to, 4);
      const [proxy = ""] = proxiesOf(await opened(to));
      for (let turn = 0; turn < 5; turn += 1) for (const word of ["STOP", "START"]) await texts(to, ALICE, proxy, word);
    },
  ],
  [
    "a text that came in: a stranger after the session was closed",
    ["session.reopened"],
    "system",
    async (to) => {
      const address = await relayed(to);
      const { data } = (await to.call("GET /v1/sessions")).body;
      well(await to.call(`POST /v1/sessions/${data[0].id}/close`));
      await texts(to, CAROL, address, "Are you there?");
    },
  ],
  [
    "a receipt, or a refusal: the carrier knows of a stop",
    ["consent.withdrawn"],
    "carrier",
    async (to) => {
      const account = await newCarrier(twilio());
      well(await operator(`PATCH /admin/v1/tenants/${to.id}`, { policy: { routes: [account] } }));
      vi.mocked(globalThis.fetch).mockImplementation(async () =>
        Response.json({ code: 21610, message: "Unsubscribed", status: 400 }, { status: 400 }),
      );
      await to.until((await to.send({ from: "Payroll" }))["id"], "failed");
    },
  ],
  [
    "the alarm: a session's time is over",
    ["session.expired"],
    "system",
    async (to) => {
      await newPool(to, 4);
      await opened(to, { ttl_seconds: 3_600 });
      await advance(to, 3_700);
    },
  ],
  [
    "the alarm: a session's numbers are to change",
    ["session.rotated"],
    "system",
    async (to) => {
      await newPool(to, 6);
      await opened(to, { rotation: { every_seconds: 600 } });
      await advance(to, 700);
    },
  ],
  [
    "the alarm: a number has rested",
    ["number.released"],
    "system",
    async (to) => {
      await newPool(to, 4, { sharing: "exclusive", cool_off_days: 1 });
      well(await to.call(`POST /v1/sessions/${(await opened(to))["id"]}/close`));
      await advance(to, 40 * DAY);
    },
  ],
  [
    "the alarm: a row fails five times",
    ["job.quarantined"],
    "system",
    async (to) => {
      await newPool(to, 4);
      const one = (await opened(to, { ttl_seconds: 3_600 }))["id"];
      await runInDurableObject(
        to.stub(),
        (_object, { storage }) => void storage.sql.exec(`UPDATE sessions SET settings = '{' WHERE id = ?`, one),
      );
      await evictDurableObject(to.stub());
      for (const seconds of [3_700, 10, 30, 100, 400, 2_000]) await advance(to, seconds);
    },
  ],
  [
    "a rule at the door: too many wrong guesses",
    ["verification.locked", "verification.alerted"],
    "system",
    async (to) => {
      for (let nth = 0; nth < 8; nth += 1) {
        const one = await started(to, { to: `+4477009005${String(nth).padStart(2, "0")}` });
        const right = await codeOf(to, one);
        for (let guess = 0; guess < 5; guess += 1) await check(to, one["id"], wrong(right));
      }
    },
  ],
  [
    "a rule at the door: numbers named, and the cap on them",
    ["key.named_numbers", "key.limit_reached"],
    "key",
    async (to) => {
      well(await operator(`PATCH /admin/v1/tenants/${to.id}`, { policy: { limits: { numbers_per_key_per_day: 3 } } }));
      const messages = [0, 1, 2].map((nth) => ({ to: `+44770090060${nth}`, purpose: "service", text: "Hello" }));
      well(await to.call("POST /v1/messages/batch", { messages }));
      expect((await to.call("POST /v1/tokens", { number: CAROL })).status).toBe(429);
    },
  ],
  [
    "a page of the console: roles, sessions, the sign-in",
    ["person.signed_in", "person.role_changed", "person.session_ended", "signin.changed", "person.signed_out"],
    "person",
    async (to) => {
      const owner = await signedIn(to, "owner");
      const other = await signedIn(to, "viewer");
      const page = (fields: Record<string, string>) => submit("/console/people", owner, fields);
      expect((await page({ do: "role", id: other.id, role: "auditor" })).status).toBe(200);
      expect((await page({ do: "end", id: other.session })).status).toBe(200);
      const settings = { issuer: SIGN_IN.issuer, client_id: "other", claim: "role", value: "owner", for: "owner" };
      expect((await page({ do: "settings", ...settings })).status).toBe(200);
      expect((await submit("/console/sign-out", owner, {})).status).toBe(303);
    },
  ],
  [
    "a page of the console: numbers named, and the cap on them",
    ["person.named_numbers", "person.limit_reached"],
    "person",
    async (to) => {
      well(await operator(`PATCH /admin/v1/tenants/${to.id}`, { policy: { limits: { numbers_per_key_per_day: 2 } } }));
      const owner = await signedIn(to, "owner");
      for (const nth of [0, 1, 2]) {
        const text = { to: `+44770090060${nth}`, purpose: "service", text: "Hello", do: "preview" };
        expect((await submit("/console/send", owner, text)).status).toBe(nth < 2 ? 200 : 429);
      }
    },
  ],
  [
    "the sign-in: somebody whom no claim gives a role",
    ["person.refused"],
    "system",
    async (to) => {
      await setSignIn(to);
      expect(await trySignIn(to, identity(["nothing"]))).toEqual({ denied: "no_role" });
    },
  ],
  [
    "a rule at the door: the quota of what the tenant keeps",
    ["tenant.quota_reached"],
    "system",
    async (to) => {
      well(await operator(`PATCH /admin/v1/tenants/${to.id}`, { policy: { storage_quota: { records: 0, bytes: 0 } } }));
      expect((await to.call("POST /v1/tokens", { number: CAROL })).status).toBe(403);
      well(await operator(`PATCH /admin/v1/tenants/${to.id}`, { policy: { storage_quota: null } }));
    },
  ],
  [
    "the door: credentials that were refused",
    ["credential.refused"],
    "system",
    async (to) => {
      const { body } = await to.call("POST /v1/keys", { name: "leaked", scopes: ["audit:read"] });
      well(await to.call(`DELETE /v1/keys/${body["id"]}`));
      expect((await tenantOf(to.id, body["secret"]).call("GET /v1/audit")).status).toBe(401);
      expect(await runDurableObjectAlarm(to.stub())).toBe(true);
    },
  ],
  [
    "the queue: an endpoint that answers 410",
    ["webhook.disabled"],
    "system",
    async (to) => {
      vi.mocked(globalThis.fetch).mockImplementation(async () => new Response(null, { status: 410 }));
      well(await to.call("POST /v1/webhooks", { url: "https://192.0.9.1/hook", events: ["*"] }));
      await to.send();
    },
  ],
  [
    "the stock: numbers are lent, and given back in the night",
    ["number.lent", "number.returned"],
    "system",
    async (to) => {
      const account = await newCarrier();
      const numbers = [6, 7, 8].map((nth) => ({ number: `+44770090065${nth}`, account }));
      well(await operator("POST /admin/v1/numbers", { tenant: null, numbers }));
      const lent = await id(to.call("POST /v1/pools", { name: "Lent", lease: { below: 1, block: 3 } }));
      await opened(to, { pool_id: lent }).catch(() => undefined);
      await until(async () => (((await to.call("GET /v1/numbers")).body["data"] as Json[]).length > 0 ? true : null));
      well(await to.call(`PATCH /v1/pools/${lent}`, { lease: null }));
      await advance(to, 31 * DAY);
      await to.stub().purge(null);
    },
  ],
  ["the night's run", ["retention.purged"], "system", async () => cron("17 3 * * *")],
];

/** A relay address that a stranger texted. */
async function relayed(to: Tenant): Promise<string> {
  await newPool(to, 4);
  const { body } = await to.call("POST /v1/relays", { to: ALICE });
  const address = String(body["number"]);
  await texts(to, CAROL, address, "Are you free?");
  return address;
}
