/**
 * The face of messages: the outbox, from admission to receipt and record.
 */
import { callbackMac, type DoorKeys, type Environment } from "../access/api-key.ts";
import { DAY_MS, SECOND_MS } from "../base/clock.ts";
import { timeOfId, ulidTime } from "../base/ids.ts";
import { randomFraction } from "../base/random.ts";
import type { Question, Report } from "../carriers/carrier.ts";
import type { AccountNews, Claimed, Onward, Settlement } from "../carriers/sender/sender.ts";
import type { ConsentLedger } from "../consent/ledger.ts";
import type { Said, Speaker } from "../consent/verbs.ts";
import type { Actor, Recorder } from "../contract/record.ts";
import { room, type Ground, type RecordBatch, type Step } from "../contract/room.ts";
import type { Policy } from "../policy/policy.ts";
import type { BudgetsLedger } from "../risk/budgets/ledger.ts";
import type { CapsLedger } from "../risk/ledger.ts";
import type { Held } from "../quarantine/ledger.ts";
import type { ScreenInput, ScreenOutcome } from "../quarantine/room.ts";
import type { Direction, Label } from "../screening/policy.ts";
import { laneOf, STOPPABLE, type Lane } from "../sms/purpose.ts";
import { RECORDS_KEPT_DAYS } from "../storage/records.ts";
import { newestId } from "../storage/sql.ts";
import type { Counted } from "../stats/figures.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { Naming } from "../vault/naming.ts";
import type { EventType } from "../webhooks/event.ts";
import { claim, reroute, settle } from "./dispatch.ts";

import { takeInquiryAnswers, questions, type InquiryAnswer } from "./inquire.ts";
import { FIRST_SWEEP_MS, MessagesLedger } from "./ledger.ts";
import { BUDGET_REASON, ENDED, RELEASED, stateWord, viewOf, type Message, type Price } from "./message.ts";
import { chargeOf } from "./money/charge.ts";
import type { BudgetsDesk } from "./money/spend.ts";
import type { QueueTracker } from "./queue/queue-tracker.ts";
import { queueCodesAtWake, requeueCodes } from "./queue/waiting-codes.ts";
import { end } from "./outcome.ts";
import { applyReports } from "./reports.ts";
import { countedOf } from "./records/figures.ts";
import { countRecords, purgeRecords, writeRecords } from "./records/store.ts";
import { dueMessages, SWEEP_MAX, type Found } from "./sweep.ts";
import { messagesVerbs, type MessagesDeps } from "./verbs.ts";

export { QueueTracker } from "./queue/queue-tracker.ts";
export { WAITING_CODES_CHECK_MS } from "./queue/waiting-codes.ts";
export type { InquiryAnswer } from "./inquire.ts";

type MessagesGround = Ground & {
  policy: () => Policy;
  environment: Environment;
  door: DoorKeys;
  publicUrl: () => string;
  accountOf: MessagesDeps["accountOf"];
  redacts: MessagesDeps["redacts"];
  /** Tracks the queue since the object woke; kept when the rooms are rebuilt after a failed transaction. */
  queueTracker: QueueTracker;
  /** Puts a job on the queue after this transaction has committed. */
  queue: (job: { account: string; lane: Lane; task?: "ask" | "redact" }, id: string) => void;
  /** Called when a message moved, before its event is emitted. */
  moved: (message: Message) => void;
};
type Below = {
  audit: { record: Recorder };
  vault: { ledger: VaultLedger; naming: Naming };
  webhooks: {
    emit: (type: EventType, resource: string, data: unknown) => void;
    wanted: (type: EventType) => boolean;
  };
  risk: { caps: CapsLedger; budgets: Budgets };
  consent: { ledger: ConsentLedger; say: (actor: Actor, speaker: Speaker, said: Said) => void };
  sandbox: { applyReceipts: () => void };
  quarantine: {
    screen: (text: ScreenInput) => ScreenOutcome;
    add: (held: Omit<Held, "heldAt" | "decidedAt">) => void;
    settled: (id: string, state: "passed" | "ended") => void;
    tell: (type: "message.screened" | "inbound.screened", id: string, direction: Direction, label: Label) => void;
  };
  stats: { count: CountFigures };
};

type Budgets = BudgetsDesk & { ledger: Pick<BudgetsLedger, "book">; noteCost: (price: Price) => void };

/** Counts what leaves; answers the open counts, which must be saved in the same transaction. */
type CountFigures = (counted: readonly Counted[]) => string;

/** First sweeps are gathered for this long: under load one is due every millisecond, and each run costs rows. */
const SWEEPS_TOGETHER_MS = SECOND_MS;
/** Final states, whose events are stored whether or not an endpoint subscribes to them. */
const ALWAYS_EMITTED: ReadonlySet<string> = new Set(["unknown", "unconfirmed", ...ENDED]);

/** The room. */
export const messagesRoom = room({
  name: "messages",
  migrations: [
    { id: 1, up: (sql) => MessagesLedger.migrate(sql) },
    { id: 2, up: [`ALTER TABLE conveyor RENAME TO sweep`, `UPDATE sweep SET name = 'up_to' WHERE name = 'looked'`] },
    { id: 3, up: [`ALTER TABLE sweep ADD COLUMN figures TEXT NOT NULL DEFAULT ''`] },
  ],
  open: (ground: MessagesGround, below: Below) => {
    const { sql, ids, soon, now, realNow, queueTracker } = ground;
    const { budgets } = below.risk;
    const ledger = new MessagesLedger(sql, ids.prefixOf("msg"), soon, (before, after) => {
      budgets.ledger.book(before === null ? null : chargeOf(before), chargeOf(after));
      if (after.state === "queued" && before?.state !== "queued" && after.facts.price !== null)
        budgets.noteCost(after.facts.price);
    });
    const deps = depsOf(ground, below, ledger);
    const recordsBefore = (at: number) =>
      ids.prefixOf("msg") + ulidTime(Math.max(0, at - RECORDS_KEPT_DAYS[ground.environment] * DAY_MS));
    return {
      verbs: messagesVerbs(deps),
      steps: [sweepOf(deps, queueTracker, below.stats.count)],
      purges: [
        { name: "notes", drop: (at: number, limit: number) => ledger.dropNotes(at, limit) },
        {
          name: "records",
          dropRecords: (db: RecordsDb, tenant: string, at: number, limit: number) =>
            purgeRecords(db, tenant, recordsBefore(at), limit),
          countRecords,
        },
      ],
      // Also the sweep's cursor, because its row may have been removed.
      newestIds: () => [newestId(sql, "messages"), ledger.sweptUpTo() === "" ? null : ledger.sweptUpTo()],
      deps,
      ...heldFace(deps),
      /** The open counts of the figures, as they were saved last. */
      openFigures: (): string => ledger.openFigures(),
      saveFigures: (open: string): void => ledger.setSweptUpTo(ledger.sweptUpTo(), open),
      /** What figures count of messages that live. */
      figures: (from: number, to: number, limit: number): Counted[] => ledger.between(from, to, limit).map(countedOf),
      oldestId: (): string | null => ledger.oldestId(),
      claim: (account: string, claimed: readonly string[], news: AccountNews): Claimed[] => {
        queueTracker.claimed(claimed, now());
        queueTracker.codes.claimed(account, claimed, realNow());
        return claim(deps, account, claimed, news);
      },
      reroute: (account: string, rerouted: readonly string[]): Onward[] => reroute(deps, account, rerouted),
      /** A sender could not process these; they are on the queue again. */
      handedBack: (returned: readonly string[], waitMs: number): void => {
        queueTracker.handedBack(returned, waitMs, now());
        queueTracker.codes.handedBack(returned, waitMs, realNow());
      },
      /** Puts codes on the queue again that were lost on it. Writes no row. */
      requeueCodes: (): void => requeueCodes(deps, queueTracker.codes, realNow()),
      /** Puts every waiting code on the queue when the object wakes. Writes no row. */
      queueCodesAtWake: (): void => queueCodesAtWake(deps, now()),
      settle: (settlements: readonly Settlement[]): Onward[] => settle(deps, settlements),
      applyReports: (account: string, reports: readonly Report[]): number => applyReports(deps, account, reports),
      questions: (account: string, asked: readonly string[]): Question[] => questions(deps, account, asked),
      takeInquiryAnswers: (account: string, answers: readonly InquiryAnswer[]): void =>
        takeInquiryAnswers(deps, account, answers),
      lookAgainAtBudgets: (): void => ledger.lookAgain(BUDGET_REASON, now()),
      /** The sandbox's clock was moved: calls under way keep their remaining time. */
      clockMoved: (milliseconds: number): void => ledger.clockMoved(milliseconds),
    };
  },
});

/** What is done with a message that is held, once somebody has decided. */
function heldFace(deps: MessagesDeps) {
  const held = (id: string): Message | null => {
    const message = deps.ledger.get(id);
    return message?.state === "held" ? message : null;
  };
  return {
    readHeld: (id: string): string | null => {
      const whole = deps.ledger.getWhole(id);
      if (whole === null || whole.sealed === null) return null;
      return deps.vault.openText(whole.message.subject, id, "text", whole.sealed);
    },
    /** The next run of the alarm queues it, at its own time and within the limits, as it does with what was scheduled. */
    releaseHeld: (id: string): void => {
      const message = held(id);
      if (message !== null) deps.ledger.amend(message, { reason: RELEASED, due: deps.now() });
    },
    blockHeld: (id: string): void => {
      const message = held(id);
      if (message !== null) end(deps, message, "blocked", "screened", deps.now());
    },
  };
}

type RecordsDb = Parameters<typeof purgeRecords>[0];

/** The dependencies of the room's own files. */
function depsOf(ground: MessagesGround, below: Below, ledger: MessagesLedger): MessagesDeps {
  const { ids, now, realNow, policy, environment, door, publicUrl, accountOf, redacts, queue, moved, queueTracker } =
    ground;
  const { audit, vault, webhooks, risk, consent, sandbox, quarantine } = below;
  const tell = (message: Message): void => {
    moved(message);
    if (message.facts.screening !== undefined && message.state !== "held") quarantine.settled(message.id, "ended");
    const word = stateWord(message);
    const type: EventType = `message.${word}`;
    if (!ALWAYS_EMITTED.has(word) && !webhooks.wanted(type)) return;
    const { reference: _reference, metadata: _metadata, ...shown } = viewOf(message, null); // free fields may hold anything
    webhooks.emit(type, message.id, { message: shown });
  };
  return {
    ledger,
    vault: vault.ledger,
    naming: vault.naming,
    caps: risk.caps,
    budgets: risk.budgets,
    ids,
    now,
    realNow,
    policy,
    environment,
    accountOf,
    redacts,
    draw: randomFraction,
    screen: quarantine.screen,
    quarantine: quarantine.add,
    tellScreened: (id, label) => quarantine.tell("message.screened", id, "outbound", label),
    hasStopped: (who, purpose, sender) => consent.ledger.hasStopped(who, purpose, sender),
    hasStoppedSomebody: (who, purpose) => consent.ledger.hasStoppedSomebody(who, purpose),
    saidStop: (message, account) => withdraw(ground, below, message, account),
    record: audit.record,
    tell,
    dispatch: (account, lane, id) => {
      queue({ account, lane }, id);
      if (lane === "otp") queueTracker.codes.put(id, account, realNow());
    },
    ask: (account, lane, id) => queue({ account, lane, task: "ask" }, id),
    redact: (account, reference) => queue({ account, lane: "bulk", task: "redact" }, reference),
    settled: () => sandbox.applyReceipts(),
    receiptUrl: (account, message, called) => {
      const mac = callbackMac(door, account, message, called);
      return `${publicUrl()}/carriers/${account}/receipts/${message}.${mac}`;
    },
  };
}

/** The sweep as a step of the alarm, and how the ended messages it finds are recorded. */
function sweepOf(deps: MessagesDeps, queueTracker: QueueTracker, count: CountFigures): Step {
  const { ledger } = deps;
  let found: Found = { rows: [], seenTo: null };
  const take = (): RecordBatch | null => {
    const { rows, seenTo } = found;
    found = { rows: [], seenTo: null };
    if (rows.length === 0 && seenTo === null) return null;
    const ended = new Map(
      rows.map(({ message }) => [message.id, { message, reference: ledger.referenceOf(message.id) }]),
    );
    return {
      rows: rows.map(({ message: { id, version }, until }) => ({ id, version, until })),
      cursor: seenTo,
      write: (db, ids) =>
        writeRecords(
          db,
          ids.flatMap((id) => ended.get(id) ?? []),
        ),
    };
  };
  return {
    name: "messages.sweep",
    rowsMax: SWEEP_MAX,
    due: (now, limit) => dueMessages(deps, queueTracker, now, limit, (found = { rows: [], seenTo: null })),
    nextAt: (now, after) => {
      const { due, unseen } = ledger.nextSweep(ledger.sweptUpTo(), after);
      if (unseen === null) return due;
      return Math.min(due ?? Infinity, Math.max(timeOfId(unseen) + FIRST_SWEEP_MS, now + SWEEPS_TOGETHER_MS));
    },
    putOff: (id, until) => ledger.setDue(id, until),
    recording: {
      name: "messages.records",
      take,
      settle: ({ written, left, again, cursor }) => {
        const kept = written.flatMap(({ until, ...row }) => (until === null ? [] : [{ ...row, until }]));
        const gone = written.filter(({ until }) => until === null);
        if (gone.length > 0 || cursor !== null) {
          // Counted where they leave: exactly once, whatever was killed between their record and this.
          const open = count(ledger.asRead(gone).map(countedOf));
          ledger.setSweptUpTo(cursor ?? ledger.sweptUpTo(), open);
        }
        if (gone.length > 0) ledger.remove(gone, deps.now());
        ledger.keep(kept);
        ledger.putOff(
          left.map(({ id }) => id),
          again,
        );
      },
    },
  };
}

/** Records a stop that the carrier reported, unless it is in force already. If the sender is not known, it is a stop to all. */
function withdraw(ground: MessagesGround, below: Below, { token, purpose, facts }: Message, account: string): void {
  const { ledger: consents, say } = below.consent;
  const contact = below.vault.ledger.findToken(token);
  if (contact === null) return; // erased meanwhile
  const { index: who, mask, country } = contact;
  const sender = facts.sender ?? ground.accountOf(account, { lane: laneOf(purpose), network: null })?.sender ?? null;
  const purposes = STOPPABLE.filter((each) => !consents.hasStopped(who, each, sender));
  say(
    { type: "carrier", id: account },
    { who, mask, country },
    { purposes, sender, standing: "withdrawn", source: "carrier", wording: null, saidAt: ground.now() },
  );
}
