/**
 * The message: its states, from which state each may be entered, and what a caller is shown of it. Pure.
 */
import { isoOf } from "../base/clock.ts";
import type { Behind, Choose, LeftOut } from "../carriers/route.ts";
import type { Num } from "../sms/phone.ts";
import type { Cap, Scope } from "../risk/act.ts";
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

/** The contract's table: a state is entered only from the states named; `null` is the beginning. */
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
 * States that nothing follows. `unknown` and `sent` end too, when no receipt has come for long (`endedAt`), but for a while one may
 * still say delivered or not.
 */
export const ENDED: ReadonlySet<State> = new Set([
  "delivered",
  "undelivered",
  "failed",
  "expired",
  "blocked",
  "canceled",
]);

/** By what word a move is told: a message that ended without a receipt stays `sent`, and that it ended has a word of its own. */
export function stateWord({ state, endedAt }: Pick<Message, "state" | "endedAt">): State | "unconfirmed" {
  return state === "sent" && endedAt !== null ? "unconfirmed" : state;
}

/** True when the table allows the step. */
export function mayEnter(from: State | null, to: State): boolean {
  return ENTERS[to].includes(from);
}

/** One handing over to a carrier, as recorded. `outcome` is null while the call runs. */
export type Attempt = {
  carrier: string;
  /** `skipped`: never called, because its circuit was open. */
  outcome: "accepted" | "declined" | "throttled" | "unknown" | "skipped" | null;
  at: number;
  latencyMs: number | null;
  code?: string;
  /** The carrier's own id of it, to ask about it by; opaque. */
  reference?: string;
  /** The real second of the call, where the tenant's clock had another; a callback's address names the call by it. */
  second?: number;
  /** That it was undelivered, said before the call itself was answered. */
  early?: { code: string | null; price?: Price };
  /** Parts of the text that were delivered, as short hashes of the carrier's ids of them; absent where no part has receipts of its own. */
  partsDelivered?: string[];
  /** How often the carrier was asked what became of this call; absent where it cannot be asked. */
  asked?: number;
};

export type Price = { amount: number; currency: string };

/** By which rule the accounts were chosen, and which of its accounts were left out or put behind, and why. */
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
  /** How they were chosen; absent where the tenant's list was simply followed. */
  route?: Route;
  /** What each of them would charge, as `routes`; absent where there is one, or none has a price. */
  prices?: (Price | null)[];
  /** By the table of the account that has it; by the carrier's own word once it says so. */
  price: Price | null;
  /** Whether reference or metadata lie in the notes. */
  note: boolean;
  /** The id of what it was sent for, such as a verification; absent when the caller sent it for itself. */
  about?: string;
  /** What the screening said of its text, by the names of its rules; absent where it said nothing. */
  screening?: ShortLabel;
  /** When the limits counted it last, where that was after its admission. */
  countedAt?: number;
  /** The keyed name that its limits count in place of its person: of a relayed text, its sender in its session. */
  countedAs?: string;
  /** The keyed name that counts everything of its session or relay address, and how many times the limit per recipient it has. */
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

/** The free fields of a caller, opened for the answer, numbers in them masked. */
export type Note = { reference: string | null; metadata: Record<string, string> | null };

/** The message of the contract: ids, tokens and masks; never a number, never a text. */
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

/** Why a message waits: the limit that keeps it. */
export const LIMIT_REASONS: Readonly<Record<Cap, string>> = {
  recipient: "recipient_limit",
  session: "session_limit",
  block: "block_limit",
  key: "key_limit",
  tenant: "tenant_limit",
  country: "country_limit",
};
const LIMITS: ReadonlySet<string | null> = new Set(Object.values(LIMIT_REASONS));

/** Whether a limit keeps it that is not with its carrier yet. */
export function isWaiting({ state, lease, reason }: Pick<Message, "state" | "lease" | "reason">): boolean {
  const here = state === "scheduled" || state === "queued" || (state === "sending" && lease === null);
  return here && LIMITS.has(reason);
}

/** When the limits count it, of a message that leaves later or waits for them; absent of any other, and of every record. */
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
