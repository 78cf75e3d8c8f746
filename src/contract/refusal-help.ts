/**
 * The explanation of each refusal: when it happens, and what to do about it. The page at a problem's `type` shows it,
 * and `docs/errors.md` repeats it word for word (a law test compares them).
 */
import type { Reason } from "../base/refusal.ts";

export type Help = { when: string; what: string };

/** By code, in the order of the table in refusal.ts. Backticks mark what is written as it stands. */
export const HELP: Readonly<Record<Reason, Help>> = {
  malformed_body: {
    when: "The body is not one JSON object in UTF-8, repeats a key, or broke off.",
    what: "Send one JSON object in UTF-8 without repeated keys.",
  },
  unknown_field: {
    when: "The route does not know a field of the body, or a name in the query.",
    what: "Remove it or correct its name; `errors` names it, and what was probably meant.",
  },
  invalid_field: {
    when: "A field has the right type, but its value is not allowed.",
    what: "Correct the fields listed in `errors`.",
  },
  invalid_cursor: {
    when: "The `cursor` is not the `next_cursor` of a page of this list.",
    what: "Begin without a cursor, then give `next_cursor` unchanged.",
  },
  missing_field: {
    when: "The route needs a field that the body does not have.",
    what: "Add the fields listed in `errors`.",
  },
  wrong_type: {
    when: "A field needs another JSON type, for example a number in place of a text.",
    what: "Correct the fields listed in `errors`.",
  },
  body_too_large: {
    when: "The body has more bytes than the route reads.",
    what: "Send less at once; `detail` names the limit.",
  },
  body_too_slow: {
    when: "The whole body had not arrived ten seconds after the request began.",
    what: "Send it at once; repeat the request with the same idempotency key.",
  },
  unsupported_media_type: {
    when: "The header `content-type` names something other than `application/json`.",
    what: "Send `content-type: application/json`.",
  },
  route_not_found: {
    when: "No route has this method and path.",
    what: "Check the method and the path; `/docs` lists every route.",
  },
  not_found: {
    when: "Nothing that this caller may see has this id.",
    what: "Check the id; one of another tenant is answered like one that does not exist.",
  },
  number_in_query: {
    when: "A query parameter looks like a phone number.",
    what: "URLs are logged on their way: filter by token instead.",
  },
  unauthenticated: {
    when: "The credential is missing, malformed, expired, revoked, or not allowed from here.",
    what: "Send `authorization: Bearer mk_…` with a key that is live.",
  },
  missing_scope: {
    when: "The key is valid, but may not do this.",
    what: "Use a key with the scope named in `detail`, or have one made.",
  },
  fresh_sign_in_needed: {
    when: "Who may sign in, or in which role, is changed by a key, or by a person whose sign-in is not fresh.",
    what: "Sign in to the console as owner again and repeat it there; an operator can reset a sign-in that is broken.",
  },
  tenant_suspended: {
    when: "The operator has suspended the tenant.",
    what: "Ask the operator of this service.",
  },
  idempotency_key_invalid: {
    when: "The header `idempotency-key` is missing where it is needed, too long, or not visible ASCII.",
    what: "Use 1 to 255 visible ASCII characters, quoted or not.",
  },
  idempotency_key_reused: {
    when: "The key was used within 24 hours with another body.",
    what: "Use a new key for a new request.",
  },
  idempotency_in_progress: {
    when: "The first request with this key has not been answered yet.",
    what: "Repeat the request in a moment with the same key.",
  },
  invalid_number: {
    when: "The text is not a phone number that could exist.",
    what: "Write it in E.164, such as +447700900123.",
  },
  number_kind_refused: {
    when: "The number is of a kind the tenant may not text.",
    what: "Only mobiles are allowed unless the tenant's policy says otherwise.",
  },
  country_not_allowed: {
    when: "The number's country is not in the tenant's policy.",
    what: "Text a country of the policy, or ask the operator to widen it.",
  },
  drama_number_on_live: {
    when: "A live tenant texts one of Ofcom's drama numbers.",
    what: "They reach nobody; use a sandbox tenant for trials.",
  },
  real_number_in_sandbox: {
    when: "A sandbox tenant texts a number that could be a real person's.",
    what: "Use 07700 900000 to 07700 900999.",
  },
  text_too_long: {
    when: "The text needs more segments than allowed.",
    what: "Shorten it; `POST /v1/messages/preview` shows how it is counted.",
  },
  sender_refused: {
    when: "The sender ID breaks a rule of the destination.",
    what: "`errors` names the rule it breaks.",
  },
  token_unknown: {
    when: "The number token is not one of this tenant's, or its number is erased.",
    what: "Tokenise the number again, or send to the number itself.",
  },
  recipient_opted_out: {
    when: "The person opted out of this purpose, from this sender or from all of the tenant's.",
    what: "Do not text them for it; a later `given` consent ends the opt-out.",
  },
  screened: {
    when: "Your screening policy blocks a text like this.",
    what: "`errors` names the rules and the offsets where they fired; change the text, or the policy.",
  },
  schedule_out_of_range: {
    when: "The time is in the past, too far ahead, or after the message's expiry.",
    what: "Choose a time in the future, at most 35 days ahead, before the message expires.",
  },
  rate_limited: {
    when: "A limit of key, recipient, tenant, country or prefix is reached, or a key's limit of calls of this class a minute.",
    what: "Wait for the seconds in `retry-after`; `detail` names the limit.",
  },
  budget_exceeded: {
    when: "The text does not fit into a hard budget: too little is left, its price is unknown, or it is in another currency.",
    what: "`budget` names it, what is left and when it opens: wait, or raise it with `PATCH /v1/budgets/{id}`.",
  },
  storage_quota_reached: {
    when: "The tenant keeps as many records or bytes as its policy allows, and the request would add to them.",
    what: "Ask the operator for a larger `storage_quota`, or wait for the night's purge. What ends, withdraws, revokes or reveals goes on.",
  },
  new_numbers_exceeded: {
    when: "The key (with its rotations) or the tenant has named as many numbers this hour or day as it may.",
    what: "Wait for the seconds in `retry-after`, use tokens, or ask the operator for an allowance.",
  },
  batch_too_large: {
    when: "A batch holds more than 1,000 messages.",
    what: "Send at most 1,000 at once.",
  },
  numbers_exhausted: {
    when: "Every number of the pool is in use for this person, or was too recently.",
    what: "Add numbers or end sessions; `detail` says when one comes free by itself.",
  },
  number_unusable: {
    when: "The virtual number is in use for this person, or is not one of yours.",
    what: "Name a free number of the pool, or name none.",
  },
  pool_unknown: {
    when: "The pool named does not exist, or none is named and there is not exactly one.",
    what: "List the pools, or make one with `POST /v1/pools`.",
  },
  session_ended: {
    when: "The masked session has expired or was closed.",
    what: "Reopen it while its cool-off lasts, or open a new one.",
  },
  session_gone: {
    when: "The session's cool-off is over, or its numbers are in use.",
    what: "Open a new session.",
  },
  people_forgotten: {
    when: "The session ended so long ago that a participant's number was deleted, as the tenant's policy says.",
    what: "Open a new session with their numbers.",
  },
  sends_exceeded: {
    when: "The number was sent 5 codes within 10 minutes or 10 within a day, known or not.",
    what: "Wait for the seconds in `retry-after`.",
  },
  resend_too_early: {
    when: "The wait between two sends (30, 60, 120, then 300 seconds) is not over.",
    what: "Wait for the seconds in `retry-after`.",
  },
  verification_unknown: {
    when: "The number has no pending verification, and none that ended within the last hour.",
    what: "Start one; check by id where you have one.",
  },
  verification_ended: {
    when: "The verification is over and cannot be sent again or canceled.",
    what: "Start a new one; `GET` says how this one ended.",
  },
  template_unusable: {
    when: "The template does not exist, is not approved, lacks a variable, or does not show the payment.",
    what: "`errors` names what is missing.",
  },
  service_unknown: {
    when: "The service named is not one of this tenant's.",
    what: "List the services, or leave the field out.",
  },
  not_cancelable: {
    when: "The message is already on its way or has ended.",
    what: "Nothing can be done: only scheduled, held and queued messages can be canceled.",
  },
  state_conflict: {
    when: "The resource is in a state that does not allow this.",
    what: "Read the resource again and decide anew.",
  },
  name_taken: {
    when: "Another resource of this kind has this name.",
    what: "Choose another name.",
  },
  url_refused: {
    when: "The URL is not public https, holds credentials, or leads to an address we never call.",
    what: "Use https to a public host name, on port 443 or 1024 upwards, without credentials.",
  },
  too_many_budgets: {
    when: "The tenant has 100 budgets of its own, or 20 that operators made.",
    what: "Remove one that bounds nothing any more.",
  },
  too_many_endpoints: {
    when: "The tenant has as many webhook endpoints as allowed.",
    what: "Delete one first.",
  },
  carrier_refused: {
    when: "The carrier refused to search, sell or take back a number, or did not answer.",
    what: "`detail` has its code; choose another number, or check the account at the carrier.",
  },
  carrier_unavailable: {
    when: "No carrier account of this tenant's kind can take the message.",
    what: "The operator must configure one; then ask again.",
  },
  keys_unavailable: {
    when: "The store of the tenant's keys does not answer.",
    what: "Repeat the request in a moment; nothing was changed.",
  },
  storage_unavailable: {
    when: "The platform's storage failed or could not be reached. Nothing was changed, or only the answer was lost.",
    what: "Repeat the request in a moment, with the same `Idempotency-Key`: what is repeated with it happens once.",
  },
  not_serving: {
    when: "A secret or a setting of the deployment is missing or too weak.",
    what: "The operator must complete its configuration; see docs/deploy.md.",
  },
  internal: {
    when: "The service made an error.",
    what: "Repeat the request, and send us the `request_id` if it persists.",
  },
};
