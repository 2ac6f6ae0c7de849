import { describe, expect, onTestFinished, test } from 'vitest';
import { subscribe } from './events.ts';
import { keyed } from './keyed.ts';
import type { KeyedOptions } from './keyed.ts';
import { pipeline } from './pipeline.ts';
import { Again } from './policy.ts';
import type { Guard, Policy, Wrapper } from './policy.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

interface Counter extends Guard {
  readonly key: string;
  readonly label: string;
  calls: number;
}

/** A counter per key, and what was made. */
function counters(options: KeyedOptions = {}) {
  const clock = new VirtualClock();
  const made: string[] = [];
  const policy = keyed(
    ({ key }) => key,
    (key, label): Counter => {
      made.push(key);
      return {
        key,
        label,
        calls: 0,
        enter() {
          this.calls++;
        },
      };
    },
    { clock, ...options },
  );
  const p = pipeline({ name: 'p', clock }, policy);
  const use = (key?: string): Promise<unknown> => p.run(() => key, { key });
  /** A call that stays in flight until the returned function is called. */
  const hold = (key: string): (() => Promise<void>) => {
    const gate = Promise.withResolvers<void>();
    const run = p.run(() => gate.promise, { key });
    return () => {
      gate.resolve();
      return run;
    };
  };
  return { clock, made, policy, p, use, hold };
}
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  );

describe('one instance a key', () => {
  test('is made when the key is first seen, and used again', async () => {
    const { use, made, policy } = counters();
    await use('a');
    await use('b');
    await use('a');
    expect(made).toEqual(['a', 'b']);
    expect(policy.peek('a')!.calls).toBe(2);
    expect(policy.peek('c')).toBeUndefined();
    expect(policy.size).toBe(2);
  });

  test('no key at all is the key of its own that the empty string is', async () => {
    const { use, made } = counters();
    await use(undefined);
    await use('');
    expect(made).toEqual(['']);
  });

  test.each(['__proto__', 'constructor', 'toString'])('%s is a key like any other', async (key) => {
    const { use, made, policy } = counters();
    await use(key);
    await use(key);
    expect(made).toEqual([key]);
    expect(Object.keys((policy.snapshot() as { perKey: object }).perKey)).toEqual([key]);
  });

  test('is told its key, and a label of its own while there are labels left', async () => {
    const { use, policy } = counters({ maxLabels: 2 });
    for (const key of ['a', 'b', 'c']) await use(key);
    expect(['a', 'b', 'c'].map((key) => policy.peek(key)!.label)).toEqual(['a', 'b', '_other']);
  });

  test('is told a name also where there is no key, for a policy cannot be called ""', async () => {
    const { use, policy } = counters();
    await use(undefined);
    expect(policy.peek('')!.label).toBe('_none');
  });

  test('keeps its label when it is made anew, and gives it to nobody else', async () => {
    const { use, policy } = counters({ maxLabels: 1, max: 1 });
    await use('a');
    await use('b');
    expect(policy.peek('b')!.label).toBe('_other');
    await use('a');
    expect(policy.peek('a')!.label).toBe('a');
  });

  test('is looked at when it is made, and not at each call', async () => {
    let looks = 0;
    const clock = new VirtualClock();
    const policy = keyed(
      ({ key }) => key,
      (): Guard => ({
        get enter() {
          looks++;
          return () => {};
        },
      }),
      { clock },
    );
    const p = pipeline({ name: 'p', clock }, policy);
    await p.run(() => 1, { key: 'a' });
    const before = looks;
    for (let i = 0; i < 3; i++) await p.run(() => 1, { key: 'a' });
    expect(looks).toBe(before);
  });

  test('does not stand between an operation and its caller in the stack of its error', async () => {
    const { p } = counters();
    const fails = async (): Promise<never> => {
      await Promise.resolve();
      throw new Error('deep');
    };
    async function theCallersFunction(): Promise<void> {
      await p.run(async () => await fails(), { key: 'a' });
    }
    const error = (await caught(theCallersFunction())) as Error;
    expect(error.stack).toMatch(/fails[^]*theCallersFunction/);
  });
});

describe('what is kept', () => {
  test('is at most max, and the one unused for longest goes', async () => {
    const { use, policy } = counters({ max: 2 });
    await use('a');
    await use('b');
    await use('a');
    await use('c');
    expect([policy.peek('a'), policy.peek('b'), policy.peek('c')].map((one) => one?.key)).toEqual(['a', undefined, 'c']);
  });

  test('is forgotten after idleMs, also when it is the very key that is used next', async () => {
    const { clock, use, made, policy } = counters({ idleMs: 100 });
    await use('a');
    await clock.advance(60);
    await use('b');
    await clock.advance(40);
    await use('a');
    expect(made).toEqual(['a', 'b', 'a']);
    expect(policy.size).toBe(2);
    await clock.advance(99);
    await use('a');
    expect(made).toHaveLength(3);
    expect(policy.size).toBe(1);
  });

  test('is kept for ever if idleMs says so', async () => {
    const { clock, use, made } = counters({ idleMs: Infinity });
    await use('a');
    await clock.advance(1e12);
    await use('a');
    expect(made).toEqual(['a']);
  });

  test('is never one with calls in flight, not by number and not by time, until they end', async () => {
    const { clock, use, hold, policy } = counters({ max: 1, idleMs: 100 });
    const releases = [hold('a'), hold('b'), hold('a')];
    await clock.advance(1_000);
    await use('c');
    expect(policy.size).toBe(2);
    expect(policy.peek('c')).toBeUndefined();
    await releases[1]!();
    expect(policy.peek('b')).toBeUndefined();
    await releases[0]!();
    expect(policy.peek('a')!.calls).toBe(2);
    await releases[2]!();
    expect(policy.size).toBe(1);
    await clock.advance(99);
    await use('a');
    expect(policy.peek('a')!.calls).toBe(3);
  });

  test('is one whose operation was left behind, until that has really ended', async () => {
    const clock = new VirtualClock();
    const policy = keyed(
      ({ key }) => key,
      (): Guard => ({ enter() {} }),
      { clock, max: 1 },
    );
    const p = pipeline({ name: 'p', clock }, policy);
    const late = caught(p.run(() => clock.sleep(500), { key: 'a', timeoutMs: 100 }));
    await clock.advance(100);
    await expect(late).resolves.toMatchObject({ code: 'HOLDFAST_DEADLINE' });
    await p.run(() => 1, { key: 'b' });
    expect(policy.peek('a')).toBeDefined();
    await clock.advance(400);
    await p.run(() => 1, { key: 'b' });
    expect(policy.peek('a')).toBeUndefined();
  });

  test('needs no timer', async () => {
    const { clock, use } = counters({ idleMs: 100 });
    await use('a');
    expect(clock.pendingTimers).toEqual([]);
  });

  test('a look at a policy does not count as its use', async () => {
    const { use, policy } = counters({ max: 2 });
    await use('a');
    await use('b');
    policy.peek('a');
    await use('c');
    expect(policy.peek('a')).toBeUndefined();
  });

  test('shows in the snapshot, the twenty used last', async () => {
    const { use, hold, policy } = counters();
    const release = hold('held');
    for (let i = 0; i < 30; i++) await use(`k${i}`);
    const { keys, perKey } = policy.snapshot() as { keys: number; perKey: Record<string, object> };
    expect(keys).toBe(31);
    expect(Object.keys(perKey)).toEqual([...Array.from({ length: 19 }, (_, i) => `k${i + 11}`), 'held']);
    expect(perKey.held).toEqual({ policy: 'policy' });
    await release();
  });
});

describe('a factory, or a keyOf, that fails', () => {
  const failing = (factory: () => unknown) => {
    const clock = new VirtualClock();
    const policy = keyed(({ key }) => key, factory as () => Guard, { clock, maxLabels: 1 });
    return { policy, p: pipeline({ name: 'p', clock }, policy) };
  };

  test('rejects the call with its error, leaves no entry and is asked again', async () => {
    const error = new Error('cannot');
    let calls = 0;
    const { policy, p } = failing(() => {
      if (++calls === 1) throw error;
      return { enter() {} };
    });
    let ran = 0;
    await expect(p.run(() => ++ran)).rejects.toBe(error);
    expect(ran).toBe(0);
    expect(policy.size).toBe(0);
    await expect(p.run(() => ++ran)).resolves.toBe(1);
    expect(policy.size).toBe(1);
  });

  test.each([
    ['nothing', undefined],
    ['text', 'policy'],
    ['a promise', Promise.resolve({ enter() {} })],
    ['a policy of another clock', { enter() {}, clock: new VirtualClock() }],
  ])('that makes %s is named in the error', async (_what, made) => {
    const { policy, p } = failing(() => made);
    await expect(p.run(() => 1, { key: 'a "b"' })).rejects.toThrow(/^keyed: option factory\("a \\"b\\""\)(\.clock)? must be/);
    expect(policy.size).toBe(0);
  });

  test('uses up no label', async () => {
    const clock = new VirtualClock();
    const labels: string[] = [];
    const factory = (key: string, label: string): Guard => {
      if (key === 'bad') throw new Error('cannot');
      labels.push(label);
      return { enter() {} };
    };
    const p = pipeline(
      { name: 'p', clock },
      keyed(({ key }) => key, factory, { clock, maxLabels: 1 }),
    );
    await caught(p.run(() => 1, { key: 'bad' }));
    await p.run(() => 1, { key: 'good' });
    expect(labels).toEqual(['good']);
  });

  test('keyOf that throws, or gives no string, rejects the call', async () => {
    const error = new Error('no key');
    let key: () => unknown = () => {
      throw error;
    };
    const clock = new VirtualClock();
    const policy = keyed(
      () => key() as string,
      (): Guard => ({ enter() {} }),
      { clock },
    );
    const p = pipeline({ name: 'p', clock }, policy);
    await expect(p.run(() => 1)).rejects.toBe(error);
    key = () => 5;
    await expect(p.run(() => 1)).rejects.toThrow('keyed: option keyOf(call) must be a string, or undefined, got 5');
    expect(policy.size).toBe(0);
  });

  test.each<[() => unknown, string]>([
    [() => keyed('host' as never, () => ({ enter() {} })), 'keyOf'],
    [() => keyed(({ key }) => key, { enter() {} } as never), 'factory'],
    [
      () =>
        keyed(
          ({ key }) => key,
          () => ({ enter() {} }),
          { max: 0 },
        ),
      'max',
    ],
    [
      () =>
        keyed(
          ({ key }) => key,
          () => ({ enter() {} }),
          { idleMs: 0 },
        ),
      'idleMs',
    ],
    [
      () =>
        keyed(
          ({ key }) => key,
          () => ({ enter() {} }),
          { maxLabels: -1 },
        ),
      'maxLabels',
    ],
    [
      () =>
        keyed(
          ({ key }) => key,
          () => ({ enter() {} }),
          { clock: {} as never },
        ),
      'clock',
    ],
    [
      () =>
        keyed(
          ({ key }) => key,
          () => ({ enter() {} }),
          { maxKeys: 5 } as never,
        ),
      'maxKeys',
    ],
  ])('is refused at once where that can be seen: %#', (make, option) => {
    expect(make).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', option }));
  });
});

describe('over', () => {
  const over = (make: (clock: VirtualClock) => Policy<unknown>, ...around: Policy<unknown>[]) => {
    const clock = new VirtualClock();
    return {
      clock,
      p: pipeline(
        { name: 'p', clock },
        ...around,
        keyed(
          ({ key }) => key,
          () => make(clock),
          { clock },
        ),
      ),
    };
  };

  test('a breaker, each key opens its own', async () => {
    const breaker = (): Guard => {
      let failures = 0;
      return {
        enter() {
          if (failures > 1) throw new Error('open');
        },
        exit: (_call, { kind }) => void (failures += kind === 'failure' ? 1 : 0),
      };
    };
    const { p } = over(breaker);
    const bad = { key: 'bad' };
    for (let i = 0; i < 2; i++) await caught(p.run(() => Promise.reject(new Error('down')), bad));
    await expect(p.run(() => 1, bad)).rejects.toThrow('open');
    await expect(p.run(() => 1, { key: 'good' })).resolves.toBe(1);
  });

  test('a wrapper, which may run the inside or answer itself', async () => {
    const cached = (): Wrapper<unknown> => {
      let answer: Promise<unknown> | undefined;
      return { run: (operation) => (answer ??= operation()) };
    };
    const { p } = over(cached);
    await expect(p.run(() => 1, { key: 'a' })).resolves.toBe(1);
    await expect(p.run(() => 2, { key: 'a' })).resolves.toBe(1);
    await expect(p.run(() => 3, { key: 'b' })).resolves.toBe(3);
  });

  test('a pipeline, whose snapshot is that of the key', async () => {
    const clock = new VirtualClock();
    const policy = keyed(
      ({ key }) => key,
      (key) => pipeline({ name: `of ${key}`, clock }, { name: 'g', enter() {} }),
      { clock },
    );
    const p = pipeline({ name: 'p', clock }, policy);
    await expect(p.run((call) => call.pipeline, { key: 'a' })).resolves.toBe('p');
    expect(policy.snapshot()).toEqual({
      policy: 'keyed',
      kind: 'keyed',
      keys: 1,
      perKey: { a: { name: 'of a', inFlight: 0, policies: [{ policy: 'g' }] } },
    });
  });

  test('a limit, which cancels what is inside of it alone', async () => {
    const limiting = (): Guard => ({ enter: (call) => call.limit(50, () => new Error('over')) });
    const { clock, p } = over(limiting);
    const error = caught(p.run((call) => clock.sleep(100, call.signal), { key: 'a' }));
    await clock.advance(50);
    await expect(error).resolves.toMatchObject({ message: 'over' });
    expect(clock.pendingTimers).toEqual([]);
  });

  test('and within a retry, each attempt is a use of the key and sees its number', async () => {
    const retry: Guard = { exit: (_call, { threw }) => (threw ? new Again() : undefined) };
    let entered = 0;
    const counting = (): Guard => ({ enter: () => void entered++ });
    const { p } = over(counting, retry);
    const attempts: number[] = [];
    await p.run(
      (call) => {
        attempts.push(call.attempt);
        if (call.attempt < 3) throw new Error('again');
      },
      { key: 'a' },
    );
    expect(attempts).toEqual([1, 2, 3]);
    expect(entered).toBe(3);
  });

  test('a guard around it learns of a refusal inside as a refusal', async () => {
    const kinds: string[] = [];
    const shut = (): Guard => ({
      enter() {
        throw new Error('shut');
      },
    });
    const { p } = over(shut, { exit: (_call, { kind }) => void kinds.push(kind) });
    await caught(p.run(() => 1));
    expect(kinds).toEqual(['rejected']);
  });
});

describe('what it keeps without being told', () => {
  test('is a thousand keys', async () => {
    const { use, policy } = counters();
    for (let key = 0; key < 1_001; key++) await use(`k${key}`);
    expect(policy.size).toBe(1_000);
    expect(policy.peek('k0')).toBeUndefined();
  });

  test('is a key for ten minutes after its last use', async () => {
    const { use, made, clock } = counters();
    await use('a');
    await clock.advance(599_999);
    await use('a');
    await clock.advance(600_000);
    await use('a');
    expect(made).toEqual(['a', 'a']);
  });

  test('is a hundred labels', async () => {
    const { use, policy } = counters();
    for (let key = 0; key < 101; key++) await use(`k${key}`);
    expect([policy.peek('k99')!.label, policy.peek('k100')!.label]).toEqual(['k99', '_other']);
  });

  test('is its name', () => {
    expect(counters().policy).toMatchObject({ name: 'keyed' });
    expect(counters({ name: 'hosts' }).policy.snapshot()).toEqual({ policy: 'hosts', kind: 'keyed', keys: 0, perKey: {} });
  });
});

test('a call whose key cannot be had was refused, and never begun', async () => {
  const seen: unknown[] = [];
  const look: Guard = { exit: (_call, { kind, ran }) => void seen.push([kind, ran]) };
  const odd = new Error('odd');
  const policy = keyed(
    () => {
      throw odd;
    },
    () => ({ enter() {} }),
  );
  await expect(caught(pipeline('p', look, policy).run(() => 1))).resolves.toBe(odd);
  expect(seen).toEqual([['rejected', false]]);
});

test('a policy that has no snapshot of its own is shown by its name', async () => {
  const clock = new VirtualClock();
  const policy = keyed(
    ({ key }) => key,
    (key) => (key === 'plain' ? { enter() {} } : { name: key, enter() {} }),
    { clock },
  );
  const p = pipeline({ name: 'p', clock }, policy);
  await p.run(() => 1, { key: 'plain' });
  await p.run(() => 1, { key: 'named' });
  expect(policy.snapshot()).toMatchObject({ perKey: { plain: { policy: 'policy' }, named: { policy: 'named' } } });
});

test.each<[words: string, options: object]>([
  ['keyed: option max must be a whole number of at least 1, got 0', { max: 0 }],
  ['hosts: option max must be a whole number of at least 1, got 0', { max: 0, name: 'hosts' }],
  ['option maxLabels must be a whole number of at least 0, got -1', { maxLabels: -1 }],
  ['option idleMs must be a finite number above 0, or Infinity, in milliseconds, got 0', { idleMs: 0 }],
  ['option sampleKey must be a string, got 5', { sampleKey: 5 }],
])('an option that cannot be is refused: %s', (words, options) => {
  expect(() => counters(options)).toThrow(words);
});

test('no labels at all may be had, and an empty sample key', () => {
  expect(() => counters({ maxLabels: 0, sampleKey: '' })).not.toThrow();
});

test('twenty keys are shown', async () => {
  const { use, policy } = counters();
  for (let key = 0; key < 22; key++) await use(`k${key}`);
  const { perKey } = policy.snapshot() as { perKey: object };
  expect(Object.keys(perKey)).toEqual(Array.from({ length: 20 }, (_, index) => `k${index + 2}`));
});

describe('changes', () => {
  /** A policy whose slowness can be changed, and what it was told. */
  const slowly = () => {
    const clock = new VirtualClock();
    const kinds: string[] = [];
    const changed: string[] = [];
    const policy = keyed(
      ({ key }) => key,
      (key) => {
        if (key === 'none') throw new Error('none');
        const guard = {
          name: 'g',
          slowCallMs: 1_000,
          exit: (_call: unknown, { kind }: { kind: string }) => void kinds.push(kind),
          prepareUpdate: (options: { slowCallMs?: number }) => () => {
            changed.push(key);
            guard.slowCallMs = options.slowCallMs ?? guard.slowCallMs;
          },
        };
        return guard;
      },
      { clock },
    );
    const p = pipeline({ name: 'p', clock }, policy);
    const use = async (key: string): Promise<void> => {
      const run = p.run(() => clock.sleep(50), { key });
      await clock.advance(50);
      await run;
    };
    return { p, policy, use, kinds, changed };
  };

  test('of slowness hold for the keys there are and for those that come, each changed once', async () => {
    const { p, use, kinds, changed } = slowly();
    await use('there');
    p.update({ keyed: { slowCallMs: 20 } });
    await use('there');
    await use('later');
    expect(kinds).toEqual(['success', 'slow', 'slow']);
    expect(changed.toSorted()).toEqual(['', 'later', 'there']);
  });

  test('of slowness hold for a key that came, and was used, between their check and their making', async () => {
    const { policy, use, kinds } = slowly();
    const makeChanges = policy.prepareUpdate({ slowCallMs: 20 });
    await use('meanwhile');
    makeChanges();
    await use('meanwhile');
    expect(kinds).toEqual(['success', 'slow']);
  });

  test('are nobody’s fault where there were none', async () => {
    const faults: unknown[] = [];
    onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event)));
    const { use } = counters();
    await use('a');
    expect(faults).toEqual([]);
  });

  test('that cannot be checked say which key is wanted', () => {
    const policy = keyed(
      ({ key }) => key,
      () => {
        throw new Error('none');
      },
      { sampleKey: 'any' },
    );
    expect(() => policy.prepareUpdate({ n: 1 })).toThrow(
      'keyed: option sampleKey must be a key the factory makes a policy for, got "any"',
    );
  });

  test.each<[what: string, sampleKey: string, merged: object]>([
    ['in the way of the policy of a key', '', { part: { a: 1, b: 2 } }],
    ['one over the other, where there is none to ask', 'none', { part: { b: 2 } }],
  ])('one after the other are merged %s', (_what, sampleKey, merged) => {
    const policy = keyed(
      ({ key }) => key,
      (key) => {
        if (key === 'none') throw new Error('none');
        return pipeline('inner', { name: 'part', enter() {} });
      },
      { sampleKey },
    );
    expect(policy.mergeUpdates?.({ part: { a: 1 } }, { part: { b: 2 } })).toEqual(merged);
  });
});
