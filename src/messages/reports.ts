/**
 * What carriers report of messages, in the tenant's object. A report speaks of one call: its address tells the second in which
 * that call was made. Late, repeated and unordered ones change nothing. Where each part of a long text has receipts of its own, the
 * message is undelivered as soon as one part is, and delivered when all of them are: one state, whatever the order.
 */
import { sha256Hex } from "../base/seal.ts";
import type { Report } from "../carriers/carrier.ts";
import { given } from "../contract/list.ts";
import { ENDED, type Attempt, type Message, type Price } from "./message.ts";
import { end, tellMoved, type DispatchDeps } from "./outcome.ts";

/**
 * Applies a carrier's reports. A message of another account's looks like an unknown one. Answers how many changed a state.
 */
export function applyReports(deps: DispatchDeps, account: string, reports: readonly Report[]): number {
  let applied = 0;
  for (const report of reports) {
    const message = deps.ledger.get(report.message);
    const attempt = message === null ? null : attemptOf(message, account, report);
    if (message === null || attempt === null || ENDED.has(message.state) || !mayTell(attempt, report)) continue;
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

/** What a report says besides the state. */
type Heard = { price?: Price; network?: string };

function sent(deps: DispatchDeps, message: Message, { early }: Attempt, heard: Heard): number {
  // A doubt that has ended is corrected only by how it ended; and what was undelivered before is not on its way again.
  if (message.endedAt !== null || early !== undefined) return 0;
  const sentAt = message.sentAt ?? deps.now();
  const moved = deps.ledger.move(message, "sent", { lease: null, sentAt, dropText: true, reason: null, ...heard });
  tellMoved(deps, moved);
  return moved === null ? 0 : 1;
}

/** How many parts the text was sent in: as many as the carrier named in its answer, else as we counted. */
function partsOf({ facts }: Message, { reference }: Attempt): number {
  return reference === undefined ? facts.segments : reference.split(",").length;
}

const nameOfPart = (part: string): string => sha256Hex(part).slice(0, 16);

/** Whether no other part is still to be delivered after this report. */
function isLastPart(message: Message, attempt: Attempt, { part }: Report): boolean {
  if (part === undefined) return true;
  return new Set([...(attempt.partsDelivered ?? []), nameOfPart(part)]).size >= partsOf(message, attempt);
}

/** Notes a part that was delivered; the carrier surely has the others. Answers whether a state changed. */
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
 * The report was faster than the call's answer. If that says declined, the text was refused at the door and another account may
 * take it; else the report counts, when the answer is here or the call is given up.
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

/** The second of a time, as a callback's address has it. */
export const secondOf = (at: number): number => Math.floor(at / 1_000);

/**
 * Whether the word counts: not where the carrier itself said of that call that it has not taken it. Carriers send a receipt even
 * for what they refused, and by then another call may be out; only that the text did arrive counts then.
 */
function mayTell({ outcome }: Attempt, { state }: Report): boolean {
  return state === "delivered" || (outcome !== "declined" && outcome !== "throttled");
}

/** What a receipt says of the whole text's price: where it speaks of one part, as many times that as there are parts. */
function chargedBy({ price, perPart }: Report, { facts }: Message): { price?: Price } {
  if (price === undefined) return {};
  return { price: perPart === true ? { ...price, amount: price.amount * facts.segments } : price };
}
