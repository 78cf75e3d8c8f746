/**
 * One turn of a tenant's alarm, and when the next must be. Never throws: an alarm that throws is retried six times and then
 * gone, so whatever fails here is logged and tried again with the next turn.
 */
import { MINUTE_MS, SECOND_MS } from "./base/clock.ts";
import { timeOfId } from "./base/ids.ts";
import { nameOfError } from "./base/log.ts";
import { FIRST_LOOK_MS } from "./messages/ledger.ts";
import { look, LOOKS_MAX, type Turn } from "./messages/look.ts";
import type { Message } from "./messages/message.ts";
import { writeRecords } from "./messages/store.ts";
import { runIntercepts } from "./tenant.intercept.ts";
import { runLeases } from "./tenant.lease.ts";
import type { TenantHome } from "./tenant.home.ts";
import type { TenantMind } from "./tenant.mind.ts";
import { writeVerifications } from "./verify/store.ts";
import { nextVerifyAt, verifyTurn } from "./verify/turn.ts";
import type { Verification } from "./verify/verification.ts";
import type { TenantParts } from "./wiring.ts";

/** Deadlines that lie closer together than this share a turn: a turn for each would be an alarm for each. */
const TURN_GAP_MS = SECOND_MS;

/** First looks wait for one another this long: under load a message comes of age every millisecond, and a turn costs rows. */
const LOOKS_TOGETHER_MS = SECOND_MS;
/** An ended message whose record could not be written is looked at again after this. */
const RECORD_AGAIN_MS = MINUTE_MS;
/** A turn sees to two thousand messages: enough for whatever a sandbox holds, and an end for what should never happen. */
const TURNS_MAX = 100;

/** Everything that is due, then the next alarm. */
export async function runTurn(home: TenantHome, parts: TenantParts): Promise<void> {
  home.alarmCame();
  try {
    const mind = await home.open();
    if (mind === null) return;
    if (mind === "locked") return home.comeAgain();
    const full = await turn(home, parts);
    const at = nextTurnAt(home.mind());
    if (at !== null) home.armBy(full ? at : Math.max(at, home.mind().now() + TURN_GAP_MS));
  } catch (error) {
    parts.log({ level: "error", what: nameOfError(error), code: "turn_failed" });
    home.comeAgain();
  }
}

/** Turns until nothing is due, as after a sandbox's clock was moved; what a turn puts on the belt goes its own way. */
export async function runDue(home: TenantHome, parts: TenantParts): Promise<void> {
  for (let turns = 0; turns < TURNS_MAX; turns += 1) {
    await runTurn(home, parts);
    const mind = home.mind();
    if ((nextTurnAt(mind) ?? Infinity) > mind.now()) return;
  }
}

/** Answers whether there was more to look at than one turn takes. */
async function turn(home: TenantHome, parts: TenantParts): Promise<boolean> {
  home.transaction((mind) => mind.runSandboxReceipts());
  home.transaction((mind) => mind.lines.run());
  void runIntercepts(home, parts); // a hook that hangs is waited for by its session alone
  void runLeases(home, parts); // a rotation by schedule may have found a pool short
  writeRefusals(home);
  const looked = home.transaction((mind) => look(mind.conveyor, mind.belt, mind.now()));
  const old = home.transaction((mind) => verifyTurn(mind.verify));
  const owing = home.mind().events.owing(home.mind().now());
  const after = home.after();
  const wake = [...new Set([...after.wake, ...owing.endpoints.map((endpoint) => endpoint.id)])];
  // None waits for another: while no record can be written, messages leave, codes end and webhooks are told all the same.
  const done = await Promise.allSettled([
    parts.outside({ dispatch: after.dispatch, wake }),
    recordMessages(home, parts, looked),
    recordVerifications(home, parts, old),
  ]);
  const failed = done.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return looked.looked >= LOOKS_MAX;
}

/**
 * Ended messages become records and leave; those in doubt stay for what may still correct them. What cannot be recorded now is put
 * off, so that it stands before no living one.
 */
async function recordMessages(home: TenantHome, parts: TenantParts, { ended, kept, seenTo }: Turn): Promise<void> {
  const rows = ended.flatMap((id) => endedRow(home.mind(), id));
  const doubts = kept.flatMap(({ id }) => endedRow(home.mind(), id));
  const seen = (mind: TenantMind) => (seenTo === null ? undefined : mind.messages.setLooked(seenTo));
  try {
    if (rows.length + doubts.length > 0) await writeRecords(parts.db, parts.tenantId, [...rows, ...doubts]);
  } catch (error) {
    home.transaction((mind) => {
      mind.messages.putOff([...ended, ...kept.map(({ id }) => id)], mind.now() + RECORD_AGAIN_MS);
      seen(mind);
    });
    throw error;
  }
  const messagesOf = (recorded: typeof rows) => recorded.map(({ message }) => message);
  home.transaction((mind) => {
    mind.messages.remove(messagesOf(rows), mind.now());
    mind.messages.keep(messagesOf(doubts), new Map(kept.map(({ id, until }) => [id, until])));
    seen(mind);
  });
}

/** Verifications that have been here long enough become records. */
async function recordVerifications(home: TenantHome, parts: TenantParts, old: Verification[]): Promise<void> {
  if (old.length === 0) return;
  await writeVerifications(parts.db, parts.tenantId, old);
  home.transaction((mind) => mind.verify.ledger.remove(old));
}

function endedRow(mind: TenantMind, id: string): { message: Message; reference: Uint8Array | null }[] {
  const message = mind.messages.get(id);
  return message === null ? [] : [{ message, reference: mind.messages.referenceOf(id) }];
}

/** Refused credentials, in one entry for the whole minute. */
function writeRefusals(home: TenantHome): void {
  const counts = home.takeRefusals();
  if (Object.keys(counts).length === 0) return;
  home.transaction((mind) =>
    mind.enter({
      actor: { type: "system", id: "door" },
      act: "credential.refused",
      subject: null,
      facts: { reasons: counts },
    }),
  );
}

/** When the mind next has something to do, on the tenant's clock; null when nothing is waiting. */
export function nextTurnAt(mind: TenantMind): number | null {
  const now = mind.now();
  const { due, unseen } = mind.messages.nextLook(mind.messages.looked());
  const owing = mind.events.owing(now);
  const at = [
    due,
    unseen === null ? null : Math.max(timeOfId(unseen) + FIRST_LOOK_MS, now + LOOKS_TOGETHER_MS),
    owing.nextAt,
    owing.endpoints.length > 0 ? now + FIRST_LOOK_MS : null,
    mind.sandbox?.nextReceiptAt() ?? null,
    mind.lines.nextAt(),
    nextVerifyAt(mind.verify),
  ].filter((time) => time !== null);
  return at.length === 0 ? null : Math.min(...at);
}
