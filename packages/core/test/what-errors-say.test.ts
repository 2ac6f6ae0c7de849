// Errors tell what would have been right, in words: someone reads them at a start that failed.
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError } from '../src/errors.ts';
import { subscribe } from '../src/events.ts';
import { keyed } from '../src/keyed.ts';
import { openCall } from '../src/open-call.ts';
import { aClock, aRandom, callback, count, durationMs, flag, having, number, oneOf, ratio, text } from '../src/options.ts';
import { pipeline } from '../src/pipeline.ts';
import { shadow } from '../src/shadow.ts';
import { scripted } from '../src/testing/scripted.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';

test.for<[words: string, make: () => { readonly allowed: string }]>([
  ['a finite number', () => number({}, 0)],
  ['a finite number of at least 1', () => number({ min: 1 }, 1)],
  ['a finite number above 1', () => number({ min: 1, above: true }, 2)],
  ['a number up to 9', () => number({ max: 9 }, 1)],
  ['a number from 1 to 9', () => number({ min: 1, max: 9 }, 1)],
  ['a number above 1 up to 9', () => number({ min: 1, max: 9, above: true }, 2)],
  ['a finite number of at least 1, or Infinity', () => number({ min: 1, orInfinity: true }, 1)],
  ['a whole number of at least 1', () => count(1, 1)],
  ['a whole number from 1 to 9', () => count(1, 1, 9)],
  ['a finite number of at least 0, in milliseconds', () => durationMs(0)],
  ['a finite number above 0, in milliseconds', () => durationMs(1, { above: true })],
  ['a number from 0 to 1', () => ratio(0.5)],
  ['a number above 0 up to 1', () => ratio(0.5, { above: true })],
  ['true or false', () => flag(false)],
  ['a non-empty string', () => text('a')],
  ["one of 'a', 'b'", () => oneOf(['a', 'b'], 'a')],
  ['a function () => number', () => callback('() => number', undefined)],
  ['a budget (an object with deposit, withdraw)', () => having('a budget', ['deposit', 'withdraw'], undefined)],
  ['a clock (an object with now, turnNow, arm, disarm, sleep)', () => aClock],
  ['a function () => number, uniform in [0, 1)', () => aRandom],
])('a rule says that it allows %s', ([words, make]) => {
  expect(make().allowed).toBe(words);
});

test('an object that has only some of the methods has not what is asked for', () => {
  const rule = having('a budget', ['deposit', 'withdraw'], undefined);
  expect(rule.accepts({ deposit() {} })).toBe(false);
  expect(rule.accepts({ deposit() {}, withdraw() {} })).toBe(true);
});

const clock = new VirtualClock();
const guard = { name: 'guard', enter() {} };

test.for<[what: string, make: () => unknown, words: string]>([
  [
    'a pipeline with a wrong clock',
    () => pipeline({ name: 'a', clock: 5 as never }),
    'a: option clock must be a clock (an object with now, turnNow, arm, disarm, sleep), got 5',
  ],
  ['a pipeline with a wrong classify', () => pipeline({ name: 'a', classify: 5 as never }), 'a function (ending, call) => kind'],
  ['a pipeline without a name', () => pipeline({ clock } as never), 'pipeline: option name must be a non-empty string'],
  [
    'what is no policy',
    () => pipeline('a', {}),
    'a policy: an object with enter and/or exit, or else with run, all of them functions',
  ],
  ['a policy with an empty name', () => pipeline('a', { ...guard, name: '' }), 'policies[0].name must be a non-empty string'],
  [
    'a policy that finds everything slow',
    () => pipeline('a', { ...guard, slowCallMs: 0 }),
    'policies[0].slowCallMs must be a number above 0, in milliseconds',
  ],
  ['a listener that is none', () => subscribe(5 as never), 'listener must be a function (event) => void'],
  [
    'a way around that is none',
    () => subscribe(() => {}, { around: 5 as never }),
    'around must be a function (call, run) => run()',
  ],
  ['keys without a function', () => keyed(5 as never, () => guard), 'keyed: option keyOf must be a function (call) => string'],
  ['keys without a factory', () => keyed(() => 'a', 5 as never), 'factory must be a function (key, label) => policy'],
  ['a shadow of what cannot refuse', () => shadow({ name: 'a', exit() {} }), 'a guard with an enter: only that can refuse'],
  ['a script without steps', () => scripted([], { clock }), 'steps must be a list of at least one step'],
  ['a script without a clock', () => scripted([{}], {} as never), 'clock must be a clock: the one the pipeline was given'],
  ['a script with a wrong clock', () => scripted([{}], { clock: {} as never }), 'a clock (an object with now, arm, disarm)'],
  ['a step with two ends', () => scripted([{ value: 1, error: 2 }], { clock }), 'error must be absent where there is a value'],
  [
    'a call on another clock',
    () => {
      const parent = openCall('request', {}, new VirtualClock());
      onTestFinished(() => parent.close());
      openCall('inner', { parent }, clock);
    },
    'parent must be a call on the pipeline\'s own clock, got "a call of request on another clock"',
  ],
])('of %s', ([_what, make, words]) => {
  expect(make).toThrow(words);
});

test('of an operation that is none', async () => {
  const error = await pipeline({ name: 'a', clock })
    .run(5 as never)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({ message: 'a: option operation must be a function, got 5' });
});

test('of a classification that is none', async () => {
  const faults: unknown[] = [];
  onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event)));
  await pipeline({ name: 'a', clock, classify: () => 'bad' as never }).run(() => 'answer');
  const message = "classify must answer 'success', 'failure', 'ignored' or undefined, at once; got bad";
  expect(faults).toMatchObject([{ policy: 'classify', error: { message } }]);
});

test('of a value inside a value', () => {
  const shown = (value: unknown): string => new ConfigError('a', 'b', value, 'c').message;
  expect(shown({ text: 'x', yes: true, none: null, big: 1n })).toContain('{"text":"x","yes":true,"none":null,"big":"1n"}');
  expect(shown([undefined, { a: undefined }])).toContain('[null,{}]');
});

test('an option as long as the hint allows is still the one that was meant', () => {
  // given a name one letter off in three: as many as a third of the longer one may differ
  expect(() => pipeline({ name: 'a', clok: clock } as never)).toThrow('did you mean clock?');
  expect(() => pipeline({ name: 'a', xyz: 1 } as never)).toThrow('a known option (known: name, classify, clock)');
});

test('what keyed policies keep without being told', () => {
  const policies = keyed(
    () => 'key',
    () => guard,
    { clock },
  );
  expect(policies.snapshot?.()).toMatchObject({ policy: 'keyed' });
});
