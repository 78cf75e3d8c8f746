/**
 * Twilio's numbers for sale and the account's own (AvailablePhoneNumbers, IncomingPhoneNumbers). Its search has no prices, which are
 * in another API, by country; the operator gives the price. Facts: the public OpenAPI description (twilio/twilio-oai).
 */
import { z } from "zod";
import { formOf } from "../call.ts";
import type { Account, Bought, CarrierIo, Offer, Shop, ShopWish } from "../../carrier.ts";
import { readAnswer } from "../shop.ts";
import { faultOf, request } from "./call.ts";

const TYPES = { mobile: "Mobile", local: "Local", toll_free: "TollFree" } as const satisfies Record<ShopWish["type"], string>; // prettier-ignore

const E164 = z.string().regex(/^\+[1-9]\d{6,14}$/);
const Truth = z.boolean().optional();
const ForSale = z.object({
  available_phone_numbers: z.array(
    z.object({ phone_number: E164, iso_country: z.string().length(2), capabilities: z.object({ SMS: Truth, MMS: Truth, voice: Truth }) }), // prettier-ignore
  ),
});
const PhoneNumber = z.object({ sid: z.string().regex(/^PN[0-9a-fA-F]{32}$/), phone_number: E164 });
const Ours = z.object({ incoming_phone_numbers: z.array(PhoneNumber) });

/** Twilio's shop. */
export const twilioShop: Shop = {
  async search(account, { country, type, contains, limit }, io) {
    const query = formOf({ SmsEnabled: "true", PageSize: String(limit), Contains: contains });
    const called = await request(account, io, "GET", `/AvailablePhoneNumbers/${country}/${TYPES[type]}.json?${query}`);
    const said = readAnswer(called, ForSale, faultOf);
    if ("code" in said) return { failed: said.code };
    const offers = said.data.available_phone_numbers.map(
      ({ phone_number: e164, iso_country, capabilities }): Offer => ({
        e164,
        country: iso_country,
        capabilities: [...(capabilities.SMS === true ? ["sms" as const] : []), ...(capabilities.MMS === true ? ["mms" as const] : []), ...(capabilities.voice === true ? ["voice" as const] : [])], // prettier-ignore
        price: null,
      }),
    );
    return { offers: offers.slice(0, limit) };
  },

  async buy(account, { e164, inboundUrl }, io): Promise<Bought> {
    const { bundle_sid: BundleSid, address_sid: AddressSid } = account.settings;
    const to = inboundUrl === null ? {} : { SmsUrl: inboundUrl, SmsMethod: "POST" };
    const form = formOf({ PhoneNumber: e164, ...to, BundleSid, AddressSid });
    const said = readAnswer(
      await request(account, io, "POST", "/IncomingPhoneNumbers.json", form),
      PhoneNumber,
      faultOf,
    );
    if ("code" in said) return said;
    if (said.data.phone_number !== e164) return { outcome: "unknown", code: "another_number" };
    return { outcome: "bought", inboundSet: inboundUrl !== null };
  },

  async owns(account, e164, io) {
    const found = await find(account, e164, io);
    return "code" in found ? { unclear: found.code } : { owns: found.sid !== null };
  },

  async point(account, { e164, inboundUrl }, io) {
    const found = await find(account, e164, io);
    if ("code" in found || found.sid === null) return false;
    const form = formOf({ SmsUrl: inboundUrl, SmsMethod: "POST" });
    return !("code" in readAnswer(await request(account, io, "POST", `/IncomingPhoneNumbers/${found.sid}.json`, form), PhoneNumber, faultOf)); // prettier-ignore
  },

  async release(account, { e164 }, io) {
    const found = await find(account, e164, io);
    if ("code" in found) return { outcome: "unknown", code: found.code };
    if (found.sid === null) return { outcome: "released" };
    const called = await request(account, io, "DELETE", `/IncomingPhoneNumbers/${found.sid}.json`);
    if (called !== null && "status" in called && called.status === 204) return { outcome: "released" };
    const said = readAnswer(called, z.never(), faultOf);
    return "code" in said && said.code !== "20404" ? said : { outcome: "released" };
  },
};

/** The number's id at Twilio; null if the account does not have it. */
async function find(account: Account, e164: string, io: CarrierIo): Promise<{ sid: string | null } | { code: string }> {
  const said = readAnswer(await request(account, io, "GET", `/IncomingPhoneNumbers.json?${formOf({ PhoneNumber: e164 })}`), Ours, faultOf); // prettier-ignore
  if ("code" in said) return said;
  return { sid: said.data.incoming_phone_numbers.find((one) => one.phone_number === e164)?.sid ?? null };
}
