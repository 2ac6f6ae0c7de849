import { expect, test } from 'vitest';
import { VirtualClock } from './testing/virtual-clock.ts';
import { ConfigError, withoutStack } from './errors.ts';
import { subscribe } from './events.ts';
import { Outcome } from './outcome.ts';
import { pipeline } from './pipeline.ts';
import { Again } from './policy.ts';
import type { Decision } from './decision.ts';
import type { Guard } from './policy.ts';
import { shadow } from './shadow.ts';
import { reasonOf, Trail, trailOf } from './trail.ts';

const refusal = (policy: string): ConfigError => withoutStack(() => new ConfigError(policy, 'door', 'shut', 'open'));

const door: Guard = {
  name: 'door',
  enter: () => {
    throw refusal('door');
  },
};

/** Calls again until the given number of attempts is made. */
const again = (attempts: number): Guard => ({
  name: 'again',
  exit(call, outcome) {
    if (!outcome.threw || call.attempt >= attempts) return undefined;
    call.note('again', 'retried', outcome.error, 0);
    return new Again();
  },
});

const short = (all: readonly Decision[]): string[] =>
  all.map(({ policy, did, attempt, reason, ms }) => [policy, did, attempt, reason, ms].join(' '));

test('a call that nobody did anything about has none, whether it succeeds or fails', async () => {
  const seen: (readonly Decision[])[] = [];
  const unsubscribe = subscribe((event) => event.type === 'call.finished' && seen.push(event.trail));
  const error = new Error('down');

  await pipeline('p').run(() => 1);
  await pipeline('p')
    .run(() => Promise.reject(error))
    .catch(() => {});
  unsubscribe();

  expect(seen).toEqual([[], []]);
  expect(trailOf(error)).toEqual([]);
  expect(trailOf('down')).toEqual([]);
  expect(trailOf(null)).toEqual([]);
});

test('a refusal carries who refused, and when', async () => {
  const clock = new VirtualClock();
  await clock.advance(5);

  const error = await pipeline({ name: 'p', clock }, door)
    .run(() => 1)
    .catch((thrown: unknown) => thrown);

  const decision = {
    at: clock.now(),
    pipeline: 'p',
    policy: 'door',
    attempt: 1,
    did: 'refused',
    reason: 'HOLDFAST_CONFIG',
    ms: undefined,
  };
  expect((error as ConfigError).trail).toEqual([decision]);
  expect(trailOf(error)).toEqual([decision]);
});

test('an error of the operation keeps its identity, and has its trail beside it', async () => {
  const error = Object.freeze(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));

  const thrown = await pipeline('p', again(3))
    .run(() => Promise.reject(error))
    .catch((one: unknown) => one);

  expect(thrown).toBe(error);
  expect(short(trailOf(error))).toEqual(['again retried 1 ECONNRESET 0', 'again retried 2 ECONNRESET 0']);
});

test('a frozen error of ours does not break the call that ends with it', async () => {
  const frozen = Object.freeze(refusal('door'));
  await expect(pipeline('p', again(2)).run(() => Promise.reject(frozen))).rejects.toBe(frozen);
});

test('waits say how long they were, time-outs what was allowed', async () => {
  const clock = new VirtualClock();
  const queue: Guard = { name: 'queue', enter: (call) => call.sleep(30) };
  const limit: Guard = { name: 'limit', enter: (call) => call.limit(50, () => refusal('limit')) };
  const p = pipeline({ name: 'p', clock }, queue, limit);

  const outcome = p.run(() => new Promise(() => {})).catch((error: unknown) => error);
  await clock.advance(80);

  expect(short(trailOf(await outcome))).toEqual(['queue waited 1  30', 'limit timed_out 1 HOLDFAST_CONFIG 50']);
});

test('a limit that ends a wait says so once', async () => {
  const clock = new VirtualClock();
  const limit: Guard = { name: 'limit', enter: (call) => call.limit(50, () => refusal('limit')) };
  const queue: Guard = { name: 'queue', enter: (call) => call.sleep(1_000) };

  const outcome = pipeline({ name: 'p', clock }, limit, queue)
    .run(() => 1)
    .catch((error: unknown) => error);
  await clock.advance(50);

  expect(short(trailOf(await outcome))).toEqual(['limit timed_out 1 HOLDFAST_CONFIG 50', 'queue waited 1  50']);
});

test('the end of a call that was saved in the end tells what it took', async () => {
  const seen: (readonly Decision[])[] = [];
  const unsubscribe = subscribe((event) => event.type === 'call.finished' && seen.push(event.trail));
  let calls = 0;

  await pipeline('p', again(3)).run(() => {
    if (++calls < 2) throw new TypeError('bad');
    return 1;
  });
  unsubscribe();

  expect(seen.map(short)).toEqual([['again retried 1 TypeError 0']]);
});

test('what was decided about a call inside is part of the one around it', async () => {
  const inner = pipeline('inner', door);
  const outer = pipeline('outer', again(2));

  const error = await outer.run((call) => inner.run(() => 1, call)).catch((thrown: unknown) => thrown);

  expect(trailOf(error).map(({ pipeline, did }) => `${pipeline} ${did}`)).toEqual([
    'inner refused',
    'outer retried',
    'inner refused',
  ]);
});

test('a pipeline used as a policy hands its decisions on as well', async () => {
  const error = await pipeline('outer', again(2), pipeline('inner', door))
    .run(() => 1)
    .catch((thrown: unknown) => thrown);

  expect(trailOf(error).map(({ pipeline, did }) => `${pipeline} ${did}`)).toEqual([
    'inner refused',
    'outer retried',
    'inner refused',
  ]);
});

test('an error object that ends several calls tells of the last', async () => {
  const error = new Error('always the same');
  await pipeline('first', again(3))
    .run(() => Promise.reject(error))
    .catch(() => {});
  expect(trailOf(error)).toHaveLength(2);

  await pipeline('second')
    .run(() => Promise.reject(error))
    .catch(() => {});

  expect(trailOf(error)).toEqual([]);
});

test('a policy in the shadow did nothing, so it leaves no trace', async () => {
  const error = new Error('down');
  await pipeline('p', shadow(door))
    .run(() => Promise.reject(error))
    .catch(() => {});
  expect(trailOf(error)).toEqual([]);
});

test('a wrapper notes by itself', async () => {
  const error = new Error('down');
  await pipeline('p', {
    name: 'wrapper',
    run(operation, call) {
      call.note('wrapper', 'mine', 'because', 7);
      return operation();
    },
    exit: undefined as never,
    enter: undefined as never,
  })
    .run(() => Promise.reject(error))
    .catch(() => {});
  expect(short(trailOf(error))).toEqual(['wrapper mine 1 because 7']);
});

test('a long trail keeps how it began and how it ended, and says what is missing', async () => {
  const error = await pipeline('p', again(40))
    .run(() => Promise.reject(new Error('down')))
    .catch((thrown: unknown) => thrown);

  const trail = trailOf(error);
  expect(trail).toHaveLength(16);
  expect(trail.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
  expect(trail[4]).toMatchObject({ did: 'omitted', reason: '24 decisions', ms: undefined });
});

test('a trail of just the length it may have omits nothing', () => {
  const trail = new Trail();
  const decision: Decision = { at: 0, pipeline: 'p', policy: 'a', attempt: 1, did: 'refused', reason: undefined, ms: 1 };
  for (let i = 0; i < 15; i++) trail.add(decision);
  expect(trail.toArray()).toEqual(Array.from({ length: 15 }, () => decision));
});

test('an answer in place of the error leaves the error as it is', async () => {
  const answers: Guard = { name: 'answers', exit: () => Outcome.returned('instead') };
  await expect(pipeline('p', answers, door).run(() => 1)).resolves.toBe('instead');
});

test.each([
  ['a word', 'budget', 'budget'],
  ['an error with a code', Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'ECONNRESET'],
  ['an error with a numeric code', Object.assign(new Error('x'), { code: 7 }), 'Error'],
  ['an error without', new TypeError('x'), 'TypeError'],
  ['nothing', undefined, undefined],
  ['null', null, undefined],
  ['a number', 7, undefined],
  [
    'an error that will not be read',
    {
      get code(): string {
        throw new Error('no');
      },
    },
    undefined,
  ],
])('names %s', (_what, about, expected) => {
  expect(reasonOf(about)).toBe(expected);
});

test("an error of another copy of the package keeps its own trail, or has the call's", async () => {
  const theirs = [{ did: 'refused' }] as unknown as readonly Decision[];
  const foreign = Object.assign(new Error('open'), { code: 'HOLDFAST_CIRCUIT_OPEN', trail: theirs });
  expect(trailOf(foreign)).toBe(theirs);

  await pipeline('p', again(2))
    .run(() => Promise.reject(foreign))
    .catch(() => {});

  expect(short(trailOf(foreign))).toEqual(['again retried 1 HOLDFAST_CIRCUIT_OPEN 0']);
});
