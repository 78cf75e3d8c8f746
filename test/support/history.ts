/**
 * What was asked, what was answered, what reached the carrier, and an offline judge over all of it: nothing lost, nothing
 * twice, nothing unknown without a reason, no step that the table of states does not have.
 */
import { mayEnter, STATES, type MessageView, type State } from "../../src/messages/message.ts";
import type { Call, CarrierDouble, DoubleAccount } from "./carrier-double.ts";
import type { Answer, Send, Tenant, TenantEvent } from "./client.ts";

/** One wish of a caller, sent again with its key of repetition until an answer came. */
export type Wish = { key: string; send: Send; answers: { status: number; at: number }[]; id: string | null };
/** A kill, the calls whose connection the carrier saw open then, and all connections it saw open. */
export type Kill = { at: number; open: string[]; connections: number };

export type Verdict = {
  wrong: string[];
  /**
   * `open`: calls the carrier saw open at the kills; `connections`: all that were open to it then. `doubted`: messages that
   * are `unknown` for no other reason than a kill, that the carrier saw; `unseen`: those whose kill fell between claim and call.
   */
  figures: {
    wishes: number;
    calls: number;
    open: number;
    connections: number;
    doubted: number;
    unseen: number;
    /** How far from a claim or an answer a kill may lie and be its cause, as this run's own messages measured it. */
    blurMs: number;
    states: Record<string, number>;
  };
};

/** Records every wish; the carrier records its own side. */
export class History {
  readonly wishes: Wish[] = [];
  readonly kills: Kill[] = [];

  wish(send: Send): Wish {
    const wish = { key: `wish-${this.wishes.length}`, send, answers: [], id: null };
    this.wishes.push(wish);
    return wish;
  }

  /** Sends a wish once. True when it was acknowledged. */
  async ask(tenant: Tenant, wish: Wish): Promise<boolean> {
    const answer: Answer = await tenant.send(wish.send, { "idempotency-key": wish.key });
    wish.answers.push({ status: answer.status, at: Date.now() });
    if (answer.status !== 202) return false;
    wish.id = (JSON.parse(answer.text) as { id: string }).id;
    return true;
  }

  /** A kill comes now. Connections are the carrier's as a whole: one is not an account's while it is between two calls. */
  killed(carrier: CarrierDouble, account?: DoubleAccount): void {
    const mine = carrier.openCalls.filter((call) => account === undefined || call.account === account.name);
    const open = mine.map((call) => call.message);
    this.kills.push({ at: Date.now(), open, connections: carrier.connections });
  }

  get acknowledged(): Wish[] {
    return this.wishes.filter((wish) => wish.id !== null);
  }
}

/** The carrier's and the service's clocks and the moment of a kill agree to this on a machine that is not busy. */
const KILL_BLUR_MS = 500;
/** No run is so slow that a kill explains a claim or an answer further from it than this. */
const KILL_BLUR_MS_MAX = 5_000;

/**
 * Judges a whole run by the messages and events the service shows at its end. Kills may leave no more messages `unknown` than
 * the carrier saw calls open (`bound: "open"`), or connections: one between two calls may have been about to be used.
 */
export function judge(
  history: History,
  calls: readonly Call[],
  messages: readonly MessageView[],
  events: readonly TenantEvent[],
  bound: "open" | "connections" = "open",
): Verdict {
  const wrong: string[] = [];
  const byId = new Map(messages.map((message) => [message.id, message]));
  const callsOf = Map.groupBy(calls, (call) => call.message);
  const states: Record<string, number> = {};
  let [doubted, unseen] = [0, 0];
  const blurMs = blurOf(messages, callsOf);
  for (const { id, key } of history.acknowledged) {
    const message = byId.get(id ?? "");
    if (message === undefined) {
      wrong.push(`${key}: acknowledged, then gone`);
      continue;
    }
    states[message.state] = (states[message.state] ?? 0) + 1;
    wrong.push(...lost(key, message, callsOf.get(message.id) ?? []));
    if (message.state !== "unknown" || vague(callsOf.get(message.id) ?? [])) continue;
    if (callsOf.has(message.id)) doubted += 1;
    else unseen += 1;
    wrong.push(...unexplained(key, message, callsOf.get(message.id) ?? [], history, blurMs));
  }
  wrong.push(...twice(callsOf), ...doubled(history, calls), ...strayed(events), ...unasked(history, messages));
  const open = history.kills.reduce((sum, kill) => sum + kill.open.length, 0);
  const connections = history.kills.reduce((sum, kill) => sum + kill.connections, 0);
  const figures = {
    wishes: history.wishes.length,
    calls: calls.length,
    open,
    connections,
    doubted,
    unseen,
    blurMs,
    states,
  };
  if (doubted > open) wrong.push(`${doubted} messages are unknown by kills, and ${open} calls were open then`);
  if (doubted + unseen > figures[bound])
    wrong.push(`${doubted + unseen} messages are unknown by kills, and ${figures[bound]} (${bound}) were there then`);
  return { wrong, figures };
}

/** An acknowledged message reached the carrier, or ended with a report that says why not. */
function lost(key: string, message: MessageView, calls: readonly Call[]): string[] {
  const ended = ["failed", "expired", "canceled", "blocked", "unknown"].includes(message.state);
  if (["scheduled", "held", "queued", "sending"].includes(message.state))
    return [`${key}: ${message.id} is still ${message.state} (${calls.length} calls)`];
  const taken = calls.some((call) => call.taken);
  if (!taken && !ended) return [`${key}: ${message.id} is ${message.state}, and the carrier never took it`];
  return [];
}

/** After a call whose outcome may be that a person got the text, there is no other. */
function twice(callsOf: ReadonlyMap<string, readonly Call[]>): string[] {
  const wrong: string[] = [];
  for (const [message, calls] of callsOf) {
    const taken = calls.filter((call) => call.taken).length;
    if (taken > 1) wrong.push(`${message}: taken ${taken} times`);
    const again = calls.slice(0, -1).find((call) => !call.refused);
    if (again !== undefined) wrong.push(`${message}: called again after a call that ended ${again.conduct.does}`);
  }
  return wrong;
}

/** One wish is one text, whatever ids it was given: nobody is admitted twice under one key. */
function doubled(history: History, calls: readonly Call[]): string[] {
  const ids = new Map<string, Set<string>>();
  for (const call of calls)
    if (call.text !== null) ids.set(call.text, (ids.get(call.text) ?? new Set()).add(call.message));
  return history.wishes
    .filter((wish) => (ids.get(wish.send.text)?.size ?? 0) > 1)
    .map((wish) => `${wish.key}: sent as ${[...(ids.get(wish.send.text) ?? [])].join(" and ")}`);
}

/** Whether the carrier itself left a call without a clear answer. */
function vague(calls: readonly Call[]): boolean {
  return calls.some((call) => !call.refused && call.conduct.does !== "accept");
}

/**
 * How long a claim took to become a call, and an answer to be settled, at most, among the messages of this run that went well:
 * one that was killed may have been as far on its way. A fixed time would make this a test of the machine.
 */
function blurOf(messages: readonly MessageView[], callsOf: ReadonlyMap<string, readonly Call[]>): number {
  let slowest = KILL_BLUR_MS;
  for (const { id, attempts, sent_at: sentAt } of messages) {
    const [call, again] = callsOf.get(id) ?? [];
    if (call === undefined || again !== undefined || attempts.length !== 1 || sentAt === null) continue;
    slowest = Math.max(
      slowest,
      call.at - Date.parse(attempts[0]?.at ?? ""),
      Date.parse(sentAt) - (call.endedAt ?? Infinity),
    );
  }
  return Math.min(slowest, KILL_BLUR_MS_MAX);
}

/** What the carrier did not leave in doubt is `unknown` only if a kill fell between its claim and its settlement. */
function unexplained(
  key: string,
  message: MessageView,
  calls: readonly Call[],
  history: History,
  blurMs: number,
): string[] {
  const at = Date.parse(message.attempts.at(-1)?.at ?? "");
  const last = Math.max(calls.at(-1)?.endedAt ?? at, at);
  const killed = history.kills.some((kill) => kill.at >= at - blurMs && kill.at <= last + blurMs);
  return killed ? [] : [`${key}: ${message.id} is unknown (${message.reason}) without a cause`];
}

/** The events of each message, in order, are a walk through the table. */
function strayed(events: readonly TenantEvent[]): string[] {
  const wrong: string[] = [];
  const sequences = new Set(events.map((event) => event.sequence));
  if (sequences.size !== events.length) wrong.push("two events have one sequence number");
  const walks = Map.groupBy(
    events.filter((event) => event.type.startsWith("message.")),
    (event) => event.resource,
  );
  for (const [message, walk] of walks) {
    let at: State | null = null;
    for (const event of [...walk].sort((a, b) => a.sequence - b.sequence)) {
      const to = stateOf(event);
      if (to === null || !mayEnter(at, to)) wrong.push(`${message}: went from ${at} to ${event.type}`);
      at = to;
    }
  }
  return wrong;
}

function stateOf(event: TenantEvent): State | null {
  return STATES.find((state) => event.type === `message.${state}`) ?? null;
}

/** No message exists that nobody asked for: what was answered without a 2xx left at most the one message of its key. */
function unasked(history: History, messages: readonly MessageView[]): string[] {
  const unanswered = history.wishes.length - history.acknowledged.length;
  const extra = messages.length - history.acknowledged.length;
  return extra > unanswered ? [`${extra - unanswered} messages that nobody asked for`] : [];
}
