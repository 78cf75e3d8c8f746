/**
 * The courier of one carrier account: keeps the account with its secrets, its pace and its hold, and hands out permits.
 * One object for each account, so that its limits hold for all its senders together.
 */
import { z } from "zod";
import { isoOf } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { refuse, type Outcome } from "../../base/refusal.ts";
import { migrate } from "../../storage/migrations.ts";
import { first, bytesOf, type Sql } from "../../storage/sql.ts";
import type { Keyring } from "../../vault/keyring.ts";
import type { Account, Callback, Carrier, CarrierIo, InboundCallback, Probed, Report } from "../carrier.ts";
import { unmappedCode } from "../adapters/call.ts";
import { byOwner, type Brought } from "./brought.ts";
import type { CircuitState } from "./circuit.ts";
import type { Calls } from "./health.ts";
import { Pace, PERMIT_MS, type Want } from "./pace.ts";
import { markReport } from "../said-stop.ts";
import type { Shopping } from "../adapters/shop.ts";
import type { Weights } from "./steering.ts";
import { COURIER_MIGRATIONS } from "./tables.ts";
import { AccountWatch, type Noted } from "./watch.ts";

/** What is stored of an account in clear; its secrets are stored wrapped by the root key. */
export const AccountConfig = z.strictObject({
  id: z.string(),
  kind: z.string(),
  mode: z.enum(["test", "live"]),
  settings: z.record(z.string(), z.string()),
  perSecond: z.number().positive().nullable(),
  price: z.strictObject({ amount: z.int(), currency: z.string() }).nullable(),
  // Absent in accounts stored before prices existed.
  prices: z.array(z.strictObject({ country: z.string().nullable(), prefix: z.string().nullable(), amount: z.int(), currency: z.string() })).default([]), // prettier-ignore
  countries: z.array(z.string()).nullable().default(null),
  tenant: z.string().nullable().default(null),
  mtls: z.string().nullable().default(null),
  redact: z.boolean().default(false),
  processing: z
    .strictObject({ jurisdiction: z.string().nullable(), agreement: z.string().nullable() })
    .default({ jurisdiction: null, agreement: null }),
});
export type AccountConfig = z.infer<typeof AccountConfig>;
const Secrets = z.record(z.string(), z.string());
export type Secrets = z.infer<typeof Secrets>;

/** The answer while others wait. */
const NOT_YET = { granted: 0, waitMs: 50, watched: true } as const;
/** The wait while a probe runs; its answer ends the wait at once. */
const PROBE_WAIT_MS = 500;

/** The longest wait for a permit before the sender must ask again. */
const WAIT_MS_MAX = 1_500;

/** Permission for calls now, and what sender and tenant need to know of the account. */
export type Permit = {
  granted: number;
  waitMs: number;
  goodUntil: number;
  account: Account;
  circuit: CircuitState;
  /** Outcomes must be reported at once, because no call has succeeded yet. */
  watched: boolean;
  weights: Weights;
};

type Waiting = Want & { since: number; resume: (granted: number) => void };

export type AccountHealth = { held_until: string | null } & ReturnType<AccountWatch["view"]>;

export type CourierDeps = {
  sql: Sql;
  ring: Keyring;
  now: () => number;
  later: (milliseconds: number, run: () => void) => void;
  carrierOf: (kind: string) => Carrier;
  log: Log;
  /** Makes every sender of the account pause until then. */
  quiet: (account: string, until: number) => Promise<void>;
  /** Null when the account's client certificate is missing. */
  io: (account: Account) => CarrierIo | null;
  /** Reports a change to the operators. */
  note: (noted: Noted) => Promise<void>;
};

/** The courier of one account; its object delegates to it. */
export class Courier {
  readonly #deps: CourierDeps;
  #account: Account | null = null;
  #pace: Pace | null = null;
  #waiting: Waiting[] = [];
  #pumping = false;
  readonly #watch: AccountWatch;
  #probing = false;
  #migrated = false;
  /** A probe succeeded, and the one message that it permits has not been sent yet. */
  #cleared = false;

  constructor(deps: CourierDeps) {
    this.#deps = deps;
    this.#watch = new AccountWatch({ ...deps, changed: (state) => this.#circuitChanged(state) });
  }

  /** Creates or changes the account. Secrets that are not given stay unchanged. */
  configure(config: AccountConfig, given: Secrets): void {
    this.#migrate();
    const known = this.#open()?.secrets ?? {};
    const secrets = { ...known, ...given };
    const { inboundSecret: name = "" } = this.#deps.carrierOf(config.kind);
    const isExchanged = known[name] !== undefined && known[name] !== secrets[name];
    const none = Object.keys(secrets).length === 0;
    const wrapped = none ? null : this.#deps.ring.wrap(JSON.stringify(secrets), `carrier|${config.id}`);
    this.#deps.sql.exec(
      `INSERT INTO account(id, config, root, secret, hold_until) VALUES(?,?,?,?,0)
       ON CONFLICT(id) DO UPDATE SET config = excluded.config, root = coalesce(excluded.root, root),
         secret = coalesce(excluded.secret, secret), inbound_secret = inbound_secret + ?`,
      config.id,
      JSON.stringify(config),
      wrapped?.root ?? null,
      wrapped?.sealed ?? null,
      isExchanged ? 1 : 0,
    );
    this.#account = null;
    this.#pace = null;
  }

  /** Wraps the secret under the newest root key; answers the root versions in use afterwards. */
  rewrap(): number[] {
    const account = this.#open();
    if (account !== null) this.configure(configOf(account), {});
    return this.rootsInUse();
  }

  /** The root versions that the stored secret needs, even if it does not open now; they must not be retired. */
  rootsInUse(): number[] {
    if (!this.#exists()) return [];
    const row = first<{ root: number | null }>(this.#deps.sql, `SELECT root FROM account`);
    return row === null || row.root === null ? [] : [row.root];
  }

  /** Permits for calls now, after a bounded wait. Null when there is no such account. */
  async permit(want: Want): Promise<Permit | null> {
    const account = this.#open();
    if (account === null) return null;
    const since = this.#deps.now();
    this.report(want.reports ?? []);
    for (;;) {
      const now = this.#deps.now();
      const mine = this.#waiting.length === 0;
      const { granted, waitMs, watched } = mine ? this.#grant(account, want.wanted, now) : NOT_YET;
      const over = now - since >= WAIT_MS_MAX || waitMs > WAIT_MS_MAX || this.#watch.circuit !== "closed";
      if (granted > 0 || over) return this.#permitOf(account, granted, waitMs, watched);
      const turn = await this.#stand(want, since, waitMs);
      if (turn > 0) return this.#permitOf(account, turn, 0, true);
    }
  }

  #permitOf(account: Account, granted: number, waitMs: number, watched: boolean): Permit {
    const { circuit, weights } = this.#watch.state(account.id);
    return { granted, waitMs, goodUntil: this.#deps.now() + PERMIT_MS, account, circuit, watched, weights };
  }

  /**
   * What circuit and pace both allow. While the circuit is open, an account with a free probe gets no message until its
   * probe succeeds, and then one: a balance inquiry that succeeds does not show that texts are accepted.
   */
  #grant(account: Account, wanted: number, now: number): { granted: number; waitMs: number; watched: boolean } {
    const leave = this.#watch.leave(wanted, now);
    const waitMs = Math.max(1, leave.askAgainAt - now);
    if (leave.calls === 0) return { granted: 0, waitMs, watched: true };
    const probing = this.#watch.circuit === "probing";
    if (probing && !this.#cleared && this.#deps.carrierOf(account.kind).probe !== undefined) {
      this.#probe(account);
      return { granted: 0, waitMs: PROBE_WAIT_MS, watched: true };
    }
    const paced = this.#paceOf(account).grant(leave.calls, now);
    const granted = leave.watched ? Math.min(paced.granted, leave.calls) : paced.granted;
    if (granted > 0) this.#cleared = false;
    if (leave.watched && granted < leave.calls) this.#watch.unused(leave.calls - granted);
    return { granted, waitMs: paced.waitMs, watched: leave.watched };
  }

  /** Tests with a free call whether the account works again. */
  #probe(account: Account): void {
    if (this.#probing) return;
    this.#probing = true;
    void Promise.resolve(this.#probed(account))
      .catch(() => undefined)
      .then((probed) => {
        this.#probing = false;
        this.#cleared = probed?.found === "well";
        if (this.#cleared) this.#watch.unused(1);
        else this.#watch.observe("ill", account.id);
        this.#serve();
      });
  }

  /** The probe's answer; undefined if the carrier has none. */
  async #probed(account: Account): Promise<Probed | undefined> {
    const io = this.#deps.io(account);
    if (io === null) return { found: "down", code: "no_client_certificate" };
    return this.#deps.carrierOf(account.kind).probe?.(account, io);
  }

  /**
   * Takes the outcomes of calls: reported at once if something is wrong or no call has succeeded yet, otherwise with
   * the next request for permits.
   */
  report(calls: readonly Calls[], unused = 0): void {
    const account = this.#open();
    if (account === null) return;
    if (unused > 0) this.#watch.unused(unused);
    this.#watch.report(calls, account.id);
    this.#serve(); // requests that waited for this are served at once
  }

  /** Permits from before the circuit opened are no longer valid. */
  #circuitChanged(state: CircuitState): void {
    const account = this.#open();
    if (account !== null && state === "open") void this.#deps.quiet(account.id, this.#deps.now() + PERMIT_MS);
  }

  /** The account's health, for operators; null when there is no account. */
  health(): AccountHealth | null {
    const account = this.#open();
    if (account === null) return null;
    const { holdUntil } = this.#paceOf(account);
    return { held_until: holdUntil > this.#deps.now() ? isoOf(holdUntil) : null, ...this.#watch.view(account.id) };
  }

  /** Tests address and credentials with a free call; null when there is no account. */
  async probe(): Promise<Probed | "untested" | null> {
    const account = this.#open();
    if (account === null) return null;
    return (await this.#probed(account)) ?? "untested";
  }

  /**
   * The carrier asked for a pause. Stored, so that a restart does not lose it, and sent to every sender, because they
   * still have earlier permits.
   */
  async hold(retryAfterSeconds: number): Promise<void> {
    const account = this.#open();
    if (account === null) return;
    const until = this.#deps.now() + retryAfterSeconds * 1_000;
    if (!this.#paceOf(account).hold(until)) return;
    const announced = this.#deps.quiet(account.id, until);
    this.#deps.sql.exec(`UPDATE account SET hold_until = ?`, until);
    await announced;
  }

  /** Reads a callback of the account: its reports if authentic, otherwise a refusal. */
  async readReceipts(callback: Callback): Promise<Outcome<Report[]>> {
    const account = this.#open();
    if (account === null) return refuse("not_found");
    const carrier = this.#deps.carrierOf(account.kind);
    const read = await carrier.readReceipts(account, callback);
    if ("read" in read) {
      for (const { unmapped, code } of read.read) if (unmapped) this.#deps.log(unmappedCode(account.id, code));
      this.#tellUnreadable(account.id, read.unreadable);
      this.#watch.received(callback, read.read);
      return { ok: read.read.map((report) => markReport(carrier, report)) };
    }
    return "forged" in read
      ? refuse("unauthenticated", { detail: "The callback's signature is not valid." })
      : refuse("malformed_body");
  }

  /** Writes the owners of virtual numbers to the account's directory; null removes a number. */
  direct(entries: readonly { e164: string; tenant: string | null }[]): void {
    this.#migrate();
    for (const { e164, tenant } of entries) {
      if (tenant === null) this.#deps.sql.exec(`DELETE FROM directory WHERE e164 = ?`, e164);
      else this.#deps.sql.exec(`INSERT OR REPLACE INTO directory VALUES(?,?)`, e164, tenant);
    }
  }

  /** The account's shop with what it needs; null without an account or a shop. */
  shopping(): Shopping | null {
    const account = this.#open();
    const shop = account === null ? undefined : this.#deps.carrierOf(account.kind).shop;
    const io = account === null ? null : this.#deps.io(account);
    return account === null || shop === undefined || io === null ? null : { account, shop, io };
  }

  /** Reads a callback with texts, by the owner of the dialled number; texts to numbers without an owner are dropped. */
  async readInbound(callback: InboundCallback): Promise<Outcome<Brought>> {
    const account = this.#open();
    if (account === null) return refuse("not_found");
    const carrier = this.#deps.carrierOf(account.kind);
    const read = await carrier.readInbound?.(account, callback);
    if (read === undefined) return refuse("not_found");
    if (!("read" in read))
      return "forged" in read
        ? refuse("unauthenticated", { detail: "The callback's signature is not valid." })
        : refuse("malformed_body");
    this.#tellUnreadable(account.id, read.unreadable);
    const row = first<{ inbound_secret: number }>(this.#deps.sql, `SELECT inbound_secret FROM account`);
    const secret = row?.inbound_secret ?? 0;
    const owned = byOwner(read.read, (e164) => this.#ownerOf(e164));
    return { ok: { owned, silent: carrier.answersInbound === "nothing", secret } };
  }

  /** Logs unreadable items of a bundle. The others are taken, because a refused bundle would be repeated for ever. */
  #tellUnreadable(account: string, count = 0): void {
    if (count > 0) this.#deps.log({ level: "warn", what: "carrier_unreadable", id: account, count });
  }

  #ownerOf(e164: string): string | null {
    const row = first<{ tenant: string }>(this.#deps.sql, `SELECT tenant FROM directory WHERE e164 = ?`, e164);
    return row?.tenant ?? null;
  }

  /** Waits until the request is served (its permits) or its time is over (0). */
  #stand(want: Want, since: number, waitMs: number): Promise<number> {
    return new Promise((resume) => {
      this.#waiting.push({ ...want, since, resume });
      this.#pump(waitMs);
    });
  }

  #pump(waitMs: number): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#deps.later(Math.max(1, waitMs), () => {
      this.#pumping = false;
      this.#serve();
    });
  }

  #serve(): void {
    const account = this.#open();
    const now = this.#deps.now();
    let waitMs = 50;
    while (account !== null && this.#waiting.length > 0) {
      const pace = this.#paceOf(account);
      const turn = pace.next(this.#waiting);
      if (turn === null) break;
      const grant = this.#grant(account, turn.wanted, now);
      if (grant.granted === 0) {
        waitMs = grant.waitMs;
        break;
      }
      pace.served(turn);
      this.#finish(turn, grant.granted);
    }
    for (const late of this.#waiting.filter((waiting) => now - waiting.since >= WAIT_MS_MAX)) this.#finish(late, 0);
    if (this.#waiting.length > 0) this.#pump(Math.min(waitMs, WAIT_MS_MAX));
  }

  #finish(waiting: Waiting, granted: number): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    waiting.resume(granted);
  }

  #paceOf(account: Account): Pace {
    if (this.#pace === null) {
      const row = first<{ hold_until: number }>(this.#deps.sql, `SELECT hold_until FROM account`);
      this.#pace = new Pace(account.perSecond, row?.hold_until ?? 0, this.#deps.now());
    }
    return this.#pace;
  }

  /** Once per wake. The object of an account that was never configured has no tables. */
  #migrate(): void {
    if (this.#migrated) return;
    migrate(this.#deps.sql, COURIER_MIGRATIONS);
    this.#migrated = true;
  }

  #exists(): boolean {
    return first(this.#deps.sql, `SELECT 1 AS yes FROM sqlite_master WHERE name = 'account'`) !== null;
  }

  #open(): Account | null {
    if (this.#account !== null) return this.#account;
    if (!this.#exists()) return null;
    this.#migrate();
    const row = first<{ config: string; root: number | null; secret: ArrayBuffer | null }>(
      this.#deps.sql,
      `SELECT config, root, secret FROM account LIMIT 1`,
    );
    if (row === null) return null;
    const config = AccountConfig.parse(JSON.parse(row.config));
    let secrets: Secrets = {};
    if (row.root !== null && row.secret !== null) {
      const opened = this.#deps.ring.unwrap({ root: row.root, sealed: bytesOf(row.secret) }, `carrier|${config.id}`);
      if (opened === null) return null;
      secrets = Secrets.parse(JSON.parse(new TextDecoder().decode(opened)));
    }
    this.#account = { ...config, secrets };
    return this.#account;
  }
}

function configOf({ secrets: _secrets, ...config }: Account): AccountConfig {
  return config;
}
