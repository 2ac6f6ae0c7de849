import { describe, expect, onTestFinished, test } from 'vitest';
import { ScriptedHost } from '../test/scripted-host.ts';
import type { Clock } from './clock.ts';
import { subscribe } from './events.ts';
import { HostClock } from './host-clock.ts';
import { pipeline } from './pipeline.ts';
import { Again } from './policy.ts';
import type { CallContext, Guard } from './policy.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const hang = (): Promise<never> => new Promise(() => {});
const limit = (ms: number, reason: unknown, cooperative = false): Guard => ({
  name: 'limit',
  enter: (call) => call.limit(ms, () => reason, cooperative),
});
const again: Guard = { exit: (_call, { threw }, entered) => (threw && entered === undefined ? new Again(1) : undefined) };

/** How a call that hangs ends, and when. */
async function endOf(clock: VirtualClock, ...guards: readonly Guard[]): Promise<unknown> {
  const ended = pipeline({ name: 'p', clock }, ...guards)
    .run(hang)
    .catch((reason: unknown) => [reason, clock.now()]);
  await clock.runAll();
  return ended;
}

describe('of the limits of a call', () => {
  test('the outermost of those that end together ends the call; those inside have nothing more to say', async () => {
    const clock = new VirtualClock();
    await expect(endOf(clock, limit(10, 'outermost'), limit(10, 'between'), limit(10, 'innermost'))).resolves.toEqual([
      'outermost',
      10,
    ]);
  });

  test('one that waits, and ends together with one further in that does not, leaves it to that one', async () => {
    await expect(endOf(new VirtualClock(), limit(10, 'soft', true), limit(10, 'hard'))).resolves.toEqual(['hard', 10]);
  });

  test('one that waits is followed by the next, each at its time', async () => {
    const guards = [limit(40, 'fourth'), limit(10, 'first', true), limit(20, 'second', true), limit(30, 'third')];
    await expect(endOf(new VirtualClock(), ...guards)).resolves.toEqual(['third', 30]);
  });

  test('one that is not to be is over at once', async () => {
    for (const ms of [Number.NaN, -5, 0]) {
      const clock = new VirtualClock();
      await expect(endOf(clock, limit(100, 'outer'), limit(ms, 'at once'))).resolves.toEqual(['at once', 0]);
    }
  });

  test('one may be shorter than a millisecond', async () => {
    await expect(endOf(new VirtualClock(), limit(100, 'outer'), limit(0.5, 'short'))).resolves.toEqual(['short', 0.5]);
  });

  test('one without end never ends, and leaves the others theirs', async () => {
    const endless = limit(Number.POSITIVE_INFINITY, 'never');
    await expect(endOf(new VirtualClock(), endless, limit(20, 'over'), endless)).resolves.toEqual(['over', 20]);
    const clock = new VirtualClock();
    void pipeline({ name: 'p', clock }, endless).run(hang);
    expect(clock.pendingTimers).toEqual([]);
  });
});

describe('a limit that is set after a wait', () => {
  const queue = (clock: Clock, ms: number): Guard => ({ enter: () => clock.sleep(ms) });

  test.each([
    [100, 50, 80],
    [60, 50, 60],
    [80, 50, 80],
  ])('counts from then: %i ms from the start or %i ms after 30 ms', async (outer, inner, endsAt) => {
    const clock = new VirtualClock();
    const ended = endOf(clock, limit(outer, 'over'), queue(clock, 30), limit(inner, 'over'));
    await expect(ended).resolves.toEqual(['over', endsAt]);
  });

  test('and is over takes nothing away from the one around it', async () => {
    const clock = new VirtualClock();
    const guards = [limit(100, 'whole'), again, queue(clock, 20), limit(30, 'attempt')];
    await expect(endOf(clock, ...guards)).resolves.toEqual(['whole', 100]);
  });
});

test('the time of an attempt that ended before its own limit is not that of the next one', async () => {
  const clock = new VirtualClock();
  const deadlines: number[] = [];
  const run = pipeline({ name: 'p', clock }, limit(100, 'whole'), again, limit(60, 'attempt')).run(async (call) => {
    await clock.sleep(30);
    deadlines.push(call.deadline);
    if (call.attempt === 1) throw new Error('down');
  });
  await clock.advance(60);
  await run;
  expect(deadlines).toEqual([60, 90]);
  expect(clock.pendingTimers).toEqual([]);
});

test('an attempt that ends before its own limit, and another at once, leave the whole call its time', async () => {
  const clock = new VirtualClock();
  const ended = pipeline({ name: 'p', clock }, limit(100, 'whole'), again, limit(60, 'attempt'))
    .run((call) => (call.attempt === 1 ? clock.sleep(50).then(() => Promise.reject(new Error('down'))) : hang()))
    .catch((reason: unknown) => [reason, clock.now()]);
  await clock.advance(200);
  await expect(ended).resolves.toEqual(['whole', 100]);
});

test('limits of the same turn keep their ends, however often another is armed in between', async () => {
  const clock = new VirtualClock();
  const queue: Guard = { enter: () => clock.sleep(30) };
  const guards = [limit(300, 'third'), limit(200, 'second', true), queue, limit(50, 'first', true)];
  await expect(endOf(clock, ...guards)).resolves.toEqual(['third', 300]);
});

test('whether a limit that another has stood in for was held up by a stall, is asked of its whole time', async () => {
  const clock = new VirtualClock();
  const kinds: unknown[] = [];
  const look: Guard = { exit: (_call, { kind, error }) => void kinds.push([kind, error]) };
  const run = pipeline({ name: 'p', clock }, look, limit(100, 'whole'), again, limit(60, 'attempt'))
    .run((call) => (call.attempt === 1 ? clock.sleep(50).then(() => Promise.reject(new Error('down'))) : hang()))
    .catch(() => {});
  await clock.advance(99);
  clock.stall(31);
  await clock.advance(0);
  await run;
  expect(kinds).toEqual([['failure', 'whole']]);
});

test('limits that come due in one stall all say so, from the one that ended first', async () => {
  const clock = new VirtualClock();
  const trails: unknown[] = [];
  const look: Guard = { exit: (_call, { kind }) => void trails.push(kind) };
  const error = new Error('over');
  const guards = [look, limit(30, error, true), limit(20, 'second', true), limit(10, 'first', true)];
  const run = pipeline({ name: 'p', clock }, ...guards).run(() => clock.sleep(1_000));
  await clock.advance(0);
  clock.stall(100);
  await clock.advance(0);
  expect(clock.pendingTimers).toHaveLength(1);
  await clock.advance(1_000);
  await run;
  expect(trails).toEqual(['success']);
});

test('a call that is over before its time arms none of its limits any more, and that is no fault of its guards', async () => {
  const clock = new VirtualClock();
  const caller = new AbortController();
  const faults: unknown[] = [];
  onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event.error)));
  const lingering: Guard = { exit: () => clock.sleep(50).then(() => undefined) };
  const queue: Guard = { enter: () => clock.sleep(10) };
  const refusing: Guard = {
    enter(call) {
      call.limit(5, () => 'over');
      caller.abort('gone');
      throw new Error('refused');
    },
  };
  const run = pipeline({ name: 'p', clock }, limit(100, 'whole'), lingering, queue, refusing).run(hang, {
    signal: caller.signal,
  });
  const failed = expect(run).rejects.toBe('gone');
  await clock.advance(10);
  await failed;
  expect(faults).toEqual([]);
  await clock.advance(50);
  expect(clock.pendingTimers).toEqual([]);
});

describe('on an event loop', () => {
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  function setUp(...guards: readonly Guard[]) {
    const host = new ScriptedHost({ timeMs: 1_000 });
    const clock = new HostClock(host);
    const contexts: CallContext[] = [];
    const controller = new AbortController();
    const run = pipeline({ name: 'p', clock }, ...guards).run(
      (call) => {
        contexts.push(call);
        return hang();
      },
      { signal: controller.signal },
    );
    const ended = run.catch((reason: unknown) => reason);
    const end = async (): Promise<unknown> => {
      controller.abort('gone');
      return ended;
    };
    return { host, clock, contexts, ended, end };
  }

  test('limits of one turn all count from its end, and none of them reads the clock', async () => {
    const door: Guard = { enter: () => Promise.resolve() };
    const { host, contexts, end } = setUp(limit(200, 'outer'), door, limit(100, 'inner'));
    await settle(); // the door has opened, in the turn it was closed in
    host.block(7);
    host.turn();
    host.block(20);
    expect(contexts[0]!.deadline).toBe(1_107);
    expect(await end()).toBe('gone');
  });

  test('one set later in the turn leaves those set before it to count from the end of the turn, too', async () => {
    const door: Guard = { enter: () => Promise.resolve() };
    const { host, ended } = setUp(limit(200, 'outer'), door, limit(100, 'inner', true));
    await settle();
    host.block(50);
    host.run(199);
    let over = false;
    void ended.then(() => (over = true));
    await settle();
    expect(over).toBe(false);
    host.run(3);
    expect(await ended).toBe('outer');
  });

  test('a limit that is set where another was given back counts from the end of its turn', async () => {
    const host = new ScriptedHost({ timeMs: 1_000 });
    const deadlines: number[] = [];
    const contexts: CallContext[] = [];
    const run = pipeline({ name: 'p', clock: new HostClock(host) }, again, limit(100, 'over')).run((call) => {
      contexts.push(call);
      return new Promise((resolve, reject) => {
        if (call.attempt === 1) host.reply(30, () => reject(new Error('down')));
        else host.reply(50, () => resolve(deadlines.push(call.deadline)));
      });
    });
    host.run(30);
    await settle();
    host.block(7);
    host.run(60);
    await run;
    expect(deadlines).toEqual([1_137]);
  });

  test('whoever asks in the turn fixes the end, for the others as for itself', async () => {
    const { host, contexts, end } = setUp(limit(200, 'outer'), limit(100, 'inner'));
    expect(contexts[0]!.deadline).toBe(1_100);
    host.block(7);
    host.turn();
    expect(contexts[0]!.deadline).toBe(1_100);
    expect(await end()).toBe('gone');
  });

  test('one whose end was asked for is not put off by another that is set later in the same turn', async () => {
    const host = new ScriptedHost({ timeMs: 1_000 });
    const asking: Guard = { enter: (call) => expect(call.deadline).toBe(1_100) };
    const working: Guard = { enter: () => host.block(30) };
    const guards = [limit(100, 'outer'), asking, working, limit(90, 'inner')];
    const ended = pipeline({ name: 'p', clock: new HostClock(host) }, ...guards)
      .run(hang)
      .catch((reason: unknown) => reason);
    host.run(200);
    expect(await ended).toBe('outer');
  });

  test('where two that wait have ended, a hard one further in still ends the call at its own time', async () => {
    const { host, ended } = setUp(limit(50, 'outer', true), limit(30, 'inner', true), limit(70, 'innermost'));
    host.turn();
    host.block(8);
    host.run(60);
    await settle();
    expect(host.timeMs).toBe(1_068);
    host.run(3);
    expect(await ended).toBe('innermost');
  });

  test('a call that is over leaves no timer', async () => {
    const { host, end } = setUp(limit(50, 'outer'), limit(30, 'inner'));
    host.turn();
    expect(host.isKeptAlive).toBe(true);
    await end();
    host.run(0);
    expect(host.isKeptAlive).toBe(false);
  });
});
