/**
 * What all files that drive the built Worker share: it is built once, and one service runs for those that neither kill it nor set it
 * up in a way of their own. Each file has tenants and carrier accounts of its own there, as strangers have in production.
 */
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { makeAssets } from "../../../scripts/lib/assets.mjs";
import { buildWorker, makeSecrets, startWorker } from "../../../scripts/lib/worker.mjs";

declare module "vitest" {
  interface ProvidedContext {
    workerScript: string;
    /** Where the shared service is asked for. */
    sharedService: string;
  }
}

/** What a test file is told of the shared service. */
export type Shared = { base: string; adminToken: string };

/** Vitest's global set-up; answers what ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  makeAssets();
  const script = buildWorker();
  project.provide("workerScript", script);
  const shared = new SharedService(script);
  const server = createServer((_request, response) => {
    shared.where().then(
      (told) => response.end(JSON.stringify(told)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  project.provide("sharedService", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    server.close();
    await shared.stop();
  };
}

/** Runs from when it is first asked for until the run is over. */
class SharedService {
  readonly #script: string;
  readonly #secrets = makeSecrets();
  readonly #persist = mkdtempSync(join(tmpdir(), "maskline-shared-"));
  #starting: ReturnType<typeof startWorker> | null = null;

  constructor(script: string) {
    this.#script = script;
  }

  /** Starts it, the first time. */
  async where(): Promise<Shared> {
    this.#starting ??= startWorker({ script: this.#script, persist: this.#persist, bindings: this.#secrets });
    return { base: (await this.#starting).base, adminToken: this.#secrets.ADMIN_TOKEN };
  }

  async stop(): Promise<void> {
    await (await this.#starting)?.kill();
    rmSync(this.#persist, { recursive: true, force: true });
  }
}
