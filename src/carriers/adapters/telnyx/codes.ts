/**
 * Telnyx's codes, as data: the error codes it publishes for messaging, by what they mean for a call, and the states of its delivery
 * reports. Sources: "Messaging Error Code Reference" with its table of permanent and retriable codes, the common API errors of
 * messages, and the `to[].status` of the official client.
 */
import { verdictsOf } from "../call.ts";
import type { Report } from "../../carrier.ts";

/**
 * Permanent: refusals of the number (landline, invalid, opted out) or the text (too long, forbidden, none), spam by Telnyx's filter
 * (40015), and artificially inflated traffic (40020), which no other account should send either. 5xx codes are `unknown`, because
 * Telnyx does not say that such a message was not taken.
 */
export const TELNYX_CODES = verdictsOf({
  permanent: "40001 40009 40012 40015 40020 40300 40302 40310 40316 40322",
  // Key, standing, funds or profile: every other message is refused as well.
  account: `
    10009 10010 20002 20006 20012 20013 20014 20015 20016 20017 20100 40311 40312 40313 40314 40321 40331 40333`,
  declined: `
    10001 10002 10003 10004 10005 10006 10012 10013 10014 10015 10016 10017
    40002 40003 40004 40005 40006 40008 40010 40013 40014 40017 40019
    40100 40150 40151 40155
    40301 40304 40305 40306 40307 40308 40309 40315 40317 40319 40320 40323 40325 40328
    40329 40330`,
  throttled: "10011 40011 40016 40018 40318",
  unknown: "10007 10008",
});

/** States of delivery reports. `delivery_unconfirmed`: the network sent Telnyx no report. */
export const TELNYX_STATES: ReadonlyMap<string, Report["state"]> = new Map([
  ["queued", "sent"],
  ["sending", "sent"],
  ["sent", "sent"],
  ["delivered", "delivered"],
  ["read", "delivered"],
  ["sending_failed", "undelivered"],
  ["delivery_failed", "undelivered"],
  ["expired", "undelivered"],
  ["cancelled", "undelivered"],
  ["delivery_unconfirmed", "sent"],
]);
