import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Alarm } from '../clock.ts';
import { TimerHeap } from './timer-heap.ts';

test('gives back by time, then by order, whatever was inserted and removed before', () => {
  const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(times, (script) => {
      const heap = new TimerHeap();
      const all = script.map(([dueAt, stays], order) => {
        const timer = new Alarm(() => {});
        timer.dueAt = dueAt;
        heap.insert(timer, order);
        return { timer, dueAt, order, stays };
      });
      for (const { timer, stays } of all) if (!stays) expect(heap.remove(timer)).toBe(true);
      for (const { timer, stays } of all) if (!stays) expect(heap.remove(timer)).toBe(false);
      const wanted = all
        .filter(({ stays }) => stays)
        .toSorted((a, b) => a.dueAt - b.dueAt || a.order - b.order)
        .map(({ order }) => order);
      expect(heap.size).toBe(wanted.length);
      expect(heap.sorted().map(({ order }) => order)).toEqual(wanted);
      const actual: number[] = [];
      for (let entry = heap.first; entry !== undefined; entry = heap.first) {
        actual.push(entry.order);
        heap.remove(entry.timer);
      }
      expect(actual).toEqual(wanted);
    }),
  );
});

test('the entry that fills a gap moves up as well as down', () => {
  const heap = new TimerHeap();
  const times = [0, 100, 1, 101, 102, 200, 2, 103, 104, 105, 106, 201, 202, 4, 3]; // lies in the heap just so
  const timers = times.map((dueAt) => {
    const timer = new Alarm(() => {});
    timer.dueAt = dueAt;
    heap.insert(timer, dueAt);
    return timer;
  });
  heap.remove(timers[7]!); // 3 takes its place, below 101
  const dueAts: number[] = [];
  for (let entry = heap.first; entry !== undefined; entry = heap.first) {
    dueAts.push(entry.dueAt);
    heap.remove(entry.timer);
  }
  expect(dueAts).toEqual(times.filter((dueAt) => dueAt !== 103).toSorted((a, b) => a - b));
});
