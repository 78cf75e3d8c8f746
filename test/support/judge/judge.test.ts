// The judge of the fault tests, given records of what must not happen: it says each, and says nothing of a good one.
import { join } from "node:path";
import { expect, it } from "vitest";
import type { MessageView, State } from "../../../src/messages/message.ts";
import { readEvidence, type Evidence, type SeenCall, type SeenReceipt, type Told } from "./history.ts";
import { judge } from "./judge.ts";
import { overlooked, planted } from "./mutations.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const idOf = (nth: number) => `msg_edxzht155001m851kn9w0bajjg482hnsx7${String(nth).padStart(2, "0")}`;
const DELIVERED: State[] = ["queued", "sending", "sent", "delivered"];

/** A message that went this way, as the service shows it at the end. */
function message(nth: number, walk: readonly State[]): MessageView {
  const at = new Date(NOON + nth * 1_000).toISOString();
  const accepted = walk.at(-1) === "delivered";
  const attempts = [{ carrier: "car_1", outcome: accepted ? "accepted" : null, at, latency_ms: accepted ? 50 : null }];
  return {
    id: idOf(nth),
    state: walk.at(-1)!,
    reason: walk.at(-1) === "unknown" ? "sender_lost" : null,
    sent_at: null,
    sequence: walk.length,
    attempts,
  } as unknown as MessageView;
}

function call(nth: number, over: Partial<SeenCall> = {}): SeenCall {
  const at = NOON + nth * 1_000;
  return { account: "first", message: idOf(nth), text: `Text ${nth}`, at, endedAt: at + 50, conduct: { does: "accept" }, taken: true, refused: false, answered: true, ...over }; // prettier-ignore
}

const refused = (nth: number, over: Partial<SeenCall> = {}) => call(nth, { conduct: { does: "refuse" }, taken: false, refused: true, ...over }); // prettier-ignore
const receipt = (nth: number, state: string, over: Partial<SeenReceipt> = {}): SeenReceipt => ({ message: idOf(nth), state, forged: false, status: 200, ...over }); // prettier-ignore

/** A tenant's events of these walks, one number after the other. */
function eventsOf(walks: Record<number, readonly State[]>): Told[] {
  const steps = Object.entries(walks).flatMap(([nth, walk]) => walk.map((state) => ({ type: `message.${state}`, resource: idOf(Number(nth)) }))); // prettier-ignore
  return steps.map((step, at) => ({ ...step, sequence: at + 1, id: `evt_edxzht1550${at}` }));
}

/** Delivered, declined and then taken by the other, refused by both, cut after taking, and killed while its call was open. */
function good(): Evidence {
  const walks: Record<number, State[]> = {
    0: DELIVERED,
    1: DELIVERED,
    2: ["queued", "sending", "failed"],
    3: ["queued", "sending", "unknown"],
    4: ["queued", "sending", "unknown"],
  };
  return {
    wishes: Object.keys(walks).map((nth) => ({ key: `wish-${nth}`, send: { text: `Text ${nth}` }, answers: [{ status: 202, at: NOON }], id: idOf(Number(nth)) })), // prettier-ignore
    kills: [{ at: NOON + 4_020, goneAt: NOON + 4_100, connections: 2 }],
    calls: [
      call(0),
      refused(1),
      call(1, { account: "second" }),
      refused(2),
      refused(2, { account: "second" }),
      call(3, { conduct: { does: "reset_after_accepting" }, answered: false }),
      call(4, { endedAt: NOON + 4_030, answered: false }),
    ],
    messages: Object.entries(walks).map(([nth, walk]) => message(Number(nth), walk)),
    events: eventsOf(walks),
    receipts: [receipt(0, "sent"), receipt(0, "delivered"), receipt(1, "delivered"), receipt(1, "undelivered", { forged: true, status: 401 })], // prettier-ignore
    sightings: [{ id: idOf(0), state: "sending", sequence: 2, from: NOON, at: NOON + 10 }, { id: idOf(0), state: "delivered", sequence: 4, from: NOON + 20, at: NOON + 30 }], // prettier-ignore
    told: eventsOf(walks).slice(0, 3),
  };
}

/** The good record, and so many messages that were claimed just before the kill and that no carrier saw. */
function claimed(evidence: Evidence, many: number): Evidence {
  const unseen = Array.from({ length: many }, (_, nth) => {
    const one = message(50 + nth, ["queued", "sending", "unknown"]);
    return { ...one, attempts: [{ ...one.attempts[0]!, at: new Date(NOON + 4_000).toISOString() }] };
  });
  const wishes = unseen.map(({ id }) => ({ key: id, send: { text: id }, answers: [], id }));
  return { ...evidence, wishes: [...evidence.wishes, ...wishes], messages: [...evidence.messages, ...unseen] };
}

/** The good record with one message gone another way. */
function walked(evidence: Evidence, nth: number, walk: State[]): Evidence {
  const walks = Object.fromEntries(evidence.messages.map(({ id, state }, at) => [at, id === idOf(nth) ? walk : state === "delivered" ? DELIVERED : (["queued", "sending", state] as State[])])); // prettier-ignore
  const messages = evidence.messages.map((one) => (one.id === idOf(nth) ? message(nth, walk) : one));
  return { ...evidence, messages, events: eventsOf(walks), told: [] };
}

const CONNECTIONS = { connections: 2 };
const wrongIn = (evidence: Evidence) => judge(evidence, CONNECTIONS).wrong;

it("finds nothing wrong in a good record, and counts its doubts", () => {
  const { wrong, figures } = judge(good(), CONNECTIONS);
  expect(wrong).toEqual([]);
  expect(figures).toMatchObject({ vague: 1, open: 1, called: 1, answered: 0, claimed: 0, most: 1, states: { delivered: 2, failed: 1, unknown: 2 } }); // prettier-ignore
});

const WRONG: Record<string, [(evidence: Evidence) => Evidence, RegExp]> = {
  "an acknowledged message that is gone": [
    (good) => ({ ...good, messages: good.messages.slice(1), events: good.events.slice(4), told: [], receipts: [] }),
    /wish-0: acknowledged, then gone/,
  ],
  "an acknowledged message that still waits": [
    (good) => walked(good, 2, ["queued"]),
    /wish-2: .* is still queued \(2 calls\)/,
  ],
  "a message that is said to be sent, and no carrier took": [
    (good) => ({ ...walked(good, 2, ["queued", "sending", "sent"]), receipts: [] }),
    /wish-2: .* the carrier never took it/,
  ],
  "a message that is said to have failed, and a carrier took": [
    (good) => ({ ...good, calls: [...good.calls.filter(({ message }) => message !== idOf(2)), call(2)] }),
    /wish-2: .* is failed, and a carrier took it/,
  ],
  "a text that both carriers took": [
    (good) => ({ ...good, calls: [...good.calls, call(0, { account: "second" })] }),
    /00: taken 2 times/,
  ],
  "a call after one that may have been taken": [
    (good) => ({ ...good, calls: [...good.calls, refused(3, { account: "second" })] }),
    /03: called again after a call that ended reset_after_accepting/,
  ],
  "one wish sent under two ids": [
    (good) => ({ ...good, calls: [...good.calls, call(9, { text: "Text 0" })] }),
    /wish-0: sent as .* and /,
  ],
  "a message that nobody asked for": [
    (good) => ({ ...good, messages: [...good.messages, message(9, ["queued"])] }),
    /1 messages that nobody asked for/,
  ],
  "a step that the table does not have": [
    (good) => walked(good, 0, ["queued", "sending", "unknown", "sending", "sent", "delivered"]),
    /00: went from unknown to message.sending/,
  ],
  "a step out of an end": [
    (good) => walked(good, 0, [...DELIVERED, "undelivered", "delivered"]),
    /00: went from delivered to message.undelivered/,
  ],
  "one sequence number for two events": [
    (good) => ({ ...good, events: good.events.map((event) => ({ ...event, sequence: 1 })) }),
    /two events have one sequence number/,
  ],
  "a message that is other than was told": [
    (good) => ({ ...good, events: good.events.filter(({ type }) => type !== "message.failed") }),
    /02: is failed, and was told to be message.sending/,
  ],
  "an unknown without a cause": [
    (good) => ({ ...walked(good, 0, ["queued", "sending", "unknown"]), receipts: [receipt(1, "delivered")] }),
    /wish-0: .* is unknown .* without a cause/,
  ],
  "an unknown of a call that was given up too soon": [
    (good) => ({ ...good, kills: [], calls: good.calls.map((one) => (one.message === idOf(4) ? { ...one, endedAt: one.at + 5_000 } : one)) }), // prettier-ignore
    /wish-4: .* without a cause/,
  ],
  "an unknown whose call the carrier did not have at the kill": [
    (good) => ({
      ...good,
      calls: good.calls.map((one) => (one.message === idOf(4) ? { ...one, endedAt: NOON + 4_019 } : one)),
    }),
    /wish-4: .* without a cause/,
  ],
  "an unknown that was not found by a lease that ran out": [
    (good) => ({
      ...good,
      messages: good.messages.map((one) => (one.id === idOf(4) ? { ...one, reason: "timeout" } : one)),
    }),
    /wish-4: .* is unknown \(timeout\) without a cause/,
  ],
  "more unknown by a kill than there can have been connections": [
    (good) => claimed(good, 2),
    /1 messages are unknown beyond what 1 kills of 2 connections explain/,
  ],
  "a forged receipt that was believed": [
    (good) => ({ ...good, receipts: [...good.receipts!, receipt(4, "delivered", { forged: true })] }),
    /04: a forged receipt \(delivered\) was believed/,
  ],
  "an end that no carrier told": [
    (good) => ({ ...good, receipts: [receipt(0, "delivered"), receipt(1, "undelivered")] }),
    /01: is delivered, and no carrier said so/,
  ],
  "a receipt that was taken and forgotten": [
    (good) => ({ ...good, receipts: [...good.receipts!, receipt(3, "delivered")] }),
    /03: is unknown, and its receipt was taken/,
  ],
  "a message that is sent by no carrier's word": [
    (good) => ({ ...walked(good, 3, ["queued", "sending", "sent"]), receipts: good.receipts! }),
    /03: is sent, and no carrier said that it has it/,
  ],
  "a message that was seen further on before": [
    (good) => ({ ...good, sightings: [...good.sightings!, { id: idOf(0), state: "sending", sequence: 2, from: NOON + 40, at: NOON + 50 }] }), // prettier-ignore
    /00: was delivered \(4\), then sending \(2\)/,
  ],
  "a message that was seen in a later version before": [
    (good) => ({ ...good, sightings: [...good.sightings!, { id: idOf(0), state: "delivered", sequence: 3, from: NOON + 40, at: NOON + 50 }] }), // prettier-ignore
    /00: was delivered \(4\), then delivered \(3\)/,
  ],
  "an unknown whose call came after the kill": [
    (good) => ({ ...good, kills: good.kills.map((kill) => ({ ...kill, at: NOON + 3_000, goneAt: NOON + 3_100 })) }),
    /wish-4: .* without a cause/,
  ],
  "a webhook that told what no event says": [
    (good) => ({ ...good, told: good.told!.map((event) => ({ ...event, sequence: event.sequence + 100 })) }),
    /told, and not among the events/,
  ],
};

it.each(Object.entries(WRONG))("says so of %s", (_, [spoil, said]) => {
  expect(wrongIn(spoil(good())).join("\n")).toMatch(said);
});

/** The good record, where the message that went well was settled so long after its answer, and the kill came so long after another's. */
function slow(settledMs: number, killedMs: number, latencyMs: number | null = 50): Evidence {
  const evidence = good();
  const attempts = [{ carrier: "car_1", outcome: "accepted", at: new Date(NOON).toISOString(), latency_ms: latencyMs }];
  const messages = evidence.messages.map((one) => (one.id === idOf(0) ? { ...one, attempts, sent_at: new Date(NOON + 50 + settledMs).toISOString() } : one)); // prettier-ignore
  const kills = [{ at: NOON + 4_050 + killedMs, goneAt: NOON + 4_060 + killedMs, connections: 9 }];
  return { ...evidence, messages: messages as MessageView[], kills, calls: evidence.calls.map((one) => (one.message === idOf(4) ? call(4) : one)) }; // prettier-ignore
}

it("takes a kill for the reason of a lost answer as far as this run took to settle one, and no further than five seconds", () => {
  const isExplained = (evidence: Evidence) => !wrongIn(evidence).join("\n").includes("without a cause");
  const found = [slow(100, 500), slow(100, 501), slow(2_000, 2_000), slow(2_000, 2_001), slow(9_000, 5_000), slow(9_000, 5_001)]; // prettier-ignore
  expect(found.map(isExplained)).toEqual([true, false, true, false, true, false]);
  expect(isExplained(slow(2_000, 2_000, null))).toBe(false); // found out later, not settled by the sender
  expect(judge(slow(2_000, 2_000), CONNECTIONS).figures).toMatchObject({ called: 0, answered: 1, blurMs: 2_000 });
});

it.each([true, false])(
  "calls an answer late only when the service had waited for it (it left whole: %s), and doubts by it no more than that",
  (answered) => {
    const late = call(4, { endedAt: NOON + 14_000, answered });
    const evidence = {
      ...good(),
      kills: [],
      calls: [...good().calls.filter(({ message }) => message !== idOf(4)), late],
    };
    const { wrong, figures } = judge(evidence, CONNECTIONS);
    expect(wrong).toEqual([]);
    expect(figures).toMatchObject({ vague: 2, open: 0, called: 0 });
  },
);

/** The good record with another last call of the message that is in doubt by the kill. */
const lastly = (...calls: SeenCall[]): Evidence => ({ ...good(), calls: [...good().calls.filter(({ message }) => message !== idOf(4)), ...calls] }); // prettier-ignore

it("counts as open what was open then: a call under way for long, one that came in after the kill, and none that was over", () => {
  const open = { endedAt: NOON + 4_030, answered: false };
  const long = lastly(call(4, { ...open, at: NOON - 6_000 }));
  const claimedAt = new Date(NOON - 6_000).toISOString();
  const early = long.messages.map((one) =>
    one.id === idOf(4) ? { ...one, attempts: [{ ...one.attempts[0]!, at: claimedAt }] } : one,
  );
  const after = lastly(call(4, { ...open, at: NOON + 4_050, endedAt: NOON + 4_060 }));
  const before = lastly(
    refused(4, { endedAt: NOON + 4_010 }),
    call(4, { ...open, account: "second", at: NOON + 4_015 }),
  );
  for (const evidence of [{ ...long, messages: early }, after, before])
    expect(judge(evidence, CONNECTIONS)).toMatchObject({ wrong: [], figures: { vague: 1, called: 1, open: 1 } });
});

it("takes a claim after the last call for one whose call no carrier saw", () => {
  const again = lastly(refused(4, { endedAt: NOON + 3_000, at: NOON + 2_990 }));
  expect(judge(again, CONNECTIONS)).toMatchObject({ wrong: [], figures: { claimed: 1, answered: 0, called: 0 } });
});

it("gives each kill no more doubts than there are connections, and finds the way to share them out", () => {
  const evidence = claimed(good(), 3);
  const second = { at: NOON + 4_400, goneAt: NOON + 4_450, connections: 2 };
  const kills = [...evidence.kills, second];
  expect(wrongIn({ ...evidence, kills }).join()).toBe(""); // four doubts, two kills near them, two connections
  expect(wrongIn({ ...claimed(good(), 4), kills }).join()).toContain("1 messages are unknown beyond what 2 kills");
  expect(judge({ ...evidence, kills }, CONNECTIONS).figures.most).toBe(2);
});

it("finds every fault that is planted into a good record", () => {
  const late = message(9, DELIVERED);
  const evidence = {
    ...good(),
    wishes: [...good().wishes, { key: "wish-9", send: { text: "Text 9" }, answers: [], id: late.id }],
    messages: [...good().messages, late],
    calls: [...good().calls, call(9)],
    receipts: [...good().receipts!, receipt(9, "delivered")],
  };
  expect(wrongIn(evidence)).toEqual([]);
  expect(planted(evidence, 2).map(([name]) => name)).toHaveLength(6);
  expect(overlooked(evidence, 2)).toEqual([]);
});

it("explains the recorded run whose answers were lost with the service, and overlooks nothing planted into it", () => {
  const recorded = readEvidence(join(import.meta.dirname, "histories/answers-lost.json"));
  const { wrong, figures } = judge(recorded, CONNECTIONS);
  expect(wrong).toEqual([]);
  expect(figures).toMatchObject({ called: 0, answered: 2, claimed: 0, open: 0, most: 2 });
  expect(judge(recorded, { connections: 1 }).wrong.join()).toContain("1 messages are unknown beyond what");
  expect(planted(recorded, 2)).toHaveLength(6);
  expect(overlooked(recorded, 2)).toEqual([]);
});

it("doubts no call that the carrier swore never to take", () => {
  const sworn = { conduct: { does: "error" }, taken: false, refused: true, answered: false };
  const { figures } = judge({ ...good(), calls: [call(1, sworn), ...good().calls] }, CONNECTIONS);
  expect(figures).toMatchObject({ vague: 1 });
});

it("takes two looks that overlap for neither before the other", () => {
  const overlapping = { id: idOf(0), state: "queued" as State, sequence: 1, from: NOON + 5, at: NOON + 60 };
  expect(wrongIn({ ...good(), sightings: [...good().sightings!, overlapping] })).toEqual([]);
});
