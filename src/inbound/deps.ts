/**
 * What the room `inbound` needs from other rooms.
 */
import type { IdMaker } from "../base/ids.ts";
import type { Source } from "../consent/consent.ts";
import type { Purpose } from "../sms/purpose.ts";
import type { AddressDeps } from "../masking/relays/relays.ts";
import type { Contact, VaultLedger } from "../vault/ledger.ts";
import type { Held } from "../quarantine/ledger.ts";
import type { ScreenInput, ScreenOutcome } from "../quarantine/room.ts";
import type { Direction, Label } from "../screening/policy.ts";
import type { HeldLedger } from "./held.ts";
import type { InboundLedger, Received } from "./ledger.ts";

/** A text under way: its words, the id it has in the inbox or among the held, and what the screening said of it. */
export type About = Pick<Received, "id" | "complete" | "media"> & { text: string; label: Label | null };

/** What the room uses of the screening. */
export type Screening = {
  screen: (text: ScreenInput) => ScreenOutcome;
  heldUntil: () => number;
  add: (held: Omit<Held, "heldAt" | "decidedAt">) => void;
  settled: (id: string, state: "passed" | "ended") => void;
  tell: (type: "message.screened" | "inbound.screened", id: string, direction: Direction, label: Label) => void;
};

export type InboundDeps = {
  ledger: InboundLedger;
  held: HeldLedger;
  screening: Screening;
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
