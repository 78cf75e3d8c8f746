/**
 * For the page of each refusal: its usual causes, and a request that works. A law test parses every request here with
 * its route's schema, so none can go stale.
 */
import type { Reason } from "../base/refusal.ts";
import { EXAMPLE_TENANT, EXAMPLE_TOKEN, exampleId } from "./example.ts";

/**
 * A request that works: method and path, the headers that matter, and the body. Null where the request was not the
 * cause.
 */
export type Mended = { request: string; headers?: string; body?: unknown } | null;
export type Causes = { causes: readonly string[]; mended: Mended };

const sms = { to: "+447700900123", purpose: "service", text: "Your parcel arrives today." };
const send = (over: object = {}, headers?: string): Mended => ({
  request: "POST /v1/messages",
  ...(headers === undefined ? {} : { headers }),
  body: { ...sms, ...over },
});
const get = (path: string): Mended => ({ request: `GET ${path}` });
const post = (path: string, body?: unknown): Mended => ({
  request: `POST ${path}`,
  ...(body === undefined ? {} : { body }),
});
const session = { participants: [{ to: "+447700900123" }, { to: "+447700900124" }], ttl_seconds: 86_400 };
const start = { to: "+447700900123", intent: "login" };

/** By code, in the order of the table in refusal.ts. Backticks mark what is written as it stands. */
export const CAUSES: Readonly<Record<Reason, Causes>> = {
  malformed_body: {
    causes: [
      "A comma too many, a single quote, or a comment: none of them is JSON.",
      "A key twice in one object.",
      "A text in another encoding than UTF-8.",
    ],
    mended: send(),
  },
  unknown_field: {
    causes: [
      "A name from another provider's API: `body` or `message` for `text`, `recipient` for `to`.",
      "camelCase: every name here is snake_case.",
      "A query name that this list does not have.",
    ],
    mended: send(),
  },
  invalid_field: {
    causes: [
      "A word that is not in the list of allowed ones, such as another `purpose`.",
      "A text, list or number beyond its limit.",
    ],
    mended: send(),
  },
  invalid_cursor: {
    causes: ["A cursor of another list.", "A cursor that was cut, or an id in its place."],
    mended: get("/v1/messages?limit=50"),
  },
  missing_field: {
    causes: [
      "`to`, `text` or `purpose` left out.",
      "The body sent as a form: with curl, `-d` needs `content-type: application/json`.",
    ],
    mended: send(),
  },
  wrong_type: {
    causes: ['A number in quotes, such as `"600"` for `600`.', "A list where one value belongs."],
    mended: send({ ttl_seconds: 600 }),
  },
  body_too_large: {
    causes: ["A batch of long texts.", "A file, or a list of numbers as CSV, in one request."],
    mended: post("/v1/messages/batch", { messages: [sms] }),
  },
  body_too_slow: {
    causes: ["A slow or broken connection.", "A client that streams its body piece by piece."],
    mended: send(),
  },
  unsupported_media_type: {
    causes: ["curl's default: `-d` alone sends a form."],
    mended: send({}, "content-type: application/json"),
  },
  route_not_found: {
    causes: ["`/messages` without `/v1`.", "`PUT` where the route takes `PATCH`."],
    mended: get("/v1/messages"),
  },
  not_found: {
    causes: ["An id of another tenant or of another kind.", "A resource that was deleted, or whose retention is over."],
    mended: get(`/v1/messages/${exampleId("msg")}`),
  },
  number_in_query: {
    causes: ["A filter by number.", "A reference that reads as a number."],
    mended: get(`/v1/messages?token=${EXAMPLE_TOKEN}`),
  },
  unauthenticated: {
    causes: [
      "The header without the word `Bearer`.",
      "A key that was revoked, has expired, or belongs to another deployment.",
      "A network or client certificate that the key does not allow.",
    ],
    mended: { ...get("/v1/messages"), request: "GET /v1/messages", headers: "authorization: Bearer mk_test_…" },
  },
  missing_scope: {
    causes: ["A key that was made for sending only."],
    mended: post("/v1/keys", { name: "Reader", scopes: ["messages:read"] }),
  },
  fresh_sign_in_needed: {
    causes: [
      "An API key changes the sign-in of a tenant that has one already.",
      "The owner signed in more than ten minutes ago, or the identity provider does not say when.",
    ],
    mended: null,
  },
  tenant_suspended: {
    causes: ["The operator suspended the tenant, for example because of an incident."],
    mended: null,
  },
  idempotency_key_invalid: {
    causes: ["A key with spaces inside, or longer than 255 characters.", "No key on a route that needs one."],
    mended: send({}, "idempotency-key: shift-confirmed-4711"),
  },
  idempotency_key_reused: {
    causes: [
      "One fixed key for all requests.",
      "A retry whose body was built anew, in another order or with another time.",
    ],
    mended: send({}, "idempotency-key: shift-confirmed-4712"),
  },
  idempotency_in_progress: {
    causes: ["A retry that was sent before the first answer came."],
    mended: send({}, "idempotency-key: shift-confirmed-4711"),
  },
  invalid_number: {
    causes: [
      "A digit too few or too many.",
      'A token in place of a number: it is sent as `{"token": "tok_…"}`.',
      "A national number of another country than the tenant's: write it with `+` and country code.",
    ],
    mended: send(),
  },
  number_kind_refused: {
    causes: [
      "A landline or a premium number.",
      "A number of Jersey, Guernsey or the Isle of Man, which are no UK mobiles.",
    ],
    mended: send(),
  },
  country_not_allowed: {
    causes: [
      "A country that the tenant's policy does not list.",
      "A national number that was read as one of the home country.",
    ],
    mended: get("/v1/policy"),
  },
  drama_number_on_live: { causes: ["A test that runs with a live key."], mended: send() },
  real_number_in_sandbox: { causes: ["A real number in a trial."], mended: send() },
  text_too_long: {
    causes: [
      "One character outside GSM-7, such as an emoji or a curly quote: 70 characters a segment in place of 160.",
      "`smart_encoding` off.",
    ],
    mended: post("/v1/messages/preview", { ...sms, smart_encoding: true }),
  },
  sender_refused: {
    causes: [
      "A word that networks block, such as `InfoSMS`.",
      "A name longer than 11 characters.",
      "A number that is not yours.",
    ],
    mended: send({ from: "Acme" }),
  },
  token_unknown: {
    causes: ["A token of another tenant.", "A number that was erased or forgotten after its retention."],
    mended: post("/v1/tokens", { number: "+447700900123" }),
  },
  recipient_opted_out: {
    causes: [
      "The person texted STOP.",
      "A carrier reported an opt-out.",
      "Your own `POST /v1/consents` with `withdrawn`.",
    ],
    mended: get("/v1/consents"),
  },
  screened: {
    causes: [
      "A link whose domain looks like a known name's.",
      "A rule of your policy with the action `block`.",
      "Words that scams use, such as a request for a code.",
    ],
    mended: post("/v1/screening/judge", { text: "Your table is booked.", direction: "outbound", purpose: "service" }),
  },
  schedule_out_of_range: {
    causes: ["A time without its zone, read as UTC.", "`expires_at` or `ttl_seconds` ends before `schedule_at`."],
    mended: send(),
  },
  rate_limited: {
    causes: ["A loop in a program.", "Many texts to one person.", "A campaign beyond the tenant's limits."],
    mended: get("/v1/policy"),
  },
  budget_exceeded: {
    causes: ["Somebody has codes sent for money.", "A campaign that costs more than was planned."],
    mended: get("/v1/budgets"),
  },
  storage_quota_reached: {
    causes: ["A sandbox that runs load tests.", "A tenant that has outgrown its quota."],
    mended: get("/v1/policy"),
  },
  new_numbers_exceeded: {
    causes: ["An import of many numbers.", "A leaked key that somebody uses to list numbers."],
    mended: get("/v1/policy"),
  },
  batch_too_large: {
    causes: ["More than 1,000 messages at once."],
    mended: post("/v1/messages/batch", { messages: [sms] }),
  },
  numbers_exhausted: {
    causes: ["Too few numbers for the busiest person.", "Sessions that nobody closes.", "A long cool-off."],
    mended: post(`/v1/sessions/${exampleId("ses")}/close`),
  },
  number_unusable: {
    causes: ["The number named is in a session of this person.", "It is reserved, retired or another pool's."],
    mended: post("/v1/sessions", session),
  },
  pool_unknown: {
    causes: ["Several pools, and none named.", "No pool yet."],
    mended: post("/v1/pools", { name: "Couriers", numbers: [exampleId("num")] }),
  },
  session_ended: {
    causes: ["`ttl_seconds`, `idle_seconds` or `max_messages` was reached.", "It was closed."],
    mended: post(`/v1/sessions/${exampleId("ses")}/reopen`, { ttl_seconds: 86_400 }),
  },
  session_gone: {
    causes: ["The cool-off is over.", "Somebody else has the numbers by now."],
    mended: post("/v1/sessions", session),
  },
  people_forgotten: {
    causes: ["The pool's cool-off is longer than the tenant keeps numbers (`forget_numbers_after_days`)."],
    mended: post("/v1/sessions", session),
  },
  sends_exceeded: { causes: ['A person who presses "send again".', "Somebody who floods a number."], mended: null },
  resend_too_early: { causes: ["A button that does not wait for `resend_after`."], mended: null },
  verification_unknown: {
    causes: ["The code was checked for another number.", "It expired, or was right already."],
    mended: post("/v1/verifications", start),
  },
  verification_ended: {
    causes: ["Too many wrong codes.", "Ten minutes are over.", "It was approved or canceled."],
    mended: post("/v1/verifications", start),
  },
  template_unusable: {
    causes: ["A draft that nobody approved.", "A payment whose template shows no amount or payee."],
    mended: post("/v1/verifications", start),
  },
  service_unknown: {
    causes: ["The id of a deleted service, or of another tenant's."],
    mended: get("/v1/verify/services"),
  },
  not_cancelable: {
    causes: ["The message left before the request came."],
    mended: get(`/v1/messages/${exampleId("msg")}`),
  },
  state_conflict: {
    causes: ["Another request was quicker.", "A limit of this kind of resource is reached."],
    mended: null,
  },
  name_taken: { causes: ["A name that differs in nothing or only in upper and lower case."], mended: null },
  url_refused: {
    causes: [
      "`http:` in place of `https:`.",
      "A private address, `localhost`, or a name that leads to one.",
      "A user name in the URL.",
    ],
    mended: post("/v1/webhooks", { url: "https://hooks.example.com/maskline", events: ["message.*"] }),
  },
  too_many_budgets: {
    causes: ["A program that makes a budget for each campaign and removes none."],
    mended: get("/v1/budgets"),
  },
  too_many_endpoints: {
    causes: ["Endpoints of tests that nobody deleted."],
    mended: { request: `DELETE /v1/webhooks/${exampleId("wbh")}` },
  },
  carrier_refused: {
    causes: ["The number was sold meanwhile.", "The account may not buy in this country."],
    mended: null,
  },
  carrier_unavailable: {
    causes: [
      "No account in the tenant's `routes`.",
      "Every account is down, or does not serve the country or the sender.",
    ],
    mended: { request: `PATCH /admin/v1/tenants/${EXAMPLE_TENANT}`, body: { policy: { routes: [exampleId("car")] } } },
  },
  keys_unavailable: {
    causes: ["The platform's key store does not answer.", "A root key was retired too early."],
    mended: null,
  },
  storage_unavailable: { causes: ["A disturbance of the platform."], mended: null },
  not_serving: {
    causes: ["A plain deploy without its settings.", "A key that is published or plainly not random."],
    mended: get("/healthz"),
  },
  internal: { causes: ["A fault of ours; the log has it under the `request_id`."], mended: null },
};
