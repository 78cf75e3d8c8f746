/**
 * What a cap counts, and a cap as a refusal. Pure.
 */
import { refuse, type Refusal } from "../base/refusal.ts";
import type { Purpose } from "../sms/purpose.ts";
import type { Caps } from "./caps.ts";
import type { NamingCap } from "./naming.ts";

/**
 * Which counters an act is counted in. `texts`: service and marketing; `relays`: relayed texts and the service's answers to them;
 * `devices`: codes for a device that has verified the number before; `codes`: other codes to numbers that the tenant has met;
 * `strangers`: codes to numbers it has not. Each side has counters of its own, so that nobody who types numbers into a sign-in form,
 * and no relayed text, uses up the codes of a person at their own device or the tenant's own texts.
 */
export type Side = "texts" | "relays" | "devices" | "codes" | "strangers";

/** Who sends to whom, in keyed names. `purpose`: codes, service and marketing texts to a person are counted separately. */
export type Act = {
  key: string;
  recipient: string;
  block: string;
  country: string;
  home: boolean;
  side: Side;
  purpose: Purpose;
  /** A second counter for a relayed text: all texts of its session or relay address to this reader. */
  scope?: Scope;
};

/** A keyed name, and its cap as a multiple of the cap per recipient. */
export type Scope = { name: string; times: number };

/** The caps. `recipient`, `session` and `block` are checked when a text leaves; the others also when it is admitted. */
export type Cap = "recipient" | "session" | "block" | "key" | "tenant" | "country";

/** Which cap is reached, and for how long. */
export type CapReached = { cap: Cap; retryAfterSeconds: number; window: keyof Caps };

/** When a text was counted for its person and block (`person`), and for its key, tenant and country (`budgets`); null: not yet. */
export type Counted = { person: number | null; budgets: number | null };

/** A text that does not fit now: which cap is reached, and when it is tried again. */
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
 * The act that caps count. `countries`: where the tenant may text; the United Kingdom counts as `home` if it is among them. `relay`:
 * the keyed name that a relayed text is counted under, its sender in its session, in place of the recipient. `device`: the code is
 * for a device that has verified the number before.
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
