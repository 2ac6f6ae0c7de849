import { expect, test } from 'vitest';
import { Alarm } from '../clock.ts';
import { VirtualClock } from './virtual-clock.ts';

function setUp(startMs = 0) {
  const clock = new VirtualClock({ startMs });
  const log: unknown[] = [];
  const alarm = (name: string, then?: () => void) =>
    new Alarm((stalled) => {
      log.push([name, clock.now(), stalled]);
      then?.();
    });
  return { clock, log, alarm };
}

test('stands still until it is moved', async () => {
  const clock = new VirtualClock({ startMs: 1_000 });
  expect([clock.now(), clock.turnNow()]).toEqual([1_000, 1_000]);
  await clock.advance(0.5);
  expect([clock.now(), clock.turnNow()]).toEqual([1_000.5, 1_000.5]);
  expect(new VirtualClock().now()).toBe(0);
});

test('timers fire at exactly their time, those due together in the order of arming', async () => {
  const { clock, log, alarm } = setUp(100);
  clock.arm(alarm('late'), 10.5);
  clock.arm(alarm('b'), 10.25);
  clock.arm(alarm('c'), 10.25);
  clock.arm(alarm('early'), 0);
  clock.arm(alarm('not yet'), 10.75);
  await clock.advance(10.5);
  expect(log).toEqual([
    ['early', 100, false],
    ['b', 110.25, false],
    ['c', 110.25, false],
    ['late', 110.5, false],
  ]);
});

test('what is armed on the way fires on the way', async () => {
  const { clock, log, alarm } = setUp();
  const second = alarm('second');
  clock.arm(
    alarm('first', () => clock.arm(second, 5)),
    10,
  );
  await clock.advance(15);
  expect(log).toEqual([
    ['first', 10, false],
    ['second', 15, false],
  ]);
});

test('arming again moves a timer to the end of those due with it; disarming takes it back', async () => {
  const { clock, log, alarm } = setUp();
  const [a, b, c] = [alarm('a'), alarm('b'), alarm('c')];
  for (const timer of [a, b, c]) clock.arm(timer, 10);
  expect([a.dueAt, a.delayMs]).toEqual([10, 10]);
  clock.arm(a, 10);
  clock.disarm(b);
  clock.disarm(b);
  expect(b.dueAt).toBeNaN();
  await clock.advance(10);
  expect(log).toEqual([
    ['c', 10, false],
    ['a', 10, false],
  ]);
  expect(a.dueAt).toBeNaN();
});

test('NaN and negative delays are 0, infinite ones never fire', async () => {
  const { clock, log, alarm } = setUp();
  const never = alarm('never');
  clock.arm(alarm('NaN'), Number.NaN);
  clock.arm(alarm('negative'), -1);
  clock.arm(never, 5);
  clock.arm(never, Number.POSITIVE_INFINITY);
  await clock.advance(1e15);
  expect(log).toEqual([
    ['NaN', 0, false],
    ['negative', 0, false],
  ]);
  expect(never.dueAt).toBeNaN();
});

test('promise chains of any length come to rest between two timers, and before the first', async () => {
  const { clock, log, alarm } = setUp();
  const chain = async (name: string): Promise<void> => {
    for (let link = 0; link < 5_000; link++) await Promise.resolve();
    log.push([name, clock.now()]);
  };
  void chain('before');
  clock.arm(
    alarm('a', () => void chain('after a')),
    10,
  );
  clock.arm(
    alarm('b', () => void chain('after b')),
    10,
  );
  await clock.advance(20);
  expect(log).toEqual([
    ['before', 0],
    ['a', 10, false],
    ['after a', 10],
    ['b', 10, false],
    ['after b', 10],
  ]);
});

test('a loop of sleeps wakes at every step of one advance', async () => {
  const clock = new VirtualClock();
  const wakes: number[] = [];
  void (async () => {
    for (;;) {
      await clock.sleep(100);
      wakes.push(clock.now());
    }
  })();
  await clock.advance(350);
  expect(wakes).toEqual([100, 200, 300]);
  expect(clock.now()).toBe(350);
});

test('lists pending timers in the order they will fire', async () => {
  const { clock, alarm } = setUp(1_000);
  clock.arm(alarm('a'), 50);
  await clock.advance(10);
  clock.arm(alarm('b'), 20);
  expect(clock.pendingTimers).toEqual([
    { dueAt: 1_030, delayMs: 20, inMs: 20 },
    { dueAt: 1_050, delayMs: 50, inMs: 40 },
  ]);
});

test('runAll fires all there is and stops at the last timer', async () => {
  const { clock, log, alarm } = setUp();
  clock.arm(
    alarm('day', () => clock.arm(alarm('hour'), 3_600_000)),
    86_400_000,
  );
  await clock.runAll({ limitMs: 100_000_000 });
  expect(log).toHaveLength(2);
  expect(clock.now()).toBe(90_000_000);
  await clock.runAll();
  expect(clock.now()).toBe(90_000_000);
});

test('runAll gives up on timers without end and says what is pending', async () => {
  const { clock, alarm } = setUp();
  const endless = alarm('endless', () => clock.arm(endless, 10));
  clock.arm(endless, 10);
  await expect(clock.runAll({ maxTimers: 50 })).rejects.toThrow(
    'runAll: 1 timers still pending after 50 have fired in 500 ms; the next, armed with 10 ms, is due in 10 ms',
  );
  await expect(clock.runAll({ limitMs: 35 })).rejects.toThrow('after 3 have fired in 30 ms');
});

test('what came due in a stall fires as stalled after promise reactions, not so what had most of its time or was armed after it', async () => {
  const { clock, log, alarm } = setUp();
  const answered = alarm('answered');
  clock.arm(alarm('lost'), 100);
  clock.arm(answered, 100);
  clock.arm(alarm('just so'), 200);
  clock.arm(alarm('at the end'), 201);
  clock.arm(alarm('later'), 301);
  clock.stall(300);
  expect(clock.now()).toBe(300);
  clock.arm(alarm('fresh'), 0);
  void Promise.resolve().then(() => clock.disarm(answered));
  expect(log).toEqual([]);
  await clock.advance(1);
  expect(log).toEqual([
    ['lost', 300, true],
    ['just so', 300, true],
    ['at the end', 300, false],
    ['fresh', 300, false],
    ['later', 301, false],
  ]);
});

test('a stall on the way is never undone', async () => {
  const { clock, log, alarm } = setUp();
  clock.arm(
    alarm('blocks', () => clock.stall(500)),
    10,
  );
  clock.arm(alarm('stalled'), 20);
  await clock.advance(100);
  expect(log).toEqual([
    ['blocks', 10, false],
    ['stalled', 510, true],
  ]);
  expect(clock.now()).toBe(510);
});

test('moving it while it moves is an error, and it can be moved again after one', async () => {
  const { clock, alarm } = setUp();
  const first = clock.advance(10);
  await expect(clock.advance(10)).rejects.toThrow('already moving; await the advance() or runAll() before');
  await first;
  clock.arm(
    alarm('broken', () => {
      throw new Error('broken');
    }),
    1,
  );
  await expect(clock.advance(10)).rejects.toThrow('broken');
  await clock.advance(10);
  expect(clock.now()).toBe(21);
});

test('runAll gives up after 100 000 timers unless told otherwise', async () => {
  const { clock } = setUp();
  const endless = new Alarm(() => clock.arm(endless, 1));
  clock.arm(endless, 1);
  await expect(clock.runAll()).rejects.toThrow('after 100000 have fired in 100000 ms');
});

test('a timer that still says when it was due before is not due when it is armed for ever', () => {
  const { clock, alarm } = setUp();
  const timer = alarm('again');
  timer.dueAt = 5; // as a limit keeps it for those who ask
  clock.arm(timer, Number.POSITIVE_INFINITY);
  expect(timer.dueAt).toBeNaN();
});
