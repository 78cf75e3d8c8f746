/**
 * The face of verifications: one-time codes, their services and templates, locks and statistics.
 */
import { allows, type Granted } from "../access/caller.ts";
import { DAY_MS } from "../base/clock.ts";
import { timeOfId, ulidTime } from "../base/ids.ts";
import { randomBytes } from "../base/random.ts";
import type { Outcome } from "../base/refusal.ts";
import { byRule, type Actor, type Recorder } from "../contract/record.ts";
import type { Raised } from "../alerts/alert.ts";
import { room, type Ground, type RecordBatch, type Step } from "../contract/room.ts";
import type { Page } from "../contract/list.ts";
import { admitFor } from "../messages/admit.ts";
import { claimable } from "../messages/dispatch.ts";
import { mayEnter, type Message } from "../messages/message.ts";
import { end } from "../messages/outcome.ts";
import type { MessagesDeps } from "../messages/verbs.ts";
import type { RecordDb } from "../storage/record-db.ts";
import { RECORDS_KEPT_DAYS } from "../storage/records.ts";
import { newestId } from "../storage/sql.ts";
import type { Counted } from "../stats/figures.ts";
import type { EventType } from "../webhooks/event.ts";
import type { Verification } from "./code/verification.ts";
import { CountsLedger } from "./counts.ts";
import type { ChannelSender, VerifyDeps } from "./deps.ts";
import { recordedAt, VerifyLedger } from "./ledger.ts";
import { countedOf } from "./figures.ts";
import { locksVerbs } from "./locks/verbs.ts";
import { messageMoved } from "./moved.ts";
import { SettingsLedger } from "./settings/ledger.ts";
import { namedLimits } from "./settings/named-limits.ts";
import {
  decideTemplate,
  listTemplates,
  servicesVerbs,
  templatesVerbs,
  type Decided,
  type SettingsDeps,
  type TemplateView,
} from "./settings/verbs.ts";
import { countVerifications, purgeVerifications, writeVerifications } from "./store.ts";
import { expireOne, verifyVerbs } from "./verbs.ts";
import { FailureWatch } from "./watch.ts";

type VerifyGround = Ground & { tenantName: string };
type Below = {
  audit: { record: Recorder };
  access: { scopesOf: (key: string) => Granted };
  webhooks: {
    emit: (type: EventType, resource: string, data: unknown) => void;
    wanted: (type: EventType) => boolean;
  };
  alerts: { raise: (raised: Raised & { type: "alert.verification_failures" }) => void };
  messages: { deps: MessagesDeps; saveFigures: (open: string) => void };
  stats: { count: (counted: readonly Counted[]) => string };
};
type Ledgers = { ledger: VerifyLedger; settings: SettingsLedger; counts: CountsLedger };

const EXPIRED_MAX = 1_000;
const RECORDED_MAX = 500;

/** The room. */
export const verifyRoom = room({
  name: "verify",
  migrations: [
    {
      id: 1,
      up: (sql) => {
        for (const ledger of [VerifyLedger, SettingsLedger, CountsLedger]) ledger.migrate(sql);
      },
    },
    { id: 2, up: (sql) => VerifyLedger.renameWords(sql) },
  ],
  open: (ground: VerifyGround, below: Below) => {
    const { sql, ids, now, soon, tenantName } = ground;
    const ledgers: Ledgers = {
      ledger: new VerifyLedger(sql, ids.prefixOf("ver"), soon),
      settings: new SettingsLedger(sql),
      counts: new CountsLedger(sql, below.messages.deps.vault, soon),
    };
    const { ledger, settings, counts } = ledgers;
    const deps = depsOf(ground, below, ledgers);
    const { record } = below.audit;
    const ofSettings: SettingsDeps = { settings, newId: (prefix) => ids.make(prefix, now()), now, tenantName, record };
    const recordsBefore = (at: number) =>
      ids.prefixOf("ver") + ulidTime(Math.max(0, at - RECORDS_KEPT_DAYS[below.messages.deps.environment] * DAY_MS));
    return {
      verbs: { ...verifyVerbs(deps), ...locksVerbs(deps), ...servicesVerbs(ofSettings), ...templatesVerbs(ofSettings) },
      steps: [expiryOf(deps), countsOf(counts), recordsOf(ledger, leaving(below))],
      purges: [
        { name: "verify_counts", drop: (at: number, limit: number) => counts.purge(at, limit) },
        { name: "verify_limits", drop: (at: number, limit: number) => settings.purge(at, limit) },
        { name: "destinations", drop: (at: number, limit: number) => ledger.purge(at, limit) },
        {
          name: "verifications",
          dropRecords: (db: RecordDb, tenant: string, at: number, limit: number) =>
            purgeVerifications(db, tenant, recordsBefore(at), limit),
          countRecords: countVerifications,
        },
      ],
      newestIds: () => [newestId(sql, "verifications")],
      /** What figures count of verifications that live. */
      figures: (from: number, to: number, limit: number): Counted[] => ledger.between(from, to, limit).map(countedOf),
      oldestId: (): string | null => ledger.oldestId(),
      /** A message moved: updates the verification that it was sent for. */
      messageMoved: (message: Message): void => messageMoved(deps, message),
      listTemplates: (): Page<TemplateView> => listTemplates(ofSettings),
      decideTemplate: (actor: Actor, state: "approved" | "refused", decided: Decided): Outcome<TemplateView> =>
        decideTemplate(ofSettings, actor, state, decided),
    };
  },
});

/** The dependencies of the room's own files. */
function depsOf(
  { ids, now, tenantName }: VerifyGround,
  below: Below,
  { ledger, settings, counts }: Ledgers,
): VerifyDeps {
  const { audit, access, webhooks, messages } = below;
  const outbox = messages.deps;
  const { vault, policy, environment } = outbox;
  return {
    ledger,
    vault,
    ids,
    now,
    policy,
    environment,
    counts,
    tenantName,
    randomBytes,
    record: audit.record,
    emit: webhooks.emit,
    wanted: webhooks.wanted,
    naming: outbox.naming,
    channels: { sms: smsSender(outbox) },
    messageOf: (id) => outbox.ledger.get(id),
    recall: (id) => recall(outbox, id),
    notes: {
      put: (id, subject, sealed, until) => outbox.ledger.putNote(id, subject, sealed, until),
      get: (id) => outbox.ledger.note(id),
    },
    watch: new FailureWatch(ledger, (resource, data) => {
      const { checks, failed } = data;
      audit.record(byRule("verify"), { act: "verification.alerted", subject: resource, facts: { checks, failed } });
      below.alerts.raise({ type: "alert.verification_failures", about: resource, facts: data });
    }),
    serviceOf: (id) => settings.services.get(id),
    templateOf: (id) => settings.templates.get(id),
    limits: namedLimits({ settings, vault }),
    may: (keyId, scope) => allows(access.scopesOf(keyId), scope),
  };
}

/** Ends a message that has not left; does nothing if it has. */
function recall(outbox: MessagesDeps, id: string): void {
  const message = outbox.ledger.get(id);
  if (message === null) return;
  if (mayEnter(message.state, "canceled")) end(outbox, message, "canceled", "verification_over", outbox.now());
  else if (claimable(message)) end(outbox, message, "failed", "verification_over", outbox.now()); // between two calls: no carrier has it
}

/** Sends a code as a message in the lane of codes, with a message's caps, routing, states and prices. */
function smsSender(outbox: MessagesDeps): ChannelSender {
  return (key, { to, text, about, service, template, secondsLeft, avoid, withhold, knownDevice }) => {
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
    return admitFor(outbox, key, to, input, {
      about,
      code: { service, template },
      avoid,
      withhold,
      knownDevice,
      unscreened: true,
    });
  };
}

/** Pending verifications end when their time has passed. */
function expiryOf(deps: VerifyDeps): Step {
  return {
    name: "verify.expiry",
    rowsMax: EXPIRED_MAX,
    due: (now, limit) => deps.ledger.due(now, limit).map((id) => ({ id, run: () => expireOne(deps, id) })),
    nextAt: (_now, after) => deps.ledger.next(after).endsAt,
  };
}

/** Writes the statistics that were gathered in memory. */
function countsOf(counts: CountsLedger): Step {
  return {
    name: "verify.counts",
    rowsMax: Infinity,
    due: () => (counts.isDirty ? [{ id: "counts", run: () => counts.flush() }] : []),
    nextAt: () => null, // counting sets the alarm; after a restart there is nothing to write
  };
}

/** Counts verifications in the transaction in which they leave. */
function leaving({ stats, messages }: Below): (leaving: readonly Verification[]) => void {
  return (left) => messages.saveFigures(stats.count(left.map(countedOf)));
}

/** Verifications become records 70 to 71 minutes after their start. */
function recordsOf(ledger: VerifyLedger, leave: (left: readonly Verification[]) => void): Step {
  let old: Verification[] = [];
  const take = (): RecordBatch | null => {
    const batch = new Map(old.map((one) => [one.id, one]));
    old = [];
    if (batch.size === 0) return null;
    return {
      rows: [...batch.values()].map(({ id, version }) => ({ id, version, until: null })),
      cursor: null,
      write: (db, ids) =>
        writeVerifications(
          db,
          ids.flatMap((id) => batch.get(id) ?? []),
        ),
    };
  };
  return {
    name: "verify.old",
    rowsMax: RECORDED_MAX,
    due: (now, limit) => {
      old = [];
      return ledger.old(now, limit).map(({ id, read }) => ({ id, run: () => void old.push(read()) }));
    },
    nextAt: (_now, after) => {
      const { oldest } = ledger.next(after);
      return oldest === null ? null : recordedAt(timeOfId(oldest));
    },
    recording: {
      name: "verify.records",
      take,
      settle: ({ written }) => {
        if (written.length === 0) return;
        leave(ledger.asRead(written));
        ledger.remove(written);
      },
    },
  };
}
