/**
 * A cap that was reached, as a refusal.
 */
import { refuse, type Refusal } from "../base/refusal.ts";
import type { CapReached } from "./ledger.ts";

/** A cap as a refusal: which one, and when to come back. */
export function limitRefusal(reached: CapReached): Refusal {
  if (reached.cap === "numbers")
    return refuse("new_numbers_exceeded", { retryAfterSeconds: reached.retryAfterSeconds });
  return refuse("rate_limited", {
    detail: `The limit of messages per ${reached.cap} per ${reached.window} is reached.`,
    retryAfterSeconds: reached.retryAfterSeconds,
  });
}
