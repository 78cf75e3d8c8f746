/**
 * The face of screening: a tenant's policy, verdicts by it, and the texts that are held. The rules are in `screening/`.
 */
import { DAY_MS, HOUR_MS } from "../base/clock.ts";
import type { Recorder } from "../contract/record.ts";
import { room, type Ground } from "../contract/room.ts";
import type { CapsLedger } from "../risk/ledger.ts";
import {
  defaultPolicy,
  judgeText,
  labelOf,
  redacted,
  type Action,
  type Direction,
  type Label,
} from "../screening/policy.ts";
import type { Purpose } from "../sms/purpose.ts";
import { newestId } from "../storage/sql.ts";
import type { EventType } from "../webhooks/event.ts";
import { QuarantineLedger, type Held } from "./ledger.ts";
import { quarantineVerbs, type HeldTexts } from "./verbs.ts";

type QuarantineGround = Ground & { environment: "sandbox" | "live"; held: HeldTexts };
type Below = {
  audit: { record: Recorder };
  risk: { caps: CapsLedger };
  webhooks: { emit: (type: EventType, resource: string, data: unknown) => void; wanted: (type: EventType) => boolean };
};

/** What is known of a text before it is screened. */
export type ScreenInput = { text: string; direction: Direction; purpose: Purpose; from: string | null };
/** What is to be done with a text. `label` is null where nothing is to be said of it; `text` is what may go on. */
export type ScreenOutcome = { does: Action; text: string; label: Label | null; warning: string | null };

/** Decided texts stay listed so long. */
const DECIDED_KEPT_DAYS = 30;

/** The room. */
export const quarantineRoom = room({
  name: "quarantine",
  migrations: [{ id: 1, up: (sql) => QuarantineLedger.migrate(sql) }],
  open: ({ sql, now, environment, held }: QuarantineGround, { audit, risk, webhooks }: Below) => {
    const ledger = new QuarantineLedger(sql);
    const policy = () => ledger.policy() ?? defaultPolicy(environment);
    return {
      verbs: quarantineVerbs({ ledger, policy, caps: risk.caps, held, now, record: audit.record }),
      steps: [],
      purges: [
        {
          name: "quarantine",
          drop: (at: number, limit: number) => ledger.purge(at - DECIDED_KEPT_DAYS * DAY_MS, limit),
        },
      ],
      newestIds: () => [newestId(sql, "quarantine")],
      /** Judges a text by the tenant's policy. Where the policy is not enforced, a text only gets its label. */
      screen: ({ text, ...about }: ScreenInput): ScreenOutcome => {
        const by = policy();
        const judged = judgeText(text, { policy: by, ...about });
        if (judged.verdict === "allow") return { does: "allow", text, label: null, warning: null };
        const label = labelOf(judged);
        const warning = judged.asksForCode ? by.codeWarning : null;
        if (!by.enforced) return { does: "warn", text, label, warning: null };
        return { does: judged.verdict, text: redacted(text, judged, by.replacement), label, warning };
      },
      /** Until when a person's text is held that is held now. */
      heldUntil: (): number => now() + policy().holdHours * HOUR_MS,
      /** Puts a text into the quarantine; one that is blocked at once is only listed. */
      add: (one: Omit<Held, "heldAt" | "decidedAt">): void => {
        ledger.add({ ...one, heldAt: now(), decidedAt: one.state === "held" ? null : now() });
      },
      /** A text that waits no more, whoever ended its wait; one that was decided stays as it was decided. */
      settled: (id: string, state: "passed" | "ended"): void => void ledger.settle(id, state, now()),
      /** Tells that rules fired on a text: names and offsets. */
      tell: (type: "message.screened" | "inbound.screened", id: string, direction: Direction, label: Label): void => {
        if (webhooks.wanted(type)) webhooks.emit(type, id, { screened: { id, direction, ...label } });
      },
    };
  },
});
