/**
 * The carriers there are, in one table: a new one is a file, a row here and a folder of fixtures (docs/adding-a-carrier.md).
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

/** Kinds that an operator may make accounts of; the sandbox's one account makes itself. */
export const KINDS = (Object.keys(CARRIERS) as CarrierKind[]).filter((kind) => kind !== "sandbox");

/** The adapter that speaks an account's wire format; an account of a kind that is gone has none. */
export function carrierOf(kind: string): Carrier {
  const carrier: Carrier | undefined = Object.hasOwn(CARRIERS, kind) ? CARRIERS[kind as CarrierKind] : undefined;
  if (carrier === undefined) throw new Error("an account of an unknown kind");
  return carrier;
}
