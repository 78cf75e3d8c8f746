/**
 * Every page of the console, in the order of the navigation.
 */
import type { PageRow } from "../visit.ts";
import { alertPages } from "./alerts.tsx";
import { auditPages } from "./audit.tsx";
import { conversationPages } from "./conversations.tsx";
import { keyPages } from "./keys.tsx";
import { messagePages } from "./messages.tsx";
import { peoplePages } from "./people.tsx";
import { sendPages } from "./send.tsx";
import { verificationPages } from "./verifications.tsx";
import { webhookPages } from "./webhooks.tsx";

export const PAGES: readonly PageRow[] = [
  ...messagePages,
  ...verificationPages,
  ...conversationPages,
  ...sendPages,
  ...webhookPages,
  ...keyPages,
  ...alertPages,
  ...peoplePages,
  ...auditPages,
];
