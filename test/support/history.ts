/**
 * What was asked and answered, what the carriers saw, when the service was killed, and what was seen of it: all that the judge
 * in judge.ts decides from, in plain data that can be written to a file and read back. Numbers stay out of it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { MessageView, State } from "../../src/messages/message.ts";
import type { Answer, Send, Tenant, TenantEvent } from "./client.ts";

/** A wish of a caller, sent again with its key of repetition until an answer came. */
export type Wish = {
  key: string;
  send: Pick<Send, "text">;
  answers: { status: number; at: number }[];
  id: string | null;
};
/**
 * A kill, the messages whose call the carriers saw open then, all connections they saw open, and when the last of these was
 * gone: what reached a carrier until then had left before the kill.
 */
export type Kill = { at: number; open: string[]; connections: number; goneAt: number | null };

/**
 * A call as a carrier saw it. `taken`: a person gets the text. `refused`: a whole answer left that says no. `answered`: one
 * left that says yes or no clearly; absent where a carrier does not watch its answers leave. `text` is null when it was cut
 * before it was read.
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
  answered?: boolean;
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

/** What a simulated carrier shows of its connections. */
type Watched = { openCalls: readonly SeenCall[]; connections: number };

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

  /** A kill comes now. Connections are the carrier's as a whole: one is not an account's while it is between two calls. */
  killed(carrier: Watched, account?: { name: string }): Kill {
    const mine = carrier.openCalls.filter((call) => account === undefined || call.account === account.name);
    const open = mine.flatMap(({ message }) => message ?? []);
    const kill = { at: Date.now(), open, connections: carrier.connections, goneAt: null };
    this.kills.push(kill);
    return kill;
  }

  /** Everything, with what the carriers and the service show at the end; without the numbers. */
  evidence(seen: Omit<Evidence, "wishes" | "kills" | "sightings">): Evidence {
    const wishes = this.wishes.map(({ key, send, answers, id }) => ({ key, send: { text: send.text }, answers, id }));
    return { ...seen, wishes, kills: this.kills, sightings: this.sightings };
  }
}

/** The calls of a simulated carrier without numbers and addresses. */
export function seenCalls(calls: readonly SeenCall[]): SeenCall[] {
  return calls.map(({ account, message, text, nth, at, endedAt, conduct, taken, refused, answered }) => {
    const seen = { account, message, text, at, endedAt, conduct, taken, refused };
    return { ...seen, ...(nth === undefined ? {} : { nth }), ...(answered === undefined ? {} : { answered }) };
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
