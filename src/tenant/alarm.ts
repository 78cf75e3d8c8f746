/**
 * One turn of a tenant's alarm, and when the next must be. Never throws: an alarm that throws is retried six times and then
 * gone, so whatever fails here is logged and tried again with the next turn.
 */
import { MINUTE_MS, SECOND_MS } from "../base/clock.ts";
import { timeOfId } from "../base/ids.ts";
import { nameOfError } from "../base/log.ts";
import { FIRST_LOOK_MS } from "../messages/ledger.ts";
import { look, LOOKS_MAX, type Turn } from "../messages/sweep.ts";
import type { Message } from "../messages/message.ts";
import { writeRecords } from "../messages/store.ts";
import type { TenantHost } from "./host.ts";
import type { TenantRooms } from "./rooms.ts";
import { writeVerifications } from "../verify/store.ts";
import { nextVerifyAt, verifyTurn } from "../verify/turn.ts";
import type { Verification } from "../verify/code/verification.ts";
import type { TenantParts } from "./parts.ts";

/** Deadlines that lie closer together than this share a turn: a turn for each would be an alarm for each. */
const TURN_GAP_MS = SECOND_MS;

/** First looks wait for one another this long: under load a message comes of age every millisecond, and a turn costs rows. */
const LOOKS_TOGETHER_MS = SECOND_MS;
/** An ended message whose record could not be written is looked at again after this. */
const RECORD_AGAIN_MS = MINUTE_MS;
/** A turn sees to two thousand messages: enough for whatever a sandbox holds, and an end for what should never happen. */
const TURNS_MAX = 100;

/** One tenant's alarm. */
export class TenantAlarm {
  readonly #host: TenantHost;
  readonly #parts: TenantParts;
  /** Begins what waits for the outside: a hook that hangs is waited for by its session alone. */
  readonly #runOutside: () => void;

  constructor(host: TenantHost, parts: TenantParts, runOutside: () => void) {
    this.#host = host;
    this.#parts = parts;
    this.#runOutside = runOutside;
  }

  /** Everything that is due, then the next alarm. Never throws. */
  async run(): Promise<void> {
    const host = this.#host;
    host.alarmCame();
    try {
      const rooms = await host.open();
      if (rooms === null) return;
      if (rooms === "locked") return host.comeAgain();
      const full = await this.#runOnce();
      const at = nextTurnAt(host.rooms());
      if (at !== null) host.armBy(full ? at : Math.max(at, host.rooms().now() + TURN_GAP_MS));
    } catch (error) {
      this.#parts.log({ level: "error", what: nameOfError(error), code: "turn_failed" });
      host.comeAgain();
    }
  }

  /** Runs until nothing is due, as after a sandbox's clock was moved; what a run puts on the queues goes its own way. */
  async runDue(): Promise<void> {
    for (let runs = 0; runs < TURNS_MAX; runs += 1) {
      await this.run();
      const rooms = this.#host.rooms();
      if ((nextTurnAt(rooms) ?? Infinity) > rooms.now()) return;
    }
  }

  /** Answers whether there was more to look at than one run takes. */
  async #runOnce(): Promise<boolean> {
    const host = this.#host;
    const parts = this.#parts;
    host.transaction((rooms) => rooms.runSandboxReceipts());
    host.transaction((rooms) => rooms.lines.run());
    this.#runOutside();
    writeRefusals(host);
    const looked = host.transaction((rooms) => look(rooms.conveyor, rooms.belt, rooms.now()));
    const old = host.transaction((rooms) => verifyTurn(rooms.verify));
    const owing = host.rooms().events.owing(host.rooms().now());
    const effects = host.takeEffects();
    const wake = [...new Set([...effects.wake, ...owing.endpoints.map((endpoint) => endpoint.id)])];
    // None waits for another: while no record can be written, messages leave, codes end and webhooks are told all the same.
    const done = await Promise.allSettled([
      parts.outside({ dispatch: effects.dispatch, wake }),
      recordMessages(host, parts, looked),
      recordVerifications(host, parts, old),
    ]);
    const failed = done.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return looked.looked >= LOOKS_MAX;
  }
}

/**
 * Ended messages become records and leave; those in doubt stay for what may still correct them. What cannot be recorded now is put
 * off, so that it stands before no living one.
 */
async function recordMessages(host: TenantHost, parts: TenantParts, { ended, kept, seenTo }: Turn): Promise<void> {
  const rows = ended.flatMap((id) => endedRow(host.rooms(), id));
  const doubts = kept.flatMap(({ id }) => endedRow(host.rooms(), id));
  const seen = (rooms: TenantRooms) => (seenTo === null ? undefined : rooms.messages.setLooked(seenTo));
  try {
    if (rows.length + doubts.length > 0) await writeRecords(parts.db, parts.tenantId, [...rows, ...doubts]);
  } catch (error) {
    host.transaction((rooms) => {
      rooms.messages.putOff([...ended, ...kept.map(({ id }) => id)], rooms.now() + RECORD_AGAIN_MS);
      seen(rooms);
    });
    throw error;
  }
  const messagesOf = (recorded: typeof rows) => recorded.map(({ message }) => message);
  host.transaction((rooms) => {
    rooms.messages.remove(messagesOf(rows), rooms.now());
    rooms.messages.keep(messagesOf(doubts), new Map(kept.map(({ id, until }) => [id, until])));
    seen(rooms);
  });
}

/** Verifications that have been here long enough become records. */
async function recordVerifications(host: TenantHost, parts: TenantParts, old: Verification[]): Promise<void> {
  if (old.length === 0) return;
  await writeVerifications(parts.db, parts.tenantId, old);
  host.transaction((rooms) => rooms.verify.ledger.remove(old));
}

function endedRow(rooms: TenantRooms, id: string): { message: Message; reference: Uint8Array | null }[] {
  const message = rooms.messages.get(id);
  return message === null ? [] : [{ message, reference: rooms.messages.referenceOf(id) }];
}

/** Refused credentials, in one entry for the whole minute. */
function writeRefusals(host: TenantHost): void {
  const counts = host.takeRefusals();
  if (Object.keys(counts).length === 0) return;
  host.transaction((rooms) =>
    rooms.enter({
      actor: { type: "system", id: "door" },
      act: "credential.refused",
      subject: null,
      facts: { reasons: counts },
    }),
  );
}

/** When the rooms next has something to do, on the tenant's clock; null when nothing is waiting. */
export function nextTurnAt(rooms: TenantRooms): number | null {
  const now = rooms.now();
  const { due, unseen } = rooms.messages.nextLook(rooms.messages.looked());
  const owing = rooms.events.owing(now);
  const at = [
    due,
    unseen === null ? null : Math.max(timeOfId(unseen) + FIRST_LOOK_MS, now + LOOKS_TOGETHER_MS),
    owing.nextAt,
    owing.endpoints.length > 0 ? now + FIRST_LOOK_MS : null,
    rooms.sandbox?.nextReceiptAt() ?? null,
    rooms.lines.nextAt(),
    nextVerifyAt(rooms.verify),
  ].filter((time) => time !== null);
  return at.length === 0 ? null : Math.min(...at);
}
