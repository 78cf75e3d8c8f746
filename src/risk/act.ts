/**
 * What a cap counts, and a cap as a refusal. Pure.
 */
import { refuse, type Refusal } from "../base/refusal.ts";
import type { Caps } from "./caps.ts";

/** Who sends to whom, in keyed names. */
export type Act = { key: string; recipient: string; block: string; country: string; home: boolean };

/** Which cap is reached, and for how long. */
export type CapReached = {
  cap: "recipient" | "block" | "key" | "tenant" | "country" | "numbers";
  retryAfterSeconds: number;
  window: keyof Caps;
};

/** The act a cap counts. `countries`: where the tenant may text; at home is the United Kingdom, if it is among them. */
export function actOf(
  key: string,
  { index, block, country }: { index: Uint8Array; block: string; country: string },
  countries: readonly string[],
): Act {
  const recipient = Buffer.from(index.subarray(0, 16)).toString("base64url");
  return { key, recipient, block, country, home: country === "GB" && countries.includes("GB") };
}

/** A cap as a refusal: which one, and when to come back. */
export function limitRefusal(reached: CapReached): Refusal {
  if (reached.cap === "numbers")
    return refuse("new_numbers_exceeded", { retryAfterSeconds: reached.retryAfterSeconds });
  return refuse("rate_limited", {
    detail: `The limit of messages per ${reached.cap} per ${reached.window} is reached.`,
    retryAfterSeconds: reached.retryAfterSeconds,
  });
}
