/**
 * What a cap counts, and a cap as a refusal. Pure.
 */
import { refuse, type Refusal } from "../base/refusal.ts";
import type { Purpose } from "../sms/purpose.ts";
import type { Caps } from "./caps.ts";
import type { NamingCap } from "./naming.ts";

/**
 * Whose counters an act moves. `texts`: service and marketing; `codes`: codes to people whom the tenant knows; `strangers`: codes
 * to people it does not. So whatever is texted, and whoever types random numbers, a known person's codes are not used up.
 */
export type Side = "texts" | "codes" | "strangers";

/** Who sends to whom, in keyed names. `purpose`: a person's counts for codes, service and marketing are each their own. */
export type Act = {
  key: string;
  recipient: string;
  block: string;
  country: string;
  home: boolean;
  side: Side;
  purpose: Purpose;
};

/** Which cap is reached, and for how long. */
export type CapReached = {
  cap: "recipient" | "block" | "key" | "tenant" | "country";
  retryAfterSeconds: number;
  window: keyof Caps;
};

/** The naming cap that is reached, and whose it is. */
export type NamingReached = { by: NamingCap; window: "hour" | "day"; retryAfterSeconds: number };

type Person = { index: Uint8Array; block: string; country: string; met: boolean };

/**
 * The act a cap counts. `countries`: where the tenant may text; at home is the United Kingdom, if it is among them. `relay`: the
 * keyed name that a relayed text counts against, its sender in its session, in place of the person who reads it.
 */
export function actOf(
  key: string,
  { index, block, country, met }: Person,
  { purpose, countries, relay }: { purpose: Purpose; countries: readonly string[]; relay: Uint8Array | null },
): Act {
  const home = country === "GB" && countries.includes("GB");
  const side = purpose !== "otp" ? "texts" : met ? "codes" : "strangers";
  return { key, recipient: countedAs(relay ?? index), block, country, home, side, purpose };
}

/** The name a person is counted under. */
export const countedAs = (index: Uint8Array): string => Buffer.from(index.subarray(0, 16)).toString("base64url");

/** A cap as a refusal: which one, and when to come back. */
export function limitRefusal(reached: CapReached): Refusal {
  return refuse("rate_limited", {
    detail: `The limit of messages per ${reached.cap} per ${reached.window} is reached.`,
    retryAfterSeconds: reached.retryAfterSeconds,
  });
}

/** A naming cap as a refusal. */
export function namingRefusal({ by, window, retryAfterSeconds }: NamingReached): Refusal {
  const detail = `The ${by} has reached its limit of distinct numbers per ${window}; an operator can grant more for a time.`;
  return refuse("new_numbers_exceeded", { detail, retryAfterSeconds });
}
