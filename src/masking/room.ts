/**
 * The face of masking: sessions and relay addresses, in which people text each other over virtual numbers.
 */
import { DAY_MS } from "../base/clock.ts";
import { randomBytes } from "../base/random.ts";
import type { Recorder } from "../contract/record.ts";
import type { Raised } from "../alerts/alert.ts";
import { room, type Ground } from "../contract/room.ts";
import { admitFor, type Sendable } from "../messages/admit.ts";
import type { Message } from "../messages/message.ts";
import type { MessagesDeps } from "../messages/verbs.ts";
import type { NumbersLedger } from "../numbers/ledger.ts";
import { judgeNumber } from "../policy/policy.ts";
import { countedAs } from "../risk/act.ts";
import type { Caps } from "../risk/caps.ts";
import { timesCaps } from "../risk/ledger.ts";
import { newestId } from "../storage/sql.ts";
import { Recipient } from "../vault/recipient.ts";
import type { EventType } from "../webhooks/event.ts";
import type { Leaving, MaskingDeps } from "./deps.ts";
import { questionAbout, settleIntercept, type Decision, type Question } from "./intercept.ts";
import { MaskingLedger } from "./ledger.ts";
import { noteLeg } from "./legs.ts";
import { AddressesLedger } from "./relays/ledger.ts";
import { addressVerbs, type AddressDeps } from "./relays/relays.ts";
import { settingsVerbs } from "./settings/verbs.ts";
import { maskingSteps } from "./steps.ts";
import { SESSIONS_KEPT_DAYS } from "./session.ts";
import { maskingVerbs } from "./verbs.ts";

export { askHook } from "./intercept.ts";

type Below = {
  audit: { record: Recorder };
  vault: {
    sealOwn: (record: string, field: string, text: string) => Uint8Array;
    openOwn: (record: string, field: string, sealed: Uint8Array) => string | null;
  };
  webhooks: {
    emit: (type: EventType, resource: string, data: unknown) => void;
    wanted: (type: EventType) => boolean;
  };
  alerts: { raise: (raised: Raised & { type: "alert.limit" }) => void };
  numbers: { ledger: NumbersLedger };
  messages: { deps: MessagesDeps };
};

/** As long as messages' records. */
const INTERACTIONS_KEPT_DAYS = 90;
/** Sessions read in one query. */
const SESSIONS_AT_ONCE = 1_000;
/** The sealing context of the hook's secret. */
const HOOK_SECRET = ["masking", "intercept-secret"] as const;

/** The room. */
export const maskingRoom = room({
  name: "masking",
  migrations: [
    {
      id: 1,
      up: (sql) => {
        MaskingLedger.migrate(sql);
        AddressesLedger.migrate(sql);
      },
    },
    {
      id: 2,
      up: [`CREATE TABLE intercepted(session TEXT PRIMARY KEY, set_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`],
    },
  ],
  open: ({ sql, soon }: Ground, below: Below) => {
    const { vault } = below;
    const ledger = new MaskingLedger(sql, soon);
    const addresses = new AddressesLedger(sql);
    const waiting: { id: string; session: string }[] = [];
    const isLasting = (number: string) => addresses.byNumber(number) !== null;
    const deps: AddressDeps = {
      ...depsOf(below, ledger),
      wait: (id, session) => void waiting.push({ id, session }),
      isLasting,
      addresses,
    };
    const seal = (text: string) => vault.sealOwn(...HOOK_SECRET, text);
    return {
      verbs: {
        ...maskingVerbs(deps),
        ...addressVerbs(deps),
        ...settingsVerbs({ ...deps, randomBytes, seal }),
      },
      steps: maskingSteps(deps),
      purges: [
        { name: "kept_texts", drop: (at: number, limit: number) => ledger.dropTexts(at, limit) },
        {
          name: "sessions",
          drop: (at: number, limit: number) => ledger.purgeSessions(at - SESSIONS_KEPT_DAYS * DAY_MS, limit),
        },
        {
          name: "interactions",
          drop: (at: number, limit: number) => ledger.purgeInteractions(at - INTERACTIONS_KEPT_DAYS * DAY_MS, limit),
        },
        { name: "answered", drop: (at: number, limit: number) => ledger.purgeAnswered(at, limit) },
      ],
      newestIds: () => [newestId(sql, "sessions"), newestId(sql, "interactions")],
      deps,
      isLasting,
      tokensInUse: () => tokensInUse(ledger, addresses),
      /** A message moved; if it carries an interaction, its leg is updated. */
      messageMoved: (message: Message): void => noteLeg(ledger, message),
      /** The interactions that have begun to wait for the hook since the last call of this. */
      takeWaiting: (): { id: string; session: string }[] => waiting.splice(0),
      /** The call of the hook about an interaction; null if it is no longer pending. */
      questionAbout: (id: string): Question | null =>
        questionAbout(deps, id, (sealed) => vault.openOwn(...HOOK_SECRET, sealed)),
      settleIntercept: (id: string, said: Decision | null): void => settleIntercept(deps, id, said),
    };
  },
});

/** The dependencies of the room's files, without those that the room itself holds. */
function depsOf(
  { audit, webhooks, alerts, numbers, messages }: Below,
  ledger: MaskingLedger,
): Omit<MaskingDeps, "wait" | "isLasting"> {
  const outbox = messages.deps;
  const { vault, ids, now, policy, environment } = outbox;
  const tally = (name: string, caps: Caps): boolean => {
    const within = outbox.caps.tally(keyed(name), caps, now());
    outbox.caps.flush();
    return within;
  };
  const keyed = (name: string) => countedAs(vault.keyedName("relayed", name));
  return {
    ledger,
    numbers: numbers.ledger,
    vault,
    ids,
    now,
    judge: (number) => judgeNumber(number, policy(), environment),
    naming: outbox.naming,
    send: (key, { to, about, by, scope, segmentsMax, always, ...leaving }) => {
      const recipient = Recipient.of(vault, to);
      if ("refused" in recipient) return recipient;
      const bySender = vault.keyedName("relayed", `${by}|${Buffer.from(recipient.index).toString("base64url")}`);
      const sending = {
        about,
        routes: [leaving.from.account],
        withhold: null,
        countedAs: bySender,
        ownNumber: true,
        ...(always === undefined ? {} : { always }),
        ...(segmentsMax === undefined ? {} : ({ segmentsMax, unscreened: true } as const)), // a person's
        ...(scope === undefined ? {} : { scope: { ...scope, name: keyed(scope.name) } }),
      } as const;
      return admitFor(outbox, key, recipient, textOf(leaving), sending);
    },
    tally: (name, times) => tally(name, timesCaps(policy().limits.recipient, times)),
    tallyDay: (name, most) => tally(name, { minute: most, hour: most, day: most }),
    emit: (type, resource, data) => {
      if (type !== "interaction.relayed" || webhooks.wanted(type)) webhooks.emit(type, resource, data); // saves a row a text
    },
    alert: (about, limit) =>
      alerts.raise({ type: "alert.limit", about, part: limit, facts: { limit, resource: about } }),
    record: audit.record,
    interceptPolicy: () => policy().intercept ?? "allowed",
  };
}

const textOf = ({ from, text }: Pick<Leaving, "from" | "text">): Sendable => ({
  from: from.e164,
  text,
  purpose: "service",
  reference: null,
  metadata: null,
  scheduleAt: null,
  expiresAt: null,
  ttlSeconds: null,
});

/** Tokens of people in open sessions and of relay addresses, whose contacts must not be purged however long they are idle. */
function* tokensInUse(ledger: MaskingLedger, addresses: AddressesLedger): Generator<string> {
  let after = "";
  for (;;) {
    const page = ledger.tokensInUse(after, SESSIONS_AT_ONCE);
    for (const { token } of page) yield token;
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.session;
  }
  yield* addresses.tokensInUse();
}
