// Twilio's AvailablePhoneNumbers and IncomingPhoneNumbers as its public OpenAPI description has them.
import { z } from "zod";
import { formOf, json } from "./read.mjs";
import { forSale, giveUp, order, owned, ownedBy } from "./inventory.mjs";

const TYPES = { Mobile: "mobile", Local: "local", TollFree: "toll_free" };
const truth = z.enum(["true", "false"]).optional();
const Search = z.strictObject({ Contains: z.string().regex(/^[\d*]{2,16}$/).optional(), SmsEnabled: truth, MmsEnabled: truth, VoiceEnabled: truth, PageSize: z.string().regex(/^\d{1,4}$/).optional(), AreaCode: z.string().optional() }); // prettier-ignore
const Method = z.enum(["GET", "POST"]).optional();
const Change = z.strictObject({ SmsUrl: z.url().optional(), SmsMethod: Method, FriendlyName: z.string().max(64).optional(), VoiceUrl: z.url().optional(), VoiceMethod: Method, BundleSid: z.string().regex(/^BU[0-9a-f]{32}$/).optional(), AddressSid: z.string().regex(/^AD[0-9a-f]{32}$/).optional() }); // prettier-ignore
const Create = Change.extend({ PhoneNumber: z.string().regex(/^\+\d{7,15}$/) });

const recordOf = ({ e164, inboundUrl, reference }, { settings }) => ({ sid: `PN${reference}`, account_sid: settings.account_sid, friendly_name: e164, phone_number: e164, sms_url: inboundUrl ?? "", sms_method: "POST", capabilities: { voice: true, sms: true, mms: false, fax: false }, status: "in-use", origin: "twilio", beta: false, address_requirements: "none", uri: `/2010-04-01/Accounts/${settings.account_sid}/IncomingPhoneNumbers/PN${reference}.json` }); // prettier-ignore
const offerOf = ({ e164, country }) => ({ friendly_name: e164, phone_number: e164, lata: null, locality: null, rate_center: null, latitude: null, longitude: null, region: null, postal_code: null, iso_country: country, address_requirements: "none", beta: false, capabilities: { voice: true, SMS: true, MMS: false } }); // prettier-ignore

/** Reads a request about numbers; undefined if it is about something else. `path` is relative to the account's. */
export function twilioNumbers({ method, query, headers, body }, path, account, fault) {
  const [, country, type] = /^\/AvailablePhoneNumbers\/([A-Z]{2})\/(\w+)\.json$/.exec(path) ?? [];
  if (country !== undefined) {
    const { success, data } = Search.safeParse(Object.fromEntries(query));
    if (method !== "GET" || TYPES[type] === undefined) return { answer: fault(20404, 404) };
    if (!success) return { answer: fault(20001) };
    const found = forSale(account, { country, type: TYPES[type], contains: data.Contains?.replaceAll("*", ""), limit: Number(data.PageSize ?? 30) }); // prettier-ignore
    return { answer: json(200, { available_phone_numbers: found.map(offerOf), uri: path }) };
  }
  if (path === "/IncomingPhoneNumbers.json" && method === "GET") {
    const numbers = ownedBy(account).filter(({ e164 }) => [null, e164].includes(query.get("PhoneNumber")));
    return { answer: json(200, { incoming_phone_numbers: numbers.map((one) => recordOf(one, account)), page: 0, page_size: 50, uri: path }) }; // prettier-ignore
  }
  if (path === "/IncomingPhoneNumbers.json" && method === "POST") {
    const { success, data } = Create.safeParse(formOf({ headers, body }));
    if (!success) return { answer: fault(20001) };
    return order(account, { e164: data.PhoneNumber, inboundUrl: data.SmsUrl }, {
      sold: (number) => json(201, recordOf(number, account)),
      pending: () => fault(21422),
      refused: (e164) => fault(owned(account, e164) === undefined ? 21422 : 21404),
      failed: (status) => fault(20500, status),
    }); // prettier-ignore
  }
  const [, sid] = /^\/IncomingPhoneNumbers\/(PN[0-9a-f]{32})\.json$/.exec(path) ?? [];
  if (sid === undefined) return undefined;
  const number = ownedBy(account).find(({ reference }) => `PN${reference}` === sid);
  if (number === undefined) return { answer: fault(20404, 404) };
  if (method === "DELETE") return (giveUp(account, number), { answer: { status: 204, headers: {}, body: "" } });
  const { success, data } = Change.safeParse(formOf({ headers, body }));
  if (method !== "POST" || !success) return { answer: fault(20001) };
  number.inboundUrl = data.SmsUrl ?? number.inboundUrl;
  return { answer: json(200, recordOf(number, account)) };
}
