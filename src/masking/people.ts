/**
 * People joining a session: who they are, and which number each gets. First all are judged and all numbers chosen, then the rows are
 * written, so that a session gets all its people or none.
 */
import { refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { chooseAll, type Seeker } from "../numbers/choose.ts";
import type { Pool, VirtualNumber } from "../numbers/number.ts";
import type { Recipient, To } from "../vault/recipient.ts";
import type { MaskingDeps } from "./deps.ts";
import type { Participant, Session } from "./session.ts";

/** A person as the route passes one. */
export type PersonInput = {
  to: To;
  name: string | null;
  /** The virtual number to be given, by id, and the country to choose from. */
  number: string | null;
  country: string | null;
  /** How the number is to begin, in E.164. */
  area: string | null;
};

/** A person who was judged, with their name in groups and the virtual number chosen for them. */
export type Ready = { name: string | null; recipient: Recipient; number: VirtualNumber };

/** The recipients of a request; each number is counted before anything is judged. */
export function namePeople(
  deps: MaskingDeps,
  key: string,
  inputs: readonly Pick<PersonInput, "to">[],
): Outcome<Recipient[]> {
  const named: Recipient[] = [];
  for (const { to } of inputs) {
    const one = deps.naming.name(key, to);
    if ("refused" in one) return one;
    named.push(one);
  }
  return { ok: named };
}

/** Judges the recipients and chooses their numbers; writes nothing. */
export function readyPeople(
  deps: MaskingDeps,
  pool: Pool,
  session: Session | null,
  inputs: readonly PersonInput[],
  named: readonly Recipient[],
): Outcome<Ready[]> {
  const present =
    session === null ? [] : deps.ledger.participants(session.id).filter(({ state }) => state === "active");
  const seen = new Set(present.map(({ party }) => nameOf(party)));
  for (const [at, one] of named.entries()) {
    const wrong = judgePerson(deps, one, at);
    if (wrong !== null) return wrong;
    const name = nameOf(one.index);
    if (seen.has(name)) return wrongAt(at, "Each person can be in a session once.");
    seen.add(name);
  }
  if (inputs.some(({ number }) => number !== null && deps.isLasting(number)))
    return refuse("number_unusable", { detail: "One of the numbers named is a relay address's." });
  const seekers = inputs.map((input, at): Seeker => {
    const { number, country, area } = input;
    return { party: named[at]?.index ?? new Uint8Array(0), named: number, country, area };
  });
  const into = { session: session?.id ?? null, taken: present.map(({ number }) => number) };
  const chosen = chooseAll(deps.numbers, pool, into, seekers, deps.now());
  if ("refused" in chosen) return chosen;
  return { ok: inputs.flatMap((input, at) => {
    const [one, number] = [named[at], chosen.ok[at]];
    return one === undefined || number === undefined ? [] : [{ name: input.name, recipient: one, number }];
  }) }; // prettier-ignore
}

/** Judges one person, apart from the session; `at` is their place in the request. */
export function judgePerson(deps: MaskingDeps, found: Recipient, at: number): Refusal | null {
  const judged = deps.judge(found);
  if (judged !== null) return judged;
  const e164 = found.number();
  if (e164 === null) return refuse("token_unknown");
  return deps.numbers.byE164(e164) === null
    ? null
    : wrongAt(at, "This is one of your virtual numbers: two machines would answer each other.");
}

function wrongAt(at: number, detail: string): Refusal {
  return refuse("invalid_field", { errors: [{ field: `participants/${at}/to`, code: "invalid_field", detail }] });
}

const nameOf = (party: Uint8Array): string => Buffer.from(party).toString("latin1");

/** Stores the people: contacts where new, pairs of person and number, and participants. */
export function bringIn(deps: MaskingDeps, session: Session, pool: Pool, ready: readonly Ready[]): Participant[] {
  const now = deps.now();
  return ready.map(({ name: called, recipient, number }) => {
    const { token, subject, mask, country, kind, index: party } = recipient.use(now);
    const id = deps.ids.make("par", now);
    const name = called === null ? null : recipient.seal(id, "name", called);
    const participant: Participant = {
      id,
      session: session.id,
      party,
      token,
      subject,
      mask,
      country,
      kind,
      name,
      number: number.id,
      proxy: number.e164,
      state: "active",
      stopped: false,
      joinedAt: now,
      leftAt: null,
    };
    lend(deps, pool, participant, now);
    deps.ledger.addParticipant(participant);
    return participant;
  });
}

/** Gives a person the number that was chosen for them. */
export function lend(deps: MaskingDeps, pool: Pool, one: Participant, now: number): void {
  const { party, number, id, session } = one;
  deps.numbers.join({ party, number, participant: id, session }, now);
  if (pool.selection !== "least_used") deps.numbers.setHabit(party, pool.id, number, now);
  if (pool.sharing === "exclusive") deps.numbers.setNumberState(number, "leased", session, null);
  tellLow(deps, pool, party, now);
}

/**
 * Emits `number.low` when few numbers of the pool are free, and marks the pool to borrow from the stock. In a shared pool, free means
 * free for this person.
 */
function tellLow(deps: MaskingDeps, pool: Pool, party: Uint8Array, now: number): void {
  if (pool.lowWater === 0 && pool.lease === null) return;
  const { available } = deps.numbers.countsOf(pool.id);
  const free = pool.sharing === "exclusive" ? available : available - deps.numbers.metBy(party, pool.id, now);
  if (free < (pool.lease?.below ?? 0)) deps.numbers.lending.noteShort(pool.id);
  if (free < pool.lowWater) deps.emit("number.low", pool.id, { pool: pool.id, free: Math.max(0, free) });
}
