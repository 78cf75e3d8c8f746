/**
 * Deletes rows after their time, class by class as the rooms name them. Bounded, reported and entered in the audit. A
 * class that fails delays no other.
 */
import { isoOf, readClock } from "../base/clock.ts";
import { nameOfError } from "../base/log.ts";
import type { Actor } from "../contract/record.ts";
import type { Purged } from "../rpc/tenant.ts";
import type { TenantHost } from "./host.ts";
import type { TenantParts } from "./parts.ts";

/**
 * Rows of a class deleted in one round, so that requests are not held up for long; rounds repeat until nothing is left.
 */
const PURGED_MAX = 5_000;
/** A stop for loops that should not occur; the next night continues. */
const ROUNDS_MAX = 1_000;

/**
 * Purges one tenant completely, because a backlog would grow from night to night. A round is one transaction for each
 * class in the object, then the records in D1; requests are served between rounds.
 */
export async function purgeTenant(host: TenantHost, parts: TenantParts, operator: string | null): Promise<Purged> {
  const names = host.rooms().purges.map(({ name }) => name);
  const gone = Object.fromEntries(names.map((name) => [name, 0]));
  const failed: string[] = [];
  let open = names;
  for (let rounds = 0; rounds < ROUNDS_MAX && open.length > 0; rounds += 1) {
    const full: string[] = [];
    for (const name of open) {
      try {
        const count = await dropOnce(host, parts, name);
        gone[name] = (gone[name] ?? 0) + count;
        if (count >= PURGED_MAX) full.push(name);
      } catch (error) {
        failed.push(name);
        const line = { what: nameOfError(error), tenant: parts.tenantId, code: "purge_failed", verb: name };
        parts.log({ level: "error", ...line });
      }
    }
    open = full;
  }
  await countRecords(host, parts);
  enterPurge(host, operator, gone, failed); // what is gone is on record, also where a class failed
  return { at: isoOf(readClock()), gone, failed };
}

/** One round of one class. Takes the rooms anew each time, because they are rebuilt after a class that failed. */
async function dropOnce(host: TenantHost, parts: TenantParts, name: string): Promise<number> {
  const rooms = host.rooms();
  const named = rooms.purges.find((each) => each.name === name);
  if (named === undefined) return 0;
  if ("drop" in named) return host.transaction(() => named.drop(rooms.now(), PURGED_MAX));
  return named.dropRecords(parts.db, parts.tenantId, rooms.now(), PURGED_MAX);
}

/** Counts what is left in D1, for the tenant's quota. A database that cannot be asked leaves the count as it was. */
async function countRecords(host: TenantHost, parts: TenantParts): Promise<void> {
  try {
    let records = 0;
    for (const named of host.rooms().purges)
      if ("countRecords" in named) records += await named.countRecords(parts.db, parts.tenantId);
    host.transaction(({ room }) => room.risk.usage.counted(records));
  } catch (error) {
    parts.log({ level: "error", what: nameOfError(error), tenant: parts.tenantId, code: "records_not_counted" });
  }
}

function enterPurge(host: TenantHost, operator: string | null, gone: Record<string, number>, failed: string[]): void {
  const actor: Actor = operator === null ? { type: "system", id: "cron" } : { type: "operator", id: operator };
  const broken = failed.length === 0 ? {} : { broke_off: true, failed: failed.join(" ") };
  host.transaction(({ room }) =>
    room.audit.record(actor, { act: "retention.purged", subject: null, facts: { gone, ...broken } }),
  );
}
