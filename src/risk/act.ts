/**
 * What a cap counts, and a cap as a refusal. Pure.
 */
import { refuse, type Refusal } from "../base/refusal.ts";
import type { Purpose } from "../sms/purpose.ts";
import type { Caps } from "./caps.ts";
import type { NamingCap } from "./naming.ts";

/**
 * Whose counters an act moves. `texts`: service and marketing; `relays`: what people write to each other, and the answers they get;
 * `devices`: codes to a device that has verified the number before; `codes`: other codes to people whom the tenant knows;
 * `strangers`: codes to people it does not. So whatever is texted, and whoever types which numbers, the codes of a person at their own
 * device are not used up, and no stranger's texts use up the tenant's own.
 */
export type Side = "texts" | "relays" | "devices" | "codes" | "strangers";

/** Who sends to whom, in keyed names. `purpose`: a person's counts for codes, service and marketing are each their own. */
export type Act = {
  key: string;
  recipient: string;
  block: string;
  country: string;
  home: boolean;
  side: Side;
  purpose: Purpose;
  /** What else counts a relayed text: everything of its session or relay address that reaches this reader. */
  scope?: Scope;
};

/** A keyed name, and how many times the cap per recipient it may have. */
export type Scope = { name: string; times: number };

/** The caps there are. Those of a person and of their block of numbers hold when a text leaves, the others when it is admitted too. */
export type Cap = "recipient" | "session" | "block" | "key" | "tenant" | "country";

/** Which cap is reached, and for how long. */
export type CapReached = { cap: Cap; retryAfterSeconds: number; window: keyof Caps };

/** When a text was counted by its person and block, and by its key, tenant and country; null: not yet. */
export type Counted = { person: number | null; budgets: number | null };

/** A text that does not fit now: which cap keeps it, and when it is looked at again. */
export type Waits = { cap: Cap; until: number };

/** The naming cap that is reached, and whose it is. */
export type NamingReached = { by: NamingCap; window: "hour" | "day"; retryAfterSeconds: number };

type Person = { index: Uint8Array; block: string; country: string; met: boolean };
type About = {
  purpose: Purpose;
  countries: readonly string[];
  relay: string | null;
  scope?: Scope | undefined;
  device?: boolean;
};

/**
 * The act a cap counts. `countries`: where the tenant may text; at home is the United Kingdom, if it is among them. `relay`: the
 * keyed name that a relayed text counts against, its sender in its session, in place of the person who reads it. `device`: the code
 * was asked for by a device that has verified the number before.
 */
export function actOf(
  key: string,
  { index, block, country, met }: Person,
  { purpose, countries, relay, scope, device = false }: About,
): Act {
  const home = country === "GB" && countries.includes("GB");
  const ofCode = device ? "devices" : met ? "codes" : "strangers";
  const side = purpose === "otp" ? ofCode : relay === null ? "texts" : "relays";
  const recipient = relay ?? countedAs(index);
  return { key, recipient, block, country, home, side, purpose, ...(scope === undefined ? {} : { scope }) };
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
