/**
 * The rooms of one tenant, joined: every ledger over the object's storage, and one table of verbs. Built when the object
 * wakes and thrown away whole when a transaction fails, so that nothing in memory can disagree with what is stored.
 * Holds no rule: what may happen is decided in the rooms.
 */
import { AUDIT_TABLE, AuditLedger } from "../audit/ledger.ts";
import type { NewEntry } from "../audit/entry.ts";
import { publicKeyText } from "../audit/head.ts";
import { isFault } from "../audit/chain.ts";
import { auditVerbs } from "../audit/verbs.ts";
import { readClock } from "../base/clock.ts";
import { IdMaker } from "../base/ids.ts";
import type { Sql } from "../storage/sql.ts";
import type { Granted } from "../access/caller.ts";
import { IdempotencyLedger } from "../access/idempotency.ts";
import { KeysLedger } from "../access/keys.ts";
import { keysVerbs, type KeysDeps } from "../access/verbs.ts";
import { consentView, type Consent } from "../consent/consent.ts";
import { ConsentLedger } from "../consent/ledger.ts";
import { consentVerbs } from "../consent/verbs.ts";
import { MessagesLedger } from "../messages/ledger.ts";
import type { Belt } from "../messages/queue/queue-tracker.ts";
import { applyReports } from "../messages/reports.ts";
import { toldAs, viewOf, type Message } from "../messages/message.ts";
import { judgeNumber } from "../policy/policy.ts";
import { policyVerbs } from "../policy/verbs.ts";
import { messagesVerbs, type MessagesDeps } from "../messages/verbs.ts";
import type { Effects } from "../rpc/effects.ts";
import { conveyorDeps } from "./join-messages.ts";
import { EffectsGathered } from "./effects.ts";
import { CapsLedger } from "../risk/ledger.ts";
import { SandboxLedger } from "../sandbox/ledger.ts";
import { sandboxVerbs } from "../sandbox/verbs.ts";
import { ALWAYS_TOLD, riseAboveStored } from "./stored.ts";
import { LINE_LEDGERS, Lines } from "./join-numbers.ts";
import { TENANT_SUBJECT, VaultLedger } from "../vault/ledger.ts";
import { Naming } from "../vault/naming.ts";
import { countNaming, type NamingAlert } from "./naming.ts";
import { verifyDeps } from "./join-verify.ts";
import type { RoomsDeps } from "./parts.ts";
import { CountsLedger } from "../verify/counts.ts";
import { locksVerbs } from "../verify/locks/verbs.ts";
import { servicesVerbs, templatesVerbs, type SettingsDeps } from "../verify/settings/verbs.ts";
import { VerifyLedger } from "../verify/ledger.ts";
import { messageMoved } from "../verify/moved.ts";
import { SettingsLedger } from "../verify/settings/ledger.ts";
import type { VerifyDeps } from "../verify/deps.ts";
import { verifyVerbs } from "../verify/verbs.ts";
import { tokensVerbs } from "../vault/verbs.ts";
import { EventsLedger } from "../webhooks/ledger.ts";
import type { EventType } from "../webhooks/event.ts";
import { webhooksVerbs, type WebhooksDeps } from "../webhooks/verbs.ts";

/** The rooms of one tenant, joined. */
export class TenantRooms {
  readonly ids: IdMaker;
  readonly audit: AuditLedger;
  readonly keys: KeysLedger;
  readonly vault: VaultLedger;
  readonly caps: CapsLedger;
  readonly naming: Naming;
  readonly consents: ConsentLedger;
  readonly messages: MessagesLedger;
  readonly events: EventsLedger;
  readonly sandbox: SandboxLedger | null;
  readonly idempotency: IdempotencyLedger;
  readonly belt: Belt;
  readonly lines: Lines;
  readonly conveyor: MessagesDeps;
  readonly hooks: WebhooksDeps;
  readonly verifySettings: SettingsDeps;
  readonly verify: VerifyDeps;
  readonly keysDeps: KeysDeps;
  readonly verbs: ReturnType<TenantRooms["makeVerbs"]>;
  readonly #deps: RoomsDeps;
  readonly #effects = new EffectsGathered();
  /** Audit entries written since these rooms were built. */
  entered = 0;
  #settling = false;
  #soonest = Infinity;

  constructor(deps: RoomsDeps) {
    this.#deps = deps;
    const { sql, owner } = deps;
    this.belt = deps.belt;
    const soon = (at: number) => (this.#soonest = Math.min(this.#soonest, at));
    this.ids = new IdMaker(owner);
    this.audit = new AuditLedger(sql);
    this.keys = new KeysLedger(sql);
    this.vault = new VaultLedger(sql, owner, this.ids, deps.keys);
    this.caps = new CapsLedger(sql, (key) => this.keys.lineOf(key));
    this.naming = this.#makeNaming();
    this.consents = new ConsentLedger(sql);
    this.messages = new MessagesLedger(sql, this.ids.prefixOf("msg"), soon);
    this.events = new EventsLedger(sql, this.ids, soon);
    this.idempotency = new IdempotencyLedger(sql);
    this.sandbox = deps.record.environment === "sandbox" ? new SandboxLedger(sql, this.ids, this.vault, soon) : null;
    riseAboveStored(sql, this.ids, this.messages);
    this.conveyor = this.#makeConveyor();
    this.lines = this.#makeLines(sql, soon);
    this.hooks = this.#makeHooks();
    this.keysDeps = this.#makeKeysDeps();
    this.verifySettings = this.#makeVerifySettings();
    this.verify = this.#makeVerify(soon);
    this.verbs = this.makeVerbs();
  }

  static migrate(sql: Sql): void {
    sql.exec(AUDIT_TABLE);
    for (const ledger of [
      KeysLedger,
      VaultLedger,
      CapsLedger,
      ConsentLedger,
      MessagesLedger,
      EventsLedger,
      IdempotencyLedger,
      SandboxLedger,
      ...LINE_LEDGERS,
      VerifyLedger,
      SettingsLedger,
      CountsLedger,
    ]) {
      ledger.migrate(sql);
    }
  }

  /** The tenant's time: real, or its own in a sandbox. */
  now(): number {
    return readClock() + this.#deps.clockOffset();
  }

  /** What has gathered for the outside since the last time. */
  takeEffects(): Effects {
    return this.#effects.take();
  }

  /** The earliest deadline set since the last time, on the tenant's clock; null when none was. */
  takeSoonest(): number | null {
    const soonest = this.#soonest;
    this.#soonest = Infinity;
    return soonest === Infinity ? null : soonest;
  }

  /** Writes an audit entry in the running transaction. */
  enter(entry: NewEntry): void {
    this.entered += 1;
    const now = this.now();
    this.audit.append(entry, now, () => this.ids.make("aud", now));
  }

  /** As `enter`, for a verb's short form. The subject's type is the first word of the act. */
  enterFor(
    type: NewEntry["actor"]["type"],
    id: string,
    {
      act,
      subject,
      reason,
      facts,
    }: { act: string; subject: string | null; reason?: string; facts?: NewEntry["facts"] },
  ): void {
    this.enter({
      actor: { type, id },
      act,
      subject: subject === null ? null : { type: act.split(".", 1)[0] ?? "thing", id: subject },
      ...(reason === undefined ? {} : { reason }),
      ...(facts === undefined ? {} : { facts }),
    });
  }

  /**
   * The signed note of the audit's head; null without a signing key, and when the log contradicts what was signed before:
   * the service refuses to put its name under a log that was cut or rewritten.
   */
  signHead(): string | null {
    const { signer, signedBefore, signed } = this.#deps;
    if (signer === null) return null;
    const before = signedBefore();
    const note = this.audit.signedHead(signer, before === null ? [] : [before]);
    if (isFault(note)) return null;
    signed(note.ok);
    return note.ok;
  }

  /** The key that signs heads, as text; null where the operator has set none. */
  publicKey(): string | null {
    return this.#deps.signer === null ? null : publicKeyText(this.#deps.signer);
  }

  /** Tells the endpoints that asked for it; what nobody asked for is written only when it is how a message ended. */
  emit(type: EventType, resource: string, data: unknown): void {
    for (const endpoint of this.events.emit(type, resource, data, this.now())) this.#effects.wake(endpoint);
  }

  /** Applies the sandbox's receipts that are due. Applying one may not start the next round of itself. */
  runSandboxReceipts(): void {
    if (this.sandbox === null || this.#settling) return;
    this.#settling = true;
    try {
      for (const { account, report } of this.sandbox.takeReceipts(this.now(), 200)) {
        applyReports(this.conveyor, account, [report]);
      }
    } finally {
      this.#settling = false;
    }
  }

  makeVerbs() {
    const entry = (keyId: string, short: Parameters<TenantRooms["enterFor"]>[2]) => this.enterFor("key", keyId, short);
    const now = () => this.now();
    return {
      ...auditVerbs({
        audit: this.audit,
        signHead: () => this.signHead(),
        publicKey: () => this.publicKey(),
        record: entry,
      }),
      ...policyVerbs({
        policy: this.#deps.policy,
        tenant: this.#deps.record.id,
        jurisdiction: this.#deps.owner.jurisdiction,
        environment: this.#deps.record.environment,
      }),
      ...keysVerbs({ ...this.keysDeps, record: entry }),
      ...tokensVerbs({
        vault: this.vault,
        now,
        naming: this.naming,
        judge: (number) => judgeNumber(number, this.#deps.policy(), this.#deps.record.environment),
        record: entry,
      }),
      ...consentVerbs({
        consents: this.consents,
        naming: this.naming,
        now,
        newId: () => this.ids.make("con", this.now()),
        tell: (consent) => this.#tellConsent(consent),
        record: entry,
      }),
      ...this.lines.verbs(entry),
      ...messagesVerbs({ ...this.conveyor, record: entry }),
      ...verifyVerbs({ ...this.verify, record: entry }),
      ...locksVerbs({ ...this.verify, record: entry }),
      ...servicesVerbs({ ...this.verifySettings, record: entry }),
      ...templatesVerbs({ ...this.verifySettings, record: entry }),
      ...webhooksVerbs({ ...this.hooks, record: entry }),
      ...sandboxVerbs({
        sandbox: this.sandbox,
        naming: this.naming,
        now,
        advance: this.#deps.advance,
        record: entry,
        answer: (from, to, text) => this.lines.answer(from, to, text),
      }),
    };
  }

  #tellConsent(consent: Consent): void {
    this.emit(`consent.${consent.standing}`, consent.id, { consent: consentView(consent, null) });
  }

  #makeLines(sql: Sql, soon: (at: number) => void): Lines {
    return new Lines(sql, soon, {
      conveyor: this.conveyor,
      ids: this.ids,
      consents: this.consents,
      naming: this.naming,
      emit: (type, resource, data) => this.emit(type, resource, data),
      wanted: (type) => this.events.wanted(type),
      tellConsent: (consent) => this.#tellConsent(consent),
    });
  }

  #makeNaming(): Naming {
    const alert = ({ key, ...cap }: NamingAlert) => {
      this.enterFor("key", key, { act: "key.limit_reached", subject: key, facts: cap });
      this.emit("alert.limit", key, { limit: "naming", key, ...cap });
    };
    const { caps } = this;
    const lineOf = (key: string) => this.keys.lineOf(key);
    return new Naming(
      this.vault,
      countNaming({ caps, lineOf, policy: this.#deps.policy, now: () => this.now(), alert }),
    );
  }

  /**
   * After each verb: what it counted of named numbers is written, refused or not, and is in the audit. An entry of its own tells of
   * it where the verb made none for the one number that was named.
   */
  settleNaming(key: string, hadEntry: boolean): void {
    const counted = this.caps.takeCounted();
    this.caps.flush();
    if (counted === null || (hadEntry && counted.numbers === 1)) return;
    this.enterFor("key", key, { act: "key.named_numbers", subject: key, facts: counted });
  }

  #makeConveyor(): MessagesDeps {
    const { record, policy, accountOf, redacts, door, publicUrl } = this.#deps;
    const { messages, vault, naming, caps, ids, consents } = this;
    return conveyorDeps({
      messages,
      vault,
      naming,
      caps,
      ids,
      consents,
      policy,
      accountOf,
      redacts,
      door,
      publicUrl,
      environment: record.environment,
      now: () => this.now(),
      effects: this.#effects,
      belt: this.belt,
      tellConsent: (consent) => this.#tellConsent(consent),
      tell: (message) => this.#tell(message),
      settled: () => this.runSandboxReceipts(),
    });
  }

  /** Tells that an account's circuit moved, as this tenant's own traffic met it. */
  tellCircuit(account: string, circuit: "closed" | "open" | "probing"): void {
    const type = circuit === "closed" ? "carrier.recovered" : "carrier.degraded";
    if (this.events.wanted(type)) this.emit(type, account, { carrier: account, circuit });
  }

  #makeHooks(): WebhooksDeps {
    const about = (record: string) => [TENANT_SUBJECT, record, "webhook-secret"] as const;
    return {
      events: this.events,
      now: () => this.now(),
      realNow: readClock,
      newId: () => this.ids.make("wbh", this.now()),
      seal: (record, text) => this.vault.sealText(...about(record), text) ?? new Uint8Array(0),
      open: (record, sealed) => this.vault.openText(...about(record), sealed),
      wake: (endpoint) => this.#effects.wake(endpoint),
      record: () => undefined,
    };
  }

  #makeVerifySettings(): SettingsDeps {
    return {
      settings: new SettingsLedger(this.#deps.sql),
      newId: (prefix) => this.ids.make(prefix, this.now()),
      now: () => this.now(),
      tenantName: this.#deps.record.name,
      record: () => undefined,
    };
  }

  #makeVerify(soon: (at: number) => void): VerifyDeps {
    return verifyDeps({
      conveyor: this.conveyor,
      ledger: new VerifyLedger(this.#deps.sql, this.ids.prefixOf("ver"), soon),
      settings: this.verifySettings.settings,
      counts: new CountsLedger(this.#deps.sql, this.vault, soon),
      ids: this.ids,
      tenantName: this.#deps.record.name,
      scopesOf: (keyId) => this.keysDeps.scopesOf(keyId),
      naming: this.naming,
      emit: (type, resource, data) => this.emit(type, resource, data),
      wanted: (type) => this.events.wanted(type),
    });
  }

  #makeKeysDeps(): KeysDeps {
    const { record, door } = this.#deps;
    return {
      keys: this.keys,
      door,
      environment: record.environment,
      newId: () => this.ids.make("key", this.now()),
      realNow: readClock,
      scopesOf: (keyId): Granted => {
        const key = this.keys.get(keyId);
        return "refused" in key ? [] : key.ok.scopes;
      },
      record: () => undefined,
    };
  }

  #tell(message: Message): void {
    this.lines.noteLeg(message);
    messageMoved(this.verify, message);
    const word = toldAs(message);
    const type: EventType = `message.${word}`;
    if (!ALWAYS_TOLD.has(word) && !this.events.wanted(type)) return;
    const { reference: _reference, metadata: _metadata, ...told } = viewOf(message, null); // free fields may hold anything
    this.emit(type, message.id, { message: told });
  }
}
