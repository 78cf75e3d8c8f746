/**
 * What was asked and answered, what the carriers saw, when the service was killed, and what was seen of it: all that the judge
 * in judge.ts decides from, in plain data that can be written to a file and read back. Numbers stay out of it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { MessageView, State } from "../../../src/messages/message.ts";
import type { Answer, Send, Tenant, TenantEvent } from "../service/client.ts";

/** A wish of a caller, sent again with its key of repetition until an answer came. */
export type Wish = {
  key: string;
  send: Pick<Send, "text">;
  answers: { status: number; at: number }[];
  id: string | null;
};
/**
 * A kill: `at` is the time just before it, `goneAt` the time when the last connection of the killed service was closed at the
 * carriers. What reached a carrier between the two had left the service before it died. `connections` counts every connection
 * that was open at any time between the two, so none that opened while the kill was on its way is missed.
 */
export type Kill = { at: number; goneAt: number; connections: number };

/**
 * A call as a carrier saw it. `taken`: a person gets the text. `refused`: a whole answer left that says no. `answered`: one
 * left that says yes or no clearly. `text` is null when it was cut before it was read.
 */
export type SeenCall = {
  account: string;
  message: string | null;
  text: string | null;
  nth?: number;
  at: number;
  endedAt: number | null;
  conduct: { does: string };
  taken: boolean;
  refused: boolean;
  answered: boolean;
};

/** A receipt as a carrier sent it; status 0 when nobody was there. */
export type SeenReceipt = { message: string | null; state: string; forged: boolean; status: number };

/** A message as an answer or a list showed it while the run went on: asked for at `from`, seen at `at`. */
export type Sighting = { id: string; state: State; sequence: number; from: number; at: number };

/** What the service told a webhook. */
export type Told = Pick<TenantEvent, "id" | "type" | "sequence" | "resource">;

/** Everything about a run. What is optional is judged where it is there. */
export type Evidence = {
  wishes: readonly Wish[];
  kills: readonly Kill[];
  calls: readonly SeenCall[];
  messages: readonly MessageView[];
  events: readonly Told[];
  receipts?: readonly SeenReceipt[];
  sightings?: readonly Sighting[];
  told?: readonly Told[];
};

/** What a simulated carrier shows of its connections: how many are open, and all there ever were. */
type Watched = {
  connections: number;
  sockets: readonly { openedAt: number; closedAt: number | null }[];
  until: (what: string, timeoutMs: number, holds: () => boolean) => Promise<void>;
};

/** Records every wish, kill and sighting; the carrier records its own side. */
export class History {
  readonly wishes: (Wish & { send: Send })[] = [];
  readonly kills: Kill[] = [];
  readonly sightings: Sighting[] = [];

  wish(send: Send): Wish & { send: Send } {
    const wish = { key: `wish-${this.wishes.length}`, send, answers: [], id: null };
    this.wishes.push(wish);
    return wish;
  }

  /** Sends a wish once. True when it was acknowledged. */
  async ask(tenant: Tenant, wish: Wish & { send: Send }): Promise<boolean> {
    const from = Date.now();
    const answer: Answer = await tenant.send(wish.send, { "idempotency-key": wish.key });
    wish.answers.push({ status: answer.status, at: Date.now() });
    if (answer.status !== 202) return false;
    const message = JSON.parse(answer.text) as MessageView;
    wish.id = message.id;
    if (wish.answers.length === 1) this.saw([message], from); // a replayed answer shows what was, not what is
    return true;
  }

  /** What an answer or a list shows that was asked for at `from`. */
  saw(messages: readonly MessageView[], from: number): void {
    const at = Date.now();
    this.sightings.push(...messages.map(({ id, state, sequence }) => ({ id, state, sequence, from, at })));
  }

  /** Everything, with what the carriers and the service show at the end; without the numbers. */
  evidence(seen: Omit<Evidence, "wishes" | "kills" | "sightings">): Evidence {
    const wishes = this.wishes.map(({ key, send, answers, id }) => ({ key, send: { text: send.text }, answers, id }));
    return { ...seen, wishes, kills: this.kills, sightings: this.sightings };
  }
}

/**
 * Kills the service by `act` and answers the record of it. The record is complete once every connection of the killed service is
 * closed, so nothing depends on the moment of a look. Connections are the carrier's as a whole: one is not an account's while it
 * is between two calls.
 */
export async function recordKill(carrier: Watched, act: () => Promise<void>): Promise<Kill> {
  const at = Date.now();
  await act();
  await carrier.until("every connection of the killed service is closed", 10_000, () => carrier.connections === 0);
  const goneAt = Date.now();
  const open = carrier.sockets.filter(({ openedAt, closedAt }) => openedAt <= goneAt && (closedAt ?? goneAt) >= at);
  return { at, goneAt, connections: open.length };
}

/** The calls of a simulated carrier without numbers and addresses. */
export function seenCalls(calls: readonly SeenCall[]): SeenCall[] {
  return calls.map(({ account, message, text, nth, at, endedAt, conduct, taken, refused, answered }) => {
    const seen = { account, message, text, at, endedAt, conduct, taken, refused };
    return { ...seen, answered, ...(nth === undefined ? {} : { nth }) };
  });
}

/** Writes a record where somebody who was not there can read it. */
export function writeEvidence(file: string, evidence: Evidence & Record<string, unknown>): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(evidence));
}

export function readEvidence(file: string): Evidence {
  return JSON.parse(readFileSync(file, "utf8")) as Evidence;
}
