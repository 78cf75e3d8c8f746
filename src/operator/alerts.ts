/**
 * The operators' alerts in one jurisdiction, and the on-call service that is told of them by signed calls. What is to be told is a
 * row written with the alert; the object's alarm sends it, and tries again by the schedule of webhooks until it is taken.
 */
import { alertActs, AlertsLedger, alertView, nameOf, type Alert, type AlertType, type Raised } from "../alerts/room.ts";
import { isoOf, readClock, SECOND_MS } from "../base/clock.ts";
import { nameOfError, type Log } from "../base/log.ts";
import { randomBytes, randomFraction } from "../base/random.ts";
import type { Recorded } from "../contract/record.ts";
import type { FetchLike } from "../net/bounded.ts";
import { judgeResolved, judgeUrl, type Resolver, type UrlPolicy } from "../net/outside-url.ts";
import type { Operating } from "../rpc/operator.ts";
import type { Sql } from "../storage/sql.ts";
import { classifyAnswer, makeSecret, nextAttempt, postOnce, sign } from "../webhooks/room.ts";
import { OnCallLedger, type Waiting } from "./on-call.ts";
import type { OwnKey } from "./own-key.ts";

export type AlertsIo = { policy: UrlPolicy; resolve: Resolver; fetchLike: FetchLike };

type Deps = AlertsIo & {
  sql: Sql;
  own: OwnKey;
  transaction: <T>(act: () => T) => T;
  newId: (prefix: "alr" | "evt") => string;
  enter: (operator: Operating, entry: Recorded) => void;
  /** Whether what an open alert is about still holds; null: only time tells. */
  stillHolds: (alert: Alert) => Promise<boolean | null>;
  setAlarm: (at: number) => void;
  log: Log;
};

const TIMEOUT_MS = 10_000;
const SENT_MAX = 20;
const QUIET_MAX = 100;
/** Wait after a run that failed. */
const AGAIN_MS = 30 * SECOND_MS;
const SECRET = "on_call";

/** One jurisdiction's alerts of operators. */
export class OperatorAlerts {
  readonly #deps: Deps;
  readonly #alerts: AlertsLedger;
  readonly #onCall: OnCallLedger;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#alerts = new AlertsLedger(deps.sql);
    this.#onCall = new OnCallLedger(deps.sql);
  }

  /** What can be asked; `operator` is who asks. */
  acts(operator: Operating) {
    const enter = (_who: string, entry: Recorded) => this.#deps.enter(operator, entry);
    return alertActs({ alerts: this.#alerts, now: readClock, enter });
  }

  openCount(): number {
    return this.#alerts.openCount();
  }

  /** Something is wrong. */
  raise(raised: Raised): void {
    const { alert, told } = this.#alerts.raise(raised, () => this.#deps.newId("alr"), readClock());
    if (told) this.#tell(raised.type, alert);
    this.#arm();
  }

  /** The cause has ended. */
  close(of: { type: AlertType; about: string; part?: string }): void {
    this.#closed(this.#alerts.close(nameOf(of), "cause_ended", readClock()));
    this.#arm();
  }

  /** Where the on-call service is, without its secret; null where none is set. */
  onCall() {
    return this.#onCall.view();
  }

  /** Sets the on-call service; its new secret is in this answer and never again. */
  setOnCall(operator: Operating, url: string) {
    const secret = makeSecret(randomBytes);
    this.#onCall.set(url, this.#deps.own.seal(SECRET, "secret", secret), readClock());
    this.#deps.enter(operator, { act: "oncall.changed", subject: null, facts: { host: new URL(url).host } });
    return { ...this.#onCall.view(), url, secret };
  }

  /** Nobody is called any more; what waited to be told is dropped. */
  removeOnCall(operator: Operating): boolean {
    const removed = this.#onCall.remove();
    if (removed) this.#deps.enter(operator, { act: "oncall.removed", subject: null });
    return removed;
  }

  /** Deletes closed alerts that were kept long enough. */
  purge(limit: number): number {
    return this.#alerts.purge(readClock(), limit);
  }

  /** Closes what was quiet, sends what waits. Never throws: the next run is set whatever happens. */
  async run(): Promise<void> {
    const { transaction, log, setAlarm } = this.#deps;
    try {
      for (const id of this.#alerts.quiet(readClock(), QUIET_MAX)) await this.#judgeQuiet(id);
      for (const waiting of this.#onCall.due(readClock(), SENT_MAX)) await this.#send(waiting);
      transaction(() => this.#arm());
    } catch (error) {
      log({ level: "error", what: nameOfError(error), code: "alerts_failed" });
      setAlarm(readClock() + AGAIN_MS);
    }
  }

  /** An alert whose time is over: where what it is about still holds, it stays open. */
  async #judgeQuiet(id: string): Promise<void> {
    const alert = this.#alerts.get(id);
    if (alert === null) return;
    const holds = await this.#deps.stillHolds(alert);
    this.#deps.transaction(() => {
      if (holds === true) this.#alerts.keep(id, readClock());
      else this.#closed(this.#alerts.closeQuiet(id, holds === null ? "quiet" : "cause_ended", readClock()));
    });
  }

  async #send({ id, body, attempts }: Waiting): Promise<void> {
    const set = this.#onCall.get();
    const secret = set === null ? null : this.#deps.own.open(SECRET, "secret", set.secret);
    if (set === null || secret === null) return this.#onCall.drop(id);
    const url = await this.#callable(set.url);
    const now = readClock();
    const timestampSeconds = Math.floor(now / SECOND_MS);
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(timestampSeconds),
      "webhook-signature": sign({ id, timestampSeconds, body, secrets: [secret] }),
    };
    const { fetchLike, log } = this.#deps;
    const answer =
      url === null ? null : await postOnce({ url, headers, body, timeoutMs: TIMEOUT_MS, fetchLike, now: readClock });
    const { verdict, retryAfterSeconds } =
      answer !== null && "status" in answer
        ? classifyAnswer(answer.status, answer.retryAfter, now)
        : { verdict: "failed" as const, retryAfterSeconds: null };
    if (verdict === "delivered") return this.#onCall.drop(id);
    // Gone or not: whoever is on call has to hear of it, so only the schedule's end ends it.
    const outcome = verdict === "gone" ? "failed" : verdict;
    const next = nextAttempt({ attempt: attempts + 1, outcome, now, random: randomFraction(), retryAfterSeconds });
    log({ level: "error", what: "on_call", code: "on_call_not_told", count: attempts + 1 });
    if ("dueAt" in next) this.#onCall.putOff(id, attempts + 1, next.dueAt);
    else this.#onCall.drop(id);
  }

  async #callable(text: string): Promise<string | null> {
    const judged = judgeUrl(text, this.#deps.policy);
    if ("refused" in judged) return null;
    if (judged.url.kind !== "name") return judged.url.href;
    const addresses = judgeResolved(await this.#deps.resolve(judged.url.host));
    return "refused" in addresses ? null : judged.url.href;
  }

  #closed(alert: Alert | null): void {
    if (alert === null) return;
    const { id, type, count, closedBy } = alert;
    const facts = { type, count, why: closedBy };
    this.#deps.enter({ id: "alerts" }, { act: "alert.closed", subject: id, facts });
    this.#tell("alert.closed", alert);
  }

  #tell(type: string, alert: Alert): void {
    if (this.#onCall.get() === null) return;
    const now = readClock();
    const body = JSON.stringify({ type, timestamp: isoOf(now), data: { alert: alertView(alert) } });
    this.#onCall.put(this.#deps.newId("evt"), body, now);
  }

  #arm(): void {
    const times = [this.#alerts.nextAt(-1), this.#onCall.nextAt()].filter((at) => at !== null);
    if (times.length > 0) this.#deps.setAlarm(Math.max(readClock(), Math.min(...times)));
  }
}
