/**
 * Where carriers call back, and nothing behind it: keeps every callback as the door would hand it on.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Callback } from "../../../src/carriers/carrier.ts";
import { Signal } from "../run/signal.ts";

export class CallbackSink {
  readonly callbacks: Callback[] = [];
  readonly signal = new Signal();
  /** What the next callbacks are answered; 200 when there is nothing here. */
  readonly statuses: number[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const path = request.url ?? "/";
        const message = /\/receipts\/([^.]+)\./.exec(path)?.[1] ?? "";
        const headers = request.headers as Record<string, string>;
        this.callbacks.push({
          message,
          url: this.base + path,
          headers,
          body: Buffer.concat(chunks),
          now: Date.now(),
          called: null,
        });
        response.writeHead(this.statuses.shift() ?? 200).end();
        this.signal.ring();
      });
    });
  }

  static async start(): Promise<CallbackSink> {
    const sink = new CallbackSink();
    await new Promise<void>((resolve) => sink.#server.listen(0, "127.0.0.1", resolve));
    return sink;
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where receipts of a message go. */
  urlFor(message: string): string {
    return `${this.base}/carriers/car_1/receipts/${message}.4h7j1k6m3n0p5q8s`;
  }

  of(message: string): Callback[] {
    return this.callbacks.filter((callback) => callback.message === message);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
