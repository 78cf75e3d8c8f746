// A number confirmed at sign-up: kept as a token, so that your database has no number at all.
import { call, Refused, type Checked, type EndUser, type Maskline, type Started } from "./maskline.ts";

export type Pending = { verification: string; token: string; mask: string };

/** Starts it, or answers what to tell the person. `attempt`: a new value for each press of the button. */
export async function startSignup(
  maskline: Maskline,
  number: string,
  endUser: EndUser,
  attempt: string,
): Promise<Pending | { sorry: string }> {
  try {
    const body = { to: number, intent: "signup", end_user: endUser };
    const { id, to } = await call<Started>(maskline, "POST /v1/verifications", body, `signup-${attempt}`);
    return { verification: id, token: to.token, mask: to.mask };
  } catch (error) {
    const sorry = error instanceof Refused ? SORRY[error.code] : undefined;
    if (sorry === undefined) throw error;
    return { sorry };
  }
}

/** The number's token for the new account, or null. Only after this may you say that it has an account already. */
export async function finishSignup(
  maskline: Maskline,
  pending: Pending,
  code: string,
  endUser: EndUser,
): Promise<string | null> {
  const route = `POST /v1/verifications/${pending.verification}/check`;
  const { valid } = await call<Checked>(maskline, route, { code, end_user: endUser });
  return valid ? pending.token : null;
}

/** Refusals by form, kind or country of the number, or by caps: the same for everybody, so the person may be told. */
const SORRY: Record<string, string> = {
  invalid_number: "That is not a phone number. Write it as +44 …",
  number_kind_refused: "We can text mobile numbers only.",
  country_not_allowed: "We cannot text numbers of that country.",
  sends_exceeded: "Too many codes were sent to that number. Try again later.",
  rate_limited: "Too many requests. Try again later.",
};
