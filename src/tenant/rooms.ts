/**
 * The rooms of one tenant: their list with floors, their ground, and what lower rooms need of higher ones. Built when
 * the object wakes and rebuilt after a failed transaction, so that memory never disagrees with storage. Holds no rules;
 * those are in the rooms.
 */
import { alertsRoom } from "../alerts/room.ts";
import type { Environment } from "../access/api-key.ts";
import { accessRoom } from "../access/room.ts";
import type { Refusal } from "../base/refusal.ts";
import type { Report } from "../carriers/carrier.ts";
import { auditRoom } from "../audit/room.ts";
import { readClock } from "../base/clock.ts";
import { IdMaker, timeOfId } from "../base/ids.ts";
import { consentRoom } from "../consent/room.ts";
import { RoomList, type Ground, type PurgeClass, type RoomFace, type RoomsOf, type Step, type VerbsOf } from "../contract/room.ts"; // prettier-ignore
import { inboundRoom } from "../inbound/room.ts";
import { jobsRoom } from "../jobs/room.ts";
import { maskingRoom } from "../masking/room.ts";
import { messagesRoom } from "../messages/room.ts";
import type { Message } from "../messages/message.ts";
import { numbersRoom } from "../numbers/room.ts";
import { quarantineRoom } from "../quarantine/room.ts";
import type { HeldTexts } from "../quarantine/verbs.ts";
import { policyRoom, judgeNumber } from "../policy/room.ts";
import { riskRoom } from "../risk/room.ts";
import type { Effects } from "../rpc/effects.ts";
import { sandboxRoom } from "../sandbox/room.ts";
import type { Counted, Kind } from "../stats/figures.ts";
import { statsRoom } from "../stats/room.ts";
import { vaultRoom } from "../vault/room.ts";
import type { CountNaming } from "../vault/naming.ts";
import { verifyRoom } from "../verify/room.ts";
import { webhooksRoom } from "../webhooks/room.ts";
import { EffectsGathered } from "./effects.ts";
import type { RoomsDeps } from "./parts.ts";

/** Every room with its floor, in the order of building and purging. A new room is one more line here. */
export const ROOMS = RoomList.over<TenantGround>()
  .add(4, auditRoom)
  .add(4, vaultRoom)
  .add(4, accessRoom)
  .add(4, webhooksRoom)
  .add(4, alertsRoom)
  .add(4, numbersRoom)
  .add(5, jobsRoom)
  .add(5, riskRoom)
  .add(5, consentRoom)
  .add(5, statsRoom)
  .add(6, policyRoom)
  .add(6, sandboxRoom)
  .add(6, quarantineRoom)
  .add(7, messagesRoom)
  .add(8, verifyRoom)
  .add(8, maskingRoom)
  .add(9, inboundRoom);

export type Rooms = RoomsOf<typeof ROOMS>;

/** What lower rooms need of higher ones. */
type FromAbove = {
  /** Counts a number that a key names. */
  countNaming: CountNaming;
  /** Tokens in use, whose numbers must not be deleted even after long inactivity. */
  tokensInUse: () => Iterable<string>;
  /** Whether the virtual number is a relay address's. */
  isLasting: (number: string) => boolean;
  /** A person of the sandbox texts a virtual number. */
  answer: (from: string, to: string, text: string) => string;
  /** Reads, releases and blocks a text that is held. */
  held: HeldTexts;
  /** The sandbox's carrier reports on a message. */
  report: (account: string, report: Report) => void;
  /** A budget has more room, or is gone: texts that wait for one are looked at again. */
  budgetsLoosened: () => void;
  /** The figures' open counts, as they were saved last. */
  openFigures: () => string;
  /** What figures count of what lives, newest first. */
  liveFigures: (kind: Kind, from: number, to: number, limit: number) => readonly Counted[];
  /** When the oldest of that was accepted; Infinity where nothing lives. */
  oldestLive: () => number;
  /** A message changed state: notifies the room that sent it. */
  moved: (message: Message) => void;
};

type TenantGround = Ground &
  FromAbove &
  Omit<RoomsDeps, "record" | "clockOffset"> & {
    environment: Environment;
    tenantId: string;
    tenantName: string;
    /** Days after which an unused number is deleted, unless it is marked as kept. */
    forgetAfterDays: () => number;
    /** Whether the tenant may text such a number at all. */
    judge: (number: Parameters<typeof judgeNumber>[0]) => Refusal | null;
    /** Wakes an endpoint's delivery once the running transaction is durable. */
    wake: (endpoint: string) => void;
    /** Leaves a job that is put on the queues once the running transaction is durable. */
    queue: EffectsGathered["put"];
  };

/** Whether a held text is a message; any other came in. */
const isOfOutbox = (id: string): boolean => id.startsWith("msg_");

/** These functions may only be called after all rooms are built. */
function fromAbove(rooms: () => Rooms): FromAbove {
  return {
    countNaming: {
      texts: (key, recipient) => rooms().risk.naming.texts(key, recipient),
      codes: (key, recipient) => rooms().risk.naming.codes(key, recipient),
    },
    tokensInUse: () => rooms().masking.tokensInUse(),
    isLasting: (number) => rooms().masking.isLasting(number),
    answer: (from, to, text) => rooms().inbound.answer(from, to, text),
    held: {
      read: (id) => (isOfOutbox(id) ? rooms().messages.readHeld(id) : rooms().inbound.readHeld(id)),
      release: (id) => (isOfOutbox(id) ? rooms().messages.releaseHeld(id) : rooms().inbound.releaseHeld(id)),
      block: (id) => (isOfOutbox(id) ? rooms().messages.blockHeld(id) : rooms().inbound.blockHeld(id)),
    },
    report: (account, report) => void rooms().messages.applyReports(account, [report]),
    budgetsLoosened: () => rooms().messages.lookAgainAtBudgets(),
    openFigures: () => rooms().messages.openFigures(),
    liveFigures: (kind, from, to, limit) =>
      (kind === "messages" ? rooms().messages : rooms().verify).figures(from, to, limit),
    oldestLive: () => {
      const ids = [rooms().messages.oldestId(), rooms().verify.oldestId()].filter((id) => id !== null);
      return Math.min(...ids.map(timeOfId));
    },
    moved: (message) => {
      rooms().masking.messageMoved(message);
      rooms().verify.messageMoved(message);
    },
  };
}

/** The rooms of one tenant, joined. */
export class TenantRooms {
  readonly ids: IdMaker;
  /** Each room's face, by name. */
  readonly room: Rooms;
  readonly verbs: VerbsOf<Rooms>;
  readonly steps: readonly Step[];
  readonly purges: readonly PurgeClass[];
  readonly #faces: readonly RoomFace[];
  readonly #deps: RoomsDeps;
  readonly #effects = new EffectsGathered();
  #soonest = Infinity;

  constructor(deps: RoomsDeps) {
    this.#deps = deps;
    this.ids = new IdMaker(deps.owner);
    const { rooms, faces } = ROOMS.open({ ...this.#ground(), ...fromAbove(() => this.room) });
    this.room = rooms;
    this.#faces = faces;
    this.steps = faces.flatMap(({ steps }) => steps);
    this.purges = faces.flatMap(({ purges }) => purges);
    this.verbs = Object.assign({}, ...faces.map(({ verbs }) => verbs)) as VerbsOf<Rooms>;
    // Lists are ordered by id, so new ids must come after every stored one even if the clock stepped back.
    for (const newest of faces.flatMap(({ newestIds }) => newestIds?.() ?? []))
      if (newest !== null) this.ids.startAfter(newest);
  }

  /** The tenant's time: real, or its own in a sandbox. */
  now(): number {
    return readClock() + this.#deps.clockOffset();
  }

  /** Takes what was gathered for the outside since the last call. */
  takeEffects(): Effects {
    return this.#effects.take();
  }

  /** Takes the earliest deadline set since the last call, on the tenant's clock; null when none was. */
  takeSoonest(): number | null {
    const soonest = this.#soonest;
    this.#soonest = Infinity;
    return soonest === Infinity ? null : soonest;
  }

  /** The next deadline of any room, on the tenant's clock; null when nothing waits. */
  nextAt(): number | null {
    const now = this.now();
    const times = this.steps.map((step) => this.room.jobs.nextAt(step, now)).filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** A sandbox's clock was moved. */
  clockMoved(milliseconds: number): void {
    for (const { clockMoved } of this.#faces) clockMoved?.(milliseconds);
  }

  /** Emits an event that an account's circuit changed, as seen by this tenant's traffic. */
  tellCircuit(account: string, circuit: "closed" | "open" | "probing"): void {
    const { webhooks } = this.room;
    const type = circuit === "closed" ? "carrier.recovered" : "carrier.degraded";
    if (webhooks.wanted(type)) webhooks.emit(type, account, { carrier: account, circuit });
  }

  #ground(): Omit<TenantGround, keyof FromAbove> {
    const { record, clockOffset: _offset, ...deps } = this.#deps;
    return {
      ...deps,
      ids: this.ids,
      now: () => this.now(),
      realNow: readClock,
      soon: (at) => (this.#soonest = Math.min(this.#soonest, at)),
      environment: record.environment,
      tenantId: record.id,
      tenantName: record.name,
      forgetAfterDays: () => deps.policy().forgetNumbersAfterDays,
      judge: (number) => judgeNumber(number, deps.policy(), record.environment),
      wake: (endpoint) => this.#effects.wake(endpoint),
      queue: (job, id) => this.#effects.put(job, id),
    };
  }
}
