import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach } from 'vitest';
import type { LeaseStore } from '../../src/store.ts';

export { recordOf } from '../../src/elector/record.ts';
export { get, heldBy, never, put, released, renewed } from './records.ts';

/** What a store is tested in. */
export interface StoreEnvironment {
  readonly store: LeaseStore;
  /** A second store over the same data, as another process would have it. Without one, the tests that need two use the same twice. */
  readonly otherStore?: LeaseStore;
  /** Deletes the lease behind the backs of the stores, as an operator would. Without it, the tests of deletion are skipped. */
  remove?(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens an environment. A server may be shared by all that are opened: no two tests use the same name for a lease. */
export type OpenStore = () => StoreEnvironment | Promise<StoreEnvironment>;

/** The environment of the present test. */
export interface Bench {
  readonly store: LeaseStore;
  readonly other: LeaseStore;
  readonly remove: ((name: string) => Promise<void>) | undefined;
  /** A name no other test uses; valid as a DNS subdomain, since some stores ask for that. */
  readonly name: string;
  /** Has this done when the test has ended, and before the environment is closed. */
  atEnd(stop: () => Promise<void>): void;
}

/** Has an environment opened before each test of the surrounding `describe`, and closed after it. */
export function benches(open: OpenStore, timeoutMs: number): () => Bench {
  let environment: StoreEnvironment | undefined;
  let name = '';
  let stops: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    environment = await open();
    name = `contract-${randomUUID()}`;
  }, timeoutMs);
  afterEach(async () => {
    const done = environment;
    const stopping = stops.map((stop) => stop());
    [environment, stops] = [undefined, []];
    await Promise.all(stopping);
    await done?.close();
  }, timeoutMs);
  return () => {
    if (environment === undefined) throw new Error('An environment is open only while a test runs');
    const { store, otherStore = store } = environment;
    return {
      store,
      other: otherStore,
      remove: environment.remove?.bind(environment),
      name,
      atEnd: (stop) => void stops.push(stop),
    };
  };
}

/** How a test skips itself. */
export type Skip = (condition: boolean, why: string) => void;

/** For tests of deletion. */
export function deletable(bench: Bench, skip: Skip): Bench & { readonly remove: (name: string) => Promise<void> } {
  const { remove = unreachable } = bench;
  skip(bench.remove === undefined, 'no way to delete a lease');
  return { ...bench, remove };
}

const unreachable = (): never => {
  throw new Error('The test was skipped');
};
