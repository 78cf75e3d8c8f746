/**
 * The pages and documents for readers.
 */
import type { Hono } from "hono";
import type { Bindings } from "./door.ts";
import type { Doors } from "./wiring.ts";

/** Mounts them. */
export function mountPages(_app: Hono<Bindings>, _doorsFor: (env: Env) => Doors): void {}
