// The judge of the fault tests, given records of what must not happen: it says each, and says nothing of a good one.
import { expect, it } from "vitest";
import type { MessageView, State } from "../../src/messages/message.ts";
import type { Evidence, SeenCall, SeenReceipt, Told } from "./history.ts";
import { judge } from "./judge.ts";

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
    reason: null,
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
    kills: [{ at: NOON + 4_020, open: [idOf(4)], connections: 2, goneAt: NOON + 4_100 }],
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

/** The good record with one message gone another way. */
function walked(evidence: Evidence, nth: number, walk: State[]): Evidence {
  const walks = Object.fromEntries(evidence.messages.map(({ id, state }, at) => [at, id === idOf(nth) ? walk : state === "delivered" ? DELIVERED : (["queued", "sending", state] as State[])])); // prettier-ignore
  const messages = evidence.messages.map((one) => (one.id === idOf(nth) ? message(nth, walk) : one));
  return { ...evidence, messages, events: eventsOf(walks), told: [] };
}

const wrongIn = (evidence: Evidence) => judge(evidence, "connections").wrong;

it("finds nothing wrong in a good record, and counts its doubts", () => {
  const { wrong, figures } = judge(good());
  expect(wrong).toEqual([]);
  expect(figures).toMatchObject({ vague: 1, open: 1, connections: 2, doubted: 1, unsettled: 0, unseen: 0, states: { delivered: 2, failed: 1, unknown: 2 } }); // prettier-ignore
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
  "more unknown by kills than the carriers saw calls open": [
    (good) => ({ ...good, kills: good.kills.map((kill) => ({ ...kill, open: [], goneAt: null })) }),
    /1 messages are unknown by kills, and 0 calls were open then/,
  ],
  "more unknown by kills than the carriers saw connections": [
    (good) => ({ ...good, kills: good.kills.map((kill) => ({ ...kill, connections: 0 })) }),
    /1 messages are unknown by kills, and 0 \(connections\) were there then/,
  ],
  "more unknown than there were calls in doubt": [
    (good) => ({ ...good, calls: good.calls.filter(({ message }) => message !== idOf(4)), kills: good.kills.map((kill) => ({ ...kill, open: [], connections: 0 })) }), // prettier-ignore
    /2 messages are unknown, and 1 calls were in doubt/,
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
  const kills = [{ at: NOON + 4_050 + killedMs, open: [], connections: 9, goneAt: null }];
  return { ...evidence, messages: messages as MessageView[], kills, calls: evidence.calls.map((one) => (one.message === idOf(4) ? call(4) : one)) }; // prettier-ignore
}

it("takes a kill for the reason of a lost answer as far as this run took to settle one, and no further than five seconds", () => {
  const isExplained = (evidence: Evidence) => !wrongIn(evidence).join("\n").includes("without a cause");
  const found = [slow(100, 500), slow(100, 501), slow(2_000, 2_000), slow(2_000, 2_001), slow(9_000, 5_000), slow(9_000, 5_001)]; // prettier-ignore
  expect(found.map(isExplained)).toEqual([true, false, true, false, true, false]);
  expect(isExplained(slow(2_000, 2_000, null))).toBe(false); // found out later, not settled by the sender
  expect(judge(slow(2_000, 2_000), "connections").figures).toMatchObject({ doubted: 0, unsettled: 1, blurMs: 2_000 });
});

it("calls an answer late only when the service had waited for it, and doubts by it no more than that", () => {
  const late = call(4, { endedAt: NOON + 14_000, answered: false });
  const evidence = {
    ...good(),
    kills: [],
    calls: [...good().calls.filter(({ message }) => message !== idOf(4)), late],
  };
  const { wrong, figures } = judge(evidence);
  expect(wrong).toEqual([]);
  expect(figures).toMatchObject({ vague: 2, open: 0, doubted: 0 });
});

/** The good record with another last call of the message that is in doubt by the kill. */
const lastly = (...calls: SeenCall[]): Evidence => ({ ...good(), calls: [...good().calls.filter(({ message }) => message !== idOf(4)), ...calls] }); // prettier-ignore

it("counts as open what was open then: a call under way for long, one that came in after the kill, and none that was over", () => {
  const open = { endedAt: NOON + 4_030, answered: false };
  const long = lastly(call(4, { ...open, at: NOON - 6_000 }));
  const after = lastly(call(4, { ...open, at: NOON + 4_050, endedAt: NOON + 4_060 }));
  const { kills } = good();
  const unseen = { ...after, kills: kills.map((kill) => ({ ...kill, open: [] })) };
  const before = lastly(
    refused(4, { endedAt: NOON + 4_010 }),
    call(4, { ...open, account: "second", at: NOON + 4_015 }),
  );
  for (const evidence of [long, unseen, before])
    expect(judge(evidence)).toMatchObject({ wrong: [], figures: { vague: 1, doubted: 1, open: 1 } }); // prettier-ignore
});

it("doubts no call that the carrier swore never to take", () => {
  const sworn = { conduct: { does: "error" }, taken: false, refused: true, answered: false };
  const { figures } = judge({ ...good(), calls: [call(1, sworn), ...good().calls] });
  expect(figures).toMatchObject({ vague: 1 });
});

it("takes two looks that overlap for neither before the other", () => {
  const overlapping = { id: idOf(0), state: "queued" as State, sequence: 1, from: NOON + 5, at: NOON + 60 };
  expect(wrongIn({ ...good(), sightings: [...good().sightings!, overlapping] })).toEqual([]);
});
