/**
 * What is dropped when its time has passed: texts go when a message ends; here go repeated answers, events, free fields,
 * handset texts, counters, records, and numbers that nobody asked to keep. Bounded, reported, entered in the audit.
 */
import { DAY_MS, isoOf, readClock } from "../base/clock.ts";
import { ulidTime } from "../base/ids.ts";
import { purgeRecords } from "../messages/store.ts";
import { dayOf } from "../vault/ledger.ts";
import { purgeVerifications } from "../verify/store.ts";
import { EVENTS_KEPT_DAYS } from "../webhooks/ledger.ts";
import type { TenantHost } from "./host.ts";
import type { TenantParts } from "./parts.ts";

/** Records are the tenant's history; a year and a month, until the room `governance` lets it be set. */
export const RECORDS_KEPT_DAYS = 396;
/** At most so many of a kind in one round, so that no object is held up for long; rounds go on until nothing is left. */
const PURGED_MAX = 5_000;
/** An end for what should never happen; the next night goes on. */
const ROUNDS_MAX = 1_000;

type Gone = {
  idempotency: number;
  events: number;
  notes: number;
  handset_texts: number;
  counters: number;
  numbers: number;
  lines: number;
  records: number;
  verify_counts: number;
  verify_limits: number;
  destinations: number;
  verifications: number;
};
export type PurgeReport = { at: string } & Gone;

/** One purge of one tenant, to its end: what a night leaves over would never be caught up with. */
export async function purgeTenant(host: TenantHost, parts: TenantParts, operator: string | null): Promise<PurgeReport> {
  const gone: Gone = {
    idempotency: 0,
    events: 0,
    notes: 0,
    handset_texts: 0,
    counters: 0,
    numbers: 0,
    lines: 0,
    records: 0,
    verify_counts: 0,
    verify_limits: 0,
    destinations: 0,
    verifications: 0,
  };
  let whole = false;
  try {
    for (let rounds = 0, more = true; more && rounds < ROUNDS_MAX; rounds += 1) {
      more = false;
      await purgeRound(host, parts, (went) => {
        for (const [what, count] of Object.entries(went) as [keyof Gone, number][]) {
          gone[what] += count;
          more ||= count >= PURGED_MAX;
        }
      });
    }
    whole = true;
  } finally {
    enterPurge(host, operator, gone, whole); // what is gone is on record, also where a round broke off
  }
  return { at: isoOf(readClock()), ...gone };
}

function enterPurge(host: TenantHost, operator: string | null, gone: Gone, whole: boolean): void {
  if (!whole && Object.values(gone).every((count) => count === 0)) return;
  host.transaction((rooms) =>
    rooms.enter({
      actor: operator === null ? { type: "system", id: "cron" } : { type: "operator", id: operator },
      act: "retention.purged",
      subject: null,
      facts: { gone, ...(whole ? {} : { broke_off: true }) },
    }),
  );
}

/** One round: a transaction over the object's tables, then the records; requests come in between rounds. Tells each as it goes. */
async function purgeRound(host: TenantHost, parts: TenantParts, went: (gone: Partial<Gone>) => void): Promise<void> {
  const { forgetNumbersAfterDays } = host.policy();
  const now = host.rooms().now();
  const before = (days: number, prefix: "evt" | "msg" | "ver") =>
    host.rooms().ids.prefixOf(prefix) + ulidTime(Math.max(0, now - days * DAY_MS));
  const gone = host.transaction((rooms) => ({
    idempotency: rooms.idempotency.purge(now, PURGED_MAX),
    events: rooms.events.purge(before(EVENTS_KEPT_DAYS, "evt"), PURGED_MAX),
    notes: rooms.messages.dropNotes(now, PURGED_MAX),
    handset_texts: rooms.sandbox?.purge(now) ?? 0,
    counters: rooms.caps.purge(now, PURGED_MAX),
    lines: rooms.lines.purge(now, PURGED_MAX),
    verify_counts: rooms.verify.counts.purge(now, PURGED_MAX),
    verify_limits: rooms.verifySettings.settings.purge(now, PURGED_MAX),
    destinations: rooms.verify.ledger.purge(now, PURGED_MAX),
    numbers: rooms.vault.forgetUnkept(dayOf(now) - forgetNumbersAfterDays, PURGED_MAX),
  }));
  went(gone);
  const records = await purgeRecords(parts.db, parts.tenantId, before(RECORDS_KEPT_DAYS, "msg"), PURGED_MAX);
  went({ records });
  const verifications = await purgeVerifications(
    parts.db,
    parts.tenantId,
    before(RECORDS_KEPT_DAYS, "ver"),
    PURGED_MAX,
  );
  went({ verifications });
}
