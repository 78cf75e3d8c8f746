/**
 * A carrier on the loopback address that speaks the contract of docs/carriers-http.md and misbehaves on demand. Checks our
 * signatures, and signs its receipts, with the official `standardwebhooks` package. Remembers every call and every receipt:
 * the checker in history.ts decides from them what really reached the carrier.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { Signal } from "../run/signal.ts";

export type ReceiptState = "sent" | "delivered" | "undelivered";
/** A receipt that follows an acceptance. */
export type PlannedReceipt = { state: ReceiptState; afterMs: number };

/** What the carrier does with one call. `taken` calls are those after which a person gets the text. */
export type Conduct =
  | { does: "accept"; afterMs?: number; receipts?: PlannedReceipt[] }
  | { does: "decline"; status?: number; code?: string }
  | { does: "down"; retryAfterSeconds?: number }
  | { does: "throttle"; retryAfterSeconds: number }
  | { does: "error"; status: number; taken?: boolean; receipts?: PlannedReceipt[] }
  | { does: "hang"; taken?: boolean }
  | { does: "reset_before_reading" }
  | { does: "reset_after_accepting"; receipts?: PlannedReceipt[] }
  | { does: "say"; status: number; contentType: string; body: string; taken?: boolean }
  | { does: "pour"; megabytes: number };

export type Call = {
  account: string;
  message: string;
  /** The text, unless the call was cut before it was read. */
  text: string | null;
  receiptUrl: string | null;
  at: number;
  /** When the connection was done with, by either side; null while it is open. */
  endedAt: number | null;
  conduct: Conduct;
  taken: boolean;
  /** A whole answer left the carrier that says the text was surely not taken, or it swore so when it was asked. */
  refused: boolean;
  /** A whole answer left the carrier that says clearly that it took the text, or that it did not. */
  answered: boolean;
};

/** A connection that was opened to the carrier; `closedAt` is null while it is open. */
export type Connection = { openedAt: number; closedAt: number | null };

/** A question about a call, and what was answered. */
export type Asked = { account: string; message: string; attempt: number; state: string };

export type SentReceipt = { message: string; state: string; status: number; at: number };

/** How a receipt may differ from an honest one. */
export type Odd = {
  secret?: string;
  url?: string;
  atSeconds?: number;
  tamper?: boolean;
  at?: string;
  network?: string;
};

/** One account at the carrier: its secret, and the rule for what to do with a call. */
export type DoubleAccount = {
  name: string;
  url: string;
  statusUrl: string;
  secret: string;
  /** Decides by the call so far; `nth` counts the calls of this message, from 1. */
  conduct: (call: { message: string; text: string | null; nth: number }) => Conduct;
};

/** The carrier. */
export class CarrierDouble {
  readonly calls: Call[] = [];
  readonly asked: Asked[] = [];
  readonly receipts: SentReceipt[] = [];
  readonly forged: string[] = [];
  readonly signal = new Signal();
  readonly #accounts = new Map<string, DoubleAccount>();
  readonly #server: Server;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Attempts it has sworn never to take, should they still arrive. */
  readonly #sworn = new Set<string>();
  /** Every connection there ever was. */
  readonly sockets: Connection[] = [];
  #owed = 0;
  #open = true;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // An idle connection that is closed here while a request is on its way looks like a broken call that no carrier saw.
    this.#server.keepAliveTimeout = 0;
    this.#server.on("clientError", (_error, socket) => socket.destroy());
    this.#server.on("connection", (socket) => {
      const connection: Connection = { openedAt: Date.now(), closedAt: null };
      this.sockets.push(connection);
      socket.once("close", () => {
        connection.closedAt = Date.now();
        this.signal.ring();
      });
    });
  }

  static async start(): Promise<CarrierDouble> {
    const double = new CarrierDouble();
    await new Promise<void>((resolve) => double.#server.listen(0, "127.0.0.1", resolve));
    return double;
  }

  /** Opens an account; `conduct` may be replaced at any time. */
  account(name: string, conduct: DoubleAccount["conduct"]): DoubleAccount {
    const { port } = this.#server.address() as AddressInfo;
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const url = `http://127.0.0.1:${port}/${name}`;
    const account = { name, url, statusUrl: `${url}/status`, secret, conduct };
    this.#accounts.set(name, account);
    return account;
  }

  callsOf(account: DoubleAccount): Call[] {
    return this.calls.filter((call) => call.account === account.name);
  }

  /** Receipts planned or on their way. */
  get owed(): number {
    return this.#owed;
  }

  /** Connections that are open now, with a call or between two. */
  get connections(): number {
    return this.sockets.filter(({ closedAt }) => closedAt === null).length;
  }

  until(what: string, timeoutMs: number, holds: () => boolean): Promise<void> {
    return this.signal.until(what, timeoutMs, holds, () => `(${this.calls.length} calls, ${this.#owed} receipts owed)`);
  }

  /** Sends a receipt once and answers the status, 0 when nobody was there. */
  async receipt(account: DoubleAccount, url: string, message: string, state: string, odd: Odd = {}): Promise<number> {
    const at = new Date((odd.atSeconds ?? 0) * 1_000 + Date.now());
    const id = `rcp_${randomBytes(8).toString("hex")}`;
    const { at: time, network } = odd;
    const signed = JSON.stringify({ message, state, ...(time && { at: time }), ...(network && { network }) });
    const body = odd.tamper === true ? `${signed} ` : signed;
    const answer = await fetch(odd.url ?? url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
        "webhook-signature": new Webhook(odd.secret ?? account.secret).sign(id, at, signed),
      },
      body,
      signal: AbortSignal.timeout(10_000),
    }).catch(() => null);
    await answer?.arrayBuffer().catch(() => undefined);
    const status = answer?.status ?? 0;
    this.receipts.push({ message, state, status, at: Date.now() });
    this.signal.ring();
    return status;
  }

  /** As a carrier does: sends a receipt again until somebody takes it, for at most two minutes. */
  async insist(account: DoubleAccount, url: string, message: string, state: string): Promise<void> {
    this.#owed += 1;
    const until = Date.now() + 120_000;
    while (this.#open && Date.now() < until) {
      const status = await this.receipt(account, url, message, state);
      if (status > 0 && status < 500) break;
      await new Promise((resume) => this.#later(300, () => resume(undefined)));
    }
    this.#owed -= 1;
    this.signal.ring();
  }

  async stop(): Promise<void> {
    this.#open = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [name = "", what] = (request.url ?? "/").slice(1).split("/");
    const account = this.#accounts.get(name);
    if (account === undefined) return void response.writeHead(404).end();
    if (what === "status") return this.#say(account, request, response);
    const message = String(request.headers["webhook-id"]);
    const nth = this.calls.filter((call) => call.message === message).length + 1;
    const early = account.conduct({ message, text: null, nth });
    const call: Call = {
      account: account.name,
      message,
      text: null,
      receiptUrl: null,
      at: Date.now(),
      endedAt: null,
      conduct: early,
      taken: false,
      refused: false,
      answered: false,
    };
    this.calls.push(call);
    response.once("close", () => {
      call.endedAt ??= Date.now();
      this.signal.ring();
    });
    this.signal.ring();
    if (early.does === "reset_before_reading") return void request.socket.resetAndDestroy();
    const body = await bodyOf(request).catch(() => null);
    if (body === null) return;
    if (!this.#authentic(account, request, body)) return void response.writeHead(401).end();
    const read = JSON.parse(body) as { text: string; receipt_url: string; attempt: number };
    if (this.#sworn.has(`${message} ${read.attempt}`)) return refuse(call, response, () => json(response, 409, {}));
    call.text = read.text;
    call.receiptUrl = read.receipt_url;
    call.conduct = account.conduct({ message, text: read.text, nth });
    this.#act(account, call, request, response);
  }

  /** Says what became of a call: it has it, or it swears never to take it. */
  async #say(account: DoubleAccount, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request).catch(() => null);
    if (body === null) return;
    if (!this.#authentic(account, request, body)) return void response.writeHead(401).end();
    const { message, attempt } = JSON.parse(body) as { message: string; attempt: number };
    const taken = this.calls.some((call) => call.message === message && call.account === account.name && call.taken);
    if (!taken) this.#swear(message, attempt);
    const state = taken ? "accepted" : "never";
    this.asked.push({ account: account.name, message, attempt, state });
    json(response, 200, { state });
    this.signal.ring();
  }

  #swear(message: string, attempt: number): void {
    this.#sworn.add(`${message} ${attempt}`);
    for (const call of this.calls) if (call.message === message) call.refused = true;
  }

  #authentic(account: DoubleAccount, request: IncomingMessage, body: string): boolean {
    try {
      new Webhook(account.secret).verify(body, request.headers as Record<string, string>);
      return (JSON.parse(body) as { message: string }).message === request.headers["webhook-id"];
    } catch (error) {
      this.forged.push(String(error));
      return false;
    }
  }

  #act(account: DoubleAccount, call: Call, request: IncomingMessage, response: ServerResponse): void {
    const { conduct } = call;
    const plan = (receipts: readonly PlannedReceipt[] = []) => {
      for (const { state, afterMs } of receipts) this.#plan(account, call, state, afterMs);
    };
    if (conduct.does === "accept") {
      call.taken = true;
      plan(conduct.receipts);
      response.once("finish", () => (call.answered = true));
      this.#later(conduct.afterMs ?? 0, () => json(response, 200, { accepted: true, reference: `r-${call.message}` }));
    } else if (conduct.does === "decline") {
      refuse(call, response, () => json(response, conduct.status ?? 200, { accepted: false, code: conduct.code }));
    } else if (conduct.does === "down" || conduct.does === "throttle") {
      const seconds = conduct.retryAfterSeconds;
      if (seconds !== undefined) response.setHeader("retry-after", String(seconds));
      refuse(call, response, () => json(response, conduct.does === "down" ? 503 : 429, {}));
    } else if (conduct.does === "error") {
      call.taken = conduct.taken ?? false;
      plan(conduct.receipts);
      json(response, conduct.status, { trouble: true });
    } else if (conduct.does === "hang") {
      call.taken = conduct.taken ?? false;
    } else if (conduct.does === "reset_before_reading") {
      request.socket.resetAndDestroy(); // a rule that needs the text can say so only now
    } else if (conduct.does === "reset_after_accepting") {
      call.taken = true;
      plan(conduct.receipts);
      request.socket.resetAndDestroy();
    } else if (conduct.does === "say") {
      call.taken = conduct.taken ?? false;
      response.writeHead(conduct.status, { "content-type": conduct.contentType }).end(conduct.body);
    } else if (conduct.does === "pour") {
      pour(response, conduct.megabytes);
    }
  }

  #plan(account: DoubleAccount, call: Call, state: string, afterMs: number): void {
    this.#owed += 1;
    this.#later(afterMs, () => {
      this.#owed -= 1;
      void this.insist(account, call.receiptUrl ?? "", call.message, state);
    });
  }

  #later(milliseconds: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

function refuse(call: Call, response: ServerResponse, answer: () => void): void {
  response.once("finish", () => Object.assign(call, { answered: true, refused: true }));
  answer();
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Writes as fast as the other side reads, until it has had enough. */
function pour(response: ServerResponse, megabytes: number): void {
  const chunk = Buffer.alloc(256 * 1_024, 0x20);
  let left = megabytes * 4;
  response.writeHead(200, { "content-type": "application/json" });
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(chunk)) return void response.once("drain", more);
    }
    response.end('{"accepted":true}');
  };
  more();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
