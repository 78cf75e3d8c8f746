/**
 * The built Worker as a process with kept storage: one of a file's own, that can be killed and started again, or the one that
 * files share.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { freePort, makeSecrets, startWorker } from "../../../scripts/lib/worker.mjs";
import { Client } from "./client.ts";
import type { Shared } from "../run/global-setup.ts";

type Running = Awaited<ReturnType<typeof startWorker>>;

/** Client certificates by the name of the binding that calls out with them, each with the server certificate it trusts. */
type Certificates = Record<string, { key: string; cert: string; trusted: string }>;

/** Variables beyond the ordinary ones; `tap` shows what goes over the queues. */
type Options = { bindings?: Record<string, string>; certificates?: Certificates; tap?: boolean };

/**
 * The Worker, its storage, and the operator's token. Killed and started again, it keeps port and storage. A file that neither kills
 * it nor looks at the whole of it (log, memory, storage, operators' lists) shares one with the others.
 */
export class Service extends Client {
  readonly persist = mkdtempSync(join(tmpdir(), "maskline-faults-"));
  readonly secrets = makeSecrets();
  readonly #options: Options;
  #port = 0;
  #migrated = false;
  #running: Running | null = null;
  #log = "";

  private constructor(options: Options) {
    super();
    this.#options = options;
  }

  /** One of the file's own, with empty storage. */
  static async start(options: Options = {}): Promise<Service> {
    const service = new Service(options);
    service.#port = await freePort();
    await service.resume();
    return service;
  }

  get base(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  protected get adminToken(): string {
    return this.secrets.ADMIN_TOKEN;
  }

  get pid(): number {
    return this.#running?.pid ?? 0;
  }

  /** All that the processes wrote. */
  log(): string {
    return this.#log + (this.#running?.log() ?? "");
  }

  /** Starts the Worker with the storage it had. */
  async resume(bindings: Record<string, string> = {}): Promise<void> {
    const { certificates = {}, tap = false } = this.#options;
    this.#running = await startWorker({
      script: inject("workerScript"),
      persist: this.persist,
      port: this.#port,
      bindings: { ...this.secrets, ...this.#options.bindings, ...bindings },
      certificates,
      tap,
      // Storage that was started with before is migrated; asking again under load would wait behind all that comes in.
      ...(this.#migrated ? { migrations: null } : {}),
    });
    this.#migrated = true;
  }

  /** As `resume`, on another port. */
  async move(bindings: Record<string, string> = {}): Promise<void> {
    this.#port = await freePort();
    await this.resume(bindings);
  }

  /** Ends the process group at once, as a power cut would. */
  async kill(): Promise<void> {
    await this.#running?.kill();
    this.#log += this.#running?.log() ?? "";
    this.#running = null;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.persist, { recursive: true, force: true });
  }

  /** Puts bodies on a queue as the platform could: again, out of order, at any time. */
  enqueue(binding: string, bodies: unknown[]): Promise<void> {
    if (this.#running === null) throw new Error("the Worker is not running");
    return this.#running.enqueue(binding, bodies);
  }

  /** Fires a cron event and waits for all it began. */
  async scheduled(cron: string): Promise<void> {
    await this.#running?.scheduled(cron);
  }

  /** What went over the queues so far, as text; only with `tap`. */
  queued(): string[] {
    return this.#running?.queued() ?? [];
  }
}

/** The service that files share. Ending is not theirs. */
class SharedService extends Client {
  readonly base: string;
  protected readonly adminToken: string;

  constructor({ base, adminToken }: Shared) {
    super();
    this.base = base;
    this.adminToken = adminToken;
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

/** The service that files share; started when the first of them asks for it. */
export async function sharedService(): Promise<SharedService> {
  const answer = await fetch(inject("sharedService"));
  if (!answer.ok) throw new Error(`the shared service: ${await answer.text()}`);
  const where: Shared = await answer.json();
  return new SharedService(where);
}
