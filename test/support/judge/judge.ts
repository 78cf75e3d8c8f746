/**
 * An offline judge over the record of a run: nothing lost, nothing twice, nothing unknown without a reason, no step that the
 * table of states does not have, and no state that the carriers did not cause. Pure; it sees nothing but the record.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CALL_TIMEOUT_MS } from "../../../src/carriers/carrier.ts";
import { CALLS_IN_FLIGHT_MAX } from "../../../src/carriers/sender/sender.ts";
import { SENDER_LOST } from "../../../src/messages/dispatch.ts";
import { mayEnter, STATES, type MessageView, type State } from "../../../src/messages/message.ts";
import type { Evidence, Kill, SeenCall, SeenReceipt, Sighting, Told, Wish } from "./history.ts";

/** Why a message may be `unknown` by a kill: how far its last call had come. */
type Doubt = {
  key: string;
  message: MessageView;
  /** `called`: no whole answer had left. `answered`: one had, and was lost with the service. `claimed`: no carrier saw a call. */
  kind: "called" | "answered" | "claimed";
  /** The kills that may be its cause, in order of time; empty when none is. */
  kills: number[];
};

export type Verdict = {
  wrong: string[];
  /** `vague`: calls that a carrier left without a whole clear answer. `open`: calls the carriers had at a kill. The rest counts doubts. */
  figures: {
    wishes: number;
    calls: number;
    vague: number;
    open: number;
    called: number;
    answered: number;
    claimed: number;
    /** The most doubts that a single kill has to explain. */
    most: number;
    /** How far from a claim or an answer a kill may lie and be its cause, as this run's own messages measured it. */
    blurMs: number;
    states: Record<string, number>;
  };
};

/** The carrier's and the service's clocks and the moment of a kill agree to this on a machine that is not busy. */
const KILL_BLUR_MS = 500;
/** A claim bears the service's time, which may be a little ahead of the time of whoever kills it. */
const CLOCKS_MS = 50;
/** No run is so slow that a kill explains a claim or an answer further from it than this. */
const KILL_BLUR_MS_MAX = 5_000;
/** A call that the service gave up lasted at least so long. */
const GIVEN_UP_MS = CALL_TIMEOUT_MS - 1_000;
/** What a simulated carrier answers clearly, if its answer leaves. */
const CLEAR: ReadonlySet<string> = new Set(["accept", "decline", "refuse", "down", "throttle"]);
const ENDED_UNTAKEN: ReadonlySet<State> = new Set(["failed", "expired", "canceled", "blocked"]);

/** The connections that the service may have to so many accounts at once: those of all their senders. */
export function connectionsTo(accounts: number): number {
  const settings = readFileSync(join(import.meta.dirname, "../../../wrangler.toml"), "utf8");
  const senders = Number(/^SENDERS_PER_ACCOUNT = "(\d+)"/m.exec(settings)?.[1]);
  return accounts * senders * CALLS_IN_FLIGHT_MAX;
}

/**
 * Judges a whole run by the messages and events the service shows at its end. A message may be `unknown` only if a carrier left
 * its call without a clear answer, or if a kill fell between its claim and its settlement. A connection is free again when its
 * answer is durable, so a kill leaves no more messages in doubt than `connections`, the number the service may have to the
 * carriers at once. How many it had at the moment of a kill is no bound: nobody outside can see that moment, and a claim whose
 * call has not left yet is seen by no carrier.
 */
export function judge(evidence: Evidence, { connections }: { connections: number }): Verdict {
  const { calls, kills, messages, events, wishes } = evidence;
  const wrong: string[] = [];
  const byId = new Map(messages.map((message) => [message.id, message]));
  const callsOf = Map.groupBy(calls, (call) => call.message ?? "");
  const states: Record<string, number> = {};
  const blurMs = blurOf(messages, callsOf);
  const doubts: Doubt[] = [];
  for (const { key, id } of wishes.filter((wish) => wish.id !== null)) {
    const message = byId.get(id ?? "");
    if (message === undefined) {
      wrong.push(`${key}: acknowledged, then gone`);
      continue;
    }
    const its = callsOf.get(message.id) ?? [];
    states[message.state] = (states[message.state] ?? 0) + 1;
    wrong.push(...lost(key, message, its));
    if (message.state === "unknown" && !its.some((call) => isVague(call, kills)))
      doubts.push(doubtOf(key, message, its, kills, blurMs));
  }
  wrong.push(...twice(callsOf), ...doubled(wishes, calls), ...strayed(events), ...unlike(messages, events), ...unasked(wishes, messages)); // prettier-ignore
  if (evidence.receipts !== undefined) wrong.push(...misheard(messages, callsOf, evidence.receipts));
  wrong.push(...goneBack(evidence.sightings ?? []), ...untold(events, evidence.told ?? []));
  const { most, wrong: unexplained } = explain(doubts, kills, connections);
  wrong.push(...unexplained);
  const many = (kind: Doubt["kind"]) => doubts.filter((doubt) => doubt.kind === kind).length;
  const figures = {
    wishes: wishes.length,
    calls: calls.length,
    vague: calls.filter((call) => isVague(call, kills)).length,
    open: calls.filter((call) => kills.some((kill) => wasInAir(call, kill))).length,
    called: many("called"),
    answered: many("answered"),
    claimed: many("claimed"),
    most,
    blurMs,
    states,
  };
  return { wrong, figures };
}

/**
 * How far the last call of a message had come, and which kills may have cut it off. A call without a whole answer must itself have
 * been at the carrier at the kill; for a claim and for an answer that was not settled the kill must be near, because no carrier
 * sees how long they wait inside the service.
 */
function doubtOf(
  key: string,
  message: MessageView,
  calls: readonly SeenCall[],
  kills: readonly Kill[],
  blurMs: number,
): Doubt {
  const last = calls.at(-1);
  const claimedAt = Date.parse(message.attempts.at(-1)?.at ?? "");
  const isOfClaim = last !== undefined && claimedAt <= last.at + CLOCKS_MS; // else it is an earlier attempt's
  const kind = !isOfClaim ? "claimed" : last.answered ? "answered" : "called";
  const isCause = (kill: Kill): boolean => {
    if (isOfClaim && kind === "called") return wasInAir(last, kill);
    const to = isOfClaim ? (last.endedAt ?? kill.at) : claimedAt;
    return kill.goneAt >= claimedAt - CLOCKS_MS && kill.at <= to + blurMs;
  };
  // Only a lease that ran out is a kill's doing: whoever lived to say another reason knew what became of the call.
  const lost = message.reason === SENDER_LOST;
  return { key, message, kind, kills: lost ? kills.flatMap((kill, at) => (isCause(kill) ? [at] : [])) : [] };
}

/**
 * Gives each doubt to one of the kills that may be its cause, no kill more than there are connections. Kills that may be a
 * doubt's cause follow one another, so serving those first whose last kill comes first finds a way if there is one.
 */
function explain(
  doubts: readonly Doubt[],
  kills: readonly Kill[],
  connections: number,
): { most: number; wrong: string[] } {
  const wrong = doubts
    .filter((doubt) => doubt.kills.length === 0)
    .map(({ key, message }) => `${key}: ${message.id} is unknown (${message.reason}) without a cause`);
  let open = doubts.filter((doubt) => doubt.kills.length > 0);
  let most = 0;
  for (const nth of kills.keys()) {
    const mine = open
      .filter((doubt) => doubt.kills.includes(nth))
      .toSorted((a, b) => (a.kills.at(-1) ?? 0) - (b.kills.at(-1) ?? 0))
      .slice(0, connections);
    most = Math.max(most, mine.length);
    open = open.filter((doubt) => !mine.includes(doubt));
  }
  if (open.length > 0)
    wrong.push(
      `${open.length} messages are unknown beyond what ${kills.length} kills of ${connections} connections explain`,
    );
  return { most, wrong };
}

/** An acknowledged message reached the carrier, or ended with a report that says why not. */
function lost(key: string, message: MessageView, calls: readonly SeenCall[]): string[] {
  const { id, state } = message;
  if (["scheduled", "held", "queued", "sending"].includes(state))
    return [`${key}: ${id} is still ${state} (${calls.length} calls)`];
  const taken = calls.some((call) => call.taken);
  if (!taken && !ENDED_UNTAKEN.has(state) && state !== "unknown")
    return [`${key}: ${id} is ${state}, and the carrier never took it`];
  if (taken && ENDED_UNTAKEN.has(state)) return [`${key}: ${id} is ${state}, and a carrier took it`];
  return [];
}

/** After a call whose outcome may be that a person got the text, there is no other, by whichever carrier. */
function twice(callsOf: ReadonlyMap<string, readonly SeenCall[]>): string[] {
  const wrong: string[] = [];
  for (const [message, calls] of callsOf) {
    if (message === "") continue; // cut before they were read, so nobody knows whose they were
    const taken = calls.filter((call) => call.taken).length;
    if (taken > 1) wrong.push(`${message}: taken ${taken} times`);
    const again = calls.slice(0, -1).find((call) => !call.refused);
    if (again !== undefined) wrong.push(`${message}: called again after a call that ended ${again.conduct.does}`);
  }
  return wrong;
}

/** One wish is one text, whatever ids it was given: nobody is admitted twice under one key. */
function doubled(wishes: readonly Wish[], calls: readonly SeenCall[]): string[] {
  const ids = new Map<string, Set<string>>();
  for (const { text, message } of calls)
    if (text !== null) ids.set(text, (ids.get(text) ?? new Set()).add(message ?? "nobody's"));
  return wishes
    .filter(({ send }) => (ids.get(send.text)?.size ?? 0) > 1)
    .map(({ key, send }) => `${key}: sent as ${[...(ids.get(send.text) ?? [])].join(" and ")}`);
}

/** Whether the call was on its way when the service was killed: open at the carrier, or not yet there. */
function wasInAir({ at, endedAt }: SeenCall, kill: Kill): boolean {
  return at <= kill.goneAt && (endedAt ?? kill.goneAt) >= kill.at;
}

/** Whether the carrier itself left a call without a clear answer, or gave one after the service had given up. */
function isVague(call: SeenCall, kills: readonly Kill[]): boolean {
  if (call.refused) return false;
  if (!CLEAR.has(call.conduct.does)) return true;
  const late = call.endedAt !== null && call.endedAt - call.at >= GIVEN_UP_MS;
  return late && !kills.some((kill) => wasInAir(call, kill));
}

/**
 * How long a claim took to become a call, and an answer to be settled, at most, among the messages of this run that went well:
 * one that was killed may have been as far on its way. A fixed time would make this a test of the machine. A sender that
 * settled told how long its call took; whoever finds out later does not.
 */
function blurOf(messages: readonly MessageView[], callsOf: ReadonlyMap<string, readonly SeenCall[]>): number {
  let slowest = KILL_BLUR_MS;
  for (const { id, attempts, sent_at: sentAt } of messages) {
    const [call, again] = callsOf.get(id) ?? [];
    const [attempt, ...more] = attempts;
    if (call === undefined || again !== undefined || attempt === undefined || more.length > 0) continue;
    if (attempt.latency_ms === null || sentAt === null) continue;
    const toSettle = Date.parse(sentAt) - (call.endedAt ?? Infinity);
    slowest = Math.max(slowest, call.at - Date.parse(attempt.at), toSettle);
  }
  return Math.min(slowest, KILL_BLUR_MS_MAX);
}

/** Events are numbered by each tenant, whose name is in their ids. */
const sourceOf = ({ id }: Told): string => id.slice(0, 13);

/** The events of each message, in order, are a walk through the table. */
function strayed(events: readonly Told[]): string[] {
  const wrong: string[] = [];
  const sequences = new Set(events.map((event) => `${sourceOf(event)} ${event.sequence}`));
  if (sequences.size !== events.length) wrong.push("two events have one sequence number");
  for (const [message, walk] of walksOf(events)) {
    let at: State | null = null;
    for (const event of walk) {
      const to = stateOf(event);
      if (to === null || !mayEnter(at, to)) wrong.push(`${message}: went from ${at} to ${event.type}`);
      at = to;
    }
  }
  return wrong;
}

/** The last thing told of a message is what it is. */
function unlike(messages: readonly MessageView[], events: readonly Told[]): string[] {
  const walks = walksOf(events);
  return messages.flatMap(({ id, state }) => {
    const last = walks.get(id)?.at(-1);
    return last === undefined || stateOf(last) === state ? [] : [`${id}: is ${state}, and was told to be ${last.type}`];
  });
}

function walksOf(events: readonly Told[]): Map<string, Told[]> {
  const ofMessages = events.filter(({ type }) => type.startsWith("message."));
  const walks = Map.groupBy(ofMessages, ({ resource }) => resource);
  for (const walk of walks.values()) walk.sort((a, b) => a.sequence - b.sequence);
  return walks;
}

function stateOf(event: Told): State | null {
  return STATES.find((state) => event.type === `message.${state}`) ?? null;
}

/** No message exists that nobody asked for: what was answered without a 2xx left at most the one message of its key. */
function unasked(wishes: readonly Wish[], messages: readonly MessageView[]): string[] {
  const acknowledged = wishes.filter(({ id }) => id !== null).length;
  const unanswered = wishes.length - acknowledged;
  const extra = messages.length - acknowledged;
  return extra > unanswered ? [`${extra - unanswered} messages that nobody asked for`] : [];
}

/** What became of a text is what a true receipt said; a receipt that was taken is not forgotten, and a forged one never taken. */
function misheard(
  messages: readonly MessageView[],
  callsOf: ReadonlyMap<string, readonly SeenCall[]>,
  receipts: readonly SeenReceipt[],
): string[] {
  const isTaken = ({ status }: SeenReceipt) => status >= 200 && status < 300;
  const receiptsOf = Map.groupBy(receipts, ({ message }) => message ?? "");
  const believed = receipts.filter((receipt) => receipt.forged && isTaken(receipt));
  const wrong = believed.map(({ message, state }) => `${message}: a forged receipt (${state}) was believed`);
  for (const { id, state } of messages) {
    const honest = (receiptsOf.get(id) ?? []).filter(({ forged }) => !forged);
    const ends = honest.filter((receipt) => receipt.state !== "sent");
    const isEnd = state === "delivered" || state === "undelivered";
    if (isEnd && !ends.some((receipt) => receipt.state === state))
      wrong.push(`${id}: is ${state}, and no carrier said so`);
    if (!isEnd && ends.some(isTaken)) wrong.push(`${id}: is ${state}, and its receipt was taken`);
    const accepted = (callsOf.get(id) ?? []).some((call) => call.taken && call.conduct.does === "accept");
    if (state === "sent" && !accepted && honest.length === 0)
      wrong.push(`${id}: is sent, and no carrier said that it has it`);
  }
  return wrong;
}

/** From each state those that can come after it, at whatever distance; itself too. */
const AFTER: ReadonlyMap<State, ReadonlySet<State>> = new Map(STATES.map((from) => [from, reachableFrom(from)]));

function reachableFrom(from: State): Set<State> {
  const reached = new Set<State>([from]);
  for (const at of reached) for (const to of STATES) if (mayEnter(at, to)) reached.add(to);
  return reached;
}

/** Whoever looks again after an answer sees a message where it was or further on: also when a kill fell between the looks. */
function goneBack(sightings: readonly Sighting[]): string[] {
  const wrong: string[] = [];
  for (const [id, seen] of Map.groupBy(sightings, (sighting) => sighting.id)) {
    for (const now of seen) {
      const isBack = (then: Sighting) => now.sequence < then.sequence || AFTER.get(then.state)?.has(now.state) !== true;
      const then = seen.find((one) => one.at <= now.from && isBack(one));
      if (then !== undefined)
        wrong.push(`${id}: was ${then.state} (${then.sequence}), then ${now.state} (${now.sequence})`);
    }
  }
  return wrong;
}

/** What a webhook was told stands among the events, the same, whatever was killed since. */
function untold(events: readonly Told[], told: readonly Told[]): string[] {
  const same = ({ id, type, sequence, resource }: Told) => `${id} ${type} ${sequence} ${resource}`;
  const known = new Set(events.map(same));
  return told
    .filter((event) => !known.has(same(event)))
    .map((event) => `${same(event)}: told, and not among the events`);
}
