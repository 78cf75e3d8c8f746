// What a simulated carrier does with a call and with the receipts that follow: data, with chance drawn from a seed. A
// draw depends on seed, account, message and count, never on the order of arrival, so a seed replays exactly. Drawn by
// the text instead of the message's id, it also replays in another run, where the same texts have other ids.
import { createHash } from "node:crypto";
import { z } from "zod";

const Milliseconds = z.int().min(0).max(600_000);
const Probability = z.number().min(0).max(1);
const State = z.enum(["sent", "delivered", "undelivered"]);

/** A planned receipt: `forged` ones are signed with another key and must change nothing. */
const PlannedReceipt = z.strictObject({
  state: State,
  after_ms: Milliseconds.default(0),
  code: z.string().max(40).optional(),
  forged: z.boolean().default(false),
});
/** Receipts by chance: their states and order, their delays, and how often they fail. */
const Fate = z.strictObject({
  states: z.array(State).max(10).default(["sent", "delivered"]),
  delay_ms: z.tuple([Milliseconds, Milliseconds]).default([0, 0]),
  lose: Probability.default(0),
  repeat: Probability.default(0),
  reorder: Probability.default(0),
  forge: Probability.default(0),
});
const Receipts = z
  .union([z.array(PlannedReceipt).max(20), Fate])
  .default([{ state: "delivered", after_ms: 0, forged: false }]);

const weighted = (does, fields = {}) => z.strictObject({ does: z.literal(does), weight: z.number().positive().default(1), ...fields }); // prettier-ignore
const code = z.string().min(1).max(64).optional();
const taken = z.boolean().default(false);

/** What may be done with a call. `taken`: the person gets the text in any case. */
export const Conduct = z.discriminatedUnion("does", [
  weighted("accept", { after_ms: Milliseconds.default(0), receipts: Receipts }),
  weighted("refuse", { code }),
  weighted("throttle", { retry_after_seconds: z.int().min(0).max(3_600).optional() }),
  weighted("error", { status: z.int().min(500).max(599).default(500), taken, receipts: Receipts }),
  weighted("hang", { taken, receipts: Receipts }),
  weighted("reset_before_reading"),
  weighted("reset_after_accepting", { receipts: Receipts }),
  weighted("say", { status: z.int().min(200).max(599), content_type: z.string().max(200), body: z.string().max(1_000_000), taken }), // prettier-ignore
]);

/** What may be done with an order for a number. `taken`: it is sold in any case. */
const OrderConduct = z.discriminatedUnion("does", [
  z.strictObject({ does: z.literal("sell"), after_ms: Milliseconds.default(0) }),
  z.strictObject({ does: z.enum(["refuse", "pend"]) }),
  z.strictObject({ does: z.literal("hang"), taken }),
  z.strictObject({ does: z.literal("error"), status: z.int().min(500).max(599).default(500), taken }),
]);

const Conducts = z.array(Conduct).min(1).max(100);

/**
 * The script of an account: the conduct of the first calls, one after another, that of texts with certain words, by
 * weight, and that of all others, by weight.
 */
export const Script = z.strictObject({
  seed: z.int().min(0).max(2 ** 32).default(1), // prettier-ignore
  by: z.enum(["message", "text"]).default("message"),
  first: z.array(Conduct).max(10_000).default([]),
  /** The conduct of the first orders for numbers; later ones are sold. */
  orders: z.array(OrderConduct).max(100).default([]),
  texts: z.array(z.strictObject({ includes: z.string().min(1).max(100), calls: Conducts })).max(100).default([]), // prettier-ignore
  calls: Conducts.default([{ does: "accept", weight: 1, after_ms: 0, receipts: [{ state: "delivered", after_ms: 0, forged: false }] }]), // prettier-ignore
});

/** A fraction in [0, 1), always the same for these words. */
export function draw(...words) {
  return createHash("sha256").update(words.join("\n")).digest().readUInt32BE() / 2 ** 32;
}

/** The words that every draw about a call begins with: the same for the same call, whatever came before it. */
export function wordsOf({ by }, { account, message, text, nth }) {
  return [account, by === "text" ? text : message, nth];
}

/** The conduct of the `index`th call of an account, which is the `nth` for its message. */
export function conductOf(script, call) {
  const early = script.first[call.index];
  if (early !== undefined) return early;
  const named = script.texts.find(({ includes }) => call.text?.includes(includes) === true);
  const calls = named?.calls ?? script.calls;
  const whole = calls.reduce((sum, { weight }) => sum + weight, 0);
  let left = draw(script.seed, ...wordsOf(script, call), "does") * whole;
  return calls.find(({ weight }) => (left -= weight) < 0) ?? calls.at(-1);
}

/** The conduct that is known before a call is read: only where it is the same for every call. */
export function earlyConductOf({ first, texts, calls }, index) {
  return first[index] ?? (calls.length === 1 && texts.length === 0 ? calls[0] : null);
}

/** The receipts of a call in the order of sending, each with its delay after the one before. */
export function receiptsOf(receipts, seed, words) {
  if (receipts === undefined) return [];
  if (Array.isArray(receipts)) return inOrder(receipts);
  const chance = (what) => draw(seed, ...words, what);
  const [least, most] = receipts.delay_ms;
  const planned = receipts.states.flatMap((state, at) => {
    if (chance(`lose ${at}`) < receipts.lose) return [];
    const after_ms = Math.round(least + chance(`delay ${at}`) * (most - least));
    const once = { state, after_ms, forged: false };
    const again = chance(`repeat ${at}`) < receipts.repeat ? [{ ...once, after_ms: 0 }] : [];
    const other = state === "undelivered" ? "delivered" : "undelivered";
    const forged = chance(`forge ${at}`) < receipts.forge ? [{ state: other, after_ms: 0, forged: true }] : [];
    return [...forged, once, ...again];
  });
  return chance("reorder") < receipts.reorder ? planned.reverse() : planned;
}

/** Converts times after acceptance into times after the previous receipt. */
function inOrder(receipts) {
  const sorted = receipts.toSorted((a, b) => a.after_ms - b.after_ms);
  return sorted.map((receipt, at) => ({ ...receipt, after_ms: receipt.after_ms - (sorted[at - 1]?.after_ms ?? 0) }));
}
