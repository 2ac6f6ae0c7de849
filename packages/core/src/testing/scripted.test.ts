import { describe, expect, test } from 'vitest';
import { openCall } from '../open-call.ts';
import { pipeline } from '../pipeline.ts';
import { scripted } from './scripted.ts';
import { VirtualClock } from './virtual-clock.ts';

const setUp = () => {
  const clock = new VirtualClock();
  return { clock, p: pipeline({ name: 'p', clock }) };
};
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  );

describe('a scripted dependency', () => {
  test('plays its steps in order and repeats the last one', async () => {
    const { clock, p } = setUp();
    const down = new Error('down');
    const dependency = scripted([{ afterMs: 10, value: 'first' }, { error: down }, { value: 'last' }], { clock });
    const results = [p.run(dependency), caught(p.run(dependency)), p.run(dependency), p.run(dependency)];
    await clock.advance(10);
    await expect(Promise.all(results)).resolves.toEqual(['first', down, 'last', 'last']);
  });

  test('repeats the last step also if told to, and has run nothing before its first call', async () => {
    const { clock, p } = setUp();
    // oxlint-disable-next-line unicorn/no-thenable -- the option's name
    const dependency = scripted([{ value: 1 }, { value: 2 }], { clock, then: 'last' });
    expect([dependency.running, dependency.mostRunning, dependency.calls]).toEqual([0, 0, []]);
    const results = [1, 2, 3].map(() => p.run(dependency));
    await clock.advance(0);
    await expect(Promise.all(results)).resolves.toEqual([1, 2, 2]);
  });

  test('begins again if told to', async () => {
    const { clock, p } = setUp();
    // oxlint-disable-next-line unicorn/no-thenable -- the option's name
    const dependency = scripted([{ value: 1 }, { value: 2 }], { clock, then: 'again' });
    const results = [1, 2, 3].map(() => p.run(dependency));
    await clock.advance(0);
    await expect(Promise.all(results)).resolves.toEqual([1, 2, 1]);
  });

  test('may answer undefined, and reject with undefined', async () => {
    const { clock, p } = setUp();
    const dependency = scripted([{}, { error: undefined }], { clock });
    const results = [p.run(dependency), caught(p.run(dependency))];
    await clock.advance(0);
    await expect(Promise.all(results)).resolves.toEqual([undefined, undefined]);
    await expect(results[1]).resolves.not.toBe('no error');
  });

  test('notes each call, and how many ran at once', async () => {
    const { clock, p } = setUp();
    const dependency = scripted([{ afterMs: 30 }, { afterMs: 10 }], { clock });
    const first = p.run(dependency);
    await clock.advance(5);
    const second = p.run(dependency);
    expect([dependency.running, dependency.mostRunning]).toEqual([2, 2]);
    await clock.advance(10);
    expect(dependency.calls).toEqual([
      { at: 0, attempt: 1, endedAt: undefined, aborted: false },
      { at: 5, attempt: 1, endedAt: 15, aborted: false },
    ]);
    await clock.advance(15);
    await Promise.all([first, second]);
    expect([dependency.running, dependency.mostRunning]).toEqual([0, 2]);
  });

  test('stops when its signal aborts, leaving no timer', async () => {
    const { clock, p } = setUp();
    const controller = new AbortController();
    const dependency = scripted([{ afterMs: Infinity }], { clock });
    const error = caught(p.run(dependency, { signal: controller.signal }));
    await clock.advance(20);
    controller.abort('enough');
    await expect(error).resolves.toBe('enough');
    expect(dependency.calls).toEqual([{ at: 0, attempt: 1, endedAt: 20, aborted: true }]);
    expect(dependency.running).toBe(0);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('rejects with the reason of its signal by itself, whoever calls it', async () => {
    const { clock } = setUp();
    const call = openCall('call', {}, clock);
    let error: unknown;
    scripted([{ afterMs: 50 }], { clock })(call).catch((reason: unknown) => (error = reason));
    call.cancel('enough');
    await clock.advance(0);
    expect(error).toBe('enough');
  });

  test('stops at once when the signal has aborted before', async () => {
    const { clock, p } = setUp();
    const dependency = scripted([{ afterMs: 5 }], { clock });
    const late = p.run(
      async (call) => {
        await clock.sleep(10);
        return dependency(call);
      },
      { timeoutMs: 1 },
    );
    const error = caught(late);
    await clock.advance(10);
    await expect(error).resolves.toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    expect(dependency.calls).toEqual([{ at: 10, attempt: 1, endedAt: 10, aborted: true }]);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('an answer in time takes its listener off the signal', async () => {
    const { clock, p } = setUp();
    const dependency = scripted([{ afterMs: 5, value: 1 }], { clock });
    let signal: AbortSignal | undefined;
    const run = p.run((call) => {
      ({ signal } = call);
      return dependency(call);
    });
    await clock.advance(5);
    await run;
    signal!.dispatchEvent(new Event('abort'));
    expect(dependency.calls[0]).toMatchObject({ aborted: false, endedAt: 5 });
  });

  test('goes on after an abort if it ignores its signal', async () => {
    const { clock, p } = setUp();
    const dependency = scripted([{ afterMs: 50, value: 1 }], { clock, ignoresSignal: true });
    const error = caught(p.run(dependency, { timeoutMs: 10 }));
    await clock.advance(10);
    await expect(error).resolves.toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    expect(dependency.running).toBe(1);
    await clock.advance(40);
    expect(dependency.calls).toEqual([{ at: 0, attempt: 1, endedAt: 50, aborted: false }]);
  });
});

describe('a script that cannot be', () => {
  const clock = new VirtualClock();
  test.each([
    ['no list', 'text', { clock }, 'scripted', 'steps'],
    ['an empty list', [], { clock }, 'scripted', 'steps'],
    ['a misspelt step', [{}, { delayMs: 5 }], { clock }, 'scripted: steps[1]', 'delayMs'],
    ['a time before now', [{ afterMs: -1 }], { clock }, 'scripted: steps[0]', 'afterMs'],
    ['a value and an error', [{ value: 1, error: 2 }], { clock }, 'scripted: steps[0]', 'error'],
    ['no options', [{}], undefined, 'scripted', 'clock'],
    ['no clock', [{}], {}, 'scripted', 'clock'],
    // oxlint-disable-next-line unicorn/no-thenable -- the option's name
    ['another end', [{}], { clock, then: 'stop' }, 'scripted', 'then'],
    ['a misspelt option', [{}], { clock, ignoreSignal: true }, 'scripted', 'ignoreSignal'],
  ])('is refused: %s', (_what, steps, options, policy, option) => {
    expect(() => scripted(steps as never, options as never)).toThrow(expect.objectContaining({ policy, option }));
  });
});
