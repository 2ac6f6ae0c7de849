import { expect, test } from 'vitest';
import { PriorityQueue } from './priority-queue.ts';
import { Waiter } from './waiter.ts';

const waiter = (priority: number, arrivedAt: number): Waiter => new Waiter(1, priority, undefined, arrivedAt);

function served(queue: PriorityQueue): Waiter[] {
  const order: Waiter[] = [];
  for (let { next } = queue; next !== undefined; next = queue.next) {
    queue.remove(next);
    order.push(next);
  }
  return order;
}

test('serves the greater priority first, and within one the oldest', () => {
  const queue = new PriorityQueue(() => 1_000);
  const [low, first, second, high] = [waiter(0, 0), waiter(2, 1), waiter(2, 2), waiter(3, 3)];
  for (const one of [low, first, second, high]) queue.add(one);
  expect(served(queue)).toEqual([high, first, second, low]);
});

test('a waiter is overtaken only by those that arrive within (difference of priorities) × ageingMs after it', () => {
  const queue = new PriorityQueue(() => 100);
  const low = waiter(0, 0);
  const soon = waiter(3, 299);
  const together = waiter(3, 300);
  const late = waiter(3, 301);
  for (const one of [low, soon, together, late]) queue.add(one);
  expect(served(queue)).toEqual([soon, together, low, late]);
});

test('the newest of the lowest priority gives way, and only to a greater one', () => {
  const queue = new PriorityQueue(() => 100);
  expect(queue.givesWayTo(9)).toBeUndefined();
  const [old, young, high] = [waiter(1, 0), waiter(1, 5), waiter(2, 6)];
  for (const one of [old, young, high]) queue.add(one);
  expect(queue.givesWayTo(1)).toBeUndefined();
  expect(queue.givesWayTo(2)).toBe(young);
  queue.remove(young);
  queue.remove(old);
  expect(queue.givesWayTo(2)).toBeUndefined();
  expect(queue.givesWayTo(3)).toBe(high);
});
