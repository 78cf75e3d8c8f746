/**
 * Telnyx's number search, orders and the account's own numbers (API v2). An order may wait for documents: `pending` is not bought yet.
 * The messaging profile has the URL for inbound texts: numbers are ordered into the account's profile, and the URL is set there.
 * Facts: the official client's description.
 */
import { z } from "zod";
import { baseOf, call, formOf, jsonOf, plainCode, pricedAt, type Answered, type Called, type Outgoing } from "../call.ts"; // prettier-ignore
import type { Account, Bought, CarrierIo, Offer, Shop } from "../../carrier.ts";
import { readAnswer } from "../shop.ts";

const BASE_URL = "https://api.telnyx.com";
const E164 = z.string().regex(/^\+[1-9]\d{6,14}$/);

const ForSale = z.object({
  data: z.array(
    z.object({
      phone_number: E164,
      features: z.array(z.object({ name: z.string() })).nullish(),
      cost_information: z.object({ monthly_cost: z.string().nullish(), currency: z.string().nullish() }).nullish(),
      region_information: z.array(z.object({ region_type: z.string(), region_name: z.string() })).nullish(),
    }),
  ),
});
const Ordered = z.object({ data: z.object({ status: z.enum(["pending", "success", "failure"]) }) });
const Ours = z.object({ data: z.array(z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/), phone_number: E164, status: z.string() })) }); // prettier-ignore
const Something = z.object({ data: z.unknown() });
const Errors = z.object({ errors: z.array(z.object({ code: z.union([z.string(), z.int()]) })).min(1) });

/** States in which a number is not, or no longer, the account's. */
const NOT_OURS: ReadonlySet<string> = new Set(["deleted", "purchase-failed", "port-failed", "ported-out"]);
/** States in which it may become the account's. */
const WAITING: ReadonlySet<string> = new Set(["purchase-pending", "port-pending", "provision-pending", "requirement-info-pending", "requirement-info-under-review", "requirement-info-exception"]); // prettier-ignore

/** Telnyx's shop. */
export const telnyxShop: Shop = {
  async search(account, { country, type, contains, limit }, io) {
    const query = formOf({ "filter[country_code]": country, "filter[features]": "sms", "filter[phone_number_type]": type, "filter[limit]": String(limit), "filter[phone_number][contains]": contains }); // prettier-ignore
    const said = readAnswer(
      await ask(account, io, `/v2/available_phone_numbers?${query}`, { method: "GET" }),
      ForSale,
      errorOf,
    );
    if ("code" in said) return { failed: said.code };
    const offers = said.data.data.map(({ phone_number: e164, features, cost_information: cost }): Offer => ({
      e164,
      country,
      capabilities: (["sms", "mms", "voice"] as const).filter((each) => features?.some(({ name }) => name === each)),
      price: pricedAt(cost?.monthly_cost, cost?.currency).price ?? null,
    }));
    return { offers: offers.slice(0, limit) };
  },

  async buy(account, { e164 }, io): Promise<Bought> {
    const { messaging_profile_id: profile } = account.settings;
    const body = JSON.stringify({ phone_numbers: [{ phone_number: e164 }], messaging_profile_id: profile });
    const said = readAnswer(await ask(account, io, "/v2/number_orders", { body }), Ordered, errorOf);
    if ("code" in said) return said;
    const { status } = said.data.data;
    if (status === "success") return { outcome: "bought", inboundSet: false };
    return { outcome: status === "pending" ? "unknown" : "refused", code: `order_${status}` };
  },

  async owns(account, e164, io) {
    const found = await find(account, e164, io);
    if ("code" in found) return { unclear: found.code };
    return found.number !== null && WAITING.has(found.number.status)
      ? { unclear: plainCode(found.number.status, "pending") }
      : { owns: found.number !== null };
  },

  async point(account, { inboundUrl }, io) {
    const { messaging_profile_id: profile } = account.settings;
    if (profile === undefined) return false;
    const body = JSON.stringify({ webhook_url: inboundUrl });
    const path = `/v2/messaging_profiles/${encodeURIComponent(profile)}`;
    return !("code" in readAnswer(await ask(account, io, path, { method: "PATCH", body }), Something, errorOf));
  },

  async release(account, { e164 }, io) {
    const found = await find(account, e164, io);
    if ("code" in found) return { outcome: "unknown", code: found.code };
    if (found.number === null) return { outcome: "released" };
    const said = readAnswer(
      await ask(account, io, `/v2/phone_numbers/${found.number.id}`, { method: "DELETE" }),
      Something,
      errorOf,
    );
    return "code" in said ? said : { outcome: "released" };
  },
};

async function find(account: Account, e164: string, io: CarrierIo) {
  const query = formOf({ "filter[phone_number]": e164 });
  const said = readAnswer(await ask(account, io, `/v2/phone_numbers?${query}`, { method: "GET" }), Ours, errorOf);
  if ("code" in said) return said;
  return { number: said.data.data.find((one) => one.phone_number === e164 && !NOT_OURS.has(one.status)) ?? null };
}

async function ask(account: Account, io: CarrierIo, path: string, outgoing: Outgoing): Promise<Called | null> {
  const { api_key: key } = account.secrets;
  if (key === undefined) return null;
  const labelled = outgoing.body === undefined ? {} : { "content-type": "application/json" };
  const headers = { authorization: `Bearer ${key}`, accept: "application/json", ...labelled };
  return call(baseOf(account, "base_url", BASE_URL) + path, { ...outgoing, headers }, io);
}

/** The code of the first error. */
function errorOf(answered: Answered): string | null {
  const errors = Errors.safeParse(jsonOf(answered));
  return errors.success ? String(errors.data.errors[0]?.code) : null;
}
