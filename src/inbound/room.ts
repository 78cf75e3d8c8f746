/**
 * The face of inbound texts: joined from parts, STOP and its like applied, relayed, or put into the inbox.
 */
import { DAY_MS } from "../base/clock.ts";
import type { Inbound } from "../carriers/carrier.ts";
import type { ConsentLedger } from "../consent/ledger.ts";
import type { Said, Speaker } from "../consent/verbs.ts";
import type { Actor, Recorder } from "../contract/record.ts";
import { room, type Ground, type Step } from "../contract/room.ts";
import type { AddressDeps } from "../masking/relays/relays.ts";
import type { NumbersLedger } from "../numbers/ledger.ts";
import { parseNumber } from "../sms/phone.ts";
import { newestId } from "../storage/sql.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { EventType } from "../webhooks/event.ts";
import type { InboundDeps, Screening } from "./deps.ts";
import { HeldLedger } from "./held.ts";
import { letGo, wordsOfHeld } from "./let-go.ts";
import { InboundLedger } from "./ledger.ts";
import { SEEN_DAYS, receive, takeGathered } from "./receive.ts";
import { SYSTEM_KEY, type Fate } from "./take.ts";
import { INBOX_KEPT_DAYS, inboundVerbs } from "./verbs.ts";

type Below = {
  audit: { record: Recorder };
  vault: { ledger: VaultLedger };
  webhooks: { emit: (type: EventType, resource: string, data: unknown) => void };
  numbers: { ledger: NumbersLedger };
  consent: { ledger: ConsentLedger; say: (actor: Actor, speaker: Speaker, said: Said) => void };
  masking: { deps: AddressDeps };
  quarantine: Screening;
};

/** Incomplete texts processed in one alarm run. */
const LATE_MAX = 100;

/** The room. */
export const inboundRoom = room({
  name: "inbound",
  migrations: [
    { id: 1, up: (sql) => InboundLedger.migrate(sql) },
    { id: 2, up: (sql) => InboundLedger.migrate2(sql) },
    {
      id: 3,
      up: (sql) => {
        HeldLedger.migrate(sql);
        InboundLedger.migrate3(sql);
      },
    },
  ],
  open: (ground: Ground, below: Below) => {
    const { sql, ids, now, soon } = ground;
    const { audit, vault, numbers } = below;
    const ledger = new InboundLedger(sql, soon);
    const held = new HeldLedger(sql, soon);
    const deps = depsOf(ground, below, { ledger, held });
    return {
      verbs: inboundVerbs({ ledger, vault: vault.ledger, record: audit.record }),
      steps: stepsOf(deps),
      purges: [
        { name: "heard", drop: (at: number, limit: number) => ledger.seen.purge(at - SEEN_DAYS * DAY_MS, limit) },
        { name: "held_texts", drop: (at: number, limit: number) => held.purge(at - INBOX_KEPT_DAYS * DAY_MS, limit) },
        { name: "inbox", drop: (at: number, limit: number) => ledger.purgeInbox(at - INBOX_KEPT_DAYS * DAY_MS, limit) },
      ],
      newestIds: () => [newestId(sql, "inbox"), newestId(sql, "held_texts")],
      readHeld: (id: string): string | null => {
        const one = held.get(id);
        return one === null ? null : (wordsOfHeld(deps, one)?.text ?? null);
      },
      releaseHeld: (id: string): void => letGo(deps, id, "released"),
      blockHeld: (id: string): void => held.block(id),
      /** Processes a text from a carrier; `secret` as in `Brought`. */
      receive: (account: string, text: Inbound, secret: number): Fate =>
        receive(deps, account, text, { account, secret }),
      /** The sandbox plays a person who texts one of the tenant's virtual numbers; processed like a carrier's callback. */
      answer: (from: string, to: string, text: string): Fate => {
        const dialled = parseNumber(to);
        const number = "refused" in dialled ? null : numbers.ledger.byE164(dialled.number.e164);
        if (number === null) return "unknown_number";
        return receive(deps, number.account, { id: ids.make("inb", now()), from, to: number.e164, text }, null);
      },
    };
  },
});

function depsOf(
  { ids, now }: Ground,
  { vault, webhooks, consent, masking, quarantine }: Below,
  ledgers: Pick<InboundDeps, "ledger" | "held">,
): InboundDeps {
  return {
    ...ledgers,
    screening: quarantine,
    masking: masking.deps,
    vault: vault.ledger,
    ids,
    now,
    standingOf: (who, purpose, sender) => consent.ledger.standingOf(who, purpose, sender),
    isStoppedBy: (who, purpose, source) => consent.ledger.isStoppedBy(who, purpose, source),
    say: ({ index: who, mask, country }, said, account) =>
      consent.say(
        said.source === "carrier" ? { type: "carrier", id: account } : { type: "system", id: SYSTEM_KEY },
        { who, mask, country },
        { ...said, wording: null, saidAt: now() },
      ),
    emit: webhooks.emit,
  };
}

/** Texts whose parts did not all come in time, and held ones whose time has passed. */
function stepsOf(deps: InboundDeps): Step[] {
  const { ledger, held } = deps;
  return [
    {
      name: "inbound.late_parts",
      rowsMax: LATE_MAX,
      due: (at, limit) =>
        ledger.late(at, limit).map(({ id, gather }) => ({
          id,
          run: () => {
            const gathered = gather();
            if (gathered !== null) takeGathered(deps, gathered);
          },
        })),
      nextAt: (_at, after) => ledger.nextLate(after),
    },
    {
      name: "inbound.held",
      rowsMax: LATE_MAX,
      due: (at, limit) => held.due(at, limit).map((id) => ({ id, run: () => letGo(deps, id, "passed") })),
      nextAt: (_at, after) => held.nextAt(after),
    },
  ];
}
