/**
 * The contract with a carrier: hand one SMS over, read its receipts. A carrier is one file that speaks its wire format and
 * says what an answer means; it decides nothing else. Four outcomes, and the difference between them is the promise that
 * nothing is sent twice: only `declined` and `throttled` may ever be tried again.
 */
import type { Num } from "../base/phone.ts";

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
  receiptUrl: string;
};

/**
 * `accepted`: the carrier has it. `declined`: it surely does not; another carrier may take it, unless `permanent` says that
 * the number or text itself is refused. `throttled`: not taken, come back after `retryAfterSeconds`. `unknown`: may have
 * been sent; wait for a receipt, never send blindly again.
 */
export type Answer =
  | { outcome: "accepted"; reference?: string }
  | { outcome: "declined"; code: string; permanent: boolean }
  /** The account asks to be left alone; with `onlyThis` only the message waits, as where a carrier paces each recipient. */
  | { outcome: "throttled"; code: string; retryAfterSeconds: number; onlyThis?: true }
  | { outcome: "unknown"; code: string };

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
};

/** A carrier account as the operator configured it. Secrets are opened inside the courier and the senders only. */
export type Account = {
  id: string;
  kind: "sandbox" | "http";
  mode: "test" | "live";
  /** Where the `http` carrier posts. */
  url: string | null;
  /** Where the `http` carrier asks what became of a call; null when it cannot be asked. */
  statusUrl: string | null;
  /** Shared secret of an `http` account, `whsec_…`, both ways. */
  secret: string | null;
  /** Messages a second the account may send; null is no limit of ours. */
  perSecond: number | null;
  price: { amount: number; currency: string } | null;
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

/** Whether its carrier can be asked what became of a call. */
export const canAsk = (account: Account): boolean => account.statusUrl !== null;

export type Carrier = {
  send(account: Account, handover: Handover, io: CarrierIo): Promise<Answer>;
  /** Asks what became of a call. Absent where a carrier cannot be asked by our id. */
  ask?(account: Account, question: Question, io: CarrierIo): Promise<Said>;
  /** The reports in a callback, or why it is not authentic. Signature first, over the raw bytes; then the parse. */
  readReceipt(account: Account, callback: Callback): { reports: Report[] } | { forged: string } | { malformed: string };
};

/** A callback as it came: raw bytes, and the headers that schemes sign. */
export type Callback = { message: string; headers: Record<string, string>; body: Uint8Array; now: number };

/** A call that has not answered by then is given up; what became of the text is then unknown. */
export const CALL_TIMEOUT_MS = 10_000;
/** An answer is read up to here; what a carrier says fits in far less. */
export const ANSWER_BYTES_MAX = 64 * 1_024;
