/**
 * What the room `inbound` is given by the root.
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
  /** Records what a person said to being texted; by the carrier that brought it where that is the source. */
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
  /** What stands between a person and a sender for a purpose; null where nothing was said. */
  standingOf: (who: Uint8Array, purpose: Purpose, sender: string | null) => "given" | "withdrawn" | null;
  /** Whether the person's stop to all senders stands, and was told of in this way. */
  isStoppedBy: (who: Uint8Array, purpose: Purpose, source: Source) => boolean;
  emit: (
    type: "inbound.received" | "inbound.media_dropped" | "interaction.out_of_session" | "interaction.vetoed",
    resource: string,
    data: unknown,
  ) => void;
};
