import { expect, test } from 'vitest';
import { ScriptedHost } from '../test/scripted-host.ts';
import { Alarm } from './clock.ts';
import { HostClock } from './host-clock.ts';

function setUp(options: { timeMs?: number; canUnref?: boolean } = {}) {
  const host = new ScriptedHost(options);
  const clock = new HostClock(host);
  const rings: { name: string; atMs: number; stalled: boolean; polls: number }[] = [];
  const alarm = (name: string, then?: () => void) =>
    new Alarm((stalled) => {
      rings.push({ name, atMs: host.timeMs, stalled, polls: host.polls });
      then?.();
    });
  const names = () => rings.map(({ name }) => name);
  host.clockReads = 0;
  return { host, clock, rings, alarm, names };
}

test('a timer that is disarmed in its turn costs no clock read beyond the turn, and no timeout', () => {
  const { host, clock, alarm } = setUp();
  for (let call = 0; call < 1_000; call++) {
    const timer = alarm('call');
    clock.arm(timer, 500);
    clock.disarm(timer);
  }
  expect(host.immediates).toHaveLength(1);
  host.turn();
  expect(host.clockReads).toBe(0);
  expect(host.timeoutsStarted).toBe(0);
  expect(host.isKeptAlive).toBe(false);
});

test('the delay counts from the end of the turn, read once for all timers of the turn', () => {
  const { host, clock, rings, alarm } = setUp({ timeMs: 1_000.25 });
  const [a, b] = [alarm('a'), alarm('b')];
  clock.arm(a, 100);
  clock.arm(b, 50.5);
  expect([a.dueAt, a.delayMs]).toEqual([Number.NaN, 100]);
  host.block(10);
  host.turn();
  expect(host.clockReads).toBe(1);
  expect([a.dueAt, b.dueAt]).toEqual([1_110.25, 1_060.75]);
  host.run(200);
  expect(rings.map(({ name, atMs, stalled }) => [name, atMs, stalled])).toEqual([
    ['b', 1_061, false],
    ['a', 1_111, false],
  ]);
  expect([a.dueAt, a.next, a.previous]).toEqual([Number.NaN, undefined, undefined]);
});

test('an end that was fixed before the turn ended is kept', () => {
  const { host, clock, rings, alarm } = setUp();
  const timer = alarm('fixed');
  clock.arm(timer, 100);
  timer.dueAt = clock.now() + timer.delayMs;
  host.block(30);
  host.run(200);
  expect(rings).toMatchObject([{ atMs: 100, stalled: false }]);
});

test('arming again moves a timer, in its turn and later', () => {
  const { host, clock, rings, alarm } = setUp();
  const timer = alarm('moved');
  clock.arm(timer, 10);
  clock.arm(timer, 20);
  host.run(15);
  clock.arm(timer, 30);
  host.run(100);
  expect(rings.map(({ atMs }) => atMs)).toEqual([45]);
});

test('an infinite delay arms nothing, and disarms what was armed', () => {
  const { host, clock, rings, alarm } = setUp();
  const timer = alarm('never');
  clock.arm(timer, Number.POSITIVE_INFINITY);
  expect(host.immediates).toHaveLength(0);
  clock.arm(timer, 10);
  host.turn();
  clock.arm(timer, Number.POSITIVE_INFINITY);
  host.run(1_000);
  expect(rings).toEqual([]);
  expect(timer).toMatchObject({ delayMs: Number.POSITIVE_INFINITY, dueAt: Number.NaN });
  expect(host.isKeptAlive).toBe(false);
});

test.each([Number.NaN, -5, 0])('a delay of %d fires as soon as possible, but never inside arm', (delay) => {
  const { host, clock, rings, alarm } = setUp();
  clock.arm(alarm('now'), delay);
  expect(rings).toEqual([]);
  host.run(1);
  expect(rings).toHaveLength(1);
});

test('a delay beyond what timeouts can count neither fires early nor floods the loop', () => {
  const { host, clock, rings, alarm } = setUp();
  const year = 365 * 86_400_000;
  clock.arm(alarm('yearly'), year);
  host.run(year - 1);
  expect(rings).toEqual([]);
  expect(host.longestTimeoutMs).toBeLessThan(2 ** 31);
  expect(host.timeoutsStarted).toBeLessThan(40);
  host.run(1);
  expect(rings).toMatchObject([{ atMs: year }]);
});

test('one timeout serves all timers; an earlier timer replaces it, a later one does not', () => {
  const { host, clock, alarm, names } = setUp();
  clock.arm(alarm('b'), 20);
  host.turn();
  clock.arm(alarm('c'), 25);
  host.turn();
  expect(host.timeoutsStarted).toBe(1);
  clock.arm(alarm('a'), 10);
  host.turn();
  expect([host.timeoutsStarted, host.timeouts.length]).toEqual([2, 1]);
  host.run(30);
  expect(names()).toEqual(['a', 'b', 'c']);
});

test('the process is kept alive while a timer is armed; the idle timeout is taken up by the next call', () => {
  const { host, clock, alarm } = setUp();
  const timer = alarm('call');
  clock.arm(timer, 500);
  host.run(10);
  expect(host.isKeptAlive).toBe(true);
  clock.disarm(timer);
  host.turn();
  expect(host.isKeptAlive).toBe(false);
  clock.arm(timer, 500);
  host.turn();
  expect(host.isKeptAlive).toBe(true);
  expect(host.timeoutsStarted).toBe(1);
  clock.disarm(timer);
  host.run(1_000);
  expect(host.timeouts).toHaveLength(0);
});

test('on a host whose timeouts cannot be told, the idle timeout is cleared', () => {
  const { host, clock, rings, alarm } = setUp({ canUnref: false });
  const timer = alarm('call');
  clock.arm(timer, 500);
  host.run(10);
  clock.disarm(timer);
  host.turn();
  expect(host.timeouts).toHaveLength(0);
  clock.arm(timer, 5);
  host.run(10);
  expect(rings).toHaveLength(1);
  expect(host.isKeptAlive).toBe(false);
});

test('turnNow is read once a turn and dropped at its end; now is exact and refreshes it', () => {
  const { host, clock } = setUp();
  expect(clock.turnNow()).toBe(0);
  host.block(5);
  expect(clock.turnNow()).toBe(0);
  expect(host.clockReads).toBe(1);
  expect(clock.now()).toBe(5);
  host.block(5);
  expect(clock.turnNow()).toBe(5);
  host.turn();
  expect(clock.turnNow()).toBe(10);
  host.turn();
  expect(clock.now()).toBe(10);
  host.block(1);
  expect(clock.turnNow()).toBe(11);
  expect(host.isKeptAlive).toBe(true); // by the end of this turn only
  host.turn();
  expect(host.isKeptAlive).toBe(false);
});

test('a reply that was in the socket when its time ran out is read first, however short the delay', () => {
  const { host, clock, names, alarm } = setUp();
  const timer = alarm('timeout');
  clock.arm(timer, 100);
  host.turn();
  host.reply(99, () => clock.disarm(timer));
  host.block(104);
  host.run(100);
  expect(names()).toEqual([]);
});

test('after a stall the loop polls twice before what came due in it fires, as stalled if that was long in comparison', () => {
  const { host, clock, rings, names, alarm } = setUp();
  const answered = alarm('answered');
  clock.arm(alarm('long due'), 100);
  clock.arm(answered, 100);
  clock.arm(alarm('had most of its time'), 220);
  clock.arm(alarm('later'), 310);
  host.turn();
  host.reply(20, () => host.setImmediate(() => clock.disarm(answered))); // takes a turn to be understood
  host.block(300);
  const before = host.polls;
  host.turn();
  expect(rings).toEqual([]);
  host.run(50);
  expect(names()).toEqual(['long due', 'had most of its time', 'later']);
  expect(rings.map(({ stalled }) => stalled)).toEqual([true, false, false]);
  expect(rings.map(({ polls }) => polls - before).slice(0, 2)).toEqual([2, 2]);
});

test('without a stall it polls once, and does not speak of one', () => {
  const { host, clock, rings, alarm } = setUp();
  clock.arm(alarm('timeout'), 100);
  host.turn();
  host.block(120);
  const before = host.polls;
  host.run(10);
  expect(rings).toMatchObject([{ stalled: false, polls: before + 1 }]);
});

test('a stall that the end of a turn notices first is treated the same', () => {
  const { host, clock, rings, alarm } = setUp();
  const answered = alarm('answered');
  clock.arm(answered, 100);
  clock.arm(alarm('lost'), 100);
  host.turn();
  // A busy callback at the end of a turn, and another call started after it: its hook runs before the timeout does.
  host.setImmediate(() => {
    host.block(300);
    clock.arm(alarm('fresh'), 0);
  });
  const ofTimeouts = host.timeouts.splice(0);
  host.turn();
  host.reply(0, () => clock.disarm(answered));
  host.turn();
  expect(rings).toEqual([]);
  host.timeouts.push(...ofTimeouts);
  host.run(20);
  expect(rings.map(({ name, stalled }) => [name, stalled])).toEqual([
    ['lost', true],
    ['fresh', false],
  ]);
});

test('a timer that comes due while others wait for a poll gets polls of its own', () => {
  const { host, clock, rings, alarm } = setUp();
  const answered = alarm('second');
  clock.arm(alarm('first'), 100);
  clock.arm(answered, 340);
  host.turn();
  host.block(300);
  host.reply(0, () => host.block(60)); // the turns are slow still
  host.turn(); // finds the first, while the second comes due
  host.turn(); // fires the first, finds the second
  host.reply(0, () => clock.disarm(answered));
  host.run(50);
  expect(rings.map(({ name, stalled }) => [name, stalled])).toEqual([['first', true]]);
});

test('a time limit that ran out within its own turn counts as stalled', () => {
  const { host, clock, rings, alarm } = setUp();
  const timer = alarm('fixed');
  clock.arm(alarm('fresh'), 0);
  clock.arm(timer, 50);
  timer.dueAt = clock.now() + timer.delayMs;
  host.block(300);
  host.run(10);
  expect(rings.map(({ name, stalled }) => [name, stalled])).toEqual([
    ['fresh', false],
    ['fixed', true],
  ]);
});

test('turns that are always slow put no timer off for ever', () => {
  const { host, clock, names, alarm } = setUp();
  for (let index = 0; index < 20; index++) clock.arm(alarm(`${index}`), 100 + 10 * index);
  for (let turn = 0; turn < 16; turn++) {
    host.turn();
    host.block(50);
  }
  expect(names()).toHaveLength(20);
});

test('a timer may arm itself and others while it fires', () => {
  const { host, clock, rings, alarm } = setUp();
  const other = alarm('other');
  const self = alarm('self', () => {
    if (rings.length > 3) return;
    clock.arm(self, 10);
    clock.arm(other, 5);
  });
  clock.arm(self, 10);
  host.run(100);
  expect(rings.map(({ name, atMs }) => [name, atMs])).toEqual([
    ['self', 10],
    ['other', 15],
    ['self', 20],
    ['other', 25],
    ['self', 30],
  ]);
  expect(host.isKeptAlive).toBe(false);
});

test('a timer may disarm the next one while it fires', () => {
  const { host, clock, names, alarm } = setUp();
  const second = alarm('second');
  clock.arm(
    alarm('first', () => clock.disarm(second)),
    10,
  );
  clock.arm(second, 10);
  host.run(50);
  expect(names()).toEqual(['first']);
});

test('what a timer throws is reported and keeps no other from firing', () => {
  const { host, clock, names, alarm } = setUp();
  const broken = new Error('broken');
  clock.arm(
    alarm('broken', () => {
      throw broken;
    }),
    10,
  );
  clock.arm(alarm('sound'), 10);
  host.run(50);
  expect(names()).toEqual(['broken', 'sound']);
  expect(host.reported).toEqual([broken]);
});

test('a host that cannot even report keeps no timer from firing, then or later', () => {
  const { host, clock, names, alarm } = setUp();
  host.report = () => {
    throw new Error('a console that throws');
  };
  clock.arm(
    alarm('broken', () => {
      throw new Error('broken');
    }),
    10,
  );
  clock.arm(alarm('at the same time'), 10);
  clock.arm(alarm('later'), 500);
  host.run(600);
  expect(names()).toEqual(['broken', 'at the same time', 'later']);
});

test('disarming what is not armed does nothing', () => {
  const { host, clock, alarm } = setUp();
  const timer = alarm('stranger');
  timer.dueAt = 5;
  clock.disarm(timer);
  expect(timer.dueAt).toBe(5);
  expect(host.immediates).toHaveLength(0);
});

test('sleeps on its own time', async () => {
  const { host, clock } = setUp();
  const nap = clock.sleep(50).then(() => host.timeMs);
  host.run(100);
  await expect(nap).resolves.toBe(100);
});

test.each([
  [20, false],
  [21, true],
])('a timer %s ms late was held up by a blocked loop: %s', (lateMs, stalled) => {
  const { host, clock, rings, alarm } = setUp();
  clock.arm(alarm('a'), 30);
  host.turn();
  host.block(30 + lateMs);
  host.run(10);
  expect(rings).toMatchObject([{ name: 'a', atMs: 30 + lateMs, stalled }]);
});

test('a timer that still says when it was due before is armed anew like any other', () => {
  const { host, clock, rings, alarm } = setUp({ timeMs: 50 });
  const timer = alarm('again');
  timer.dueAt = 5; // as a limit keeps it for those who ask
  clock.arm(timer, 100);
  host.run(200);
  expect(rings).toMatchObject([{ name: 'again', atMs: 150, stalled: false }]);
  timer.dueAt = 5;
  clock.arm(timer, Number.POSITIVE_INFINITY);
  expect(timer.dueAt).toBeNaN();
});

test('a timer that was disarmed is not due', () => {
  const { host, clock, alarm } = setUp();
  const timer = alarm('a');
  clock.arm(timer, 100);
  host.turn();
  expect(timer.dueAt).toBe(100);
  clock.disarm(timer);
  expect(timer.dueAt).toBeNaN();
});

test('only the last timer that is disarmed makes a turn of the loop', () => {
  const { host, clock, alarm } = setUp();
  const [a, b] = [alarm('a'), alarm('b')];
  clock.arm(a, 100);
  clock.arm(b, 100);
  host.turn();
  clock.disarm(a);
  expect(host.immediates).toHaveLength(0);
  clock.disarm(b);
  expect(host.immediates).toHaveLength(1);
  host.turn();
  clock.disarm(b);
  expect([host.immediates.length, host.isKeptAlive]).toEqual([0, false]);
});

test('a timeout is asked for in whole milliseconds that are enough: it need not be asked for twice', () => {
  const { host, clock, rings, alarm } = setUp({ timeMs: 1_000.5 });
  clock.arm(alarm('a'), 10);
  host.run(100);
  expect(rings).toMatchObject([{ atMs: 1_011 }]);
  expect(host.timeoutsStarted).toBe(1);
});

test('polls that timers since disarmed have waited for keep no later ones waiting', () => {
  const { host, clock, rings, alarm } = setUp();
  let before = 0;
  host.setTimeout(() => {
    before = host.polls;
    clock.arm(alarm('later'), 0);
  }, 1_024);
  const [idle, disarmed] = [alarm('idle'), alarm('disarmed')];
  clock.arm(idle, 1_024); // the start of a slot of the wheel: no wake-up before that
  host.turn();
  clock.disarm(idle); // its timeout stays
  clock.arm(disarmed, 50);
  disarmed.dueAt = clock.now() + disarmed.delayMs;
  host.block(300);
  host.turn(); // finds a stall: two polls to come
  host.reply(0, () => clock.disarm(disarmed)); // at the first
  host.run(2_000);
  expect(rings).toEqual([{ name: 'later', atMs: 1_024, stalled: false, polls: before + 1 }]);
});
