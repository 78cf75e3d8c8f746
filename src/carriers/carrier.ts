/**
 * The contract with a carrier: hand one SMS over, read its receipts. A carrier is one file that speaks its wire format and
 * says what an answer means; it decides nothing else. Four outcomes, and the difference between them is the promise that
 * nothing is sent twice: only `declined` and `throttled` may ever be tried again.
 */
import type { z } from "zod";
import type { Num } from "../sms/phone.ts";
import type { FieldError } from "../base/refusal.ts";
import type { Price, PriceRow } from "./price.ts";

/** One SMS as a carrier needs it. Plaintext: lives only inside a sender object and in the carrier's own HTTP call. */
export type Handover = {
  message: string;
  /** Which call for this message it is, from 1: a carrier that is asked about a call can name it. */
  attempt: number;
  to: string;
  kind: Num["kind"];
  from: string | null;
  text: string;
  encoding: "gsm7" | "ucs2";
  validitySeconds: number;
  /** What it is for: a code may be given a shorter life at the carrier, and never a flag that keeps its text. */
  lane: "otp" | "bulk";
  receiptUrl: string;
};

/**
 * `accepted`: the carrier has it. `declined`: it surely does not; another carrier may take it, unless `permanent` says that
 * the number or text itself is refused. `throttled`: not taken, come back after `retryAfterSeconds`. `unknown`: may have
 * been sent; wait for a receipt, never send blindly again.
 */
export type Answer =
  /** `network`: as in a report, where the carrier names it at once. */
  | { outcome: "accepted"; reference?: string; price?: Price; network?: string }
  /** `ofAccount`: refused for what is wrong with the account, so its other messages will be too. `saidStop`: as in a report. */
  | ({ outcome: "declined"; code: string; permanent: boolean; ofAccount?: true; saidStop?: true } & Unmapped)
  /** The account asks to be left alone; with `onlyThis` only the message waits, as where a carrier paces each recipient. */
  | ({ outcome: "throttled"; code: string; retryAfterSeconds: number; onlyThis?: true } & Unmapped)
  | ({ outcome: "unknown"; code: string } & Unmapped);

/** The carrier's code is not in our table: counted, and treated by the status it came with. */
type Unmapped = { unmapped?: true };

/** A call that had no clear answer, as its carrier is asked about it. */
export type Question = { message: string; attempt: number };

/**
 * What the carrier says of such a call. `never`: it has not taken it and never will, even if the request arrives late, so it
 * may be sent again; a carrier that cannot promise this says `unclear`.
 */
export type Said =
  | { said: "accepted" | "never" }
  | { said: "unclear"; code: string }
  | { said: "sent" | "delivered" | "undelivered"; code: string | null };

/** What a receipt says of a message. */
export type Report = {
  message: string;
  state: "sent" | "delivered" | "undelivered";
  code: string | null;
  at: number | null;
  /** When the call was made that it is about, to the second of real time, where the callback's address tells it. */
  called?: number;
  /** Not delivered because its recipient had said stop to its sender, and the carrier heard of it. */
  saidStop?: true;
  /** The phone's network as mobile country and network code (`23415`), where the carrier names it. */
  network?: string;
  /** What the carrier says it charged. */
  price?: Price;
  /** The price is of one part of the text only. */
  perPart?: true;
  /** The carrier's own id of the part it speaks of, where each part of a long text has receipts of its own. */
  part?: string;
  /** A status or code that our table does not know: counted, and treated as the carrier's own words say. */
  unmapped?: true;
};

/** A text that somebody sent to a number of the account. Plaintext: lives only between the callback and the tenant's object. */
export type Inbound = {
  /** The carrier's own id: the same when it tells of the same text again. */
  id: string;
  from: string;
  to: string;
  text: string;
  /** One of several parts, where the carrier does not join them itself. */
  part?: { ref: string; nth: number; of: number };
  /** Cut from a longer text, and nothing says where: a text of its own that is read and never obeyed. */
  fragment?: true;
  /** Pictures and other files that came with it. They stay with the carrier. */
  media?: number;
  /** The keyword that the carrier itself recognised and answered; `other` is one that we have no word for. */
  keyword?: Keyword;
};

/** Keywords by which people steer what they are sent. */
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
  /** What the kind needs to know and nobody need hide, in the API's words: `url`, `account_sid`, … */
  settings: Readonly<Record<string, string>>;
  secrets: Readonly<Record<string, string>>;
  /** Messages a second the account may send; null is no limit of ours. */
  perSecond: number | null;
  /** Of one segment, where `prices` says nothing. */
  price: Price | null;
  prices: PriceRow[];
  /** Countries it may be used for; null is any. */
  countries: string[] | null;
  /** Whose own account it is: the only tenant whose routes may name it; null is everybody's. */
  tenant: string | null;
  /** The name of the Worker's binding that holds its client certificate; null calls without one. */
  mtls: string | null;
  /** Whether the carrier is asked to forget text and number once a message has ended. */
  redact: boolean;
  /** What an operator must be able to show: where the carrier processes, and under which agreement. */
  processing: { jurisdiction: string | null; agreement: string | null };
};

/** What an account is unless its operator says otherwise. */
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
 * The fields of an account of one kind, in the API's words. A setting whose name ends in `url` is judged as an outside URL.
 * A field that is optional may be absent; the rest must be given when the account is made.
 */
export type Fields = {
  settings: Record<string, z.ZodType<string | undefined>>;
  secrets: Record<string, z.ZodType<string | undefined>>;
};

/** What an adapter may use of the outside. */
export type CarrierIo = {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  now: () => number;
  /** The sandbox carrier's network: puts a text on a handset of the tenant. */
  handset: (delivery: HandsetDelivery) => Promise<void>;
};

/** A text on its way to a handset, and the receipts that will follow it. */
export type HandsetDelivery = {
  message: string;
  account: string;
  to: string;
  from: string | null;
  text: string;
  shown: boolean;
  receipts: { state: Report["state"]; afterMs: number; code: string | null }[];
};

/** What a callback holds when it is authentic, and how much of it nobody could read; or why it is not believed. */
export type Read<T> = { read: T[]; unreadable?: number } | { forged: string } | { malformed: string };

/** Kinds of numbers that are for sale. */
export const SHOP_TYPES = ["mobile", "local", "toll_free"] as const;
type Capability = "sms" | "mms" | "voice";

/** What to look for. `contains`: digits that stand in the number somewhere. */
export type ShopWish = { country: string; type: (typeof SHOP_TYPES)[number]; contains: string | null; limit: number };
/** A number that is for sale; `price` by the month, null where the carrier's search does not say. */
export type Offer = { e164: string; country: string; capabilities: Capability[]; price: Price | null };
export type Offered = { offers: Offer[] } | Failed;

/** A number to buy, and where its texts are to be brought; null where this service does not know its own address. */
export type Order = { e164: string; country: string; inboundUrl: string | null };
/** `refused`: not bought. `unknown`: it may be the account's by now, or soon. */
export type Bought = { outcome: "bought"; inboundSet: boolean } | Unclear;
export type Released = { outcome: "released" } | Unclear;
export type Unclear = { outcome: "refused"; code: string } | { outcome: "unknown"; code: string };
type Failed = { failed: string };

/**
 * What an adapter can do about virtual numbers. They are public and may stand in a carrier's URL; nobody's own number is ever here.
 * None of it throws for what the other side does.
 */
export type Shop = {
  search(account: Account, wish: ShopWish, io: CarrierIo): Promise<Offered>;
  /** `inboundSet`: the order itself said where texts go. */
  buy(account: Account, order: Order, io: CarrierIo): Promise<Bought>;
  /** Whether the number is the account's now; `unclear` while the carrier works on it, or cannot be heard. */
  owns(account: Account, e164: string, io: CarrierIo): Promise<{ owns: boolean } | { unclear: string }>;
  /** Tells the carrier where the number's texts are to be brought; answers whether it is so now. */
  point(account: Account, order: Order & { inboundUrl: string }, io: CarrierIo): Promise<boolean>;
  /** Gives the number up. `refused` also where it is not the account's: what was asked is then told by `owns`. */
  release(account: Account, order: Pick<Order, "e164" | "country">, io: CarrierIo): Promise<Released>;
};

export type Carrier = {
  fields: Fields;
  /** A secret that must not be used although it has the right form, or null; asked beside what is asked of every kind. */
  weakness?(secrets: Account["secrets"]): FieldError | null;
  /** Settings that are right one by one and do not go together, or null. */
  conflict?(settings: Account["settings"]): FieldError | null;
  /** Makes the one call that hands the SMS over. Never throws for what the other side does. */
  send(account: Account, handover: Handover, io: CarrierIo): Promise<Answer>;
  /** Whether `ask` can swear: only then does a message wait for its answer instead of being `unknown` at once. */
  canAsk(account: Account): boolean;
  /** Asks what became of a call. Absent where a carrier cannot be asked by our id. */
  ask?(account: Account, question: Question, io: CarrierIo): Promise<Said>;
  /** The reports in a callback. Signature first, over the raw bytes; then the parse. */
  readReceipts(account: Account, callback: Callback): Promise<Read<Report>>;
  /** The texts in a callback. Signature first, over the raw bytes. Absent where a carrier has no texts to tell of. */
  readInbound?(account: Account, callback: InboundCallback): Promise<Read<Inbound>>;
  /**
   * The secret that proves texts which come in. Where its proof has no age, whoever kept such a callback can bring it again as long
   * as the secret lives. Absent where a public key proves them.
   */
  inboundSecret?: string;
  /** Codes that say plainly: this person said stop to that sender. A number may mean one thing in an answer, another in a receipt. */
  stopCodes?: Partial<Record<"answer" | "receipt", string>>;
  /** `nothing`: a callback that brings texts is answered 204, because the carrier would make something of an answer's words. */
  answersInbound?: "nothing";
  /** A call that costs nothing and shows that address and credentials work: for operators, and while a circuit is open. */
  probe?(account: Account, io: CarrierIo): Promise<Probed>;
  /** Asks the carrier to forget text and number of a message that it took, by its own reference. */
  redact?(account: Account, reference: string, io: CarrierIo): Promise<"done" | "refused" | "unclear">;
  /** Where virtual numbers can be bought from here. */
  shop?: Shop;
};

/** What a probe found. `rejected`: the carrier answers, and does not know these credentials. */
export type Probed = { found: "well" } | { found: "rejected" | "down"; code: string };

/** A callback as it came: the URL as the carrier called it, the headers in lower case, the raw bytes. */
export type Callback = {
  message: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  now: number;
  /** When and on which lane the call was made that this answers, as the callback's address tells it. */
  called: { at: number; lane: "otp" | "bulk" } | null;
};

/** A callback about no message of ours. */
export type InboundCallback = Omit<Callback, "message" | "called">;

/** A call that has not answered by then is given up; what became of the text is then unknown. */
export const CALL_TIMEOUT_MS = 10_000;
/** An answer is read up to here; what a carrier says fits in far less. */
export const ANSWER_BYTES_MAX = 64 * 1_024;
