/**
 * The message: its states, from which state each may be entered, and what a caller is shown of it. Pure.
 */
import { isoOf } from "../base/clock.ts";
import type { Behind, Choose, LeftOut } from "../carriers/route.ts";
import type { Num } from "../sms/phone.ts";
import type { Cap, Scope } from "../risk/act.ts";
import type { Hold } from "../risk/budgets/budget.ts";
import type { ShortLabel } from "../screening/policy.ts";
import type { Purpose } from "../sms/purpose.ts";

export const STATES = [
  "scheduled",
  "held",
  "queued",
  "sending",
  "unknown",
  "sent",
  "delivered",
  "undelivered",
  "failed",
  "expired",
  "blocked",
  "canceled",
] as const;
export type State = (typeof STATES)[number];

/** The table of moves: a state is entered only from the states listed; `null` is a new message. */
export const ENTERS: Record<State, readonly (State | null)[]> = {
  scheduled: [null],
  held: [null, "scheduled"],
  queued: [null, "scheduled", "held"],
  sending: ["queued"],
  unknown: ["sending"],
  sent: ["sending", "unknown"],
  delivered: ["sending", "sent", "unknown"],
  undelivered: ["sending", "sent", "unknown"],
  failed: ["queued", "sending"],
  expired: ["scheduled", "held", "queued", "sending"],
  blocked: ["held"],
  canceled: ["scheduled", "held", "queued"],
};

/**
 * Final states. `unknown` and `sent` end too, when no receipt has come within the window (`endedAt`), but a late receipt may still
 * correct them.
 */
export const ENDED: ReadonlySet<State> = new Set([
  "delivered",
  "undelivered",
  "failed",
  "expired",
  "blocked",
  "canceled",
]);

/** States of messages that the carrier may charge for. */
export const CHARGED: ReadonlySet<State> = new Set(["sent", "delivered", "undelivered", "unknown"]);

/** The state as events name it: `unconfirmed` for a message that ended as `sent` without a receipt. */
export function stateWord({ state, endedAt }: Pick<Message, "state" | "endedAt">): State | "unconfirmed" {
  return state === "sent" && endedAt !== null ? "unconfirmed" : state;
}

/** True when the table allows the step. */
export function mayEnter(from: State | null, to: State): boolean {
  return ENTERS[to].includes(from);
}

/** One call to a carrier. `outcome` is null while it is under way. */
export type Attempt = {
  carrier: string;
  /** `skipped`: never called, because its circuit was open. */
  outcome: "accepted" | "declined" | "throttled" | "unknown" | "skipped" | null;
  at: number;
  latencyMs: number | null;
  code?: string;
  /** The carrier's own id of the message, for inquiries and redaction; opaque. */
  reference?: string;
  /** The real second of the call, if the tenant's clock differs; the callback's URL names the call by it. */
  second?: number;
  /** An `undelivered` report that came before the call's answer. */
  early?: { code: string | null; price?: Price };
  /** Delivered parts, as short hashes of the carrier's ids of them; absent where receipts are for the whole text. */
  partsDelivered?: string[];
  /** How many inquiries were queued about this call; absent where the carrier does not support them. */
  asked?: number;
};

export type Price = { amount: number; currency: string };

/** The rule that chose the accounts, and those of its accounts that were left out or put last, with reasons. */
export type Route = { rule: string | null; choose: Choose; passed: { account: string; why: LeftOut | Behind }[] };

/** What is fixed when a message is admitted. */
export type Facts = {
  batch: string | null;
  key: string;
  sender: string | null;
  encoding: "gsm7" | "ucs2";
  segments: number;
  country: string;
  kind: Num["kind"];
  mask: string;
  scheduleAt: number | null;
  expiresAt: number;
  createdAt: number;
  /** Carrier accounts in the order they may be tried. */
  routes: string[];
  /** How they were chosen; absent where the tenant's list was followed unchanged. */
  route?: Route;
  /** The price by each of `routes`; absent where there is one account, or none has a price. */
  prices?: (Price | null)[];
  /** By its account's table of prices, or as the carrier reported it. */
  price: Price | null;
  /** Whether it has a reference or metadata in the notes. */
  note: boolean;
  /** The mobile network of its recipient, as known when it was admitted, or as a carrier said of this message. */
  network?: string;
  /** Of a code: its service, and its template. */
  service?: string;
  template?: string;
  /** The id of what it was sent for, such as a verification; absent when the caller sent it for itself. */
  about?: string;
  /** Money that is held of the tenant's budgets; absent where none is about it. */
  hold?: Hold;
  /** What the screening said of its text, by the names of its rules; absent where it said nothing. */
  screening?: ShortLabel;
  /** When caps last counted it, if after its admission. */
  countedAt?: number;
  /** The keyed name to count in place of its person's: of a relayed text, its sender in its session. */
  countedAs?: string;
  /** A second counter: all texts of its session or relay address to this person. */
  scope?: Scope;
};

/** A message as its object holds it, without its text. */
export type Message = {
  id: string;
  state: State;
  version: number;
  purpose: Purpose;
  token: string;
  subject: string;
  account: string | null;
  facts: Facts;
  attempts: Attempt[];
  lease: number | null;
  due: number | null;
  reason: string | null;
  sentAt: number | null;
  endedAt: number | null;
};

/** The caller's free fields. */
export type Note = { reference: string | null; metadata: Record<string, string> | null };

/** The message as the API shows it: ids, tokens and masks; never a number, never a text. */
export function viewOf(message: Message, note: Note | null) {
  const { facts } = message;
  const time = (at: number | null) => (at === null ? null : isoOf(at));
  return {
    id: message.id,
    batch_id: facts.batch,
    to: { token: message.token, mask: facts.mask, country: facts.country, kind: facts.kind },
    from: facts.sender,
    purpose: message.purpose,
    state: message.state,
    reason: message.reason,
    segments: facts.segments,
    encoding: facts.encoding,
    reference: note?.reference ?? null,
    metadata: note?.metadata ?? null,
    schedule_at: time(facts.scheduleAt),
    expires_at: isoOf(facts.expiresAt),
    ...limitsApplyAt(message),
    ...(facts.screening === undefined ? {} : { screening: facts.screening }),
    created_at: isoOf(facts.createdAt),
    sent_at: time(message.sentAt),
    ended_at: time(message.endedAt),
    carrier: message.account,
    attempts: message.attempts.map(({ carrier, outcome, at, latencyMs, code, reference }) => ({
      carrier,
      outcome,
      at: isoOf(at),
      latency_ms: latencyMs,
      code: code ?? null,
      carrier_reference: reference ?? null,
    })),
    route: routeView(facts.route),
    price: facts.price,
    sequence: message.version,
  };
}

/** The reason of a message that was held and is on its way again. */
export const RELEASED = "released";

/** The reason of a message that waits for a cap. */
export const LIMIT_REASONS: Readonly<Record<Cap, string>> = {
  recipient: "recipient_limit",
  session: "session_limit",
  block: "block_limit",
  key: "key_limit",
  tenant: "tenant_limit",
  country: "country_limit",
};
/** The reason of a message that waits for a budget. */
export const BUDGET_REASON = "budget_exceeded";
const LIMITS: ReadonlySet<string | null> = new Set([...Object.values(LIMIT_REASONS), BUDGET_REASON]);

/** Whether the message waits for a cap. */
export function isWaiting({ state, lease, reason }: Pick<Message, "state" | "lease" | "reason">): boolean {
  const here = state === "scheduled" || state === "queued" || (state === "sending" && lease === null);
  return here && LIMITS.has(reason);
}

/** When caps will count the message, if it is scheduled or waits for a cap. */
function limitsApplyAt(message: Message): { limits_apply_at?: string } {
  const at = message.due ?? message.facts.scheduleAt;
  const later = message.state === "scheduled" || isWaiting(message);
  return !later || at === null ? {} : { limits_apply_at: isoOf(at) };
}

function routeView(route: Route | undefined) {
  if (route === undefined) return null;
  const passed_over = route.passed.map(({ account, why }) => ({ carrier: account, reason: why }));
  return { rule: route.rule, choose: route.choose, passed_over };
}

export type MessageView = ReturnType<typeof viewOf>;
