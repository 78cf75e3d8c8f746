/**
 * An offline judge over the record of a run: nothing lost, nothing twice, nothing unknown without a reason, no step that the
 * table of states does not have, and no state that the carriers did not cause. Pure; it sees nothing but the record.
 */
import { CALL_TIMEOUT_MS } from "../../src/carriers/carrier.ts";
import { mayEnter, STATES, type MessageView, type State } from "../../src/messages/message.ts";
import type { Evidence, Kill, SeenCall, SeenReceipt, Sighting, Told, Wish } from "./history.ts";

export type Verdict = {
  wrong: string[];
  /**
   * `open`: calls the carrier saw open at the kills, or that reached it after them; `connections`: all that were
   * open to it then; `vague`: calls that it left without a whole clear answer. `doubted`: messages that are `unknown` for no
   * other reason than a kill, that the carrier saw; `unsettled`: those whose whole answer had left, and was lost with the
   * service; `unseen`: those whose kill fell between claim and call.
   */
  figures: {
    wishes: number;
    calls: number;
    vague: number;
    open: number;
    connections: number;
    doubted: number;
    unsettled: number;
    unseen: number;
    /** How far from a claim or an answer a kill may lie and be its cause, as this run's own messages measured it. */
    blurMs: number;
    states: Record<string, number>;
  };
};

/** The carrier's and the service's clocks and the moment of a kill agree to this on a machine that is not busy. */
const KILL_BLUR_MS = 500;
/** No run is so slow that a kill explains a claim or an answer further from it than this. */
const KILL_BLUR_MS_MAX = 5_000;
/** A call that the service gave up lasted at least so long. */
const GIVEN_UP_MS = CALL_TIMEOUT_MS - 1_000;
/** What a simulated carrier answers clearly, if its answer leaves. */
const CLEAR: ReadonlySet<string> = new Set(["accept", "decline", "refuse", "down", "throttle"]);
const ENDED_UNTAKEN: ReadonlySet<State> = new Set(["failed", "expired", "canceled", "blocked"]);

/**
 * Judges a whole run by the messages and events the service shows at its end. Kills may leave no more messages `unknown` than
 * the carrier saw calls open (`bound: "open"`), or connections: one between two calls may have been about to be used. Whatever
 * the cause, no more are `unknown` than there were calls in doubt.
 */
export function judge(evidence: Evidence, bound: "open" | "connections" = "open"): Verdict {
  const { calls, kills, messages, events, wishes } = evidence;
  const wrong: string[] = [];
  const byId = new Map(messages.map((message) => [message.id, message]));
  const callsOf = Map.groupBy(calls, (call) => call.message ?? "");
  const states: Record<string, number> = {};
  const blurMs = blurOf(messages, callsOf);
  let [doubted, unsettled, unseen] = [0, 0, 0];
  for (const wish of wishes.filter(({ id }) => id !== null)) {
    const message = byId.get(wish.id ?? "");
    if (message === undefined) {
      wrong.push(`${wish.key}: acknowledged, then gone`);
      continue;
    }
    const its = callsOf.get(message.id) ?? [];
    states[message.state] = (states[message.state] ?? 0) + 1;
    wrong.push(...lost(wish.key, message, its));
    if (message.state !== "unknown" || its.some((call) => isVague(call, kills))) continue;
    if (its.length === 0) unseen += 1;
    else if (its.every(({ answered }) => answered === true)) unsettled += 1;
    else doubted += 1;
    wrong.push(...unexplained(wish.key, message, its, kills, blurMs));
  }
  wrong.push(...twice(callsOf), ...doubled(wishes, calls), ...strayed(events), ...unlike(messages, events), ...unasked(wishes, messages)); // prettier-ignore
  if (evidence.receipts !== undefined) wrong.push(...misheard(messages, callsOf, evidence.receipts));
  wrong.push(...goneBack(evidence.sightings ?? []), ...untold(events, evidence.told ?? []));
  const open = calls.filter((call) => kills.some((kill) => wasInAir(call, kill))).length;
  const connections = kills.reduce((sum, kill) => sum + kill.connections, 0);
  const vague = calls.filter((call) => isVague(call, kills)).length;
  const figures = {
    wishes: wishes.length,
    calls: calls.length,
    vague,
    open,
    connections,
    doubted,
    unsettled,
    unseen,
    blurMs,
    states,
  };
  wrong.push(...tooMany(figures, bound));
  return { wrong, figures };
}

/** Doubts have their bounds, whatever each has as its reason. */
function tooMany(figures: Verdict["figures"], bound: "open" | "connections"): string[] {
  const { doubted, unsettled, unseen, open, vague, states } = figures;
  const killed = doubted + unsettled + unseen;
  const wrong: string[] = [];
  if (doubted > open) wrong.push(`${doubted} messages are unknown by kills, and ${open} calls were open then`);
  if (killed > figures[bound])
    wrong.push(`${killed} messages are unknown by kills, and ${figures[bound]} (${bound}) were there then`);
  const [unknown, inDoubt] = [states["unknown"] ?? 0, vague + figures[bound]];
  if (unknown > inDoubt) wrong.push(`${unknown} messages are unknown, and ${inDoubt} calls were in doubt`);
  return wrong;
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
function wasInAir({ message, at, endedAt }: SeenCall, kill: Kill): boolean {
  const wasOpen = message !== null && kill.open.includes(message) && at <= kill.at && (endedAt ?? kill.at) >= kill.at;
  return wasOpen || (kill.goneAt !== null && at > kill.at && at <= kill.goneAt);
}

/** Whether the carrier itself left a call without a clear answer, or gave one after the service had given up. */
function isVague(call: SeenCall, kills: readonly Kill[]): boolean {
  if (call.refused) return false;
  if (!CLEAR.has(call.conduct.does)) return true;
  const late = call.answered === false && call.endedAt !== null && call.endedAt - call.at >= GIVEN_UP_MS;
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

/** What the carrier did not leave in doubt is `unknown` only if a kill fell between its claim and its settlement. */
function unexplained(
  key: string,
  message: MessageView,
  calls: readonly SeenCall[],
  kills: readonly Kill[],
  blurMs: number,
): string[] {
  const at = Date.parse(message.attempts.at(-1)?.at ?? "");
  const last = Math.max(calls.at(-1)?.endedAt ?? at, at);
  const killed = kills.some((kill) => kill.at >= at - blurMs && kill.at <= last + blurMs);
  return killed ? [] : [`${key}: ${message.id} is unknown (${message.reason}) without a cause`];
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
