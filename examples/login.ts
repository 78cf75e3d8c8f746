// A login by code. Your server-side session keeps the state between the two steps; the browser sees none of it.
import { call, type Checked, type EndUser, type Maskline, type Started } from "./maskline.ts";

/** What your server-side session keeps: the user, and the verification. */
export type Pending = { user: string; verification: string };

/** The person has named their account: a code goes to the number you know, never to one they give now. */
export async function startLogin(
  maskline: Maskline,
  user: { id: string; token: string },
  endUser: EndUser,
): Promise<Pending> {
  const body = { to: { token: user.token }, intent: "login", end_user: endUser };
  const { id } = await call<Started>(maskline, "POST /v1/verifications", body);
  return { user: user.id, verification: id };
}

/** The id of the user who is now logged in, or null: then say SORRY, whatever the reason. */
export async function finishLogin(
  maskline: Maskline,
  pending: Pending,
  code: string,
  endUser: EndUser,
): Promise<string | null> {
  const route = `POST /v1/verifications/${pending.verification}/check`;
  const { valid } = await call<Checked>(maskline, route, { code, end_user: endUser });
  return valid ? pending.user : null; // the user of the start, never one that the check names
}

/** The one sentence for every code that is not approved; always show "send again" with it. */
export const SORRY = "That code is not right, or it is over. Check it, or ask for it again.";
