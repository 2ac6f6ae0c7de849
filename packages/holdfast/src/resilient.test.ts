import { describe, expect, test } from 'vitest';
import { bulkhead, CircuitOpenError, pipeline, resilient, TimeoutError } from './index.ts';
import type { Policy } from './index.ts';
import { scripted, seededRandom, VirtualClock } from './testing.ts';

const names = (p: { snapshot(): { policies: readonly object[] } }): unknown[] =>
  p.snapshot().policies.map((policy) => (policy as { policy?: string; name?: string }).policy);

test('is safe without options: all parts but fallback and throttle, in the standard order', () => {
  expect(names(resilient('payments'))).toEqual(['deadline', 'retry', 'circuitBreaker', 'bulkhead', 'timeout']);
});

test('takes options, a policy of one’s own, or false for each part, and leaves a place for a throttle', () => {
  const own: Policy = { name: 'own', enter() {}, snapshot: () => ({ policy: 'own' }) };
  const p = resilient('payments', {
    fallback: () => 'sorry',
    throttle: { ...own, name: 'throttle', snapshot: () => ({ policy: 'throttle' }) },
    retry: false,
    circuitBreaker: own,
    bulkhead: { concurrency: 3 },
  });
  expect(names(p)).toEqual(['fallback', 'deadline', 'throttle', 'own', 'bulkhead', 'timeout']);
  expect(p.snapshot().policies).toContainEqual(expect.objectContaining({ policy: 'bulkhead', concurrency: 3 }));
});

test('is one pipeline in which everything plays together: retries, then an open circuit, then the fallback', async () => {
  const clock = new VirtualClock();
  const down = scripted([{ afterMs: 5, error: new Error('down') }], { clock });
  const p = resilient('payments', {
    clock,
    random: seededRandom(1),
    fallback: (error) => error,
    circuitBreaker: { minimumCalls: 4, window: { calls: 4 } },
    retry: { idempotent: true },
  });
  const answers: unknown[] = [];
  for (let call = 0; call < 3; call++) {
    const run = p.run(down).then((answer) => answers.push(answer));
    await clock.runAll();
    await run;
  }
  expect(answers[0]).toMatchObject({ message: 'down' });
  expect(answers.at(-1)).toBeInstanceOf(CircuitOpenError);
  expect(down.calls.length).toBe(4);
  expect(clock.pendingTimers).toEqual([]);
});

test('an attempt that hangs is cut, and its permit comes back', async () => {
  const clock = new VirtualClock();
  const p = resilient('payments', { clock, retry: false, bulkhead: { concurrency: 1 } });
  const failed = expect(p.run(scripted([{ afterMs: Infinity }], { clock }))).rejects.toBeInstanceOf(TimeoutError);
  await clock.advance(3_000);
  await failed;
  expect(p.snapshot().policies).toContainEqual(expect.objectContaining({ policy: 'bulkhead', inFlight: 0 }));
});

describe('nonsense', () => {
  test.each([
    [{ retries: {} }, 'retries'],
    [{ retry: true }, 'retry'],
    [{ retry: { attempts: 0 } }, 'attempts'],
    [{ fallback: 'sorry' }, 'fallback'],
    [{ throttle: {} }, 'throttle'],
    [{ retry: [] }, 'retry'],
    [{ hedge: Promise.resolve({}) }, 'hedge'],
    [{ hedge: true }, 'hedge'],
    [{ rateLimit: {} }, 'limit'],
    [{ deadline: {} }, 'ms'],
    [{ deadline: { ms: 100 }, timeout: { ms: 200 } }, 'timeout.ms'],
    [{ clock: new VirtualClock(), bulkhead: bulkhead() }, 'policies[3].clock'],
  ])('%o is refused by its name', (options, option) => {
    expect(() => resilient('p', options as never)).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
  });

  test('a short deadline alone shortens the default time-out instead', () => {
    expect(resilient('p', { deadline: { ms: 100 } }).snapshot().policies).toContainEqual(
      expect.objectContaining({ policy: 'timeout', ms: 100 }),
    );
  });
});

test('options that are undefined count as absent, also within a part', () => {
  const clock = new VirtualClock();
  expect(names(resilient('p', { clock, fallback: undefined, retry: { clock: undefined } }))).toContain('retry');
});

test('the pipeline is a policy like any other', async () => {
  const p = pipeline('outer', resilient('inner', { fallback: () => 'sorry' }));
  await expect(p.run(() => Promise.reject(new Error('down')))).resolves.toBe('sorry');
});
