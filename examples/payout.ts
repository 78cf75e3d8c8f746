// A payout with dynamic linking: the code is for this amount to this payee, and for no other.
import { call, type Checked, type EndUser, type Maskline, type Started } from "./maskline.ts";

/** A row of yours. Amounts are in micro-units: £25.00 is 25_000_000. */
export type Payout = {
  id: string;
  amount: number;
  currency: string;
  payee: string;
  state: "waiting" | "released" | "stopped";
  verification: string | null;
};

const linked = ({ amount, currency, payee }: Payout) => ({ amount, currency, payee });

/** Sends "… is your code to pay £25.00 to Anna Müller". */
export async function askPayout(maskline: Maskline, payout: Payout, token: string, endUser: EndUser): Promise<void> {
  const body = { to: { token }, intent: "payout", ...linked(payout), end_user: endUser };
  payout.verification = (await call<Started>(maskline, "POST /v1/verifications", body)).id;
}

/**
 * Releases the money, once, if the code is right for the row as it is now: amount and payee come from your database, never
 * from the page. Answers whether it was released.
 */
export async function releasePayout(
  maskline: Maskline,
  payout: Payout,
  code: string,
  endUser: EndUser,
): Promise<boolean> {
  if (payout.state !== "waiting" || payout.verification === null) return false;
  const path = `/v1/verifications/${payout.verification}`;
  const body = { code, ...linked(payout), end_user: endUser };
  const { valid, reason } = await call<Checked>(maskline, `POST ${path}/check`, body);
  if (valid) payout.state = "released"; // in your database: UPDATE … WHERE state = 'waiting', and pay what it changed
  if (reason === "context_mismatch") {
    // The row differs from what the person was shown. No typing causes this: stop, and find out why.
    payout.state = "stopped";
    await call(maskline, `POST ${path}/cancel`);
  }
  return valid;
}

/** After a check whose answer was lost: whether the code had been right. Needs the scope `verify:read`. */
export async function wasApproved(maskline: Maskline, payout: Payout): Promise<boolean> {
  const { state } = await call<{ state: string }>(maskline, `GET /v1/verifications/${payout.verification}`);
  return state === "approved";
}
