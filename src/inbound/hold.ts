/**
 * Screening of texts that come in, before the inbox, a webhook or the other side of a mask has them: on with a label, or held until
 * somebody decides or their time has passed, or kept as blocked. STOP, START and HELP were obeyed before.
 */
import { CAUTION, type Direction, type Label } from "../screening/policy.ts";
import { parseNumber } from "../sms/phone.ts";
import type { VirtualNumber } from "../numbers/number.ts";
import type { Contact } from "../vault/ledger.ts";
import { TENANT_SUBJECT } from "../vault/ledger.ts";
import type { InboundDeps } from "./deps.ts";
import type { HeldText } from "./held.ts";
import { goOn, goOnFromName, type About, type Fate, type Sender } from "./take.ts";

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
  const { does, text, label, warning } = deps.screening.screen({ text: about.text, direction, purpose: "service", from: name });
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
  deps.held.add({ id, number: number.id, who: contact?.index ?? null, name, subject, sealed, direction, label, at, until });
  const state = does === "hold" ? "held" : "blocked";
  const person = { token: contact?.token ?? null, mask: contact?.mask ?? null };
  deps.screening.add({ id, direction, purpose: "service", ...person, label, state, until: until ?? at });
  return { stays: state };
}

/** What a held text says; null where its sender was erased. */
export function wordsOfHeld(deps: InboundDeps, held: HeldText): Pick<About, "text" | "complete" | "media"> | null {
  const opened = deps.vault.openText(held.subject, held.id, "held", held.sealed);
  if (opened === null) return null;
  const [text, complete, media] = JSON.parse(opened) as [string, boolean, number];
  return { text, complete, media };
}

/** Lets a held text go on where it was going: because somebody released it, or because its time has passed. */
export function letGo(deps: InboundDeps, id: string, why: "released" | "passed"): void {
  const held = deps.held.get(id);
  if (held === null) return;
  deps.held.drop(id);
  const words = wordsOfHeld(deps, held);
  const number = deps.masking.numbers.get(held.number);
  if (why === "passed") deps.screening.settled(id, words === null || number === null ? "ended" : "passed");
  if (words === null || number === null) return; // erased meanwhile, or the number is gone
  const cautioned = why === "passed" && held.direction === "person" ? `${words.text}\n${CAUTION}` : words.text;
  const about: About = { ...words, id, text: cautioned, label: held.label };
  if (held.who === null) return void goOnFromName(deps, number, held.name, about);
  const sender = senderOf(deps, held.who);
  if (sender !== null) goOn(deps, number, sender, about);
}

function senderOf(deps: InboundDeps, who: Uint8Array): Sender | null {
  const contact = deps.vault.find(who);
  const e164 = contact === null ? null : deps.vault.openNumber(contact.token);
  const from = e164 === null ? null : parseNumber(e164);
  return contact === null || from === null || "refused" in from ? null : { contact, from: from.number };
}

export type { Label, Fate };
