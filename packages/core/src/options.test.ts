import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from './errors.ts';
import { anything, callback, count, durationMs, flag, having, number, oneOf, ratio, readOptions, text } from './options.ts';
import type { OptionRule } from './options.ts';

const errorOf = (read: () => unknown): ConfigError => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('accepted');
};
const accepts = (rule: OptionRule<unknown>, values: readonly unknown[]): unknown[] =>
  values.filter((value) => rule.accepts(value));

describe('readOptions', () => {
  const rules = { attempts: count(1, 3), baseMs: durationMs(100), name: text('retry') };

  test('gives the fallbacks for what is missing or undefined', () => {
    expect(readOptions('retry', undefined, rules)).toEqual({ attempts: 3, baseMs: 100, name: 'retry' });
    expect(readOptions('retry', { attempts: undefined, baseMs: 5 }, rules)).toEqual({ attempts: 3, baseMs: 5, name: 'retry' });
  });

  test('does not change, nor keep, what it is given', () => {
    const given = Object.freeze({ attempts: 2 });
    const read = readOptions('retry', given, rules);
    expect(read).not.toBe(given);
    expect(given).toEqual({ attempts: 2 });
  });

  test('reads a getter once, and what a class instance inherits', () => {
    let reads = 0;
    class Settings {
      get attempts(): number {
        return ++reads;
      }
    }
    expect(readOptions('retry', new Settings(), rules).attempts).toBe(1);
    expect(reads).toBe(1);
  });

  test('names policy, option, value and what is allowed', () => {
    const error = errorOf(() => readOptions('payments', { attempts: 0 }, rules));
    expect(error).toMatchObject({ policy: 'payments', option: 'attempts', value: 0, allowed: 'a whole number of at least 1' });
  });

  test('null is a value like any other, and refused by rules that do not know it', () => {
    expect(errorOf(() => readOptions('p', { attempts: null }, rules)).message).toMatch(/got null$/);
  });

  test.each([5, 'text', null, [], () => {}, Promise.resolve({}), new Map(), new Date(0)])('refuses %o as options', (given) => {
    expect(errorOf(() => readOptions('p', given as never, rules)).message).toMatch(/^p: option options must be an object, got/);
  });

  test.each([
    ['attemps', 'attempts'],
    ['ATTEMPTS', 'attempts'],
    ['base', 'baseMs'],
    ['nmae', 'name'],
  ])('asks whether %s was meant to be %s', (given, meant) => {
    const error = errorOf(() => readOptions('p', { [given]: 1 }, rules));
    expect(error.option).toBe(given);
    expect(error.allowed).toBe(`a known option: did you mean ${meant}? (known: attempts, baseMs, name)`);
  });

  test.each([
    ['retries', 'attempts'],
    ['maxWaitMs', 'queueTimeoutMs'],
    ['max', 'concurrency'],
  ])('knows %s by what others call it: %s', (given, meant) => {
    const rules = { attempts: count(1, 3), queueTimeoutMs: durationMs(1), concurrency: count(1, 1) };
    expect(errorOf(() => readOptions('p', { [given]: 1 }, rules)).allowed).toContain(`did you mean ${meant}?`);
  });

  test('names the nearest of several', () => {
    const close = { windowMs: durationMs(1), window: anything('', 1), windows: anything('', 1) };
    expect(errorOf(() => readOptions('p', { windos: 1 }, close)).allowed).toMatch(/mean window\?/);
  });

  test.each(['ms', 'jitters', 'attexxxx', 'x', 'toString', 'constructor', 'hasOwnProperty', '__proto__'])(
    'knows no %s, and makes no wild guess',
    (name) => {
      const given: object = JSON.parse(`{"${name}":1}`);
      const error = errorOf(() => readOptions('p', given, { kept: flag(true), attempts: count(1, 3) }));
      expect(error).toMatchObject({ option: name, allowed: 'a known option (known: kept, attempts)' });
    },
  );

  test('a getter that throws is the fault of whoever wrote it', () => {
    const given = {
      get attempts(): never {
        throw new RangeError('mine');
      },
    };
    expect(() => readOptions('p', given, rules)).toThrow(RangeError);
  });

  test('whatever it is given, it reads or throws a ConfigError', () => {
    const all = { ...rules, share: ratio(1), on: flag(true), kind: oneOf(['a', 'b'], 'a'), f: callback('()', undefined) };
    const given = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(all)), fc.string()), fc.anything());
    fc.assert(
      fc.property(given, (options) => {
        let read: Record<string, unknown>;
        try {
          read = readOptions('p', options, all);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          return;
        }
        for (const name of Object.keys(options)) expect(read[name]).toBe(options[name] ?? all[name as keyof typeof all].fallback);
      }),
    );
  });
});

describe('rules', () => {
  const oddities = [Number.NaN, '5', null, true, {}, [], 5n, -0];

  test('number takes finite numbers of its range', () => {
    const edges = [-Infinity, -1, 0, 0.5, 1, 2, Infinity];
    expect(accepts(number({}, 0), [...edges, ...oddities])).toEqual([-1, 0, 0.5, 1, 2, -0]);
    expect(accepts(number({ min: 0, max: 1 }, 0), edges)).toEqual([0, 0.5, 1]);
    expect(accepts(number({ min: 0, max: 1, above: true }, 0), edges)).toEqual([0.5, 1]);
    expect(accepts(number({ min: 1, orInfinity: true }, 1), edges)).toEqual([1, 2, Infinity]);
    expect(accepts(number({ max: 1 }, 0), edges)).toEqual([-1, 0, 0.5, 1]);
  });

  test('count takes whole numbers that are exact', () => {
    expect(accepts(count(1, 1), [0, 1, 1.5, 2, Number.MAX_SAFE_INTEGER, 2 ** 53, Infinity])).toEqual([
      1,
      2,
      Number.MAX_SAFE_INTEGER,
    ]);
    expect(accepts(count(0, 1, 5), [0, 5, 6])).toEqual([0, 5]);
  });

  test('durationMs takes any length, beyond what a timer of the system can', () => {
    expect(accepts(durationMs(0), [-1, 0, 0.5, 2 ** 40, Infinity])).toEqual([0, 0.5, 2 ** 40]);
    expect(accepts(durationMs(1, { above: true, orInfinity: true }), [0, 1, Infinity])).toEqual([1, Infinity]);
  });

  test('ratio takes 0 to 1', () => {
    expect(accepts(ratio(1), [-0.1, 0, 1, 1.1, 50])).toEqual([0, 1]);
  });

  test('the others take just what they say', () => {
    const values = ['', 'a', 'c', true, false, 0, 1, null, {}, () => {}];
    expect(accepts(flag(true), values)).toEqual([true, false]);
    expect(accepts(text(''), values)).toEqual(['a', 'c']);
    expect(accepts(oneOf(['a', 'b'], 'a'), [...values, 'toString'])).toEqual(['a']);
    expect(accepts(callback('()', undefined), values)).toEqual([values.at(-1)]);
    expect(accepts(anything('', undefined), values)).toEqual(values);
    expect(
      accepts(
        anything('', undefined, (value) => value === 1),
        values,
      ),
    ).toEqual([1]);
  });

  test('having takes an object with the methods, also inherited ones', () => {
    class Clock {
      now(): number {
        return 0;
      }
    }
    const clock = new Clock();
    const ticking = Object.assign(() => 0, { now: () => 0 }); // a function is none, whatever it has
    expect(accepts(having('a clock', ['now'], undefined), [clock, { now: 5 }, {}, null, 'now', ticking])).toEqual([clock]);
  });

  test.each<[OptionRule<unknown>, string]>([
    [number({}, 0), 'a finite number'],
    [number({ min: 2 }, 0), 'a finite number of at least 2'],
    [number({ min: 2, above: true }, 0), 'a finite number above 2'],
    [number({ max: 2 }, 0), 'a number up to 2'],
    [number({ min: 0, max: 2, above: true }, 0), 'a number above 0 up to 2'],
    [number({ min: 0, orInfinity: true }, 0), 'a finite number of at least 0, or Infinity'],
    [count(1, 1), 'a whole number of at least 1'],
    [count(1, 1, 9), 'a whole number from 1 to 9'],
    [ratio(1), 'a number from 0 to 1'],
    [durationMs(1), 'a finite number of at least 0, in milliseconds'],
    [flag(true), 'true or false'],
    [text(''), 'a non-empty string'],
    [oneOf(['a', 'b'], 'a'), "one of 'a', 'b'"],
    [callback('(error) => boolean', undefined), 'a function (error) => boolean'],
    [having('a clock', ['now', 'arm'], undefined), 'a clock (an object with now, arm)'],
  ])('say what they take: %#', (rule, allowed) => {
    expect(rule.allowed).toBe(allowed);
  });
});
