/**
 * Held texts that go on where they were going: because somebody released them, or because their time has passed.
 */
import { z } from "zod";
import { CAUTION } from "../screening/policy.ts";
import { parseNumber } from "../sms/phone.ts";
import type { About, InboundDeps } from "./deps.ts";
import type { HeldText } from "./held.ts";
import { goOn, goOnFromName, type Sender } from "./take.ts";

/** What is sealed of a held text: its words, whether all of them came, how many pictures did not. */
const Sealed = z.tuple([z.string(), z.boolean(), z.int()]);

/** What a held text says; null where its sender was erased. */
export function wordsOfHeld(deps: InboundDeps, held: HeldText): Pick<About, "text" | "complete" | "media"> | null {
  const opened = deps.vault.openText(held.subject, held.id, "held", held.sealed);
  if (opened === null) return null;
  const [text, complete, media] = Sealed.parse(JSON.parse(opened));
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
