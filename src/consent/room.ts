/**
 * The face of consent: records of consent and withdrawal, from the API, from texts and from carriers.
 */
import { DAY_MS } from "../base/clock.ts";
import { ulidTime } from "../base/ids.ts";
import { room, type Ground } from "../contract/room.ts";
import type { Actor, Recorder } from "../contract/record.ts";
import type { Naming } from "../vault/naming.ts";
import type { EventType } from "../webhooks/event.ts";
import { consentView, type Consent } from "./consent.ts";
import { ConsentLedger } from "./ledger.ts";
import { consentVerbs, recordWords, type Said, type Speaker } from "./verbs.ts";

type Below = {
  audit: { record: Recorder };
  vault: { naming: Naming };
  webhooks: { emit: (type: EventType, resource: string, data: unknown) => void };
};

/** Replaced records that were texted are kept as long as records of messages are. */
const REPLACED_KEPT_DAYS = 396;

/** The room. */
export const consentRoom = room({
  name: "consent",
  migrations: [
    { id: 1, up: (sql) => ConsentLedger.migrate(sql) },
    { id: 2, up: (sql) => ConsentLedger.migrate2(sql) },
  ],
  open: ({ sql, ids, now }: Ground, { audit: { record }, vault: { naming }, webhooks: { emit } }: Below) => {
    const consents = new ConsentLedger(sql);
    const tell = (consent: Consent) =>
      emit(`consent.${consent.standing}`, consent.id, { consent: consentView(consent, null) });
    const deps = { consents, naming, now, newId: () => ids.make("con", now()), tell, record };
    return {
      verbs: consentVerbs(deps),
      steps: [],
      purges: [
        {
          name: "consents",
          drop: (at: number, limit: number) => {
            const before = ids.prefixOf("con") + ulidTime(Math.max(0, at - REPLACED_KEPT_DAYS * DAY_MS));
            return consents.purge(before, limit);
          },
        },
      ],
      ledger: consents,
      /** Records what a person texted, or what a carrier reported of them, with its audit entry. */
      say: (actor: Actor, speaker: Speaker, said: Said): void => {
        for (const { id, purpose, sender, standing, source } of recordWords(deps, speaker, said))
          record(actor, { act: `consent.${standing}`, subject: id, facts: { purpose, sender, source } });
      },
    };
  },
});
