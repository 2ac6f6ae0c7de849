import { describe } from 'vitest';
import { abortTests } from './contract/aborts.ts';
import { benches } from './contract/environment.ts';
import type { OpenStore } from './contract/environment.ts';
import { raceTests } from './contract/races.ts';
import { storeClockTests } from './contract/store-clock.ts';
import { watchTests } from './contract/watches.ts';
import { writeTests } from './contract/writes.ts';

export type { OpenStore, StoreEnvironment } from './contract/environment.ts';

export interface ContractOptions {
  /** For each test and for each opening and closing. @default 5_000 */
  readonly timeoutMs?: number;
}

/**
 * Registers the tests that every lease store must pass: `storeContract('etcd', async () => ({ store, otherStore, remove, close }))`,
 * at the top of a test file. Tests of what only some stores have (a watch, a clock of its own, deletion) are skipped, visibly, for
 * the others. What only one store has, such as the foreign fields it keeps, is tested beside it.
 * @param open called before each test; its `close` after each test, when nothing may be left of what the test aborted.
 */
export function storeContract(title: string, open: OpenStore, { timeoutMs = 5_000 }: ContractOptions = {}): void {
  describe(`lease store ${title}`, { timeout: timeoutMs }, () => {
    const bench = benches(open, timeoutMs);
    describe('writes', () => {
      writeTests(bench);
    });
    describe('races', () => {
      raceTests(bench);
    });
    describe('aborted requests', () => {
      abortTests(bench);
    });
    describe('watches', () => {
      watchTests(bench);
    });
    describe('a clock of its own', () => {
      storeClockTests(bench, timeoutMs);
    });
  });
}
