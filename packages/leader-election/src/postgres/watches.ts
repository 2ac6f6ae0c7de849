import type { Clock } from '@holdfast/core';
import type { LeaseChange } from '../store.ts';
import { LeaseStoreError } from '../store.ts';
import { Channel } from './channel.ts';
import type { ChannelSource } from './channel.ts';
import { storeError } from './faults.ts';
import type { LeaseTable } from './table.ts';

/** The watches of a store. They share one connection, which is there while there are watches. */
export class Watches {
  readonly #source: ChannelSource;
  readonly #table: LeaseTable;
  readonly #clock: Clock;
  #channel: Channel | undefined = undefined;

  constructor(source: ChannelSource, table: LeaseTable, clock: Clock) {
    this.#source = source;
    this.#table = table;
    this.#clock = clock;
  }

  /** As {@link LeaseStore.watch}. It begins with a hint, for what was written between the last read and the beginning. */
  async watch(name: string, onChange: (change: LeaseChange) => void, signal: AbortSignal): Promise<void> {
    await Promise.resolve(); // nothing is told before the caller has the promise
    if (signal.aborted) return;
    if (this.#channel === undefined || this.#channel.closed) this.#channel = new Channel(this.#source, this.#clock);
    await this.#until(this.#channel, name, onChange, signal);
  }

  #until(channel: Channel, name: string, onChange: (change: LeaseChange) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        channel.leave(watcher);
        resolve();
      };
      const lost = (error: unknown): void => {
        signal.removeEventListener('abort', stop);
        reject(error instanceof LeaseStoreError ? error : storeError(`watch lease '${name}'`, this.#table, error, false));
      };
      const watcher = { name, onChange, lost };
      signal.addEventListener('abort', stop, { once: true });
      channel.join(watcher);
    });
  }
}
