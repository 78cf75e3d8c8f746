// The carrier simulator: one process on the loopback address that speaks every adapter's wire format, signs its
// callbacks as each carrier does, and fails by a seeded script. Records every call and every receipt, so that a test
// can check afterwards what reached whom. Knows no carrier: <kind>.mjs reads the requests and writes the answers.
import { createServer } from "node:http";
import { conductOf, earlyConductOf, receiptsOf, Script, wordsOf } from "./conduct.mjs";
import { controlled } from "./control.mjs";
import { KINDS } from "./kinds.mjs";
import { offer } from "./inventory.mjs";

/** A receipt that was not accepted is repeated at this interval, for this long. */
const AGAIN_MS = 300;
const INSIST_MS = 120_000;

/**
 * @typedef {{ name: string, kind: string, baseUrl: string, settings: Record<string, string>, secrets: Record<string, string>, script: any, calls: number, neverTaken: Set<string>, inventory: Map<string, { e164: string, owned: boolean, inboundUrl: string | null }>, orders: { e164: string, does: string, sold: boolean }[], released: string[] }} Account
 * @typedef {{ account: string, kind: string, message: string | null, nth: number, to: string | null, from: string | null, text: string | null, reference: string | null, receiptUrl: string | null, at: number, endedAt: number | null, conduct: any, taken: boolean, refused: boolean, answered: boolean, status: number | null, redacted: boolean }} Call
 * @typedef {{ account: string, message: string | null, state: string, forged: boolean, status: number, at: number }} Receipt
 * Of a call, `taken`: a person gets the text; `answered`: a complete answer was sent that clearly accepts or refuses;
 * `refused`: it refused.
 */

/** All carriers at once. */
export class World {
  /** @type {Map<string, Account>} */
  accounts = new Map();
  /** Every call that asks for a text to be sent and was understood, or was cut off before it was read. @type {Call[]} */
  calls = [];
  /** Requests that the carrier itself refused: malformed, unknown, not authentic. @type {{ account: string, method: string, path: string, status: number, body: string, forged: boolean, at: number }[]} */
  refusals = [];
  /** Inquiries about a call, and the answers. @type {{ account: string, message: string, attempt: number, state: string }[]} */
  asked = [];
  /** Receipts that were sent, with the status of their answer; 0 without an answer. @type {Receipt[]} */
  receipts = [];
  /** Receipts that are planned or being sent. */
  owed = 0;
  #server = createServer((request, response) => void this.#serve(request, response).catch(() => response.destroy()));
  #base = "";
  #timers = new Set();
  #watchers = new Set();
  /** Every connection, open or closed. @type {{ openedAt: number, closedAt: number | null }[]} */
  sockets = [];
  #open = true;

  /** Starts listening; port 0 chooses a free one. */
  static async start({ port = 0 } = {}) {
    const world = new this();
    // Never closes idle connections: one closed while a request is on its way would look like a broken call that no
    // carrier received.
    world.#server.keepAliveTimeout = 0;
    world.#server.on("clientError", (_error, socket) => socket.destroy());
    world.#server.on("connection", (socket) => {
      const connection = { openedAt: Date.now(), closedAt: /** @type {number | null} */ (null) };
      world.sockets.push(connection);
      socket.once("close", () => {
        connection.closedAt = Date.now();
        world.#ring();
      });
    });
    await new Promise((resolve, reject) => {
      world.#server.once("error", reject);
      world.#server.listen(port, "127.0.0.1", () => resolve(undefined));
    });
    world.#base = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (world.#server.address()).port}`;
    return world;
  }

  get base() {
    return this.#base;
  }

  /** Connections that are open now, busy or idle. */
  get connections() {
    return this.sockets.filter(({ closedAt }) => closedAt === null).length;
  }

  /** Opens an account with a carrier; `body` is what `POST /admin/v1/carriers` takes. */
  account(kind, { name = `${kind}-${this.accounts.size + 1}`, script = {}, settings = {} } = {}) {
    const adapter = KINDS[kind];
    if (adapter === undefined) throw new Error(`no such kind: ${kind}`);
    const baseUrl = `${this.#base}/${name}`;
    const made = adapter.makeAccount(baseUrl);
    const account = { name, kind, baseUrl, settings: { ...made.settings, ...settings }, secrets: made.secrets, script: Script.parse(script), calls: 0, neverTaken: new Set(), inventory: new Map(), orders: /** @type {Account["orders"]} */ ([]), released: /** @type {string[]} */ ([]) }; // prettier-ignore
    this.accounts.set(name, account);
    return { ...account, body: { name, kind, mode: "test", ...account.settings, ...account.secrets } };
  }

  /** Changes what an account does from now on. */
  script(name, script) {
    this.#accountOf(name).script = Script.parse(script);
  }

  /** Puts numbers up for sale at an account. */
  offer(name, numbers, about = {}) {
    offer(this.#accountOf(name), numbers, about);
  }

  /** Calls of an account, in the order of arrival. */
  callsOf(name) {
    return this.calls.filter((call) => call.account === name);
  }

  /** Sends a receipt for a call once, as the carrier would; answers the status, 0 without an answer. */
  async receipt(call, planned) {
    const account = this.#accountOf(call.account);
    const written = KINDS[account.kind].receipt(call, { forged: false, ...planned }, account);
    let status = 0;
    for (const each of [written].flat()) status = await post(each); // some carriers report every part of a text
    this.receipts.push({ account: account.name, message: call.message, state: planned.state, forged: planned.forged === true, status, at: Date.now() }); // prettier-ignore
    this.#ring();
    return status;
  }

  /**
   * Delivers a person's text to a number of the account, as the carrier would; answers the status, 0 without an answer
   * within the carrier's timeout. `id` repeats the same text, `part` makes it one of several if the carrier does not
   * join them, `forged` signs with another key, `ageSeconds` signs a past time.
   */
  async inbound(name, text) {
    const account = this.#accountOf(name);
    const { inbound, patienceMs } = KINDS[account.kind];
    return post(inbound({ forged: false, ageSeconds: 0, ...text }, account), patienceMs);
  }

  /** Resolves when `holds` is true; checked at every event, not by polling. */
  until(what, timeoutMs, holds) {
    return new Promise((resolve, reject) => {
      const end = (settle) => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        settle();
      };
      const check = () => holds() && end(() => resolve(undefined));
      const timer = setTimeout(() => end(() => reject(new Error(`not within ${timeoutMs} ms: ${what} (${this.calls.length} calls, ${this.owed} receipts owed)`))), timeoutMs); // prettier-ignore
      this.#watchers.add(check);
      check();
    });
  }

  async stop() {
    this.#open = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(() => resolve(undefined)));
  }

  #accountOf(name) {
    const account = this.accounts.get(name);
    if (account === undefined) throw new Error(`no such account: ${name}`);
    return account;
  }

  async #serve(request, response) {
    const url = new URL(request.url ?? "/", this.#base);
    const [, name = "", rest = ""] = /^\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
    if (name === "world") return controlled(this, request, response, rest);
    const account = this.accounts.get(name);
    if (account === undefined) return void response.writeHead(404).end();
    const index = account.calls;
    const early = earlyConductOf(account.script, index);
    if (early?.does === "reset_before_reading" && request.method === "POST" && KINDS[account.kind].asksAt !== rest) {
      account.calls += 1;
      this.#record(account, { message: null, to: null, from: null, text: null, reference: null, receiptUrl: null }, early, response); // prettier-ignore
      return void request.socket.resetAndDestroy();
    }
    const body = await bodyOf(request);
    const asked = { method: request.method, path: rest, query: url.searchParams, headers: request.headers, body };
    const read = KINDS[account.kind].read(asked, account);
    if (read.send !== undefined) return this.#send(account, read.send, request, response);
    if (read.ask !== undefined) return this.#ask(account, read.ask, response);
    if (read.redact !== undefined) return this.#redact(account, read.redact, response);
    this.#ring();
    if (read.later !== undefined) return this.#later(read.later, () => answer(response, read.settled().answer));
    if (read.silent === true) return;
    if (read.answer.status >= 400 || read.isRefusal === true)
      this.refusals.push({ account: name, method: asked.method, path: rest, status: read.answer.status, body: read.answer.body, forged: read.forged === true, at: Date.now() }); // prettier-ignore
    answer(response, read.answer);
  }

  #record(account, send, conduct, response) {
    const nth = this.calls.filter((call) => call.account === account.name && call.message === send.message).length + 1;
    const call = { account: account.name, kind: account.kind, nth, ...send, at: Date.now(), endedAt: null, conduct, taken: false, refused: false, answered: false, status: null, redacted: false }; // prettier-ignore
    this.calls.push(call);
    response.once("close", () => {
      call.endedAt ??= Date.now();
      this.#ring();
    });
    this.#ring();
    return call;
  }

  /** Does with a call what the account's script says. */
  #send(account, send, request, response) {
    const adapter = KINDS[account.kind];
    const nth = this.calls.filter((call) => call.account === account.name && call.message === send.message).length + 1;
    const named = { account: account.name, message: send.message, text: send.text, nth };
    const conduct = conductOf(account.script, { ...named, index: account.calls });
    account.calls += 1;
    const call = this.#record(account, send, conduct, response);
    const say = (written) => {
      call.status = written.status;
      answer(response, written);
    };
    const accept = (written) => {
      response.once("finish", () => (call.answered = true));
      say(written);
    };
    const refuse = (written) => {
      response.once("finish", () => Object.assign(call, { answered: true, refused: true }));
      say(written);
    };
    const take = () => {
      call.taken = true;
      void this.#follow(
        account,
        call,
        receiptsOf(conduct.receipts, account.script.seed, wordsOf(account.script, named)),
      );
    };
    if (account.neverTaken.has(`${send.message} ${send.attempt}`))
      return refuse(adapter.refused(call, adapter.refusalCode));
    const { does } = conduct;
    if (does === "accept" || does === "reset_after_accepting" || conduct.taken === true) take();
    if (does === "accept") this.#later(conduct.after_ms, () => accept(adapter.accepted(call, account)));
    else if (does === "refuse") refuse(adapter.refused(call, conduct.code ?? adapter.refusalCode));
    else if (does === "throttle")
      refuse(adapter.throttled(call, conduct.retry_after_seconds === undefined ? {} : { "retry-after": String(conduct.retry_after_seconds) })); // prettier-ignore
    else if (does === "error") say(adapter.failed(conduct.status, call));
    else if (does === "say")
      say({ status: conduct.status, headers: { "content-type": conduct.content_type }, body: conduct.body }); // prettier-ignore
    else if (does !== "hang") request.socket.resetAndDestroy();
  }

  /**
   * Answers an inquiry: the carrier has the call, or guarantees never to take it, even if its request still arrives.
   */
  #ask(account, { message, attempt }, response) {
    const taken = this.calls.some((call) => call.message === message && call.account === account.name && call.taken);
    if (!taken) {
      account.neverTaken.add(`${message} ${attempt}`);
      for (const call of this.callsOf(account.name)) if (call.message === message) call.refused = true;
    }
    const state = taken ? "accepted" : "never";
    this.asked.push({ account: account.name, message, attempt, state });
    answer(response, KINDS[account.kind].said(state));
    this.#ring();
  }

  #redact(account, reference, response) {
    const call = this.calls.find((each) => each.account === account.name && each.reference === reference);
    if (call !== undefined) Object.assign(call, { to: null, text: null, redacted: true });
    answer(response, KINDS[account.kind].redacted(call !== undefined));
    this.#ring();
  }

  /** Sends a call's receipts one after another, repeating each until it is accepted. */
  async #follow(account, call, planned) {
    this.owed += planned.length;
    for (const receipt of planned) {
      await new Promise((resolve) => this.#later(receipt.after_ms, () => resolve(undefined)));
      const until = Date.now() + INSIST_MS;
      while (this.#open && call.receiptUrl !== null && Date.now() < until) {
        const status = await this.receipt(call, receipt);
        if ((status > 0 && status < 500) || receipt.forged) break;
        await new Promise((resolve) => this.#later(AGAIN_MS, () => resolve(undefined)));
      }
      this.owed -= 1;
      this.#ring();
    }
  }

  #later(milliseconds, run) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #ring() {
    for (const check of this.#watchers) check();
  }
}

/** Writes an answer; the client may have disconnected by then. */
function answer(response, { status, headers, body }) {
  if (!response.destroyed) response.writeHead(status, headers).end(body);
}

async function post({ url, headers, body }, patienceMs = 10_000) {
  const answered = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(patienceMs) }).catch(() => null); // prettier-ignore
  await answered?.arrayBuffer().catch(() => undefined);
  return answered?.status ?? 0;
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
