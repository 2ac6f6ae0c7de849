import { expect, test } from 'vitest';
import { ConfigError } from './errors.ts';
import { publish, subscribe } from './events.ts';
import { keyed } from './keyed.ts';
import type { KeyedOptions } from './keyed.ts';
import { count, readOptions } from './options.ts';
import { pipeline } from './pipeline.ts';
import type { Guard } from './policy.ts';
import { shadow } from './shadow.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

interface Capped extends Guard {
  readonly name: string;
  readonly max: number;
  readonly slowCallMs: number;
}

/** Lets through so many calls in all, and no more. */
function capped(name: string, max: number, slowCallMs = 1_000): Capped {
  let given = { max, slowCallMs };
  let admitted = 0;
  const read = (options: object): typeof given => readOptions(name, options, { max: count(1, 1), slowCallMs: count(1, 1_000) });
  return {
    name,
    get max() {
      return given.max;
    },
    get slowCallMs() {
      return given.slowCallMs;
    },
    enter() {
      if (++admitted > given.max) throw new ConfigError(name, 'max', admitted, `up to ${given.max}`);
    },
    prepareUpdate(options) {
      const next = read({ ...given, ...options });
      return () => void (given = next);
    },
  };
}

const configError = (about: object): unknown => expect.objectContaining({ code: 'HOLDFAST_CONFIG', ...about });

test('changes the options that are named, and keeps the others and what was learnt', async () => {
  const cap = capped('cap', 1);
  const p = pipeline('p', cap);
  await p.run(() => 1);
  await expect(p.run(() => 1)).rejects.toThrow('up to 1');

  p.update({ cap: { max: 3 } });

  expect([cap.max, cap.slowCallMs]).toEqual([3, 1_000]);
  await expect(p.run(() => 1)).resolves.toBe(1);
  await expect(p.run(() => 1)).rejects.toThrow('up to 3');
});

test('changes all or nothing', () => {
  const [a, b] = [capped('a', 1), capped('b', 2)];
  const p = pipeline('p', a, b);
  expect(() => p.update({ a: { max: 10 }, b: { max: 0 } })).toThrow(configError({ policy: 'b', option: 'max', value: 0 }));
  expect([a.max, b.max]).toEqual([1, 2]);
});

test.each([
  ['a name no policy has', { bulkhed: { max: 1 } }, { policy: 'p', option: 'bulkhed' }, 'did you mean bulkhead?'],
  ['a name that several have', { twin: { max: 1 } }, { policy: 'p', option: 'twin' }, 'the name of one policy'],
  ['a policy that cannot be changed', { fixed: { max: 1 } }, { policy: 'p', option: 'fixed' }, 'cannot be changed'],
  ['options that are none', { bulkhead: 5 }, { policy: 'p', option: 'bulkhead', value: 5 }, 'an object'],
  ['an option nobody knows', { bulkhead: { mx: 1 } }, { policy: 'bulkhead', option: 'mx' }, 'did you mean max?'],
])('refuses %s', (_what, changes, about, says) => {
  const p = pipeline('p', capped('bulkhead', 1), capped('twin', 1), capped('twin', 2), { name: 'fixed', enter: () => {} });
  const update = (): void => p.update(changes as never);
  expect(update).toThrow(configError(about));
  expect(update).toThrow(says);
});

test.each([undefined, null, 7, 'x', []])('refuses %j in place of changes', (changes) => {
  expect(() => pipeline('p').update(changes as never)).toThrow(configError({ policy: 'p', option: 'changes' }));
});

test('one policy in two places is changed once', () => {
  const cap = capped('cap', 1);
  pipeline('p', cap, cap).update({ cap: { max: 5 } });
  expect(cap.max).toBe(5);
});

test('reaches the policies of a pipeline in a pipeline', () => {
  const cap = capped('cap', 1);
  const p = pipeline('outer', pipeline('inner', cap));
  p.update({ inner: { cap: { max: 4 } } });
  expect(cap.max).toBe(4);
  expect(() => p.update({ inner: { cup: {} } })).toThrow(configError({ policy: 'inner', option: 'cup' }));
});

test('reaches the policy in the shadow', () => {
  const cap = capped('cap', 1);
  pipeline('p', shadow(cap)).update({ 'shadow(cap)': { max: 4 } });
  expect(cap.max).toBe(4);
});

test('says so to subscribers', () => {
  const clock = new VirtualClock();
  const seen: unknown[] = [];
  const unsubscribe = subscribe((event) => seen.push(event));
  const changes = { cap: { max: 2 } };
  pipeline({ name: 'p', clock }, capped('cap', 1)).update(changes);
  unsubscribe();
  expect(seen).toEqual([{ type: 'pipeline.updated', at: clock.now(), pipeline: 'p', changes }]);
});

test('a slowness that was changed holds for the calls that follow', async () => {
  const clock = new VirtualClock();
  const kinds: string[] = [];
  const sees: Guard = { name: 'sees', exit: (_call, { kind }) => void kinds.push(kind) };
  const p = pipeline({ name: 'p', clock }, sees, capped('cap', 10));
  const call = async (): Promise<void> => {
    const running = p.run(() => clock.sleep(100));
    await clock.advance(100);
    await running;
  };

  await call();
  p.update({ cap: { slowCallMs: 100 } });
  await call();
  p.update({ cap: { slowCallMs: 101 } });
  await call();

  expect(kinds).toEqual(['success', 'slow', 'success']);
});

test('so does one in the shadow', async () => {
  const clock = new VirtualClock();
  const kinds: string[] = [];
  const cap: Guard = { ...capped('cap', 10), slowCallMs: 1_000, exit: (_call, { kind }) => void kinds.push(kind) };
  const settable = cap as { slowCallMs: number };
  const p = pipeline({ name: 'p', clock }, shadow(cap));
  settable.slowCallMs = 50;
  p.update({ 'shadow(cap)': {} });

  const running = p.run(() => clock.sleep(60));
  await clock.advance(60);
  await running;

  expect(kinds).toEqual(['slow']);
});

test('every key is changed, those that come later as well', async () => {
  const caps = new Map<string, Capped>();
  const perTenant = keyed(
    ({ key }) => key,
    (key) => {
      const cap = capped('cap', 1);
      if (key !== '') caps.set(key, cap); // no call ever gets to that of the sample
      return pipeline('tenant', cap);
    },
  );
  const p = pipeline('p', perTenant);
  await p.run(() => 1, { key: 'a' });
  await p.run(() => 1, { key: 'b' });

  p.update({ keyed: { cap: { max: 3 } } });
  p.update({ keyed: { cap: { slowCallMs: 5 } } });
  await p.run(() => 1, { key: 'c' });

  expect([...caps].map(([key, { max, slowCallMs }]) => [key, max, slowCallMs])).toEqual([
    ['a', 3, 5],
    ['b', 3, 5],
    ['c', 3, 5],
  ]);
});

/** Keeps what it was told, for each key; `b` wants an `a`. */
function tellingPerKey(): { p: ReturnType<typeof pipeline>; told: Map<string, object[]> } {
  const told = new Map<string, object[]>();
  const perKey = keyed(
    ({ key }) => key,
    (key) => {
      const given: object[] = [];
      told.set(key, given);
      return {
        name: 'telling',
        enter: () => {},
        prepareUpdate(options) {
          if ('b' in Object.assign({}, ...given, options) && !('a' in Object.assign({}, ...given, options))) {
            throw new ConfigError('telling', 'b', 1, 'with a');
          }
          return () => void given.push(options);
        },
      };
    },
  );
  return { p: pipeline('p', perKey), told };
}

test('changes one after the other come to later keys as one, that fits as they fitted together', async () => {
  const { p, told } = tellingPerKey();
  for (const options of [{ a: 1 }, { b: 5 }, { a: 2 }]) p.update({ keyed: options });

  await p.run(() => 1, { key: 'late' });

  expect(told.get('late')).toEqual([{ a: 2, b: 5 }]);
});

test('what the caller does with the options afterwards changes nothing', async () => {
  const { p, told } = tellingPerKey();
  const options = { a: 1 };
  p.update({ keyed: options });
  options.a = 99;

  await p.run(() => 1, { key: 'late' });

  expect(told.get('late')).toEqual([{ a: 1 }]);
});

test('options may hold anything, also what leads back to itself', () => {
  const { p, told } = tellingPerKey();
  const cyclic: { a: number; self?: object } = { a: 1 };
  cyclic.self = cyclic;
  p.update({ keyed: cyclic });
  expect(() => p.update({ keyed: cyclic })).not.toThrow();
  expect(told.get('')).toHaveLength(2);
});

test('a later key whose policy the changes do not fit goes on as it was made, and that is reported', async () => {
  const faults: unknown[] = [];
  const unsubscribe = subscribe((event) => event.type === 'policy.faulted' && faults.push(event));
  const p = pipeline(
    'p',
    keyed(
      ({ key }) => key,
      (key) => (key === 'other' ? { name: 'fixed', enter: () => {} } : capped('cap', 5)),
    ),
  );
  p.update({ keyed: { max: 3 } });

  await expect(p.run(() => 1, { key: 'other' })).resolves.toBe(1);
  await expect(p.run(() => 1, { key: 'other' })).resolves.toBe(1);
  unsubscribe();

  expect(faults).toEqual([expect.objectContaining({ policy: 'keyed', error: configError({ option: 'fixed' }) })]);
});

test('changes of a policy in a pipeline per key are merged by the name of the policy, in the shadow as well', async () => {
  const caps: Capped[] = [];
  const p = pipeline(
    'p',
    keyed(
      ({ key }) => key,
      () => {
        const cap = capped('cap', 1);
        caps.push(cap);
        return pipeline('inner', shadow(cap));
      },
    ),
  );
  p.update({ keyed: { 'shadow(cap)': { max: 4 } } });
  p.update({ keyed: { 'shadow(cap)': { slowCallMs: 7 } } });

  await p.run(() => 1, { key: 'late' });

  expect(caps.map(({ max, slowCallMs }) => [max, slowCallMs])).toEqual([
    [4, 7],
    [4, 7],
  ]);
});

/** Publishes as it changes, as a bulkhead does. */
function publishing(): Guard & { readonly seen: object[] } {
  const seen: object[] = [];
  return {
    name: 'publishing',
    seen,
    enter: () => {},
    prepareUpdate: (options) => () => {
      seen.push(options);
      publish({ type: 'pipeline.updated', at: 0, pipeline: 'within', changes: {} });
    },
  };
}

test('a listener that changes the pipeline meanwhile comes after, not in between', () => {
  const cap = capped('cap', 1);
  const p = pipeline('p', publishing(), cap);
  let told = 0;
  const unsubscribe = subscribe((event) => {
    if (event.type === 'pipeline.updated' && told++ === 0) p.update({ cap: { max: 9 } });
  });
  p.update({ publishing: {}, cap: { max: 2 } });
  unsubscribe();

  expect(cap.max).toBe(9);
});

test('a key that is made while the others are changed is changed as well', async () => {
  const caps = new Map<string, Capped>();
  const perKey = keyed(
    ({ key }) => key,
    (key) => {
      const cap = capped('cap', 1);
      caps.set(key, cap);
      return cap;
    },
  );
  const p = pipeline('p', perKey);
  const change = perKey.prepareUpdate({ max: 4 });
  await p.run(() => 1, { key: 'meanwhile' });
  change();

  expect(caps.get('meanwhile')!.max).toBe(4);
});

test('a mistake is found before the first key is seen', () => {
  const p = pipeline(
    'p',
    keyed(
      ({ key }) => key,
      () => capped('cap', 1),
    ),
  );
  expect(() => p.update({ keyed: { max: 0 } })).toThrow(configError({ policy: 'cap', option: 'max' }));
});

/** Makes a cap for real keys alone, and tells of all it made. */
function forRealKeys(options: KeyedOptions): { p: ReturnType<typeof pipeline>; made: Map<string, Capped>; asked: string[] } {
  const made = new Map<string, Capped>();
  const asked: string[] = [];
  const perKey = keyed(
    ({ key }) => key,
    (key, label) => {
      asked.push(`${key} ${label}`);
      if (key === '') throw new Error('no key');
      made.set(key, capped('cap', 1));
      return made.get(key)!;
    },
    options,
  );
  return { p: pipeline('p', perKey), made, asked };
}

test('a factory that wants a real key is given the one for samples, once', async () => {
  const { p, made, asked } = forRealKeys({ sampleKey: 'some' });
  p.update({ keyed: { max: 7 } });
  p.update({ keyed: { slowCallMs: 9 } });
  p.explain();
  await p.run(() => 1, { key: 'a' });

  expect(asked).toEqual(['some keyed(…)', 'a a']);
  expect([made.get('a')!.max, made.get('a')!.slowCallMs]).toEqual([7, 9]);
});

test('without a sample nothing is changed that cannot be checked, and the explanation says so', async () => {
  const { p, made } = forRealKeys({});
  await p.run(() => 1, { key: 'a' });

  expect(() => p.update({ keyed: { max: -1 } })).toThrow(configError({ policy: 'keyed', option: 'sampleKey' }));
  await p.run(() => 1, { key: 'b' });

  expect([...made.values()].map(({ max }) => max)).toEqual([1, 1]);
  expect(p.explain().findings).toContainEqual(expect.objectContaining({ code: 'unknown', policies: ['keyed'] }));
});
