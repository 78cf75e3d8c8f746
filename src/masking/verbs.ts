/**
 * The verbs of masked sessions, their participants and interactions.
 */
import { byCaller } from "../contract/record.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { readPage, type Page } from "../contract/list.ts";
import { adding, verb } from "../contract/verb.ts";
import { closeSession } from "./close.ts";
import type { MaskingDeps } from "./deps.ts";
import { interactionView, type Interaction, type InteractionView } from "./interaction.ts";
import { openSession, reopenSession, type OpenInput } from "./open.ts";
import type { PersonInput } from "./people.ts";
import { passOn } from "./relay.ts";
import { addPerson, openOne, removePerson, replacePerson, rotateSession } from "./rotate.ts";
import type { Participant, Session, SessionSettings, SessionState } from "./session.ts";
import { shownSession, type SessionView } from "./view.ts";

type ListInput = { limit: number; state?: SessionState; token?: string; before?: string };
type ReopenInput = { id: string; limits: Pick<SessionSettings, "ttlMs" | "expiresAt" | "idleMs" | "messagesMax"> };

/** The verbs of masked sessions. */
export function maskingVerbs(deps: MaskingDeps) {
  return { ...sessionVerbs(deps), ...participantVerbs(deps), ...interactionVerbs(deps) };
}

function sessionVerbs(deps: MaskingDeps) {
  const answer = (found: Outcome<{ session: Session; people: Participant[] }>): Outcome<SessionView> =>
    isRefused(found) ? found : { ok: shownSession(deps, found.ok.session, found.ok.people) };
  return {
    "sessions.open": adding(
      verb("sessions:write", (who, input: OpenInput) => answer(openSession(deps, who.id, input))),
    ),

    "sessions.list": verb("sessions:read", (_who, input: ListInput): Outcome<Page<SessionView>> => {
      const { limit, ...filter } = input;
      const shown = (one: Session) => shownSession(deps, one, deps.ledger.participants(one.id));
      return { ok: readPage(limit, (rows) => deps.ledger.sessions(filter, rows), shown) };
    }),

    "sessions.get": verb("sessions:read", (_who, input: { id: string }): Outcome<SessionView> => {
      const session = deps.ledger.session(input.id);
      if (session === null) return refuse("not_found");
      return answer({ ok: { session, people: deps.ledger.participants(session.id) } });
    }),

    "sessions.close": verb("sessions:write", (who, input: { id: string }): Outcome<SessionView> => {
      const closed = closeSession(deps, who.id, input.id);
      return isRefused(closed)
        ? closed
        : answer({ ok: { session: closed.ok, people: deps.ledger.participants(input.id) } });
    }),

    "sessions.reopen": verb("sessions:write", (who, input: ReopenInput) =>
      answer(reopenSession(deps, byCaller(who.id), input.id, input.limits)),
    ),

    /** Other numbers for one participant or all, with the session's overlap. */
    "sessions.rotate": verb(
      "sessions:write",
      (who, input: { id: string; participant: string | null }): Outcome<SessionView> => {
        const session = openOne(deps, input.id);
        if (isRefused(session)) return session;
        const rotated = rotateSession(deps, session.ok, input.participant);
        if (isRefused(rotated)) return rotated;
        deps.record(byCaller(who.id), { act: "session.rotated", subject: input.id });
        return answer(rotated);
      },
    ),
  };
}

function participantVerbs(deps: MaskingDeps) {
  const answer = (found: Outcome<{ session: Session; people: Participant[] }>): Outcome<SessionView> =>
    isRefused(found) ? found : { ok: shownSession(deps, found.ok.session, found.ok.people) };
  return {
    "sessions.add": adding(
      verb("sessions:write", (who, input: { id: string; person: PersonInput }) =>
        answer(addPerson(deps, who.id, input.id, input.person)),
      ),
    ),

    "sessions.remove": verb("sessions:write", (who, input: { id: string; participant: string }) =>
      answer(removePerson(deps, who.id, input.id, input.participant)),
    ),

    "sessions.replace": verb("sessions:write", (who, input: { id: string; participant: string; person: PersonInput }) =>
      answer(replacePerson(deps, who.id, input.id, input.participant, input.person)),
    ),
  };
}

function interactionVerbs(deps: MaskingDeps) {
  return {
    /** The tenant texts the session: each person from the number they text. */
    "sessions.speak": verb(
      "sessions:write",
      (who, input: { id: string; text: string; to: string[] | null }): Outcome<InteractionView> => {
        const session = openOne(deps, input.id);
        if (isRefused(session)) return session;
        const people = deps.ledger.participants(input.id).filter(({ state }) => state === "active");
        const at = input.to?.findIndex((id) => !people.some((one) => one.id === id)) ?? -1;
        if (at >= 0)
          return refuse("invalid_field", {
            errors: [{ field: `to/${at}`, code: "invalid_field", detail: "Name a participant of this session." }],
          });
        const now = deps.now();
        const fresh: Interaction = {
          id: deps.ids.make("int", now),
          session: input.id,
          sender: null,
          state: "relayed",
          reason: null,
          legs: [],
          at: now,
        };
        const done = passOn(deps, session.ok, null, fresh, input.text, input.to);
        deps.ledger.addInteraction(done, null, null);
        deps.record(byCaller(who.id), { act: "session.spoken", subject: input.id, facts: { interaction: done.id } });
        return { ok: interactionView(done, null) };
      },
    ),

    /** Texts are shown where the session keeps them; showing any has an audit entry. */
    "sessions.interactions": verb(
      "sessions:read",
      (who, input: { id: string; limit: number; before: string | null }): Outcome<Page<InteractionView>> => {
        const session = deps.ledger.session(input.id);
        if (session === null) return refuse("not_found");
        const page = readPage(
          input.limit,
          (rows) => deps.ledger.interactions(input.id, input.before, rows),
          (one) => interactionView(one, keptTextOf(deps, session, one)),
        );
        const texts = page.data.filter((one) => one.text !== undefined).length;
        if (texts > 0)
          deps.record(byCaller(who.id), { act: "session.texts_read", subject: input.id, facts: { texts } });
        return { ok: page };
      },
    ),
  };
}

/** The text of an interaction where its session keeps texts; null otherwise. */
function keptTextOf(deps: MaskingDeps, session: Session, { id, state }: Interaction): string | null {
  if (session.settings.keepTextDays === 0 || state === "pending") return null;
  const sealed = deps.ledger.sealedText(id);
  return sealed === null ? null : deps.vault.openText(sealed.subject, id, "text", sealed.text);
}

export type MaskingVerbs = ReturnType<typeof maskingVerbs>;
