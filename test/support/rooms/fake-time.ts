/**
 * Time that stands still until a test moves it: for objects that are given `now` and `later`.
 */
type Timer = { at: number; run: () => void };

export class FakeTime {
  now = 1_795_000_000_000;
  readonly timers = new Set<Timer>();

  /** As `setTimeout`; the answer takes it back. */
  later = (milliseconds: number, run: () => void): (() => void) => {
    const timer = { at: this.now + milliseconds, run };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  };

  sleep = (milliseconds: number): Promise<void> => new Promise((resume) => void this.later(milliseconds, resume));

  /** Moves on, running what falls due in order, and lets every promise that can settle do so after each. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.now + milliseconds;
    await quiet();
    for (;;) {
      const [next] = [...this.timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.timers.delete(next);
      this.now = Math.max(this.now, next.at);
      next.run();
      await quiet();
    }
    this.now = until;
  }
}

/** Every promise that is able to settle has settled. */
export async function quiet(): Promise<void> {
  for (let nth = 0; nth < 5; nth += 1) await new Promise((resolve) => setImmediate(resolve));
}
