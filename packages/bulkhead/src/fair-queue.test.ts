import { expect, test } from 'vitest';
import { ArrivalQueue } from './arrival-queue.ts';
import { FairQueue } from './fair-queue.ts';
import { Waiter } from './waiter.ts';

const fairQueue = (share = 100): FairQueue => new FairQueue(share, () => new ArrivalQueue(false));

function add(queue: FairQueue, key: string, weight = 1): Waiter {
  const waiter = new Waiter(weight, 0, key, 0);
  queue.add(waiter);
  return waiter;
}

/** Gives permits to whoever is next, and names the keys. */
function serve(queue: FairQueue, times: number): string {
  let keys = '';
  for (let i = 0; i < times; i++) {
    const next = queue.next!;
    queue.remove(next);
    queue.took(next.key, next.weight);
    keys += next.key;
  }
  return keys;
}

test('gives every key its turn, however many calls another has waiting', () => {
  const queue = fairQueue();
  for (let i = 0; i < 5; i++) add(queue, 'a');
  for (let i = 0; i < 2; i++) add(queue, 'b');
  add(queue, 'c');
  expect(serve(queue, 8)).toBe('abcabaaa');
});

test('with one permit, keys that wait take turns', () => {
  const queue = fairQueue();
  for (const key of ['a', 'a', 'a', 'b', 'b', 'b']) add(queue, key);
  let keys = '';
  for (let i = 0; i < 6; i++) {
    const key = serve(queue, 1);
    queue.gaveBack(key, 1);
    keys += key;
  }
  expect(keys).toBe('ababab');
});

test('a key whose calls take long, and so hold permits, comes after one that holds fewer', () => {
  const queue = fairQueue();
  queue.took('slow', 3);
  for (let i = 0; i < 4; i++) add(queue, 'slow');
  for (let i = 0; i < 4; i++) add(queue, 'fast');
  expect(serve(queue, 4).replaceAll('slow', 's').replaceAll('fast', 'f')).toBe('fffs');
});

test('ever new keys do not keep an old one waiting', () => {
  const queue = fairQueue();
  add(queue, 'old');
  for (let i = 0; i < 3; i++) add(queue, `new${i}`);
  expect(queue.next!.key).toBe('old');
});

test('a key is forgotten when none of its calls runs or waits: it comes back as a new one', () => {
  const queue = fairQueue();
  queue.took('gone', 1);
  queue.gaveBack('gone', 1);
  add(queue, 'came before it');
  add(queue, 'gone');
  expect(queue.next!.key).toBe('came before it');
});

test('a key at its share is passed over until it gives back', () => {
  const queue = fairQueue(2);
  queue.took('a', 2);
  add(queue, 'a');
  expect(queue.next).toBeUndefined();
  expect(queue.mayTake('b', 1)).toBe(true);
  queue.gaveBack('a', 1);
  expect(queue.next!.key).toBe('a');
});

test('a light newcomer does not pass a heavy call of its own key that waits for the share', () => {
  const queue = fairQueue(2);
  queue.took('a', 1);
  add(queue, 'a', 2);
  expect(queue.next).toBeUndefined();
  expect(queue.mayTake('a', 1)).toBe(false);
});

test('a larger share lets waiters on', () => {
  const queue = fairQueue(1);
  queue.took('a', 1);
  const waiter = add(queue, 'a');
  queue.setShare(2);
  expect(queue.next).toBe(waiter);
});

test('the newest call of the key with the most waiting gives way, but not to a key with one fewer', () => {
  const queue = fairQueue();
  add(queue, 'a');
  add(queue, 'a');
  const third = add(queue, 'a');
  add(queue, 'b');
  expect(queue.givesWayTo(0, 'c')).toBe(third);
  expect(queue.givesWayTo(0, 'b')).toBe(third);
  expect(queue.givesWayTo(0, 'a')).toBeUndefined();
  queue.remove(third);
  expect(queue.givesWayTo(0, 'b')).toBeUndefined();
  expect(queue.givesWayTo(0, 'c')).not.toBeUndefined();
});

test('who gives way within the key with the most waiting is the one its order serves last', () => {
  const queue = new FairQueue(100, () => new ArrivalQueue(true));
  const oldest = add(queue, 'a');
  add(queue, 'a');
  expect(queue.givesWayTo(0, 'b')).toBe(oldest);
});
