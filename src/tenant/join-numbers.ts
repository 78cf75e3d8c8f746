/**
 * The rooms `numbers`, `masking` and `inbound`, joined to the rooms below them: how a text leaves from a virtual number, what a
 * person's word does.
 */
import { DAY_MS } from "../base/clock.ts";
import type { IdMaker } from "../base/ids.ts";
import { parseNumber } from "../sms/phone.ts";
import type { Sql } from "../storage/sql.ts";
import type { Consent } from "../consent/consent.ts";
import type { ConsentLedger } from "../consent/ledger.ts";
import { recordWords } from "../consent/verbs.ts";
import { InboundLedger } from "../inbound/ledger.ts";
import type { Inbound } from "../carriers/carrier.ts";
import type { InboundDeps } from "../inbound/deps.ts";
import { HEARD_DAYS, receive, receiveLate, type Fate } from "../inbound/receive.ts";
import { INBOX_KEPT_DAYS, inboundVerbs } from "../inbound/verbs.ts";
import { noteLeg } from "../masking/legs.ts";
import { runMasking } from "../masking/turn.ts";
import { maskingVerbs } from "../masking/verbs.ts";
import type { Message } from "../messages/message.ts";
import { numbersVerbs } from "../numbers/verbs.ts";
import { AddressesLedger } from "../masking/relays/ledger.ts";
import { addressVerbs, type AddressDeps } from "../masking/relays/relays.ts";
import type { MaskingDeps } from "../masking/deps.ts";
import { MaskingLedger } from "../masking/ledger.ts";
import { admitFor } from "../messages/admit.ts";
import { judgeNumber } from "../policy/policy.ts";
import type { MessagesDeps } from "../messages/verbs.ts";
import { NumbersLedger } from "../numbers/ledger.ts";
import { TENANT_SUBJECT } from "../vault/ledger.ts";
import type { Naming } from "../vault/naming.ts";
import { Recipient } from "../vault/recipient.ts";
import { randomBytes } from "../base/random.ts";
import { questionAbout, settleIntercept, type Decision, type Question } from "../masking/intercept.ts";
import { settingsVerbs } from "../masking/settings/verbs.ts";
import type { EventType } from "../webhooks/event.ts";

/** The classes that bring tables. */
export const LINE_LEDGERS = [NumbersLedger, MaskingLedger, AddressesLedger, InboundLedger] as const;

export type LineParts = {
  conveyor: MessagesDeps;
  ids: IdMaker;
  consents: ConsentLedger;
  naming: Naming;
  emit: (type: EventType, resource: string, data: unknown) => void;
  wanted: (type: EventType) => boolean;
  tellConsent: (consent: Consent) => void;
};

type Ledgers = { numbers: NumbersLedger; masking: MaskingLedger; inbound: InboundLedger };
type Entry = {
  act: string;
  subject: string | null;
  facts?: Record<string, string | number | boolean | null>;
};

/** Virtual numbers, what is relayed over them and what comes in: the three rooms of one tenant, joined. */
export class Lines {
  readonly numbers: NumbersLedger;
  readonly masking: MaskingDeps;
  readonly #inbound: InboundDeps;
  readonly #addresses: AddressDeps;
  readonly #waiting: { id: string; session: string }[] = [];

  constructor(sql: Sql, soon: (at: number) => void, parts: LineParts) {
    this.numbers = new NumbersLedger(sql, soon);
    const ledgers: Ledgers = {
      numbers: this.numbers,
      masking: new MaskingLedger(sql, soon),
      inbound: new InboundLedger(sql, soon),
    };
    const addresses = new AddressesLedger(sql);
    const isLasting = (number: string) => addresses.byNumber(number) !== null;
    const wait: MaskingDeps["wait"] = (id, session) => void this.#waiting.push({ id, session });
    this.masking = maskingDeps(parts, ledgers, { wait, isLasting });
    this.#addresses = { ...this.masking, addresses };
    this.#inbound = inboundDeps(parts, ledgers, this.#addresses);
  }

  verbs(record: (keyId: string, entry: Entry) => void) {
    const { numbers, masking } = this;
    const { vault, ledger } = this.#inbound;
    const newId = (prefix: "num" | "pol") => masking.ids.make(prefix, masking.now());
    return {
      ...numbersVerbs({ numbers, now: masking.now, newId, isLasting: masking.isLasting, record }),
      ...maskingVerbs({ ...masking, record }),
      ...addressVerbs({ ...this.#addresses, record }),
      ...settingsVerbs({
        ledger: masking.ledger,
        randomBytes,
        seal: (text) => vault.sealText(...HOOK_SECRET, text) ?? new Uint8Array(0),
        record,
      }),
      ...inboundVerbs({ ledger, vault, record }),
    };
  }

  /** Takes a text in that a carrier brought. */
  receive(account: string, text: Inbound): Fate {
    return receive(this.#inbound, account, text);
  }

  /** A person of the sandbox texts one of the tenant's virtual numbers: as if its carrier had brought the text. */
  answer(from: string, to: string, text: string): Fate {
    const dialled = parseNumber(to);
    const number = "refused" in dialled ? null : this.numbers.byE164(dialled.number.e164);
    if (number === null) return "unknown_number";
    const id = this.masking.ids.make("inb", this.masking.now());
    return this.receive(number.account, { id, from, to: number.e164, text });
  }

  /** What is due in sessions and with texts that come in. */
  run(): void {
    runMasking(this.masking);
    receiveLate(this.#inbound, LATE_MAX);
  }

  /** When something is due next; null when nothing is. */
  nextAt(): number | null {
    const times = [this.masking.ledger.nextDue(), this.numbers.nextRelease(), this.#inbound.ledger.nextLate()];
    const known = times.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** The pools that are to borrow numbers, noted since the last time, with what they ask for. */
  takeShort(): { pool: string; many: number; country: string | null }[] {
    return this.numbers.lending.takeShort().flatMap((id) => {
      const lease = this.numbers.pool(id)?.lease ?? null;
      return lease === null ? [] : [{ pool: id, many: lease.block, country: lease.country }];
    });
  }

  /** The interactions that have begun to wait for the hook since the last time. */
  takeWaiting(): { id: string; session: string }[] {
    return this.#waiting.splice(0);
  }

  /** What the hook is asked about an interaction; null when there is nothing to ask. */
  questionAbout(id: string): Question | null {
    const open = (sealed: Uint8Array) => this.masking.vault.openText(...HOOK_SECRET, sealed);
    return questionAbout(this.masking, id, open);
  }

  settleIntercept(id: string, said: Decision | null): void {
    settleIntercept(this.masking, id, said);
  }

  /**
   * Drops what has passed its time: ended sessions and interactions, kept texts, the inbox, pairs whose cool-off is over. People
   * of open sessions and of relay addresses are in use, however quiet, so their numbers are not forgotten. Answers how many rows went.
   */
  purge(now: number, limit: number): number {
    const { vault, ledger, numbers } = this.masking;
    let after = "";
    for (
      let page = ledger.tokensInUse(after, TOKENS_AT_ONCE);
      page.length > 0;
      page = ledger.tokensInUse(after, TOKENS_AT_ONCE)
    ) {
      for (const { token } of page) vault.touch(token, false, now);
      after = page.at(-1)?.session ?? after;
    }
    for (const token of this.#addresses.addresses.tokensInUse()) vault.touch(token, false, now);
    const ago = (days: number) => now - days * DAY_MS;
    return (
      ledger.purge(ago(SESSIONS_KEPT_DAYS), ago(INTERACTIONS_KEPT_DAYS), now, limit) +
      this.#inbound.ledger.purge(ago(HEARD_DAYS), ago(INBOX_KEPT_DAYS), limit) +
      numbers.purge(now, ago(SESSIONS_KEPT_DAYS), limit)
    );
  }

  /** A message has moved: when it carries an interaction, its leg says so. */
  noteLeg(message: Message): void {
    noteLeg(this.masking.ledger, message);
  }
}

/** As long as messages' records. */
const SESSIONS_KEPT_DAYS = 396;
const INTERACTIONS_KEPT_DAYS = 90;
/** People of open sessions touched in one query. */
const TOKENS_AT_ONCE = 1_000;

/** Where the hook's secret lies sealed. */
const HOOK_SECRET = [TENANT_SUBJECT, "masking", "intercept-secret"] as const;

/** Texts that came in parts, read in one turn though not all of them came. */
const LATE_MAX = 100;

function maskingDeps(parts: LineParts, lines: Ledgers, own: Pick<MaskingDeps, "wait" | "isLasting">): MaskingDeps {
  const { conveyor, ids, naming, emit, wanted } = parts;
  const { vault, now, policy, environment } = conveyor;
  return {
    ledger: lines.masking,
    numbers: lines.numbers,
    vault,
    ids,
    now,
    judge: (number) => judgeNumber(number, policy(), environment),
    naming,
    send: (key, { to, from, text, about, by }) => {
      const recipient = Recipient.of(vault, to);
      if ("refused" in recipient) return recipient;
      const countedAs = vault.keyedName("relayed", `${by}|${Buffer.from(recipient.index).toString("base64url")}`);
      const sending = { about, routes: [from.account], withhold: null, countedAs, ownNumber: true } as const;
      return admitFor(conveyor, key, recipient, plain(from.e164, text), sending);
    },
    emit: (type, resource, data) => {
      if (type !== "interaction.relayed" || wanted(type)) emit(type, resource, data); // the one that costs a row a text
    },
    ...own,
    record: () => undefined,
  };
}

const plain = (from: string, text: string) => ({
  from,
  text,
  purpose: "service" as const,
  reference: null,
  metadata: null,
  scheduleAt: null,
  expiresAt: null,
  ttlSeconds: null,
});

function inboundDeps(parts: LineParts, lines: Ledgers, masking: AddressDeps): InboundDeps {
  const { conveyor, ids, consents, emit, tellConsent } = parts;
  const { vault, now } = conveyor;
  return {
    ledger: lines.inbound,
    masking,
    vault,
    ids,
    now,
    hasStopped: (who, purpose, sender) => consents.hasStopped(who, purpose, sender),
    say: ({ index: who, mask, country }, { standing, purposes, sender }) => {
      const words = { consents, now, newId: () => ids.make("con", now()), tell: tellConsent };
      const said = { purposes, sender, standing, source: "stop_word" as const, wording: null, saidAt: now() };
      recordWords(words, { who, mask, country }, said);
    },
    emit,
  };
}
