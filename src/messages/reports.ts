/**
 * Applies carriers' reports in the tenant's object. A report is about one call: the callback's URL has the second of that call.
 * Late, repeated and unordered reports change nothing. Where each part of a long text has receipts, the message is undelivered as
 * soon as one part is, and delivered when all parts are, in whatever order the reports come.
 */
import { sha256Hex } from "../base/seal.ts";
import type { Report } from "../carriers/carrier.ts";
import { given } from "../contract/list.ts";
import { ENDED, type Attempt, type Message, type Price } from "./message.ts";
import { calledAt, end, LATE_RECEIPTS_MS, tellMoved, type DispatchDeps } from "./outcome.ts";

/**
 * Applies a carrier's reports; answers how many changed a state. A message that another account has counts as unknown.
 */
export function applyReports(deps: DispatchDeps, account: string, reports: readonly Report[]): number {
  let applied = 0;
  for (const report of reports) {
    const message = deps.ledger.get(report.message);
    const attempt = message === null ? null : attemptOf(message, account, report);
    if (message === null || attempt === null || ENDED.has(message.state) || !mayTell(attempt, report)) continue;
    if (isTooLate(message, deps.now())) continue;
    if (report.network !== undefined) deps.vault.seenOn(message.token, report.network);
    if (report.saidStop === true) deps.saidStop(message, account);
    const heard = { ...chargedBy(report, message), ...given({ network: report.network }) };
    const isOpen = message.state === "sending" && attempt.outcome === null;
    if (report.state === "delivered" && !isLastPart(message, attempt, report)) {
      applied += partDelivered(deps, message, attempt, report, heard);
      continue;
    }
    if (report.state === "undelivered" && isOpen)
      keepForAnswer(deps, message, attempt, { code: report.code, ...chargedBy(report, message) });
    else if (report.state === "sent") applied += sent(deps, message, attempt, heard);
    else if (end(deps, message, report.state, report.code, deps.now(), heard) !== null) applied += 1;
  }
  return applied;
}

/** Whether no report corrects it any more: its row may stay up to a minute longer, to be recorded with others. */
const isTooLate = (message: Message, now: number): boolean =>
  message.state === "sent" && message.endedAt !== null && now >= calledAt(message) + LATE_RECEIPTS_MS;

/** What a report says besides the state. */
type Heard = { price?: Price; network?: string };

function sent(deps: DispatchDeps, message: Message, { early }: Attempt, heard: Heard): number {
  // After its window an `unknown` message is corrected only by a final state; and `sent` does not follow `undelivered`.
  if (message.endedAt !== null || early !== undefined) return 0;
  const sentAt = message.sentAt ?? deps.now();
  const moved = deps.ledger.move(message, "sent", { lease: null, sentAt, dropText: true, reason: null, ...heard });
  tellMoved(deps, moved);
  return moved === null ? 0 : 1;
}

/** How many parts the text was sent in: those that the carrier named in its answer, else the segments counted here. */
function partsOf({ facts }: Message, { reference }: Attempt): number {
  return reference === undefined ? facts.segments : reference.split(",").length;
}

const nameOfPart = (part: string): string => sha256Hex(part).slice(0, 16);

/** Whether no other part is still to be delivered after this report. */
function isLastPart(message: Message, attempt: Attempt, { part }: Report): boolean {
  if (part === undefined) return true;
  return new Set([...(attempt.partsDelivered ?? []), nameOfPart(part)]).size >= partsOf(message, attempt);
}

/** Stores that a part was delivered, which proves that the carrier took the message. Answers whether a state changed. */
function partDelivered(deps: DispatchDeps, message: Message, attempt: Attempt, { part }: Report, heard: Heard): number {
  const known = attempt.partsDelivered ?? [];
  const name = nameOfPart(part ?? "");
  if (known.includes(name)) return 0;
  const noted = { ...attempt, partsDelivered: [...known, name] };
  const attempts = message.attempts.map((one) => (one === attempt ? noted : one));
  const amended = deps.ledger.amend(message, { attempts, ...heard });
  return amended === null ? 0 : sent(deps, amended, noted, {});
}

/**
 * Stores an `undelivered` report that came before the call's answer. If the answer is `declined`, another account may send the
 * message; otherwise the report is applied with the answer, or when the call is given up.
 */
function keepForAnswer(deps: DispatchDeps, message: Message, attempt: Attempt, early: Attempt["early"]): void {
  if (early === undefined || attempt.early !== undefined) return;
  deps.ledger.amend(message, { attempts: message.attempts.map((one) => (one === attempt ? { ...one, early } : one)) });
}

/** The call of this account that the report is about; null where it was never called. */
function attemptOf({ attempts }: Message, account: string, { called }: Report): Attempt | null {
  const own = attempts.filter(({ carrier, outcome }) => carrier === account && outcome !== "skipped");
  const named = own.findLast(({ at, second }) => called !== undefined && (second ?? secondOf(at)) === secondOf(called));
  return named ?? own.at(-1) ?? null;
}

/** The second of a time, as in a callback's URL. */
export const secondOf = (at: number): number => Math.floor(at / 1_000);

/**
 * Whether the report counts. After a call that was declined or throttled only `delivered` does: carriers send receipts also for what
 * they refused, and another call may be under way by then.
 */
function mayTell({ outcome }: Attempt, { state }: Report): boolean {
  return state === "delivered" || (outcome !== "declined" && outcome !== "throttled");
}

/** The whole text's price by a receipt; a price per part is multiplied by the number of parts. */
function chargedBy({ price, perPart }: Report, { facts }: Message): { price?: Price } {
  if (price === undefined) return {};
  return { price: perPart === true ? { ...price, amount: price.amount * facts.segments } : price };
}
