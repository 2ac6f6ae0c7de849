import { describe, expect, onTestFinished, test } from 'vitest';
import {
  bulkhead,
  circuitBreaker,
  deadline,
  fallback,
  keyed,
  openCall,
  pipeline,
  retry,
  subscribe,
  systemClock,
  timeout,
} from '../src/index.ts';
import type { Guard, HoldfastEvent, Policy } from '../src/index.ts';
import { VirtualClock } from '../src/testing.ts';

// What no policy shows alone: cancellation, classification and waiting across several of them.

const hang = (): Promise<never> => new Promise(() => {});
const sensitive = { consecutiveFailures: 1 };

function record(): HoldfastEvent[] {
  const events: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => events.push(event)));
  return events;
}

describe('time that ran out in a queue of ours is charged to nobody', () => {
  const shapes: [string, (breaker: Policy, queue: Policy, clock: VirtualClock) => Policy[]][] = [
    ['flat', (breaker, queue) => [breaker, queue]],
    [
      'the breaker kept by key',
      (breaker, queue, clock) => [
        keyed(
          () => 'k',
          () => breaker,
          { clock },
        ),
        queue,
      ],
    ],
    ['the queue in a nested pipeline', (breaker, queue, clock) => [breaker, pipeline({ name: 'inner', clock }, queue)]],
  ];

  test.each(shapes)('%s', async (_shape, policiesOf) => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ ...sensitive, clock });
    const queue = bulkhead({ concurrency: 1, queue: 1, clock });
    const gate = Promise.withResolvers<void>();
    const holder = pipeline({ name: 'holder', clock }, queue).run(() => gate.promise);
    let operations = 0;

    const p = pipeline({ name: 'p', clock }, deadline({ ms: 10, clock }), ...policiesOf(breaker, queue, clock));
    const late = expect(p.run(() => ++operations)).rejects.toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    await clock.advance(10);
    await late;

    expect(operations).toBe(0);
    expect(breaker.state).toBe('closed');
    gate.resolve();
    await holder;
  });

  test('nor to the pipeline whose operation waits in the queue of another', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ ...sensitive, clock });
    const inner = pipeline({ name: 'inner', clock }, bulkhead({ concurrency: 1, queue: 1, clock }));
    const gate = Promise.withResolvers<void>();
    const holder = inner.run(() => gate.promise);

    const outer = pipeline({ name: 'outer', clock }, deadline({ ms: 10, clock }), breaker);
    const late = expect(outer.run((call) => inner.run(() => 1, call))).rejects.toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    await clock.advance(10);
    await late;

    expect(breaker.state).toBe('closed');
    gate.resolve();
    await holder;
  });

  test('and what was not begun may be repeated, also behind a policy kept by key', async () => {
    const clock = new VirtualClock();
    const queue = bulkhead({ concurrency: 1, queue: 1, clock });
    const gate = Promise.withResolvers<void>();
    const holder = pipeline({ name: 'holder', clock }, queue).run(() => gate.promise);
    const again = retry({ clock, retryOn: () => true, backoff: () => 10 });
    const p = pipeline(
      { name: 'p', clock },
      again,
      timeout({ ms: 20, clock }),
      keyed(
        () => 'k',
        () => queue,
        { clock },
      ),
    );

    const run = p.run(() => 'done');
    await clock.advance(25);
    gate.resolve();
    await holder;
    await clock.advance(10);

    await expect(run).resolves.toBe('done');
  });
});

describe('several limits that come due in one blocked stretch of the loop', () => {
  /** The real clock, and a loop blocked for real: under a virtual clock there is rest between two timers. */
  const block = (ms: number): void => {
    const end = systemClock.now() + ms;
    while (systemClock.now() < end);
  };

  test('are one stall: the breaker hears of no failure, and what was left behind is known', async () => {
    const events = record();
    const asked: unknown[] = [];
    const breaker = circuitBreaker(sensitive);
    const permits = bulkhead({ concurrency: 1, queue: 0, holdUntilSettled: true });
    const classify = ({ error }: { error: unknown }): undefined => void asked.push(error);
    const p = pipeline({ name: 'p', classify }, deadline({ ms: 60 }), breaker, permits, timeout({ ms: 40 }));
    const gate = Promise.withResolvers<void>();

    const late = expect(p.run(() => gate.promise)).rejects.toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    await new Promise((resolve) => void setImmediate(() => setImmediate(resolve)));
    block(300);
    await late;

    expect(events.filter(({ type }) => type === 'attempt.finished')).toMatchObject([{ kind: 'stalled' }]);
    expect(events.filter(({ type }) => type === 'policy.faulted')).toEqual([]);
    expect(asked).toEqual([]);
    expect(breaker.state).toBe('closed');
    expect(permits.snapshot()).toMatchObject({ leftBehind: 1, inFlight: 1 });
    gate.resolve();
  });

  test('end a backoff as what they are', async () => {
    const events = record();
    const p = pipeline('p', deadline({ ms: 40 }), retry({ idempotent: true, backoff: () => 30 }));

    const late = expect(p.run(() => Promise.reject(new Error('down')), { timeoutMs: 45 })).rejects.toMatchObject({
      code: 'HOLDFAST_DEADLINE',
    });
    await new Promise((resolve) => void setImmediate(() => setImmediate(resolve)));
    block(300);
    await late;

    expect(events.filter(({ type }) => type === 'policy.faulted')).toEqual([]);
  });
});

describe('each attempt is judged by itself', () => {
  test('a guard inside a retry has a fresh signal in each attempt', async () => {
    const clock = new VirtualClock();
    const checks: boolean[] = [];
    const check: Guard = {
      async enter(call) {
        checks.push(call.signal.aborted);
        await call.sleep(1);
      },
    };
    const again = retry({ clock, idempotent: true, attempts: 2, backoff: () => 10 });
    const run = pipeline({ name: 'p', clock }, again, timeout({ ms: 50, clock }), check).run(({ attempt }) =>
      attempt === 1 ? hang() : 'second',
    );
    await clock.runAll();

    await expect(run).resolves.toBe('second');
    expect(checks).toEqual([false, false]);
  });

  test.each([undefined, null, true, 0, ''])(
    'an operation that answers %o as a run inside did is not judged by that run',
    async (value) => {
      const bad = pipeline({ name: 'bad', classify: () => 'failure' });
      const breaker = circuitBreaker(sensitive);
      await pipeline('outer', breaker).run(async (call) => {
        await bad.run(() => value, call);
        return value;
      });
      expect(breaker.state).toBe('closed');
    },
  );

  test.each([
    ['without time', { timeoutMs: 0 }],
    ['given up beforehand', { signal: AbortSignal.abort(new Error('mine')) }],
  ])('a run inside that is over before it begins, %s, is no failure of what is called', async (_how, options) => {
    const breaker = circuitBreaker(sensitive);
    const inner = pipeline('inner');
    const run = pipeline('outer', breaker).run((parent) => inner.run(() => 1, { ...options, parent }));
    await expect(run).rejects.toThrow();
    expect(breaker.state).toBe('closed');
  });

  test('nor is a key that cannot be had', async () => {
    const breaker = circuitBreaker(sensitive);
    const p = pipeline(
      'p',
      breaker,
      keyed(
        () => 5 as never,
        () => bulkhead(),
      ),
    );
    await expect(p.run(() => 1)).rejects.toMatchObject({ code: 'HOLDFAST_CONFIG' });
    expect(breaker.state).toBe('closed');
  });

  test('a reply that breaks off at the abort of its own signal is a time-out all the same', async () => {
    const clock = new VirtualClock();
    /** Rejects in the very call of its abort listener, as promises of other libraries may. */
    const abrupt = (signal: AbortSignal): PromiseLike<never> => ({
      // oxlint-disable-next-line unicorn/no-thenable -- that is the point
      then: (_resolve, reject) => {
        signal.addEventListener('abort', () => void reject?.(new Error('its own')));
        return hang();
      },
    });
    const failed = expect(
      pipeline({ name: 'p', clock }, timeout({ ms: 10, clock })).run(({ signal }) => abrupt(signal)),
    ).rejects.toMatchObject({ code: 'HOLDFAST_TIMEOUT' });
    await clock.advance(10);
    await failed;
  });
});

describe('odd uses', () => {
  test('a priority callback that ends its own call leaves the queue as it was', async () => {
    const clock = new VirtualClock();
    const caller = new AbortController();
    const permits = bulkhead({
      clock,
      concurrency: 1,
      queueTimeoutMs: 20,
      order: 'priority',
      priority: ({ key }) => {
        if (key === 'x') caller.abort('gone');
        return 1;
      },
    });
    const p = pipeline({ name: 'p', clock }, permits);
    const gate = Promise.withResolvers<void>();
    const holder = p.run(() => gate.promise);
    await expect(p.run(() => 1, { key: 'x', signal: caller.signal })).rejects.toBe('gone');

    const waiting = expect(p.run(() => 1)).rejects.toMatchObject({ code: 'HOLDFAST_QUEUE_TIMEOUT' });
    await clock.advance(20);
    await waiting;
    expect(permits.snapshot()).toMatchObject({ queued: 0, inFlight: 1 });
    gate.resolve();
    await holder;
  });

  test('a promise as the value of a fallback does not outlive the deadline', async () => {
    const clock = new VirtualClock();
    const p = pipeline({ name: 'p', clock }, deadline({ ms: 10, clock }), fallback(hang()));
    const late = expect(p.run(() => Promise.reject(new Error('down')))).rejects.toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    await clock.advance(10);
    await late;
  });

  test('a retry paid for, and given up before it began, is paid back', async () => {
    const clock = new VirtualClock();
    const again = retry({ clock, idempotent: true, backoff: () => 10 });
    const permits = bulkhead({ clock, concurrency: 1 });
    const p = pipeline({ name: 'p', clock }, again, permits);
    const caller = new AbortController();
    const gate = Promise.withResolvers<void>();
    const tokens = (): number => (again.snapshot().budget as { tokens: number }).tokens;
    const before = tokens();

    const run = expect(p.run(() => Promise.reject(new Error('down')), { signal: caller.signal })).rejects.toBe('gone');
    await clock.advance(1);
    const holder = p.run(() => gate.promise);
    await clock.advance(10);
    expect(tokens()).toBeLessThan(before);
    caller.abort('gone');
    await run;

    expect(tokens()).toBeGreaterThanOrEqual(before);
    gate.resolve();
    await holder;
  });

  test('who subscribes in the middle of a call hears of the next one', async () => {
    const gate = Promise.withResolvers<void>();
    const p = pipeline('p');
    const run = p.run(() => gate.promise);
    const events = record();
    gate.resolve();
    await run;
    expect(events).toEqual([]);
    await p.run(() => 1);
    expect(events.map(({ type }) => type)).toEqual(['call.started', 'attempt.started', 'attempt.finished', 'call.finished']);
  });

  test('a call is not part of one that keeps another time', async () => {
    const outer = openCall('request', { timeoutMs: 1_000 }, new VirtualClock());
    await expect(pipeline('inner').run(() => 1, outer)).rejects.toMatchObject({ code: 'HOLDFAST_CONFIG', option: 'parent' });
    outer.close();
  });

  test('what somebody put on Object.prototype is no option of a run', async () => {
    const prototype = Object.prototype as { polluted?: number };
    prototype.polluted = 1;
    onTestFinished(() => void delete prototype.polluted);
    await expect(pipeline('p').run(() => 1, { key: 'a' })).resolves.toBe(1);
  });
});
