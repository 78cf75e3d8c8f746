/**
 * Every page of the console, in the order of the navigation.
 */
import type { PageRow } from "../visit.ts";
import { overviewPages } from "../overview/overview.tsx";
import { alertPages } from "./alerts.tsx";
import { auditPages } from "./audit.tsx";
import { conversationPages } from "./conversations.tsx";
import { inboxPages } from "./inbox.tsx";
import { keyPages } from "./keys.tsx";
import { livePages } from "./live.tsx";
import { messagePages } from "./messages.tsx";
import { peoplePages } from "./people.tsx";
import { poolPages } from "./pools.tsx";
import { sendPages } from "./send.tsx";
import { settingsPages } from "./settings.tsx";
import { tokenPages } from "./tokens.tsx";
import { verificationPages } from "./verifications.tsx";
import { webhookPages } from "./webhooks.tsx";

export const PAGES: readonly PageRow[] = [
  ...overviewPages,
  ...livePages,
  ...messagePages,
  ...verificationPages,
  ...conversationPages,
  ...inboxPages,
  ...sendPages,
  ...webhookPages,
  ...poolPages,
  ...keyPages,
  ...alertPages,
  ...tokenPages,
  ...peoplePages,
  ...auditPages,
  ...settingsPages,
];
