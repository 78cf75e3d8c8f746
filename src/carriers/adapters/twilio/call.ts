/**
 * One authenticated call to Twilio's API 2010-04-01, in the account that the settings name.
 */
import { baseOf, basicOf, call, jsonOf, type Answered, type Called } from "../call.ts";
import { z } from "zod";
import type { Account, CarrierIo } from "../../carrier.ts";

const BASE_URL = "https://api.twilio.com";
const Fault = z.object({ code: z.int().min(0).max(999_999) });

/** The Basic credentials, or null where the account lacks them. */
function credentialsOf({ settings, secrets }: Account): string | null {
  const key = settings["api_key_sid"];
  const user = key ?? settings["account_sid"];
  const password = key === undefined ? secrets["auth_token"] : secrets["api_key_secret"];
  return user === undefined || password === undefined ? null : basicOf(user, password);
}

/** The call; null if the account lacks credentials. */
export async function request(
  account: Account,
  io: CarrierIo,
  method: "GET" | "POST" | "DELETE",
  path: string,
  form?: string,
): Promise<Called | null> {
  const { account_sid: owner } = account.settings;
  const authorization = credentialsOf(account);
  if (owner === undefined || authorization === null) return null;
  const url = `${baseOf(account, "base_url", BASE_URL)}/2010-04-01/Accounts/${owner}${path}`;
  const headers = { authorization, accept: "application/json" };
  if (form === undefined) return call(url, { method, headers }, io);
  return call(url, { method, headers: { ...headers, "content-type": "application/x-www-form-urlencoded" }, body: form }, io); // prettier-ignore
}

/** Twilio's own code in an answer, or null. */
export function faultOf(called: Answered): string | null {
  const fault = Fault.safeParse(jsonOf(called));
  return fault.success ? String(fault.data.code) : null;
}
