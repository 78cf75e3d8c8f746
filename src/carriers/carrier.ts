/**
 * The interface of a carrier: hand over one SMS, read its receipts. An adapter speaks the carrier's wire format and
 * classifies its answers; it decides nothing else. There are four outcomes, and only `declined` and `throttled` may be
 * tried again, which guarantees that nothing is sent twice.
 */
import type { z } from "zod";
import type { Num } from "../sms/phone.ts";
import type { FieldError } from "../base/refusal.ts";
import type { Price, PriceRow } from "./price.ts";

/** One SMS as a carrier needs it. Plaintext: exists only inside a sender object and in the carrier's own HTTP call. */
export type Handover = {
  message: string;
  /** The number of the call for this message, from 1, so that the carrier can be asked about it. */
  attempt: number;
  to: string;
  kind: Num["kind"];
  from: string | null;
  text: string;
  encoding: "gsm7" | "ucs2";
  validitySeconds: number;
  /** Its lane: a code may get a shorter validity at the carrier, and never a flag that keeps its text. */
  lane: "otp" | "bulk";
  receiptUrl: string;
};

/**
 * `accepted`: the carrier has it. `declined`: it certainly does not; another carrier may take it, unless `permanent`
 * says that the number or text itself is refused. `throttled`: not taken, try again after `retryAfterSeconds`.
 * `unknown`: may have been sent; wait for a receipt, never send again without one.
 */
export type Answer =
  /** `network`: as in a report, if the answer names it. */
  | { outcome: "accepted"; reference?: string; price?: Price; network?: string }
  /** `ofAccount`: refused because of the account, so its other messages will be too. `saidStop`: as in a report. */
  | ({ outcome: "declined"; code: string; permanent: boolean; ofAccount?: true; saidStop?: true } & Unmapped)
  /** The account must pause; with `onlyThis` only this message, as where a carrier limits each recipient. */
  | ({ outcome: "throttled"; code: string; retryAfterSeconds: number; onlyThis?: true } & Unmapped)
  | ({ outcome: "unknown"; code: string } & Unmapped);

/** The carrier's code is not in our table: counted, and classified by the HTTP status. */
type Unmapped = { unmapped?: true };

/** An inquiry at the carrier about a call that had no clear answer. */
export type Question = { message: string; attempt: number };

/**
 * The carrier's answer to an inquiry. `never`: it has not taken the message and never will, even if the request arrives
 * late, so it may be sent again; a carrier that cannot guarantee this answers `unclear`.
 */
export type Said =
  | { said: "accepted" | "never" }
  | { said: "unclear"; code: string }
  | { said: "sent" | "delivered" | "undelivered"; code: string | null };

/** A receipt's report on a message. */
export type Report = {
  message: string;
  state: "sent" | "delivered" | "undelivered";
  code: string | null;
  at: number | null;
  /** When its call was made, to the second of real time, if the callback's URL says so. */
  called?: number;
  /** Not delivered because its recipient had sent STOP to its sender, as the carrier knows. */
  saidStop?: true;
  /** The phone's network as mobile country and network code (`23415`), if the carrier names it. */
  network?: string;
  /** The price that the carrier says it charged. */
  price?: Price;
  /** The price is of one part of the text only. */
  perPart?: true;
  /** The carrier's own id of the part, where each part of a long text has its own receipts. */
  part?: string;
  /** A status or code that our table does not have: counted, and classified by the carrier's description. */
  unmapped?: true;
};

/** A text to a number of the account. Plaintext: exists only between the callback and the tenant's object. */
export type Inbound = {
  /** The carrier's own id, the same when the callback is repeated. */
  id: string;
  from: string;
  to: string;
  text: string;
  /** One of several parts, if the carrier does not join them itself. */
  part?: { ref: string; nth: number; of: number };
  /** A part of a longer text without its place: treated as a text of its own that is never obeyed as a keyword. */
  fragment?: true;
  /** The number of pictures and other files with it, which stay with the carrier. */
  media?: number;
  /** The keyword that the carrier itself recognised and answered; `other` for any that is not in `KEYWORDS`. */
  keyword?: Keyword;
};

/** Keywords by which people control what they are sent. */
export type Keyword = (typeof KEYWORDS)[number] | "other";
export const KEYWORDS = ["stop", "start", "help"] as const;

/** The longest text that a phone can send: 255 parts of 153 septets (3GPP TS 23.040, 9.2.3.24.1). */
export const INBOUND_CHARACTERS_MAX = 255 * 153;

export type { Price } from "./price.ts";

/** A carrier account as the operator configured it. Secrets are opened inside the courier and the senders only. */
export type Account = {
  id: string;
  kind: string;
  mode: "test" | "live";
  /** The kind's settings that are not secret, by their API names: `url`, `account_sid`, … */
  settings: Readonly<Record<string, string>>;
  secrets: Readonly<Record<string, string>>;
  /** Messages that the account may send per second; null: no limit of ours. */
  perSecond: number | null;
  /** Of one segment, if no row of `prices` applies. */
  price: Price | null;
  prices: PriceRow[];
  /** Countries that it may be used for; null: any. */
  countries: string[] | null;
  /** The only tenant whose routes may name it; null: any tenant's. */
  tenant: string | null;
  /** The name of the Worker's binding that holds its client certificate; null calls without one. */
  mtls: string | null;
  /** Whether the carrier is asked to delete text and number once a message has ended. */
  redact: boolean;
  /** For the operator's records: where the carrier processes data, and under which agreement. */
  processing: { jurisdiction: string | null; agreement: string | null };
};

/** An account's defaults. */
export const PLAIN_ACCOUNT = {
  perSecond: null,
  price: null,
  prices: [],
  countries: null,
  tenant: null,
  mtls: null,
  redact: false,
  processing: { jurisdiction: null, agreement: null },
} satisfies Partial<Account>;

/**
 * The fields of an account of one kind, by their API names. A setting whose name ends in `url` is judged as an outside
 * URL. All but the optional fields are required when the account is made.
 */
export type Fields = {
  settings: Record<string, z.ZodType<string | undefined>>;
  secrets: Record<string, z.ZodType<string | undefined>>;
};

/** What an adapter may use to call the outside. */
export type CarrierIo = {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  now: () => number;
  /** The sandbox carrier's network: puts a text on a handset of the tenant. */
  handset: (delivery: HandsetDelivery) => Promise<void>;
};

/** A text for a handset, and the receipts that will follow. */
export type HandsetDelivery = {
  message: string;
  account: string;
  to: string;
  from: string | null;
  text: string;
  shown: boolean;
  receipts: { state: Report["state"]; afterMs: number; code: string | null }[];
};

/** The content of an authentic callback, and how much of it was unreadable; or why it is refused. */
export type Read<T> = { read: T[]; unreadable?: number } | { forged: string } | { malformed: string };

/** Kinds of numbers for sale. */
export const SHOP_TYPES = ["mobile", "local", "toll_free"] as const;
type Capability = "sms" | "mms" | "voice";

/** A search for numbers. `contains`: digits anywhere in the number. */
export type ShopWish = { country: string; type: (typeof SHOP_TYPES)[number]; contains: string | null; limit: number };
/** A number for sale; `price` per month, null if the carrier's search does not tell it. */
export type Offer = { e164: string; country: string; capabilities: Capability[]; price: Price | null };
export type Offered = { offers: Offer[] } | Failed;

/** A number to buy, and the URL for its inbound texts; null if this service does not know its own origin. */
export type Order = { e164: string; country: string; inboundUrl: string | null };
/** `refused`: not bought. `unknown`: the account may have it now, or soon. */
export type Bought = { outcome: "bought"; inboundSet: boolean } | Unclear;
export type Released = { outcome: "released" } | Unclear;
export type Unclear = { outcome: "refused"; code: string } | { outcome: "unknown"; code: string };
type Failed = { failed: string };

/**
 * What an adapter can do with virtual numbers. They are public and may be part of a carrier's URL; a person's own
 * number never occurs here. No method throws because of the carrier.
 */
export type Shop = {
  search(account: Account, wish: ShopWish, io: CarrierIo): Promise<Offered>;
  /** `inboundSet`: the order included the URL for inbound texts. */
  buy(account: Account, order: Order, io: CarrierIo): Promise<Bought>;
  /** Whether the account has the number now; `unclear` while the carrier processes the order or does not answer. */
  owns(account: Account, e164: string, io: CarrierIo): Promise<{ owns: boolean } | { unclear: string }>;
  /** Sets the URL for the number's inbound texts at the carrier; answers whether it is set now. */
  point(account: Account, order: Order & { inboundUrl: string }, io: CarrierIo): Promise<boolean>;
  /** Releases the number. `refused` also when the account does not have it; `owns` tells which. */
  release(account: Account, order: Pick<Order, "e164" | "country">, io: CarrierIo): Promise<Released>;
};

export type Carrier = {
  fields: Fields;
  /** A well-formed secret that must not be used, or null; checked besides the general rules. */
  weakness?(secrets: Account["secrets"]): FieldError | null;
  /** Settings that are valid alone but not together, or null. */
  conflict?(settings: Account["settings"]): FieldError | null;
  /** Makes the one call that hands the SMS over. Never throws because of the carrier. */
  send(account: Account, handover: Handover, io: CarrierIo): Promise<Answer>;
  /**
   * Whether `ask` can answer `never`: only then does a message wait for an inquiry instead of becoming `unknown` at
   * once.
   */
  canAsk(account: Account): boolean;
  /** Inquires about a call. Absent if the carrier cannot be asked by our id. */
  ask?(account: Account, question: Question, io: CarrierIo): Promise<Said>;
  /** The reports in a callback. Checks the signature over the raw bytes before it parses. */
  readReceipts(account: Account, callback: Callback): Promise<Read<Report>>;
  /**
   * The texts in a callback. Checks the signature over the raw bytes before it parses. Absent for carriers without
   * inbound texts.
   */
  readInbound?(account: Account, callback: InboundCallback): Promise<Read<Inbound>>;
  /**
   * The secret that authenticates inbound texts. If the signature has no time, a recorded callback can be replayed as long
   * as the secret is in use. Absent if a public key authenticates them.
   */
  inboundSecret?: string;
  /**
   * Codes that mean that this person sent STOP to that sender. The same code may differ in meaning between answers and
   * receipts.
   */
  stopCodes?: Partial<Record<"answer" | "receipt", string>>;
  /** `nothing`: an inbound callback is answered 204 without a body, because the carrier would interpret a body. */
  answersInbound?: "nothing";
  /** A free call that tests address and credentials, for operators and while a circuit is open. */
  probe?(account: Account, io: CarrierIo): Promise<Probed>;
  /** Asks the carrier to delete text and number of a message that it accepted, by its own reference. */
  redact?(account: Account, reference: string, io: CarrierIo): Promise<"done" | "refused" | "unclear">;
  /** Present if virtual numbers can be bought from this carrier. */
  shop?: Shop;
};

/** A probe's result. `rejected`: the carrier answers but refuses these credentials. */
export type Probed = { found: "well" } | { found: "rejected" | "down"; code: string };

/** A callback as received: the URL as the carrier called it, the headers in lower case, the raw bytes. */
export type Callback = {
  message: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  now: number;
  /** When and on which lane its call was made, as the callback's URL says. */
  called: { at: number; lane: "otp" | "bulk" } | null;
};

/** A callback that is not about a message of ours. */
export type InboundCallback = Omit<Callback, "message" | "called">;

/** A call without an answer by then is aborted, and its outcome is `unknown`. */
export const CALL_TIMEOUT_MS = 10_000;
/** An answer is read up to this size; carriers' answers are far smaller. */
export const ANSWER_BYTES_MAX = 64 * 1_024;
