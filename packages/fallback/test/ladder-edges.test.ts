// When a ladder looks, what it then goes by, and which endings it leaves alone.
import { pipeline } from '@holdfast/core';
import type { CallContext, Guard } from '@holdfast/core';
import { scripted, VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import type { LadderOptions } from '../src/ladder-options.ts';
import { ladder } from '../src/ladder.ts';
import { errorOf, eventsOf } from './cache-support.ts';

const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);
const works = async (): Promise<string> => 'fresh';

function setUp(changes: Partial<LadderOptions> = {}, inside: readonly Guard[] = []) {
  const clock = new VirtualClock();
  const service = ladder({
    clock,
    random: () => 0,
    levels: [{ name: 'full' }, { name: 'static', answer: 'static' }],
    minimumCalls: 4,
    evaluateMs: 0,
    climb: { afterMs: 1_000, rampMs: 1_000, jitterRatio: 0 },
    window: { durationMs: 1_000 },
    ...changes,
  });
  const classify = ({ error }: { error: unknown }) => (error instanceof SyntaxError ? ('ignored' as const) : undefined);
  const calls = pipeline({ name: 'p', clock, classify }, service, ...inside);
  const failTimes = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await calls.run(fails);
  };
  return { clock, service, calls, failTimes };
}

test('has the clock it was given', () => {
  const { clock, service } = setUp();
  expect(service.clock).toBe(clock);
});

test('forgets calls that are too old before it looks at them', async () => {
  const { clock, service, failTimes } = setUp({ evaluateMs: 100 });
  await failTimes(4);
  await clock.advance(5_000);
  expect(service.level).toBe('full');
});

test('shows none that are too old, either', async () => {
  const { clock, service, failTimes } = setUp({ evaluateMs: 100_000, climb: { rampMs: 0 } });
  await failTimes(3);
  expect(service.snapshot().window.failed).toBe(3);
  await clock.advance(5_000);
  expect(service.snapshot().window.failed).toBe(0);
});

test('makes no call younger when an option other than the window changes', async () => {
  const { clock, service, failTimes } = setUp();
  await failTimes(3);
  await clock.advance(900);
  service.prepareUpdate({ failureRatio: 0.4 })();
  await clock.advance(100);
  expect(service.snapshot().window.failed).toBe(0);
});

test('forgets as soon as a shorter window says', async () => {
  const { clock, service, failTimes } = setUp({ window: { durationMs: 60_000 } });
  await failTimes(3);
  service.prepareUpdate({ window: { durationMs: 1_000 } })();
  await clock.advance(1_000);
  expect(service.snapshot().window.failed).toBe(0);
});

test('looks at once when an option has changed, however long the last look was to hold', async () => {
  const { service, failTimes } = setUp({ evaluateMs: 1_000, climb: {} });
  expect(service.level).toBe('full');
  await failTimes(3);
  service.prepareUpdate({ minimumCalls: 3 })();
  expect(service.level).toBe('static');
});

test('does not climb while a signal may be about to be bad', async () => {
  let load = 1;
  const { clock, service } = setUp({ signals: [{ name: 'load', read: () => load, forMs: 1e6 }] });
  service.pin('static');
  service.unpin();
  const walk = async (): Promise<number> => {
    for (let at = 0; at < 5_000; at += 100) {
      await clock.advance(100);
      void service.level;
    }
    return service.snapshot().climbingRatio + (service.level === 'full' ? 1 : 0);
  };
  expect(await walk()).toBe(0);
  load = 0;
  expect(await walk()).toBeGreaterThan(0);
});

test('names the signal as the reason when that and the calls demand the same', async () => {
  let load = 0;
  const { service, failTimes } = setUp({ signals: [{ name: 'load', read: () => load }] });
  const seen = eventsOf(/^ladder\.changed/);
  await failTimes(4); // enough of them, but nobody looks after the last
  load = 0.9;
  expect(service.level).toBe('static');
  expect(seen).toMatchObject([{ reason: 'load', severity: 0.9 }]);
});

test('goes on climbing when what tried the better level ended in nothing', async () => {
  const { clock, service, calls } = setUp();
  service.pin('static');
  service.unpin();
  void service.level;
  await clock.advance(1_000);
  await errorOf(calls.run(() => Promise.reject(new SyntaxError('no such thing'))));
  const { climbingRatio } = service.snapshot();
  await clock.advance(100);
  void service.level;
  expect(service.snapshot().climbingRatio).toBeGreaterThan(climbingRatio);
});

test('passes on a slow answer', async () => {
  const slow: Guard = { name: 'slow', exit: () => undefined, slowCallMs: 10 };
  const { clock, calls } = setUp({}, [slow]);
  const call = calls.run(scripted([{ afterMs: 20, value: 'slow' }], { clock }));
  await clock.advance(20);
  await expect(call).resolves.toBe('slow');
});

test('passes on what somebody further in gave up', async () => {
  const { clock, calls, service } = setUp();
  const inner = pipeline({ name: 'inner', clock });
  const call = calls.run((parent: CallContext) => inner.run(works, { parent, signal: AbortSignal.abort('not needed') }));
  await expect(call).rejects.toBe('not needed');
  expect(service.snapshot().window).toEqual({ served: 0, slow: 0, failed: 0, refused: 0 });
});

test('gives the error of a level that has to answer and throws, where nothing was run', async () => {
  const off = new Error('closed');
  const answer = (): never => {
    throw off;
  };
  const { calls, service } = setUp({ levels: [{ name: 'full' }, { name: 'off', answer }] });
  service.pin('off');
  await expect(calls.run(works)).rejects.toBe(off);
});

test('tells a call that runs when the level changes of the new one', async () => {
  const { calls, service } = setUp({ levels: [{ name: 'full' }, { name: 'lite' }] });
  const levels: string[] = [];
  await calls.run((call) => {
    levels.push(service.levelOf(call));
    service.pin('lite');
    levels.push(service.levelOf(call));
  });
  expect(levels).toEqual(['full', 'lite']);
});
