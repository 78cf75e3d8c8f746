/**
 * Texts from short codes and names to a lasting number: codes, parcels, banks. Nobody can be answered, so there is no conversation:
 * the person gets them from the lasting number itself, with who they are from before the words.
 */
import type { VirtualNumber } from "../../numbers/number.ts";
import { sendInPieces } from "../legs.ts";
import type { Address } from "./ledger.ts";
import { scopeOfAddress, tellLimit } from "./limits.ts";
import type { AddressDeps } from "./relays.ts";

const NAMELESS = "Unknown sender";

/** Forwards the text; answers why it did not leave, or null. */
export function forwardFromName(
  deps: AddressDeps,
  address: Address,
  number: VirtualNumber,
  name: string | null,
  text: string,
): string | null {
  if (address.muted) return "muted";
  const leaving = {
    to: { token: address.token },
    from: number,
    about: address.id,
    by: `${address.id}|name`,
    scope: scopeOfAddress(number.id),
  };
  const sent = sendInPieces(deps, address.key, leaving, `${name ?? NAMELESS}: ${text}`);
  if (sent.some(({ state }) => state === "rate_limited")) tellLimit(deps, address.id, "relay");
  const [first] = sent;
  if (first === undefined || first.message === null) return first?.state ?? "empty_text";
  const messages = sent.map(({ message }) => message).filter((message) => message !== null);
  deps.emit("interaction.relayed", address.id, { relay: address.id, number: number.id, sender_name: name, messages });
  return null;
}
