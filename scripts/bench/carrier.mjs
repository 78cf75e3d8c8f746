// Runs in a process of its own: the carrier that every contender hands its messages to, and the tenant's webhook
// receiver. Accepts each message at once; on demand sends a signed receipt for it, as docs/carriers-http.md describes.
// Started by `startHelper` in processes.mjs and told what to do by its messages.
import { createHmac } from "node:crypto";
import { Agent, createServer, request } from "node:http";
import { clock } from "./clock.mjs";

const receiptConnectionsMax = 8;
const receiptsWaitingMax = 200_000;

let state = fresh();
let receipts = { secret: null };
const agent = new Agent({ keepAlive: true, maxSockets: receiptConnectionsMax });
const waiting = [];
let sending = 0;

function fresh() {
  return {
    hits: 0,
    hooks: 0,
    receipts: 0,
    refused: 0,
    lastHit: 0,
    lastHook: 0,
    at: new Map(),
    hooked: new Set(),
    twice: 0,
  };
}

/** What was handed over: our JSON, or the query of a gateway that speaks GET. */
function took(id) {
  const now = clock();
  state.hits += 1;
  state.lastHit = now;
  if (state.at.has(id)) state.twice += 1;
  else state.at.set(id, now);
}

const server = createServer((incoming, answer) => {
  const url = new URL(incoming.url, "http://loopback");
  let text = "";
  incoming.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  incoming.on("end", () => {
    if (url.pathname === "/hook") return hook(incoming, answer);
    if (url.pathname === "/gateway") {
      took(url.searchParams.get("id") ?? "");
      return answer.writeHead(202, { "content-type": "text/plain" }).end("0: Accepted for delivery");
    }
    const body = JSON.parse(text);
    took(body.message);
    answer.writeHead(200, { "content-type": "application/json" }).end('{"accepted":true}');
    if (receipts.secret !== null && waiting.length < receiptsWaitingMax) {
      waiting.push({ url: body.receipt_url, message: body.message });
      pump();
    }
  });
});

function hook(incoming, answer) {
  state.hooks += 1;
  state.lastHook = clock();
  state.hooked.add(incoming.headers["webhook-id"]);
  answer.writeHead(204).end();
}

function pump() {
  while (sending < receiptConnectionsMax && waiting.length > 0) {
    sending += 1;
    const next = waiting.shift();
    void sendReceipt(next).then((status) => {
      sending -= 1;
      if (status === 200) state.receipts += 1;
      else state.refused += 1;
      pump();
    });
  }
}

function sendReceipt({ url, message }) {
  const body = JSON.stringify({ message, state: "delivered" });
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(receipts.secret.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`${message}.${timestamp}.${body}`).digest("base64");
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "webhook-id": message,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${mac}`,
  };
  return new Promise((resolve) => {
    const call = request(url, { method: "POST", agent, headers }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode));
    });
    call.once("error", () => resolve(0));
    call.end(body);
  });
}

process.on("message", ({ id, ask, ...told }) => {
  if (ask === "reset") {
    state = fresh();
    waiting.length = 0;
    receipts = { secret: told.secret ?? null };
  }
  const { at, hooked, ...counts } = state;
  const times = ask === "times" ? { times: Object.fromEntries(at) } : {};
  process.send({ id, answer: { ...counts, distinct: at.size, hookedDistinct: hooked.size, ...times } });
});
process.on("disconnect", () => process.exit(0));

server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => process.send({ ready: server.address().port }));
