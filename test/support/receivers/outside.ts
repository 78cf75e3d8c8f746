/**
 * The outside world on the loopback address: a server that keeps every call it gets, byte for byte, and answers as it is
 * told. Stands for a webhook receiver, a carrier's gateway, or a place nobody may call.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { patience } from "../run/patience.ts";

export type Kept = { url: string; method: string; headers: IncomingMessage["headers"]; body: string; at: number };

export type Outside = {
  url: string;
  port: number;
  calls: Kept[];
  /** Connections that were opened, whether or not a request came over them. */
  connections: () => number;
  /** Resolves once `done` is true; asked after every call. */
  until: (done: (calls: Kept[]) => boolean, what: string) => Promise<void>;
  close: () => Promise<void>;
};

/** A turn that was lost on its way is made good after a lease of a minute (webhooks/ledger.ts). */
const WAIT_MS_MAX = 25_000;

type Answer = (call: Kept, response: ServerResponse) => void;

const noContent: Answer = (_call, response) => void response.writeHead(204).end();

/** Starts listening. */
export async function outside(answer: Answer = noContent): Promise<Outside> {
  const calls: Kept[] = [];
  const waiting = new Set<() => void>();
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { url = "", method = "", headers } = request;
      const call = { url, method, headers, body: Buffer.concat(chunks).toString("utf8"), at: Date.now() };
      calls.push(call);
      answer(call, response);
      for (const look of waiting) look();
    });
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    connections: () => connections,
    until: (done, what) =>
      new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`it did not happen: ${what}`));
        }, patience(WAIT_MS_MAX));
        const look = () => {
          if (!done(calls)) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** JSON as a gateway answers it. */
export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
