/** A tenant with one thing of every kind, at rest: nothing queued, nothing due, so that its rows stand still. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { signedIn } from "./people.ts";
import { ask, asOperator, newTenant, type Answered, type Tenant } from "./tenants.ts";

export type Furnished = Tenant & {
  things: {
    message: string;
    verification: string;
    service: string;
    budget: string;
    template: string;
    batch: string;
    token: string;
    webhook: string;
    event: string;
    key: string;
    line: string;
    number: string;
    pool: string;
    session: string;
    participant: string;
    inbound: string;
    relay: string;
    person: string;
    personSession: string;
    job: string;
  };
};

const sent = (answer: Answered, status: number): Record<string, unknown> => {
  if (answer.status !== status) throw new Error(`expected ${status}: ${answer.text}`);
  return answer.body;
};

/** Makes the tenant, its things, and waits until they are at rest. */
export async function furnish(name: string, jurisdiction: "eu" | "us" = "eu"): Promise<Furnished> {
  const tenant = await newTenant(name, jurisdiction);
  const { key } = tenant;
  const webhook = sent(
    await ask("POST /v1/webhooks", { key, body: { url: "https://192.0.9.1/hook", events: ["audit.head"] } }),
    201,
  );
  const message = { to: "+447700900150", text: `Hello from ${name}`, purpose: "service" };
  const batch = sent(await ask("POST /v1/messages/batch", { key, body: { messages: [message] } }), 202);
  const [first] = batch["data"] as { message: { id: string; to: { token: string } } }[];
  if (first === undefined) throw new Error("an empty batch");
  await ended(key, first.message.id);
  const service = sent(await ask("POST /v1/verify/services", { key, body: { name: "Sign-in" } }), 201);
  const day = { name: "Day", window: "day", limit: { amount: 1_000_000, currency: "GBP" } };
  const budget = sent(await ask("POST /v1/budgets", { key, body: day }), 201);
  const texts = { "en-GB": "{{code}} is your code" };
  const template = sent(await ask("POST /v1/verify/templates", { key, body: { name: "Short", texts } }), 201);
  const code = { to: "+447700900151", intent: "login" };
  const verification = sent(await ask("POST /v1/verifications", { key, body: code }), 201);
  const [send] = verification["sends"] as { message_id: string }[];
  await ended(key, send?.message_id ?? "");
  const [event] = sent(await ask("GET /v1/events", { key }), 200)["data"] as { id: string }[];
  const [line] = sent(await ask("GET /v1/sandbox/handset/lines", { key }), 200)["data"] as { line: string }[];
  const lent = await masked(tenant);
  const person = await signedIn(tenant, "viewer");
  await rest(tenant.id, key);
  const job = await failedJob(tenant, first.message.id);
  return {
    ...tenant,
    things: {
      message: first.message.id,
      verification: String(verification["id"]),
      service: String(service["id"]),
      budget: String(budget["id"]),
      template: String(template["id"]),
      batch: String(batch["batch_id"]),
      token: first.message.to.token,
      webhook: String(webhook["id"]),
      event: event?.id ?? "",
      key: tenant.keyId,
      line: line?.line ?? "",
      job,
      person: person.id,
      personSession: person.session,
      ...lent,
    },
  };
}

/** Two virtual numbers in a pool, a session of two people, and a stranger's text in the inbox. */
async function masked({ id, key }: Tenant) {
  const accounts = (await asOperator("GET /admin/v1/carriers")).body["data"] as { id: string; kind: string }[];
  const account = accounts.find(({ kind }) => kind === "sandbox")?.id;
  const numbers = ["+447700900871", "+447700900872", "+447700900873"].map((number) => ({ number, account }));
  sent(await asOperator("POST /admin/v1/numbers", { tenant: id, numbers }), 201);
  const [number, , third] = sent(await ask("GET /v1/numbers", { key }), 200)["data"] as { id: string }[];
  const body = { name: "Couriers", numbers: [number?.id, third?.id] };
  const pool = sent(await ask("POST /v1/pools", { key, body }), 201);
  const relay = sent(await ask("POST /v1/relays", { key, body: { to: "+447700900163" } }), 201);
  const people = { participants: [{ to: "+447700900160" }, { to: "+447700900161" }] };
  const session = sent(await ask("POST /v1/sessions", { key, body: people }), 201);
  const [participant] = session["participants"] as { id: string }[];
  const text = { number: "+447700900162", to: "+447700900872", text: "Are you open?" };
  sent(await ask("POST /v1/sandbox/handset/messages", { key, body: text }), 202);
  const [inbound] = sent(await ask("GET /v1/inbound", { key }), 200)["data"] as { id: string }[];
  return {
    number: number?.id ?? "",
    pool: String(pool["id"]),
    session: String(session["id"]),
    participant: participant?.id ?? "",
    inbound: inbound?.id ?? "",
    relay: String(relay["id"]),
  };
}

const stubOf = (id: string) =>
  env.TENANTS.get(env.TENANTS.idFromName(`${id.startsWith("ten_u") ? "us" : "eu"}:${id.slice(5)}`));

/** A quarantined row of background work, about a message that stands still. */
async function failedJob(tenant: Tenant, message: string): Promise<string> {
  const id = `job_${message.slice(4)}`;
  await runInDurableObject(stubOf(tenant.id), (_object, { storage }) => {
    storage.sql.exec(
      `INSERT INTO failed_jobs(id, step, row, failures, error, first_at, last_at, again_at) VALUES(?,'messages.sweep',?,5,'Error',1,1,NULL)`,
      id,
      message,
    );
  });
  await evictDurableObject(stubOf(tenant.id)); // it keeps them in memory
  return id;
}

/** Moves the clock past every first look and lets the alarm do what is due. */
export async function rest(id: string, key: string): Promise<void> {
  sent(await ask("POST /v1/sandbox/clock", { key, body: { advance_seconds: 3_600 } }), 200);
  const stub = stubOf(id);
  for (let turns = 0; turns < 100 && (await runDurableObjectAlarm(stub)); turns += 1) await scheduler.wait(20);
}

/** Answers when the message has ended; the dispatch path needs a moment. */
async function ended(key: string, id: string): Promise<void> {
  for (let looks = 0; looks < 1_000; looks += 1) {
    const message = sent(await ask(`GET /v1/messages/${id}`, { key }), 200);
    if (message["ended_at"] !== null) return;
    await scheduler.wait(10);
  }
  throw new Error("the message never ended");
}
