/**
 * The room `messages`, joined to the rooms it asks: who said stop, what leaves for the belt, where receipts come back to.
 */
import { callbackMac, type DoorKeys, type Environment } from "../access/api-key.ts";
import { readClock } from "../base/clock.ts";
import type { IdMaker } from "../base/ids.ts";
import { randomFraction } from "../base/random.ts";
import type { Consent } from "../consent/consent.ts";
import type { ConsentLedger } from "../consent/ledger.ts";
import { recordWords } from "../consent/verbs.ts";
import type { Belt } from "../messages/queue/queue-tracker.ts";
import type { MessagesLedger } from "../messages/ledger.ts";
import { type Message } from "../messages/message.ts";
import { laneOf, STOPPABLE } from "../sms/purpose.ts";
import { openScreen } from "../screening/screen.ts";
import type { MessagesDeps } from "../messages/verbs.ts";
import type { CapsLedger } from "../risk/ledger.ts";
import type { EffectsGathered } from "./effects.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { Naming } from "../vault/naming.ts";

export type ConveyorParts = Pick<MessagesDeps, "accountOf" | "redacts" | "policy" | "now" | "tell" | "settled"> & {
  messages: MessagesLedger;
  vault: VaultLedger;
  naming: Naming;
  caps: CapsLedger;
  ids: IdMaker;
  consents: ConsentLedger;
  environment: Environment;
  door: DoorKeys;
  publicUrl: () => string;
  effects: EffectsGathered;
  belt: Belt;
  tellConsent: (consent: Consent) => void;
};

/** The dependencies of the room, over the parts of a rooms. */
export function conveyorDeps(parts: ConveyorParts): MessagesDeps {
  const { messages, consents, door, publicUrl, effects, belt, tellConsent: _tellConsent, ...same } = parts;
  return {
    ...same,
    ledger: messages,
    draw: randomFraction,
    screen: openScreen,
    hasStopped: (who, purpose, sender) => consents.hasStopped(who, purpose, sender),
    hasStoppedSomebody: (who, purpose) => consents.hasStoppedSomebody(who, purpose),
    saidStop: (message, account) => withdraw(parts, message, account),
    record: () => undefined,
    dispatch: (account, lane, id) => {
      effects.put({ account, lane }, id);
      if (lane === "otp") belt.codes.put(id, account, readClock());
    },
    ask: (account, lane, id) => effects.put({ account, lane, task: "ask" }, id),
    redact: (account, reference) => effects.put({ account, lane: "bulk", task: "redact" }, reference),
    realNow: readClock,
    receiptUrl: (account, message, called) => {
      const mac = callbackMac(door, account, message, called);
      return `${publicUrl()}/carriers/${account}/receipts/${message}.${mac}`;
    },
  };
}

/** Records a stop that the carrier heard, unless it stands already. Where nobody knows which sender, it is one to all. */
function withdraw(parts: ConveyorParts, { token, purpose, facts }: Message, account: string): void {
  const { vault, consents, ids, now, accountOf, tellConsent: tell } = parts;
  const contact = vault.findToken(token);
  if (contact === null) return; // erased meanwhile
  const { index: who, mask, country } = contact;
  const sender = facts.sender ?? accountOf(account, { lane: laneOf(purpose), network: null })?.sender ?? null;
  const purposes = STOPPABLE.filter((each) => !consents.hasStopped(who, each, sender));
  const said = { purposes, sender, standing: "withdrawn", source: "carrier", wording: null, saidAt: now() } as const;
  recordWords({ consents, now, newId: () => ids.make("con", now()), tell }, { who, mask, country }, said);
}
