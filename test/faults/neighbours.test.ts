// Dead receivers and the others (T38), against the built Worker: what other tenants' receivers lose by a neighbour that
// hangs, cannot be spoken to, or answers without end.
import { createServer as createTcpServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { ServerResponse } from "node:http";
import { createGzip } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { residentMegabytes } from "../support/service/memory.ts";
import { atSpeed, leastOf } from "../support/run/patience.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { about, have, p99, Receivers, type Endpoint } from "../support/receivers/receivers.ts";
import { selfSigned } from "../support/receivers/self-signed.ts";
import { sized } from "../support/run/seed.ts";
import { Signal } from "../support/run/signal.ts";

/** A dead receiver delays others by less than this. */
const DELAY_MS_MAX = atSpeed(1_000);

let service: Service;
const all: Receivers[] = [];
const servers: Server[] = [];

setUp(async (use) => {
  service = await use(Service.start());
});
afterAll(async () => {
  await Promise.all(all.map((each) => each.close()));
  for (const server of servers) server.close();
});

async function tenant(name: string): Promise<Receivers> {
  const receivers = await Receivers.of(service, name);
  all.push(receivers);
  return receivers;
}

type Neighbour = { tenant: Receivers; receiver: Endpoint };
async function neighbour(name: string): Promise<Neighbour> {
  const own = await tenant(name);
  return { tenant: own, receiver: await own.endpoint() };
}

/** Each sends, round after round, and hears of it; answers the 99th of a hundred delays. */
async function rounds(of: readonly Neighbour[], count: number, each: () => Promise<unknown> = () => Promise.resolve()) {
  const sent = new Map(of.map((one) => [one, [] as string[]]));
  for (let round = 0; round < count; round += 1) {
    await each();
    await Promise.all(
      of.map(async (one) => {
        const ids = await one.tenant.send(1);
        await one.receiver.until((calls) => have(calls, ids), "the neighbour is told");
        sent.get(one)?.push(...ids);
      }),
    );
  }
  return p99(of.flatMap((one) => about(one.receiver.calls, ...(sent.get(one) ?? []))));
}

test("three dead receivers delay other tenants' by less than a second, from the first call that hangs onward", async () => {
  const others = await Promise.all(["One", "Two", "Three", "Four"].map(neighbour));
  const alone = await rounds(others, 25);
  const dead = await tenant("Dead");
  const hang = await Promise.all([1, 2, 3].map(() => dead.endpoint(() => undefined)));
  await dead.send(10);
  for (const each of hang) await each.until((calls) => calls.length > 0, "its first call hangs");
  const beside = await leastOf(() => rounds(others, 25, () => dead.send(2)), alone + DELAY_MS_MAX);
  console.log(`others hear after ${alone} ms alone, ${beside} ms beside three dead receivers (p99 of a hundred)`);
  expect(beside - alone).toBeLessThan(DELAY_MS_MAX);
});

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listening = async (server: Server): Promise<Server> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};

test("a receiver whose certificate is not trusted, or that speaks no TLS, is told nothing, and is tried again later", async () => {
  const heard: string[] = [];
  const arrived = new Signal();
  const handshakes = { untrusted: 0, plain: 0, silent: 0 };
  const untrusted = await listening(createTlsServer(selfSigned("127.0.0.1"), (request, response) => {
    heard.push(String(request.headers["webhook-id"]));
    response.writeHead(204).end();
  }));
  untrusted.on("connection", () => (handshakes.untrusted += 1, arrived.ring()));
  const plain = await listening(createTcpServer((socket) => {
    handshakes.plain += 1;
    arrived.ring();
    socket.on("data", (bytes: Buffer) => { if (bytes.includes("webhook-id")) heard.push("in clear"); });
    socket.on("error", () => undefined);
    socket.end("HTTP/1.1 204 No Content\r\n\r\n");
  }));
  const silent = await listening(createTcpServer((socket) => {
    handshakes.silent += 1;
    arrived.ring();
    socket.on("error", () => undefined);
  }));
  const own = await tenant("TLS");
  const good = await own.endpoint();
  const bad = await Promise.all([untrusted, plain, silent].map((server) => own.register(`https://127.0.0.1:${portOf(server)}/hook`)));
  const [first = ""] = await own.send(1);
  await good.until((calls) => have(calls, [first]), "the good one hears");
  const tried = (times: number) => Object.values(handshakes).every((count) => count >= times);
  await arrived.until("each was tried", 20_000, () => tried(1));
  const before = { ...handshakes };
  for (let round = 0; round < 12 && !(handshakes.untrusted > before.untrusted && handshakes.plain > before.plain); round += 1) {
    await own.advance(10); // the schedule's second try
    const [next = ""] = await own.send(1);
    await good.until((calls) => have(calls, [next]), "the good one hears on");
  }
  expect(handshakes.untrusted).toBeGreaterThan(before.untrusted);
  expect(handshakes.plain).toBeGreaterThan(before.plain);
  expect(heard).toEqual([]);
  for (const { id } of bad) expect((await own.ask(`GET /v1/webhooks/${id}`)).body).toMatchObject({ state: "active" });
  expect(about(good.calls, first)).toHaveLength(1);
}); // prettier-ignore

const GIGABYTES = 10;
const CHUNK = Buffer.alloc(1 << 20, 120);

/** Writes ten gigabytes as fast as they are taken; counts what left, and tells when the other side has had enough. */
function pour(response: NodeJS.WritableStream & { destroyed?: boolean }, count: (bytes: number) => void): void {
  let left = GIGABYTES * 1_024;
  const more = () => {
    while (left > 0 && response.destroyed !== true) {
      left -= 1;
      count(CHUNK.length);
      if (!response.write(CHUNK)) return;
    }
    response.end();
  };
  response.on("drain", more);
  response.on("error", () => undefined);
  more();
}

const WAYS: Record<string, (response: ServerResponse, count: (bytes: number) => void) => void> = {
  announced: (response, count) => {
    response.writeHead(200, { "content-length": String(GIGABYTES * 1_024 * CHUNK.length) });
    pour(response, count);
  },
  "in chunks": (response, count) => {
    response.writeHead(200);
    pour(response, count);
  },
  compressed: (response, count) => {
    response.writeHead(200, { "content-encoding": "gzip" });
    const gzip = createGzip({ level: 1 });
    gzip.on("data", (bytes: Buffer) => count(bytes.length)); // what leaves, not what it was made of
    gzip.pipe(response);
    response.on("close", () => gzip.destroy());
    pour(gzip, () => undefined);
  },
};

test.each(Object.keys(WAYS))("an answer of ten gigabytes, %s, is read to the cap and no further, and takes no memory", async (way) => {
  let written = 0;
  let closed = 0;
  const ended = new Signal();
  const own = await tenant(`Endless ${way}`);
  const endless = await own.endpoint((_call, response) => {
    response.on("close", () => (closed += 1, ended.ring()));
    WAYS[way]?.(response, (bytes) => (written += bytes));
  });
  const warm = await own.send(1);
  await endless.until((calls) => have(calls, warm), "it is called");
  await ended.until("the first is let go", 20_000, () => closed >= 1);
  const calls = sized(20, 200);
  const before = residentMegabytes(service.pid);
  const ids = await own.send(calls);
  await endless.until((all) => have(all, ids), "it is told of each");
  await ended.until("all are let go", 20_000, () => closed >= calls + 1);
  const grown = residentMegabytes(service.pid) - before;
  const each = Math.round(written / (calls + 1) / 1_024);
  console.log(`${way}: ${each} kB left the receiver for each answer, memory grew by ${grown} MB over ${calls}`);
  expect(grown).toBeLessThan(150); // twenty uncapped readers would hold gigabytes
  expect(each).toBeLessThan(64 * 1_024); // what the sockets' buffers hold; of ten gigabytes
  expect(about(endless.calls, ...ids)).toHaveLength(calls); // the status stood: nothing is told twice
}); // prettier-ignore
