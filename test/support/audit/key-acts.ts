/** What keys do, for the walk over every act (test/laws/audit.worker.test.ts). */
import { ALICE, BOB, advance, importNumbers, proxiesOf, texts } from "../tenant/masked-lines.ts";
import { type Answer, type Json } from "../tenant/tenant.ts";
import { SIGN_IN, signedIn } from "../tenant/people.ts";
import { check, codeOf } from "../tenant/verifications.ts";
import {
  CAROL,
  call,
  code,
  couriers,
  failedJob,
  openAlert,
  id,
  newBudget,
  newHook,
  newKey,
  newName,
  newRelay,
  newService,
  newTemplate,
  numberOfCode,
  participant,
  scheduled,
  session,
  tenant,
  tokenOf,
  well,
} from "./world.ts";

/** A policy that holds what any rule of lures fires on. */
const HOLDS = { enforced: true, domains: [], hold_hours: 1, code_warning: null, rules: [] };

let held = 10;
/** The id of a message that is held. */
async function heldText(): Promise<string> {
  well(await call("PUT /v1/screening/policy", HOLDS));
  const text = "Hi mum, this is my new number. Text me on WhatsApp";
  const to = `+4477009007${(held += 1)}`; // each to somebody else: a person's caps are not what is tried here
  const sent = { body: well(await call("POST /v1/messages", { to, purpose: "service", text })) };
  well(await call("PUT /v1/screening/policy", { ...HOLDS, enforced: false }));
  return String(sent.body["id"]);
}

/** What a key does, door by door: the entry, and a call that does it. */
export const KEY_ACTS: Record<string, [string, () => Promise<Answer>]> = {
  "POST /v1/keys": ["key.created", () => call("POST /v1/keys", { name: "one", scopes: ["messages:read"] })],
  "POST /v1/keys/:id/rotate": ["key.rotated", async () => call(`POST /v1/keys/${await newKey()}/rotate`, {})],
  "DELETE /v1/keys/:id": ["key.revoked", async () => call(`DELETE /v1/keys/${await newKey()}`)],
  "PUT /v1/sign-in": ["signin.changed", () => call("PUT /v1/sign-in", SIGN_IN)],
  "DELETE /v1/people-sessions/:id": [
    "person.session_ended",
    async () => call(`DELETE /v1/people-sessions/${(await signedIn(tenant, "viewer")).session}`),
  ],
  "POST /v1/tokens": ["token.created", () => call("POST /v1/tokens", { number: CAROL })],
  "POST /v1/tokens/:token/reveal": [
    "token.revealed",
    async () => call(`POST /v1/tokens/${await tokenOf(CAROL)}/reveal`, { reason: "support" }),
  ],
  "POST /v1/messages": [
    "message.accepted",
    () => call("POST /v1/messages", { to: ALICE, purpose: "service", text: "Hello" }),
  ],
  "POST /v1/messages/batch": [
    "batch.accepted",
    () => call("POST /v1/messages/batch", { messages: [{ to: ALICE, purpose: "service", text: "Hello" }] }),
  ],
  "POST /v1/messages/:id/cancel": [
    "message.canceled",
    async () => call(`POST /v1/messages/${await scheduled()}/cancel`),
  ],
  "POST /v1/consents": [
    "consent.withdrawn",
    () => call("POST /v1/consents", { to: CAROL, state: "withdrawn", purposes: ["marketing"], source: "web" }),
  ],
  "POST /v1/webhooks": [
    "webhook.created",
    () => call("POST /v1/webhooks", { url: "https://192.0.9.1/hook", events: ["*"] }),
  ],
  "PATCH /v1/webhooks/:id": [
    "webhook.changed",
    async () => call(`PATCH /v1/webhooks/${await newHook()}`, { events: ["audit.head"] }),
  ],
  "POST /v1/webhooks/:id/rotate": [
    "webhook.rotated",
    async () => call(`POST /v1/webhooks/${await newHook()}/rotate`, {}),
  ],
  "POST /v1/webhooks/:id/test": ["webhook.tested", async () => call(`POST /v1/webhooks/${await newHook()}/test`)],
  "DELETE /v1/webhooks/:id": ["webhook.deleted", async () => call(`DELETE /v1/webhooks/${await newHook()}`)],
  "POST /v1/events/:id/replay": [
    "event.replayed",
    async () =>
      call(`POST /v1/events/${(await call("GET /v1/events")).body["data"][0].id}/replay`, {
        endpoint: await newHook(),
      }),
  ],
  "POST /v1/verifications": ["verification.started", () => call("POST /v1/verifications", { to: ALICE })],
  "POST /v1/verifications/:id/check": [
    "verification.approved",
    async () => {
      const one = await code();
      return check(tenant, one["id"], await codeOf(tenant, one));
    },
  ],
  "POST /v1/verifications/check": [
    "verification.approved",
    async () => {
      const one = await code();
      const to = numberOfCode();
      return call("POST /v1/verifications/check", { to, code: await codeOf(tenant, one) });
    },
  ],
  "POST /v1/verifications/:id/resend": [
    "verification.resent",
    async () => {
      const one = await code();
      await advance(tenant, 60);
      return call(`POST /v1/verifications/${one["id"]}/resend`, {});
    },
  ],
  "POST /v1/verifications/:id/cancel": [
    "verification.canceled",
    async () => call(`POST /v1/verifications/${(await code())["id"]}/cancel`),
  ],
  "POST /v1/budgets": ["budget.created", () => newBudget()],
  "PATCH /v1/budgets/:id": [
    "budget.changed",
    async () => call(`PATCH /v1/budgets/${await id(newBudget())}`, { hard: true }),
  ],
  "DELETE /v1/budgets/:id": ["budget.removed", async () => call(`DELETE /v1/budgets/${await id(newBudget())}`)],
  "POST /v1/verify/services": ["service.created", () => call("POST /v1/verify/services", { name: newName("Service") })],
  "PATCH /v1/verify/services/:id": [
    "service.changed",
    async () => call(`PATCH /v1/verify/services/${await newService()}`, { name: newName("Service") }),
  ],
  "DELETE /v1/verify/services/:id": [
    "service.deleted",
    async () => call(`DELETE /v1/verify/services/${await newService()}`),
  ],
  "POST /v1/verify/templates": [
    "template.created",
    () =>
      call("POST /v1/verify/templates", {
        name: newName("Template"),
        texts: { "en-GB": "{{code}} is your code" },
      }),
  ],
  "PATCH /v1/verify/templates/:id": [
    "template.changed",
    async () => call(`PATCH /v1/verify/templates/${await newTemplate()}`, { name: newName("Template") }),
  ],
  "DELETE /v1/verify/templates/:id": [
    "template.deleted",
    async () => call(`DELETE /v1/verify/templates/${await newTemplate()}`),
  ],
  "POST /v1/verify/templates/:id/approve": [
    "template.approved",
    async () => call(`POST /v1/verify/templates/${await newTemplate()}/approve`, { sequence: 1 }),
  ],
  "POST /v1/verify/templates/:id/refuse": [
    "template.refused",
    async () => call(`POST /v1/verify/templates/${await newTemplate()}/refuse`, { sequence: 1, reason: "unclear" }),
  ],
  "POST /v1/verify/locks/lift": [
    "lock.lifted",
    async () => {
      await tokenOf(CAROL);
      return call("POST /v1/verify/locks/lift", { to: CAROL, reason: "support" });
    },
  ],
  "POST /v1/verify/locks/block": [
    "lock.blocked",
    () => call("POST /v1/verify/locks/block", { to: CAROL, reason: "abuse" }),
  ],
  "PATCH /v1/numbers/:id": [
    "number.changed",
    async () => call(`PATCH /v1/numbers/${(await importNumbers(tenant, 1, 860))[0]}`, { tags: ["north"] }),
  ],
  "POST /v1/pools": ["pool.created", () => call("POST /v1/pools", { name: newName("Pool"), numbers: [] })],
  "PATCH /v1/pools/:id": ["pool.changed", async () => call(`PATCH /v1/pools/${couriers}`, { cool_off_days: 1 })],
  "POST /v1/pools/:id/numbers": [
    "pool.filled",
    async () =>
      call(`POST /v1/pools/${await id(call("POST /v1/pools", { name: newName("Pool"), numbers: [] }))}/numbers`, {
        numbers: [(await importNumbers(tenant, 1, 861)).at(-1)],
      }),
  ],
  "POST /v1/sessions": ["session.opened", async () => ({ status: 201, headers: new Headers(), body: await session() })],
  "POST /v1/sessions/:id/close": [
    "session.closed",
    async () => call(`POST /v1/sessions/${(await session())["id"]}/close`),
  ],
  "POST /v1/sessions/:id/reopen": [
    "session.reopened",
    async () => {
      const one = (await session())["id"];
      well(await call(`POST /v1/sessions/${one}/close`));
      return call(`POST /v1/sessions/${one}/reopen`, {});
    },
  ],
  "POST /v1/sessions/:id/rotate": [
    "session.rotated",
    async () => call(`POST /v1/sessions/${(await session())["id"]}/rotate`, {}),
  ],
  "POST /v1/sessions/:id/participants": [
    "session.participant_added",
    async () => call(`POST /v1/sessions/${(await session())["id"]}/participants`, { to: CAROL }),
  ],
  "DELETE /v1/sessions/:id/participants/:participant": [
    "session.participant_removed",
    async () => {
      const one = await session({ participants: [{ to: ALICE }, { to: BOB }, { to: CAROL }] });
      return call(`DELETE /v1/sessions/${one["id"]}/participants/${participant(one)}`);
    },
  ],
  "PUT /v1/sessions/:id/participants/:participant": [
    "session.participant_replaced",
    async () => {
      const one = await session();
      return call(`PUT /v1/sessions/${one["id"]}/participants/${participant(one)}`, { to: CAROL });
    },
  ],
  "POST /v1/sessions/:id/messages": [
    "session.spoken",
    async () => {
      const one = await session();
      return call(`POST /v1/sessions/${one["id"]}/messages`, { text: "We are late" });
    },
  ],
  "POST /v1/relays": ["relay.created", () => call("POST /v1/relays", { to: "+447700900340", pool_id: couriers })],
  "PATCH /v1/relays/:id": [
    "relay.changed",
    async () => call(`PATCH /v1/relays/${await newRelay("+447700900341")}`, { muted: true }),
  ],
  "DELETE /v1/relays/:id": ["relay.removed", async () => call(`DELETE /v1/relays/${await newRelay("+447700900342")}`)],
  "POST /v1/relays/:id/block": [
    "relay.blocked",
    async () => call(`POST /v1/relays/${await newRelay("+447700900343")}/block`, { to: CAROL }),
  ],
  "POST /v1/relays/:id/unblock": [
    "relay.unblocked",
    async () => call(`POST /v1/relays/${await newRelay("+447700900344")}/unblock`, { to: CAROL }),
  ],
  "PATCH /v1/masking": ["masking.changed", () => call("PATCH /v1/masking", { moved_notice: "Text the newer number." })],
  "PUT /v1/masking/intercept": [
    "masking.intercept_set",
    () => call("PUT /v1/masking/intercept", { url: "https://192.0.9.1/intercept", on_failure: "open" }),
  ],
  "DELETE /v1/masking/intercept": ["masking.intercept_removed", () => call("DELETE /v1/masking/intercept")],
  "POST /v1/alerts/:id/acknowledge": [
    "alert.acknowledged",
    async () => call(`POST /v1/alerts/${await openAlert()}/acknowledge`),
  ],
  "POST /v1/alerts/:id/silence": [
    "alert.silenced",
    async () => call(`POST /v1/alerts/${await openAlert()}/silence`, { until: null }),
  ],
  "POST /v1/failed-jobs/:id/retry": [
    "job.retried",
    async () => call(`POST /v1/failed-jobs/${await failedJob()}/retry`),
  ],
  "PUT /v1/screening/policy": ["screening.policy_set", () => call("PUT /v1/screening/policy", HOLDS)],
  "POST /v1/screening/held/decide": [
    "screening.released",
    async () => call("POST /v1/screening/held/decide", { ids: [await heldText()], decision: "release" }),
  ],
  "POST /v1/sandbox/clock": ["sandbox.clock_moved", () => advance(tenant, 1)],
};

/** What changes nothing that is a key's act: each with the reason. */
export const NO_ACT: Record<string, string> = {
  "PATCH /v1/people/:id": "no key may: a person who has just signed in does it, below, under `a page of the console`",
  "POST /v1/screening/judge": "judges a text and keeps nothing; that it was asked is counted",
  "POST /v1/messages/preview":
    "says what sending would do, and does nothing; the numbers it names are counted and entered as such",
  "POST /v1/verify/templates/preview": "shows texts made of the caller's own words",
  "POST /v1/webhooks/:id/check-signature": "says whether a call verifies",
  "POST /v1/consents/look": "a reading that names a number in its body; the number is counted and entered as such",
  "POST /v1/verify/locks/look": "as above",
  "POST /v1/sandbox/handset/messages":
    "a person's text, which is a carrier's to bring: below, under `a text that came in`",
};

/** Readings that are acts. */
export const READINGS: Record<string, [string, () => Promise<Answer>]> = {
  "GET /v1/screening/held/:id": ["screening.held_read", async () => call(`GET /v1/screening/held/${await heldText()}`)],
  "GET /v1/screening/held, then a block": [
    "screening.blocked",
    async () => call("POST /v1/screening/held/decide", { ids: [await heldText()], decision: "block" }),
  ],
  "GET /v1/audit/export": ["audit.exported", () => call("GET /v1/audit/export")],
  "GET /v1/sessions/:id/interactions": [
    "session.texts_read",
    async () => {
      const one = await session({ keep_text_days: 5 });
      await texts(tenant, ALICE, proxiesOf(one)[0] ?? "", "Where do we meet?");
      return call(`GET /v1/sessions/${one["id"]}/interactions`);
    },
  ],
  "GET /v1/inbound/:id": [
    "inbound.read",
    async () => {
      const [number] = (await call("GET /v1/numbers?limit=500")).body["data"] as Json[];
      await texts(tenant, CAROL, String(number?.["number"]), "Are you open?");
      return call(`GET /v1/inbound/${(await call("GET /v1/inbound")).body["data"][0].id}`);
    },
  ],
};
