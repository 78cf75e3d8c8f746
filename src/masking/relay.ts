/**
 * One text from a person to a virtual number: which session it belongs to, and how it reaches the others. The pair of person and
 * dialled number decides, so no text reaches anybody outside the session of that pair.
 */
import { DAY_MS } from "../base/clock.ts";
import type { Num } from "../sms/phone.ts";
import { isRefused } from "../base/refusal.ts";
import { isBlank } from "../sms/characters.ts";
import { stripControls } from "../sms/sms-text.ts";
import type { Scope } from "../risk/act.ts";
import { isHeld, type Pair, type VirtualNumber } from "../numbers/number.ts";
import { endSession } from "./close.ts";
import { applyContent } from "./content.ts";
import type { MaskingDeps } from "./deps.ts";
import { interactionView, type Interaction, type Leg } from "./interaction.ts";
import { sendInPieces, sendPiece } from "./legs.ts";
import { hookOf } from "./settings/reading.ts";
import { rotateByRule } from "./rotate.ts";
import { scopesOf, tellLimit } from "./relays/limits.ts";
import { isOver, isToRotate, type Participant, type Session, type Slip } from "./session.ts";
import { nameOf } from "./view.ts";

/** An inbound text. `who` is the keyed name of the sender's number. */
export type IncomingText = { number: VirtualNumber; who: Uint8Array; from: Num; text: string };

/** Why a text is not relayed: the session has ended, this person has left it, or has another number in it since a rotation. */
export type NotRelayed = "session_ended" | "person_left" | "number_changed";

/** What became of it. `tombstone`: not relayed, and answered. `stranger`: it belongs to no session. */
export type Relayed =
  | { did: "relayed" | "vetoed" | "pending"; interaction: string; session: string }
  | { did: "tombstone"; session: string; why: NotRelayed }
  | { did: "stranger" };

/** Kinds of answers; the limit of one a day holds for each kind. */
export type AnswerKind = "" | "|help" | "|media" | "|reply";
/** One answer a day from a number to a person, so that two machines do not answer each other without end. */
export const ANSWER_EVERY_MS = DAY_MS;
/** A text still pending after this has lost its call of the hook; the alarm repeats the call. */
export const INTERCEPT_CHECK_MS = 10_000;

/** Whether a text of this person to this number would be relayed. */
export function isInConversation(deps: MaskingDeps, { who, number }: Omit<IncomingText, "text">): boolean {
  const pair = deps.numbers.pair(who, number.id);
  if (pair === null || !isHeld(pair, deps.now())) return false;
  const place = placeOf(deps, pair.session, pair.participant);
  return place !== null && whyNotRelayed(place, isRelayedBy(pair, deps.now())) === null;
}

const isRelayedBy = ({ state, relaysUntil }: Pair, now: number): boolean =>
  state === "open" || (state === "overlap" && now < (relaysUntil ?? 0));

/** Relays a text to the other people of its session, without control characters and unpaired surrogates. */
export function relay(deps: MaskingDeps, received: IncomingText): Relayed {
  const incoming = { ...received, text: stripControls(received.text) };
  const now = deps.now();
  const pair = deps.numbers.pair(incoming.who, incoming.number.id);
  if (pair === null || !isHeld(pair, now)) return { did: "stranger" };
  const place = placeOf(deps, pair.session, pair.participant);
  if (place === null) return { did: "stranger" };
  const why = whyNotRelayed(place, isRelayedBy(pair, now));
  if (why !== null) {
    answerOnce(deps, incoming, place.session, answerTo(deps, place.session, why));
    return { did: "tombstone", session: place.session.id, why };
  }
  const known = deps.vault.find(incoming.who);
  if (known === null) return { did: "stranger" };
  const waits = hookOf(deps) !== null;
  const interaction: Interaction = {
    id: deps.ids.make("int", now),
    session: place.session.id,
    sender: place.sender.id,
    state: waits ? "pending" : "relayed",
    reason: null,
    legs: [],
    at: now,
  };
  if (waits) {
    // Sealed under the person's present key: one who was purged and came back has another than when the session was opened.
    const text = deps.vault.sealText(known.subject, interaction.id, "text", incoming.text);
    if (text === null) throw new Error("a known number without a key");
    deps.ledger.addInteraction(interaction, now + INTERCEPT_CHECK_MS, { subject: known.subject, text });
    deps.wait(interaction.id, place.session.id);
    return { did: "pending", interaction: interaction.id, session: place.session.id };
  }
  const done = passOn(deps, place.session, place.sender, interaction, incoming.text);
  deps.ledger.addInteraction(done, null, keptText(deps, place, done, incoming.text));
  return { did: done.state === "relayed" ? "relayed" : "vetoed", interaction: done.id, session: done.session };
}

type Place = { session: Session; sender: Participant };

/** The session and participant of a pair; a session whose time is over is ended first. */
function placeOf(deps: MaskingDeps, sessionId: string, participant: string): Place | null {
  const found = deps.ledger.session(sessionId);
  const sender = deps.ledger.participants(sessionId).find(({ id }) => id === participant);
  if (found === null || sender === undefined) return null;
  const over = found.state === "open" ? isOver(found, deps.now()) : null;
  const session = over === null ? found : endSession(deps, found, "expired", over);
  return { session, sender };
}

function whyNotRelayed({ session, sender }: Place, relays: boolean): NotRelayed | null {
  if (session.state !== "open") return "session_ended";
  if (sender.state !== "active") return "person_left";
  return relays ? null : "number_changed";
}

/** The answer to a text that is not relayed. A person who is still in the session is not told that it has ended. */
function answerTo(deps: MaskingDeps, session: Session, why: NotRelayed): string {
  const { tombstone, movedNotice } = deps.ledger.settings();
  return why === "number_changed" ? movedNotice : (session.settings.tombstone ?? tombstone);
}

/** Answers from the dialled number, at most once a day for each kind; whether an answer was admitted. */
export function answerOnce(
  deps: MaskingDeps,
  { number, who, from }: Omit<IncomingText, "text">,
  session: Pick<Session, "id" | "key">,
  text: string,
  kind: AnswerKind = "",
): boolean {
  if (!deps.ledger.mayAnswer(who, number.id + kind, ANSWER_EVERY_MS, deps.now())) return false;
  const sent = deps.send(session.key, { to: from, from: number, text, about: session.id, by: `answer|${number.id}` });
  return !isRefused(sent);
}

/** Sends a text to the other participants and counts it if a leg was admitted; the caller stores the answered interaction. */
export function passOn(
  deps: MaskingDeps,
  session: Session,
  sender: Participant | null,
  interaction: Interaction,
  said: string,
  only: readonly string[] | null = null,
): Interaction {
  const now = deps.now();
  const people = deps.ledger.participants(session.id);
  const others = people.filter(
    (one) => one.state === "active" && one.id !== sender?.id && (only === null || only.includes(one.id)),
  );
  const judged = sender === null ? { text: said, slips: [] } : applyContent(said, session.settings.content);
  const pair = people.filter(({ state }) => state === "active").length <= 2;
  const showsNothing = sender !== null && isBlank(judged.text); // tested before the name is added
  const spoken = showsNothing
    ? ""
    : sender === null || pair
      ? judged.text
      : `${calledBy(deps, people, sender)}: ${judged.text}`;
  const scopeOf = scopesOf(deps, session, people);
  const legs = others.flatMap((one) => {
    const scope = sender === null ? {} : { scope: scopeOf(one) };
    return legsTo(deps, session, one, { interaction: interaction.id, sender: sender?.id ?? null, ...scope }, spoken);
  });
  if (legs.some(({ state }) => state === "rate_limited")) tellLimit(deps, session.id, "relay");
  const left = legs.some(({ message, state }) => message !== null && state !== "blocked");
  const reason = left ? null : (legs[0]?.state ?? "nobody_else");
  const done: Interaction = { ...interaction, state: left ? "relayed" : "vetoed", reason, legs };
  const counted = left ? { messages: session.messages + 1, sinceRotation: session.sinceRotation + 1 } : {};
  const next = deps.ledger.changeSession(session, { ...counted, lastAt: now });
  if (sender !== null) deps.vault.touch(sender.token, false, now);
  tell(deps, done, judged.slips);
  afterwards(deps, next);
  return done;
}

/** After a text: ends a session that has reached `max_messages`, or rotates its numbers if that is due. */
function afterwards(deps: MaskingDeps, session: Session): void {
  const over = isOver(session, deps.now());
  if (over !== null) endSession(deps, session, "expired", over);
  else if (isToRotate(session, deps.now())) rotateByRule(deps, session);
}

/** The sender's name, which is put before texts in a group. */
function calledBy(deps: MaskingDeps, people: readonly Participant[], sender: Participant): string {
  return nameOf(deps, sender) ?? `Person ${people.findIndex(({ id }) => id === sender.id) + 1}`;
}

type Said = { interaction: string; sender: string | null; scope?: Scope };

/** The legs to one person: one message, or several for a long text of another person. */
function legsTo(deps: MaskingDeps, session: Session, to: Participant, said: Said, text: string): Leg[] {
  if (to.stopped) return [{ participant: to.id, message: null, state: "opted_out" }];
  const number = deps.numbers.get(to.number);
  if (number === null) return [{ participant: to.id, message: null, state: "number_gone" }];
  const by = `${session.id}|${said.sender ?? "owner"}`;
  const scope = said.scope === undefined ? {} : { scope: said.scope };
  const leaving = { to: { token: to.token }, from: number, about: said.interaction, by, ...scope };
  const pieces =
    said.sender === null
      ? [sendPiece(deps, session.key, { ...leaving, text })]
      : sendInPieces(deps, session.key, leaving, text);
  const sent = pieces.length === 0 ? [{ message: null, state: "empty_text" }] : pieces;
  return sent.map((piece) => ({ participant: to.id, ...piece }));
}

function tell(deps: MaskingDeps, done: Interaction, slips: readonly Slip[]): void {
  const type = done.state === "relayed" ? "interaction.relayed" : "interaction.vetoed";
  deps.emit(type, done.id, { interaction: interactionView(done, null), slips });
}

/** The sealed text, if the session keeps texts. */
export function keptText(deps: MaskingDeps, { session, sender }: Place, done: Interaction, text: string) {
  if (session.settings.keepTextDays === 0) return null;
  const sealed = deps.vault.sealText(sender.subject, done.id, "text", text);
  return sealed === null ? null : { subject: sender.subject, text: sealed };
}
