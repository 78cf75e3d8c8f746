/**
 * Infobip's codes, as data: the meaning of each status, the published delivery errors, and the codes of its HTTP errors.
 * Sources: "Message status codes", "Error code reference" (general tables) and the OpenAPI description of the SMS channel;
 * three statuses that only its older manuals have are kept.
 */
import { verdictsOf, type Verdict } from "../call.ts";
import type { Report } from "../../carrier.ts";

/**
 * `call`: what the status means in the answer to a call. `state`: what it means in a delivery report; null: nothing about the
 * message.
 */
export type Status = { call: "accepted" | Verdict; state: Report["state"] | null };

/** Statuses with one meaning; ids as published. */
const MEANINGS: readonly [ids: string, call: Status["call"], state: Status["state"]][] = [
  ["1 2 3 7 26", "accepted", "sent"], // pending in every form, and delivered to the operator, which is not the handset
  ["5", "accepted", "delivered"],
  ["4 9 15 96 97 98", "unknown", "undelivered"], // the operator had it, so it may have been sent
  ["22 29", "unknown", "sent"], // expired without a usable report
  // No such number, do-not-disturb, blocklist, flooding (the same text or number again and again), too long, pumping.
  ["8 10 14 20 25 52 87", "permanent", "undelivered"],
  ["12 17 18 19", "account", "undelivered"], // no credit, only registered numbers allowed, no route
  ["6 11 13 16 21 24 31 51 99 100", "declined", "undelivered"], // sender, network, pace, platform
  ["23", "unknown", null], // our id was used before: this call was not taken, an earlier one was
];

/** Statuses by id. */
export const INFOBIP_STATUSES: ReadonlyMap<number, Status> = new Map(
  MEANINGS.flatMap(([ids, call, state]) => ids.split(" ").map((id): [number, Status] => [Number(id), { call, state }])),
);

/** The meaning of an unlisted status by its group; DELIVERED alone does not say whether to the handset. */
export const INFOBIP_GROUPS: ReadonlyMap<number, Status> = new Map<number, Status>([
  [0, { call: "accepted", state: "sent" }],
  [1, { call: "accepted", state: "sent" }],
  [2, { call: "unknown", state: "undelivered" }],
  [3, { call: "accepted", state: "sent" }],
  [4, { call: "unknown", state: "undelivered" }],
  [5, { call: "declined", state: "undelivered" }],
]);

/**
 * Delivery errors by id, `permanent` by Infobip's own flag: whether the same message would fail again. Reports come after the message
 * was taken, so no code here sends it again.
 */
export const INFOBIP_ERRORS = verdictsOf({
  permanent: `
    1 9 10 11 12 51 323 345 352 355 368 375 433 488 560 561 562 563 564 565 566 568 569 572 573 574 577 578 579 580 592 594
    597 598 601 603 604 607 609 628 629 630 631 632 633 810 811 815 2049 2050 2052 2053 3041 4096 4099 4100 4101 4102 4103
    4104 4202 5492`,
  declined: `
    0 2 5 6 7 8 13 15 20 21 24 27 31 32 33 34 35 36 71 255 256 257 258 259 260 261 262 351 500 501 502 503 504 507 508 509
    541 542 571 581 608 1024 1025 1026 1027 1028 1029 1030 1031 1152 1153 1154 1155 1156 1157 1158 1159 1160 1161 1162 1163
    1164 1165 1166 1281 1282 1283 1284 1536 1537 1538 1539 1540 1541 1792 1793 1794 1795 1796 2048 2051 4097 4098`,
});

/** Codes of HTTP errors: `errorCode` of the present envelope, `messageId` of the older one. They refuse the whole request. */
export const INFOBIP_FAULTS = verdictsOf({
  account: "E401 E403 UNAUTHORIZED UNAUTHENTICATED FORBIDDEN EC_ACCOUNT_VALIDATION",
  declined: "E400 E404 E405 E406 E409 E413 E415 E422 BAD_REQUEST NOT_FOUND CONFLICT",
  throttled: "E429 TOO_MANY_REQUESTS EC_TOO_MANY_REQUESTS",
  unknown: "E408 E500 E502 E503 E504 GENERAL_ERROR",
});
