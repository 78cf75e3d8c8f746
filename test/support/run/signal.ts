/**
 * Waiting for something to become true: looked at whenever something happens, never by sleeping for a guess. `timeoutMs` is what it
 * takes at most on a quiet machine; one gives up after what that is on this one.
 */
import { patience } from "./patience.ts";

export class Signal {
  #waiting = new Set<() => void>();

  /** Something happened; whoever waits looks again. */
  ring(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when `holds` does; rejects after `timeoutMs` with what was awaited and `so`, the state of things by then. */
  until(what: string, timeoutMs: number, holds: () => boolean, so: () => string = () => ""): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      const look = () => {
        if (holds()) end(resolve);
      };
      const patienceMs = patience(timeoutMs);
      const timer = setTimeout(
        () => end(() => reject(new Error(`not within ${patienceMs} ms: ${what} ${so()}`))),
        patienceMs,
      );
      this.#waiting.add(look);
      look();
    });
  }
}

/** Asks again every `everyMs` until the answer is not null: for what no event tells. */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | null>,
  everyMs = 200,
  so: () => string = () => "",
): Promise<T> {
  const patienceMs = patience(timeoutMs);
  const until = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > until) throw new Error(`not within ${patienceMs} ms: ${what} ${so()}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
