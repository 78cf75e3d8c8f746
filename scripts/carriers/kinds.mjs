// The kinds of carriers that are simulated. A new one is a file and a line here (docs/adding-a-carrier.md).
import { http } from "./http.mjs";
import { infobip } from "./infobip.mjs";
import { telnyx } from "./telnyx.mjs";
import { twilio } from "./twilio.mjs";
import { vonage } from "./vonage.mjs";

export const KINDS = { http, twilio, vonage, telnyx, infobip };
