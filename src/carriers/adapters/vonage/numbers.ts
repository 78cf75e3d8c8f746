/**
 * Vonage's Numbers API. Its answers have an error code, 200 for success; 420 means that the number is not available, or not the
 * account's. Prices are in euros per month. Facts: the public OpenAPI description (numbers).
 */
import { z } from "zod";
import { basicOf, baseOf, call, e164Of, formOf, plainCode, pricedAt } from "../call.ts"; // prettier-ignore
import type { Account, CarrierIo, Offer, Shop, ShopWish, Unclear } from "../../carrier.ts";
import { readAnswer } from "../shop.ts";

const REST_URL = "https://rest.nexmo.com";
const CURRENCY = "EUR";
/** `search_pattern`: the digits are anywhere in the number. */
const ANYWHERE = "1";
const TYPES = { mobile: "mobile-lvn", local: "landline", toll_free: "landline-toll-free" } as const satisfies Record<ShopWish["type"], string>; // prettier-ignore

const Msisdn = z.string().regex(/^[1-9]\d{6,14}$/);
/** If nothing is found, the list is absent. */
const ForSale = z.object({
  numbers: z
    .array(
      z.object({
        country: z.string().length(2),
        msisdn: Msisdn,
        cost: z.string().optional(),
        features: z.array(z.string()).optional(),
      }),
    ) // prettier-ignore
    .optional(),
});
const Ours = z.object({ numbers: z.array(z.object({ msisdn: Msisdn })).optional() });
const Done = z.object({ "error-code": z.string() });

/** Vonage's shop. */
export const vonageShop: Shop = {
  async search(account, { country, type, contains, limit }, io) {
    const pattern = contains === null ? {} : { pattern: contains, search_pattern: ANYWHERE };
    const query = formOf({ country, features: "SMS", type: TYPES[type], size: String(limit), ...pattern });
    const said = readAnswer(await ask(account, io, "GET", `/number/search?${query}`), ForSale);
    if ("code" in said) return { failed: said.code };
    const offers = (said.data.numbers ?? []).map(({ country: where, msisdn, cost, features = [] }): Offer => ({
      e164: e164Of(msisdn),
      country: where,
      capabilities: (["sms", "mms", "voice"] as const).filter((each) => features.includes(each.toUpperCase())),
      price: pricedAt(cost, CURRENCY).price ?? null,
    }));
    return { offers: offers.slice(0, limit) };
  },

  async buy(account, { e164, country }, io) {
    const failed = await act(account, io, "/number/buy", { country, msisdn: e164.slice(1) });
    return failed ?? { outcome: "bought", inboundSet: false };
  },

  async owns(account, e164, io) {
    const query = formOf({ pattern: e164.slice(1), search_pattern: ANYWHERE, size: "10" });
    const said = readAnswer(await ask(account, io, "GET", `/account/numbers?${query}`), Ours);
    if ("code" in said) return { unclear: said.code };
    return { owns: (said.data.numbers ?? []).some(({ msisdn }) => e164Of(msisdn) === e164) };
  },

  async point(account, { e164, country, inboundUrl }, io) {
    return (
      (await act(account, io, "/number/update", { country, msisdn: e164.slice(1), moHttpUrl: inboundUrl })) === null
    );
  },

  async release(account, { e164, country }, io) {
    const failed = await act(account, io, "/number/cancel", { country, msisdn: e164.slice(1) });
    return failed ?? { outcome: "released" };
  },
};

async function ask(account: Account, io: CarrierIo, method: "GET" | "POST", path: string, body?: string) {
  const { api_key: key, api_secret: secret } = account.secrets;
  if (key === undefined || secret === undefined) return null;
  const labelled = body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
  const headers = { authorization: basicOf(key, secret), accept: "application/json", ...labelled };
  return call(baseOf(account, "base_url", REST_URL) + path, { method, headers, ...(body === undefined ? {} : { body }) }, io); // prettier-ignore
}

/** Changes a number; null if Vonage confirms it, else the refusal. */
async function act(
  account: Account,
  io: CarrierIo,
  path: string,
  fields: Record<string, string>,
): Promise<Unclear | null> {
  const said = readAnswer(await ask(account, io, "POST", path, formOf(fields)), Done);
  if ("code" in said) return said;
  const code = said.data["error-code"];
  return code === "200" ? null : { outcome: code === "420" || code === "401" ? "refused" : "unknown", code: plainCode(code, "unnamed") }; // prettier-ignore
}
