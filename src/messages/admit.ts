/**
 * Admission, the first half of the dispatch path: a request becomes a durable row, or a refusal without a row. Runs inside the
 * tenant's object, in one transaction, with no `await` between the first check and the last write.
 */
import { byCaller, type Recorder } from "../contract/record.ts";
import { DAY_MS, SECOND_MS } from "../base/clock.ts";
import { timeOfId, type IdMaker } from "../base/ids.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { measure } from "../sms/sms-text.ts";
import { actOf, countedAs, limitRefusal, type Act, type CapReached, type Scope } from "../risk/act.ts";
import { judgeMoney, spendOf, type MoneyDeps } from "./money/spend.ts";
import type { Hold } from "../risk/budgets/budget.ts";
import type { CapsLedger } from "../risk/ledger.ts";
import type { Contact, VaultLedger } from "../vault/ledger.ts";
import type { Naming } from "../vault/naming.ts";
import type { Recipient, To } from "../vault/recipient.ts";
import { judgeConsent, type StopDeps } from "./consent.ts";
import { viewOf, type Facts, type Message, type MessageView } from "./message.ts";
import { shownNote } from "./note.ts";
import { laneOf, type Lane, type Purpose } from "../sms/purpose.ts";
import { FIRST_SWEEP_MS, type MessagesLedger } from "./ledger.ts";
import { judgeNumber, judgeSender, type Policy } from "../policy/policy.ts";
import { keptOf, noCarrier, priceOf, routeFor, type RouteWish, type RoutingDeps } from "./routing.ts";
import { timesOf, type Times, type TimesInput } from "./validity.ts";
import type { Choice } from "../carriers/route.ts";
import type { ScreenInput, ScreenOutcome } from "../quarantine/room.ts";
import type { Held } from "../quarantine/ledger.ts";
import { shortLabelOf, type Label } from "../screening/policy.ts";

/** A message without its recipient: shape checked, sender linted, text within the hard limits. */
export type Sendable = TimesInput & {
  from: string | null;
  text: string;
  reference: string | null;
  metadata: Record<string, string> | null;
};
/** A message as the route passes it, its number normalised. */
export type SendInput = Sendable & { to: To };

export type AdmitDeps = RoutingDeps &
  StopDeps &
  MoneyDeps & {
    vault: VaultLedger;
    naming: Naming;
    ledger: MessagesLedger;
    caps: CapsLedger;
    ids: IdMaker;
    now: () => number;
    environment: "sandbox" | "live";
    screen: (text: ScreenInput) => ScreenOutcome;
    /** Puts a message that is held into the quarantine. */
    quarantine: (held: Omit<Held, "heldAt" | "decidedAt">) => void;
    tellScreened: (id: string, label: Label) => void;
    record: Recorder;
    tell: (message: Message) => void;
    dispatch: (account: string, lane: Lane, id: string) => void;
  };

/** How a room above sends: for what, by which accounts first, and whether the message is withheld. */
export type Sending = RouteWish & {
  /** The id of what the message is sent for. */
  about: string;
  /** Of a code: its service, where it has one, and its template. */
  code?: { service: string | null; template: string };
  /**
   * Not null: the message is admitted, counted and queued like any other, but blocked with this reason; a recipient's stop or cap
   * has the same effect. So neither answer nor timing tells the caller anything about the recipient.
   */
  withhold: string | null;
  /** The keyed name to count in place of the recipient's: of a relayed text, its sender in its session. */
  countedAs?: Uint8Array;
  /** A second counter: all texts of its session or relay address to this person. */
  scope?: Scope;
  /** The code is for a device that has verified the number before, and counts under caps of its own. */
  knownDevice?: boolean;
  /** The sender is one of the tenant's virtual numbers, which no caller can name. Stops and caps refuse instead of blocking. */
  ownNumber?: true;
  /** What a person must be told, whatever it costs: no budget stands against it, and each counts it. */
  always?: true;
  /** Nobody screens it here: a code in the words of an approved template, or a person's text that was screened as it came in. */
  unscreened?: true;
  /** Most segments allowed, in place of the tenant's limit. */
  segmentsMax?: number;
};

export type BatchItem = { index: number; message: MessageView } | { index: number; problem: Refusal };

/** Admits one message. */
export function admitOne(deps: AdmitDeps, key: string, input: SendInput): Outcome<MessageView> {
  const outcome = admitTo(deps, key, input, null);
  deps.caps.flush();
  if (isRefused(outcome)) return outcome;
  const message = outcome.ok;
  deps.record(byCaller(key), {
    act: "message.accepted",
    subject: message.id,
    facts: { token: message.token, purpose: message.purpose, segments: message.facts.segments, state: message.state },
  });
  return { ok: viewOf(message, shownNote(input)) };
}

/**
 * Admits one message for a room above, which writes the audit entry itself. Refuses for reasons in the request, the tenant or the
 * key; a reason in the recipient becomes a blocked message instead.
 */
export function admitFor(
  deps: AdmitDeps,
  key: string,
  recipient: Recipient,
  input: Sendable,
  sending: Sending,
): Outcome<Message> {
  const outcome = admit(deps, key, recipient, input, null, sending);
  deps.caps.flush();
  return outcome;
}

/** Admits up to a thousand messages, each judged by itself, with one audit entry that counts messages by token and refusals by kind. */
export function admitBatch(
  deps: AdmitDeps,
  key: string,
  inputs: readonly (SendInput | Refusal)[],
): Outcome<{ batch_id: string; data: BatchItem[] }> {
  const batch = deps.ids.make("bat", deps.now());
  const tokens: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  const once = { ...deps, screen: screenOnce(deps.screen) };
  const data = inputs.map((input, index): BatchItem => {
    const outcome = "refused" in input ? input : admitTo(once, key, input, batch);
    if (isRefused(outcome)) {
      refusals[outcome.refused] = (refusals[outcome.refused] ?? 0) + 1;
      return { index, problem: outcome };
    }
    tokens[outcome.ok.token] = (tokens[outcome.ok.token] ?? 0) + 1;
    return { index, message: viewOf(outcome.ok, "refused" in input ? null : shownNote(input)) };
  });
  deps.caps.flush();
  deps.record(byCaller(key), {
    act: "batch.accepted",
    subject: batch,
    facts: { messages: inputs.length, accepted: tokens, refused: refusals },
  });
  return { ok: { batch_id: batch, data } };
}

/** Admits a message to the recipient that its request names. The number is counted as named first, also if the message is refused. */
function admitTo(deps: AdmitDeps, key: string, input: SendInput, batch: string | null): Outcome<Message> {
  const recipient = deps.naming.name(key, input.to);
  return "refused" in recipient ? recipient : admit(deps, key, recipient, input, batch, null);
}

/** A batch often has one text many times; each is judged once. */
function screenOnce(screen: AdmitDeps["screen"]): AdmitDeps["screen"] {
  const known = new Map<string, ScreenOutcome>();
  return (input) => {
    const name = JSON.stringify([input.text, input.purpose, input.from]);
    const outcome = known.get(name) ?? screen(input);
    known.set(name, outcome);
    return outcome;
  };
}

/** A text as the screening lets it go on: without what the policy redacts, with what is to be said of it. */
type Screened = Sendable & { held: boolean; label: Label | null };

/** Screens the text, and admits what may go on. A text that the policy blocks leaves nothing behind. */
function admit(
  deps: AdmitDeps,
  key: string,
  recipient: Recipient,
  input: Sendable,
  batch: string | null,
  sending: Sending | null,
): Outcome<Message> {
  if (sending?.unscreened === true)
    return admitScreened(deps, key, recipient, { ...input, held: false, label: null }, batch, sending);
  const { purpose, from } = input;
  const { does, text, label } = deps.screen({ text: input.text, direction: "outbound", purpose, from });
  if (does === "block") return screenedRefusal(label);
  return admitScreened(deps, key, recipient, { ...input, text, held: does === "hold", label }, batch, sending);
}

/** Names the rules and the offsets, and no word. */
export function screenedRefusal(label: Label | null): Refusal {
  const errors = (label?.rules ?? []).map(({ name, spans }) => {
    const places = spans.map(([start, end]) => `${start} to ${end}`).join(", ");
    return { field: "text", code: name, detail: places === "" ? "The text as a whole." : `Characters ${places}.` };
  });
  return refuse("screened", { errors });
}

function admitScreened(
  deps: AdmitDeps,
  key: string,
  recipient: Recipient,
  input: Screened,
  batch: string | null,
  sending: Sending | null,
): Outcome<Message> {
  const now = deps.now();
  const policy = deps.policy();
  const times = timesOf(input, now);
  const measured = measure(input.text);
  const choice = routeFor(deps, recipient, input.purpose, sending ?? {});
  const first = choice.accounts[0];
  const stopped = judgeConsent(deps, recipient.index, input, policy, choice);
  const relayed = sending?.ownNumber === true;
  const segmentsMax = sending?.segmentsMax ?? policy.segmentsMax;
  const later = input.scheduleAt !== null;
  const refusal =
    judgeNumber(recipient, policy, deps.environment) ??
    (relayed ? null : judgeSender(input.from, policy, recipient.country)) ??
    (sending === null || relayed ? stopped : null) ??
    ("refused" in times ? times : null) ??
    (measured.segments > segmentsMax
      ? refuse("text_too_long", {
          detail: `The text needs ${measured.segments} segments; ${segmentsMax} are allowed.`,
        })
      : null) ??
    (first === undefined ? noCarrier(choice) : null);
  if (refusal !== null || "refused" in times || first === undefined) return refusal ?? noCarrier(choice);
  const act = actFor(key, recipient, input.purpose, policy, sending);
  const reached = deps.caps.check(act, policy.limits, now, later);
  const hides = sending !== null && !relayed;
  const hidden = !hides || reached === null ? null : hiddenCap(deps, act, reached, policy, now);
  if (reached !== null && hidden === null) return limitRefusal(reached);
  const spend = spendOf(deps, recipient, spending(key, input, { act, policy, sending, choice, measured }));
  const money = judgeMoney(deps, spend, { now, later, hides, always: sending?.always === true });
  if ("refused" in money) return money;
  const secret = stopped !== null ? "opted_out" : hidden;
  const withhold = sending?.withhold ?? secret ?? money.withhold;

  deps.caps.count(act, now, later);
  const usedAt = times.scheduleAt ?? now;
  const contact = recipient.use(now, { usedAt, by: input.purpose === "otp" ? "code" : "more" });
  const parts = { key, input, batch, contact, times, measured, policy, choice, first, now };
  const hold = withhold === null ? money.hold : null; // what does not leave costs nothing
  const message = compose(deps, { ...parts, sending, hold, withheld: withhold !== null });
  store(deps, recipient, message, input, policy);
  if (withhold !== null) {
    // Queued like any other, so that the work outside is the same; the claim finds that it has ended.
    deps.dispatch(first, laneOf(message.purpose), message.id);
    return { ok: block(deps, message, withhold, now) };
  }
  deps.tell(message);
  noteScreened(deps, message, input);
  if (message.account !== null) deps.dispatch(message.account, laneOf(message.purpose), message.id);
  return { ok: message };
}

function noteScreened(deps: AdmitDeps, { id, purpose, token, facts }: Message, { held, label }: Screened): void {
  if (label === null) return;
  deps.tellScreened(id, label);
  if (!held) return;
  const { mask, expiresAt: until } = facts;
  deps.quarantine({ id, direction: "outbound", purpose, token, mask, label, state: "held", until });
}

/** The act that caps count: a relayed text under its sender, a code by the device that asked for it. */
export function actFor(
  key: string,
  recipient: Recipient,
  purpose: Purpose,
  policy: Policy,
  sending: Sending | null,
): Act {
  const relay = sending?.countedAs === undefined ? null : countedAs(sending.countedAs);
  const device = sending?.knownDevice === true;
  return actOf(key, recipient, { purpose, countries: policy.countries, relay, device, scope: sending?.scope });
}

type Spending = { act: Act; policy: Policy; sending: Sending | null } & Pick<Parts, "choice" | "measured">;

/** What the budgets look at. */
export function spending(key: string, input: Sendable, { act, policy, sending, choice, measured }: Spending) {
  const { side, purpose } = act;
  const sender = input.from ?? policy.defaultSender;
  return { key, side, purpose, sender, choice, segments: measured.segments, service: sending?.code?.service ?? null };
}

/**
 * The reason under which a code over a cap is withheld, or null if it is refused. Withheld: over the recipient's own cap; and, to a
 * number that the tenant has not met, over a cap on codes to strangers, while a code to a met number would be sent. A refusal there
 * would tell which numbers the tenant has met.
 */
function hiddenCap(deps: AdmitDeps, act: Act, reached: CapReached, policy: Policy, now: number): string | null {
  if (reached.cap === "recipient") return "recipient_limit";
  if (act.side !== "strangers") return null;
  const known = deps.caps.check({ ...act, side: "codes" }, policy.limits, now);
  return known === null || known.cap === "recipient" ? "strangers_limit" : null;
}

/** Ends a message at its admission; its record has the reason. */
function block(deps: AdmitDeps, message: Message, reason: string, now: number): Message {
  const blocked = deps.ledger.move(message, "blocked", { reason, endedAt: now, dropText: true });
  if (blocked === null) throw new Error("a message that was just written has moved");
  deps.tell(blocked);
  return blocked;
}

type Parts = {
  key: string;
  input: Screened;
  batch: string | null;
  contact: Contact;
  times: Times;
  measured: { encoding: "gsm7" | "ucs2"; segments: number };
  policy: Policy;
  choice: Choice;
  first: string;
  now: number;
  sending: Sending | null;
  hold: Hold | null;
  withheld: boolean;
};

/** A new message: queued, scheduled, or held. */
function compose(deps: AdmitDeps, parts: Parts): Message {
  const { input, contact, times, measured, policy, choice, first, now } = parts;
  const route = keptOf(choice);
  const priceBy = (account: string) => (parts.withheld ? null : priceOf(choice, account, measured.segments));
  const prices = choice.accounts.map(priceBy);
  const state = parts.withheld || input.held ? "held" : times.scheduleAt !== null ? "scheduled" : "queued";
  const id = deps.ids.make("msg", now);
  // After the clock stepped back, a new id is ahead of it; the first sweeps, which go by id, would reach it too late.
  const firstDue = timeOfId(id) > now + SECOND_MS ? now + FIRST_SWEEP_MS : null;
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
      ...(parts.hold === null ? {} : { hold: parts.hold }),
      note: input.reference !== null || input.metadata !== null || keptDays(input, policy) > 0,
      ...(input.label === null || parts.withheld ? {} : { screening: shortLabelOf(input.label) }),
      ...(contact.network === null ? {} : { network: contact.network }),
      ...codeFacts(parts.sending?.code),
      ...(parts.sending === null ? {} : { about: parts.sending.about }),
      ...(parts.sending?.countedAs === undefined ? {} : { countedAs: countedAs(parts.sending.countedAs) }),
      ...(parts.sending?.scope === undefined ? {} : { scope: parts.sending.scope }),
    },
    attempts: [],
    lease: null,
    due: parts.withheld ? null : state === "queued" ? firstDue : (times.scheduleAt ?? times.expiresAt),
    reason: null,
    sentAt: null,
    endedAt: null,
  };
}

/** What is kept of the code that a message brings. */
function codeFacts(code: Sending["code"]): Pick<Facts, "service" | "template"> {
  if (code === undefined) return {};
  return { ...(code.service === null ? {} : { service: code.service }), template: code.template };
}

function store(deps: AdmitDeps, recipient: Recipient, message: Message, input: Sendable, policy: Policy): void {
  const sealed = recipient.seal(message.id, "text", input.text);
  if (sealed === null) throw new Error("a contact without a subject key");
  const reference =
    input.reference === null ? null : deps.vault.keyedName("reference", input.reference).subarray(0, 16);
  deps.ledger.insert(message, sealed, reference);
  if (!message.facts.note) return;
  const text = keptDays(input, policy) > 0 ? input.text : null;
  const note = JSON.stringify({ reference: input.reference, metadata: input.metadata, text });
  const sealedNote = recipient.seal(message.id, "note", note);
  const days = text === null ? policy.keepNotesDays : policy.keepTextDays;
  const from = message.facts.scheduleAt ?? message.facts.createdAt;
  if (sealedNote !== null) deps.ledger.putNote(message.id, message.subject, sealedNote, from + days * DAY_MS);
}

/** For how many days the text is kept, where the tenant keeps texts. A code's never: it would outlive its ten minutes. */
function keptDays(input: Sendable, policy: Policy): number {
  return input.purpose === "otp" ? 0 : policy.keepTextDays;
}
