// The numbers that a simulated carrier sells, and what is done with an order: sold, refused, or left without an answer,
// sold or not. <kind>.numbers.mjs reads the requests and writes the answers.
import { hex } from "./read.mjs";

/** Puts numbers up for sale at an account; each is sold once. */
export function offer(account, numbers, { country = "GB", type = "mobile", cost = "1.25" } = {}) {
  for (const e164 of numbers)
    account.inventory.set(e164, { e164, country, type, cost, owned: false, inboundUrl: null, reference: hex(16) });
}

/** The numbers for sale of this type, with these digits in them. */
export const forSale = (account, { country, type, contains = "", limit }) => [...account.inventory.values()].filter((one) => !one.owned && one.country === country && one.type === type && one.e164.includes(contains)).slice(0, limit); // prettier-ignore

export const ownedBy = (account) => [...account.inventory.values()].filter(({ owned }) => owned);

/** The number if the account has it, otherwise undefined. */
export const owned = (account, e164) => ownedBy(account).find((one) => one.e164 === e164);

/**
 * Does with an order what the account's script says: `sell`, `refuse`, `pend`, `hang` or `error`; with `taken` the last
 * two sell the number nevertheless. A sale may be delayed (`later`). Answers the response, if any.
 */
export function order(account, { e164, inboundUrl = null }, say) {
  const conduct = account.script.orders[account.orders.length] ?? { does: "sell", after_ms: 0 };
  const ordered = { e164, does: conduct.does, sold: false };
  account.orders.push(ordered);
  const settled = () => settle(account, ordered, conduct, inboundUrl, say);
  return conduct.after_ms > 0 ? { later: conduct.after_ms, settled } : settled();
}

function settle(account, ordered, conduct, inboundUrl, say) {
  const { e164 } = ordered;
  const number = account.inventory.get(e164);
  const free = number !== undefined && !number.owned;
  const sold = free && (conduct.does === "sell" || conduct.taken === true);
  ordered.sold = sold;
  if (sold) Object.assign(number, { owned: true, inboundUrl: inboundUrl ?? number.inboundUrl });
  if (conduct.does === "hang") return { silent: true };
  if (conduct.does === "error") return { answer: say.failed(conduct.status) };
  if (conduct.does === "pend" && free) return { answer: say.pending(number) };
  return { answer: sold ? say.sold(number) : say.refused(e164) };
}

/** Releases a number; answers whether the account had it. */
export function giveUp(account, number) {
  if (number?.owned !== true) return false;
  Object.assign(number, { owned: false, inboundUrl: null });
  account.released.push(number.e164);
  return true;
}
