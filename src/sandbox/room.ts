/**
 * The face of the sandbox: handsets, a clock of its own, and a carrier that sends receipts at planned times. A live
 * tenant has only its empty tables.
 */
import type { Environment } from "../access/api-key.ts";
import type { HandsetDelivery, Report } from "../carriers/carrier.ts";
import type { Recorder } from "../contract/record.ts";
import { room, type DueRow, type Ground, type Step } from "../contract/room.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { Naming } from "../vault/naming.ts";
import { SandboxLedger, type PlannedReceipt } from "./ledger.ts";
import { sandboxVerbs, type SandboxDeps } from "./verbs.ts";

type SandboxGround = Ground & {
  environment: Environment;
  /** Moves the tenant's clock. */
  advance: (seconds: number) => void;
  /** A person texts one of the tenant's virtual numbers; answers the outcome. */
  answer: SandboxDeps["answer"];
  /** The carrier's report on a message. */
  report: (account: string, report: Report) => void;
};
type Below = {
  audit: { record: Recorder };
  vault: { ledger: VaultLedger; naming: Naming };
  jobs: { due: (step: Step, at: number) => readonly DueRow[] };
};

/** Receipts applied at once. */
const RECEIPTS_MAX = 200;

/** The room. */
export const sandboxRoom = room({
  name: "sandbox",
  migrations: [{ id: 1, up: (sql) => SandboxLedger.migrate(sql) }],
  open: (ground: SandboxGround, { audit: { record }, vault: { ledger: vault, naming }, jobs }: Below) => {
    const { sql, ids, now, soon, environment, advance, answer, report } = ground;
    const sandbox = environment === "sandbox" ? new SandboxLedger(sql, ids, vault, soon) : null;
    const receipts = sandbox === null ? null : receiptsOf(sandbox, report);
    let applying = false;
    return {
      verbs: sandboxVerbs({ sandbox, naming, now, advance, answer, record }),
      steps: receipts === null ? [] : [receipts],
      purges: [{ name: "handset_texts", drop: (at: number) => sandbox?.purge(at) ?? 0 }],
      /** Stores a delivered text and plans its receipts. */
      receive: (delivery: HandsetDelivery): void => sandbox?.receive(delivery, now()),
      /** Applies the receipts that are due. Not re-entrant: applying a receipt does not call it again. */
      applyReceipts: (): void => {
        if (receipts === null || applying) return;
        applying = true;
        try {
          for (const { run } of jobs.due(receipts, now())) run();
        } finally {
          applying = false;
        }
      },
    };
  },
});

/** The step that applies planned receipts. */
function receiptsOf(sandbox: SandboxLedger, report: SandboxGround["report"]): Step {
  const apply = ({ id, account, report: said }: PlannedReceipt): void => {
    sandbox.dropReceipt(id);
    report(account, said);
  };
  return {
    name: "sandbox.receipts",
    rowsMax: RECEIPTS_MAX,
    due: (now, limit) =>
      sandbox.dueReceipts(now, limit).map((planned) => ({ id: planned.id, run: () => apply(planned) })),
    nextAt: (_now, after) => sandbox.nextReceiptAt(after),
  };
}
