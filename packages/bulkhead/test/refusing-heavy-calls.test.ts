import { expect, test } from 'vitest';
import { SlidingWindow } from '../src/sliding-window.ts';
import { TurnLine, TurnWaiter } from '../src/turn-line.ts';

test('refusing many heavy calls walks a long line once, not once a call', () => {
  const line = new TurnLine();
  const meter = new SlidingWindow({ limit: 10, perMs: 1_000, burst: undefined });
  let asked = 0;
  const counted = new Proxy(meter, {
    get(target, name) {
      if (name === 'freeAt') asked++;
      if (name === 'copy') return () => new Proxy(target.copy(), this);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
  meter.take(10, 0);
  for (let i = 0; i < 1_000; i++) line.add(new TurnWaiter(3, 0, Number.POSITIVE_INFINITY));

  const turns = Array.from({ length: 100 }, () => line.turnOfNext(3, counted, 1));

  expect(new Set(turns).size).toBe(1);
  expect(asked).toBeLessThan(1_200);
  line.add(new TurnWaiter(3, 1, Number.POSITIVE_INFINITY));
  const fresh = new TurnLine();
  for (let i = 0; i < 1_001; i++) fresh.add(new TurnWaiter(3, 0, Number.POSITIVE_INFINITY));
  expect(line.turnOfNext(3, counted, 1)).toBe(fresh.turnOfNext(3, meter, 1));
  expect(asked).toBeLessThan(1_210);
});
