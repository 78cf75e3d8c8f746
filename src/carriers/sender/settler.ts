/**
 * Settles carriers' answers with the tenant. One call settles all results at hand, so a hanging call delays no other
 * result. Repeats when the tenant's storage fails, because a lost answer leaves a message unknown.
 */

/**
 * Calls and results that come within this time are claimed and settled together: each claim or settlement is a durable
 * write.
 */
export const GATHER_MS = 2;

/** Tries, each wait twice the last: about eight seconds, well within the claim's half minute. */
const TRIES_MAX = 9;
const WAIT_MS_FIRST = 50;
const WAIT_MS_MAX = 2_000;

/** The settlements of one job; `busy` says whether other calls run, whose results are worth a moment's wait. */
export class Settler<Settlement, Onward> {
  readonly #settle: (settlements: Settlement[]) => Promise<Onward[]>;
  readonly #sleep: (milliseconds: number) => Promise<void>;
  readonly #busy: () => boolean;
  readonly #onward: Onward[] = [];
  #ready: { settlement: Settlement; done: () => void }[] = [];
  #running: Promise<void> | null = null;

  constructor(
    settle: (settlements: Settlement[]) => Promise<Onward[]>,
    sleep: (milliseconds: number) => Promise<void>,
    busy: () => boolean,
  ) {
    this.#settle = settle;
    this.#sleep = sleep;
    this.#busy = busy;
  }

  /** Resolves when the settlement is durable, or was given up: only then is its call over. */
  add(settlement: Settlement): Promise<void> {
    return new Promise((done) => {
      this.#ready.push({ settlement, done });
      this.#running ??= this.#run();
    });
  }

  /** Waits until nothing is left to settle; answers what goes on to another account. Never throws. */
  async finish(): Promise<Onward[]> {
    while (this.#running !== null) await this.#running;
    return this.#onward;
  }

  /**
   * A result that cannot be settled in time is dropped: its claim's lease expires, and the message becomes `unknown`.
   */
  async #run(): Promise<void> {
    while (this.#ready.length > 0) {
      await (this.#busy() ? this.#sleep(GATHER_MS) : Promise.resolve()); // a single result does not wait
      const batch = this.#ready;
      this.#ready = [];
      const settlements = batch.map(({ settlement }) => settlement);
      if (!(await this.#settled(settlements))) await this.#insist(settlements);
      for (const { done } of batch) done();
    }
    this.#running = null;
  }

  /** One by one after a failure, so that one message's failure affects no other. */
  async #insist(batch: Settlement[]): Promise<void> {
    let left = batch;
    for (let nth = 0; nth < TRIES_MAX && left.length > 0; nth += 1) {
      await this.#sleep(Math.min(WAIT_MS_MAX, WAIT_MS_FIRST * 2 ** nth));
      const failed: Settlement[] = [];
      for (const one of left) if (!(await this.#settled([one]))) failed.push(one);
      left = failed;
    }
  }

  async #settled(batch: Settlement[]): Promise<boolean> {
    try {
      this.#onward.push(...(await this.#settle(batch)));
      return true;
    } catch {
      return false;
    }
  }
}
