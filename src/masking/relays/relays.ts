/**
 * Relay addresses: a person has one lasting virtual number. A stranger's first text opens a session in which the stranger goes on
 * texting the lasting number and the person gets a number of the pool that stands for this stranger, so that they can reply to it.
 */
import { byCaller, type Actor } from "../../contract/record.ts";
import { isoOf } from "../../base/clock.ts";
import { maskOf } from "../../sms/phone.ts";
import { isRefused, refuse, type Outcome } from "../../base/refusal.ts";
import { readPage, type Page } from "../../contract/list.ts";
import { adding, verb } from "../../contract/verb.ts";
import { isHeld, type VirtualNumber } from "../../numbers/number.ts";
import type { Contact } from "../../vault/ledger.ts";
import { Recipient, type To } from "../../vault/recipient.ts";
import type { Address, AddressesLedger } from "./ledger.ts";
import { endSession } from "../close.ts";
import type { MaskingDeps } from "../deps.ts";
import { poolOf, reopenSession, startSession } from "../open.ts";
import { judgePerson } from "../people.ts";
import { isOver, type SessionSettings } from "../session.ts";
import { mayBegin, tellLimit } from "./limits.ts";

export type AddressDeps = MaskingDeps & { addresses: AddressesLedger };

/** A relay address as its tenant sees it. */
export function addressView({ id, token, mask, country, kind, e164, pool, muted, idleMs, createdAt }: Address) {
  return {
    id,
    to: { token, mask, country, kind },
    number: e164,
    mask: maskOf(e164),
    pool_id: pool,
    muted,
    idle_seconds: idleMs / 1_000,
    created_at: isoOf(createdAt),
  };
}
export type AddressView = ReturnType<typeof addressView>;

type Create = { to: To; pool: string | null; number: string | null; idleMs: number };
type Named = { id: string; to: To };

/** The verbs of relay addresses. */
export function addressVerbs(deps: AddressDeps) {
  const { addresses } = deps;
  const shown = (id: string): Outcome<AddressView> => {
    const found = addresses.get(id);
    return found === null ? refuse("not_found") : { ok: addressView(found) };
  };
  return {
    "relays.create": adding(verb("sessions:write", (who, input: Create) => createAddress(deps, who.id, input))),

    "relays.list": verb(
      "sessions:read",
      (_who, input: { limit: number; before: string | null }): Outcome<Page<AddressView>> => ({
        ok: readPage(input.limit, (rows) => addresses.list(input.before, rows), addressView),
      }),
    ),

    "relays.get": verb("sessions:read", (_who, input: { id: string }) => shown(input.id)),

    "relays.change": verb("sessions:write", (who, input: { id: string; muted: boolean }): Outcome<AddressView> => {
      if (addresses.get(input.id) === null) return refuse("not_found");
      addresses.setMuted(input.id, input.muted);
      deps.record(byCaller(who.id), { act: "relay.changed", subject: input.id, facts: { muted: input.muted } });
      return shown(input.id);
    }),

    /** Its sessions end, and the number is retired, so that nobody who still has the number reaches this person or another. */
    "relays.remove": verb("sessions:write", (who, input: { id: string }): Outcome<null> => {
      const address = addresses.get(input.id);
      if (address === null) return refuse("not_found");
      for (const id of deps.numbers.sessionsWith(address.number)) {
        const session = deps.ledger.session(id);
        if (session?.state === "open") endSession(deps, session, "closed", "relay_removed");
      }
      addresses.remove(input.id);
      deps.numbers.change(address.number, { state: "retired" });
      deps.record(byCaller(who.id), { act: "relay.removed", subject: input.id });
      return { ok: null };
    }),

    "relays.block": verb("sessions:write", (who, input: Named) => setBlocked(deps, who.id, input, true)),
    "relays.unblock": verb("sessions:write", (who, input: Named) => setBlocked(deps, who.id, input, false)),
  };
}

export type AddressVerbs = ReturnType<typeof addressVerbs>;

function createAddress(deps: AddressDeps, key: string, input: Create): Outcome<AddressView> {
  const person = deps.naming.name(key, input.to);
  if ("refused" in person) return person;
  const pool = poolOf(deps, input.pool);
  if (isRefused(pool)) return pool;
  if (pool.ok.sharing !== "shared")
    return refuse("pool_unknown", { detail: "Name a shared pool: its numbers stand for strangers." });
  const wrong = judgePerson(deps, person, 0);
  if (wrong !== null) return wrong;
  const number = input.number === null ? deps.numbers.fresh(pool.ok.id) : deps.numbers.get(input.number);
  if (number === null)
    return refuse("numbers_exhausted", {
      detail: "A lasting number is one of your own that was never assigned: add numbers to the pool.",
    });
  const usable =
    number.uses === 0 && number.lent !== true && (number.state === "available" || number.state === "reserved");
  if (!usable || deps.addresses.byNumber(number.id) !== null)
    return refuse("number_unusable", { detail: "A lasting number is one of your own that was never assigned." });
  const now = deps.now();
  const { token, mask, country, kind, index: party } = person.use(now); // not purged as long as the address exists
  deps.numbers.change(number.id, { state: "reserved" });
  const address: Address = {
    id: deps.ids.make("rel", now),
    number: number.id,
    e164: number.e164,
    pool: pool.ok.id,
    key,
    party,
    token,
    mask,
    country,
    kind,
    muted: false,
    idleMs: input.idleMs,
    createdAt: now,
  };
  deps.addresses.add(address);
  deps.record(byCaller(key), { act: "relay.created", subject: address.id });
  return { ok: addressView(address) };
}

/** Blocks or unblocks a sender. The answer does not tell whether the sender ever wrote. */
function setBlocked(deps: AddressDeps, key: string, { id, to }: Named, blocked: boolean): Outcome<AddressView> {
  const sender = deps.naming.name(key, to);
  if ("refused" in sender) return sender;
  const address = deps.addresses.get(id);
  if (address === null) return refuse("not_found");
  const party = sender.index;
  deps.addresses.setBlocked(id, party, blocked, deps.now());
  const pair = blocked ? deps.numbers.pair(party, address.number) : null;
  const session = pair === null ? null : deps.ledger.session(pair.session);
  if (session?.state === "open") endSession(deps, session, "closed", "blocked");
  deps.record(byCaller(key), { act: blocked ? "relay.blocked" : "relay.unblocked", subject: id });
  return { ok: addressView(address) };
}

/**
 * Opens or reopens the session of a text to a lasting number before it is relayed. Answers why the text must not be relayed, or null.
 */
export function readyAddress(
  deps: AddressDeps,
  address: Address,
  number: VirtualNumber,
  stranger: Contact,
): "blocked" | "muted" | "own_number" | "no_number" | "too_many_strangers" | null {
  if (same(stranger.index, address.party)) return "own_number";
  if (deps.addresses.isBlocked(address.id, stranger.index)) return "blocked";
  if (address.muted) return "muted";
  const now = deps.now();
  const pair = deps.numbers.pair(stranger.index, number.id);
  if (pair !== null && isHeld(pair, now)) {
    const session = deps.ledger.session(pair.session);
    const over = session?.state === "open" ? isOver(session, now) : null;
    if (session !== null && over !== null) endSession(deps, session, "expired", over);
    if (session?.state === "open" && over === null) return null;
    const limits = { ttlMs: null, expiresAt: null, idleMs: address.idleMs, messagesMax: null };
    const reopened = reopenSession(deps, STRANGER, pair.session, limits);
    if (!isRefused(reopened)) return null;
    if (reopened.refused !== "people_forgotten") return "no_number";
    deps.numbers.dropPair(pair); // the stranger was purged meanwhile: a new session, with another number
  }
  const pool = deps.numbers.pool(address.pool);
  const person = deps.vault.findToken(address.token);
  const wish = { country: null, area: null, avoid: [number.id] };
  const stands = pool === null || person === null ? null : deps.numbers.free(pool.id, [address.party], wish, now);
  if (pool === null || person === null || stands === null) {
    if (pool?.lease !== undefined && pool.lease !== null) deps.numbers.lending.noteShort(pool.id);
    return "no_number";
  }
  if (!mayBegin(deps, address.id)) {
    tellLimit(deps, address.id, "strangers");
    return "too_many_strangers";
  }
  const { session } = startSession(deps, address.key, pool, settingsOf(address), [
    { name: null, recipient: Recipient.ofContact(deps.vault, stranger), number },
    { name: null, recipient: Recipient.ofContact(deps.vault, person), number: stands },
  ]);
  deps.record(STRANGER, { act: "session.opened", subject: session.id, facts: { participants: 2 } });
  return null;
}

/** The actor in the audit when an inbound text opens a session. */
const STRANGER: Actor = { type: "system", id: "inbound" };

const settingsOf = ({ idleMs }: Address): SessionSettings => ({
  ttlMs: null,
  expiresAt: null,
  idleMs,
  messagesMax: null,
  rotation: { everyMs: null, everyMessages: null, overlapMs: 0 },
  content: { numbers: "pass", emails: "pass", links: "pass", spelled_digits: "pass" },
  keepTextDays: 0,
  tombstone: null,
});

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
