/**
 * Every reason for a refusal, once: its stable code, HTTP status and a sentence that says what would be right. Rules
 * and verbs return `refuse(...)` as data, because an error thrown across an object's RPC loses its class and fields.
 * Only `http/problem.ts` turns a refusal into a problem document (RFC 9457). `contract/refusal-help.ts` explains each
 * code at length.
 */

/** One field that is wrong: `field` is its path, such as `to` or `messages/3/to`. */
export type FieldError = { field: string; code: string; detail: string };

type ReasonRow = {
  status: 400 | 401 | 403 | 404 | 408 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503;
  title: string;
  detail: string;
};

const row = (status: ReasonRow["status"], title: string, detail: string): ReasonRow => ({ status, title, detail });

/** The table. A code, once published, keeps its meaning. */
export const REASONS = {
  // The request itself
  malformed_body: row(400, "The request cannot be read", "Send one JSON object in UTF-8, without repeated keys."),
  unknown_field: row(400, "Unknown field", "Remove the field or correct its name; `errors` names it."),
  invalid_field: row(422, "A field has an invalid value", "Correct the fields listed in `errors`."),
  invalid_cursor: row(
    400,
    "The cursor is not one of this list",
    "Start without a cursor, then send the `next_cursor` of the page before, unchanged.",
  ),
  missing_field: row(400, "A required field is missing", "Add the fields listed in `errors`."),
  wrong_type: row(400, "A field has the wrong JSON type", "Correct the fields listed in `errors`."),
  body_too_large: row(413, "The body is too large", "Send less at once."),
  body_too_slow: row(408, "The body took too long to arrive", "Send the whole body within ten seconds."),
  unsupported_media_type: row(415, "The content type is not JSON", "Send `content-type: application/json`."),
  route_not_found: row(404, "No such route", "Check the method and the path; /docs lists every route."),
  not_found: row(404, "Not found", "Check the id. An id of another tenant is answered like one that does not exist."),
  number_in_query: row(
    400,
    "A URL may not contain a phone number",
    "URLs are logged on their way. Filter by token instead.",
  ),
  // Who is calling
  unauthenticated: row(
    401,
    "The credential is missing or not valid",
    "Send `authorization: Bearer mk_…` with a key that is live.",
  ),
  missing_scope: row(403, "This key does not have the required scope", "Use a key that has the scope."),
  fresh_sign_in_needed: row(
    403,
    "This needs a person who has just signed in",
    "Sign in to the console again, then repeat it within ten minutes.",
  ),
  tenant_suspended: row(403, "This tenant is suspended", "Ask the operator of this service."),
  // Idempotency keys
  idempotency_key_invalid: row(
    400,
    "The idempotency key is not valid",
    "Use 1 to 255 visible ASCII characters, quoted or not.",
  ),
  idempotency_key_reused: row(
    422,
    "The idempotency key was used with another body",
    "Use a new key for a new request.",
  ),
  idempotency_in_progress: row(
    409,
    "The first request with this key is still running",
    "Repeat the request in a moment, with the same key.",
  ),
  // Numbers and texts
  invalid_number: row(422, "This is not a valid phone number", "Write it in E.164, such as +447700900123."),
  number_kind_refused: row(
    422,
    "This kind of number is not allowed",
    "Only mobile numbers are allowed unless the tenant's policy says otherwise.",
  ),
  country_not_allowed: row(422, "This country is not allowed", "The tenant's policy lists the countries it may text."),
  drama_number_on_live: row(
    422,
    "Drama numbers are for sandbox tenants only",
    "Numbers in 07700 900000 to 900999 reach nobody.",
  ),
  real_number_in_sandbox: row(422, "A sandbox tenant may only text drama numbers", "Use 07700 900000 to 07700 900999."),
  text_too_long: row(422, "The text needs too many segments", "Shorten it; preview shows how it is counted."),
  sender_refused: row(422, "The sender ID is not allowed", "`errors` names the rule it breaks."),
  token_unknown: row(404, "Token not found", "Tokenise the number again, or send to the number itself."),
  recipient_opted_out: row(
    422,
    "The recipient has opted out",
    "Do not text them for this purpose from this sender. `GET /v1/consents` shows when they opted out.",
  ),
  screened: row(
    422,
    "The text is refused by the screening policy",
    "`errors` names the rules and where they fired. `POST /v1/screening/judge` shows the verdict without sending.",
  ),
  schedule_out_of_range: row(
    422,
    "This time is out of range",
    "Choose a time in the future, at most 35 days ahead, before the message expires.",
  ),
  // Limits
  rate_limited: row(429, "A limit has been reached", "Wait for the seconds in `retry-after`, then repeat the request."),
  budget_exceeded: row(
    429,
    "A budget has not enough left",
    "Wait for the seconds in `retry-after`, or raise the budget that `budget` names.",
  ),
  storage_quota_reached: row(
    403,
    "The tenant's storage quota is used up",
    "Ask the operator for a larger quota, or wait until what is old has been purged.",
  ),
  new_numbers_exceeded: row(
    429,
    "The limit of named numbers has been reached",
    "`detail` says whose limit it is and by when; it keeps answers from being used to tell numbers apart.",
  ),
  batch_too_large: row(413, "Too many messages in one batch", "Send at most 1,000 at once."),
  // Virtual numbers and masked sessions
  numbers_exhausted: row(
    409,
    "The pool has no free number for this person",
    "Add numbers to the pool or close sessions.",
  ),
  number_unusable: row(
    422,
    "This virtual number cannot be used for this person",
    "Name a number of the pool that is free for them, or name none.",
  ),
  pool_unknown: row(422, "Pool not found", "List the pools, or make one with `POST /v1/pools`."),
  session_ended: row(409, "The session is not open", "Reopen it while its cool-off lasts, or open a new one."),
  session_gone: row(
    409,
    "The session cannot be reopened",
    "Its cool-off is over or its numbers are in use: open a new one.",
  ),
  people_forgotten: row(
    409,
    "A participant's number was deleted",
    "It was deleted after the time that the tenant's policy sets. Open a new session with the participants' numbers.",
  ),
  sends_exceeded: row(
    429,
    "Too many codes have been sent to this number",
    "Wait for the seconds in `retry-after`; the limit is the same for every number.",
  ),
  resend_too_early: row(
    429,
    "It is too early to send the code again",
    "Wait for the seconds in `retry-after`, or until `resend_after`.",
  ),
  // Verifications
  verification_unknown: row(
    404,
    "No verification of this number was found",
    "None was started, or it ended more than an hour ago. Check by id where you have one.",
  ),
  verification_ended: row(409, "The verification has ended", "Start a new one; `GET` says how this one ended."),
  template_unusable: row(
    422,
    "This template cannot be used here",
    "Use one that is approved and shows what the verification is for; see `errors`.",
  ),
  service_unknown: row(422, "Service not found", "List the services, or leave the field out."),
  // State
  not_cancelable: row(
    409,
    "The message can no longer be canceled",
    "Only a scheduled, held or queued message can be canceled.",
  ),
  state_conflict: row(409, "The current state does not allow this", "Read the resource again."),
  name_taken: row(409, "The name is already in use", "Choose another name."),
  // Webhooks
  url_refused: row(
    422,
    "This URL is not allowed",
    "Use https to a public host name, on port 443 or 1024 upwards, without credentials.",
  ),
  too_many_budgets: row(409, "There are as many budgets as there may be", "Remove one first."),
  too_many_endpoints: row(409, "This tenant has reached its limit of webhook endpoints", "Delete one first."),
  // The service
  carrier_refused: row(409, "The carrier refused the request", "`detail` has the carrier's own code."),
  carrier_unavailable: row(
    503,
    "No carrier account can take this message",
    "The operator must configure one for this tenant.",
  ),
  keys_unavailable: row(
    503,
    "The tenant's keys are temporarily unavailable",
    "Repeat the request in a moment. Nothing was changed.",
  ),
  storage_unavailable: row(
    503,
    "Storage is temporarily unavailable",
    "Repeat the request in a moment, with the same Idempotency-Key: what is repeated with it happens once.",
  ),
  not_serving: row(
    503,
    "This deployment is not ready to serve",
    "The operator must complete its configuration; see docs/deploy.md.",
  ),
  internal: row(500, "Internal error", "Repeat the request, and send us the request_id if it persists."),
} as const satisfies Record<string, ReasonRow>;

export type Reason = keyof typeof REASONS;

/**
 * A refusal, as data. `detail` may be more precise than the table's sentence; it never repeats what the caller sent.
 */
export type Refusal = {
  refused: Reason;
  detail?: string;
  errors?: FieldError[];
  retryAfterSeconds?: number;
  /** The budget that stands against it: micro-units left, and when it has room again. */
  budget?: { id: string; name: string; reason: string; left: number; currency: string; opens_at: string | null };
};

/** What a verb answers: the value, or a refusal. */
export type Outcome<T> = { ok: T } | Refusal;

/** Builds a refusal. Absent facts are left out, so that equal refusals serialise to equal bytes. */
export function refuse(refused: Reason, facts: Omit<Refusal, "refused"> = {}): Refusal {
  return { refused, ...facts };
}

/** True when the outcome is a refusal. */
export function isRefused<T>(outcome: Outcome<T>): outcome is Refusal {
  return "refused" in outcome;
}
