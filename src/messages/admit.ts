/**
 * The first half of the conveyor: one request becomes a durable row, or a refusal that leaves nothing behind. Runs inside
 * the tenant's object, in one transaction, with no `await` between the first check and the last write.
 */
import { DAY_MS, MINUTE_MS, SECOND_MS, isoOf } from "../base/clock.ts";
import { timeOfId, type IdMaker } from "../base/ids.ts";
import { maskNumbersIn, maskOf, prefixOf, type Num } from "../sms/phone.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { measure } from "../sms/sms-text.ts";
import type { CapReached, CapsLedger } from "../risk/ledger.ts";
import type { Contact, VaultLedger } from "../vault/ledger.ts";
import { viewOf, type Message, type MessageView, type Note } from "./message.ts";
import { laneOf, type Lane, type Purpose } from "../sms/purpose.ts";
import { FIRST_LOOK_MS, type MessagesLedger } from "./ledger.ts";
import { judgeNumber, judgeSender, type Policy } from "../policy/policy.ts";
import { keptOf, priceOf, routeFor, type RouteWish, type RoutingDeps } from "./routing.ts";
import type { Choice } from "../carriers/route.ts";
import type { Screen } from "../screening/screen.ts";

/** A message as the door hands it in: shape checked, number normalised, sender linted, text measured against hard limits. */
export type SendInput = {
  to: Num | { token: string };
  from: string | null;
  text: string;
  purpose: Purpose;
  reference: string | null;
  metadata: Record<string, string> | null;
  scheduleAt: number | null;
  expiresAt: number | null;
  ttlSeconds: number | null;
};

export type Recorded = {
  act: string;
  subject: string | null;
  facts: Record<string, string | number | boolean | null | Record<string, number>>;
};

export type AdmitDeps = RoutingDeps & {
  ledger: MessagesLedger;
  caps: CapsLedger;
  ids: IdMaker;
  now: () => number;
  environment: "sandbox" | "live";
  screen: Screen;
  /** Whether the person said stop to such a message. */
  hasStopped: (who: Uint8Array, purpose: Purpose, sender: string | null) => boolean;
  /** As `hasStopped`, to whichever sender. */
  hasStoppedSomebody: (who: Uint8Array, purpose: Purpose) => boolean;
  record: (key: string, entry: Recorded) => void;
  tell: (message: Message) => void;
  dispatch: (account: string, lane: Lane, id: string) => void;
};

/** A message lives this long when the caller names no end. Codes: the ten minutes no setting raises (NIST SP 800-63B-4). */
const VALID_MS: Record<Purpose, number> = { otp: 10 * MINUTE_MS, service: DAY_MS, marketing: DAY_MS };
export const SCHEDULE_MS_MAX = 35 * DAY_MS;
const SCHEDULE_MS_MIN = 1_000;
/** A scheduled message may run this much longer than its time. */
const VALID_MS_MAX = 3 * DAY_MS;
export const BATCH_MAX = 1_000;

/** How a room above sends: what for, by which accounts first, and whether the answer must not tell one number from another. */
export type Sending = RouteWish & {
  /** The id of what the message is sent for. */
  about: string;
  /**
   * The message is admitted and counted, and then blocked with this reason instead of queued; a recipient's stop or cap does
   * the same.
   * So whoever asks learns nothing about the recipient, neither from the answer nor from the work.
   */
  withhold: string | null;
  /** The sender is a virtual number of the tenant's own, chosen by us; no caller can name it. Stops and caps are refusals then. */
  ownNumber?: true;
};

export type BatchItem = { index: number; message: MessageView } | { index: number; problem: Refusal };

/** Admits one message. */
export function admitOne(deps: AdmitDeps, key: string, input: SendInput): Outcome<MessageView> {
  const outcome = admit(deps, key, input, null, null);
  deps.caps.flush();
  if (isRefused(outcome)) return outcome;
  const message = outcome.ok;
  deps.record(key, {
    act: "message.accepted",
    subject: message.id,
    facts: { token: message.token, purpose: message.purpose, segments: message.facts.segments, state: message.state },
  });
  return { ok: viewOf(message, noteOf(input)) };
}

/**
 * Admits one message for a room above, which writes the audit entry itself. Refuses for what lies in the request, the tenant
 * or the key; what lies in the recipient becomes a blocked message instead.
 */
export function admitFor(deps: AdmitDeps, key: string, input: SendInput, sending: Sending): Outcome<Message> {
  const outcome = admit(deps, key, input, null, sending);
  deps.caps.flush();
  return outcome;
}

/** Admits up to a thousand, each on its own merits, with one audit entry that names each token's outcome by count. */
export function admitBatch(
  deps: AdmitDeps,
  key: string,
  inputs: readonly (SendInput | Refusal)[],
): Outcome<{ batch_id: string; data: BatchItem[] }> {
  const batch = deps.ids.make("bat", deps.now());
  const tokens: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  const data = inputs.map((input, index): BatchItem => {
    const outcome = "refused" in input ? input : admit(deps, key, input, batch, null);
    if (isRefused(outcome)) {
      refusals[outcome.refused] = (refusals[outcome.refused] ?? 0) + 1;
      return { index, problem: outcome };
    }
    tokens[outcome.ok.token] = (tokens[outcome.ok.token] ?? 0) + 1;
    return { index, message: viewOf(outcome.ok, "refused" in input ? null : noteOf(input)) };
  });
  deps.caps.flush();
  deps.record(key, {
    act: "batch.accepted",
    subject: batch,
    facts: { messages: inputs.length, accepted: tokens, refused: refusals },
  });
  return { ok: { batch_id: batch, data } };
}

/** Whom a message is for: found or, when `create`, made. A token never seen is a refusal. */
export function contactOf(
  deps: Pick<AdmitDeps, "vault" | "now">,
  to: Num | { token: string },
): { known: Contact } | { fresh: Num; index: Uint8Array; block: string } | Refusal {
  if ("token" in to) {
    const known = deps.vault.findToken(to.token);
    return known === null ? refuse("token_unknown") : { known };
  }
  const index = deps.vault.indexOf(to.e164);
  const known = deps.vault.find(index);
  return known === null ? { fresh: to, index, block: blockOf(deps.vault, to.e164) } : { known };
}

/** The keyed name of a number's block of a thousand: counted by, and nothing without the tenant's key. */
export function blockOf(vault: VaultLedger, e164: string): string {
  return Buffer.from(vault.keyedName("block", prefixOf(e164)).subarray(0, 12)).toString("base64url");
}

function admit(
  deps: AdmitDeps,
  key: string,
  input: SendInput,
  batch: string | null,
  sending: Sending | null,
): Outcome<Message> {
  const now = deps.now();
  const policy = deps.policy();
  const contact = contactOf(deps, input.to);
  if ("refused" in contact) return contact;
  const number = "known" in contact ? contact.known : contact.fresh;
  const times = timesOf(input, now);
  const measured = measure(input.text);
  const choice = routeFor(deps, contact, input.purpose, sending ?? {});
  const first = choice.accounts[0];
  const stopped = judgeConsent(deps, contact, input, policy, choice);
  const relayed = sending?.ownNumber === true;
  const refusal =
    judgeNumber(number, policy, deps.environment) ??
    (relayed ? null : judgeSender(input.from, policy, number.country)) ??
    (sending === null || relayed ? stopped : null) ??
    ("refused" in times ? times : null) ??
    (measured.segments > policy.segmentsMax
      ? refuse("text_too_long", {
          detail: `The text needs ${measured.segments} segments; ${policy.segmentsMax} are allowed.`,
        })
      : null) ??
    (first === undefined ? noCarrier(choice) : null);
  if (refusal !== null || "refused" in times || first === undefined) return refusal ?? noCarrier(choice);
  const act = actOf(key, "known" in contact ? contact.known : { ...contact, country: contact.fresh.country }, policy);
  const reached = deps.caps.check(act, policy.limits, now);
  const hidden = sending !== null && !relayed && reached?.cap === "recipient";
  if (reached !== null && !hidden) return limitRefusal(reached);
  const secret = stopped !== null ? "opted_out" : hidden ? "recipient_limit" : null;
  const withhold = sending?.withhold ?? secret;

  deps.caps.count(act, now);
  const known = "known" in contact ? contact.known : addContact(deps, contact, now);
  // A message that leaves later uses the number later: it must not be forgotten in between.
  const used = times.scheduleAt ?? now;
  if ("known" in contact || used > now) deps.vault.touch(known.token, false, used);
  const parts = { key, input, batch, contact: known, times, measured, policy, choice, first, now };
  const message = compose(deps, { ...parts, about: sending?.about ?? null, withheld: withhold !== null });
  store(deps, message, input, policy);
  if (withhold !== null) {
    // It goes on the belt like any other, so that the work outside is the same too; whoever claims it finds it ended.
    deps.dispatch(first, laneOf(message.purpose), message.id);
    return { ok: block(deps, message, withhold, now) };
  }
  deps.tell(message);
  if (message.account !== null) deps.dispatch(message.account, laneOf(message.purpose), message.id);
  return { ok: message };
}

/** Ends a message where it began: it is on record that it was asked for, and why it did not leave. */
function block(deps: AdmitDeps, message: Message, reason: string, now: number): Message {
  const blocked = deps.ledger.move(message, "blocked", { reason, endedAt: now, dropText: true });
  if (blocked === null) throw new Error("a message that was just written has moved");
  deps.tell(blocked);
  return blocked;
}

/**
 * A stop is obeyed before anything is counted: what was never going to leave costs the tenant nothing. Of a message that names
 * no sender whoever its accounts send as counts: that is the number a person saw, and said stop to. Where the carrier itself
 * chooses, the person may have seen any number, so any stop counts; but for codes, which nobody loses by a word to somebody else.
 */
export function judgeConsent(
  deps: Pick<AdmitDeps, "hasStopped" | "hasStoppedSomebody" | "accountOf">,
  contact: Exclude<ReturnType<typeof contactOf>, Refusal>,
  { purpose, from }: Pick<SendInput, "purpose" | "from">,
  policy: Policy,
  choice: Choice,
): Refusal | null {
  const who = "known" in contact ? contact.known.index : contact.index;
  const about = { purpose, sender: from ?? policy.defaultSender, accounts: choice.accounts };
  const stopped = saidStop(deps, who, about);
  return stopped ? refuse("recipient_opted_out") : null;
}

/** Whether the person said stop to such a message from this sender, or, where it names none, from whoever may be the sender. */
export function saidStop(
  deps: Pick<AdmitDeps, "hasStopped" | "hasStoppedSomebody" | "accountOf">,
  who: Uint8Array,
  { purpose, sender, accounts }: { purpose: Purpose; sender: string | null; accounts: readonly string[] },
): boolean {
  const about = { lane: laneOf(purpose), network: null };
  const ofAccounts = accounts.map((id) => deps.accountOf(id, about)?.sender ?? null);
  const senders = sender !== null ? [sender] : [null, ...ofAccounts];
  const anybody = sender === null && purpose !== "otp" && ofAccounts.includes(null);
  return (
    senders.some((one) => deps.hasStopped(who, purpose, one)) || (anybody && deps.hasStoppedSomebody(who, purpose))
  );
}

type Parts = {
  key: string;
  input: SendInput;
  batch: string | null;
  contact: Contact;
  times: { scheduleAt: number | null; expiresAt: number };
  measured: { encoding: "gsm7" | "ucs2"; segments: number };
  policy: Policy;
  choice: Choice;
  first: string;
  now: number;
  about: string | null;
  withheld: boolean;
};

/** The message as it begins: queued, scheduled, or held by the screen. */
function compose(deps: AdmitDeps, parts: Parts): Message {
  const { input, contact, times, measured, policy, choice, first, now } = parts;
  const route = keptOf(choice);
  const priceBy = (account: string) => (parts.withheld ? null : priceOf(choice, account, measured.segments));
  const prices = choice.accounts.map(priceBy);
  const verdict = parts.withheld ? "hold" : deps.screen({ text: input.text, purpose: input.purpose });
  const state = verdict === "hold" ? "held" : times.scheduleAt !== null ? "scheduled" : "queued";
  const id = deps.ids.make("msg", now);
  // An id made after the clock stepped back is ahead of it; the walk of first looks would reach it too late.
  const firstLook = timeOfId(id) > now + SECOND_MS ? now + FIRST_LOOK_MS : null;
  return {
    id,
    state,
    version: 1,
    purpose: input.purpose,
    token: contact.token,
    subject: contact.subject,
    account: state === "queued" ? first : null,
    facts: {
      batch: parts.batch,
      key: parts.key,
      sender: input.from ?? policy.defaultSender,
      encoding: measured.encoding,
      segments: measured.segments,
      country: contact.country,
      kind: contact.kind,
      mask: contact.mask,
      scheduleAt: times.scheduleAt,
      expiresAt: times.expiresAt,
      createdAt: now,
      routes: choice.accounts,
      ...(route === null ? {} : { route }),
      ...(prices.length > 1 && prices.some((price) => price !== null) ? { prices } : {}),
      price: priceBy(first),
      note: input.reference !== null || input.metadata !== null || keptDays(input, policy) > 0,
      ...(parts.about === null ? {} : { about: parts.about }),
    },
    attempts: [],
    lease: null,
    due: parts.withheld ? null : state === "queued" ? firstLook : (times.scheduleAt ?? times.expiresAt),
    reason: null,
    sentAt: null,
    endedAt: null,
  };
}

function store(deps: AdmitDeps, message: Message, input: SendInput, policy: Policy): void {
  const sealed = deps.vault.sealText(message.subject, message.id, "text", input.text);
  if (sealed === null) throw new Error("a contact without a subject key");
  const reference =
    input.reference === null ? null : deps.vault.keyedName("reference", input.reference).subarray(0, 16);
  deps.ledger.insert(message, sealed, reference);
  if (!message.facts.note) return;
  const text = keptDays(input, policy) > 0 ? input.text : null;
  const note = deps.vault.sealText(
    message.subject,
    message.id,
    "note",
    JSON.stringify({ reference: input.reference, metadata: input.metadata, text }),
  );
  const days = text === null ? policy.keepNotesDays : policy.keepTextDays;
  const from = message.facts.scheduleAt ?? message.facts.createdAt;
  if (note !== null) deps.ledger.putNote(message.id, message.subject, note, from + days * DAY_MS);
}

/** How long a tenant that keeps texts keeps this one. A code is never kept: it would outlive its ten minutes. */
function keptDays(input: SendInput, policy: Policy): number {
  return input.purpose === "otp" ? 0 : policy.keepTextDays;
}

function addContact(deps: AdmitDeps, fresh: { fresh: Num; index: Uint8Array; block: string }, now: number): Contact {
  return deps.vault.add(fresh.fresh, fresh.index, maskOf(fresh.fresh.e164), fresh.block, false, now);
}

/** The act a cap counts. */
export function actOf(key: string, contact: { index: Uint8Array; block: string; country: string }, policy: Policy) {
  return {
    key,
    recipient: Buffer.from(contact.index.subarray(0, 16)).toString("base64url"),
    block: contact.block,
    country: contact.country,
    home: contact.country === "GB" && policy.countries.includes("GB"),
  };
}

/** A cap as a refusal: which one, and when to come back. */
export function limitRefusal(reached: CapReached): Refusal {
  if (reached.cap === "numbers")
    return refuse("new_numbers_exceeded", { retryAfterSeconds: reached.retryAfterSeconds });
  return refuse("rate_limited", {
    detail: `The limit of messages per ${reached.cap} per ${reached.window} is reached.`,
    retryAfterSeconds: reached.retryAfterSeconds,
  });
}

/** When a message leaves and when it is too late, or why these times cannot be. */
export function timesOf(
  input: Pick<SendInput, "scheduleAt" | "expiresAt" | "ttlSeconds" | "purpose">,
  now: number,
): { scheduleAt: number | null; expiresAt: number } | Refusal {
  const { scheduleAt } = input;
  if (scheduleAt !== null && (scheduleAt < now + SCHEDULE_MS_MIN || scheduleAt > now + SCHEDULE_MS_MAX)) {
    return refuse("schedule_out_of_range");
  }
  const from = scheduleAt ?? now;
  const ttl = input.ttlSeconds === null ? VALID_MS[input.purpose] : input.ttlSeconds * 1_000;
  const expiresAt = input.expiresAt ?? from + ttl;
  if (expiresAt <= from)
    return refuse("schedule_out_of_range", { detail: `The message would expire before it leaves (${isoOf(from)}).` });
  const longest = input.purpose === "otp" ? VALID_MS.otp : VALID_MS_MAX;
  if (expiresAt > from + longest) {
    return refuse("schedule_out_of_range", {
      detail: `A ${input.purpose} message may live at most ${longest / MINUTE_MS} minutes.`,
    });
  }
  return { scheduleAt, expiresAt };
}

/** No account is left for it: said of a rule with what was wrong with each of its accounts. */
export function noCarrier({ rule, options }: Choice): Refusal {
  if (rule === null || options.length === 0) return refuse("carrier_unavailable");
  const why = options.map(({ account, leftOut }) => `${account} (${leftOut ?? "unusable"})`).join(", ");
  return refuse("carrier_unavailable", { detail: `The route rule ${rule} leaves no account: ${why}.` });
}

/** The free fields as the answer shows them: any phone number in them is masked. */
export function noteOf(input: Pick<SendInput, "reference" | "metadata">): Note {
  const metadata =
    input.metadata === null
      ? null
      : Object.fromEntries(
          Object.entries(input.metadata).map(([name, value]) => [maskNumbersIn(name), maskNumbersIn(value)]),
        );
  return { reference: input.reference === null ? null : maskNumbersIn(input.reference), metadata };
}
