/**
 * All carriers, in one table. A new one is an adapter, a row here and a folder of fixtures (docs/adding-a-carrier.md).
 */
import type { Carrier } from "./carrier.ts";
import { httpCarrier } from "./adapters/http.ts";
import { infobipCarrier } from "./adapters/infobip/infobip.ts";
import { sandboxCarrier } from "./adapters/sandbox.ts";
import { telnyxCarrier } from "./adapters/telnyx/telnyx.ts";
import { twilioCarrier } from "./adapters/twilio/twilio.ts";
import { vonageCarrier } from "./adapters/vonage/vonage.ts";

export const CARRIERS = {
  sandbox: sandboxCarrier,
  http: httpCarrier,
  twilio: twilioCarrier,
  vonage: vonageCarrier,
  telnyx: telnyxCarrier,
  infobip: infobipCarrier,
} as const satisfies Record<string, Carrier>;
export type CarrierKind = keyof typeof CARRIERS;

/** Kinds of which an operator can make accounts; the sandbox's one account is made automatically. */
export const KINDS = (Object.keys(CARRIERS) as CarrierKind[]).filter((kind) => kind !== "sandbox");

/** The adapter of an account's kind. Throws for an unknown kind. */
export function carrierOf(kind: string): Carrier {
  const carrier: Carrier | undefined = Object.hasOwn(CARRIERS, kind) ? CARRIERS[kind as CarrierKind] : undefined;
  if (carrier === undefined) throw new Error("an account of an unknown kind");
  return carrier;
}
