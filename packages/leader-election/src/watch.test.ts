import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import type { Input } from './elector/inputs.ts';
import type { Lease } from './lease.ts';
import { LeaseStoreError } from './store.ts';
import type { LeaseChange, LeaseStore, StoreFault } from './store.ts';
import { Watch } from './watch.ts';

/** A store whose streams the test holds in its hands, and a watch over it. */
class Streams {
  readonly clock: VirtualClock = new VirtualClock();
  readonly told: Input[] = [];
  readonly failures: unknown[] = [];
  readonly open: {
    tell: (change: LeaseChange) => void;
    end: () => void;
    break: (error: unknown) => void;
    signal: AbortSignal;
  }[] = [];
  readonly begunAt: number[] = [];
  seen: Lease | undefined = undefined;
  readonly watch: Watch;

  constructor(watching: boolean = true) {
    const store: LeaseStore = {
      kind: 'scripted',
      read: async () => undefined,
      write: async () => undefined,
      ...(watching ? { watch: (_name, _seen, onChange, signal) => this.#begin(onChange, signal) } : {}),
    };
    const target = { name: 'billing', store, clock: this.clock, random: () => 1 };
    this.watch = new Watch(
      target,
      () => this.seen,
      (input) => void this.told.push(input),
      (error) => void this.failures.push(error),
    );
  }

  #begin(tell: (change: LeaseChange) => void, signal: AbortSignal): Promise<void> {
    this.begunAt.push(this.clock.now());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.open.push({ tell, end: resolve, break: reject, signal });
    return promise;
  }
}

const up: Input = { type: 'watching', up: true };
const down: Input = { type: 'watching', up: false };
const fault = (kind: StoreFault) => new LeaseStoreError(kind, { fault: kind, mayBeWritten: false });

test('is up with the first word of the stream, not before', async () => {
  const streams = new Streams();
  streams.watch.start();
  await streams.clock.advance(1_000);
  expect(streams.told).toEqual([]);

  streams.open[0]!.tell({ type: 'alive' });
  streams.open[0]!.tell({ type: 'hint' });
  streams.open[0]!.tell({ type: 'deleted', revision: 7n });
  expect(streams.told).toEqual([up, { type: 'heard' }, { type: 'hinted' }, { type: 'deleted', revision: 7n }]);
});

test('a stream that ends is begun again after a moment', async () => {
  const streams = new Streams();
  streams.watch.start();
  streams.open[0]!.tell({ type: 'alive' });
  streams.open[0]!.end();
  await streams.clock.advance(1_000);
  expect(streams.told).toEqual([up, { type: 'heard' }, down]);
  expect(streams.begunAt).toEqual([0, 200]);
  expect(streams.failures).toEqual([]);
});

test('one that breaks again and again is begun later each time, and soon again once it has lasted', async () => {
  const streams = new Streams();
  streams.watch.start();
  for (let times = 0; times < 8; times++) {
    streams.open.at(-1)!.break(fault('unreachable'));
    await streams.clock.advance(5_000);
  }
  const pauses = streams.begunAt.slice(1).map((at, index) => at - index * 5_000);
  expect(pauses).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  expect(streams.failures).toHaveLength(8);

  streams.open.at(-1)!.tell({ type: 'alive' });
  await streams.clock.advance(10_000);
  streams.open.at(-1)!.break(new Error('reset'));
  const before = streams.clock.now();
  await streams.clock.advance(1_000);
  expect(streams.begunAt.at(-1)! - before).toBe(200);
});

test.each(['a word', 'no word'])('streams that somebody closes soon after %s are begun later each time', async (words) => {
  const streams = new Streams();
  streams.watch.start();
  for (let times = 0; times < 8; times++) {
    if (words === 'a word') streams.open.at(-1)!.tell({ type: 'alive' });
    streams.open.at(-1)!.end();
    await streams.clock.advance(5_000);
  }
  const pauses = streams.begunAt.slice(1).map((at, index) => at - index * 5_000);
  expect(pauses).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  expect(streams.failures).toEqual([]);
});

test('one that never says a word is given up for another', async () => {
  const streams = new Streams();
  streams.watch.start();
  await streams.clock.advance(29_999);
  expect(streams.open[0]!.signal.aborted).toBe(false);

  await streams.clock.advance(1);
  expect(streams.open[0]!.signal.aborted).toBe(true);
  expect(streams.failures).toEqual([new Error('the watch said nothing within 30 s')]);

  await streams.clock.advance(1_000);
  streams.open[1]!.tell({ type: 'alive' });
  await streams.clock.advance(600_000);
  expect(streams.open[1]!.signal.aborted).toBe(false);
  expect(streams.begunAt).toEqual([0, 30_200]);
});

test.each<StoreFault>(['forbidden', 'invalid'])('one that is %s is tried again only after minutes', async (kind) => {
  const streams = new Streams();
  streams.watch.start();
  streams.open[0]!.break(fault(kind));
  await streams.clock.advance(299_000);
  expect(streams.begunAt).toEqual([0]);
  await streams.clock.advance(1_000);
  expect(streams.begunAt).toEqual([0, 300_000]);
});

test('a silent stream is given up for another, and not heard any more', async () => {
  const streams = new Streams();
  streams.watch.start();
  streams.open[0]!.tell({ type: 'alive' });
  streams.watch.renew();
  expect(streams.open[0]!.signal.aborted).toBe(true);
  streams.open[0]!.tell({ type: 'hint' });
  streams.open[0]!.break(new Error('aborted'));
  streams.watch.renew(); // there is none to give up now
  await streams.clock.advance(1_000);
  expect(streams.told).toEqual([up, { type: 'heard' }, down]);
  expect(streams.begunAt).toEqual([0, 200]);
  expect(streams.failures).toEqual([]);
});

test('stops for good, and starts once however often it is told to', async () => {
  const streams = new Streams();
  streams.watch.start();
  streams.watch.start();
  expect(streams.open).toHaveLength(1);
  streams.watch.stop();
  streams.watch.renew();
  expect(streams.open[0]!.signal.aborted).toBe(true);
  streams.open[0]!.end();
  await streams.clock.advance(600_000);
  expect(streams.told).toEqual([]);
  expect(streams.clock.pendingTimers).toEqual([]);

  streams.watch.start();
  expect(streams.open).toHaveLength(2);
  streams.open[1]!.break(new Error('down'));
  await streams.clock.advance(0);
  streams.watch.stop();
  expect(streams.clock.pendingTimers).toEqual([]);
});

test('a store that cannot watch is left alone', () => {
  const streams = new Streams(false);
  streams.watch.start();
  streams.watch.renew();
  streams.watch.stop();
  expect(streams.told).toEqual([]);
});
