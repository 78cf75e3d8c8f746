/**
 * Starting a verification. The answer is the same for every number, known, new, locked or blocked, and so is the work: a code that
 * must not be sent is admitted, counted and sealed like any other, and then blocked. Refusals have their reason in the request, the
 * kind of number, or the caller's own limits, and store nothing.
 */
import { byCaller } from "../contract/record.ts";
import { SECOND_MS } from "../base/clock.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { Message } from "../messages/message.ts";
import { judgeNumber } from "../policy/policy.ts";
import { choose, type Chosen } from "./settings/choose.ts";
import { contextText, digestText, drawCode, normaliseCode, strengthOf } from "./code/code.ts";
import type { Context } from "./code/context.ts";
import type { VerifyDeps } from "./deps.ts";
import { emitMove, ended } from "./ends.ts";
import { looksOpen, sendAgain, sendOf, waitSeconds, withholdingOf } from "./handover.ts";
import { judgeText, sealCodeMessage, textOf, type Written } from "./code/code-message.ts";
import type { Secrets } from "./ledger.ts";
import { countSend, isKnown, sendRoom, type Destination } from "./locks/locks.ts";
import { keepMetadata, metadataOf } from "./notes.ts";
import { fingerprintOf, type EndUser } from "./person.ts";
import { settingsOf, type Service, type Settings, type Wishes } from "./settings/settings.ts";
import type { Recipient, To } from "../vault/recipient.ts";
import type { Reader } from "./code/template.ts";
import {
  acceptedView,
  type Channel,
  type Intent,
  type Verification,
  type VerificationView,
} from "./code/verification.ts";

/** A start as the route passes it: shapes checked, number normalised, context in canonical form. */
export type StartInput = {
  to: To;
  /** Null: the first that the service lists. */
  channel: Channel | null;
  intent: Intent;
  service: string | null;
  wishes: Wishes;
  context: Context | null;
  reader: Reader;
  variables: Record<string, string>;
  endUser: EndUser | null;
  metadata: Record<string, string> | null;
  customCode: string | null;
  limits: Record<string, string>;
};

/** Pending verifications of one destination and service. */
const PENDING_MAX = 3;

type Planned = {
  settings: Settings;
  service: Service | null;
  chosen: Chosen;
  channel: Channel;
  recipient: Recipient;
  /** Whether the budget of named numbers allows a code to them. */
  within: boolean;
};

/**
 * Starts a verification, or continues the pending one of the same end user, service, intent, context and variables. A start with the
 * caller's own code never continues one, because the pending one has another code.
 */
export function start(deps: VerifyDeps, key: string, input: StartInput): Outcome<VerificationView> {
  const now = deps.now();
  const planned = plan(deps, key, input);
  if ("refused" in planned) return planned;
  const { destination: name } = planned.recipient;
  const destination = deps.ledger.destination(name, now);
  const fingerprint = fingerprintOf(deps.vault, input.endUser);
  const open = openOnes(deps, destination, now);
  const party = open.filter(({ verification: { facts } }) => isParty(facts, fingerprint, input));
  const same = input.customCode === null ? party.find((whole) => isSame(deps, whole, input)) : undefined;
  if (same !== undefined) return goOn(deps, key, same, destination);
  const room = sendRoom(destination, now, fingerprint);
  if (room.left <= 0) return sendsSpent(room.nextAt - now);
  const spent = deps.limits.judge(planned.service, input.limits, now);
  if (spent !== null) return spent;
  const made = make(deps, key, input, { ...planned, destination, fingerprint });
  if (isRefused(made)) return made;
  deps.limits.count(planned.service, input.limits, now);
  const over = superseded(open, party, { service: made.ok.facts.service, destination });
  for (const { verification } of over)
    if (verification.state === "pending") ended(deps, verification, "canceled", "superseded", now);
  const gone = new Set(over.map(({ verification }) => verification.id));
  const left = { ...destination, recent: destination.recent.filter((id) => !gone.has(id)) };
  const counted = countSend(left, made.ok.id, now, fingerprint);
  deps.ledger.putDestination(name, counted);
  return { ok: acceptedView(made.ok, sendRoom(counted, now, fingerprint), metadataOf(deps, made.ok)) };
}

/** All checks that may refuse; they depend only on the request, the tenant and the kind of number. */
function plan(deps: VerifyDeps, key: string, input: StartInput): Planned | Refusal {
  const named = deps.naming.nameForCode(key, input.to);
  if ("refused" in named) return named;
  const { recipient } = named;
  const judged = judgeNumber(recipient, deps.policy(), deps.environment);
  if (judged !== null) return judged;
  const service = input.service === null ? null : deps.serviceOf(input.service);
  if (service === null && input.service !== null) return refuse("service_unknown");
  if (service !== null && service.countries !== null && !service.countries.includes(recipient.country))
    return refuse("country_not_allowed", { detail: "The service lists the countries it may text." });
  if (input.customCode !== null) {
    if (!deps.may(key, "verify:custom_code"))
      return refuse("missing_scope", { detail: "A code of your own needs the scope verify:custom_code." });
    if (service !== null && !service.customCode)
      return field("custom_code", "The service does not allow codes of your own.");
  }
  const settings = settingsOf(input.wishes, service, deps.tenantName);
  if ("refused" in settings) return settings;
  const { intent, context, variables } = input;
  const wish = { template: settings.template, intent, locale: settings.locale, context, variables };
  const chosen = choose(wish, deps.templateOf);
  if ("refused" in chosen) return chosen;
  const channel = input.channel ?? service?.channels[0] ?? "sms";
  return { settings, service, chosen, channel, ...named };
}

const field = (name: string, detail: string): Refusal =>
  refuse("invalid_field", { errors: [{ field: name, code: "invalid_field", detail }] });

function sendsSpent(waitMs: number): Refusal {
  return refuse("sends_exceeded", { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) });
}

type Whole = { verification: Verification; secrets: Secrets };

/** The destination's verifications that answers show as pending; oldest first. */
function openOnes(deps: VerifyDeps, destination: Destination, now: number): Whole[] {
  return destination.recent.flatMap((id) => {
    const whole = deps.ledger.getWhole(id);
    return whole !== null && looksOpen(whole.verification, destination, now) ? [whole] : [];
  });
}

function isParty(facts: Verification["facts"], fingerprint: string | null, input: StartInput): boolean {
  return facts.fingerprint === fingerprint && facts.service === input.service && facts.intent === input.intent;
}

function hasContext(deps: VerifyDeps, { verification, secrets }: Whole, context: Context | null): boolean {
  const text = contextText(verification.id, verification.facts.intent, context);
  return secrets.context !== null && Buffer.from(deps.vault.keyedName("verify-context", text)).equals(secrets.context);
}

/** Whether the pending one's text has the same intent, context and variables as this start. */
function isSame(deps: VerifyDeps, whole: Whole, input: StartInput): boolean {
  const { id, facts } = whole.verification;
  return (facts.words ?? null) === wordsOf(deps, id, input) && hasContext(deps, whole, input.context);
}

/** The text's variables as a keyed digest for this verification only; null without any. */
function wordsOf(deps: VerifyDeps, id: string, { variables }: StartInput): string | null {
  if (Object.keys(variables).length === 0) return null;
  const said = JSON.stringify([id, Object.entries(variables).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  return Buffer.from(deps.vault.keyedName("verify-words", said)).toString("base64url");
}

/** Continues a pending one: sends it again, or answers when that is possible. */
function goOn(deps: VerifyDeps, key: string, whole: Whole, destination: Destination): Outcome<VerificationView> {
  const now = deps.now();
  if (waitSeconds(whole.verification, destination, now) === 0) return sendAgain(deps, key, whole, destination);
  const room = sendRoom(destination, now, whole.verification.facts.fingerprint);
  return { ok: acceptedView(whole.verification, room, metadataOf(deps, whole.verification)) };
}

type Among = { service: string | null; destination: Destination };

/**
 * The verifications that a new one ends: the same party's, and the service's oldest beyond `PENDING_MAX`. One that a known device has
 * started is ended only by that device, so that a stranger who types the number cannot end it.
 */
function superseded(open: readonly Whole[], party: readonly Whole[], { service, destination }: Among): Whole[] {
  const others = open.filter(
    (one) =>
      one.verification.facts.service === service &&
      !party.includes(one) &&
      !isKnown(destination, one.verification.facts.fingerprint),
  );
  return [...party, ...others.slice(0, Math.max(0, others.length - (PENDING_MAX - 1)))];
}

type Making = Planned & { destination: Destination; fingerprint: string | null };

/** Draws the code, sends it, and stores the verification. */
function make(deps: VerifyDeps, key: string, input: StartInput, making: Making): Outcome<Verification> {
  const now = deps.now();
  const { settings, destination, fingerprint } = making;
  const id = deps.ids.make("ver", now);
  const written = codeMessageOf(deps, input, making);
  const text = textOf(written, settings.ttlSeconds);
  const unfit = judgeText(text, input.reader);
  if (unfit !== null) return unfit;
  const knownDevice = isKnown(destination, fingerprint);
  const within = making.within || knownDevice;
  const withhold = withholdingOf(destination, fingerprint, now) ?? (within ? null : "strangers_limit");
  const codeMessage = {
    to: making.recipient,
    text,
    about: id,
    service: making.service?.id ?? null,
    template: making.chosen.name,
    secondsLeft: settings.ttlSeconds,
    avoid: null,
    withhold,
    knownDevice,
  };
  const outcome = deps.channels[making.channel](key, codeMessage);
  if (isRefused(outcome)) return outcome;
  const verification = begun(id, key, input, { ...making, words: wordsOf(deps, id, input) }, outcome.ok, now);
  write(deps, key, verification, making.recipient, written, input);
  return { ok: verification };
}

function codeMessageOf(deps: VerifyDeps, input: StartInput, { settings, chosen }: Making): Written {
  const drawn = () => drawCode(settings.codeLength, settings.codeAlphabet, deps.randomBytes);
  return {
    code: input.customCode === null ? drawn() : normaliseCode(input.customCode),
    template: chosen.text,
    locale: chosen.locale,
    brand: settings.brand,
    sentence: settings.doNotShare ? chosen.sentence : null,
    context: input.context,
    variables: input.variables,
    reader: input.reader,
  };
}

/** A new verification: pending, or ended if its message is withheld. */
function begun(
  id: string,
  key: string,
  input: StartInput,
  { settings, chosen, channel, recipient, fingerprint, words }: Making & { words: string | null },
  message: Message,
  now: number,
): Verification {
  const withheld = message.state === "blocked";
  const { country, kind, mask } = message.facts;
  return {
    id,
    state: !withheld ? "pending" : message.reason === "locked" ? "locked" : "failed",
    version: 1,
    token: message.token,
    subject: message.subject,
    destination: recipient.destination,
    attempts: 0,
    reason: withheld ? message.reason : null,
    endedAt: withheld ? now : null,
    facts: {
      channel,
      intent: input.intent,
      service: input.service,
      template: chosen.name,
      locale: chosen.locale,
      key,
      country,
      kind,
      mask,
      strength: strengthOf(settings.codeLength, settings.codeAlphabet, input.customCode !== null),
      fingerprint,
      words,
      cell: `${country}|${recipient.block}|${chosen.name}`,
      createdAt: now,
      expiresAt: now + settings.ttlSeconds * SECOND_MS,
      note: input.metadata !== null,
      withheld,
    },
    sends: [sendOf(message, now)],
  };
}

function write(
  deps: VerifyDeps,
  key: string,
  verification: Verification,
  recipient: Recipient,
  written: Written,
  input: StartInput,
): void {
  const { id, subject, token, facts } = verification;
  const digest = deps.vault.keyedName("verify-code", digestText(id, facts.intent, input.context, written.code));
  const codeMessage = sealCodeMessage(deps.vault, subject, id, written);
  deps.ledger.insert(verification, {
    digest: facts.withheld ? null : digest,
    context: deps.vault.keyedName("verify-context", contextText(id, facts.intent, input.context)),
    codeMessage: facts.withheld ? null : codeMessage,
  });
  if (input.metadata !== null) keepMetadata(deps, id, subject, input.metadata, facts.createdAt);
  deps.record(byCaller(key), {
    act: "verification.started",
    subject: id,
    facts: {
      token,
      message: verification.sends[0]?.message ?? null,
      intent: facts.intent,
      withheld: verification.reason,
    },
  });
  const carrier = verification.sends[0]?.carrier ?? null;
  deps.counts.add("started", verification, carrier, facts.createdAt);
  if (facts.withheld) deps.counts.add("failed", verification, carrier, facts.createdAt);
  deps.counts.nameBlock(recipient.block, () => recipient.number(), facts.createdAt);
  emitMove(deps, verification, "created");
  if (facts.withheld) emitMove(deps, verification, verification.state === "locked" ? "locked" : "failed");
}
