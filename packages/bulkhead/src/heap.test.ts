import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from './heap.ts';

interface Item {
  rank: number;
  slot: number;
}

test('hands out the least first, whatever was put in, taken out and ranked anew before', () => {
  const step = fc.record({ item: fc.nat(9), does: fc.constantFrom('put', 'remove'), rank: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const heap = new Heap<'slot', Item>('slot', (a, b) => a.rank < b.rank);
      const items = Array.from({ length: 10 }, (): Item => ({ rank: 0, slot: -1 }));
      const inside = new Set<Item>();
      for (const { item: index, does, rank } of steps) {
        const item = items[index]!;
        if (does === 'put') {
          item.rank = rank;
          heap.put(item);
          inside.add(item);
        } else {
          heap.remove(item);
          inside.delete(item);
        }
        expect(heap.first?.rank).toBe(inside.size === 0 ? undefined : Math.min(...[...inside].map((one) => one.rank)));
      }
      const drained: number[] = [];
      for (let { first } = heap; first !== undefined; first = heap.first) {
        drained.push(first.rank);
        heap.remove(first);
      }
      expect(drained).toEqual([...inside].map((one) => one.rank).sort((a, b) => a - b));
    }),
  );
});
