/**
 * The face of risk: caps, counted in one serial place before the act.
 */
import { byCaller, isPerson, type Recorder } from "../contract/record.ts";
import { room, type Ground } from "../contract/room.ts";
import type { CountNaming } from "../vault/naming.ts";
import type { EventType } from "../webhooks/event.ts";
import type { Limits, NamingAllowance } from "./caps.ts";
import { countNaming, type NamingAlert } from "./count-naming.ts";
import { CapsLedger } from "./ledger.ts";

type RiskGround = Ground & { policy: () => { limits: Limits; namingAllowance?: NamingAllowance | null } };
type Below = {
  audit: { record: Recorder };
  access: { lineOf: (key: string) => string };
  webhooks: { emit: (type: EventType, resource: string, data: unknown) => void };
};

/** The room. */
export const riskRoom = room({
  name: "risk",
  migrations: [{ id: 1, up: (sql) => CapsLedger.migrate(sql) }],
  open: ({ sql, now, policy }: RiskGround, { audit: { record }, access: { lineOf }, webhooks: { emit } }: Below) => {
    const caps = new CapsLedger(sql, lineOf);
    const alert = ({ key, ...cap }: NamingAlert): void => {
      record(byCaller(key), {
        act: isPerson(key) ? "person.limit_reached" : "key.limit_reached",
        subject: key,
        facts: cap,
      });
      emit("alert.limit", key, { limit: "naming", key, ...cap });
    };
    const naming: CountNaming = countNaming({ caps, lineOf, policy, now, alert });
    return {
      verbs: {},
      steps: [],
      purges: [{ name: "counters", drop: (at: number, limit: number) => caps.purge(at, limit) }],
      caps,
      naming,
      /**
       * After each verb: what it counted of named numbers is written, refused or not, and is in the audit. An entry of its own tells
       * of it where the verb made none for the one number that was named.
       */
      settleNaming: (key: string, hadEntry: boolean): void => {
        const counted = caps.takeCounted();
        caps.flush();
        if (counted === null || (hadEntry && counted.numbers === 1)) return;
        record(byCaller(key), {
          act: isPerson(key) ? "person.named_numbers" : "key.named_numbers",
          subject: key,
          facts: counted,
        });
      },
      /** What is left to a key under its limit. */
      roomOf: (key: string) => caps.roomOf(key, policy().limits, now()),
    };
  },
});
