import type { VirtualClock } from '@holdfast/core/testing';
import { LeaseStoreError } from '../../src/store.ts';
import type { LeaseChange, LeaseStore } from '../../src/store.ts';

export interface LinkTroubles {
  /** Each way of a request and each message of a watch takes from 0 to this long. */
  readonly delayMs: number;
  /** Share of requests that are lost on their way, and of answers. */
  readonly lossRatio: number;
  /** Without, the store can only be polled. */
  readonly watches: boolean;
}

/** One member's way to the store, which can be slow, lose things, and be cut. */
export class Link {
  /** While false nothing goes through, and nothing says so. */
  up = true;
  readonly store: LeaseStore;
  readonly #clock: VirtualClock;
  readonly #random: () => number;
  #troubles: LinkTroubles;

  constructor(store: LeaseStore, clock: VirtualClock, random: () => number, troubles: LinkTroubles) {
    this.#clock = clock;
    this.#random = random;
    this.#troubles = troubles;
    this.store = {
      kind: store.kind,
      read: (name, signal) => this.#carry(() => store.read(name, signal), signal),
      write: (name, seen, next, signal) => this.#carry(() => store.write(name, seen, next, signal), signal),
    };
    if (!troubles.watches) return;
    this.store.watch = (name, seen, onChange, signal) =>
      store.watch!(name, seen, (change) => void this.#tell(change, onChange, signal), signal);
  }

  /** From now on all goes through, in at most 50 ms each way. */
  heal(): void {
    this.up = true;
    this.#troubles = { ...this.#troubles, delayMs: Math.min(this.#troubles.delayMs, 50), lossRatio: 0 };
  }

  async #carry<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#pass(signal);
    const answer = await request();
    await this.#pass(signal);
    return answer;
  }

  /** What is lost is never answered: the caller gives up. */
  async #pass(signal: AbortSignal): Promise<void> {
    const { delayMs, lossRatio } = this.#troubles;
    const isLost = !this.up || this.#random() < lossRatio;
    await this.#clock.sleep(isLost ? Number.POSITIVE_INFINITY : delayMs * this.#random(), signal).catch((cause: unknown) => {
      throw new LeaseStoreError('the request was called off', { fault: 'unreachable', mayBeWritten: true, cause });
    });
  }

  async #tell(change: LeaseChange, onChange: (change: LeaseChange) => void, signal: AbortSignal): Promise<void> {
    if (!this.up) return;
    await this.#clock.sleep(this.#troubles.delayMs * this.#random());
    if (this.up && !signal.aborted) onChange(change);
  }
}
