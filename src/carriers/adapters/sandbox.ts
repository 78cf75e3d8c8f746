/**
 * The sandbox carrier: deterministic, with a table of magic numbers. It makes no network calls; texts appear on the tenant's handset.
 * docs/sandbox.md shows the table to users.
 */
import type { Account, Answer, Carrier, CarrierIo, Handover, HandsetDelivery, Report } from "../carrier.ts";

type Receipt = HandsetDelivery["receipts"][number];
type Behaviour = { what: string; answer: Answer; shown: boolean; receipts: Receipt[] };

const accepted: Answer = { outcome: "accepted" };
const receipt = (state: Report["state"], afterMs = 0, code: string | null = null): Receipt => ({
  state,
  afterMs,
  code,
});
const delivered: Behaviour = { what: "delivered", answer: accepted, shown: true, receipts: [receipt("delivered")] };

/** By the last six digits of a drama number; texts to any other number are delivered at once. */
export const MAGIC: Readonly<Record<string, Behaviour>> = {
  "900901": {
    what: "undelivered",
    answer: accepted,
    shown: false,
    receipts: [receipt("undelivered", 0, "unreachable")],
  },
  "900902": {
    what: "unknown: the text arrives, the answer is lost, no receipt comes",
    answer: { outcome: "unknown", code: "answer_lost" },
    shown: true,
    receipts: [],
  },
  "900903": {
    what: "slow: delivered after a minute",
    answer: accepted,
    shown: true,
    receipts: [receipt("delivered", 60_000)],
  },
  "900904": {
    what: "refused by the carrier",
    answer: { outcome: "declined", code: "invalid_number", permanent: true },
    shown: false,
    receipts: [],
  },
  "900905": {
    what: "throttled: the carrier asks to wait a second, every time",
    answer: { outcome: "throttled", code: "too_fast", retryAfterSeconds: 1, onlyThis: true },
    shown: false,
    receipts: [],
  },
  "900906": {
    what: "the receipt comes twice",
    answer: accepted,
    shown: true,
    receipts: [receipt("delivered"), receipt("delivered", 1)],
  },
  "900907": {
    what: "receipts out of order: delivered, then sent",
    answer: accepted,
    shown: true,
    receipts: [receipt("delivered"), receipt("sent", 1)],
  },
  "900908": { what: "no receipt ever comes", answer: accepted, shown: true, receipts: [] },
  "900909": {
    what: "unknown, then a receipt an hour later",
    answer: { outcome: "unknown", code: "answer_lost" },
    shown: true,
    receipts: [receipt("delivered", 3_600_000)],
  },
};

/** What the sandbox does with a number. */
export function behaviourOf(e164: string): Behaviour {
  return MAGIC[e164.slice(-6)] ?? delivered;
}

/** The sandbox's carrier. */
export const sandboxCarrier: Carrier = {
  fields: { settings: {}, secrets: {} },
  canAsk: () => false,

  async send(account: Account, handover: Handover, io: CarrierIo): Promise<Answer> {
    const behaviour = behaviourOf(handover.to);
    if (behaviour.shown || behaviour.receipts.length > 0) {
      await io.handset({
        message: handover.message,
        account: account.id,
        to: handover.to,
        from: handover.from,
        text: handover.text,
        shown: behaviour.shown,
        receipts: behaviour.receipts,
      });
    }
    return behaviour.answer;
  },

  /** The sandbox has no callbacks, so any is forged. */
  readReceipts: () => Promise.resolve({ forged: "the sandbox carrier calls nobody" }),
};
