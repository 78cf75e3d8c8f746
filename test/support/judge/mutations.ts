/**
 * Faults planted into the record of a run, to show that the judge in judge.ts finds each: whoever changes how it counts can see
 * that it became no weaker.
 */
import { SENDER_LOST } from "../../../src/messages/dispatch.ts";
import type { MessageView } from "../../../src/messages/message.ts";
import type { Evidence, SeenCall } from "./history.ts";
import { judge } from "./judge.ts";

/** Further from every kill than the judge lets a kill explain. */
const FAR_MS = 6_000;

/** Records in which something went wrong that did not, by what it is; and what the judge must say of each. */
export function planted(evidence: Evidence, connections: number): [name: string, spoiled: Evidence, said: RegExp][] {
  const { calls, messages, wishes, kills } = evidence;
  const taken = calls.findLast((call) => call.taken && wishes.some(({ id }) => id === call.message));
  const spoiled: [string, Evidence, RegExp][] = [];
  if (taken !== undefined) {
    const again = { ...taken, at: taken.at + 1_000, endedAt: taken.at + 1_001 };
    spoiled.push(["a text sent twice", { ...evidence, calls: [...calls, again] }, /taken 2 times/]);
    const gone = messages.filter(({ id }) => id !== taken.message);
    spoiled.push(["a message that is gone", { ...evidence, messages: gone }, /acknowledged, then gone/]);
  }
  const arrived = messages.find(({ id, state }) => state === "delivered" && wishes.some((wish) => wish.id === id));
  if (arrived !== undefined) {
    const uncalled = calls.filter(({ message }) => message !== arrived.id);
    spoiled.push(["a text that no carrier got", { ...evidence, calls: uncalled }, /the carrier never took it/]);
    const stuck = edited(evidence, arrived.id, { state: "queued" });
    spoiled.push(["a message that still waits", stuck, /is still queued/]);
  }
  const settled = calls.find((call) => call.answered && isAlone(call, calls) && isFar(call, evidence));
  if (settled?.message !== undefined && settled.message !== null) {
    const doubted = edited(evidence, settled.message, { state: "unknown", reason: SENDER_LOST });
    spoiled.push(["an unknown far from every kill", doubted, /without a cause/]);
  }
  if (kills.length > 0) spoiled.push(["one unknown too many", overfull(evidence, connections), /beyond what/]);
  return spoiled;
}

/** What the judge overlooks of the faults planted into a record: nothing, if it can be trusted. */
export function overlooked(evidence: Evidence, connections: number): string[] {
  return planted(evidence, connections)
    .filter(([, spoiled, said]) => !said.test(judge(spoiled, { connections }).wrong.join("\n")))
    .map(([name]) => name);
}

/** So many messages that were claimed just before the last kill, and seen by no carrier, that there were not the connections for all. */
function overfull(evidence: Evidence, connections: number): Evidence {
  const at = new Date((evidence.kills.at(-1)?.at ?? 0) - 1).toISOString();
  const all = Array.from({ length: connections + 1 }, (_, nth) => `msg_planted${nth}`);
  const messages = all.map(
    (id) =>
      ({
        id,
        state: "unknown",
        reason: SENDER_LOST,
        sent_at: null,
        sequence: 1,
        attempts: [{ at }],
      }) as unknown as MessageView,
  );
  const wishes = all.map((id) => ({ key: id, send: { text: id }, answers: [], id }));
  return { ...evidence, messages: [...evidence.messages, ...messages], wishes: [...evidence.wishes, ...wishes] };
}

/** The record with one message shown otherwise, and told to have become so. */
function edited(evidence: Evidence, id: string, over: Partial<MessageView>): Evidence {
  const messages = evidence.messages.map((message) => (message.id === id ? { ...message, ...over } : message));
  const last = evidence.events.filter(({ resource }) => resource === id).toSorted((a, b) => b.sequence - a.sequence)[0];
  const type = `message.${over.state}`;
  return {
    ...evidence,
    messages,
    events: evidence.events.map((event) => (event === last ? { ...event, type } : event)),
  };
}

const isAlone = ({ message }: SeenCall, calls: readonly SeenCall[]): boolean =>
  calls.filter((call) => call.message === message).length === 1;

function isFar({ message, endedAt }: SeenCall, { kills, messages, wishes }: Evidence): boolean {
  const claimedAt = Date.parse(messages.find(({ id }) => id === message)?.attempts.at(-1)?.at ?? "");
  const over = endedAt ?? Infinity;
  const isWished = wishes.some(({ id }) => id === message);
  return isWished && kills.every((kill) => kill.goneAt < claimedAt - 100 || kill.at > over + FAR_MS);
}
