// The numbers that a simulated carrier sells, and what is done with an order: sold, refused, or left without an answer although it
// may have gone through. What a request says and how an answer is written stands in <kind>.numbers.mjs.
import { hex } from "./read.mjs";

/** Puts numbers up for sale at an account; each is sold once. */
export function shelve(account, numbers, { country = "GB", type = "mobile", cost = "1.25" } = {}) {
  for (const e164 of numbers)
    account.shelf.set(e164, { e164, country, type, cost, owned: false, inboundUrl: null, reference: hex(16) });
}

/** What is for sale of this type, with these digits in it. */
export const forSale = (account, { country, type, contains = "", limit }) => [...account.shelf.values()].filter((one) => !one.owned && one.country === country && one.type === type && one.e164.includes(contains)).slice(0, limit); // prettier-ignore

export const ownedBy = (account) => [...account.shelf.values()].filter(({ owned }) => owned);

/** The number if it is the account's, else undefined. */
export const owned = (account, e164) => ownedBy(account).find((one) => one.e164 === e164);

/**
 * Does with an order what the account's script says: `sell`, `refuse`, `pend`, `hang` or `error`, the last two with the number
 * sold all the same where they are `taken`; a sale may take its time (`later`). Answers what to say, if anything.
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
  const number = account.shelf.get(e164);
  const free = number !== undefined && !number.owned;
  const sold = free && (conduct.does === "sell" || conduct.taken === true);
  ordered.sold = sold;
  if (sold) Object.assign(number, { owned: true, inboundUrl: inboundUrl ?? number.inboundUrl });
  if (conduct.does === "hang") return { silent: true };
  if (conduct.does === "error") return { answer: say.failed(conduct.status) };
  if (conduct.does === "pend" && free) return { answer: say.pending(number) };
  return { answer: sold ? say.sold(number) : say.refused(e164) };
}

/** Gives a number up; answers whether it was the account's. */
export function giveUp(account, number) {
  if (number?.owned !== true) return false;
  Object.assign(number, { owned: false, inboundUrl: null });
  account.released.push(number.e164);
  return true;
}
