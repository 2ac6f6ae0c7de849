import { expect, test } from 'vitest';
import type { Lease } from '../../src/lease.ts';
import type { LeaseStore } from '../../src/store.ts';
import { recordOf } from '../../src/elector/record.ts';
import { get, heldBy, never, put, released, renewed } from './environment.ts';
import type { Bench } from './environment.ts';

const WRITERS = 16;

/** What electors may rely on that write at the same time. */
export function raceTests(bench: () => Bench): void {
  test('lets exactly one of many create a lease', async () => {
    const { store, other, name } = bench();

    const written = await all(store, other, (writer, index) => writer.write(name, undefined, heldBy(`e${index}`), never));

    await assertOneWinner(store, name, written);
  });

  test('lets exactly one of many write over the same revision', async () => {
    const { store, other, name } = bench();
    await put(store, name, undefined, released(heldBy('before')));

    const written = await all(store, other, async (writer, index) => {
      const seen = await get(writer, name);
      return writer.write(name, seen.holder === '' ? seen : undefined, heldBy(`e${index}`), never);
    });

    await assertOneWinner(store, name, written);
  });

  test('loses no write of many that follow one another as fast as they can', async () => {
    const { store, other, name } = bench();
    await put(store, name, undefined, heldBy('a'));
    const revisions: bigint[] = [];

    // One elector, so that no store has a reason to refuse but the revision.
    const count = async (writer: LeaseStore): Promise<void> => {
      for (let written = 0; written < 4;) {
        const seen = await get(writer, name);
        const lease = await writer.write(name, seen, renewed(seen), never);
        if (lease === undefined) continue;
        expect(lease.revision).toBeGreaterThan(seen.revision);
        revisions.push(lease.revision);
        written += 1;
      }
    };
    await Promise.all([store, other, store, other].map((writer) => count(writer)));

    const last = await get(store, name);
    expect(last.renewal).toBe(16);
    expect(new Set(revisions).size).toBe(16);
    expect(last.revision).toBe(revisions.reduce((a, b) => (a > b ? a : b)));
  });
}

function all<T>(store: LeaseStore, other: LeaseStore, run: (store: LeaseStore, index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: WRITERS }, (_, index) => run(index % 2 === 0 ? store : other, index)));
}

async function assertOneWinner(store: LeaseStore, name: string, written: readonly (Lease | undefined)[]): Promise<void> {
  const winners = written.filter((lease) => lease !== undefined);
  expect(winners).toHaveLength(1);
  const read = await get(store, name);
  expect(recordOf(read)).toEqual(recordOf(winners[0]!));
  expect(read.revision).toBe(winners[0]!.revision);
}
