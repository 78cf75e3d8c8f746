/**
 * Texts from short codes and alphanumeric senders to a lasting number, such as codes and parcel notices. They cannot be answered, so
 * no session is opened: the person gets them from the lasting number itself, with the sender's name before the text.
 */
import type { VirtualNumber } from "../../numbers/number.ts";
import { isBlank } from "../../sms/characters.ts";
import { sendInPieces } from "../legs.ts";
import type { Address } from "./ledger.ts";
import { scopeOfAddress, tellLimit } from "./limits.ts";
import type { AddressDeps } from "./relays.ts";

const NAMELESS = "Unknown sender";

/** Forwards the text; answers why it was not sent, or null. */
export function forwardFromName(
  deps: AddressDeps,
  address: Address,
  number: VirtualNumber,
  name: string | null,
  text: string,
): string | null {
  if (address.muted) return "muted";
  if (isBlank(text)) return "empty_text";
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
