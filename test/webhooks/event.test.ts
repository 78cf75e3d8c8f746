import { describe, expect, test } from "vitest";
import { EVENT_FAMILIES, EVENT_TYPES, eventFilterSchema, matches } from "../../src/webhooks/event.ts";

describe("the catalogue of events", () => {
  test("has each state of a message of the contract, the end without a receipt, and each type once", () => {
    const states =
      "scheduled held queued sending unknown sent delivered undelivered failed expired blocked canceled unconfirmed screened";
    const others = [
      "consent.given",
      "consent.withdrawn",
      "session.opened",
      "session.expired",
      "session.closed",
      "session.rotated",
      "interaction.relayed",
      "interaction.vetoed",
      "interaction.out_of_session",
      "inbound.received",
      "inbound.media_dropped",
      "inbound.screened",
      "number.low",
      "number.cooling",
      "number.released",
      "carrier.degraded",
      "carrier.recovered",
      "budget.reached",
      "audit.head",
      "endpoint.disabled",
      "endpoint.test",
      "alert.limit",
      "alert.quota",
      "alert.verification_failures",
      "alert.job_quarantined",
      "alert.sign_in_reset",
      "alert.closed",
    ];
    const codes = "created sent approved failed expired locked canceled".split(" ");
    expect([...EVENT_TYPES]).toEqual([
      ...states.split(" ").map((state) => `message.${state}`),
      ...codes.map((what) => `verification.${what}`),
      ...others,
    ]);
  });
  test("names every family, and no family without a type", () => {
    expect([...EVENT_FAMILIES]).toEqual([...new Set(EVENT_TYPES.map((type) => type.split(".")[0]))]);
  });
});

describe("an endpoint's filter", () => {
  test.each([
    [["*"]],
    [["message.*", "audit.head"]],
    [[...EVENT_TYPES]],
    [["message.*", "message.sent"]],
    [["alert.*"]],
  ])("may be %j", (filter) => {
    expect(eventFilterSchema.safeParse(filter).success).toBe(true);
  });
  test.each([
    [[]], [[""]], [["message"]], [["message."]], [["message.**"]], [["messages.*"]], [["Message.sent"]], [["message.sent "]],
    [["message.read"]], [["*.sent"]], [["message.s*"]], [["**"]], [["message.*", "nope"]], [["__proto__"]], [[1]], ["*"], [null],
    [{ 0: "*" }], [Array.from({ length: EVENT_TYPES.length + EVENT_FAMILIES.length + 2 }, () => "*")],
  ])("may not be %j", (filter) => {
    expect(eventFilterSchema.safeParse(filter).success).toBe(false);
  }); // prettier-ignore

  test.each([
    ["*", EVENT_TYPES.filter((type) => type !== "endpoint.test")], // that goes to the endpoint tested alone
    ["message.*", EVENT_TYPES.filter((type) => type.startsWith("message."))],
    ["audit.*", ["audit.head"]],
    ["message.sent", ["message.sent"]],
    ["message.unknown", ["message.unknown"]],
    ["endpoint.disabled", ["endpoint.disabled"]],
  ])("%s lets through exactly %j", (line, expected) => {
    expect(EVENT_TYPES.filter((type) => matches([line], type))).toEqual(expected);
    expect(EVENT_TYPES.filter((type) => matches(["call.started", line], type))).toEqual(expected);
  });
  test.each([[[]], [["message"]], [["message."]], [["call.*"]], [["message.s"]], [["mess*"]], [[".*"]], [[""]]])(
    "%j, were it stored, lets nothing through",
    (filter) => {
      expect(EVENT_TYPES.filter((type) => matches(filter, type))).toEqual([]);
    },
  );
});
