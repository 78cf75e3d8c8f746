/**
 * The surroundings of a test file: whatever it starts is stopped again, the last first, also when one of them did not start.
 */
import { afterAll, beforeAll } from "vitest";

type Stoppable = { stop(): Promise<unknown> } | { close(): Promise<unknown> };
/** Remembers what is to be stopped, and answers it. */
export type Use = <T extends Stoppable>(started: Promise<T>) => Promise<T>;

/** Runs `start` before the file's tests; what it `use`s is stopped behind them. */
export function setUp(start: (use: Use) => Promise<void>): void {
  const stops: (() => Promise<unknown>)[] = [];
  beforeAll(() =>
    start(async (started) => {
      const one = await started;
      stops.unshift(() => ("stop" in one ? one.stop() : one.close()));
      return one;
    }),
  );
  afterAll(async () => {
    for (const stop of stops) await stop();
  });
}
