import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryStore, OVERHEAD_BYTES } from '../src/memory-store.ts';

/** Against the plainest model there is: a list in the order of use, from whose front as many go as it takes. */

interface Slot {
  readonly key: string;
  readonly bytes: number;
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const limits = fc.record({ maxEntries: fc.integer({ min: 1, max: 5 }), maxBytes: fc.integer({ min: 0, max: 1_500 }) });
const step = fc.oneof(
  { arbitrary: fc.record({ set: key, bytes: fc.integer({ min: 0, max: 800 }) }), weight: 4 },
  { arbitrary: fc.record({ get: key }), weight: 3 },
  { arbitrary: fc.record({ delete: key }), weight: 1 },
  { arbitrary: fc.record({ resize: limits }), weight: 1 },
  { arbitrary: fc.constant({ clear: true } as const), weight: 1 },
);

test('entries are kept and given out as in the model', () => {
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 60 }), (first, steps) => {
      let room = first;
      let model: Slot[] = [];
      const store = new MemoryStore(first, (value) => value as number);
      const sum = (): number => model.reduce((bytes, slot) => bytes + slot.bytes, 0);
      const evict = (): void => {
        while (model.length > room.maxEntries || sum() > room.maxBytes) model.shift();
      };
      const without = (gone: string): Slot[] => model.filter((slot) => slot.key !== gone);

      for (const one of steps) {
        if ('set' in one) {
          const bytes = OVERHEAD_BYTES + 2 + one.bytes;
          model = without(one.set);
          if (bytes <= room.maxBytes) model.push({ key: one.set, bytes });
          evict();
          store.set(one.set, { value: one.bytes, storedAt: 0, spread: 0 });
        } else if ('get' in one) {
          const found = model.find((slot) => slot.key === one.get);
          if (found !== undefined) model = [...without(one.get), found];
          expect(store.get(one.get) !== undefined).toBe(found !== undefined);
        } else if ('delete' in one) {
          model = without(one.delete);
          store.delete(one.delete);
        } else if ('resize' in one) {
          room = one.resize;
          evict();
          store.resize(room);
        } else {
          model = [];
          store.clear();
        }
        expect([store.entries, store.bytes]).toEqual([model.length, sum()]);
        const kept = ['a', 'b', 'c', 'd', 'e', 'f'].filter((name) => store.peek(name) !== undefined);
        expect(kept).toEqual(model.map((slot) => slot.key).toSorted());
      }
    }),
    { numRuns: 500 },
  );
});
