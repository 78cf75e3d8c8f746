type Admitted = { purpose?: Purpose; lifeMs?: number; prices?: Price[]; segments?: number; scheduleAt?: number };

/**
 * The half of the dispatch path that lives in the tenant's object, over Node's SQLite: real ledger, real rules, a vault that opens
 * everything, and time that the test moves.
 */
import { messagesRoom } from "../../../src/messages/room.ts";
import { migrate } from "../../../src/storage/migrations.ts";
import type { Answer, Question, Report, Said } from "../../../src/carriers/carrier.ts";
import { IdMaker } from "../../../src/base/ids.ts";
import { QueueTracker } from "../../../src/messages/queue/queue-tracker.ts";
import { questions, takeInquiryAnswers } from "../../../src/messages/inquire.ts";
import { claim, settle } from "../../../src/messages/dispatch.ts";
import { applyReports } from "../../../src/messages/reports.ts";
import { MessagesLedger } from "../../../src/messages/ledger.ts";
import type { SweepDeps } from "../../../src/messages/sweep.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../src/risk/caps.ts";
import { CapsLedger } from "../../../src/risk/ledger.ts";
import { stateWord, type Message, type Price, type State } from "../../../src/messages/message.ts";
import type { Purpose } from "../../../src/sms/purpose.ts";
import { nodeSql } from "./node-sql.ts";
import { sweep, type Swept } from "./sweep.ts";

/** What the limits are asked about of everybody's number. */
export const PERSON = { index: new Uint8Array(32), block: "block", country: "GB", met: true };

const MANY = { minute: 100_000, hour: 100_000, day: 100_000 };

export const ROUTES = ["car_a", "car_b"];

export class Outbox {
  now = 1_795_000_000_000;
  /** How far the tenant's clock is ahead of real time. */
  aheadMs = 0;
  readonly sql = nodeSql();
  readonly ids = new IdMaker({ jurisdiction: "eu", code: "tttttttt" });
  readonly told: { id: string; state: State }[] = [];
  /** The same by the words of the events. */
  readonly stateWord: string[] = [];
  readonly dispatched: string[] = [];
  readonly asked: string[] = [];
  readonly stopped: string[] = [];
  readonly ledger: MessagesLedger;
  caps: CapsLedger;
  /** What a test does not speak of is unbounded. */
  limits: Limits = { ...DEFAULT_LIMITS, recipient: MANY, block: MANY };
  readonly deps: SweepDeps;
  queueTracker: QueueTracker;
  /** Accounts whose carrier is asked to forget, and what it was asked to. */
  readonly redacting = new Set<string>();
  readonly redacted: string[] = [];

  constructor() {
    migrate(this.sql, [messagesRoom]);
    CapsLedger.migrate(this.sql);
    this.caps = new CapsLedger(this.sql, (key) => key);
    this.ledger = new MessagesLedger(this.sql, this.ids.prefixOf("msg"), () => undefined);
    this.queueTracker = new QueueTracker(this.now);
    this.deps = {
      ledger: this.ledger,
      caps: { leave: (...about) => this.caps.leave(...about), flush: () => this.caps.flush() },
      policy: () => ({ limits: this.limits, countries: ["GB"] }),
      vault: { openNumber: () => "+447700900001", openText: () => "text", findToken: () => PERSON } as never,
      now: () => this.now,
      realNow: () => this.now - this.aheadMs,
      receiptUrl: () => "",
      tell: (message) => {
        this.told.push({ id: message.id, state: message.state });
        this.stateWord.push(stateWord(message));
      },
      dispatch: (_account, _lane, id) => void this.dispatched.push(id),
      ask: (_account, _lane, id) => void this.asked.push(id),
      saidStop: ({ id }, account) => void this.stopped.push(`${account} ${id}`),
      settled: () => undefined,
      hasStopped: () => false,
      hasStoppedSomebody: () => false,
      accountOf: () => null,
      redacts: (account) => this.redacting.has(account),
      redact: (account, reference) => void this.redacted.push(`${account} ${reference}`),
    };
  }

  /** A queued message, on the queue as admission leaves it. */
  admit({ purpose = "service", lifeMs = 3_600_000, prices, segments = 1, scheduleAt }: Admitted = {}): string {
    const id = this.ids.make("msg", this.now);
    const later = scheduleAt !== undefined;
    const message: Message = {
      id,
      state: later ? "scheduled" : "queued",
      version: 1,
      purpose,
      token: "tok",
      subject: "sub",
      account: later ? null : "car_a",
      facts: {
        batch: null,
        key: "key",
        sender: null,
        encoding: "gsm7",
        segments,
        country: "GB",
        kind: "drama",
        mask: "",
        scheduleAt: scheduleAt ?? null,
        expiresAt: (scheduleAt ?? this.now) + lifeMs,
        createdAt: this.now,
        routes: ROUTES,
        price: prices?.[0] ?? null,
        ...(prices === undefined ? {} : { prices }),
        note: false,
      },
      attempts: [],
      lease: null,
      due: scheduleAt ?? null,
      reason: null,
      sentAt: null,
      endedAt: null,
    };
    this.ledger.insert(message, new Uint8Array([1]), null);
    return id;
  }

  get(id: string): Message {
    const message = this.ledger.get(id);
    if (message === null) throw new Error(`${id} is gone`);
    return message;
  }

  claim(account: string, ...ids: string[]): { message: string; attempt: number }[] {
    this.queueTracker.claimed(ids, this.now);
    return claim(this.deps, account, ids);
  }

  /** A sender of an account whose carrier can be asked. */
  claimAskable(account: string, ...ids: string[]): { message: string; attempt: number }[] {
    this.queueTracker.claimed(ids, this.now);
    return claim(this.deps, account, ids, { canAsk: true });
  }

  questions(account: string, ...ids: string[]): Question[] {
    return questions(this.deps, account, ids);
  }

  hear(account: string, question: Question, said: Said): void {
    takeInquiryAnswers(this.deps, account, [{ ...question, said }]);
  }

  settle(message: string, attempt: number, answer: Answer): void {
    settle(this.deps, [{ message, attempt, answer, latencyMs: 1 }]);
  }

  report(account: string, message: string, state: Report["state"], over: Partial<Report> = {}): number {
    return applyReports(this.deps, account, [{ message, state, code: null, at: null, ...over }]);
  }

  /** Time passes. */
  pass(milliseconds: number): void {
    this.now += milliseconds;
  }

  /** The clock jumps: forward as a sandbox's does, which tells the ledger; back as a real one might, which tells nobody. */
  jump(milliseconds: number): void {
    this.now += milliseconds;
    if (milliseconds > 0) this.ledger.clockMoved(milliseconds);
  }

  /** The object restarts: what it remembered is gone, what it stored is there. */
  restart(): void {
    this.caps = new CapsLedger(this.sql, (key) => key);
    this.queueTracker = new QueueTracker(this.now);
  }

  sweep(): Swept {
    const swept = sweep(this.deps, this.queueTracker, this.now);
    if (swept.seenTo !== null) this.ledger.setSweptUpTo(swept.seenTo, "");
    return swept;
  }
}
