/**
 * Buying virtual numbers from a carrier: the order of calls to an adapter's shop. A number can be bought once, so before an order
 * whose answer was lost is repeated, the carrier is asked whether the account has the number.
 */
import type { z } from "zod";
import { INCOMPLETE_CODE, isDeclined, jsonOf, plainCode, type Answered, type Called } from "./call.ts";
import type { Account, Bought, CarrierIo, Order, Released, Shop, Unclear } from "../carrier.ts";

/** A shop, its account and its I/O. */
export type Shopping = { account: Account; shop: Shop; io: CarrierIo };

/**
 * Buys a number. `again`: an earlier order may have succeeded, so the carrier is asked first; if it then refuses the order, the reason
 * may be that the number is ours, so the order stays `unknown`.
 */
export async function buyNumber({ account, shop, io }: Shopping, order: Order, again: boolean): Promise<Bought> {
  const owned = again ? await shop.owns(account, order.e164, io) : { owns: false };
  if ("unclear" in owned) return { outcome: "unknown", code: owned.unclear };
  const bought: Bought = owned.owns ? { outcome: "bought", inboundSet: false } : await shop.buy(account, order, io);
  if (bought.outcome === "refused" && again) return { outcome: "unknown", code: bought.code };
  if (bought.outcome !== "bought" || bought.inboundSet || order.inboundUrl === null) return bought;
  return { outcome: "bought", inboundSet: await shop.point(account, { ...order, inboundUrl: order.inboundUrl }, io) };
}

/** Releases a number; one that the account does not have counts as released. */
export async function releaseNumber(
  { account, shop, io }: Shopping,
  number: Pick<Order, "e164" | "country">,
): Promise<Released> {
  const owned = await shop.owns(account, number.e164, io);
  if ("unclear" in owned) return { outcome: "unknown", code: owned.unclear };
  return owned.owns ? shop.release(account, number, io) : { outcome: "released" };
}

/**
 * Reads the answer to a shop's call: its value, or why there is none. A 4xx, 429 included, had no effect; any other failure may have.
 * `codeOf` finds the carrier's own code.
 */
export function readAnswer<T>(
  called: Called | null,
  schema: z.ZodType<T>,
  codeOf: (answered: Answered) => string | null = () => null,
): { data: T } | Unclear {
  if (called === null) return { outcome: "refused", code: INCOMPLETE_CODE };
  if ("fault" in called) return { outcome: "unknown", code: called.fault };
  const { status } = called;
  if (status >= 200 && status < 300) {
    const parsed = schema.safeParse(jsonOf(called));
    return parsed.success ? { data: parsed.data } : { outcome: "unknown", code: "unreadable_answer" };
  }
  const outcome = isDeclined(status) || status === 429 ? "refused" : "unknown";
  return { outcome, code: plainCode(codeOf(called), `http_${status}`) };
}
