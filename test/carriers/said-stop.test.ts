/** Which words of carriers say that a person said stop. */
import { expect, it } from "vitest";
import { CARRIERS, carrierOf } from "../../src/carriers/registry.ts";
import type { Answer, Report } from "../../src/carriers/carrier.ts";
import { markAnswer, markReport } from "../../src/carriers/said-stop.ts";

const STOPS: [kind: string, answer: string | null, receipt: string | null][] = [["sandbox", null, null], ["http", "opted_out", "opted_out"], ["twilio", "21610", "21610"], ["vonage", null, "9"], ["telnyx", "40300", "40300"], ["infobip", null, null]]; // prettier-ignore
const declined = (code: string): Answer => ({ outcome: "declined", code, permanent: true });
const report = (code: string | null, state: Report["state"] = "undelivered"): Report => ({ message: "msg_1", state, code, at: null }); // prettier-ignore

const EVERY = ["blocked", ...STOPS.flatMap(([, ...codes]) => codes)].filter((code) => code !== null);

it.each(STOPS)(
  "%s says it by %s in an answer and by %s in a receipt, and by no other word",
  (kind, answer, receipt) => {
    const carrier = carrierOf(kind);
    const inAnswer = EVERY.filter((code) => "saidStop" in markAnswer(carrier, declined(code)));
    const inReceipt = EVERY.filter((code) => "saidStop" in markReport(carrier, report(code)));
    expect([new Set(inAnswer), new Set(inReceipt)]).toEqual([
      new Set(answer && [answer]),
      new Set(receipt && [receipt]),
    ]);
    for (const code of EVERY) {
      const answers: Answer[] = [
        { outcome: "unknown", code },
        { outcome: "throttled", code, retryAfterSeconds: 1 },
      ];
      for (const one of answers) expect(markAnswer(carrier, one)).toBe(one); // the text may have gone, or will
      for (const one of [report(null), report(code, "sent"), report(code, "delivered")])
        expect(markReport(carrier, one)).toBe(one);
    }
  },
);

it("every kind of carrier has been asked for its word", () => {
  expect(STOPS.map(([kind]) => kind)).toEqual(Object.keys(CARRIERS));
});
