/**
 * The room `verify`, joined to the rooms below it: which channels there are, where notes lie, who may what.
 */
import { allows, type Granted } from "../access/caller.ts";
import type { IdMaker } from "../base/ids.ts";
import { randomBytes } from "../base/random.ts";
import { admitFor } from "../messages/admit.ts";
import { claimable } from "../messages/dispatch.ts";
import { mayEnter } from "../messages/message.ts";
import { end } from "../messages/outcome.ts";
import type { MessagesDeps } from "../messages/verbs.ts";
import type { ChannelSender, VerifyDeps } from "../verify/deps.ts";
import type { CountsLedger } from "../verify/counts.ts";
import type { VerifyLedger } from "../verify/ledger.ts";
import { namedLimits } from "../verify/settings/named-limits.ts";
import type { SettingsLedger } from "../verify/settings/ledger.ts";
import { FailureWatch } from "../verify/watch.ts";
import type { EventType } from "../webhooks/event.ts";

export type VerifyParts = {
  conveyor: MessagesDeps;
  ledger: VerifyLedger;
  settings: SettingsLedger;
  counts: CountsLedger;
  ids: IdMaker;
  tenantName: string;
  scopesOf: (keyId: string) => Granted;
  naming: VerifyDeps["naming"];
  emit: (type: EventType, resource: string, data: unknown) => void;
  wanted: (type: EventType) => boolean;
};

/** The dependencies of the room, over the parts of a rooms. */
export function verifyDeps(parts: VerifyParts): VerifyDeps {
  const { conveyor, ledger, settings, ids, scopesOf } = parts;
  const { vault, now, policy, environment } = conveyor;
  return {
    ledger,
    vault,
    ids,
    now,
    policy,
    environment,
    channels: { sms: smsSender(conveyor) },
    messageOf: (id) => conveyor.ledger.get(id),
    recall: (id) => {
      const message = conveyor.ledger.get(id);
      if (message === null) return;
      if (mayEnter(message.state, "canceled")) end(conveyor, message, "canceled", "verification_over", now());
      else if (claimable(message)) end(conveyor, message, "failed", "verification_over", now()); // between two calls: nobody has it
    },
    notes: {
      put: (id, subject, sealed, until) => conveyor.ledger.putNote(id, subject, sealed, until),
      get: (id) => conveyor.ledger.note(id),
    },
    counts: parts.counts,
    watch: new FailureWatch(ledger, (resource, data) => parts.emit("alert.verification_failures", resource, data)),
    serviceOf: (id) => settings.services.get(id),
    templateOf: (id) => settings.templates.get(id),
    limits: namedLimits({ settings, vault }),
    naming: parts.naming,
    tenantName: parts.tenantName,
    may: (keyId, scope) => allows(scopesOf(keyId), scope),
    randomBytes,
    record: () => undefined,
    emit: parts.emit,
    wanted: parts.wanted,
  };
}

/** A code as an ordinary message of the lane for codes, so that caps, routing, states and prices are a message's. */
function smsSender(conveyor: MessagesDeps): ChannelSender {
  return (key, { to, text, about, secondsLeft, avoid, withhold }) => {
    const input = {
      text,
      from: null,
      purpose: "otp" as const,
      reference: null,
      metadata: null,
      scheduleAt: null,
      expiresAt: null,
      ttlSeconds: secondsLeft,
    };
    return admitFor(conveyor, key, to, input, { about, avoid, withhold });
  };
}
