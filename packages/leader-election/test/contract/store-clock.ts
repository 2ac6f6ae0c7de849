import { expect, test, vi } from 'vitest';
import { recordOf } from '../../src/elector/record.ts';
import { get, heldBy, never, put, released, renewed } from './environment.ts';
import type { Bench, Skip } from './environment.ts';

/** What a store must hold to that says how long a lease is still held, by its own clock. Skipped for one that does not. */
export function storeClockTests(bench: () => Bench, timeoutMs: number): void {
  test('says how long a lease is still held', async ({ skip }) => {
    const { store, other, name } = await withClock(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a', { durationMs: 60_000 }));

    for (const lease of [first, await get(store, name), await get(other, name)]) {
      expect(lease.remainingMs ?? 60_000).toBeGreaterThan(30_000);
      expect(lease.remainingMs ?? 60_000).toBeLessThanOrEqual(60_000);
    }
    const renewal = await put(store, name, first, { ...renewed(first), durationMs: 600_000 });
    expect(renewal.remainingMs ?? 600_000).toBeGreaterThan(300_000);
    expect((await get(other, name)).remainingMs).toBeGreaterThan(300_000);
  });

  test('does not count a released lease as held', async ({ skip }) => {
    const { store, name } = await withClock(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a'));

    await put(store, name, first, released(first));

    expect((await get(store, name)).remainingMs ?? 0).toBe(0);
  });

  test('refuses a lease to another elector while it is held', async ({ skip }) => {
    const { store, other, name } = await withClock(bench(), skip);
    // Electors whose ids differ only after a dot: a term is `<electorId>.<counter>`, and the counter follows the last one.
    const first = await put(store, name, undefined, heldBy('e.x'));

    const seen = await get(other, name);
    expect(await other.write(name, seen, heldBy('e.y'), never)).toBeUndefined();
    expect(await other.write(name, seen, heldBy('e'), never)).toBeUndefined();
    expect(await other.write(name, seen, heldBy('e.x.z'), never)).toBeUndefined();

    const read = await get(store, name);
    expect(recordOf(read)).toEqual(heldBy('e.x'));
    expect(read.revision).toBe(first.revision);
    await put(store, name, first, renewed(first));
  });

  test('gives a lease that is held to a later term of the same elector', async ({ skip }) => {
    const { store, name } = await withClock(bench(), skip);
    const first = await put(store, name, undefined, heldBy('e.x'));

    const second = await put(store, name, first, heldBy('e.x', { termId: 'e.x.2' }));

    expect(second.revision).toBeGreaterThan(first.revision);
  });

  test('gives a released lease to another elector at once', async ({ skip }) => {
    const { store, other, name } = await withClock(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a'));
    await put(store, name, first, released(first));

    const next = await put(other, name, await get(other, name), heldBy('b'));

    expect(next.holder).toBe('b');
  });

  test('gives a lease to another elector once its time is over', async ({ skip }) => {
    const { store, other, name } = await withClock(bench(), skip);
    const first = await put(store, name, undefined, heldBy('a', { durationMs: 200 }));

    const next = await vi.waitFor(
      async () => {
        const seen = await other.read(name, never);
        const lease = await other.write(name, seen, heldBy('b'), never);
        if (lease === undefined) throw new Error(`Still held for ${seen?.remainingMs} ms`);
        return lease;
      },
      { timeout: timeoutMs, interval: 10 },
    );

    expect(next.revision).toBeGreaterThan(first.revision);
    // The earlier holder is told by the refusal of its next renewal.
    expect(await store.write(name, first, renewed(first), never)).toBeUndefined();
  });
}

async function withClock(bench: Bench, skip: Skip): Promise<Bench> {
  const { store, name } = bench;
  await put(store, `${name}-probe`, undefined, heldBy('a'));
  skip((await get(store, `${name}-probe`)).remainingMs === undefined, 'no clock of its own');
  return bench;
}
