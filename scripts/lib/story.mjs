// The first story, played against the running service: one SMS from the request to the signed webhook. Prints each step
// as it happens, with the source file to read next.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Trouble } from "./tools.mjs";

const waitSecondsMax = 30;
const to = "+447700900123"; // one of Ofcom's drama numbers, which reach nobody

/** Plays the story; a step that fails throws a `Trouble` that names it. */
export async function playStory(call, print = console.log) {
  const receiver = await receive();
  const endpoint = await step("register a webhook endpoint", () =>
    call("POST /v1/webhooks", { body: { url: receiver.url, events: ["message.*"] }, expect: 201 }),
  );
  try {
    print(`  1. A webhook endpoint is registered: ${receiver.url}`);
    const message = await step("send a message", () => send(call));
    print(`  2. A message is accepted: ${message.id}, state ${message.state}`);
    print(`     to ${message.to.mask}, kept as ${message.to.token}`);
    const shown = await step("see it on the sandbox handset", () => onHandset(call, message.id));
    print(`  3. The sandbox handset shows it: "${shown.text}"`);
    const event = await step("receive the webhook message.delivered", () => receiver.delivered(message.id));
    print(`  4. The webhook arrives: ${event.type}, ${event.id}`);
    await step("verify the webhook's signature", () => verify(endpoint.secret, event));
    print("  5. Its signature is genuine (Standard Webhooks v1)");
  } finally {
    receiver.close();
    await step("delete the webhook endpoint", () => call(`DELETE /v1/webhooks/${endpoint.id}`, { expect: 204 }));
  }
}

/** One step of a story; its failure names it. */
export async function step(what, act) {
  try {
    return await act();
  } catch (error) {
    throw new Trouble(`The story stopped at: ${what}.\n${error.message}`);
  }
}

function send(call) {
  return call("POST /v1/messages", {
    headers: { "idempotency-key": randomUUID() },
    body: { to, purpose: "service", text: "Your parcel arrives today between 2 and 3 pm." },
    expect: 202,
  });
}

async function onHandset(call, id) {
  return eventually(`the handset lists ${id}`, async () => {
    const { data } = await call("GET /v1/sandbox/handset/messages");
    return data.find((each) => each.message_id === id);
  });
}

async function verify(secret, event) {
  const { Webhook } = await import("standardwebhooks");
  new Webhook(secret).verify(event.body, event.headers);
}

/** A webhook receiver on the loopback address, which keeps what it receives. */
async function receive() {
  const received = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      response.writeHead(204).end();
      received.push({ ...JSON.parse(body), body, headers: request.headers });
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    delivered: (id) =>
      eventually(`message.delivered for ${id} at the receiver`, () =>
        received.find((event) => event.type === "message.delivered" && event.body.includes(id)),
      ),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Repeats `find` until it answers a value, and answers it. */
export async function eventually(what, find) {
  const until = Date.now() + waitSecondsMax * 1000;
  for (;;) {
    const found = await find();
    if (found) return found;
    if (Date.now() > until)
      throw new Trouble(
        `Expected: ${what} within ${waitSecondsMax} s. It did not happen.\n` +
          "What to do: read .dev/start.log for the message's path; a queue or an alarm may have failed.",
      );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
