import type { Lease } from '../../src/lease.ts';
import type { LeaseChange, LeaseStore } from '../../src/store.ts';
import { never } from './environment.ts';

/** A watch with all that it told. */
export class Watching {
  readonly changes: LeaseChange[] = [];
  /** Settles when the watch does. */
  readonly ended: Promise<void>;
  readonly #store: LeaseStore;
  readonly #name: string;
  readonly #aborting = new AbortController();
  #told = Promise.withResolvers<void>();

  constructor(store: LeaseStore, name: string, seen: Lease | undefined) {
    this.#store = store;
    this.#name = name;
    this.ended = store.watch!(name, seen, (change) => this.#note(change), this.#aborting.signal);
    this.ended.catch(() => {}); // whoever waits for it hears of it
  }

  /** Aborts the watch; resolves when it has ended. */
  async stop(): Promise<void> {
    this.#aborting.abort();
    await this.ended;
  }

  /** Aborts and does not wait. */
  abort(): void {
    this.#aborting.abort();
  }

  /** Until the watch tells of this revision or a later one; or says that something changed, and it is there to be read. */
  async untilWritten(revision: bigint): Promise<void> {
    await this.#until(async (change) => {
      if (change.type === 'written') return change.lease.revision >= revision;
      return change.type === 'hint' && ((await this.#store.read(this.#name, never))?.revision ?? 0n) >= revision;
    });
  }

  /** Until the watch tells of a deletion; or says that something changed, and the lease is gone. */
  async untilDeleted(): Promise<void> {
    await this.#until(async (change) => {
      return change.type === 'deleted' || (change.type === 'hint' && (await this.#store.read(this.#name, never)) === undefined);
    });
  }

  async #until(matches: (change: LeaseChange) => Promise<boolean>): Promise<void> {
    for (let next = 0; ; next++) {
      while (next >= this.changes.length) await Promise.race([this.#told.promise, this.#endedEarly()]);
      if (await matches(this.changes[next]!)) return;
    }
  }

  async #endedEarly(): Promise<never> {
    await this.ended;
    throw new Error(`${this.#store.kind}: the watch ended though nobody had aborted it`);
  }

  #note(change: LeaseChange): void {
    this.changes.push(change);
    this.#told.resolve();
    this.#told = Promise.withResolvers();
  }
}
