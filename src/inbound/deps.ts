/**
 * What the room `inbound` needs from other rooms.
 */
import type { IdMaker } from "../base/ids.ts";
import type { Source } from "../consent/consent.ts";
import type { Purpose } from "../sms/purpose.ts";
import type { AddressDeps } from "../masking/relays/relays.ts";
import type { Contact, VaultLedger } from "../vault/ledger.ts";
import type { InboundLedger } from "./ledger.ts";

export type InboundDeps = {
  ledger: InboundLedger;
  masking: AddressDeps;
  vault: VaultLedger;
  ids: IdMaker;
  now: () => number;
  /** Records a person's consent or its withdrawal. The actor is the carrier's account where `source` is `carrier`, else the system. */
  say: (
    person: Pick<Contact, "index" | "mask" | "country">,
    said: {
      standing: "given" | "withdrawn";
      purposes: Purpose[];
      sender: string | null;
      source: "stop_word" | "carrier";
    },
    account: string,
  ) => void;
  /** The person's latest consent state for a purpose and sender; null without a record. */
  standingOf: (who: Uint8Array, purpose: Purpose, sender: string | null) => "given" | "withdrawn" | null;
  /** Whether a stop to all of the tenant's senders is in force that came from this source. */
  isStoppedBy: (who: Uint8Array, purpose: Purpose, source: Source) => boolean;
  emit: (
    type: "inbound.received" | "inbound.media_dropped" | "interaction.out_of_session" | "interaction.vetoed",
    resource: string,
    data: unknown,
  ) => void;
};
