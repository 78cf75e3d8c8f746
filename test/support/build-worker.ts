/**
 * Builds the Worker once for all fault tests, before the first of them.
 */
import type { TestProject } from "vitest/node";
import { makeAssets } from "../../scripts/lib/assets.mjs";
import { buildWorker } from "../../scripts/lib/worker.mjs";

declare module "vitest" {
  interface ProvidedContext {
    workerScript: string;
  }
}

/** Vitest's global set-up. */
export default function setup(project: TestProject): void {
  makeAssets();
  project.provide("workerScript", buildWorker());
}
