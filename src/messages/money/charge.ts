/**
 * What a message takes from the budgets that it holds money of, by its own row alone. Pure.
 */
import type { Charge } from "../../risk/budgets/budget.ts";
import type { Message } from "../message.ts";

/**
 * What became of the money that is held with a message. It is spent once the carrier has the text, and when nobody will ever know
 * whether it does; what ended before that is given back. Without a hold: nothing.
 */
export function chargeOf({ state, endedAt, facts }: Message): Charge | null {
  const { hold, price } = facts;
  if (hold === undefined) return null;
  switch (state) {
    case "scheduled":
    case "held":
    case "queued":
    case "sending":
      return { as: "reserved", hold, price };
    case "unknown":
      return { as: endedAt === null ? "reserved" : "spent", hold, price };
    case "sent":
    case "delivered":
    case "undelivered":
      return { as: "spent", hold, price };
    case "failed":
    case "expired":
    case "blocked":
    case "canceled":
      return { as: "released", hold, price };
  }
}
