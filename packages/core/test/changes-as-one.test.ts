// Changes of several policies as one, and what publishes meanwhile.
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError } from '../src/errors.ts';
import { publish, publishAfter, subscribe } from '../src/events.ts';
import type { HoldfastEvent } from '../src/events.ts';
import { Explanation } from '../src/explain.ts';
import { count, readOptions, readPart, text, yes } from '../src/options.ts';
import { checkFixed, withChanges } from '../src/option-changes.ts';
import { pipeline } from '../src/pipeline.ts';
import type { Policy } from '../src/policy.ts';
import type { PolicyTraits } from '../src/traits.ts';
import { trailOf } from '../src/trail.ts';
import { mergeChanges, mergeOf } from '../src/update.ts';

const plain = (name: string): Policy => ({ name, enter() {} });

describe('two changes of a policy', () => {
  test('are one: what the second says prevails, option by option', () => {
    expect(mergeOf(plain('a'), { x: 1, y: 1 }, { y: 2 })).toEqual({ x: 1, y: 2 });
  });

  test('are what the policy makes of them', () => {
    const own: Policy = { ...plain('a'), mergeUpdates: (before, next) => ({ before, next }) };
    expect(mergeOf(own, { x: 1 }, { y: 2 })).toEqual({ before: { x: 1 }, next: { y: 2 } });
    const first = { y: 2 };
    const merged = mergeOf(own, undefined, first);
    expect(merged).toEqual(first);
    expect(merged).not.toBe(first);
  });

  test('of several policies are merged by their names', () => {
    const own: Policy = { ...plain('b'), mergeUpdates: () => ({ merged: true }) };
    const policies = [plain('a'), own];
    const before = { a: { x: 1 }, b: { x: 1 }, c: { x: 1 } };
    expect(mergeChanges(policies, before, { a: { y: 2 } })).toEqual({ ...before, a: { x: 1, y: 2 } });
    expect(mergeChanges(policies, before, { b: { y: 2 } })).toEqual({ ...before, b: { merged: true } });
    expect(mergeChanges(policies, before, { c: { y: 2 } })).toEqual({ ...before, c: { y: 2 } });
  });
});

describe('changes that cannot be', () => {
  test.each([[[]], [null], [5]])('are no object of options: %j', (changes) => {
    expect(() => pipeline('p', plain('a')).update(changes as never)).toThrow('p: option changes must be an object');
    expect(() => withChanges('p', { x: 1 }, changes as never)).toThrow('p: option options must be an object');
  });

  test('are those of what is fixed', () => {
    expect(() => checkFixed('p', { x: 1, y: 1 }, { x: 1, y: 2 }, ['x'])).not.toThrow();
    expect(() => checkFixed('p', { x: 1, y: 1 }, { x: 1, y: 2 }, ['x', 'y'])).toThrow(
      'p: option y must be what it was made with: it cannot change while running, got 2',
    );
  });
});

describe('what is published within a change', () => {
  const event = (callId: number): HoldfastEvent => ({
    type: 'call.queued',
    at: 0,
    callId,
    pipeline: 'p',
    policy: 'q',
    attempt: 1,
  });
  const record = (): number[] => {
    const told: number[] = [];
    onTestFinished(subscribe(({ callId }) => told.push(callId!)));
    return told;
  };

  test('is told when all of it is made, in its order, also where one change is part of another', () => {
    const told = record();
    publishAfter(() => {
      publish(event(1));
      publishAfter(() => publish(event(2)));
      publish(event(3));
      expect(told).toEqual([]);
    });
    expect(told).toEqual([1, 2, 3]);
    publish(event(4));
    expect(told).toEqual([1, 2, 3, 4]);
  });

  test('is told also when the change fails', () => {
    const told = record();
    const failing = (): void =>
      publishAfter(() => {
        publish(event(1));
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(told).toEqual([1]);
  });
});

describe('a predicate', () => {
  test('answers true or false', () => {
    expect([yes('retryOn', true), yes('retryOn', false)]).toEqual([true, false]);
  });

  test.each<[shown: string, answer: () => unknown]>([
    ['undefined', () => undefined],
    ['1', () => 1],
    ['null', () => null],
    ['an object of type Promise', async () => true],
    ['an object of type Promise', () => Promise.reject(new Error('which nobody else will hear of'))],
  ])('does not answer %s (%#)', async (shown, answer) => {
    expect(() => yes('retryOn', answer())).toThrow(new TypeError(`retryOn must answer true or false, at once; got ${shown}`));
    await new Promise(setImmediate); // an unhandled rejection would be seen here
  });
});

describe('options within an option', () => {
  const rules = { size: count(1, 5), label: text('none') };

  test('are read by rules of their own', () => {
    expect(readPart('p', 'window', { size: 2 }, rules)).toEqual({ size: 2, label: 'none' });
    expect(readPart('p', 'window', undefined, rules)).toEqual({ size: 5, label: 'none' });
  });

  test.each([
    [{ size: 0 }, 'p: option window.size must be a whole number of at least 1, got 0'],
    [{ siz: 2 }, 'p: option window.siz must be a known option: did you mean size? (known: size, label), got 2'],
    [[], 'p: option window must be an object'],
  ])('are named by the way to them: %j', (given, words) => {
    expect(() => readPart('p', 'window', given, rules)).toThrow(words);
  });

  test('errors name the policy as its options do, where they may', () => {
    expect(() => readOptions('kind', { name: 'mine', size: 0 }, { ...rules, name: text('kind') })).toThrow('mine: option size');
    expect(() => readOptions('kind', { name: '', size: 1 }, { ...rules, name: text('kind') })).toThrow('kind: option name');
    expect(() => readOptions('kind', { name: 'mine', size: 1 }, rules)).toThrow('kind: option name must be a known option');
  });
});

test('what a name of a pipeline may be is said', () => {
  expect(() => pipeline(null as never)).toThrow('pipeline: option name must be a non-empty string, got null');
  expect(() => pipeline({ enter() {} } as never)).toThrow(
    'pipeline: option name must be a name, or { name, … }: the policies come after it, got',
  );
  expect(() => pipeline({ name: 'p', clok: 1 } as never)).toThrow('p: option clok');
});

test('anything above no time may be slow', () => {
  expect(() => pipeline('p', { ...plain('a'), slowCallMs: 0.5 })).not.toThrow();
});

test('an error of ours that ends a second call has the trail of that one', async () => {
  const refusal = new ConfigError('door', 'it', 1, 'open');
  const shut: Policy = {
    name: 'door',
    enter() {
      throw refusal;
    },
  };
  await expect(pipeline('p', shut).run(() => 1)).rejects.toBe(refusal);
  expect(refusal.trail).toMatchObject([{ policy: 'door', did: 'refused', reason: 'HOLDFAST_CONFIG' }]);
  await expect(pipeline('q').run(() => Promise.reject(refusal))).rejects.toBe(refusal);
  expect([refusal.trail, trailOf(refusal)]).toEqual([[], []]);
});

test('a fault of a listener of a call is reported as that', async () => {
  const faults: unknown[] = [];
  onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event.policy)));
  const controller = new AbortController();
  const bad: Policy = {
    enter: (call) =>
      void call.onCancel(() => {
        throw new Error('bug');
      }),
  };
  const run = pipeline('p', bad).run(() => new Promise(() => {}), { signal: controller.signal });
  controller.abort('gone');
  await expect(run).rejects.toBe('gone');
  expect(faults).toEqual(['onCancel']);
});

test('what repeats only once keeps its waits and limits when it is asked again', () => {
  const traits: PolicyTraits = { attempts: 2, parallel: true, firstOnly: true, waitMs: 10 };
  const policy = (name: string, own: PolicyTraits): Policy => ({ ...plain(name), traits: () => own });
  const explained = new Explanation('p', [
    policy('retry', { attempts: 2 }),
    policy('hedge', traits),
    policy('t', { limitMs: 100 }),
  ]);
  expect(explained).toMatchObject({ worstCaseMs: 220, attempts: 3 });
});
