/**
 * The bench's baseline: the platform operations of one message and nothing else. No keys, no crypto, no parsing
 * beyond the platform's own JSON, no router. The difference to the real Worker is that Worker's own cost.
 *
 * Mirrored (repeat contact, idempotency key, no receipt). How counted: the real Worker's meter reads 7 rows and 1
 * object call for accepting a scheduled message, one of the rows being its entry in the index of deadlines, which an
 * ordinary message does not have; and 11 rows for a whole life: these 6, claim, settle, receipt, event, removal. Bytes:
 * averages of a stored copy.
 * - accept: one log line of the real size (the platform takes it, stores it and charges for it like a queue message);
 * one request, one call to a SQLite object, one transaction of six rows (message, repetition, two counters, the
 * account's counters, audit), of the bytes that the real rows have; one conditional read (is the key known); 202 with a
 * body of the real size; one queue message of the real size, after the answer.
 * - dispatch: one consumer, one call to one of four senders for up to 25 ids; the sender calls the object to claim six
 * (a row update each, the account's read included), posts each to the same carrier, and calls the object to settle what
 * has answered (a row update each). Here every id is its own queue message; ours joins ids of a few milliseconds, which
 * counts in its favour. Not mirrored: the courier's permit (one call in a thousand), the alarm (one row in twelve
 * seconds).
 */
import { DurableObject } from "cloudflare:workers";

type BaselineEnv = {
  TENANTS: DurableObjectNamespace<BaselineTenant>;
  SENDERS: DurableObjectNamespace<BaselineSender>;
  QUEUE: Queue<{ tenant: string; account: string; lane: string; ids: string[] }>;
  CARRIER_URL: string;
};
type Claimed = { message: string; to: string; text: string };

const SENDERS = 4;
const IDS_PER_JOB = 25;
const CALLS_AT_ONCE = 6;

const filler = (length: number) => "x".repeat(length);
const FACTS = filler(310);
const SEALED = new Uint8Array(96);
const ANSWER = new Uint8Array(574);
const NAME = 16;
const LOG_LINE = JSON.stringify({ level: "info", what: "request", more: filler(130) });
const ENTRY = filler(450);
const HASH = filler(64);
const RECIPIENT = filler(118);
const BLOCK = filler(75);
const ACCOUNT = filler(330);
const ATTEMPTS = filler(110);
const HALF_VIEW = filler(480);

/** One tenant's rows. */
export class BaselineTenant extends DurableObject<BaselineEnv> {
  readonly #sql = this.ctx.storage.sql;
  #made = 0;

  constructor(ctx: DurableObjectState, env: BaselineEnv) {
    super(ctx, env);
    const tables = [
      "messages(id TEXT PRIMARY KEY, state TEXT, facts TEXT, attempts TEXT, recipient TEXT, text TEXT, sealed BLOB)",
      "repeats(name BLOB PRIMARY KEY, body BLOB, answer BLOB)",
      "counters(name TEXT PRIMARY KEY, windows TEXT)",
    ];
    for (const table of tables) this.#sql.exec(`CREATE TABLE IF NOT EXISTS ${table} STRICT, WITHOUT ROWID`);
    this.#sql.exec("CREATE TABLE IF NOT EXISTS audit(seq INTEGER PRIMARY KEY, entry TEXT, hash TEXT) STRICT");
  }

  async admit(to: string, text: string): Promise<string> {
    const id = `msg_${String(Date.now())}${String((this.#made += 1)).padStart(23, "0")}`;
    this.ctx.storage.transactionSync(() => {
      const name = crypto.getRandomValues(new Uint8Array(NAME));
      this.#sql.exec("SELECT answer FROM repeats WHERE name = ?", name).toArray();
      this.#counter(`recipient-${to}-key`, RECIPIENT);
      this.#counter("block-of-a-thousand", BLOCK);
      this.#counter("account", ACCOUNT);
      this.#sql.exec("INSERT INTO messages VALUES(?,?,?,?,?,?,?)", id, "queued", FACTS, "[]", to, text, SEALED);
      this.#sql.exec("INSERT INTO audit(entry, hash) VALUES(?,?)", ENTRY, HASH);
      this.#sql.exec("INSERT INTO repeats VALUES(?,?,?)", name, SEALED.subarray(0, 32), ANSWER);
    });
    return id;
  }

  async claim(ids: string[]): Promise<Claimed[]> {
    return this.ctx.storage.transactionSync(() =>
      ids.flatMap((id) => {
        const query = "SELECT recipient, text, state FROM messages WHERE id = ?";
        const row = this.#sql.exec<{ recipient: string; text: string; state: string }>(query, id).toArray()[0];
        if (row?.state !== "queued") return [];
        this.#sql.exec("UPDATE messages SET state = 'sending', attempts = ? WHERE id = ?", ATTEMPTS, id);
        return [{ message: id, to: row.recipient, text: row.text }];
      }),
    );
  }

  async settle(ids: string[]): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      for (const id of ids)
        this.#sql.exec("UPDATE messages SET state = 'sent', attempts = ?, sealed = NULL WHERE id = ?", ATTEMPTS, id);
    });
  }

  #counter(name: string, windows: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO counters VALUES(?,?)", name, windows);
  }
}

/** One sender: six calls at once, as the real one. */
export class BaselineSender extends DurableObject<BaselineEnv> {
  async drive(ids: string[]): Promise<void> {
    const tenant = this.env.TENANTS.getByName("baseline");
    for (let at = 0; at < ids.length; at += CALLS_AT_ONCE) {
      const claimed = await tenant.claim(ids.slice(at, at + CALLS_AT_ONCE));
      const sent = await Promise.all(claimed.map((one) => this.#call(one)));
      await tenant.settle(sent);
    }
  }

  async #call(one: Claimed): Promise<string> {
    const answer = await fetch(this.env.CARRIER_URL, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(one),
    });
    await answer.text();
    return one.message;
  }
}

let next = 0;

export default {
  async fetch(request, env, ctx) {
    const { to, text } = await request.json<{ to: string; text: string }>();
    const id = await env.TENANTS.getByName("baseline").admit(to, text);
    console.log(LOG_LINE);
    ctx.waitUntil(env.QUEUE.send({ tenant: "ten_e00000000", account: `car_${filler(36)}`, lane: "bulk", ids: [id] }));
    return Response.json({ id, view: HALF_VIEW, more: HALF_VIEW.slice(0, 60) }, { status: 202 });
  },

  async queue(batch, env) {
    const ids = batch.messages.flatMap((message) => message.body.ids);
    const drives: Promise<void>[] = [];
    for (let at = 0; at < ids.length; at += IDS_PER_JOB) {
      next = (next + 1) % SENDERS;
      drives.push(env.SENDERS.getByName(String(next)).drive(ids.slice(at, at + IDS_PER_JOB)));
    }
    await Promise.all(drives);
    batch.ackAll();
  },
} satisfies ExportedHandler<BaselineEnv, { tenant: string; account: string; lane: string; ids: string[] }>;
