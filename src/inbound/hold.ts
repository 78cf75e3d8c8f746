/**
 * Screening of texts that come in, before the inbox, a webhook or the other side of a mask has them: on with a label, or held until
 * somebody decides or their time has passed, or kept as blocked. STOP, START and HELP were obeyed before.
 */
import type { Direction } from "../screening/policy.ts";
import type { VirtualNumber } from "../numbers/number.ts";
import type { Contact } from "../vault/ledger.ts";
import { TENANT_SUBJECT } from "../vault/ledger.ts";
import type { About, InboundDeps } from "./deps.ts";

/** Who wrote a text: a person, or a sender who is a name. */
export type Author = { contact: Contact | null; name: string | null };

/** What becomes of a text: the one that may go on now, or where it stays. */
export type Screened = { about: About } | { stays: "held" | "blocked" };

/** Screens a text; keeps it where it does not go on. */
export function screenText(
  deps: InboundDeps,
  number: VirtualNumber,
  { contact, name }: Author,
  about: About,
  direction: Direction,
): Screened {
  const { does, text, label, warning } = deps.screening.screen({
    text: about.text,
    direction,
    purpose: "service",
    from: name,
  });
  if (label === null) return { about };
  const id = about.id;
  deps.screening.tell("inbound.screened", id, direction, label);
  if (does !== "hold" && does !== "block") {
    const warned = direction === "person" && warning !== null ? `${text}\n${warning}` : text;
    return { about: { ...about, text: warned, label } };
  }
  const subject = contact?.subject ?? TENANT_SUBJECT;
  const sealed = deps.vault.sealText(subject, id, "held", JSON.stringify([text, about.complete, about.media]));
  if (sealed === null) throw new Error("an author without a key");
  const until = does === "hold" ? deps.screening.heldUntil() : null;
  const at = deps.now();
  deps.held.add({
    id,
    number: number.id,
    who: contact?.index ?? null,
    name,
    subject,
    sealed,
    direction,
    label,
    at,
    until,
  });
  const state = does === "hold" ? "held" : "blocked";
  const person = { token: contact?.token ?? null, mask: contact?.mask ?? null };
  deps.screening.add({ id, direction, purpose: "service", ...person, label, state, until: until ?? at });
  return { stays: state };
}
