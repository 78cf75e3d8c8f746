// Runs in a process of its own: a number of connections, each with one request in flight, until a fixed count is done.
// The same generator loads every contender. With `perSecond` requests are sent at a fixed rate instead, for latencies.
// Started by `startHelper` in processes.mjs and controlled by its messages.
import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { clock } from "./clock.mjs";

const secondsMax = 120;
const texts = [
  "Your shift on Friday is confirmed: 9 am to 5 pm at the north gate.",
  "Your parcel arrives today between 2 and 3 pm. Reply is not possible.",
  "Your table for four at 7.30 pm is booked. See you tonight!",
  "Reminder: your appointment with Dr Lee is tomorrow at 10.15 am.",
];

/** Ofcom's drama numbers, cyclically, so that they are repeat contacts. */
const numberAt = (at) => `+447700900${String(at % 1_000).padStart(3, "0")}`;
const messageAt = (at, extra) => ({
  to: numberAt(at * 7),
  purpose: "service",
  text: texts[at % texts.length],
  ...extra,
});

/** What each kind of contender is sent as request number `at`. */
const kinds = {
  single: (at, { extra }) => post(JSON.stringify(messageAt(at, extra)), { "idempotency-key": randomUUID() }),
  batch: (at, { size, extra }) => {
    const messages = Array.from({ length: size }, (_, each) => messageAt(at * size + each, extra));
    return post(JSON.stringify({ messages }), { "idempotency-key": randomUUID() });
  },
  /** Starts with a code of the caller's, so that it is known here; each number once in a run. */
  start: (at, { code, count }) =>
    post(JSON.stringify({ to: numberAt(at % count), intent: "login", custom_code: code }), {
      "idempotency-key": randomUUID(),
    }),
  check: (at, { ids, code }) => ({ ...post(JSON.stringify({ code }), {}), suffix: `/${ids[at % ids.length]}/check` }),
  /** The same for better-auth: requests a code, and guesses the one that a number was sent. */
  otp: (at, { count }) => post(JSON.stringify({ phoneNumber: numberAt(at % count) }), {}),
  guess: (at, { count, code }) =>
    post(JSON.stringify({ phoneNumber: numberAt(at % count), code, disableSession: true }), {}),
  gateway: (at, { query }) => {
    const { to, text } = messageAt(at);
    const asked = new URLSearchParams({ ...query, to: to.slice(1), text });
    return { method: "GET", suffix: `?${asked.toString()}`, headers: {}, body: "" };
  },
};

function post(body, headers) {
  return {
    method: "POST",
    suffix: "",
    headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    body,
  };
}

let offset = 0;

/** One run; answers how many were accepted, how long it took, and when each request of a message left and was answered. */
async function run(job) {
  const agent = new Agent({ keepAlive: true, maxSockets: job.connections });
  const seen = { accepted: 0, other: {}, latencies: [], sentAt: {}, answeredAt: {} };
  const began = clock();
  const until = began + secondsMax * 1_000;
  const first = offset;
  offset += job.count;
  let next = 0;
  const lane = async () => {
    while (next < job.count && clock() < until) {
      const at = next++;
      if (job.perSecond) await sleepUntil(began + (at * 1_000) / job.perSecond);
      await one(job, first + at, agent, seen);
    }
  };
  await Promise.all(Array.from({ length: job.connections }, lane));
  agent.destroy();
  return { ...seen, began, ended: clock() };
}

function sleepUntil(at) {
  const milliseconds = at - clock();
  return milliseconds <= 0 ? null : new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function one(job, at, agent, seen) {
  const { method, suffix, headers, body } = kinds[job.kind](at, job);
  const sent = clock();
  return new Promise((resolve) => {
    const call = request(
      job.url + suffix,
      { method, agent, headers: { ...job.headers, ...headers }, timeout: 20_000 },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        answer.on("end", () => resolve(note(job, seen, sent, answer.statusCode, text)));
      },
    );
    call.once("timeout", () => call.destroy());
    call.once("error", (error) => {
      seen.other[error.code ?? "error"] = (seen.other[error.code ?? "error"] ?? 0) + 1;
      resolve();
    });
    call.end(body);
  });
}

function note(job, seen, sent, status, text) {
  const now = clock();
  if (status !== (job.status ?? 202) || !text.includes(job.holds ?? "")) {
    const what = `${status} ${text.slice(0, 160)}`;
    if (Object.keys(seen.other).length < 20 || what in seen.other) seen.other[what] = (seen.other[what] ?? 0) + 1;
    return;
  }
  seen.accepted += job.kind === "batch" ? text.split('"message":{"id"').length - 1 : 1;
  seen.latencies.push(now - sent);
  const id = job.times ? /"id":"([^"]+)"/.exec(text)?.[1] : undefined;
  if (id === undefined) return;
  seen.sentAt[id] = sent;
  seen.answeredAt[id] = now;
}

process.on("message", ({ id, ...job }) => {
  void run(job).then((answer) => process.send({ id, answer }));
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: true });
