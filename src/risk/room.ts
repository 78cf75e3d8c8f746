/**
 * The face of risk: caps, counted in one serial place before the act.
 */
import type { Refusal } from "../base/refusal.ts";
import { room, type Ground } from "../contract/room.ts";
import type { Limits } from "./caps.ts";
import { CapsLedger } from "./ledger.ts";
import { actOf, limitRefusal } from "./act.ts";

type RiskGround = Ground & { policy: () => { limits: Limits; countries: readonly string[] } };

/** The room. */
export const riskRoom = room({
  name: "risk",
  migrations: [{ id: 1, up: (sql) => CapsLedger.migrate(sql) }],
  open: ({ sql, now, policy }: RiskGround) => {
    const caps = new CapsLedger(sql);
    return {
      verbs: {},
      steps: [],
      purges: [{ name: "counters", drop: (at: number, limit: number) => caps.purge(at, limit) }],
      caps,
      /** Counts a named number against the key's daily allowance, known or new alike; a refusal when it is spent. */
      nameNumber: (key: string, contact: Parameters<typeof actOf>[1]): Refusal | null => {
        const { limits, countries } = policy();
        const reached = caps.nameNumber(actOf(key, contact, countries), limits, now());
        caps.flush();
        return reached === null ? null : limitRefusal(reached);
      },
      /** What is left to a key under its limit. */
      roomOf: (key: string) => caps.roomOf(key, policy().limits, now()),
    };
  },
});
