// Telnyx's number search, orders, the account's numbers and its messaging profile (API v2), as its official client describes them.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { json, jsonOf } from "./read.mjs";
import { forSale, giveUp, order, owned, ownedBy } from "./inventory.mjs";

const Search = z.strictObject({ "filter[country_code]": z.string().length(2), "filter[features]": z.string().optional(), "filter[phone_number_type]": z.enum(["mobile", "local", "toll_free", "national", "shared_cost"]).optional(), "filter[limit]": z.string().regex(/^\d{1,3}$/).optional(), "filter[phone_number][contains]": z.string().regex(/^\d{1,15}$/).optional() }); // prettier-ignore
const Order = z.strictObject({ phone_numbers: z.array(z.strictObject({ phone_number: z.string().regex(/^\+\d{7,15}$/), bundle_id: z.string().optional(), requirement_group_id: z.string().optional() })).length(1), messaging_profile_id: z.uuid().optional(), connection_id: z.string().optional(), billing_group_id: z.string().optional(), customer_reference: z.string().optional() }); // prettier-ignore
const Profile = z.strictObject({ webhook_url: z.url().nullish(), webhook_failover_url: z.url().nullish(), name: z.string().optional(), enabled: z.boolean().optional() }); // prettier-ignore

const numberOf = ({ e164, reference }, profile, status = "active") => ({ id: reference, record_type: "phone_number", phone_number: e164, status, tags: [], messaging_profile_id: profile ?? null, customer_reference: null }); // prettier-ignore
const offerOf = ({ e164, country, cost }) => ({ record_type: "available_phone_number", phone_number: e164, best_effort: false, quickship: true, reservable: true, vanity_format: "", features: [{ name: "sms" }, { name: "voice" }], cost_information: { upfront_cost: "0.00", monthly_cost: cost, currency: "USD" }, region_information: [{ region_type: "country_code", region_name: country }] }); // prettier-ignore
const orderOf = ({ e164 }, profile, status) => ({ data: { id: randomUUID(), record_type: "number_order", status, phone_numbers_count: 1, phone_numbers: [{ id: randomUUID(), record_type: "number_order_phone_number", phone_number: e164, status }], messaging_profile_id: profile ?? null, requirements_met: status === "success" } }); // prettier-ignore

/** Reads a request about numbers; undefined if it is about something else. */
export function telnyxNumbers(request, account, fault) {
  const { method, path, query } = request;
  const { messaging_profile_id: profile } = account.settings;
  if (path === "/v2/available_phone_numbers" && method === "GET") {
    const { success, data } = Search.safeParse(Object.fromEntries(query));
    if (!success) return { answer: fault(10015) };
    const found = forSale(account, { country: data["filter[country_code]"], type: data["filter[phone_number_type]"] ?? "mobile", contains: data["filter[phone_number][contains]"], limit: Number(data["filter[limit]"] ?? 100) }); // prettier-ignore
    return { answer: json(200, { data: found.map(offerOf), meta: { total_results: found.length } }) };
  }
  if (path === "/v2/number_orders" && method === "POST") {
    const { success, data } = Order.safeParse(jsonOf(request));
    if (!success || (data.messaging_profile_id ?? profile) !== profile) return { answer: fault(10015, 422) };
    const e164 = data.phone_numbers[0].phone_number;
    return order(account, { e164 }, {
      sold: (number) => json(200, orderOf(number, data.messaging_profile_id, "success")),
      pending: (number) => ((number.pending = true), json(200, orderOf(number, data.messaging_profile_id, "pending"))),
      refused: () => fault(85006, 422),
      failed: (status) => fault(10007, status),
    }); // prettier-ignore
  }
  if (path === "/v2/phone_numbers" && method === "GET") {
    const wanted = query.get("filter[phone_number]");
    const waiting = [...account.inventory.values()].filter(({ pending, owned: ours }) => pending === true && !ours);
    const mine = [...ownedBy(account).map((one) => numberOf(one, profile)), ...waiting.map((one) => numberOf(one, profile, "purchase-pending"))]; // prettier-ignore
    return { answer: json(200, { data: mine.filter(({ phone_number: e164 }) => wanted === null || e164 === wanted) }) };
  }
  const [, id] = /^\/v2\/phone_numbers\/([0-9a-f]{32})$/.exec(path) ?? [];
  if (id !== undefined && method === "DELETE") {
    const number = ownedBy(account).find(({ reference }) => reference === id);
    if (number === undefined || owned(account, number.e164) === undefined) return { answer: fault(10005, 404) };
    giveUp(account, number);
    return { answer: json(200, { data: numberOf(number, profile, "deleted") }) };
  }
  if (path === `/v2/messaging_profiles/${profile}` && method === "PATCH") {
    const { success, data } = Profile.safeParse(jsonOf(request));
    if (!success) return { answer: fault(10015, 422) };
    for (const number of ownedBy(account)) number.inboundUrl = data.webhook_url ?? number.inboundUrl;
    return { answer: json(200, { data: { record_type: "messaging_profile", id: profile, enabled: true, webhook_url: data.webhook_url ?? "", webhook_api_version: "2" } }) }; // prettier-ignore
  }
  return undefined;
}
